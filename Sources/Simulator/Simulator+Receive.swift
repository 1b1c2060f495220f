// Receive indications: a miniport lends lists of buffers that lie in shared memory to the drivers above
// it, they read the bytes in place and return the lists. NDIS counts, for every block and queue, how many
// lists are out.

import CNDIS
import Events
import NDIS

extension Simulator {
  /// NdisMIndicateReceiveNetBufferLists. Succeeds when every receiver has been called; with
  /// NDIS_RECEIVE_FLAGS_RESOURCES when every receiver's handler has returned.
  mutating func indicateReceive(
    _ call: Call, _ adapter: Handle, _ indication: Indication, _ actions: inout Actions
  ) throws(Failure) {
    throw Failure(.notSupported, .receiveFlags)
  }

  /// NdisReturnNetBufferLists.
  mutating func returnLists(
    _ call: Call, _ binding: Handle, _ flags: UInt32, _ lists: [Handle], _ actions: inout Actions
  ) throws(Failure) {
    throw Failure(.notSupported, .notIndicated)
  }

  /// ProtocolReceiveNetBufferLists or MiniportReturnNetBufferLists has returned.
  mutating func receiveCallReturned(
    _ upcall: UpcallRecord, _ ending: Ending, _ actions: inout Actions
  ) {}

  /// The binding is gone: the lists it still has go back.
  mutating func returnAll(binding index: UInt32, _ actions: inout Actions) {}

  /// The adapter is gone: its lists stay with their receivers and refer to nothing any more.
  mutating func dropIndications(adapter index: UInt32, _ actions: inout Actions) {}
}
