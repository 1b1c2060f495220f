// NDIS_RECEIVE_QUEUE_PARAMETERS: input of OID_RECEIVE_FILTER_ALLOCATE_QUEUE, and queried and changed by
// OID_RECEIVE_FILTER_QUEUE_PARAMETERS. NDIS validates it before a miniport receives it; the checks are here,
// because they need only the structure and the driver's version. After the allocation only fields with a
// CHANGED flag can change.

import CNDIS

/// A receive queue's parameters.
public struct ReceiveQueueParameters: StructureImage {
  public static var structure: Structure { .receiveQueueParameters }
  public var revision: UInt8
  public var flags: ReceiveQueueFlags
  public var queueType: ReceiveQueueType
  /// 0 in an allocation; NDIS assigns it.
  public var queueID: UInt32
  public var queueGroupID: UInt32
  public var processorAffinity: GroupAffinity
  public var numSuggestedReceiveBuffers: UInt32
  /// Filled in by the miniport (A27).
  public var msixTableEntry: UInt32
  /// In bytes; 0 = no split.
  public var lookaheadSize: UInt32
  public var vmName: String
  public var queueName: String
  /// Revision 2.
  public var portID: UInt32
  /// Revision 2.
  public var interruptCoalescingDomainID: UInt32
  /// Revision 3.
  public var qosSQID: UInt32

  /// A request for a VM queue.
  public init(
    queueName: String, vmName: String, processorAffinity: GroupAffinity = GroupAffinity(mask: 1),
    flags: ReceiveQueueFlags = [.perQueueReceiveIndication], lookaheadSize: UInt32 = 0,
    numSuggestedReceiveBuffers: UInt32 = 0, revision: UInt8 = 2
  ) {
    self.revision = revision
    self.flags = flags
    queueType = .vmQueue
    queueID = 0
    queueGroupID = 0
    self.processorAffinity = processorAffinity
    self.numSuggestedReceiveBuffers = numSuggestedReceiveBuffers
    msixTableEntry = 0
    self.lookaheadSize = lookaheadSize
    self.vmName = vmName
    self.queueName = queueName
    portID = 0
    interruptCoalescingDomainID = 0
    qosSQID = 0
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_RECEIVE_QUEUE_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: ReceiveQueueFlags.known.rawValue)
    self.revision = revision
    flags = ReceiveQueueFlags(rawValue: image.Flags)
    queueType = try checkValue(image.QueueType, ReceiveQueueType.self, .queueType)
    queueID = image.QueueId
    queueGroupID = image.QueueGroupId
    processorAffinity = GroupAffinity(image.ProcessorAffinity)
    numSuggestedReceiveBuffers = image.NumSuggestedReceiveBuffers
    msixTableEntry = image.MSIXTableEntry
    lookaheadSize = image.LookaheadSize
    vmName = try text(of: image.VmName)
    queueName = try text(of: image.QueueName)
    portID = image.PortId
    interruptCoalescingDomainID = image.InterruptCoalescingDomainId
    qosSQID = image.QosSqId
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_RECEIVE_QUEUE_PARAMETERS()
    image.Flags = flags.rawValue
    image.QueueType = queueType.rawValue
    image.QueueId = queueID
    image.QueueGroupId = queueGroupID
    image.ProcessorAffinity = processorAffinity.image
    image.NumSuggestedReceiveBuffers = numSuggestedReceiveBuffers
    image.MSIXTableEntry = msixTableEntry
    image.LookaheadSize = lookaheadSize
    image.VmName = NDIS_IF_COUNTED_STRING(vmName)
    image.QueueName = NDIS_IF_COUNTED_STRING(queueName)
    image.PortId = portID
    image.InterruptCoalescingDomainId = interruptCoalescingDomainID
    image.QosSqId = qosSQID
    store(image, to: &bytes)
  }
}

extension ReceiveQueueParameters {
  /// Checks NDIS makes for OID_RECEIVE_FILTER_ALLOCATE_QUEUE: a VM queue, a processor, no CHANGED flag (A58), a
  /// lookahead that the adapter supports. `version` is the miniport's.
  public func checkAllocation(
    for version: NDISVersion, _ capabilities: ReceiveFilterCapabilities
  ) throws(Failure) {
    try checkFlags(flags.rawValue, known: ReceiveQueueFlags.properties.rawValue)
    guard queueType == .vmQueue else {
      throw Failure(.invalidParameter, .queueType, UInt64(UInt32(bitPattern: queueType.rawValue)))
    }
    guard processorAffinity.mask != 0 else {
      throw Failure(.invalidParameter, .processorAffinity, UInt64(processorAffinity.group))
    }
    try checkLookahead(for: version, capabilities, isSplit: flags.contains(.lookaheadSplitRequired))
  }

  /// Checks NDIS makes for a set request of OID_RECEIVE_FILTER_QUEUE_PARAMETERS besides those of `applying`.
  public func checkSet(
    for version: NDISVersion, _ capabilities: ReceiveFilterCapabilities
  ) throws(Failure) {
    let isSplit = flags.contains(.lookaheadSplitRequired) && flags.contains(.flagsChanged)
    try checkLookahead(for: version, capabilities, isSplit: isSplit)
  }

  /// Before NDIS 6.30 "if the flag is clear, a nonzero value for LookaheadSize is invalid", and a split that the
  /// adapter does not support is INVALID_PARAMETER; from 6.30 the flag is ignored and the size "must be zero".
  private func checkLookahead(
    for version: NDISVersion, _ capabilities: ReceiveFilterCapabilities, isSplit: Bool
  ) throws(Failure) {
    let mayHaveSize = version < .vports && flags.contains(.lookaheadSplitRequired)
    guard RequestCheck.lookaheadSize.passes(mayHaveSize || lookaheadSize == 0) else {
      throw Failure(.invalidParameter, .lookahead, UInt64(lookaheadSize))
    }
    let properties = capabilities.supportedQueueProperties
    let isSupported = properties & ReceiveFilterCapabilityFlags.lookaheadSplitSupported != 0
    guard
      RequestCheck.lookaheadSupport.passes(version >= .vports || !isSplit || isSupported)
    else { throw Failure(.invalidParameter, .lookaheadUnsupported, UInt64(properties)) }
  }

  /// Bytes of a frame that go to lookahead memory; 0 = no split, always so from NDIS 6.30.
  public func lookahead(for version: NDISVersion) -> UInt32 {
    guard version < .vports, flags.contains(.lookaheadSplitRequired) else { return 0 }
    return lookaheadSize
  }

  /// These parameters after the set request `change`, whose CHANGED flags select the fields. Fails if it
  /// selects none, a field outside its revision, or no processor.
  public func applying(_ change: ReceiveQueueParameters) throws(Failure) -> ReceiveQueueParameters {
    let known = ReceiveQueueFlags.properties.union(.changes(of: change.revision))
    try checkFlags(change.flags.rawValue, known: known.rawValue)
    let changes = change.flags.subtracting(.properties)
    guard !changes.isEmpty else { throw Failure(.invalidParameter, .nothingChanged) }
    var result = self
    if changes.contains(.flagsChanged) {
      result.flags = change.flags.intersection(.properties)
      // A size without the flag would be invalid.
      if !result.flags.contains(.lookaheadSplitRequired) { result.lookaheadSize = 0 }
    }
    if changes.contains(.processorAffinityChanged) {
      guard change.processorAffinity.mask != 0 else {
        throw Failure(.invalidParameter, .processorAffinity, UInt64(change.processorAffinity.group))
      }
      result.processorAffinity = change.processorAffinity
    }
    if changes.contains(.suggestedReceiveBuffersChanged) {
      result.numSuggestedReceiveBuffers = change.numSuggestedReceiveBuffers
    }
    // The flag is about QueueName; no page lets VmName change.
    if changes.contains(.nameChanged) { result.queueName = change.queueName }
    if changes.contains(.interruptCoalescingDomainChanged) {
      result.interruptCoalescingDomainID = change.interruptCoalescingDomainID
    }
    if changes.contains(.qosSQChanged) { result.qosSQID = change.qosSQID }
    return result
  }
}
