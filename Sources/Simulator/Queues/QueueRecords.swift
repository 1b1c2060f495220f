// The records of OID requests, receive queues, filters, VPorts and what is indicated. Same rules as in
// Records.swift. Structures whose every field NDIS must be able to give back (a queue's parameters, a
// filter's fields) are kept as their images.

import CNDIS
import NDIS

/// Where an OID request stands. `queued`: behind another in its adapter's queue. `sent`: the miniport's
/// handler runs. `pended`: it answered PENDING. `ended`: how it ended is known; it has still to be told,
/// or a handler that knows of it still runs.
enum OIDState: UInt8 { case free = 0, queued, sent, pended, ended }

/// How an OID request ended: its miniport ended it, NDIS stopped waiting for its miniport, or the miniport
/// never saw it. Kept in the free record, so that a completion that comes too late or twice is known for
/// what it is.
enum OIDEnd: UInt8 { case none = 0, miniport, abandoned, notSent }

/// An OID request, from its acceptance until its end has been told and no handler knows of it any more.
struct OIDRecord: StoreRecord {
  var generation: UInt32 = 0
  var state: UInt8 = 0  // OIDState
  var kind: UInt8 = 0  // OIDRequestKind
  var revision: UInt8 = 0  // of the image it came with
  var cancelled: UInt8 = 0  // 1 to be cancelled, 2 the miniport was told
  var adapter = Ref<AdapterRecord>.none
  var binding = Ref<BindingRecord>.none  // none: NDIS itself asks, or the binding is gone
  // The adapter's queue, oldest first. In it until the end is told and the miniport's handler is back.
  var previous = Ref<OIDRecord>.none
  var next = Ref<OIDRecord>.none
  /// Whose quota it counts against.
  var session = Ref<SessionRecord>.none
  var isLinked: UInt8 = 0
  /// ProtocolOidRequestComplete was called, or there is nobody to tell.
  var told: UInt8 = 0
  /// NDIS answered it; what it answers is `knownInformation`.
  var answeredByNDIS: UInt8 = 0
  var end: UInt8 = 0  // OIDEnd
  /// NDIS itself asks.
  var own: UInt8 = 0
  var padding3: (UInt8, UInt8, UInt8) = (0, 0, 0)
  var padding4: UInt32 = 0
  /// The adapter's handle; outlives the adapter.
  var adapterHandle: UInt64 = 0
  /// The open or pended upcall at the miniport.
  var upcall: UInt64 = 0
  /// Its id, kept after it.
  var lastUpcall: UInt64 = 0
  /// The open calls of MiniportCancelOidRequest and ProtocolOidRequestComplete.
  var cancellation: UInt64 = 0
  var completion: UInt64 = 0
  var oid: UInt32 = 0
  var port: UInt32 = 0
  var timeout: UInt32 = 0
  var methodID: UInt32 = 0
  var requestID: UInt64 = 0
  var requestHandle: UInt64 = 0
  var requestContext: UInt64 = 0
  /// The upcall in whose handler it was made.
  var parent: UInt64 = 0
  /// When its Timeout has passed, and it is to be cancelled; 0 = never, or done.
  var deadline: UInt64 = 0
  /// Bytes of input in `oidInputs`, bytes of room for output.
  var inputLength: UInt32 = 0
  var outputLength: UInt32 = 0
  var switchID: UInt32 = 0
  var vportID: UInt32 = 0
  var flags: UInt32 = 0
  /// The queue, filter or VPort it makes or changes, and the state that had before.
  var subject = Ref<AnyRecord>.none
  var before: UInt8 = 0
  var supportedRevision: UInt8 = 0
  /// A SET_FILTER during which the miniport has indicated to its Paused queue: it must end with SUCCESS.
  var indicated: UInt8 = 0
  var padding: UInt8 = 0
  var bytesRead: UInt32 = 0
  var bytesWritten: UInt32 = 0
  var bytesNeeded: UInt32 = 0
  /// Bytes in `oidOutputs`.
  var outputBytes: UInt32 = 0
  var padding2: UInt32 = 0
  var failure = Failure(.success, .none)

  // The subject, by the form of the OID.
  var queue: Ref<QueueRecord> {
    get { subject.of() }
    set { subject = Ref(any: newValue) }
  }
  var filter: Ref<FilterRecord> {
    get { subject.of() }
    set { subject = Ref(any: newValue) }
  }
  var vport: Ref<VPortRecord> {
    get { subject.of() }
    set { subject = Ref(any: newValue) }
  }
}

/// The bytes of an information buffer, beside the record of the same index.
struct OIDBufferRecord: StoreRecord {
  typealias Key = OIDRecord
  static let capacity = 4096
  var bytes = InlineArray<4096, UInt8>(repeating: 0)
}

/// What a miniport said its hardware can do, beside the adapter of the same index, and its NIC switch.
struct CapabilitiesRecord: StoreRecord {
  typealias Key = AdapterRecord
  /// VFs that may be told apart.
  static let maximumFunctions: UInt32 = 64
  /// Bit n: VF n is allocated.
  var functions: UInt64 = 0
  var receiveFilterLength: UInt32 = 0  // of the image; 0 = it has none
  var nicSwitchLength: UInt32 = 0
  var receiveFilter = NDIS_RECEIVE_FILTER_CAPABILITIES()
  var nicSwitch = NDIS_NIC_SWITCH_CAPABILITIES()
  /// OID_NIC_SWITCH_CREATE_SWITCH has succeeded.
  var hasSwitch: UInt32 = 0
  var switchParameters = NDIS_NIC_SWITCH_PARAMETERS()
  /// The binding that allocated VF n.
  var functionOwners = InlineArray<64, Ref<BindingRecord>>(repeating: .none)
  var padding: UInt32 = 0
}

/// A receive queue that was allocated; the default queue has no record.
struct QueueRecord: StoreRecord {
  /// More than an adapter can have, whatever its miniport says.
  static let maximum: UInt32 = 1024
  var generation: UInt32 = 0
  /// QueueState; 0 = free, or while `adapter` is set: being allocated. Only `take` changes it.
  private(set) var state: UInt8 = 0
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
  var parameters = NDIS_RECEIVE_QUEUE_PARAMETERS()

  /// A free record.
  init() {}

  /// Moves the queue along its row of QueueState.table; nil, and no change, for an invalid combination.
  mutating func take(_ event: QueueEvent) -> QueueState? {
    guard let next = QueueState(rawValue: state)?.taking(event) else { return nil }
    state = next.rawValue
    return next
  }
}

/// A receive filter.
struct FilterRecord: StoreRecord {
  static let maximumFields = 8
  /// More than an adapter can have, whatever its miniport says.
  static let maximum: UInt32 = 1024
  var generation: UInt32 = 0
  var state: UInt8 = 0  // 0 free, 1 being set, 2 set
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
  var parameters = NDIS_RECEIVE_FILTER_PARAMETERS()
  var fields = InlineArray<8, NDIS_RECEIVE_FILTER_FIELD_PARAMETERS>(
    repeating: NDIS_RECEIVE_FILTER_FIELD_PARAMETERS())
  var padding2: UInt32 = 0
}

/// A nondefault VPort.
struct VPortRecord: StoreRecord {
  /// More than an adapter can have, the default VPort among them.
  static let maximum: UInt32 = 1024
  var generation: UInt32 = 0
  /// VPortState; 0 = free, or while `adapter` is set: being created. Only `take` changes it.
  private(set) var state: UInt8 = 0
  var padding: UInt8 = 0
  /// DELETE_VPORT is with the miniport.
  var deleting: UInt8 = 0
  var padding3: UInt8 = 0
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
  var parameters = NDIS_NIC_SWITCH_VPORT_PARAMETERS()

  /// A free record.
  init() {}

  /// Moves the VPort along its row of VPortState.table, its parameters with it; nil, and no change, for an invalid
  /// combination.
  mutating func take(_ event: VPortEvent) -> VPortState? {
    guard let next = VPortState(rawValue: state)?.taking(event) else { return nil }
    state = next.rawValue
    parameters.VPortState = next.reported.rawValue
    return next
  }
}

/// A status indication that is being told to bindings: the fields of NDIS_STATUS_INDICATION and its buffer.
struct StatusRecord: StoreRecord {
  static let capacity: UInt32 = 512
  var state: UInt32 = 0  // 0 free
  /// Calls of ProtocolStatusEx that are open.
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

/// One call of NdisMIndicateReceiveNetBufferLists, until all its lists have come back and every handler
/// that was called for it has returned.
struct IndicationRecord: StoreRecord {
  /// Bindings that one indication may go to.
  static let maximumReceivers = 64
  var state: UInt32 = 0  // 0 free
  var adapter = Ref<AdapterRecord>.none  // none: the adapter is gone
  var previous = Ref<IndicationRecord>.none  // an adapter's indications, newest first
  var next = Ref<IndicationRecord>.none
  /// The lists that some receiver still has, in order of receiving.
  var first = Ref<NetBufferListRecord>.none
  /// Lists that some receiver still has, and those that some receiver was given.
  var out: UInt32 = 0
  var count: UInt32 = 0
  /// Calls of ProtocolReceiveNetBufferLists that are open.
  var calls: UInt32 = 0
  var port: UInt32 = 0
  var flags: UInt32 = 0
  /// With NDIS_RECEIVE_FLAGS_RESOURCES: answered when every receiver has returned.
  var request = Ref<RequestRecord>.none
  var receiverCount: UInt32 = 0
  /// The bindings it went to; none: that binding is gone.
  var receivers = InlineArray<64, Ref<BindingRecord>>(repeating: .none)
}

/// A part of a block, as a NET_BUFFER names it.
struct SegmentRecord: BitwiseCopyable {
  var block = Ref<BlockRecord>.none
  /// The block's: one that was reclaimed meanwhile is not counted in its successor.
  var generation: UInt32 = 0
  var offset: UInt32 = 0
  var length: UInt32 = 0
}

/// `out`: some receiver has it. `returning`: the miniport is being told of it, or will be.
enum ListState: UInt8 { case free = 0, out, returning }

/// What a list is indicated on.
enum TargetKind: UInt8 { case defaultQueue = 0, queue, vport }

/// Where a list is. A column of its own: the rest of the record stays as it was indicated, whatever becomes
/// of the list.
struct ListLink: BitwiseCopyable {
  /// Bit n: receiver n of the indication has not returned it.
  var holders: UInt64 = 0
  /// The next one that returns with it.
  var nextReturned = Ref<NetBufferListRecord>.none
  var state: UInt8 = 0  // ListState
  var padding: (UInt8, UInt8, UInt8) = (0, 0, 0)
}

/// An indicated NET_BUFFER_LIST.
struct NetBufferListRecord: StoreRecord {
  var generation: UInt32 = 0
  var padding2: UInt8 = 0
  var bufferCount: UInt8 = 0
  var segmentCount: UInt8 = 0
  var targetKind: UInt8 = 0
  var indication = Ref<IndicationRecord>.none
  /// Those of the indication that are out.
  var previous = Ref<NetBufferListRecord>.none
  var next = Ref<NetBufferListRecord>.none
  /// The queue or VPort it counts for.
  var target = Ref<AnyRecord>.none
  var targetGeneration: UInt32 = 0
  /// Its place in the chain that was indicated.
  var position: UInt16 = 0
  /// QueueId or VPortId.
  var queueID: UInt16 = 0
  /// Of each buffer, how many of the segments are its.
  var bufferSegments = InlineArray<4, UInt8>(repeating: 0)
  var padding: UInt32 = 0
  var link = ListLink()
  /// The miniport's own number.
  var context: UInt64 = 0
  /// Of each buffer: bytes of the frame.
  var dataLengths = InlineArray<4, UInt32>(repeating: 0)
  var segments = InlineArray<4, SegmentRecord>(repeating: SegmentRecord())

  // The target, by its kind.
  var queue: Ref<QueueRecord> {
    @inline(__always) get { target.of() }
  }
  var vport: Ref<VPortRecord> {
    @inline(__always) get { target.of() }
  }
}
