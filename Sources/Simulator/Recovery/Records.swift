// The records of the store. Each is plain bytes of a size that is a multiple of eight; a free record has
// `state` zero and keeps its generation. Lists are intrusive: a `Ref` to the first member in the owner,
// `previous` and `next` in the members.

import NDIS

/// State that belongs to no object.
struct GlobalsRecord: StoreRecord {
  var seed: UInt64 = 0
  var generationSalt: UInt64 = 0
  var physicalNext: UInt64 = 0
  var upcallSerial: UInt64 = 0
  var registrationOrder: UInt64 = 0
  var allocations: UInt64 = 0
  var frees: UInt64 = 0
  var failedAllocations: UInt64 = 0
  var violations: UInt64 = 0
  var leakedBlocks: UInt64 = 0
  var blocks: UInt64 = 0
  var bytes: UInt64 = 0
  /// Handlers that have answered PENDING.
  var pended: UInt64 = 0
}

enum SessionState: UInt8 { case free = 0, open, resetting, ended }

struct SessionRecord: StoreRecord {
  var generation: UInt32 = 0
  var state: UInt8 = 0
  /// A hosted miniport's: its adapters may be bound to by every user.
  var isHosted: UInt8 = 0
  var padding: (UInt8, UInt8) = (0, 0)
  var pid: Int32 = 0
  var uid: UInt32 = 0
  var name = Name()
  var nextRequestID: UInt64 = 1
  var drivers = Ref<DriverRecord>.none
  var upcalls = Ref<UpcallRecord>.none
  var requests = Ref<RequestRecord>.none
  var resetRequest = Ref<RequestRecord>.none
  var blocks: UInt32 = 0
  var sections: UInt32 = 0
  /// Drivers, adapters, bindings and modules.
  var objects: UInt32 = 0
  /// OID requests of its bindings.
  var oids: UInt32 = 0
  var bytes: UInt64 = 0
  var violations: UInt64 = 0
  var leaked: UInt64 = 0
  /// With which its client comes back after a restart; 0: it ends with its connection.
  var token: UInt64 = 0
  /// The inode of its connection's socket, by which that is found again; 0: it is not kept.
  var socket: UInt64 = 0
}

enum DriverState: UInt8 { case free = 0, registering, registered, ending }
/// Which handler a cookie of a driver is; by the kind of driver.
enum HandlerSlot {
  static let setOptions = 0
  // Miniport.
  static let initialize = 1
  static let halt = 2
  static let pause = 3
  static let restart = 4
  static let shutdown = 5
  static let oidRequest = 6
  static let cancelOIDRequest = 7
  static let returnLists = 8
  static let pnpEvent = 9
  // Protocol.
  static let bind = 1
  static let unbind = 2
  static let oidRequestComplete = 3
  static let status = 4
  static let receive = 5
  static let netPnPEvent = 6
}

enum DriverKind: UInt8 { case miniport = 1, `protocol`, filter }

struct DriverRecord: StoreRecord {
  var generation: UInt32 = 0
  var state: UInt8 = 0
  var kind: UInt8 = 0
  var version = NDISVersion(0, 0)
  var session = Ref<SessionRecord>.none
  var previous = Ref<DriverRecord>.none
  var next = Ref<DriverRecord>.none
  var children = Ref<AnyRecord>.none
  var registration = Ref<RegistrationRecord>.none
  var blocks = Ref<BlockRecord>.none
  var request = Ref<RequestRecord>.none
  var upcallOpen: UInt32 = 0
  var name = Name()
  var context: UInt64 = 0
  /// Cookies, by `HandlerSlot`.
  var handlers = InlineArray<10, UInt64>(repeating: 0)

  /// The children of a miniport driver.
  var adapters: Ref<AdapterRecord> {
    @inline(__always) get { children.of() }
    @inline(__always) set { children = Ref(any: newValue) }
  }
  /// The children of a protocol or filter driver.
  var bindings: Ref<BindingRecord> {
    @inline(__always) get { children.of() }
    @inline(__always) set { children = Ref(any: newValue) }
  }
}

/// Whether an adapter is there. `live`: it is on its way to Running, or to where CHANGE_ADAPTER wants it. `ending`: it
/// is on its way to its end.
enum Lifecycle: UInt8 { case free = 0, live, ending }

struct AdapterRecord: StoreRecord {
  var generation: UInt32 = 0
  /// Lifecycle; `begin` and `end` change it.
  private(set) var storedLife: UInt8 = 0
  /// AdapterState. Only `take` changes it.
  private(set) var state: UInt8 = 0
  var attributesSet: UInt8 = 0
  var dmaRegistered: UInt8 = 0
  var driver = Ref<DriverRecord>.none
  var previous = Ref<AdapterRecord>.none
  var next = Ref<AdapterRecord>.none
  var bindings = Ref<BindingRecord>.none
  var blocks = Ref<BlockRecord>.none
  var addRequest = Ref<RequestRecord>.none
  var removeRequest = Ref<RequestRecord>.none
  /// The type of the upcall that is open or pended, and its id.
  var upcallOpen: UInt32 = 0
  var upcall: UInt64 = 0
  var attributeFlags: UInt32 = 0
  var dmaGeneration: UInt32 = 0
  var failure = Failure(.success, .none)
  var name = Name()
  var context: UInt64 = 0
  /// OID requests, oldest first; the first may be at the miniport.
  var firstOID = Ref<OIDRecord>.none
  var lastOID = Ref<OIDRecord>.none
  var queues = Ref<QueueRecord>.none
  var filters = Ref<FilterRecord>.none
  var vports = Ref<VPortRecord>.none
  var indications = Ref<IndicationRecord>.none
  /// Lists that are indicated and not returned.
  var indicated: UInt32 = 0
  /// The last FilterId NDIS gave out.
  var lastFilterID: UInt32 = 0
  /// CHANGE_ADAPTER that waits for its end.
  var changeRequest = Ref<RequestRecord>.none
  /// What MiniportPause, MiniportHaltEx or MiniportShutdownEx is told.
  var pauseReason: UInt32 = 0
  var haltAction: UInt32 = 0
  var shutdownAction: UInt32 = 0
  /// Stays Paused until CHANGE_ADAPTER restarts it.
  var held: UInt8 = 0
  /// Removed by surprise: OID requests are refused with NOT_ACCEPTED.
  var removed: UInt8 = 0
  /// MiniportDevicePnPEventNotify has been called.
  var notified: UInt8 = 0
  /// `dropIndications` was done: returns of what was indicated before mean nothing any more.
  var dropped: UInt8 = 0
  /// Lists that go back and that MiniportReturnNetBufferLists has not returned from.
  var returning: UInt32 = 0
  /// Of those, the ones it is still to be called for.
  var returned = Ref<NetBufferListRecord>.none
  var padding: UInt32 = 0

  /// A free record.
  init() {}

  /// A store with another number than those is not adopted.
  var life: Lifecycle {
    @inline(__always) get { Lifecycle(rawValue: storedLife) ?? .ending }
  }

  /// A free record becomes an adapter.
  mutating func begin() { storedLife = Lifecycle.live.rawValue }

  /// From here on the adapter is ending. Nothing leads back.
  mutating func end() { storedLife = Lifecycle.ending.rawValue }

  /// Moves the adapter along its row of AdapterState.table; nil, and no change, for an invalid combination.
  mutating func take(_ event: AdapterEvent) -> AdapterState? {
    guard let next = AdapterState(rawValue: state)?.taking(event) else { return nil }
    state = next.rawValue
    return next
  }
}

enum BindingKind: UInt8 { case binding = 1, module }

/// A binding of a protocol driver, or a filter module, on an adapter.
struct BindingRecord: StoreRecord {
  var generation: UInt32 = 0
  var kind: UInt8 = 0  // 0 free
  var opened: UInt8 = 0
  var closing: UInt8 = 0
  var ending: UInt8 = 0
  var unbindSent: UInt8 = 0
  /// Between NetEventPause and NetEventRestart, or opened while the adapter did not run.
  var paused: UInt8 = 0
  /// NetEventQueryRemoveDevice has been told.
  var queried: UInt8 = 0
  /// What it had is no more its own: its OID requests have ended, its queues and lists are taken over.
  var released: UInt8 = 0
  var driver = Ref<DriverRecord>.none
  var adapter = Ref<AdapterRecord>.none
  var previous = Ref<BindingRecord>.none
  var next = Ref<BindingRecord>.none
  var adapterPrevious = Ref<BindingRecord>.none
  var adapterNext = Ref<BindingRecord>.none
  var registration = Ref<RegistrationRecord>.none
  var blocks = Ref<BlockRecord>.none
  var request = Ref<RequestRecord>.none
  var closeRequest = Ref<RequestRecord>.none
  /// The type of the upcall that is open or pended, and its id.
  var upcallOpen: UInt32 = 0
  /// Open calls of ProtocolOidRequestComplete.
  var completions: UInt32 = 0
  var upcall: UInt64 = 0
  var failure = Failure(.success, .none)
  var context: UInt64 = 0
}

/// Where a provider stands in the order of precedence; smaller wins.
public enum ProviderLevel: UInt8, Sendable, CaseIterable {
  case binding = 1
  case protocolDriver = 2
  case miniportDriver = 3
  case pool = 4
  case hal = 5
}

enum RegistrationState: UInt8 { case free = 0, active, superseded, ended, dead }

/// One registration of shared-memory provider handlers.
struct RegistrationRecord: StoreRecord {
  var generation: UInt32 = 0
  var state: UInt8 = 0
  var level: UInt8 = 0
  var padding: UInt16 = 0
  var owner = Handle.null  // the handle the handlers were set on
  var ownerSession = Ref<SessionRecord>.none  // none: hosted
  var adapter = Ref<AdapterRecord>.none  // binding level: whose callers it serves
  var driver = Ref<DriverRecord>.none
  var hosted: UInt32 = 0
  var flags: UInt32 = 0
  var blockCount: UInt32 = 0
  var blocks = Ref<BlockRecord>.none
  var sections = Ref<SectionRecord>.none
  var context: UInt64 = 0
  var allocateHandler: UInt64 = 0
  var freeHandler: UInt64 = 0
  var order: UInt64 = 0
  var stuckUpcall: UInt64 = 0
  var freesInFlight: UInt32 = 0
  var allocationsInFlight: UInt32 = 0
  /// Length of its blocks.
  var bytes: UInt64 = 0
  /// The driver's name, or the hosted provider's; outlives the driver.
  var name = Name()
}

/// Whether a section's memory outlives the daemon. `new`: nobody has been told of the section yet.
/// `lost`: there was no room for it, or it was gone when the store was adopted.
public enum SectionKeeping: UInt8, Sendable { case new = 0, kept, lost }

struct SectionRecord: StoreRecord {
  var generation: UInt32 = 0
  var state: UInt8 = 0  // 0 free, 1 live
  var pageShift: UInt8 = 0
  var ownerEnded: UInt8 = 0
  var keeping: UInt8 = 0  // SectionKeeping
  var registration = Ref<RegistrationRecord>.none
  /// The process that offered it; none for a hosted provider's.
  var session = Ref<SessionRecord>.none
  /// The session whose quota it counts against: who offered it, or for whom a hosted provider made it.
  var payer = Ref<SessionRecord>.none
  var previous = Ref<SectionRecord>.none
  var next = Ref<SectionRecord>.none
  var node: UInt32 = 0
  var pages: UInt32 = 0
  var blocks: UInt32 = 0
  var padding2: UInt32 = 0
  var domain = Handle.null
  var physicalBase: UInt64 = 0
  /// The inode of its memory file, by which that is found again.
  var inode: UInt64 = 0
}

enum BlockState: UInt8 { case free = 0, pending, live, freeing, abandoned }
enum OwnerKind: UInt8 { case driver = 1, adapter, binding }

/// An object that can own blocks.
enum OwnerIndex: Hashable {
  case driver(Index<DriverRecord>)
  case adapter(Index<AdapterRecord>)
  case binding(Index<BindingRecord>)
}

/// One block of shared memory, from the moment its provider is asked.
struct BlockRecord: StoreRecord {
  var generation: UInt32 = 0
  var state: UInt8 = 0
  var ownerKind: UInt8 = 0
  var usage: UInt8 = 0
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
  var born: UInt64 = 0
  var providerContext: UInt64 = 0
  /// Indicated lists that name it.
  var indicated: UInt32 = 0
  /// The queue it was allocated for, or the VPort, and its other blocks.
  var place = Ref<AnyRecord>.none
  var placePrevious = Ref<BlockRecord>.none
  var placeNext = Ref<BlockRecord>.none

  /// The object that owns it; nil when none does any more.
  var ownerIndex: OwnerIndex? {
    @inline(__always) get {
      switch OwnerKind(rawValue: ownerKind) {
      case .driver: .driver(owner.of().index)
      case .adapter: .adapter(owner.of().index)
      case .binding: .binding(owner.of().index)
      case nil: nil
      }
    }
    @inline(__always) set {
      switch newValue {
      case .driver(let index):
        (ownerKind, owner) = (OwnerKind.driver.rawValue, Ref(any: Ref(index)))
      case .adapter(let index):
        (ownerKind, owner) = (OwnerKind.adapter.rawValue, Ref(any: Ref(index)))
      case .binding(let index):
        (ownerKind, owner) = (OwnerKind.binding.rawValue, Ref(any: Ref(index)))
      case nil: (ownerKind, owner) = (0, .none)
      }
    }
  }

  /// The place of a block that has a QueueId.
  var queue: Ref<QueueRecord> {
    @inline(__always) get { place.of() }
    @inline(__always) set { place = Ref(any: newValue) }
  }
  /// The place of a block that has a VPortId.
  var vport: Ref<VPortRecord> {
    @inline(__always) get { place.of() }
    @inline(__always) set { place = Ref(any: newValue) }
  }
}

struct ExtentRecord: StoreRecord {
  var firstPage: UInt32 = 0
  var pages: UInt32 = 0
  var next = Ref<ExtentRecord>.none
  var used: UInt32 = 0
}

struct SiteRecord: StoreRecord {
  var references: UInt64 = 0
  var site = Site()
}

struct RequestRecord: StoreRecord {
  var state: UInt8 = 0  // 0 free
  var irql: UInt8 = 0
  var type: UInt16 = 0
  var session = Ref<SessionRecord>.none  // none: the asking session is gone
  var previous = Ref<RequestRecord>.none
  var next = Ref<RequestRecord>.none
  var block = Ref<BlockRecord>.none
  var padding: UInt32 = 0
  var id: UInt64 = 0
  var context: UInt64 = 0
  var object = Handle.null
}

/// `expired`: its deadline has passed, a late answer may come. `pended`: the handler has returned PENDING
/// and is no context any more; its completion, its deadline or a death ends the upcall.
enum UpcallState: UInt8 { case free = 0, open, expired, pended }

struct UpcallRecord: StoreRecord {
  var id: UInt64 = 0
  var state: UInt8 = 0
  var depth: UInt8 = 0
  var type: UInt16 = 0
  var session = Ref<SessionRecord>.none  // none: hosted
  var previous = Ref<UpcallRecord>.none
  var next = Ref<UpcallRecord>.none
  var registration = Ref<RegistrationRecord>.none
  var request = Ref<RequestRecord>.none
  var block = Ref<BlockRecord>.none
  var section = Ref<SectionRecord>.none
  var parent: UInt64 = 0
  var deadline: UInt64 = 0  // milliseconds; 0 = none
  var object = Handle.null
  var providerContext: UInt64 = 0
  /// The record it tells of: an OID request, a status, an indication, the first of the lists returned.
  var subject = Ref<AnyRecord>.none
  /// A halt or shutdown action, pause reason or event.
  var argument: UInt32 = 0
  /// What it was completed with while its handler still ran; PENDING: it was not.
  var completion = Status.pending
  /// A hosted driver has it: its state says so.
  var delivered: UInt32 = 0
  var padding: UInt32 = 0

  // The subject, by the type of the upcall.
  var oid: Ref<OIDRecord> { @inline(__always) get { subject.of() } }
  var status: Ref<StatusRecord> { @inline(__always) get { subject.of() } }
  var indication: Ref<IndicationRecord> { @inline(__always) get { subject.of() } }
  /// The first of the lists that are returned.
  var returned: Ref<NetBufferListRecord> { @inline(__always) get { subject.of() } }
}

/// The result of one request, kept so that a repeated request is answered and not done again.
struct ResultRecord: StoreRecord {
  var id: UInt64 = 0
  var type: UInt16 = 0
  var state: UInt8 = 0  // 0 empty, 1 open, 2 answered, 3 answered and held back
  var hasBugCheck: UInt8 = 0
  var bugCheckCode: UInt32 = 0
  var failure = Failure(.success, .none)
  var value: UInt64 = 0
  var value2: UInt64 = 0
  var parameters: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
}
