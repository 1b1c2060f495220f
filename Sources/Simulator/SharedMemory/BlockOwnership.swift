// Whom a block belongs to: the driver, adapter or binding that allocated it, and the provider that has its
// memory. Blocks of an object end with it.

import NDISEvents
import NDIS

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
}
