// The records of indications: calls of NdisMIndicateReceiveNetBufferLists and their NET_BUFFER_LISTs.

import NDIS
import NDISStore

enum IndicationState: UInt32, StoredEnum {
  case free = 0, open
  static let fallback = open
}

/// One call of NdisMIndicateReceiveNetBufferLists, until all its lists have been returned and every handler
/// called for it has returned.
struct IndicationRecord: NamedRecord {
  static let kind = RecordKind.indication
  var isFree: Bool { state == .free }

  /// The number of bindings one indication may go to.
  static let maximumReceivers = 64
  @Raw var state = IndicationState.free
  var adapter = Ref<AdapterRecord>.none  // none: the adapter was removed
  var previous = Ref<IndicationRecord>.none  // an adapter's indications, newest first
  var next = Ref<IndicationRecord>.none
  /// The lists that some receiver still holds, in order of receiving.
  var first = Ref<NetBufferListRecord>.none
  /// Lists that some receiver still holds, and those that had a receiver.
  var out: UInt32 = 0
  var count: UInt32 = 0
  /// Open calls of ProtocolReceiveNetBufferLists.
  var calls: UInt32 = 0
  var port: UInt32 = 0
  var flags: UInt32 = 0
  /// Some of its lists have an 802.1Q tag.
  var hasTags: UInt32 = 0
  var padding: UInt32 = 0
  /// When it was made, in milliseconds.
  var indicatedAt: UInt64 = 0
  /// With NDIS_RECEIVE_FLAGS_RESOURCES: completes when every receiver has returned.
  var request = Ref<RequestRecord>.none
  var receiverCount: UInt32 = 0
  /// The bindings it went to; none: closed.
  var receivers = InlineArray<64, Ref<BindingRecord>>(repeating: .none)
}

/// A part of a block, as described by a NET_BUFFER.
struct SegmentRecord: BitwiseCopyable {
  var block = Ref<BlockRecord>.none
  /// The block's generation: a block that was reclaimed is not confused with its successor.
  var generation: UInt32 = 0
  var offset: UInt32 = 0
  var length: UInt32 = 0
}

/// `out`: some receiver holds it. `returning`: it is being returned to the miniport, or will be.
enum ListState: UInt8, StoredEnum {
  case free = 0, out, returning
  static let fallback = returning
}

/// What a list is indicated on.
enum TargetKind: UInt8, StoredEnum {
  case defaultQueue = 0, queue, vport
  static let fallback = vport
}

/// The state of a list. A column of its own: the rest of the record stays as it was indicated.
struct ListLink: BitwiseCopyable {
  /// Bit n: receiver n of the indication has not returned it.
  var holders: UInt64 = 0
  /// The next list of its return chain.
  var nextReturned = Ref<NetBufferListRecord>.none
  @Raw var state = ListState.free
  var padding: (UInt8, UInt8, UInt8) = (0, 0, 0)
}

/// An indicated NET_BUFFER_LIST: exactly one NET_BUFFER, as Ethernet miniports must indicate it.
struct NetBufferListRecord: NamedRecord {
  static let kind = RecordKind.list
  var isFree: Bool { link.state == .free }

  var generation: UInt32 = 0
  var padding2: (UInt8, UInt8) = (0, 0)
  var segmentCount: UInt8 = 0
  @Raw var targetKind = TargetKind.defaultQueue
  var indication = Ref<IndicationRecord>.none
  /// The outstanding lists of its indication.
  var previous = Ref<NetBufferListRecord>.none
  var next = Ref<NetBufferListRecord>.none
  /// The queue or VPort it is counted for.
  var target = Ref<AnyRecord>.none
  var targetGeneration: UInt32 = 0
  /// Its position in the indicated chain.
  var position: UInt16 = 0
  /// QueueId or VPortId.
  var queueID: UInt16 = 0
  /// DataLength of its NET_BUFFER.
  var dataLength: UInt32 = 0
  /// The 802.1Q tag of its frames.
  var tag: UInt32 = 0
  var link = ListLink()
  /// The miniport's own number for it.
  var context: UInt64 = 0
  var segments = InlineArray<4, SegmentRecord>(repeating: SegmentRecord())

  // The target, by its kind.
  var queue: Ref<QueueRecord> {
    @inline(__always) get { target.of() }
  }
  var vport: Ref<VPortRecord> {
    @inline(__always) get { target.of() }
  }
}
