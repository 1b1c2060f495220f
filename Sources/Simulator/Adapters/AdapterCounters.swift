// What other subjects keep in an adapter's record: the lists it has indicated, and the last FilterId.

import NDIS
import NDISStore

extension Simulator {
  /// `count` lists are with receivers.
  func countIndicated(_ count: UInt32, adapter: Index<AdapterRecord>) {
    store.adapters.update(adapter) { $0.indicated = $0.indicated &+ count }
  }

  /// `count` lists have no receiver any more.
  func countUnindicated(_ count: UInt32, adapter: Index<AdapterRecord>) {
    store.adapters.update(adapter) { $0.indicated = $0.indicated &- count }
  }

  /// `count` lists are on their way back to the miniport.
  func countReturning(_ count: UInt32, adapter: Index<AdapterRecord>) {
    store.adapters.update(adapter) { $0.returning = $0.returning &+ count }
  }

  /// MiniportReturnNetBufferLists has returned from `count` lists.
  func countReturned(_ count: UInt32, adapter: Index<AdapterRecord>) {
    store.adapters.update(adapter) { $0.returning = $0.returning &- count }
  }

  /// The first of the lists for which MiniportReturnNetBufferLists is still to be called.
  func set(returned first: Ref<NetBufferListRecord>, adapter: Index<AdapterRecord>) {
    store.adapters.update(adapter) { $0.returned = first }
  }

  /// Its indications refer to it no more; `waiting` of its lists were waiting to be returned.
  func forgetIndications(waiting: UInt32, adapter: Index<AdapterRecord>) {
    store.adapters.update(adapter) {
      $0.indications = .none
      $0.indicated = 0
      $0.returned = .none
      $0.returning = $0.returning &- waiting
      $0.dropped = 1
    }
  }

  func set(lastFilterID id: UInt32, adapter: Index<AdapterRecord>) {
    store.adapters.update(adapter) { $0.lastFilterID = id }
  }
}
