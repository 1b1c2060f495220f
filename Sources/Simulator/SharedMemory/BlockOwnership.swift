// Ownership of a block: the driver, adapter or binding that allocated it, the queue or VPort it is for, and
// the provider of its memory. Blocks of an object end with it.

import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  // MARK: Owners

  /// The handle of an owner; also the DMA domain of its memory.
  func handle(owner: OwnerIndex) -> Handle {
    switch owner {
    case .driver(let index): driverHandle(index)
    case .adapter(let index): adapterHandle(index)
    case .binding(let index): bindingHandle(index)
    }
  }

  func driver(owner: OwnerIndex) -> Index<DriverRecord> {
    switch owner {
    case .driver(let index): index
    case .adapter(let index): store.adapters[index, \.driver].index
    case .binding(let index): store.bindings[index, \.driver].index
    }
  }

  /// The session whose quotas an owner's blocks count against.
  func session(owner: OwnerIndex) -> Index<SessionRecord>? {
    store.drivers[driver(owner: owner), \.session].optional
  }

  func party(owner: OwnerIndex) -> Party {
    switch owner {
    case .driver(let index): party(driver: index)
    case .adapter(let index): party(adapter: index)
    case .binding(let index): party(binding: index)
    }
  }

  func firstBlock(owner: OwnerIndex) -> Ref<BlockRecord> {
    switch owner {
    case .driver(let index): store.blocksOfDriver.first(of: index)
    case .adapter(let index): store.blocksOfAdapter.first(of: index)
    case .binding(let index): store.blocksOfBinding.first(of: index)
    }
  }

  func link(block index: Index<BlockRecord>, owner: OwnerIndex) {
    switch owner {
    case .driver(let driver):
      store.blocksOfDriver.insert(index, in: driver) { $0.ownerIndex = owner }
    case .adapter(let adapter):
      store.blocksOfAdapter.insert(index, in: adapter) { $0.ownerIndex = owner }
    case .binding(let binding):
      store.blocksOfBinding.insert(index, in: binding) { $0.ownerIndex = owner }
    }
  }

  mutating func unlinkFromOwner(block index: Index<BlockRecord>) {
    guard let owner = store.blocks[index].ownerIndex else { return }
    switch owner {
    case .driver(let driver): store.blocksOfDriver.remove(index, from: driver)
    case .adapter(let adapter): store.blocksOfAdapter.remove(index, from: adapter)
    case .binding(let binding): store.blocksOfBinding.remove(index, from: binding)
    }
    if !store.blocks[index, \.place].isNone { unlinkFromPlace(block: index) }
    store.blocks.update(index) { $0.ownerIndex = nil }
  }

  // MARK: Providers

  func link(block index: Index<BlockRecord>, provider: Index<RegistrationRecord>) {
    store.blocksOfProvider.insert(index, in: provider) { $0.registration = Ref(provider) }
    let length = UInt64(store.blocks[index, \.length])
    store.registrations.update(provider) {
      $0.blockCount &+= 1
      $0.bytes &+= length
    }
  }

  func unlinkFromProvider(block index: Index<BlockRecord>) {
    let provider = store.blocks[index, \.registration].index
    let length = UInt64(store.blocks[index, \.length])
    store.blocksOfProvider.remove(index, from: provider)
    store.registrations.update(provider) {
      $0.blockCount &-= 1
      $0.bytes &-= length
    }
  }

  // MARK: Blocks of a queue or VPort

  /// Counts a new block; the default queue's are not counted.
  func link(block index: Index<BlockRecord>, to place: MemoryTarget) {
    switch place {
    case .defaultQueue: break
    case .queue(let queue):
      store.blocksOfQueue.insert(index, in: queue) { $0.queue = Ref(queue) }
      countBlock(queue: queue)
    case .vport(let vport):
      store.blocksOfVPort.insert(index, in: vport) { $0.vport = Ref(vport) }
      countBlock(vport: vport)
    }
  }

  /// A block has left its owner: its queue or VPort has one less.
  mutating func unlinkFromPlace(block index: Index<BlockRecord>) {
    let block = store.blocks[index]
    guard !block.place.isNone else { return }
    let isQueue = block.queueID != 0
    if isQueue {
      store.blocksOfQueue.remove(index, from: block.queue.index)
    } else {
      store.blocksOfVPort.remove(index, from: block.vport.index)
    }
    store.blocks.update(index) {
      $0.place = .none
      $0.placePrevious = .none
      $0.placeNext = .none
    }
    if isQueue {
      uncountBlock(queue: block.queue.index)
    } else {
      uncountBlock(vport: block.vport.index)
    }
  }

  // MARK: Handles

  /// The live block that an AllocationHandle names, and its owner, if that is of this session.
  @inline(__always)
  func liveBlock(
    _ allocation: Handle, session: Index<SessionRecord>
  ) throws(Failure) -> (block: Index<BlockRecord>, owner: OwnerIndex) {
    guard allocation != .null else { throw Failure(.failure, .nullHandle) }
    guard allocation.kind == .allocation else {
      throw Failure(.failure, .wrongKindOfHandle, allocation.rawValue)
    }
    let index = Index<BlockRecord>(allocation.index)
    guard store.blocks.contains(index) else {
      throw Failure(.failure, .staleHandle, allocation.rawValue)
    }
    let block = store.blocks[index]
    let live = handle(.allocation, block.generation, index)
    guard live == allocation, block.state == .live,
      let object = block.ownerIndex
    else {
      // A past generation of this slot once named a block; any other number never did.
      let salt = UInt32(truncatingIfNeeded: store.globals[0].generationSalt)
      let was = allocation.generation > salt && allocation.generation <= salt &+ block.generation
      throw Failure(.failure, was ? .doubleFree : .staleHandle, allocation.rawValue)
    }
    guard self.session(owner: object) == session else {
      throw Failure(.failure, .foreignHandle, allocation.rawValue)
    }
    return (index, object)
  }

  // MARK: Routines

  /// Whether NdisMAllocateSharedMemory or NdisMAllocateSharedMemoryAsyncEx allocated a block.
  @inline(__always)
  func isOfMiniport(block index: Index<BlockRecord>) -> Bool {
    store.blocks[index, \.flags] & BlockRecord.ofMiniport != 0
  }

  /// Whether it was NdisMAllocateSharedMemoryAsyncEx.
  @inline(__always)
  func isAsynchronous(block index: Index<BlockRecord>) -> Bool {
    store.blocks[index, \.flags] & BlockRecord.asynchronous != 0
  }

  // MARK: Received lists

  /// Sets how many indicated lists refer to a block.
  func set(indicated count: UInt32, block index: Index<BlockRecord>) {
    store.blocks.update(index) { $0.indicated = count }
  }
}
