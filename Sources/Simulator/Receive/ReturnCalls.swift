// Calls of MiniportReturnNetBufferLists.

import NDIS
import NDISStore

extension Simulator {
  /// Returns lists to the miniport. If no call can be made now, `stepReturns` makes it later; if the miniport
  /// has been removed, there is no call.
  mutating func returnToMiniport(
    _ chain: inout ReturnChain, adapter: Index<AdapterRecord>
  ) {
    guard chain.count > 0 else { return }
    let session = store.drivers[store.adapters[adapter, \.driver].index, \.session].index
    guard !isDisconnected(session), store.adapters[adapter, \.dropped] == 0 else {
      close(&chain)
      freeReturned(chain.first)
      return
    }
    let count = chain.count
    countReturning(count, adapter: adapter)
    if slabs.upcalls.isFull {
      let first = chain.first
      close(&chain, next: store.adapters[adapter, \.returned])
      set(returned: first, adapter: adapter)
    } else {
      close(&chain)
      callReturn(chain.first, count, adapter: adapter, session: session)
    }
  }

  private mutating func callReturn(
    _ first: Ref<NetBufferListRecord>, _ count: UInt32, adapter: Index<AdapterRecord>,
    session: Index<SessionRecord>
  ) {
    let new = NewUpcall(
      type: .returnNetBufferLists, object: adapterHandle(adapter),
      subject: Ref(any: first), argument: count)
    _ = send(new, session: session)
  }

  /// Makes a deferred call of MiniportReturnNetBufferLists. False when none is pending, or the table of
  /// upcalls is still full.
  mutating func stepReturns(adapter: Index<AdapterRecord>) -> Bool {
    guard let first = store.adapters[adapter, \.returned].optional, !slabs.upcalls.isFull
    else { return false }
    let session = store.drivers[store.adapters[adapter, \.driver].index, \.session].index
    set(returned: .none, adapter: adapter)
    if isDisconnected(session) {
      countReturned(freeReturned(Ref(first)), adapter: adapter)
      return true
    }
    // At most `maximumReturned`: the limit of an adapter's outstanding and returning lists together.
    var count: UInt32 = 0
    var next = Ref(first)
    while let index = next.optional {
      count &+= 1
      next = store.listLinks[index].nextReturned
    }
    callReturn(Ref(first), count, adapter: adapter, session: session)
    return true
  }

  /// MiniportReturnNetBufferLists has returned, or never will.
  mutating func returnEnded(_ upcall: UpcallRecord) {
    let count = freeReturned(upcall.returned)
    let adapter = Index<AdapterRecord>(upcall.object.index)
    guard isLiveOwner(upcall.object) else { return }
    countReturned(count, adapter: adapter)
  }
}
