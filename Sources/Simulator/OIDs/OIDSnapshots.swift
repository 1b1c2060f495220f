// Snapshots of OID requests: plain values, made from a record on demand.

public import NDIS
import NDISStore

/// An OID request that has not ended.
public struct OIDSnapshot: Sendable, Equatable {
  public enum State: String, Sendable, CaseIterable { case queued, sent, pended, ended }
  public var index: UInt32
  public var handle: Handle
  public var place: PlaceSnapshot
  public var oid: UInt32
  /// OIDRequestKind; the raw number, because a request is kept as it was sent.
  public var kind: UInt8
  public var state: State
  public var requestID: UInt64
  public var port: UInt32
  /// In seconds.
  public var timeout: UInt32
  public var inputLength: UInt32
  public var outputLength: UInt32
  public var isCancelled: Bool
}

extension Simulator {
  /// The OID request at a used index.
  public func oidSnapshot(_ index: UInt32) -> OIDSnapshot {
    let index = Index<OIDRecord>(index)
    let record = store.oids[index]
    let state: OIDSnapshot.State =
      switch record.state {
      case .queued, .free: .queued
      case .sent: .sent
      case .pended: .pended
      case .ended: .ended
      }
    return OIDSnapshot(
      index: index.raw, handle: oidHandle(index), place: place(record.adapter, record.binding),
      oid: record.oid, kind: record.kind, state: state, requestID: record.requestID,
      port: record.port, timeout: record.timeout, inputLength: record.inputLength,
      outputLength: record.outputLength, isCancelled: record.cancelState != .none)
  }
}
