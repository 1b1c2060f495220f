// Snapshots of blocks, and queries for them. The host resolves a query once, from names to handles, so that
// matching a block compares a few numbers.

public import NDIS
import NDISStore

/// A block.
public struct BlockSnapshot: Sendable, Equatable {
  public enum State: String, Sendable { case pending, live, freeing, abandoned }
  /// Who allocated it, by its documented name.
  public enum Routine: String, Sendable {
    case ndisAllocate = "NdisAllocateSharedMemory"
    case miniport = "NdisMAllocateSharedMemory"
    case miniportAsync = "NdisMAllocateSharedMemoryAsyncEx"
  }
  public var index: UInt32
  public var handle: Handle
  /// Nil for HAL memory.
  public var sharedMemoryHandle: Handle?
  public var state: State
  public var routine: Routine
  /// Nil once it has ended or freed the block.
  public var owner: Handle?
  public var driver: Handle?
  public var driverName: Name?
  public var adapter: Handle?
  public var adapterName: Name?
  public var session: UInt32?
  public var provider: Handle
  public var providerName: Name
  public var section: Handle?
  public var length: UInt32
  public var extentCount: UInt32
  /// Of the first extent; nil until the provider has answered.
  public var offset: UInt64?
  public var contiguous: Bool
  public var queueID: UInt32
  /// Nil for a structure of revision 1, which has no VPortId.
  public var vportID: UInt32?
  /// Nil for MM_ANY_NODE_OK.
  public var node: UInt32?
  public var usage: SharedMemoryUsage
  public var tag: UInt32
  public var site: Site
  /// Milliseconds on the clock handed in with turns.
  public var createdAt: UInt64
  /// Indicated lists that refer to it.
  public var indicated: UInt32
}

/// A block matches if it matches every field that is not nil. An empty set matches no block.
public struct BlockQuery: Sendable, Equatable {
  /// Drivers, adapters or bindings.
  public var owners: Set<Handle>?
  public var providers: Set<Handle>?
  public var section: Handle?
  public var session: UInt32?
  public var queueID: UInt32?
  public var usage: SharedMemoryUsage?
  public var tag: UInt32?
  public var site: Site?
  /// Those created at that time or earlier.
  public var createdBefore: UInt64?
  public var minimumLength: UInt32?
  public init() {}
}

extension Simulator {
  /// The block at a used index.
  public func blockSnapshot(_ index: UInt32) -> BlockSnapshot {
    let index = Index<BlockRecord>(index)
    let record = store.blocks[index]
    let state: BlockSnapshot.State =
      switch record.state {
      case .pending: .pending
      case .live: .live
      case .freeing: .freeing
      case .abandoned, .free: .abandoned
      }
    let level = store.registrations[record.registration.index, \.level]
    var snapshot = BlockSnapshot(
      index: index.raw, handle: handle(.allocation, record.generation, index),
      sharedMemoryHandle: level == .hal
        ? nil : handle(.sharedMemory, record.generation, index), state: state,
      routine: isAsynchronous(block: index)
        ? .miniportAsync : isOfMiniport(block: index) ? .miniport : .ndisAllocate,
      owner: nil, driver: nil, driverName: nil, adapter: nil, adapterName: nil, session: nil,
      provider: registrationHandle(record.registration.index),
      providerName: store.registrations[record.registration.index, \.name],
      section: record.section.optional.map { sectionHandle($0) }, length: record.length,
      extentCount: record.extents, offset: nil, contiguous: record.flags & 1 != 0,
      queueID: record.queueID, vportID: record.flags >> 4 >= 2 ? record.vportID : nil,
      node: record.node == 0x8000_0000 ? nil : record.node,
      usage: SharedMemoryUsage(rawValue: record.usage) ?? .undefined, tag: record.tag,
      site: record.site.optional.map { store.sites[$0, \.site] } ?? Site(),
      createdAt: record.createdAt,
      indicated: record.indicated)
    if let section = record.section.optional {
      snapshot.offset = UInt64(record.firstPage) << store.sections[section, \.pageShift]
    }
    guard let owner = record.ownerIndex else { return snapshot }
    let driver = driver(owner: owner)
    snapshot.owner = handle(owner: owner)
    snapshot.driver = driverHandle(driver)
    snapshot.driverName = store.drivers[driver, \.name]
    snapshot.session = number(of: store.drivers[driver, \.session])
    let adapter: Index<AdapterRecord>? =
      switch owner {
      case .driver: nil
      case .adapter(let index): index
      case .binding(let index): store.bindings[index, \.adapter].optional
      }
    if let adapter {
      snapshot.adapter = adapterHandle(adapter)
      snapshot.adapterName = store.adapters[adapter, \.name]
    }
    return snapshot
  }

  /// Whether the block at a used index matches a query. The cheapest comparisons come first.
  public func matches(_ index: UInt32, _ query: BlockQuery) -> Bool {
    let index = Index<BlockRecord>(index)
    if let length = query.minimumLength, store.blocks[index, \.length] < length { return false }
    if let createdAt = query.createdBefore, store.blocks[index, \.createdAt] > createdAt {
      return false
    }
    if let queue = query.queueID, store.blocks[index, \.queueID] != queue { return false }
    if let usage = query.usage, store.blocks[index, \.usage] != usage.rawValue { return false }
    if let tag = query.tag, store.blocks[index, \.tag] != tag { return false }
    if let section = query.section {
      guard let own = store.blocks[index, \.section].optional, sectionHandle(own) == section else {
        return false
      }
    }
    if let site = query.site {
      let own = store.blocks[index, \.site].optional.map { store.sites[$0, \.site] } ?? Site()
      guard own == site else { return false }
    }
    if let providers = query.providers {
      let registration = store.blocks[index, \.registration].index
      guard providers.contains(registrationHandle(registration)) else { return false }
    }
    return query.owners == nil && query.session == nil || matchesOwner(index, query)
  }

  private func matchesOwner(_ index: Index<BlockRecord>, _ query: BlockQuery) -> Bool {
    guard let owner = store.blocks[index].ownerIndex else { return false }
    if let owners = query.owners, !owners.contains(handle(owner: owner)) { return false }
    guard let session = query.session else { return true }
    return self.session(owner: owner).map { store.clients[$0, \.number] } == session
  }

  /// QueueId and VPortId of the block at a used index; 0 for a structure without a VPortId.
  public func blockPlace(_ index: UInt32) -> (queueID: UInt32, vportID: UInt32) {
    (
      store.blocks[Index(index), \.queueID],
      store.blocks[Index(index), \.flags] >> 4 >= 2 ? store.blocks[Index(index), \.vportID] : 0
    )
  }

  /// The owner of the block at a used index; nil when it has ended or freed the block.
  public func blockOwner(_ index: UInt32) -> Handle? {
    store.blocks[Index(index)].ownerIndex.map { handle(owner: $0) }
  }

  /// The extents of the block at a used index, in order; each costs one unit of the budget.
  public func blockExtents(_ index: UInt32, budget: inout Int) -> [Extent] {
    let index = Index<BlockRecord>(index)
    var extents: [Extent] = []
    forEachExtent(of: handle(.allocation, store.blocks[index, \.generation], index)) {
      extents.append($0)
    }
    budget -= extents.count
    return extents
  }
}
