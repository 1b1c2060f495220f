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

/// What ProtocolReceiveNetBufferLists is told, piece by piece and in the order of the message: a list, its
/// buffers, and behind each buffer the parts it lies in. Values only, since it is read for every frame.
public enum ReceivedPiece: Sendable, Hashable {
  case list(Handle, filterID: UInt16, queueID: UInt16, buffers: UInt32)
  case buffer(dataLength: UInt32)
  /// Contiguous bytes of a section.
  case part(sharedMemory: Handle, section: Handle, offset: UInt64, length: UInt32)
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

  /// Visits those lists in order: at most `Limits.maximumLists` with `Limits.maximumParts` in all, so that
  /// the message holds them. An indication of more parts is refused with `tooManyParts`.
  public func forEachPiece(ofUpcall id: UInt64, _ body: (ReceivedPiece) -> Void) {}

  /// Visits the miniport's numbers of the lists an open upcall of MiniportReturnNetBufferLists returns, at
  /// most `Limits.maximumReturned`.
  public func forEachReturned(ofUpcall id: UInt64, _ body: (UInt64) -> Void) {}
}
