// The records of adapters, of their hardware capabilities, and of their status indications. Structures of
// which NDIS must return every field are stored as their images.

public import NDIS
public import NDISStore

/// Life of an adapter. `live`: Running, or moving to Running or to the state CHANGE_ADAPTER requested.
/// `ending`: being removed.
enum Lifecycle: UInt8, StoredEnum {
  case free = 0, live, ending
  static let fallback = ending
}

extension AdapterState: StoredEnum {
  @usableFromInline package static let fallback = paused
}

/// NdisMRegisterDmaChannel has succeeded, once at most, and NdisMDeregisterDmaChannel.
enum ChannelState: UInt8, StoredEnum {
  case none = 0, registered, deregistered
  static let fallback = deregistered
}

struct AdapterRecord: NamedRecord {
  static let kind = RecordKind.adapter
  var isFree: Bool { life == .free }

  var generation: UInt32 = 0
  /// Only `begin` and `end` change it.
  private(set) var storedLife = Raw(wrappedValue: Lifecycle.free)
  /// Only `take` changes it.
  private(set) var storedState = Raw(wrappedValue: AdapterState.halted)
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
  @RawUpcallType var upcallOpen: UpcallType? = nil
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
  /// The FilterId NDIS assigned last.
  var lastFilterID: UInt32 = 0
  /// The CHANGE_ADAPTER that waits for its completion.
  var changeRequest = Ref<RequestRecord>.none
  /// Arguments of MiniportPause, MiniportHaltEx and MiniportShutdownEx.
  var pauseReason: UInt32 = 0
  var haltAction: UInt32 = 0
  var shutdownAction: UInt32 = 0
  /// Stays Paused until CHANGE_ADAPTER restarts it.
  var held: UInt8 = 0
  /// Removed by surprise: OID requests are refused with NOT_ACCEPTED.
  var removed: UInt8 = 0
  /// MiniportDevicePnPEventNotify has been called.
  var notified: UInt8 = 0
  /// `dropIndications` has run: returns of earlier indications are ignored.
  var dropped: UInt8 = 0
  /// Lists for which MiniportReturnNetBufferLists has not returned yet.
  var returning: UInt32 = 0
  /// Of those, the lists it is still to be called for.
  var returned = Ref<NetBufferListRecord>.none
  /// Allocations of NdisMAllocateSharedMemoryAsyncEx of which MiniportSharedMemoryAllocateComplete has not returned.
  var allocationsPending: UInt32 = 0
  /// The cookie of SharedMemAllocateCompleteHandler.
  var allocateCompleteHandler: UInt64 = 0
  /// The deadline of a pended MiniportPause passed while others held its lists: NdisMPauseComplete may follow.
  var latePause: UInt32 = 0
  /// InterfaceType of its registration attributes.
  var interfaceType: Int32 = 0
  @Raw var channelState = ChannelState.none
  /// It has no 64-bit addresses: its physical addresses lie below 4 GiB.
  var lowAddresses: UInt8 = 0
  /// The DMA channel it has claimed is `channel`.
  var claimsChannel: UInt8 = 0
  var padding: UInt8 = 0
  var channel: UInt32 = 0

  /// A free record.
  init() {}

  @inline(__always)
  var life: Lifecycle { storedLife.wrappedValue }

  @inline(__always)
  var state: AdapterState { storedState.wrappedValue }

  /// Turns a free record into an adapter.
  mutating func begin() { storedLife.wrappedValue = .live }

  /// Starts the adapter's end, which is final.
  mutating func end() { storedLife.wrappedValue = .ending }

  /// Moves the adapter along its row of AdapterState.table; nil, and no change, for an invalid combination.
  mutating func take(_ event: AdapterEvent) -> AdapterState? {
    guard let next = state.taking(event) else { return nil }
    storedState.wrappedValue = next
    return next
  }
}

/// The capabilities a miniport reported, indexed by adapter, and its NIC switch.
struct CapabilitiesRecord: StoreRecord {
  typealias Key = AdapterRecord
  /// The number of VFs that are tracked.
  static let maximumFunctions: UInt32 = 64
  /// Bit n: VF n is allocated.
  var functions: UInt64 = 0
  /// Those currently enabled; the length of an image is 0 for none.
  var receiveFilterLength: UInt32 = 0
  var nicSwitchLength: UInt32 = 0
  var receiveFilter = ReceiveFilterCapabilitiesImage()
  var nicSwitch = NICSwitchCapabilitiesImage()
  /// OID_NIC_SWITCH_CREATE_SWITCH has succeeded.
  var hasSwitch: UInt32 = 0
  var switchParameters = NICSwitchParametersImage()
  /// The default VPort's, while the switch exists.
  var defaultVPort = VPortParametersImage()
  /// The binding that allocated VF n.
  var functionOwners = InlineArray<64, Ref<BindingRecord>>(repeating: .none)
  /// The hardware-assist attributes have been set.
  var set: UInt32 = 0
  /// Those of the hardware.
  var hardware = CapabilityImages()
}

/// The general attributes a miniport set, indexed by adapter.
struct AttributesRecord: StoreRecord {
  typealias Key = AdapterRecord
  /// The number of supported OIDs that are stored; more are refused.
  static let maximumOIDs = 512
  /// 1: general attributes have been set. 2: other attributes have been set without them.
  var set: UInt32 = 0
  /// Of the list of supported OIDs.
  var count: UInt32 = 0
  var image = GeneralAttributesImage()
  var oids = InlineArray<512, UInt32>(repeating: 0)
}

enum StatusState: UInt32, StoredEnum {
  case free = 0, open
  static let fallback = open
}

/// A status indication that bindings are being notified of: the fields of NDIS_STATUS_INDICATION and its
/// buffer.
struct StatusRecord: NamedRecord {
  static let kind = RecordKind.status
  var isFree: Bool { state == .free }

  static let capacity: UInt32 = 512
  @Raw var state = StatusState.free
  /// Open calls of ProtocolStatusEx.
  var calls: UInt32 = 0
  var source = Handle.null
  var destination = Handle.null
  var requestID: UInt64 = 0
  var port: UInt32 = 0
  var code = Status.success
  var guid = InlineArray<16, UInt8>(repeating: 0)
  var length: UInt32 = 0
  var revision: UInt32 = 0
  var buffer = InlineArray<512, UInt8>(repeating: 0)
}
