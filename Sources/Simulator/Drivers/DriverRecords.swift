// The records of drivers, and of their bindings and filter modules on adapters.

import NDIS
import NDISStore

enum DriverState: UInt8, StoredEnum {
  case free = 0, registering, registered, ending
  static let fallback = ending
}

/// The index of each handler among a driver's cookies, by kind of driver.
enum HandlerSlot {
  static let setOptions = 0
  // Miniport drivers.
  static let initialize = 1
  static let halt = 2
  static let pause = 3
  static let restart = 4
  static let shutdown = 5
  static let oidRequest = 6
  static let cancelOIDRequest = 7
  static let returnLists = 8
  static let pnpEvent = 9
  // Protocol drivers.
  static let bind = 1
  static let unbind = 2
  static let oidRequestComplete = 3
  static let status = 4
  static let receive = 5
  static let netPnPEvent = 6
}

enum DriverKind: UInt8, StoredEnum {
  case miniport = 1, `protocol`, filter
  static let fallback = `protocol`
}

struct DriverRecord: NamedRecord {
  static let kind = RecordKind.driver
  var isFree: Bool { state == .free }

  var generation: UInt32 = 0
  @Raw var state = DriverState.free
  @Raw var kind = DriverKind.protocol
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

enum BindingKind: UInt8, StoredEnum {
  case free = 0, binding, module
  static let fallback = module
}

/// A binding of a protocol driver, or a filter module, on an adapter.
struct BindingRecord: NamedRecord {
  static let kind = RecordKind.binding
  var isFree: Bool { kind == .free }

  var generation: UInt32 = 0
  @Raw var kind = BindingKind.free
  var opened: UInt8 = 0
  var closing: UInt8 = 0
  var ending: UInt8 = 0
  var unbindSent: UInt8 = 0
  /// Between NetEventPause and NetEventRestart, or opened while the adapter did not run.
  var paused: UInt8 = 0
  /// NetEventQueryRemoveDevice has been sent.
  var queried: UInt8 = 0
  /// It owns nothing any more: its OID requests have ended, its queues and lists have been taken over.
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
  @RawUpcallType var upcallOpen: UpcallType? = nil
  /// Open calls of ProtocolOidRequestComplete.
  var completions: UInt32 = 0
  var upcall: UInt64 = 0
  var failure = Failure(.success, .none)
  var context: UInt64 = 0
}
