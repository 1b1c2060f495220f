// Returning indicated lists. A list is returned to the miniport when its last receiver has returned it, has
// closed its binding or has died: MiniportReturnNetBufferLists is called once for all lists returned in a
// turn, with the miniport's own numbers in order. Lists indicated with NDIS_RECEIVE_FLAGS_RESOURCES belong to
// the miniport again, without that call, when every handler has returned.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// NdisReturnNetBufferLists. Takes all of the lists or, if one does not belong to this binding, none.
  mutating func returnLists(
    _ call: Call, _ binding: Handle, _ flags: UInt32, _ lists: [Handle]
  ) throws(Failure) {
    let index = try resolveBinding(binding, .binding, session: call.sessionIndex)
    guard store.bindings[index, \.opened] != 0, store.bindings[index, \.closing] == 0 else {
      throw Failure(.invalidParameter, .staleHandle, binding.rawValue)
    }
    let adapter = store.bindings[index, \.adapter].index
    do throws(Failure) {
      let known = try ReturnFlags(checking: flags)
      try checkIRQL(known.contains(.dispatchLevel), flags, call.irql)
      try checkReturned(lists, binding: index, adapter: adapter)
    } catch {
      violate(
        error, routine: "NdisReturnNetBufferLists", bugCheck: nil, irql: call.irql,
        handle: binding, party: party(binding: index), session: call.sessionIndex)
      throw error
    }
    finish(call.sessionIndex, call.requestID)
    if store.adapters[adapter, \.dropped] == 0 {
      take(lists, binding: index, adapter: adapter)
    }
  }

  // MARK: Checks

  private func checkReturned(
    _ lists: [Handle], binding: Index<BindingRecord>, adapter: Index<AdapterRecord>
  ) throws(Failure) {
    guard !lists.isEmpty, lists.count <= Int(NDIS.Limits.maximumLists) else {
      throw Failure(
        .invalidParameter, .netBufferListCount, UInt64(lists.count),
        UInt64(NDIS.Limits.maximumLists))
    }
    let isDropped = store.adapters[adapter, \.dropped] != 0
    var indication = Ref<IndicationRecord>.none
    var bit: UInt64 = 0
    var greatest: UInt64 = 0
    var isAscending = true
    for list in lists {
      let index = Index<NetBufferListRecord>(list)
      let failure = Failure(.invalidParameter, .notIndicated, list.rawValue)
      guard list.kind == .netBufferList, store.lists.contains(index) else { throw failure }
      if isDropped {
        guard wasGiven(list) else { throw failure }
        continue
      }
      guard store.listLinks[index].state == .out, listHandle(index) == list
      else { throw failure }
      if store.lists[index, \.indication] != indication {
        indication = store.lists[index, \.indication]
        bit = returningBit(of: binding, indication.index)
      }
      guard store.listLinks[index].holders & bit != 0 else { throw failure }
      if list.rawValue <= greatest { isAscending = false }
      greatest = max(greatest, list.rawValue)
    }
    // An ascending sequence has no duplicates.
    guard !isAscending, !isDropped else { return }
    let sorted = lists.sorted { $0.rawValue < $1.rawValue }
    for at in sorted.indices.dropFirst() where sorted[at] == sorted[at - 1] {
      throw Failure(.invalidParameter, .notIndicated, sorted[at].rawValue)
    }
  }

  /// Whether a handle once named a list.
  private func wasGiven(_ list: Handle) -> Bool {
    let salt = UInt32(truncatingIfNeeded: store.globals[0].generationSalt)
    return list.generation > salt
      && list.generation <= salt &+ store.lists[Index(list), \.generation]
  }

  /// A receiver's bit in its lists of an indication; 0 if it has none to return.
  private func returningBit(of binding: Index<BindingRecord>, _ indication: Index<IndicationRecord>)
    -> UInt64
  {
    let resources = ReceiveFlags.resources.rawValue
    guard store.indications[indication, \.flags] & resources == 0 else { return 0 }
    return receiverBit(of: binding, indication)
  }

  func receiverBit(of binding: Index<BindingRecord>, _ indication: Index<IndicationRecord>)
    -> UInt64
  {
    let receivers = store.indications[indication, \.receivers]
    for number in 0..<Int(store.indications[indication, \.receiverCount])
    where receivers[number] == Ref(binding) {
      return 1 << UInt64(truncatingIfNeeded: number)
    }
    return 0
  }

  // MARK: Returns by receivers

  /// Takes validated lists from a receiver, run by run of lists of the same indication.
  private mutating func take(
    _ lists: [Handle], binding: Index<BindingRecord>, adapter: Index<AdapterRecord>
  ) {
    var chain = ReturnChain()
    var tally = ReceiveTally(sign: -1)
    var start = 0
    while start < lists.count {
      let indication = store.lists[Index(lists[start]), \.indication].index
      let bit = receiverBit(of: binding, indication)
      var end = start
      var last: UInt32 = 0
      while end < lists.count,
        store.lists[Index(lists[end]), \.indication] == Ref(indication)
      {
        if store.listLinks[Index(lists[end])].holders == bit { last &+= 1 }
        end += 1
      }
      let isWhole = last == store.indications[indication, \.out]
      for at in start..<end {
        take(list: Index(lists[at]), bit, isWhole: isWhole, &chain, &tally)
      }
      left(indication: indication, last)
      start = end
    }
    flush(&tally)
    returnToMiniport(&chain, adapter: adapter)
  }

  /// Takes a list from a receiver. If a whole indication is returned its chain need not be relinked.
  private mutating func take(
    list index: Index<NetBufferListRecord>, _ bit: UInt64, isWhole: Bool,
    _ chain: inout ReturnChain,
    _ tally: inout ReceiveTally
  ) {
    guard store.listLinks[index].holders == bit else {
      store.listLinks.update(index) { $0.holders &= ~bit }
      return
    }
    count(list: index, &tally)
    if !isWhole {
      store.listsOfIndication.remove(index, from: store.lists[index, \.indication].index)
    }
    append(list: index, to: &chain)
  }

  /// The last receivers of `count` lists of an indication have returned them.
  private mutating func left(
    indication index: Index<IndicationRecord>, _ count: UInt32
  ) {
    guard count > 0 else { return }
    store.indications.update(index) {
      $0.out = $0.out &- count
      if $0.out == 0 { $0.first = .none }
    }
    if let adapter = store.indications[index, \.adapter].optional {
      countUnindicated(count, adapter: adapter)
      // A state change of the adapter may be waiting for this.
      if store.adapters[adapter, \.indicated] == 0,
        store.adapters[adapter, \.life] == .ending
          || store.adapters[adapter, \.state] != .running
      {
        scheduler.wake(adapter)
      }
    }
    finishIfDone(indication: index)
  }

  /// Ends an indication whose handlers have returned: with NDIS_RECEIVE_FLAGS_RESOURCES its lists belong to
  /// the miniport again now, otherwise when they have been returned.
  mutating func finishIfDone(indication index: Index<IndicationRecord>) {
    guard store.indications[index, \.calls] == 0 else { return }
    let resources = ReceiveFlags.resources.rawValue
    if store.indications[index, \.flags] & resources != 0, store.indications[index, \.out] > 0 {
      let request = store.indications[index, \.request]
      store.indications.update(index) { $0.request = .none }
      let out = store.indications[index, \.out]
      forget(indication: index)
      left(indication: index, out)
      complete(request)
      return
    }
    if store.indications[index, \.out] == 0 { release(indication: index) }
  }

  /// Frees all outstanding lists of an indication without notifying the miniport.
  private mutating func forget(indication index: Index<IndicationRecord>) {
    var tally = ReceiveTally(sign: -1)
    for list in store.listsOfIndication.of(index) {
      count(list: list, &tally)
      free(list: list)
    }
    flush(&tally)
  }

  // MARK: Closing and removal

  /// The binding has been closed: returns the lists it still holds, and how many these are.
  @discardableResult
  mutating func returnAll(binding index: Index<BindingRecord>) -> UInt64 {
    var held: UInt64 = 0
    let adapter = store.bindings[index, \.adapter].index
    // The list is newest first; lists are returned in the order of their indications.
    var oldest = Ref<IndicationRecord>.none
    for indication in store.indicationsOfAdapter.of(adapter) { oldest = Ref(indication) }
    var chain = ReturnChain()
    var tally = ReceiveTally(sign: -1)
    while let indication = oldest.optional {
      oldest = store.indications[indication, \.previous]
      let bit = receiverBit(of: index, indication)
      guard bit != 0 else { continue }
      let isLent = returningBit(of: index, indication) != 0
      store.indications.update(indication) {
        $0.receivers[bit.trailingZeroBitCount] = .none
      }
      // With NDIS_RECEIVE_FLAGS_RESOURCES the return of its handler is what counts.
      guard isLent else { continue }
      var last: UInt32 = 0
      var list = store.indications[indication, \.first]
      while let at = list.optional {
        list = store.lists[at, \.next]
        guard store.listLinks[at].holders & bit != 0 else { continue }
        if store.listLinks[at].holders == bit { last &+= 1 }
        held &+= 1
        take(list: at, bit, isWhole: false, &chain, &tally)
      }
      left(indication: indication, last)
    }
    flush(&tally)
    returnToMiniport(&chain, adapter: adapter)
    return held
  }

  /// The adapter has been removed: its lists stay with their receivers and refer to nothing any more. When
  /// they are returned, they are ignored.
  mutating func dropIndications(adapter index: Index<AdapterRecord>) {
    for indication in store.indicationsOfAdapter.of(index) {
      forget(indication: indication)
      let request = store.indications[indication, \.request]
      store.indications.update(indication) {
        $0.adapter = .none
        $0.previous = .none
        $0.next = .none
        $0.first = .none
        $0.out = 0
        $0.request = .none
      }
      complete(request, Failure(.failure, .ownerEnded))
      finishIfDone(indication: indication)
    }
    let waiting = freeReturned(store.adapters[index, \.returned])
    forgetIndications(waiting: waiting, adapter: index)
  }
}
