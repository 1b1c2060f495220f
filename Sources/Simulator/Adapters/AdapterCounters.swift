// Fields of an adapter's record that other files maintain: the lists it has indicated, and the last FilterId.

import NDIS
import NDISStore

extension Simulator {
  /// `count` lists were indicated to receivers.
  func countIndicated(_ count: UInt32, adapter: Index<AdapterRecord>) {
    store.adapters.update(adapter) { $0.indicated = $0.indicated &+ count }
  }

  /// The last receivers of `count` lists have returned them.
  func countUnindicated(_ count: UInt32, adapter: Index<AdapterRecord>) {
    store.adapters.update(adapter) { $0.indicated = $0.indicated &- count }
  }

  /// `count` lists are being returned to the miniport.
  func countReturning(_ count: UInt32, adapter: Index<AdapterRecord>) {
    store.adapters.update(adapter) { $0.returning = $0.returning &+ count }
  }

  /// MiniportReturnNetBufferLists has returned for `count` lists.
  func countReturned(_ count: UInt32, adapter: Index<AdapterRecord>) {
    store.adapters.update(adapter) { $0.returning = $0.returning &- count }
  }

  /// The first of the lists for which MiniportReturnNetBufferLists is still to be called.
  func set(returned first: Ref<NetBufferListRecord>, adapter: Index<AdapterRecord>) {
    store.adapters.update(adapter) { $0.returned = first }
  }

  /// Its indications no longer refer to it; `waiting` of its lists were waiting to be returned.
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
