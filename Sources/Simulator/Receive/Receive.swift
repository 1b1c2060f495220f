// Receive indications: a miniport lends the overlying drivers lists of buffers that lie in shared memory;
// they read the bytes in place and return the lists. NDIS counts the outstanding lists of every block and
// queue. An indication is validated as a whole before any of it takes effect; one that breaks a rule is a
// violation, none of it is indicated, and the miniport keeps its lists.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// NdisMIndicateReceiveNetBufferLists. Completes when every receiver has been called; with
  /// NDIS_RECEIVE_FLAGS_RESOURCES when every receiver's handler has returned.
  mutating func indicateReceive(
    _ call: Call, _ adapter: Handle, _ indication: Indication
  ) throws(Failure) {
    let index = try resolveAdapter(adapter, session: call.sessionIndex)
    let flags = ReceiveFlags(rawValue: indication.flags)
    if flags.contains(.resources) {
      // The call waits for the receivers.
      let depth = depth(of: call.context)
      guard depth < NDIS.Limits.maximumCallDepth else {
        throw Failure(.failure, .callDepth, UInt64(depth), UInt64(NDIS.Limits.maximumCallDepth))
      }
    }
    let plan: ReceivePlan
    do throws(Failure) {
      plan = try planReceive(call, index, indication)
    } catch {
      // A shortage is not a violation, nor is a race with FREE_QUEUE.
      if error.status != .resources, error.status != .notAccepted {
        violate(
          error, routine: "NdisMIndicateReceiveNetBufferLists", bugCheck: nil, irql: call.irql,
          handle: adapter, party: party(adapter: index), session: call.sessionIndex)
      }
      throw error
    }
    try indicate(plan, indication, call, adapter: index)
  }

  /// ProtocolReceiveNetBufferLists or MiniportReturnNetBufferLists has returned.
  mutating func receiveCallReturned(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome
  ) {
    let isReturn = upcall.type == .returnNetBufferLists
    validateReturn(upcall, outcome, isReturn: isReturn)
    if isReturn {
      returnEnded(upcall)
    } else if let index = upcall.indication.optional {
      store.indications.update(index) { $0.calls &-= 1 }
      finishIfDone(indication: index)
    }
  }

  /// Both handlers are void: only their deadline and their IRQL are checked.
  private mutating func validateReturn(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome, isReturn: Bool
  ) {
    var outcome = outcome
    switch outcome {
    case .died: return
    case .expired: break
    case .answered(var answer):
      if answer.irql == 0 { return }
      answer.status = .success
      outcome = .answered(answer)
    }
    let object = upcall.object
    var whose = Party()
    if isLiveOwner(object) {
      whose = isReturn ? party(adapter: Index(object)) : party(binding: Index(object))
    } else if let session = upcall.session.optional {
      whose = party(session: session)
    }
    _ = verdict(
      upcall, outcome,
      routine: isReturn ? "MiniportReturnNetBufferLists" : "ProtocolReceiveNetBufferLists",
      allowed: .void, party: whose)
  }
}
