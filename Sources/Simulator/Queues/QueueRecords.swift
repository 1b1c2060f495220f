// The records of receive queues, filters and VPorts. Structures of which NDIS must return every field (a
// queue's parameters, a filter's fields) are stored as their images.

public import NDIS
public import NDISStore

extension QueueState: StoredEnum {
  @usableFromInline package static let fallback = freeing
}

extension VPortState: StoredEnum {
  @usableFromInline package static let fallback = deactivated
}

/// A receive queue that was allocated; the default queue has no record.
struct QueueRecord: NamedRecord {
  static let kind = RecordKind.queue
  var isFree: Bool { adapter.isNone }

  /// More than an adapter can have, whatever its miniport reports.
  static let maximum: UInt32 = 1024
  var generation: UInt32 = 0
  /// Undefined if free or, while `adapter` is set, being allocated. Only `take` changes it.
  private(set) var storedState = Raw(wrappedValue: QueueState.undefined)
  /// DmaStopped has been indicated.
  var dmaStopped: UInt8 = 0
  var padding2: UInt8 = 0
  /// The miniport has indicated into it while it was Paused and SET_FILTER was pending.
  var early: UInt8 = 0
  var adapter = Ref<AdapterRecord>.none
  /// The binding that allocated it; none: NDIS has taken it over to free it.
  var owner = Ref<BindingRecord>.none
  var previous = Ref<QueueRecord>.none
  var next = Ref<QueueRecord>.none
  var queueID: UInt32 = 0
  var filters: UInt32 = 0
  /// Lists that are indicated and not returned.
  var indicated: UInt32 = 0
  /// Blocks of memory, pending ones too.
  var blocks: UInt32 = 0
  var firstBlock = Ref<BlockRecord>.none
  var padding: UInt32 = 0
  var parameters = ReceiveQueueParametersImage()

  /// A free record.
  init() {}

  @inline(__always)
  var state: QueueState { storedState.wrappedValue }

  /// Moves the queue along its row of QueueState.table; nil, and no change, for an invalid combination.
  mutating func take(_ event: QueueEvent) -> QueueState? {
    guard let next = state.taking(event) else { return nil }
    storedState.wrappedValue = next
    return next
  }
}

/// `setting`: SET_FILTER is at the miniport.
enum FilterState: UInt8, StoredEnum {
  case free = 0, setting, set
  static let fallback = set
}

/// A receive filter.
struct FilterRecord: NamedRecord {
  static let kind = RecordKind.filter
  var isFree: Bool { adapter.isNone }

  static let maximumFields = 8
  /// More than an adapter can have, whatever its miniport reports.
  static let maximum: UInt32 = 1024
  var generation: UInt32 = 0
  @Raw var state = FilterState.free
  var padding: (UInt8, UInt8, UInt8) = (0, 0, 0)
  var adapter = Ref<AdapterRecord>.none
  /// The binding that set it.
  var owner = Ref<BindingRecord>.none
  var previous = Ref<FilterRecord>.none
  var next = Ref<FilterRecord>.none
  var filterID: UInt32 = 0
  var queueID: UInt32 = 0
  var vportID: UInt32 = 0
  var fieldCount: UInt32 = 0
  var parameters = ReceiveFilterParametersImage()
  var fields = InlineArray<8, ReceiveFilterFieldImage>(
    repeating: ReceiveFilterFieldImage())
  var padding2: UInt32 = 0
}

/// A nondefault VPort.
struct VPortRecord: NamedRecord {
  static let kind = RecordKind.vport
  var isFree: Bool { adapter.isNone }

  /// More than an adapter can have, including the default VPort.
  static let maximum: UInt32 = 1024
  var generation: UInt32 = 0
  /// Deleted if free or, while `adapter` is set, being created. Only `take` changes it.
  private(set) var storedState = Raw(wrappedValue: VPortState.deleted)
  var padding: UInt8 = 0
  /// DELETE_VPORT is at the miniport.
  var deleting: UInt8 = 0
  /// The miniport has indicated on it while it had no filter and SET_FILTER was pending.
  var early: UInt8 = 0
  var adapter = Ref<AdapterRecord>.none
  /// The binding that created it.
  var owner = Ref<BindingRecord>.none
  var previous = Ref<VPortRecord>.none
  var next = Ref<VPortRecord>.none
  var vportID: UInt32 = 0
  var filters: UInt32 = 0
  var indicated: UInt32 = 0
  var blocks: UInt32 = 0
  var firstBlock = Ref<BlockRecord>.none
  var padding2: UInt32 = 0
  var parameters = VPortParametersImage()

  /// A free record.
  init() {}

  @inline(__always)
  var state: VPortState { storedState.wrappedValue }

  /// Moves the VPort along its row of VPortState.table, together with its parameters; nil, and no change, for
  /// an invalid combination.
  mutating func take(_ event: VPortEvent) -> VPortState? {
    guard let next = state.taking(event) else { return nil }
    storedState.wrappedValue = next
    parameters.state = next.reported.rawValue
    return next
  }
}
