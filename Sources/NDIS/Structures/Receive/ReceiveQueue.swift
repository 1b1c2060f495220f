// A receive queue's type, flags and reported states. The states of the queue's state machine are
// QueueState's; the ones here are coarser.

import CNDIS

/// `NDIS_RECEIVE_QUEUE_TYPE`.
public enum ReceiveQueueType: Int32, Sendable, CaseIterable, BitwiseCopyable {
  case unspecified = 0
  case vmQueue = 1
}

extension ReceiveQueueType: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unspecified: "NdisReceiveQueueTypeUnspecified"
    case .vmQueue: "NdisReceiveQueueTypeVMQueue"
    }
  }
}

/// `NDIS_RECEIVE_QUEUE_OPERATIONAL_STATE`.
public enum ReceiveQueueOperationalState: Int32, Sendable, CaseIterable, BitwiseCopyable {
  case undefined = 0
  case running = 1
  case paused = 2
  case dmaStopped = 3
}

extension ReceiveQueueOperationalState: CustomStringConvertible {
  public var description: String {
    switch self {
    case .undefined: "NdisReceiveQueueOperationalStateUndefined"
    case .running: "NdisReceiveQueueOperationalStateRunning"
    case .paused: "NdisReceiveQueueOperationalStatePaused"
    case .dmaStopped: "NdisReceiveQueueOperationalStateDmaStopped"
    }
  }
}

/// `Flags` of NDIS_RECEIVE_QUEUE_PARAMETERS.
public struct ReceiveQueueFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let perQueueReceiveIndication = ReceiveQueueFlags(rawValue: 1 << 0)
  /// Meaningless from NDIS 6.30.
  public static let lookaheadSplitRequired = ReceiveQueueFlags(rawValue: 1 << 1)
  public static let flagsChanged = ReceiveQueueFlags(rawValue: 1 << 16)
  public static let processorAffinityChanged = ReceiveQueueFlags(rawValue: 1 << 17)
  public static let suggestedReceiveBuffersChanged = ReceiveQueueFlags(rawValue: 1 << 18)
  public static let nameChanged = ReceiveQueueFlags(rawValue: 1 << 19)
  public static let interruptCoalescingDomainChanged = ReceiveQueueFlags(rawValue: 1 << 20)
  public static let qosSQChanged = ReceiveQueueFlags(rawValue: 1 << 21)

  /// Properties of a queue; the other flags say what a set request changes.
  public static let properties: ReceiveQueueFlags = [
    .perQueueReceiveIndication, .lookaheadSplitRequired,
  ]
  static let known: ReceiveQueueFlags = [
    .properties, .flagsChanged, .processorAffinityChanged, .suggestedReceiveBuffersChanged,
    .nameChanged, .interruptCoalescingDomainChanged, .qosSQChanged,
  ]
  /// The CHANGED flags of the fields in a revision of the parameters.
  static func changes(of revision: UInt8) -> ReceiveQueueFlags {
    var flags: ReceiveQueueFlags = [
      .flagsChanged, .processorAffinityChanged, .suggestedReceiveBuffersChanged, .nameChanged,
    ]
    if revision >= 2 { flags.insert(.interruptCoalescingDomainChanged) }
    if revision >= 3 { flags.insert(.qosSQChanged) }
    return flags
  }
}

/// `NDIS_RECEIVE_QUEUE_FREE_PARAMETERS`: the queue that OID_RECEIVE_FILTER_FREE_QUEUE frees.
public struct ReceiveQueueFreeParameters: StructureImage {
  public static var structure: Structure { .receiveQueueFreeParameters }
  public var revision: UInt8 = 1
  public var queueID: UInt32

  public init(queueID: UInt32) { self.queueID = queueID }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_RECEIVE_QUEUE_FREE_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    self.revision = revision
    queueID = image.QueueId
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_RECEIVE_QUEUE_FREE_PARAMETERS()
    image.QueueId = queueID
    store(image, to: &bytes)
  }
}

/// `NDIS_RECEIVE_QUEUE_STATE`: the buffer of NDIS_STATUS_RECEIVE_QUEUE_STATE.
public struct ReceiveQueueState: StructureImage {
  public static var structure: Structure { .receiveQueueState }
  public var revision: UInt8 = 1
  public var queueID: UInt32
  public var state: ReceiveQueueOperationalState

  public init(queueID: UInt32, state: ReceiveQueueOperationalState) {
    self.queueID = queueID
    self.state = state
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_RECEIVE_QUEUE_STATE(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    self.revision = revision
    queueID = image.QueueId
    state = try checkValue(
      image.QueueState, ReceiveQueueOperationalState.self, .queueOperationalState)
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_RECEIVE_QUEUE_STATE()
    image.QueueId = queueID
    image.QueueState = state.rawValue
    store(image, to: &bytes)
  }
}
