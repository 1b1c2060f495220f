// The plan of an indication, built during validation: which receivers get which lists, and which records are
// needed. Values only; no state changes before the whole indication has passed.

import NDIS
import NDISStore

/// The queue or VPort that lists are indicated on, and its requirements.
struct ReceiveTarget {
  var kind = TargetKind.defaultQueue
  /// QueueId or VPortId.
  var id: UInt16 = 0
  var record = Ref<AnyRecord>.none
  var generation: UInt32 = 0
  /// The event a receive is to the queue's state machine.
  var event = QueueEvent.receive
  /// Requires indications of this queue's lists alone.
  var isAlone = false
  /// Bytes of a frame that go to lookahead memory; 0 = no split.
  var lookahead: UInt32 = 0

  var queue: Ref<QueueRecord> {
    @inline(__always) get { record.of() }
  }
  var vport: Ref<VPortRecord> {
    @inline(__always) get { record.of() }
  }
}

/// Consecutive lists of one target.
struct ReceiveGroup {
  var target: ReceiveTarget
  /// Range of its lists in the chain.
  var start: UInt32
  var end: UInt32
  /// Bit n: receiver n of the plan gets them.
  var receivers: UInt64
  var count: UInt32 { end &- start }
}

/// A checked indication.
struct ReceivePlan {
  /// The first group is stored separately: nearly every indication has one group, and no array is allocated
  /// for it.
  var first: ReceiveGroup?
  var more: [ReceiveGroup] = []
  var receivers = InlineArray<64, Ref<BindingRecord>>(repeating: .none)
  var receiverCount: UInt32 = 0
  /// The receivers of the default queue, once computed.
  var defaultReceivers: UInt64?
  /// Contiguous parts of sections that the lists occupy.
  var parts: UInt32 = 0
  /// Whether a group requires an indication of one queue only.
  var isAlone = false
  /// The Paused queue that receives while its SET_FILTER is at the miniport.
  var early = Ref<QueueRecord>.none
  /// The VPort without a filter that does.
  var earlyVPort = Ref<VPortRecord>.none

  var groups: UInt32 { first == nil ? 0 : 1 &+ UInt32(clamping: more.count) }

  /// Visits the groups in order.
  func forEachGroup(_ body: (ReceiveGroup) -> Void) {
    if let first { body(first) }
    for group in more { body(group) }
  }

  /// Visits the runs of consecutive lists that receiver `number` gets.
  func forEachRun(of number: UInt32, _ body: (_ start: UInt32, _ end: UInt32) -> Void) {
    var start: UInt32?
    var end: UInt32 = 0
    forEachGroup { group in
      if group.receivers & 1 << number != 0 {
        if start == nil { start = group.start }
      } else if let from = start {
        body(from, end)
        start = nil
      }
      end = group.end
    }
    if let start { body(start, end) }
  }

  /// The number of calls of ProtocolReceiveNetBufferLists.
  var calls: UInt32 {
    var calls: UInt32 = 0
    for number in 0..<receiverCount { forEachRun(of: number) { _, _ in calls &+= 1 } }
    return calls
  }

  /// The number of lists with a receiver.
  var received: UInt32 {
    var count: UInt32 = 0
    forEachGroup { if $0.receivers != 0 { count &+= $0.count } }
    return count
  }

  /// The number of a receiver, added if necessary; nil when there are too many.
  mutating func number(of binding: Index<BindingRecord>) -> UInt32? {
    for number in 0..<receiverCount where receivers[Int(number)] == Ref(binding) { return number }
    guard receiverCount < UInt32(IndicationRecord.maximumReceivers) else { return nil }
    receivers[Int(receiverCount)] = Ref(binding)
    receiverCount &+= 1
    return receiverCount &- 1
  }

  /// Adds the list at `position` to the last group.
  mutating func extend(to position: UInt32) {
    if more.isEmpty {
      first?.end = position &+ 1
    } else {
      more[more.count - 1].end = position &+ 1
    }
  }

  mutating func append(_ group: ReceiveGroup) {
    if first == nil { first = group } else { more.append(group) }
    isAlone = isAlone || group.target.isAlone
  }
}
