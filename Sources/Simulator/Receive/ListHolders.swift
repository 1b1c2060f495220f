// Who holds an adapter's lists: the bindings that have not returned them. Asked when something waits for lists, so
// that the event, and at its deadline the violation, names the holder and not the miniport, which can only wait.
//
// Cost: each outstanding list is visited once, at most `Settings.maximumIndicated`. No count is kept: every
// indication would pay for it.

import NDISEvents
import NDIS
import NDISStore

/// The lists that one binding holds.
struct HeldLists {
  var binding: Index<BindingRecord>
  var lists: UInt64 = 0
  /// Of their frames.
  var bytes: UInt64 = 0
  /// When the oldest was indicated.
  var oldest = UInt64.max
}

/// Which of an adapter's lists are waited for.
enum AwaitedLists {
  case all
  case queue(Index<QueueRecord>)
  case vport(Index<VPortRecord>)
}

extension Simulator {
  /// The holders of an adapter's lists, in the order of their records. A binding whose process has ended is none: its
  /// lists are being returned.
  func holders(adapter: Index<AdapterRecord>, _ awaited: AwaitedLists = .all) -> [HeldLists] {
    var held: [UInt32: HeldLists] = [:]
    for indication in store.indicationsOfAdapter.of(adapter) {
      var counts = InlineArray<64, (lists: UInt64, bytes: UInt64)>(repeating: (0, 0))
      for list in store.listsOfIndication.of(indication) where isAwaited(list, awaited) {
        let bytes = UInt64(store.lists[list, \.dataLength])
        var holders = store.listLinks[list].holders
        while holders != 0 {
          let number = holders.trailingZeroBitCount
          counts[number].lists &+= 1
          counts[number].bytes &+= bytes
          holders &= holders &- 1
        }
      }
      let receivers = store.indications[indication, \.receivers]
      let time = store.indications[indication, \.indicatedAt]
      for number in counts.indices where counts[number].lists > 0 {
        guard let binding = receivers[number].optional, !hasDied(binding) else { continue }
        var sum = held[binding.raw] ?? HeldLists(binding: binding)
        sum.lists &+= counts[number].lists
        sum.bytes &+= counts[number].bytes
        sum.oldest = min(sum.oldest, time)
        held[binding.raw] = sum
      }
    }
    return held.values.sorted { $0.binding.raw < $1.binding.raw }
  }

  private func hasDied(_ binding: Index<BindingRecord>) -> Bool {
    isDisconnected(store.drivers[store.bindings[binding, \.driver].index, \.session].index)
  }

  private func isAwaited(_ list: Index<NetBufferListRecord>, _ awaited: AwaitedLists) -> Bool {
    switch awaited {
    case .all: true
    case .queue(let queue):
      store.lists[list, \.targetKind] == .queue && store.lists[list, \.queue] == Ref(queue)
        && store.lists[list, \.targetGeneration] == store.queues[queue, \.generation]
    case .vport(let vport):
      store.lists[list, \.targetKind] == .vport && store.lists[list, \.vport] == Ref(vport)
        && store.lists[list, \.targetGeneration] == store.vports[vport, \.generation]
    }
  }

  /// `waiter`, a handler or a request, begins to wait for lists: an event for each of their holders.
  mutating func noteAwaited(
    adapter: Index<AdapterRecord>, _ awaited: AwaitedLists = .all, by waiter: String
  ) {
    var queueID: UInt32?
    var vportID: UInt32?
    switch awaited {
    case .all: break
    case .queue(let queue): queueID = store.queues[queue, \.queueID]
    case .vport(let vport): vportID = store.vports[vport, \.vportID]
    }
    for holder in holders(adapter: adapter, awaited) {
      turn.emit(
        .event(
          .listsAwaited(
            AwaitedHolder(
              party: party(binding: holder.binding), lists: holder.lists, waiter: waiter,
              queueID: queueID, vportID: vportID))))
    }
  }

  /// The deadline of a wait for lists has passed: a violation of each holder. False when nobody holds one, so that the
  /// waiter itself is late.
  mutating func blameHolders(
    adapter: Index<AdapterRecord>, _ awaited: AwaitedLists = .all, after limit: UInt64,
    _ check: BugCheck?
  ) -> Bool {
    let holders = holders(adapter: adapter, awaited)
    for holder in holders {
      violate(
        Failure(.failure, .listsNotReturned, holder.lists, limit),
        routine: "NdisReturnNetBufferLists", bugCheck: check,
        handle: bindingHandle(holder.binding), party: party(binding: holder.binding),
        session: store.drivers[store.bindings[holder.binding, \.driver].index, \.session].optional)
    }
    return !holders.isEmpty
  }
}
