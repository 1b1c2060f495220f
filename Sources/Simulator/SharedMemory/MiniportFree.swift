// NdisMFreeSharedMemory. Its parameters "must match exactly those that were passed" to the allocation; it is VOID, so
// what does not match is a violation, with NDIS_BUGCHECK_FREE_INVALID_SHARED_MEM, and the block stays.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  mutating func freeMiniport(
    _ call: Call, _ adapter: Handle, _ parameters: MiniportFree
  ) throws(Failure) {
    let block: Index<BlockRecord>
    let shutdown: UInt32?
    do throws(Failure) {
      block = try blockToFree(adapter, parameters, session: call.sessionIndex)
      shutdown = try checkShutdown(call, block, parameters.allocation)
      let indicated = store.blocks[block, \.indicated]
      guard indicated == 0 else {
        throw Failure(
          .failure, .stillIndicated, parameters.allocation.rawValue, UInt64(indicated))
      }
    } catch {
      refuse(call, adapter, parameters, Failure(.failure, error.reason, error.a, error.b))
      return
    }
    guard !slabs.upcalls.isFull || !canBeCalled(store.blocks[block, \.registration].index)
    else { throw slabs.upcalls.full() }
    let request = try open(call, object: parameters.allocation, block: Ref(block))
    if let shutdown {
      // Behind MiniportShutdownEx for a power-off, A43.
      advise(
        Failure(.failure, .freeInShutdown, parameters.allocation.rawValue, UInt64(shutdown)),
        routine: "NdisMFreeSharedMemory", irql: call.irql, handle: parameters.allocation,
        party: party(of: adapter, session: call.sessionIndex), origin: origin(of: block))
    }
    store.globals.update(0) { $0.frees &+= 1 }
    beginFree(block: block, request: Ref(request), parent: call.context)
  }

  private mutating func refuse(
    _ call: Call, _ adapter: Handle, _ parameters: MiniportFree, _ failure: Failure
  ) {
    // The page names an address "that had already been freed"; for the other parameters the code is ours.
    let check =
      failure.reason == .freeInShutdown
      ? nil
      : BugCheck(
        code: BugCheck.ndisDriver, 0x03, adapter.rawValue,
        parameters.physicalAddress & ~UInt64(settings.pageSize &- 1), parameters.virtualAddress,
        isExtension: failure.reason != .doubleFree)
    violate(
      failure, routine: "NdisMFreeSharedMemory", bugCheck: check, irql: call.irql,
      handle: parameters.allocation, party: party(of: adapter, session: call.sessionIndex),
      session: call.sessionIndex, origin: origin(of: parameters.allocation))
    finish(call.sessionIndex, call.requestID, failure, bugCheck: check)
  }

  // MARK: Checks

  private func blockToFree(
    _ handle: Handle, _ parameters: MiniportFree, session: Index<SessionRecord>
  ) throws(Failure) -> Index<BlockRecord> {
    let adapter = try resolveAdapter(handle, session: session)
    let allocation = parameters.allocation
    guard MiniportMemoryCheck.freeAddress.passes(allocation != .null) else {
      throw Failure(.failure, .freeUnknownAddress, parameters.virtualAddress)
    }
    let (index, owner) = try liveBlock(allocation, session: session)
    guard MiniportMemoryCheck.freeRoutine.passes(isOfMiniport(block: index)) else {
      throw Failure(.failure, .otherFreeRoutine, allocation.rawValue, 1)
    }
    guard MiniportMemoryCheck.freeOwner.passes(owner == .adapter(adapter)) else {
      throw Failure(
        .failure, .freeWithOtherHandle, self.handle(owner: owner).rawValue, handle.rawValue)
    }
    try check(parameters, store.blocks[index])
    return index
  }

  /// Address, length and kind are those of the allocation.
  private func check(
    _ parameters: MiniportFree, _ block: BlockRecord
  ) throws(Failure) {
    guard MiniportMemoryCheck.freeSubrange.passes(parameters.offset == 0) else {
      throw Failure(
        .failure, .freeSubrange, parameters.offset, parameters.allocation.rawValue)
    }
    guard MiniportMemoryCheck.freeLength.passes(parameters.length == block.length) else {
      throw Failure(.failure, .freeLength, UInt64(parameters.length), UInt64(block.length))
    }
    let isCached = block.flags & BlockRecord.cached != 0
    guard MiniportMemoryCheck.freeCached.passes(parameters.isCached == isCached) else {
      throw Failure(.failure, .freeCached, isCached ? 0 : 1, isCached ? 1 : 0)
    }
    let section = store.sections[block.section.index]
    let address = section.physicalBase &+ UInt64(block.firstPage) << section.pageShift
    let isSame = parameters.physicalAddress == address
    guard MiniportMemoryCheck.freePhysicalAddress.passes(isSame) else {
      throw Failure(.failure, .freePhysicalAddress, parameters.physicalAddress, address)
    }
  }

  /// "cannot be called from a MiniportShutdownEx function", and because of a bug check not behind it either (A43). The
  /// action of a shutdown that has ended and allows a free; nil if there was none.
  private func checkShutdown(
    _ call: Call, _ block: Index<BlockRecord>, _ allocation: Handle
  ) throws(Failure) -> UInt32? {
    guard let action = shutdownAction(call, block) else { return nil }
    var isInHandler = chain(of: call.context, { $0.type == .shutdownEx }) != nil
    if case .adapter(let adapter) = store.blocks.read(block, { $0.ownerIndex }) {
      isInHandler = isInHandler || store.adapters[adapter, \.upcallOpen] == .shutdownEx
    }
    let mayFree = !isInHandler && action == ShutdownAction.powerOff.rawValue
    guard MiniportMemoryCheck.freeInShutdown.passes(mayFree) else {
      throw Failure(.failure, .freeInShutdown, allocation.rawValue, UInt64(action))
    }
    return action
  }
}
