// Validates the open calls of status indications, receive indications and their lists, and lists being returned. A
// list is outstanding in one indication or on one return chain. A return chain has no back links; each list is
// visited once, so a cycle is detected.

import NDIS
import NDISStore

extension StoreCheck {
  /// The lists themselves, and the counts they contribute to.
  mutating func checkLists() throws(StoreError) {
    for index in store.lists.touched {
      let at = CheckedRecord("lists", index)
      let link = store.listLinks[index]
      try at.hold(store.lists[index, \.generation] <= lastGeneration, "its generation is too great")
      guard link.state != .free else {
        try at.hold(
          link.holders == 0 && link.nextReturned.isNone, "it is free and still in use")
        continue
      }
      guard let state = link.$state.validated else {
        throw at.damaged("its state has no case")
      }
      let list = store.lists[index]
      try at.hold(list.segmentCount <= 4, "its segments are none")
      guard let kind = list.$targetKind.validated else {
        throw at.damaged("what it is indicated on is none")
      }
      switch kind {
      case .defaultQueue: try at.hold(list.target.isNone, "it is of the default queue and another")
      case .queue:
        try at.hold(store.queues.contains(list.queue), "its queue is not there")
      case .vport:
        try at.hold(store.vports.contains(list.vport), "its VPort is not there")
      }
      for segment in 0..<Int(list.segmentCount) {
        try at.hold(
          store.blocks.contains(list.segments[segment].block), "its memory is not there")
      }
      inUse.lists &+= 1
      if state == .out {
        try at.hold(
          link.holders != 0 && link.nextReturned.isNone, "it is indicated and has no holder")
        count(list, kind)
      } else {
        try at.hold(link.holders == 0, "it is being returned and still has a holder")
      }
    }
    try checkNamedBlocks()
  }

  /// Counts a list once for every block it refers to, and for its queue or VPort. A block or queue that was
  /// reclaimed or freed in the meantime is not counted.
  private mutating func count(_ list: NetBufferListRecord, _ kind: TargetKind) {
    for at in 0..<Int(list.segmentCount) {
      let segment = list.segments[at]
      var isFirst = true
      for other in 0..<at where list.segments[other].block == segment.block { isFirst = false }
      let block = segment.block.index
      if isFirst, store.blocks[block, \.$state.validated] == .live,
        store.blocks[block, \.generation] == segment.generation
      {
        named.append(block)
      }
    }
    switch kind {
    case .defaultQueue: break
    case .queue:
      if store.queues[list.queue.index, \.generation] == list.targetGeneration {
        indicatedOnQueue[Int(list.queue.index)] &+= 1
      }
    case .vport:
      if store.vports[list.vport.index, \.generation] == list.targetGeneration {
        indicatedOnVPort[Int(list.vport.index)] &+= 1
      }
    }
  }

  /// Checks each block's count of lists that refer to it. Only referenced blocks are read; a count on any
  /// other block shows in the total.
  private mutating func checkNamedBlocks() throws(StoreError) {
    named.sort()
    var at = 0
    var counted: UInt64 = 0
    while at < named.count {
      let block = named[at]
      var end = at
      while end < named.count, named[end] == block { end += 1 }
      try CheckedRecord("blocks", block).hold(
        Int(store.blocks[block, \.indicated]) == end - at,
        "it counts other indicated lists than name it")
      counted &+= UInt64(end - at)
      at = end
    }
    guard counted == indicatedBlocks else {
      throw .damaged(
        "blocks count \(indicatedBlocks) indicated lists, which name them \(counted) times")
    }
  }

  /// An adapter's indications, the outstanding lists, and those being returned.
  mutating func checkIndications(
    _ adapter: AdapterRecord, _ own: Ref<AdapterRecord>, _ at: CheckedRecord
  ) throws(StoreError) {
    let store = store
    listed.indications &+= try walk(
      adapter.indications, store.indications.capacity, of: at, "indications"
    ) {
      (
        store.indications[$0, \.previous], store.indications[$0, \.next],
        store.indications[$0, \.$state.validated] == .open
          && store.indications[$0, \.adapter] == own
      )
    }
    var out: UInt32 = 0
    var next = adapter.indications
    while let index = next.optional {
      next = store.indications[index, \.next]
      out &+= store.indications[index, \.out]
      for receiver in 0..<min(64, Int(store.indications[index, \.receiverCount])) {
        let binding = store.indications[index, \.receivers][receiver]
        try CheckedRecord("indications", index).hold(
          binding.isNone || (isBinding(binding) && store.bindings[binding.index, \.adapter] == own),
          "one of its receivers is not there")
      }
    }
    try at.hold(adapter.indicated == out, "it counts other indicated lists than are out")
    try at.hold(
      adapter.dropped == 0 || (adapter.indications.isNone && adapter.returned.isNone),
      "its lists were dropped and are there")
    let index = Int(own.index)
    returning[index] &+= try follow(returned: adapter.returned, at)
    try at.hold(adapter.returning == returning[index], "it counts other lists than go back")
    // One call returns them to the miniport.
    try at.hold(
      UInt64(adapter.indicated) + UInt64(adapter.returning) <= UInt64(NDIS.Limits.maximumReturned),
      "it has more lists than it may have")
  }

  /// Walks a chain of lists being returned; returns its length.
  mutating func follow(returned first: Ref<NetBufferListRecord>, _ at: CheckedRecord)
    throws(StoreError) -> UInt32
  {
    var count: UInt32 = 0
    var next = first
    while let index = next.optional {
      guard store.lists.contains(index),
        store.listLinks[index].state == .returning, meet(index)
      else { throw at.damaged(list: "returned NET_BUFFER_LISTs") }
      count &+= 1
      next = store.listLinks[index].nextReturned
    }
    listed.lists &+= count
    return count
  }

  /// Marks a list as visited; false if it was visited before.
  private mutating func meet(_ list: Index<NetBufferListRecord>) -> Bool {
    let (word, bit) = (Int(list.raw / 64), UInt64(1) << UInt64(list.raw % 64))
    guard met[word] & bit == 0 else { return false }
    met[word] |= bit
    return true
  }

  mutating func checkIndications() throws(StoreError) {
    for index in store.statuses.touched where store.statuses[index, \.state] != .free {
      let calls = store.statuses[index, \.calls]
      try CheckedRecord("statuses", index).hold(
        calls > 0 && calls == statusCalls[Int(index)], "it counts other calls than are open")
    }
    for index in store.indications.touched {
      let record = store.indications[index]
      let at = CheckedRecord("indications", index)
      guard record.state != .free else { continue }
      try at.hold(record.$state.validated != nil, "its state has no case")
      try at.hold(
        record.receiverCount <= UInt32(IndicationRecord.maximumReceivers), "its receivers are none")
      try at.hold(
        record.calls == receiveCalls[Int(index)], "it counts other calls than are open")
      try at.hold(record.calls > 0 || record.out > 0, "it is over and there")
      try at.hold(
        record.out <= record.count && record.count <= NDIS.Limits.maximumLists,
        "it has more lists than it had")
      if record.adapter.isNone {
        try at.hold(
          record.out == 0 && record.first.isNone && record.request.isNone,
          "its adapter was removed and its lists were not")
      } else {
        inUse.indications &+= 1
      }
      try wait(for: record.request, at)
      try checkLists(of: record, Ref(index), at)
    }
  }

  /// The outstanding lists of an indication: in order, each with at least one of its receivers.
  private mutating func checkLists(
    of record: IndicationRecord, _ own: Ref<IndicationRecord>, _ at: CheckedRecord
  ) throws(StoreError) {
    let store = store
    let receivers: UInt64 =
      record.receiverCount < 64 ? (1 << UInt64(record.receiverCount)) - 1 : .max
    var position = -1
    let count = try walk(record.first, store.lists.capacity, of: at, "NET_BUFFER_LISTs") {
      let link = store.listLinks[$0]
      let isNext = Int(store.lists[$0, \.position]) > position
      position = Int(store.lists[$0, \.position])
      return (
        store.lists[$0, \.previous], store.lists[$0, \.next],
        link.state == .out && store.lists[$0, \.indication] == own
          && link.holders & ~receivers == 0 && isNext
      )
    }
    try at.hold(count == record.out, "it counts other lists than are out")
    listed.lists &+= count
  }
}
