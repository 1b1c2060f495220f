// What the host reads to write the calls about OIDs, statuses and indications: nothing here changes
// anything. Beside `upcall(_:)`, which answers what every call has.

import CNDIS
public import NDIS

/// An OID request, for MiniportOidRequest, MiniportCancelOidRequest or ProtocolOidRequestComplete.
public struct OIDDetails: Sendable, Hashable {
  public var handle: Handle
  public var call: OIDCall
  /// How it ended; the status is PENDING while it has not.
  public var failure: Failure
  public var result: OIDResult
}

/// A list and where its bytes are, for ProtocolReceiveNetBufferLists.
public struct ReceivedList: Sendable {
  public var handle: Handle
  public var filterID: UInt16
  public var queueID: UInt16
  /// Bytes of each frame, with its parts in order.
  public var buffers: [(dataLength: UInt32, parts: [Part])]

  /// Contiguous bytes of a section.
  public struct Part: Sendable, Hashable {
    public var sharedMemoryHandle: Handle
    public var section: Handle
    public var offset: UInt64
    public var length: UInt32
  }
}

extension Simulator {
  /// The OID request an open upcall is about.
  public func oid(ofUpcall id: UInt64) -> OIDDetails? { nil }

  /// The status an open upcall of ProtocolStatusEx tells.
  public func status(ofUpcall id: UInt64) -> IndicatedStatus? { nil }

  /// Port and flags of the indication of an open upcall of ProtocolReceiveNetBufferLists, and how many
  /// lists it has.
  public func indication(
    ofUpcall id: UInt64
  ) -> (port: UInt32, flags: UInt32, count: UInt32)? { nil }

  /// Visits those lists in order.
  public func forEachList(ofUpcall id: UInt64, _ body: (ReceivedList) -> Void) {}

  /// Visits the miniport's numbers of the lists an open upcall of MiniportReturnNetBufferLists returns.
  public func forEachReturned(ofUpcall id: UInt64, _ body: (UInt64) -> Void) {}
}
