// The records of blocks of shared memory: their owners, extents and call sites.

import NDIS
import NDISStore

enum BlockState: UInt8, StoredEnum {
  case free = 0, pending, live, freeing, abandoned
  static let fallback = abandoned
}

enum OwnerKind: UInt8, StoredEnum {
  case none = 0, driver, adapter, binding
  /// A block with an invalid owner kind reads as having no owner; validation rejects one that must have an
  /// owner.
  static let fallback = none
}

/// An object that can own blocks.
enum OwnerIndex: Hashable {
  case driver(Index<DriverRecord>)
  case adapter(Index<AdapterRecord>)
  case binding(Index<BindingRecord>)
}

/// One block of shared memory, from the moment its provider is called.
struct BlockRecord: NamedRecord {
  static let kind = RecordKind.block
  var isFree: Bool { state == .free }

  var generation: UInt32 = 0
  @Raw var state = BlockState.free
  @Raw var ownerKind = OwnerKind.none
  var usage: UInt8 = 0
  /// Contiguous, then `isOfMiniport`, `isAsynchronous`, `isCached`; the revision of the parameters in the high half.
  var flags: UInt8 = 0
  var owner = Ref<AnyRecord>.none
  var ownerPrevious = Ref<BlockRecord>.none
  var ownerNext = Ref<BlockRecord>.none
  var registration = Ref<RegistrationRecord>.none
  var providerPrevious = Ref<BlockRecord>.none
  var providerNext = Ref<BlockRecord>.none
  var section = Ref<SectionRecord>.none
  var firstPage: UInt32 = 0
  var pages: UInt32 = 0
  var extents: UInt32 = 0
  var moreExtents = Ref<ExtentRecord>.none
  var length: UInt32 = 0
  var queueID: UInt32 = 0
  var vportID: UInt32 = 0
  var node: UInt32 = 0
  var sgListBufferLength: UInt32 = 0
  var tag: UInt32 = 0
  var site = Ref<SiteRecord>.none
  var createdAt: UInt64 = 0
  var providerContext: UInt64 = 0
  /// Indicated lists that refer to it.
  var indicated: UInt32 = 0
  /// The queue or VPort it was allocated for, and its neighbours in that one's list.
  var place = Ref<AnyRecord>.none
  var placePrevious = Ref<BlockRecord>.none
  var placeNext = Ref<BlockRecord>.none

  /// The object that owns it; nil when it has no owner any more.
  var ownerIndex: OwnerIndex? {
    @inline(__always) get {
      switch ownerKind {
      case .driver: .driver(owner.of().index)
      case .adapter: .adapter(owner.of().index)
      case .binding: .binding(owner.of().index)
      case .none: nil
      }
    }
    @inline(__always) set {
      switch newValue {
      case .driver(let index):
        (ownerKind, owner) = (.driver, Ref(any: Ref(index)))
      case .adapter(let index):
        (ownerKind, owner) = (.adapter, Ref(any: Ref(index)))
      case .binding(let index):
        (ownerKind, owner) = (.binding, Ref(any: Ref(index)))
      case nil: (ownerKind, owner) = (.none, .none)
      }
    }
  }

  /// Of NdisMAllocateSharedMemory or NdisMAllocateSharedMemoryAsyncEx.
  static let ofMiniport: UInt8 = 2
  /// Of NdisMAllocateSharedMemoryAsyncEx.
  static let asynchronous: UInt8 = 4
  /// Its Cached was TRUE.
  static let cached: UInt8 = 8

  /// The queue of a block that has a QueueId.
  var queue: Ref<QueueRecord> {
    @inline(__always) get { place.of() }
    @inline(__always) set { place = Ref(any: newValue) }
  }
  /// The VPort of a block that has a VPortId.
  var vport: Ref<VPortRecord> {
    @inline(__always) get { place.of() }
    @inline(__always) set { place = Ref(any: newValue) }
  }
}

struct ExtentRecord: NamedRecord {
  static let kind = RecordKind.extent
  var isFree: Bool { used == 0 }

  var firstPage: UInt32 = 0
  var pages: UInt32 = 0
  var next = Ref<ExtentRecord>.none
  var used: UInt32 = 0
}

struct SiteRecord: SlabRecord {
  var isFree: Bool { references == 0 }

  var references: UInt64 = 0
  var site = Site()
}
