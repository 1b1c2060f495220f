// Snapshots of sessions, drivers, adapters, bindings, providers and sections: plain values, made from a
// record on demand. References to other objects are given as handle and name. Blocks are in
// SharedMemory/BlockSnapshots.swift.
//
// Limits: the number of blocks of a driver, an adapter or a binding is not stored (every allocation would pay
// for it); a caller that needs it counts blocks by owner.

public import NDIS
import NDISStore

/// A session.
public struct SessionSnapshot: Sendable, Equatable {
  public enum State: String, Sendable { case open, resetting, ended }
  public var index: UInt32
  public var name: Name
  public var pid: Int32
  public var uid: UInt32
  public var state: State
  public var drivers: Int
  public var blocks: UInt32
  public var bytes: UInt64
  public var sections: UInt32
  public var openRequests: Int
  public var openUpcalls: Int
  public var violations: UInt64
  public var leakedBlocks: UInt64
}

/// A driver.
public struct DriverSnapshot: Sendable, Equatable {
  public enum Kind: String, Sendable { case miniport, `protocol`, filter }
  public enum State: String, Sendable { case registering, registered, ending }
  public var index: UInt32
  public var handle: Handle
  public var name: Name
  public var kind: Kind
  public var state: State
  public var version: NDISVersion
  public var session: UInt32?
  public var pid: Int32?
  public var children: Int
  public var provider: Handle?
}

/// A miniport adapter.
public struct AdapterSnapshot: Sendable, Equatable {
  public var index: UInt32
  public var handle: Handle
  public var name: Name
  public var driver: Handle
  public var driverName: Name
  public var session: UInt32?
  public var state: AdapterState
  public var attributesSet: Bool
  public var dmaRegistered: Bool
  public var bindings: Int
  public var queues: Int
  public var vports: Int
  public var filters: Int
  public var openOIDs: Int
  /// Lists that are indicated and not returned.
  public var indicated: UInt32
  /// It stays Paused until it is restarted from outside.
  public var isHeld: Bool
  /// It was removed by surprise.
  public var isRemoved: Bool
}

/// A binding or a filter module.
public struct BindingSnapshot: Sendable, Equatable {
  public enum Kind: String, Sendable { case binding, module }
  public enum State: String, Sendable { case opening, open, closing }
  public var index: UInt32
  public var handle: Handle
  public var kind: Kind
  public var state: State
  public var driver: Handle
  public var driverName: Name
  public var adapter: Handle
  public var adapterName: Name
  public var session: UInt32?
  public var provider: Handle?
}

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
  /// The session at a used index.
  public func sessionSnapshot(_ index: UInt32, budget: inout Int) -> SessionSnapshot {
    let index = Index<SessionRecord>(index)
    let record = store.sessions[index]
    let state: SessionSnapshot.State =
      switch record.state {
      case .resetting: .resetting
      case .ended, .free: .ended
      case .open: .open
      }
    return SessionSnapshot(
      index: index.raw, name: record.name, pid: record.pid, uid: record.uid, state: state,
      drivers: count(record.drivers, budget: &budget, next: { store.drivers[$0, \.next] }),
      blocks: record.blocks, bytes: record.bytes, sections: record.sections,
      openRequests: count(record.requests, budget: &budget, next: { store.requests[$0, \.next] }),
      openUpcalls: count(
        record.upcalls, budget: &budget, next: { store.upcalls[$0, \.next] },
        where: { store.upcalls[$0, \.state] == .open }),
      violations: record.violations, leakedBlocks: record.leaked)
  }

  /// The driver at a used index.
  public func driverSnapshot(_ index: UInt32, budget: inout Int) -> DriverSnapshot {
    let index = Index<DriverRecord>(index)
    let record = store.drivers[index]
    let isMiniport = record.kind == .miniport
    let kind: DriverSnapshot.Kind =
      switch record.kind {
      case .miniport: .miniport
      case .filter: .filter
      case .protocol: .protocol
      }
    let state: DriverSnapshot.State =
      switch record.state {
      case .registering: .registering
      case .ending, .free: .ending
      case .registered: .registered
      }
    return DriverSnapshot(
      index: index.raw, handle: driverHandle(index), name: record.name, kind: kind, state: state,
      version: record.version, session: record.session.optional?.raw,
      pid: record.session.optional.map { store.sessions[$0, \.pid] },
      children: isMiniport
        ? count(record.adapters, budget: &budget) { store.adapters[$0, \.next] }
        : count(record.bindings, budget: &budget) { store.bindings[$0, \.next] },
      provider: record.registration.optional.map { registrationHandle($0) })
  }

  /// The adapter at a used index.
  public func adapterSnapshot(_ index: UInt32, budget: inout Int) -> AdapterSnapshot {
    let index = Index<AdapterRecord>(index)
    let record = store.adapters[index]
    let driver = store.drivers[record.driver.index]
    return AdapterSnapshot(
      index: index.raw, handle: adapterHandle(index), name: record.name,
      driver: driverHandle(record.driver.index), driverName: driver.name,
      session: driver.session.optional?.raw, state: record.state,
      attributesSet: record.attributesSet != 0, dmaRegistered: record.dmaRegistered != 0,
      bindings: count(
        record.bindings, budget: &budget, next: { store.bindings[$0, \.adapterNext] }),
      queues: count(record.queues, budget: &budget, next: { store.queues[$0, \.next] }),
      vports: count(record.vports, budget: &budget, next: { store.vports[$0, \.next] }),
      filters: count(record.filters, budget: &budget, next: { store.filters[$0, \.next] }),
      openOIDs: count(record.firstOID, budget: &budget, next: { store.oids[$0, \.next] }),
      indicated: record.indicated, isHeld: record.held != 0, isRemoved: record.removed != 0)
  }

  /// The binding or filter module at a used index.
  public func bindingSnapshot(_ index: UInt32) -> BindingSnapshot {
    let index = Index<BindingRecord>(index)
    let record = store.bindings[index]
    let driver = store.drivers[record.driver.index]
    let isClosing = record.closing != 0 || record.ending != 0 || record.unbindSent != 0
    return BindingSnapshot(
      index: index.raw, handle: bindingHandle(index),
      kind: record.kind == .module ? .module : .binding,
      state: isClosing ? .closing : record.opened != 0 ? .open : .opening,
      driver: driverHandle(record.driver.index), driverName: driver.name,
      adapter: adapterHandle(record.adapter.index),
      adapterName: store.adapters[record.adapter.index, \.name],
      session: driver.session.optional?.raw,
      provider: record.registration.optional.map { registrationHandle($0) })
  }

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
      owner: isHosted ? nil : record.owner, session: record.ownerSession.optional?.raw,
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

  /// The name of an adapter, of a driver, or of a binding's driver; empty when it has ended.
  func name(ofOwner handle: Handle) -> Name {
    guard isLiveOwner(handle) else { return Name() }
    return switch handle.kind {
    case .adapter: store.adapters[Index(handle), \.name]
    case .binding, .filterModule:
      store.drivers[store.bindings[Index(handle), \.driver].index, \.name]
    default: store.drivers[Index(handle), \.name]
    }
  }
}
