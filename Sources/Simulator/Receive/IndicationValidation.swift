// Validates an indication: the adapter's state, the flags, each list's queue, each NET_BUFFER's shared
// memory. One pass over the lists; lookups are cached from one list to the next.

import NDISDriverInterface
import NDIS
import NDISStore

extension Simulator {
  /// The block found for a segment, and its target.
  private struct KnownBlock {
    var handle = Handle.null
    var index: Index<BlockRecord> = 0
    var length: UInt32 = 0
    var extents: UInt32 = 0
    var usage: UInt8 = 0
  }

  /// Validates an indication and plans which receivers get which lists. RESOURCES is a shortage, NOT_ACCEPTED
  /// a race with FREE_QUEUE, any other failure a violation.
  func planReceive(
    _ call: Call, _ adapter: Index<AdapterRecord>, _ indication: Indication
  ) throws(Failure) -> ReceivePlan {
    let state = store.adapters[adapter, \.state]
    guard state.after(.receive) != nil else {
      throw Failure(.failure, .wrongState, adapterHandle(adapter).rawValue)
    }
    let flags = try ReceiveFlags(checking: indication.flags)
    try checkIRQL(flags.contains(.dispatchLevel), indication.flags, call.irql)
    let count = indication.lists.count
    guard count >= 1, count <= Int(NDIS.Limits.maximumLists) else {
      throw Failure(
        .invalidParameter, .netBufferListCount, UInt64(count), UInt64(NDIS.Limits.maximumLists))
    }
    var plan = ReceivePlan()
    try group(&plan, adapter, indication.lists, flags)
    if plan.isAlone || flags.contains(.singleQueue) {
      try checkSingleQueue(plan, indication.flags)
    }
    guard plan.parts <= NDIS.Limits.maximumParts else {
      throw Failure(
        .resources, .tooManyParts, UInt64(plan.parts), UInt64(NDIS.Limits.maximumParts))
    }
    try checkRoom(plan, adapter, UInt32(clamping: count))
    return plan
  }

  /// A flag for DISPATCH_LEVEL must match the IRQL; without it any permitted level is valid.
  func checkIRQL(_ saysDispatch: Bool, _ flags: UInt32, _ irql: IRQL) throws(Failure) {
    guard !saysDispatch || irql == .dispatch else {
      throw Failure(.invalidParameter, .irqlFlag, UInt64(flags), UInt64(irql.rawValue))
    }
  }

  /// Groups the lists by target, and validates each.
  private func group(
    _ plan: inout ReceivePlan, _ adapter: Index<AdapterRecord>, _ lists: [IndicatedList],
    _ flags: ReceiveFlags
  ) throws(Failure) {
    let driver = store.adapters[adapter, \.driver].index
    let isSplitting = store.drivers[driver, \.version] < .vports
    let hasSwitch = store.capabilities[adapter, \.hasSwitch] != 0
    let hasMemory = flags.contains(.sharedMemoryInfoValid)
    var target = ReceiveTarget()
    var known = KnownBlock()
    let lists = lists.span
    for position in lists.indices {
      guard lists[position].filterID == 0 else {
        throw Failure(.invalidParameter, .reservedNotZero, UInt64(lists[position].filterID))
      }
      let place = UInt32(truncatingIfNeeded: position)
      if plan.first == nil || lists[position].queueID != target.id {
        target = try self.target(
          adapter, lists[position].queueID, hasSwitch: hasSwitch, isSplitting: isSplitting, &plan)
        let receivers = try receivers(of: target, adapter, &plan)
        plan.append(
          ReceiveGroup(target: target, start: place, end: place &+ 1, receivers: receivers))
        known = KnownBlock()
      } else {
        plan.extend(to: place)
      }
      let buffers = lists[position].bufferCount
      guard RequestCheck.oneNetBuffer.passes(buffers == 1) else {
        throw Failure(.invalidParameter, .netBuffersOfList, UInt64(buffers))
      }
      guard RequestCheck.sharedMemoryInfo.passes(hasMemory || target.kind != .queue) else {
        throw Failure(
          .invalidParameter, .sharedMemoryInfo, UInt64(target.id), UInt64(flags.rawValue))
      }
      if hasMemory { try checkMemory(lists[position], target, adapter, driver, &known, &plan) }
    }
  }

  // MARK: Queues

  /// The target of a list's QueueId, or of its VPortId on an adapter with a NIC switch. An unknown id is
  /// treated as a queue in state Undefined, where receiving is not a legal event.
  private func target(
    _ adapter: Index<AdapterRecord>, _ id: UInt16, hasSwitch: Bool, isSplitting: Bool,
    _ plan: inout ReceivePlan
  ) throws(Failure) -> ReceiveTarget {
    var target = ReceiveTarget()
    target.id = id
    guard id != 0 else { return target }
    if hasSwitch {
      guard let index = vport(adapter: adapter, id: UInt32(id)),
        vportState(index) == .activated,
        store.vports[index, \.parameters].attachedFunctionID == FunctionID.physical.rawValue
      else { throw Failure(.invalidParameter, .vportUnknown, UInt64(id)) }
      try checkFilters(vport: index, adapter, &plan)
      target.kind = .vport
      target.record = Ref(any: index)
      target.generation = store.vports[index, \.generation]
      return target
    }
    guard let index = queue(adapter: adapter, id: UInt32(id)) else {
      throw Failure(.failure, .queueState, UInt64(id))
    }
    let state = queueState(index)
    target.event =
      isBeingFiltered(adapter, queueID: UInt32(id), vportID: 0) ? .receiveDuringSetFilter : .receive
    guard state.after(target.event) != nil else {
      let crossesFreeQueue =
        state == .stopDMA && store.queues[index, \.dmaStopped] == 0 && hasJustBeenAsked(adapter)
      throw Failure(crossesFreeQueue ? .notAccepted : .failure, .queueState, UInt64(id))
    }
    if state == .paused { plan.early = Ref(index) }
    target.kind = .queue
    target.record = Ref(any: index)
    target.generation = store.queues[index, \.generation]
    let flags = ReceiveQueueFlags(rawValue: store.queues[index, \.parameters].flags)
    target.isAlone = flags.contains(.perQueueReceiveIndication)
    if isSplitting, flags.contains(.lookaheadSplitRequired) {
      target.lookahead = store.queues[index, \.parameters].lookaheadSize
    }
    return target
  }

  /// Whether the miniport may not have received an OID request yet: its handler has not returned.
  private func hasJustBeenAsked(_ adapter: Index<AdapterRecord>) -> Bool {
    guard let oid = store.adapters[adapter, \.firstOID].optional else { return false }
    return store.oids[oid, \.state] == .sent
  }

  /// A queue with per-queue indication requires the flag, and the flag requires lists of one queue.
  private func checkSingleQueue(_ plan: ReceivePlan, _ flags: UInt32) throws(Failure) {
    let single = ReceiveFlags.singleQueue.rawValue
    guard flags & single != 0 else {
      throw Failure(.invalidParameter, .receiveFlags, UInt64(flags), UInt64(single))
    }
    if let first = plan.first, let other = plan.more.first {
      throw Failure(
        .invalidParameter, .queuesMixed, UInt64(first.target.id), UInt64(other.target.id))
    }
  }

  // MARK: Shared memory

  /// The NET_BUFFER of a list must lie in live memory of its queue: in one segment, with lookahead split in two.
  private func checkMemory(
    _ list: borrowing IndicatedList, _ target: ReceiveTarget, _ adapter: Index<AdapterRecord>,
    _ driver: Index<DriverRecord>,
    _ known: inout KnownBlock, _ plan: inout ReceivePlan
  ) throws(Failure) {
    let wanted: UInt8 = target.lookahead != 0 ? 2 : 1
    let segments = list.bufferSegments[0]
    guard segments == wanted, segments == list.segmentCount else {
      // A second segment is required with lookahead split, and only then.
      if wanted == 2, segments == 1 {
        throw Failure(.invalidParameter, .lookaheadSplit, 2, UInt64(target.lookahead))
      }
      throw Failure(.invalidParameter, .sharedMemoryChain, UInt64(segments), UInt64(wanted))
    }
    let frame = list.dataLengths[0]
    var room: UInt64 = 0
    var left = frame
    for number in 0..<Int(segments) {
      let segment = list.segments[number]
      if segment.sharedMemoryHandle != known.handle || known.handle == .null {
        known = try self.block(segment.sharedMemoryHandle, target, adapter, driver)
      }
      try segment.check(inside: known.length)
      if target.lookahead != 0 {
        let usage: SharedMemoryUsage = number == 0 ? .receiveLookahead : .receivePostLookahead
        // A frame may be shorter than the lookahead.
        guard known.usage == usage.rawValue,
          number != 0 || segment.length >= min(target.lookahead, frame)
        else {
          throw Failure(
            .invalidParameter, .lookaheadSplit, UInt64(number) + 1, UInt64(target.lookahead))
        }
      }
      room += UInt64(segment.length)
      let length = min(left, segment.length)
      left &-= length
      plan.parts &+=
        known.extents == 1
        ? 1 : parts(block: known.index, offset: segment.offset, length: length)
    }
    guard UInt64(frame) <= room else {
      throw Failure(.invalidParameter, .dataLength, UInt64(frame), room)
    }
  }

  /// The block of a SharedMemoryHandle: live, owned by the adapter or its driver, and allocated for the
  /// target. Memory of the HAL has a NULL handle there, which names no block: it is named by its
  /// AllocationHandle, on the default queue only (A78).
  private func block(
    _ handle: Handle, _ target: ReceiveTarget, _ adapter: Index<AdapterRecord>,
    _ driver: Index<DriverRecord>
  ) throws(Failure) -> KnownBlock {
    let unknown = Failure(
      .invalidParameter, .sharedMemoryUnknown, handle.rawValue, UInt64(target.id))
    let index = Index<BlockRecord>(handle.index)
    guard let kind = handle.kind, kind == .sharedMemory || kind == .allocation,
      store.blocks.contains(index)
    else { throw unknown }
    let block = store.blocks[index]
    guard block.state == .live, self.handle(kind, block.generation, index) == handle else {
      throw unknown
    }
    let isOfHAL = store.registrations[block.registration.index, \.level] == .hal
    guard isOfHAL == (kind == .allocation), !isOfHAL || target.kind == .defaultQueue else {
      throw unknown
    }
    guard block.ownerIndex == .adapter(adapter) || block.ownerIndex == .driver(driver) else {
      throw unknown
    }
    // A33: NDIS_INVALID_VPORT_ID also means "no VPort".
    let vport = block.vportID == VPortID.invalid ? 0 : block.vportID
    let isVPort = target.kind == .vport
    guard block.queueID == (isVPort ? 0 : UInt32(target.id)),
      vport == (isVPort ? UInt32(target.id) : 0)
    else { throw unknown }
    return KnownBlock(
      handle: handle, index: index, length: block.length, extents: block.extents,
      usage: block.usage)
  }

  /// The number of contiguous parts of the section that make up a part of a block.
  private func parts(block: Index<BlockRecord>, offset: UInt32, length: UInt32) -> UInt32 {
    var count: UInt32 = 0
    forEachPart(block: block, offset: offset, length: length) { _, _ in count &+= 1 }
    return count
  }

  // MARK: Capacity

  /// Fails if the tables or the adapter's limit cannot hold the whole indication.
  private func checkRoom(
    _ plan: ReceivePlan, _ adapter: Index<AdapterRecord>, _ count: UInt32
  ) throws(Failure) {
    let out =
      UInt64(store.adapters[adapter, \.indicated]) + UInt64(store.adapters[adapter, \.returning])
      + UInt64(count)
    let limit = min(settings.maximumIndicated, NDIS.Limits.maximumReturned)
    guard out <= UInt64(limit) else {
      throw Failure(.resources, .tooManyIndicated, out, UInt64(limit))
    }
    guard slabs.lists.available >= count else {
      throw slabs.lists.full()
    }
    guard !slabs.indications.isFull else {
      throw slabs.indications.full()
    }
    guard slabs.upcalls.available >= plan.calls else {
      throw slabs.upcalls.full()
    }
  }
}
