// NDIS itself: objects, handles, the dispatcher, provider selection. A turn is one call of `perform`,
// `answer`, `expire`, `step` or a session's beginning and end; it changes the store as one transaction and
// emits actions, which the host carries out. There is no I/O, no clock and no randomness here: time and seed
// are passed in.
//
// All persistent state is in the store. State derived from it (free slots, page maps, name indices, pending
// work) is rebuilt by `init` as a function of the bytes alone, so a simulator can be discarded between two
// turns without loss.

public import NDISStore
import NDIS
import Synchronization

/// The simulator. One owner, one thread.
public struct Simulator: ~Copyable {
  let store: Store
  var settings: Settings
  var slabs: Slabs
  var derived: Derived
  var scheduler: Scheduler
  /// The current turn, or the last one.
  public internal(set) var turn = Turn()
  /// Gives the value a fixed address, so that it is passed by reference. Without it Swift passes a copy of
  /// its 1.5 KB to every nonmutating method: a sixth of all instructions of an allocation.
  private let anchor = Atomic<Bool>(false)
  /// Several turns form one transaction.
  var isInTransaction = false

  /// Size in bytes of a store with these settings.
  public static func storeSize(_ settings: Settings) -> Int { Store.size(settings.capacities) }

  /// Lays out a new store in zeroed memory (`fresh`), or adopts the existing one if `StoreCheck` validates
  /// it.
  public init(
    memory: StoreMemory, settings: Settings, fresh: Bool, observer: StoreObserver? = nil
  ) throws(StoreError) {
    let store = try Store(memory, settings.capacities, fresh: fresh, observer: observer)
    let pageMaps = fresh ? nil : try StoreCheck.pageMaps(of: store)
    if fresh {
      let seed = settings.seed
      store.globals.update(0) {
        $0.seed = seed
        // Generations start at a seed-dependent value, so that a handle kept from another run is recognised
        // as stale; addresses start at a multiple of 1 GiB above 4 GiB.
        $0.generationSalt = 1 + splitMix64(seed) % 0x00FF_FFFF
        $0.physicalNext = (4 + splitMix64(seed &+ 1) % 1024) << 30
      }
      store.undo.commit()
    }
    self.store = store
    self.settings = settings
    slabs = Slabs(store, fresh: fresh)
    derived = Derived(store, slabs, fresh: fresh, pageMaps: pageMaps)
    scheduler = Scheduler(store, slabs, fresh: fresh)
  }

  /// Changes the settings a running simulator can change: quotas apply to new requests, the deadline to new
  /// upcalls.
  public mutating func apply(quotas: Quotas, upcallDeadline: UInt64) {
    settings.quotas = quotas
    settings.upcallDeadline = upcallDeadline
  }

  /// Ends the current turn.
  func commit() {
    guard !isInTransaction else { return }
    store.header.time = turn.now
    store.undo.commit()
  }

  // MARK: Handles

  func handle<Record>(
    _ kind: Handle.Kind, _ generation: UInt32, _ index: Index<Record>
  ) -> Handle {
    let salt = UInt32(truncatingIfNeeded: store.globals[0].generationSalt)
    return Handle(kind: kind, generation: salt &+ generation, index: index.raw)
  }

  func driverHandle(_ index: Index<DriverRecord>) -> Handle {
    let record = store.drivers[index]
    let kind: Handle.Kind =
      switch record.kind {
      case .miniport: .miniportDriver
      case .filter: .filterDriver
      default: .protocolDriver
      }
    return handle(kind, record.generation, index)
  }

  func adapterHandle(_ index: Index<AdapterRecord>) -> Handle {
    handle(.adapter, store.adapters[index, \.generation], index)
  }

  func bindingHandle(_ index: Index<BindingRecord>) -> Handle {
    let record = store.bindings[index]
    let kind: Handle.Kind = record.kind == .module ? .filterModule : .binding
    return handle(kind, record.generation, index)
  }

  func sectionHandle(_ index: Index<SectionRecord>) -> Handle {
    handle(.section, store.sections[index, \.generation], index)
  }

  /// The greatest generation a slot may reach; then the slot is retired.
  var lastGeneration: UInt32 {
    UInt32.max - UInt32(truncatingIfNeeded: store.globals[0].generationSalt)
  }
}

/// SplitMix64's finalizer: spreads a seed over 64 bits.
func splitMix64(_ seed: UInt64) -> UInt64 {
  var z = seed &+ 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
