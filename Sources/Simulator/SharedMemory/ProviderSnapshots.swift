// Snapshots of providers and sections: plain values, made from a record on demand. References to other objects are
// given as handle and name. Blocks are in BlockSnapshots.swift.

public import NDIS
import NDISStore

/// A registration of provider handlers.
public struct ProviderSnapshot: Sendable, Equatable {
  public enum State: String, Sendable { case active, superseded, ended, dead, stuck }
  public var index: UInt32
  public var handle: Handle
  public var name: Name
  public var level: ProviderLevel
  public var state: State
  /// The object the handlers were set on; nil for a hosted provider.
  public var owner: Handle?
  public var session: UInt32?
  public var adapterName: Name?
  /// Nil for a hosted provider.
  public var context: UInt64?
  /// The host's number of a hosted provider.
  public var hosted: UInt32?
  public var sections: Int
  public var blocks: UInt32
  public var bytes: UInt64
  public var openUpcalls: UInt32
}

/// A section.
public struct SectionSnapshot: Sendable, Equatable {
  public var index: UInt32
  public var handle: Handle
  public var provider: Handle
  public var providerName: Name
  public var domain: Handle
  /// The name of the adapter or the driver; empty when it has ended.
  public var domainName: Name
  public var node: UInt32
  public var size: UInt64
  public var pageSize: UInt64
  public var physicalBase: UInt64
  public var blocks: UInt32
  /// Of the pages allocated to blocks.
  public var bytes: UInt64
}

extension Simulator {
  /// The registration at a used index.
  public func providerSnapshot(_ index: UInt32, budget: inout Int) -> ProviderSnapshot {
    let index = Index<RegistrationRecord>(index)
    let record = store.registrations[index]
    let isHosted = record.ownerSession.isNone && record.owner.kind == .hostedProvider
    var state: ProviderSnapshot.State =
      switch record.state {
      case .active: .active
      case .superseded: .superseded
      case .dead: .dead
      case .ended, .free: .ended
      }
    if record.stuckUpcall != 0, state != .dead { state = .stuck }
    return ProviderSnapshot(
      index: index.raw, handle: registrationHandle(index), name: record.name,
      level: record.level, state: state,
      owner: isHosted ? nil : record.owner, session: number(of: record.ownerSession),
      adapterName: record.adapter.optional.map { store.adapters[$0, \.name] },
      context: isHosted ? nil : record.context, hosted: isHosted ? record.hosted : nil,
      sections: count(record.sections, budget: &budget, next: { store.sections[$0, \.next] }),
      blocks: record.blockCount, bytes: record.bytes,
      openUpcalls: record.allocationsInFlight &+ record.freesInFlight)
  }

  /// The section at a used index.
  public func sectionSnapshot(_ index: UInt32) -> SectionSnapshot {
    let index = Index<SectionRecord>(index)
    let record = store.sections[index]
    let taken = record.pages &- min(derived.pageMaps[Int(index)]?.freePages ?? 0, record.pages)
    return SectionSnapshot(
      index: index.raw, handle: sectionHandle(index),
      provider: registrationHandle(record.registration.index),
      providerName: store.registrations[record.registration.index, \.name],
      domain: record.domain, domainName: name(ofOwner: record.domain), node: record.node,
      size: UInt64(record.pages) << record.pageShift, pageSize: 1 << UInt64(record.pageShift),
      physicalBase: record.physicalBase, blocks: record.blocks,
      bytes: UInt64(taken) << record.pageShift)
  }
}
