// Details the host reads to write upcall messages about receive indications; nothing is changed here. `upcall(_:)`
// returns what all upcalls have in common.

public import NDISDriverInterface
import NDIS
import NDISStore

extension Simulator {
  /// Port, flags and number of lists of an open upcall of ProtocolReceiveNetBufferLists, and whether lists of its
  /// indication have 802.1Q tags.
  public func indication(
    ofUpcall id: UInt64
  ) -> (port: UInt32, flags: UInt32, count: UInt32, hasTags: Bool)? {
    guard let upcall = openUpcall(id),
      store.upcalls[upcall, \.type] == .receiveNetBufferLists,
      let index = store.upcalls[upcall, \.indication].optional
    else { return nil }
    var count = store.upcalls[upcall, \.argument] & 0xFFFF
    if store.indications[index, \.out] != store.indications[index, \.count] {
      // Some lists have been returned already.
      count = 0
      forEachList(ofUpcall: upcall, indication: index) { _ in count &+= 1 }
    }
    // Handlers are called at PASSIVE_LEVEL, whatever the miniport's own level was.
    let flags = ReceiveFlags(rawValue: store.indications[index, \.flags])
    return (
      store.indications[index, \.port], flags.subtracting(.dispatchLevel).rawValue, count,
      store.indications[index, \.hasTags] != 0
    )
  }

  /// Visits those lists in order: at most `Limits.maximumLists` with `Limits.maximumParts` in all, so that
  /// they fit the message. An indication of more parts is refused with `tooManyParts`. With `tags` the lists' 802.1Q
  /// tags follow.
  public func forEachPiece(
    ofUpcall id: UInt64, tags: Bool = false, _ body: (ReceivedPiece) -> Void
  ) {
    guard let upcall = openUpcall(id),
      store.upcalls[upcall, \.type] == .receiveNetBufferLists,
      let index = store.upcalls[upcall, \.indication].optional
    else { return }
    var known = DescribedBlock()
    forEachList(ofUpcall: upcall, indication: index) { describe(list: $0, &known, body) }
    guard tags else { return }
    forEachList(ofUpcall: upcall, indication: index) {
      body(.tag(Ieee8021QInformation(rawValue: store.lists[$0, \.tag])))
    }
  }

  /// Visits the lists of a call that its receiver still holds.
  private func forEachList(
    ofUpcall upcall: Index<UpcallRecord>, indication: Index<IndicationRecord>,
    _ body: (Index<NetBufferListRecord>) -> Void
  ) {
    let binding = Index<BindingRecord>(store.upcalls[upcall, \.object])
    let bit = receiverBit(of: binding, indication)
    let start = store.upcalls[upcall, \.argument] >> 16
    let end = start &+ store.upcalls[upcall, \.argument] & 0xFFFF
    for list in store.listsOfIndication.of(indication) {
      let position = UInt32(store.lists[list, \.position])
      guard position < end else { return }
      if position >= start, store.listLinks[list].holders & bit != 0 { body(list) }
    }
  }

  @inline(__always)
  private func describe(
    list index: Index<NetBufferListRecord>, _ known: inout DescribedBlock,
    _ body: (ReceivedPiece) -> Void
  ) {
    body(
      .list(
        // "Starting with NDIS 6.20, this member must be set to zero" (A53).
        listHandle(index), filterID: 0, queueID: store.lists[index, \.queueID],
        buffers: 1))
    let segments = store.lists[index, \.segments]
    var left = store.lists[index, \.dataLength]
    body(.buffer(dataLength: left))
    for at in 0..<min(4, Int(store.lists[index, \.segmentCount])) {
      describe(segments[at], &left, &known, body)
    }
  }

  /// The bytes of the frame in a segment, of which `left` follow: SharedMemoryLength may be longer, since a
  /// miniport sets it once for a buffer, and what lies behind the frame is not the receiver's. A segment without
  /// any is a part of no bytes: with lookahead split it tells where the backfill space is.
  private func describe(
    _ segment: SegmentRecord, _ left: inout UInt32, _ known: inout DescribedBlock,
    _ body: (ReceivedPiece) -> Void
  ) {
    if segment.block != known.block || segment.generation != known.generation {
      guard let block = segment.block.optional, let found = describedBlock(block),
        found.generation == segment.generation
      else { return }
      known = found
    }
    let length = min(left, segment.length)
    left &-= length
    if known.isContiguous {
      let offset = known.start + UInt64(segment.offset)
      return body(
        .part(
          sharedMemory: known.memory, section: known.section, offset: offset,
          length: length))
    }
    let (memory, section) = (known.memory, known.section)
    forEachPart(block: known.block.index, offset: segment.offset, length: length) {
      body(.part(sharedMemory: memory, section: section, offset: $0, length: $1))
    }
  }

  /// What the parts of a live block have in common; consecutive frames mostly lie in one block.
  private struct DescribedBlock {
    var block = Ref<BlockRecord>.none
    var generation: UInt32 = 0
    var memory = Handle.null
    var section = Handle.null
    var isContiguous = false
    /// Start of its section.
    var start: UInt64 = 0
  }

  private func describedBlock(_ index: Index<BlockRecord>) -> DescribedBlock? {
    guard store.blocks[index, \.state] == .live,
      let section = store.blocks[index, \.section].optional
    else { return nil }
    let generation = store.blocks[index, \.generation]
    let shift = store.sections[section, \.pageShift]
    let registration = store.blocks[index, \.registration].index
    let isOfHAL = store.registrations[registration, \.level] == .hal
    return DescribedBlock(
      block: Ref(index), generation: generation,
      memory: isOfHAL ? .null : handle(.sharedMemory, generation, index),
      section: sectionHandle(section),
      isContiguous: store.blocks[index, \.extents] == 1,
      start: UInt64(store.blocks[index, \.firstPage]) << shift)
  }

  /// Visits the miniport's own numbers of the lists that an open upcall of MiniportReturnNetBufferLists
  /// returns, at most `Limits.maximumReturned`.
  public func forEachReturned(ofUpcall id: UInt64, _ body: (UInt64) -> Void) {
    guard let upcall = openUpcall(id),
      store.upcalls[upcall, \.type] == .returnNetBufferLists
    else { return }
    var next = store.upcalls[upcall, \.returned]
    while let list = next.optional {
      body(store.lists[list, \.context])
      next = store.listLinks[list].nextReturned
    }
  }
}
