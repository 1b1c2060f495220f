// Recording a validated indication: a record of the call, one per list, the counts, and a call of
// ProtocolReceiveNetBufferLists for each receiver and each run of consecutive lists it gets. Lists without a
// receiver are returned at once.

import NDISDriverInterface
import NDIS
import NDISStore

extension Simulator {
  mutating func indicate(
    _ plan: ReceivePlan, _ indication: Indication, _ call: Call, adapter: Index<AdapterRecord>
  ) throws(Failure) {
    let isLent = !ReceiveFlags(rawValue: indication.flags).contains(.resources)
    let received = plan.received
    guard received > 0 || isLent else {
      // The miniport owns its lists again when the call returns.
      return finish(call.sessionIndex, call.requestID)
    }
    var request = Ref<RequestRecord>.none
    if !isLent { request = Ref(try open(call, object: adapterHandle(adapter))) }
    move(adapter, .receive)
    plan.forEachGroup { group in
      guard group.target.kind == .queue else { return }
      move(queue: group.target.queue.index, group.target.event)
    }
    // Its SET_FILTER must complete with SUCCESS now.
    if let queue = plan.early.optional { noteEarlyFrame(queue: queue) }
    if let vport = plan.earlyVPort.optional { noteEarlyFrame(vport: vport) }
    if received > 0 {
      let index = makeIndication(plan, indication, request: request, received, adapter: adapter)
      callReceivers(plan, index, parent: isLent ? 0 : call.context)
    }
    if isLent {
      finish(call.sessionIndex, call.requestID)
      if received < UInt32(clamping: indication.lists.count) {
        returnUnreceived(plan, indication, adapter: adapter)
      }
    }
  }

  private mutating func makeIndication(
    _ plan: ReceivePlan, _ indication: Indication, request: Ref<RequestRecord>, _ received: UInt32,
    adapter: Index<AdapterRecord>
  ) -> Index<IndicationRecord> {
    let index = slabs.indications.next ?? 0
    slabs.indications.take(index)
    let first = slabs.lists.next ?? 0
    let calls = plan.calls
    let now = turn.now
    store.indications.update(index) {
      $0 = IndicationRecord()
      $0.state = .open
      $0.first = Ref(first)
      $0.out = received
      $0.count = received
      $0.calls = calls
      $0.port = indication.port
      $0.flags = indication.flags
      $0.indicatedAt = now
      $0.request = request
      $0.receiverCount = plan.receiverCount
      $0.receivers = plan.receivers
    }
    store.indicationsOfAdapter.insert(index, in: adapter) { $0.adapter = Ref(adapter) }
    countIndicated(received, adapter: adapter)

    var slot = first
    var previous = Ref<NetBufferListRecord>.none
    var left = received
    var tally = ReceiveTally(sign: 1)
    let lists = indication.lists.span
    let hasMemory = indication.hasMemory
    plan.forEachGroup { group in
      guard group.receivers != 0 else { return }
      for position in group.start..<group.end {
        slabs.lists.take(slot)
        left &-= 1
        let next = left > 0 ? slabs.lists.next.map { Ref($0) } ?? .none : .none
        write(list: slot, lists[Int(position)], group, position, hasMemory: hasMemory) {
          $0.link.state = .out
          $0.indication = Ref(index)
          $0.previous = previous
          $0.next = next
          $0.link.holders = group.receivers
        }
        count(list: slot, &tally)
        previous = Ref(slot)
        slot = next.index
      }
    }
    flush(&tally)
    if indication.lists.contains(where: { $0.tag != .none }) {
      store.indications.update(index) { $0.hasTags = 1 }
    }
    return index
  }

  /// A list as indicated; `place` is its target. Every field of the record is written, since a reused slot
  /// keeps the fields of its previous list.
  @inline(__always)
  private func write(
    list slot: Index<NetBufferListRecord>, _ list: IndicatedList, _ group: ReceiveGroup,
    _ position: UInt32, hasMemory: Bool, _ place: (inout NetBufferListRecord) -> Void
  ) {
    let store = store
    store.lists.update(slot) {
      let generation = $0.generation &+ 1
      $0 = NetBufferListRecord()
      $0.generation = generation
      place(&$0)
      $0.targetKind = group.target.kind
      $0.target = group.target.record
      $0.targetGeneration = group.target.generation
      $0.position = UInt16(truncatingIfNeeded: position)
      $0.queueID = list.queueID
      $0.tag = list.tag.rawValue
      $0.context = list.context
      $0.dataLength = list.dataLengths[0]
      // Without the flag the information is ignored.
      guard hasMemory else { return }
      $0.segmentCount = list.segmentCount
      for at in 0..<min(4, Int(list.segmentCount)) {
        let segment = list.segments[at]
        let block = Index<BlockRecord>(segment.sharedMemoryHandle.index)
        $0.segments[at] = SegmentRecord(
          block: Ref(block), generation: store.blocks[block, \.generation],
          offset: segment.offset, length: segment.length)
      }
    }
  }

  private mutating func callReceivers(
    _ plan: ReceivePlan, _ index: Index<IndicationRecord>, parent: UInt64
  ) {
    for number in 0..<plan.receiverCount {
      let binding = plan.receivers[Int(number)].index
      let handle = bindingHandle(binding)
      let session = store.drivers[store.bindings[binding, \.driver].index, \.session].index
      plan.forEachRun(of: number) { start, end in
        let new = NewUpcall(
          type: .receiveNetBufferLists, object: handle, parent: parent,
          subject: Ref(any: index), argument: start << 16 | (end &- start))
        // The table has space: the plan has counted these calls.
        _ = send(new, session: session)
      }
    }
  }

  /// Returns lists without a receiver.
  private mutating func returnUnreceived(
    _ plan: ReceivePlan, _ indication: Indication, adapter: Index<AdapterRecord>
  ) {
    var chain = ReturnChain()
    let lists = indication.lists.span
    plan.forEachGroup { group in
      guard group.receivers == 0 else { return }
      for position in group.start..<group.end {
        guard let slot = slabs.lists.next else { return }
        slabs.lists.take(slot)
        write(list: slot, lists[Int(position)], group, position, hasMemory: false) { _ in }
        append(list: slot, to: &chain)
      }
    }
    returnToMiniport(&chain, adapter: adapter)
  }
}

extension Indication {
  fileprivate var hasMemory: Bool {
    ReceiveFlags(rawValue: flags).contains(.sharedMemoryInfoValid)
  }
}
