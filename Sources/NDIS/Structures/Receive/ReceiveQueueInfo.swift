// NDIS_RECEIVE_QUEUE_INFO and its array: NDIS's answer to OID_RECEIVE_FILTER_ENUM_QUEUES, as
// `!ndiskd.rcvqueue` would show it.

import CNDIS

/// NDIS's information about a receive queue.
public struct ReceiveQueueInfo: StructureImage {
  public static var structure: Structure { .receiveQueueInfo }
  public var revision: UInt8
  public var flags: ReceiveQueueFlags
  public var queueType: ReceiveQueueType
  public var queueID: UInt32
  public var queueGroupID: UInt32
  public var state: ReceiveQueueOperationalState
  public var processorAffinity: GroupAffinity
  public var numSuggestedReceiveBuffers: UInt32
  public var msixTableEntry: UInt32
  public var lookaheadSize: UInt32
  public var vmName: String
  public var queueName: String
  /// Revision 2.
  public var numFilters: UInt32
  /// Revision 2.
  public var interruptCoalescingDomainID: UInt32

  /// For a queue with these parameters.
  public init(
    _ parameters: ReceiveQueueParameters, state: ReceiveQueueOperationalState, numFilters: UInt32,
    revision: UInt8 = 2
  ) {
    self.revision = revision
    flags = parameters.flags
    queueType = parameters.queueType
    queueID = parameters.queueID
    queueGroupID = parameters.queueGroupID
    self.state = state
    processorAffinity = parameters.processorAffinity
    numSuggestedReceiveBuffers = parameters.numSuggestedReceiveBuffers
    msixTableEntry = parameters.msixTableEntry
    lookaheadSize = parameters.lookaheadSize
    vmName = parameters.vmName
    queueName = parameters.queueName
    self.numFilters = revision >= 2 ? numFilters : 0
    interruptCoalescingDomainID = revision >= 2 ? parameters.interruptCoalescingDomainID : 0
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_RECEIVE_QUEUE_INFO(), bytes, version)
    try checkFlags(image.Flags, known: ReceiveQueueFlags.known.rawValue)
    self.revision = revision
    flags = ReceiveQueueFlags(rawValue: image.Flags)
    queueType = try checkValue(image.QueueType, ReceiveQueueType.self, .queueType)
    queueID = image.QueueId
    queueGroupID = image.QueueGroupId
    state = try checkValue(
      image.QueueState, ReceiveQueueOperationalState.self, .queueOperationalState)
    processorAffinity = GroupAffinity(image.ProcessorAffinity)
    numSuggestedReceiveBuffers = image.NumSuggestedReceiveBuffers
    msixTableEntry = image.MSIXTableEntry
    lookaheadSize = image.LookaheadSize
    vmName = try text(of: image.VmName)
    queueName = try text(of: image.QueueName)
    numFilters = image.NumFilters
    interruptCoalescingDomainID = image.InterruptCoalescingDomainId
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_RECEIVE_QUEUE_INFO()
    image.Flags = flags.rawValue
    image.QueueType = queueType.rawValue
    image.QueueId = queueID
    image.QueueGroupId = queueGroupID
    image.QueueState = state.rawValue
    image.ProcessorAffinity = processorAffinity.image
    image.NumSuggestedReceiveBuffers = numSuggestedReceiveBuffers
    image.MSIXTableEntry = msixTableEntry
    image.LookaheadSize = lookaheadSize
    image.VmName = NDIS_IF_COUNTED_STRING(vmName)
    image.QueueName = NDIS_IF_COUNTED_STRING(queueName)
    image.NumFilters = numFilters
    image.InterruptCoalescingDomainId = interruptCoalescingDomainID
    store(image, to: &bytes)
  }
}

/// `NDIS_RECEIVE_QUEUE_INFO_ARRAY`.
public struct ReceiveQueueInfoArray: StructureImage {
  public static var structure: Structure { .receiveQueueInfoArray }
  public var revision: UInt8 = 1
  public var queues: [ReceiveQueueInfo]

  public init(_ queues: [ReceiveQueueInfo]) { self.queues = queues }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_RECEIVE_QUEUE_INFO_ARRAY(), bytes, version)
    self.revision = revision
    queues = try unsafe Self.elements(
      ReceiveQueueInfo.self, of: bytes, head: Self.structure.size(revision),
      offset: image.FirstElementOffset, count: image.NumElements, size: image.ElementSize,
      for: version)
  }

  public func append(to bytes: inout [UInt8]) {
    let layout = ElementLayout(queues, behind: Self.structure.size(revision))
    var image = NDIS_RECEIVE_QUEUE_INFO_ARRAY()
    image.FirstElementOffset = layout.offset
    image.NumElements = layout.count
    image.ElementSize = layout.size
    store(image, to: &bytes)
    layout.append(queues, to: &bytes)
  }
}
