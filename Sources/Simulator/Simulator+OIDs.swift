// OID requests: a bound protocol driver asks, NDIS checks, the miniport answers. One regular request is at
// a miniport at a time; the rest wait in the adapter's queue, in order. A request ends exactly once, with
// ProtocolOidRequestComplete, whether NDIS answered it from what it knows, the miniport did, it was
// cancelled, took too long, or its miniport went away.

import CNDIS
import Events
import NDIS

extension Simulator {
  /// NdisOidRequest. What can be refused from the call alone is refused; else the answer is PENDING with
  /// the request's handle, and the end is told by an upcall.
  mutating func oidRequest(
    _ call: Call, _ binding: Handle, _ oid: OIDCall, _ actions: inout Actions
  ) throws(Failure) {
    throw Failure(.notSupported, .oidUnknown, UInt64(oid.oid))
  }

  /// NdisCancelOidRequest: a void routine; succeeds whether it found something or not.
  mutating func cancelOIDRequest(
    _ call: Call, _ binding: Handle, _ requestID: UInt64, _ actions: inout Actions
  ) throws(Failure) {
    throw Failure(.notSupported, .oidUnknown)
  }

  /// NdisMOidRequestComplete.
  mutating func completeOIDRequest(
    _ call: Call, _ adapter: Handle, _ oid: Handle, _ status: Status, _ result: OIDResult,
    _ actions: inout Actions
  ) throws(Failure) {
    throw Failure(.notSupported, .oidUnknown)
  }

  @discardableResult
  mutating func ownRequest(
    adapter: UInt32, oid: UInt32, kind: OIDRequestKind, input: [UInt8], outputLength: UInt32 = 0
  ) -> Bool { false }

  /// MiniportOidRequest has returned, its deadline has passed, or its process is gone.
  mutating func oidAnswered(
    _ upcall: UpcallRecord, _ ending: Ending, _ actions: inout Actions
  ) {}

  /// ProtocolOidRequestComplete or MiniportCancelOidRequest has returned.
  mutating func oidCallReturned(
    _ upcall: UpcallRecord, _ ending: Ending, _ actions: inout Actions
  ) {}

  // MARK: What an adapter's life asks of this file

  /// One step of the adapter's queue of requests: sends the next one to an idle miniport in a state that
  /// takes OID requests. False when there is nothing to do now.
  mutating func stepOIDs(adapter index: UInt32, _ actions: inout Actions) -> Bool { false }

  /// Ends every request of the adapter with `status`, told to who asked: the adapter was removed or its
  /// process is gone.
  mutating func endOIDs(adapter index: UInt32, _ status: Status, _ actions: inout Actions) {}

  /// The binding is closing: cancels its requests. True while one of them has not ended.
  mutating func endOIDs(binding index: UInt32, _ actions: inout Actions) -> Bool { false }
}
