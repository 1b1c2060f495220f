// Accounting of indications and lists: linking, counting, freeing. A list is counted once for every block it
// refers to, for its queue or VPort and for its adapter, from its indication until its last receiver has
// returned it. Counts of consecutive lists are summed before they are written: they nearly always belong to
// the same block and queue.

import NDIS
import NDISStore

/// Pending changes to the list counts of a block and of a queue or VPort.
struct ReceiveTally {
  /// 1 or -1.
  var sign: Int32
  var block = Ref<BlockRecord>.none
  var blockGeneration: UInt32 = 0
  var blockLists: UInt32 = 0
  var targetKind = TargetKind.defaultQueue
  var target = Ref<AnyRecord>.none
  var targetGeneration: UInt32 = 0
  var targetLists: UInt32 = 0

  var queue: Ref<QueueRecord> {
    @inline(__always) get { target.of() }
  }
  var vport: Ref<VPortRecord> {
    @inline(__always) get { target.of() }
  }

  init(sign: Int32) { self.sign = sign }

  func applied(to count: UInt32, _ lists: UInt32) -> UInt32 {
    sign > 0 ? count &+ lists : count > lists ? count &- lists : 0
  }
}

/// Lists being returned to their miniport, in order. The last one is written when its successor is known, so
/// that each record is written once.
struct ReturnChain {
  var first = Ref<NetBufferListRecord>.none
  var last = Ref<NetBufferListRecord>.none
  var count: UInt32 = 0
}

extension Simulator {
  // MARK: Counting

  /// Counts a list for its blocks, and its queue or VPort.
  mutating func count(list index: Index<NetBufferListRecord>, _ tally: inout ReceiveTally) {
    let segmentCount = min(4, Int(store.lists[index, \.segmentCount]))
    if segmentCount == 1 {
      count(segment: store.lists[index, \.segments][0], &tally)
    } else if segmentCount > 1 {
      let segments = store.lists[index, \.segments]
      for at in 0..<segmentCount {
        // Counted once per block, however many segments are in it.
        var isFirst = true
        for other in 0..<at where segments[other].block == segments[at].block { isFirst = false }
        if isFirst { count(segment: segments[at], &tally) }
      }
    }
    let kind = store.lists[index, \.targetKind]
    guard kind != .defaultQueue else { return }
    let target = store.lists[index, \.target]
    let generation = store.lists[index, \.targetGeneration]
    if kind != tally.targetKind || target != tally.target || generation != tally.targetGeneration {
      flushTarget(&tally)
      tally.targetKind = kind
      tally.target = target
      tally.targetGeneration = generation
    }
    tally.targetLists &+= 1
  }

  @inline(__always)
  private func count(segment: SegmentRecord, _ tally: inout ReceiveTally) {
    if segment.block != tally.block || segment.generation != tally.blockGeneration {
      flushBlock(&tally)
      tally.block = segment.block
      tally.blockGeneration = segment.generation
    }
    tally.blockLists &+= 1
  }

  mutating func flush(_ tally: inout ReceiveTally) {
    flushBlock(&tally)
    flushTarget(&tally)
  }

  private func flushBlock(_ tally: inout ReceiveTally) {
    let lists = tally.blockLists
    tally.blockLists = 0
    // A block that was reclaimed in the meantime is not counted.
    guard lists > 0, let index = tally.block.optional,
      store.blocks[index, \.state] == .live,
      store.blocks[index, \.generation] == tally.blockGeneration
    else { return }
    set(indicated: tally.applied(to: store.blocks[index, \.indicated], lists), block: index)
  }

  private mutating func flushTarget(_ tally: inout ReceiveTally) {
    let lists = tally.targetLists
    tally.targetLists = 0
    guard lists > 0, !tally.target.isNone else { return }
    if tally.targetKind == .queue {
      let index = tally.queue.index
      guard store.queues[index, \.generation] == tally.targetGeneration,
        !store.queues[index, \.adapter].isNone
      else { return }
      set(indicated: tally.applied(to: store.queues[index, \.indicated], lists), queue: index)
    } else {
      let index = tally.vport.index
      guard store.vports[index, \.generation] == tally.targetGeneration,
        !store.vports[index, \.adapter].isNone
      else { return }
      set(indicated: tally.applied(to: store.vports[index, \.indicated], lists), vport: index)
    }
  }

  // MARK: An adapter's indications

  /// Frees the record of an indication without lists or open calls.
  mutating func release(indication index: Index<IndicationRecord>) {
    if let adapter = store.indications[index, \.adapter].optional {
      store.indicationsOfAdapter.remove(index, from: adapter)
    }
    slabs.indications.release(index)
  }

  // MARK: Lists

  func listHandle(_ index: Index<NetBufferListRecord>) -> Handle {
    handle(.netBufferList, store.lists[index, \.generation], index)
  }

  /// Appends a returned list.
  func append(list index: Index<NetBufferListRecord>, to chain: inout ReturnChain) {
    if let last = chain.last.optional {
      write(returning: last, next: Ref(index))
    } else {
      chain.first = Ref(index)
    }
    chain.last = Ref(index)
    chain.count &+= 1
  }

  /// Writes the last list of a chain, followed by `next`.
  func close(_ chain: inout ReturnChain, next: Ref<NetBufferListRecord> = .none) {
    if let last = chain.last.optional { write(returning: last, next: next) }
  }

  private func write(returning index: Index<NetBufferListRecord>, next: Ref<NetBufferListRecord>) {
    store.listLinks.update(index) {
      $0.state = .returning
      $0.holders = 0
      $0.nextReturned = next
    }
  }

  mutating func free(list index: Index<NetBufferListRecord>) {
    store.listLinks.update(index) { $0 = ListLink() }
    slabs.lists.putBack(index)
  }

  /// Frees at most `limit` lists of a returned chain; returns how many, and the next list.
  @discardableResult
  mutating func freeReturned(_ first: Ref<NetBufferListRecord>) -> UInt32 {
    var count: UInt32 = 0
    var next = first
    while let index = next.optional {
      next = store.listLinks[index].nextReturned
      free(list: index)
      count &+= 1
    }
    return count
  }

  // MARK: Location of a part of a block

  /// Visits the contiguous parts of the section that make up a part of a live block.
  func forEachPart(
    block index: Index<BlockRecord>, offset: UInt32, length: UInt32,
    _ body: (_ offset: UInt64, _ length: UInt32) -> Void
  ) {
    let shift = store.sections[store.blocks[index, \.section].index, \.pageShift]
    var skip = UInt64(offset)
    var left = UInt64(length)
    // A part of no bytes has a place too.
    var isPlaced = false
    func visit(_ firstPage: UInt32, _ pages: UInt32) {
      let size = UInt64(pages) << shift
      guard skip < size else { return skip -= size }
      let part = min(size - skip, left)
      body(UInt64(firstPage) << shift + skip, UInt32(clamping: part))
      skip = 0
      isPlaced = true
      left -= part
    }
    visit(store.blocks[index, \.firstPage], store.blocks[index, \.pages])
    var more = store.blocks[index, \.moreExtents]
    while left > 0 || !isPlaced, let slot = more.optional {
      visit(store.extents[slot, \.firstPage], store.extents[slot, \.pages])
      more = store.extents[slot, \.next]
    }
  }
}
