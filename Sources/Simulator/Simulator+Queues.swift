// Receive queues, filters and VPorts as NDIS knows them: what an OID request that concerns them is checked
// for before the miniport sees it, what NDIS answers from these records, and what its end changes. A
// queue's states are QueueState's, a VPort's VPortState's.

import CNDIS
import Events
import NDIS

extension Simulator {
  /// The record of an allocated queue of an adapter; nil for the default queue and unknown ones.
  func queue(adapter: UInt32, id: UInt32) -> UInt32? {
    var next = store.adapters[adapter, \.queues]
    while let index = next.optional {
      if store.queues[index, \.queueID] == id { return index }
      next = store.queues[index, \.next]
    }
    return nil
  }

  /// The record of a nondefault VPort of an adapter.
  func vport(adapter: UInt32, id: UInt32) -> UInt32? {
    var next = store.adapters[adapter, \.vports]
    while let index = next.optional {
      if store.vports[index, \.vportID] == id { return index }
      next = store.vports[index, \.next]
    }
    return nil
  }

  // MARK: What an OID request asks of this file

  /// What NDIS does with a request whose turn has come.
  enum Preparation {
    /// The miniport is asked.
    case forward
    /// NDIS answers with `knownInformation`.
    case answered
  }

  /// A request's turn has come and the miniport is idle: checks what NDIS checks, makes the records of
  /// what it creates, and writes ids NDIS assigns into `oidInputs`. A failure ends the request.
  mutating func prepare(
    oid index: UInt32, _ form: OID.Form, _ actions: inout Actions
  ) throws(Failure) -> Preparation { form.answeredBy == .ndis ? .answered : .forward }

  /// A request that was forwarded has ended, however it did: changes or takes back the records. Called
  /// once. What it answers is what the requester is told.
  mutating func conclude(
    oid index: UInt32, _ failure: Failure, _ actions: inout Actions
  ) -> Failure { failure }

  /// What NDIS answers a request with, from its records. Fails with INVALID_LENGTH when it does not fit
  /// the requester's buffer.
  func knownInformation(oid index: UInt32) throws(Failure) -> [UInt8] { [] }

  // MARK: What an adapter's life and memory ask of this file

  /// The miniport has indicated NDIS_STATUS_RECEIVE_QUEUE_STATE.
  mutating func queueStateIndicated(
    adapter: UInt32, _ state: ReceiveQueueState, _ actions: inout Actions
  ) {}

  /// The binding is closing: what it allocated and did not free is a violation, once, and becomes NDIS's
  /// to free.
  mutating func takeOverQueues(binding index: UInt32, _ actions: inout Actions) {}

  /// Before MiniportHaltEx: clears filters, frees queues, deletes VPorts and the switch by OID requests of
  /// NDIS itself, one at a time. True while something is left.
  mutating func freeQueuesBeforeHalt(adapter index: UInt32, _ actions: inout Actions) -> Bool {
    false
  }

  /// The adapter is gone: its queues, filters and VPorts go without anybody being asked.
  mutating func dropQueues(adapter index: UInt32) {}
}
