// Selects the receivers of an indicated list.

import NDIS
import NDISStore

extension Simulator {
  /// The receivers of a target's lists, as bits of the plan's receivers: for a queue the binding that
  /// allocated it, for a VPort its creator, for the default queue every open binding.
  func receivers(
    of target: ReceiveTarget, _ adapter: Index<AdapterRecord>, _ plan: inout ReceivePlan
  ) throws(Failure) -> UInt64 {
    switch target.kind {
    case .defaultQueue:
      if let receivers = plan.defaultReceivers { return receivers }
      var receivers: UInt64 = 0
      for binding in store.bindingsOfAdapter.of(adapter) {
        if isReceiving(binding) { receivers |= try bit(of: binding, &plan) }
      }
      plan.defaultReceivers = receivers
      return receivers
    case .queue: return try receiver(store.queues[target.queue.index, \.owner], &plan)
    case .vport: return try receiver(store.vports[target.vport.index, \.owner], &plan)
    }
  }

  private func receiver(_ owner: Ref<BindingRecord>, _ plan: inout ReceivePlan) throws(Failure)
    -> UInt64
  {
    guard let binding = owner.optional, isReceiving(binding) else { return 0 }
    return try bit(of: binding, &plan)
  }

  private func bit(of binding: Index<BindingRecord>, _ plan: inout ReceivePlan) throws(Failure)
    -> UInt64
  {
    guard let number = plan.number(of: binding) else {
      throw Failure(
        .resources, .tooManyReceivers, UInt64(plan.receiverCount) + 1,
        UInt64(IndicationRecord.maximumReceivers))
    }
    return 1 << number
  }

  /// Whether a binding receives indications now: it is open, not closing, its process is alive, and it has
  /// the handler.
  private func isReceiving(_ binding: Index<BindingRecord>) -> Bool {
    let record = store.bindings[binding]
    guard record.kind == .binding, record.opened != 0, record.closing == 0,
      record.ending == 0, let driver = record.driver.optional,
      store.drivers[driver, \.handlers][HandlerSlot.receive] != 0
    else { return false }
    return !isDisconnected(store.drivers[driver, \.session].index)
  }
}
