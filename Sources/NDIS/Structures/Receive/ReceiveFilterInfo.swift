// NDIS's answers about receive filters: the filters of a queue or VPort, and the capabilities of the adapter.

import CNDIS

/// `NDIS_RECEIVE_FILTER_INFO`.
public struct ReceiveFilterInfo: StructureImage {
  public static var structure: Structure { .receiveFilterInfo }
  public var revision: UInt8 = 1
  public var filterType: ReceiveFilterType
  public var filterID: UInt32

  public init(filterType: ReceiveFilterType = .vmQueue, filterID: UInt32) {
    self.filterType = filterType
    self.filterID = filterID
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_RECEIVE_FILTER_INFO(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    self.revision = revision
    filterType = try checkValue(image.FilterType, ReceiveFilterType.self, .filterType)
    filterID = image.FilterId
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_RECEIVE_FILTER_INFO()
    image.FilterType = filterType.rawValue
    image.FilterId = filterID
    store(image, to: &bytes)
  }
}

/// `NDIS_RECEIVE_FILTER_INFO_ARRAY`: the queried queue or VPort, and the answer.
public struct ReceiveFilterInfoArray: StructureImage {
  public static var structure: Structure { .receiveFilterInfoArray }
  public var revision: UInt8
  public var queueID: UInt32
  /// Nil unless NDIS_RECEIVE_FILTER_INFO_ARRAY_VPORT_ID_SPECIFIED is set. Revision 2.
  public var vportID: UInt32?
  public var filters: [ReceiveFilterInfo]

  public init(
    queueID: UInt32 = 0, vportID: UInt32? = nil, filters: [ReceiveFilterInfo] = [],
    revision: UInt8 = 2
  ) {
    self.revision = revision
    self.queueID = queueID
    self.vportID = vportID
    self.filters = filters
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_RECEIVE_FILTER_INFO_ARRAY(), bytes, version)
    try checkFlags(image.Flags, known: NDIS_RECEIVE_FILTER_INFO_ARRAY_VPORT_ID_SPECIFIED)
    self.revision = revision
    queueID = image.QueueId
    vportID = image.Flags == 0 ? nil : image.VPortId
    filters = try unsafe Self.elements(
      ReceiveFilterInfo.self, of: bytes, head: Self.structure.size(revision),
      offset: image.FirstElementOffset, count: image.NumElements, size: image.ElementSize,
      for: version)
  }

  public func append(to bytes: inout [UInt8]) {
    let layout = ElementLayout(filters, behind: Self.structure.size(revision))
    var image = NDIS_RECEIVE_FILTER_INFO_ARRAY()
    image.QueueId = queueID
    image.FirstElementOffset = layout.offset
    image.NumElements = layout.count
    image.ElementSize = layout.size
    if let vportID {
      image.Flags = NDIS_RECEIVE_FILTER_INFO_ARRAY_VPORT_ID_SPECIFIED
      image.VPortId = vportID
    }
    store(image, to: &bytes)
    layout.append(filters, to: &bytes)
  }
}

/// `NDIS_RECEIVE_FILTER_CAPABILITIES`, the part used by VMQ; the rest is written as zero.
public struct ReceiveFilterCapabilities: StructureImage {
  public static var structure: Structure { .receiveFilterCapabilities }
  public var revision: UInt8
  public var enabledFilterTypes: UInt32 = 0
  public var enabledQueueTypes: UInt32 = 0
  /// Not counting the default queue.
  public var numQueues: UInt32 = 0
  public var supportedQueueProperties: UInt32 = 0
  public var supportedFilterTests: UInt32 = 0
  public var supportedHeaders: UInt32 = 0
  public var supportedMACHeaderFields: UInt32 = 0
  public var maxMACHeaderFilters: UInt32 = 0
  public var maxQueueGroups: UInt32 = 0
  public var maxQueuesPerQueueGroup: UInt32 = 0
  /// In bytes; 0 from NDIS 6.30.
  public var minLookaheadSplitSize: UInt32 = 0
  /// In bytes; 0 from NDIS 6.30.
  public var maxLookaheadSplitSize: UInt32 = 0
  /// Revision 2, as are the following fields.
  public var supportedARPHeaderFields: UInt32 = 0
  public var supportedIPv4HeaderFields: UInt32 = 0
  public var supportedIPv6HeaderFields: UInt32 = 0
  public var supportedUDPHeaderFields: UInt32 = 0
  public var maxFieldTestsPerPacketCoalescingFilter: UInt32 = 0
  public var maxPacketCoalescingFilters: UInt32 = 0
  public var ndisReserved: UInt32 = 0

  public init(revision: UInt8 = 2) { self.revision = revision }

  /// `Flags` is reserved for NDIS, and not read.
  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_RECEIVE_FILTER_CAPABILITIES(), bytes, version)
    self.revision = revision
    enabledFilterTypes = image.EnabledFilterTypes
    enabledQueueTypes = image.EnabledQueueTypes
    numQueues = image.NumQueues
    supportedQueueProperties = image.SupportedQueueProperties
    supportedFilterTests = image.SupportedFilterTests
    supportedHeaders = image.SupportedHeaders
    supportedMACHeaderFields = image.SupportedMacHeaderFields
    maxMACHeaderFilters = image.MaxMacHeaderFilters
    maxQueueGroups = image.MaxQueueGroups
    maxQueuesPerQueueGroup = image.MaxQueuesPerQueueGroup
    minLookaheadSplitSize = image.MinLookaheadSplitSize
    maxLookaheadSplitSize = image.MaxLookaheadSplitSize
    supportedARPHeaderFields = image.SupportedARPHeaderFields
    supportedIPv4HeaderFields = image.SupportedIPv4HeaderFields
    supportedIPv6HeaderFields = image.SupportedIPv6HeaderFields
    supportedUDPHeaderFields = image.SupportedUdpHeaderFields
    maxFieldTestsPerPacketCoalescingFilter = image.MaxFieldTestsPerPacketCoalescingFilter
    maxPacketCoalescingFilters = image.MaxPacketCoalescingFilters
    ndisReserved = image.NdisReserved
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_RECEIVE_FILTER_CAPABILITIES()
    image.EnabledFilterTypes = enabledFilterTypes
    image.EnabledQueueTypes = enabledQueueTypes
    image.NumQueues = numQueues
    image.SupportedQueueProperties = supportedQueueProperties
    image.SupportedFilterTests = supportedFilterTests
    image.SupportedHeaders = supportedHeaders
    image.SupportedMacHeaderFields = supportedMACHeaderFields
    image.MaxMacHeaderFilters = maxMACHeaderFilters
    image.MaxQueueGroups = maxQueueGroups
    image.MaxQueuesPerQueueGroup = maxQueuesPerQueueGroup
    image.MinLookaheadSplitSize = minLookaheadSplitSize
    image.MaxLookaheadSplitSize = maxLookaheadSplitSize
    image.SupportedARPHeaderFields = supportedARPHeaderFields
    image.SupportedIPv4HeaderFields = supportedIPv4HeaderFields
    image.SupportedIPv6HeaderFields = supportedIPv6HeaderFields
    image.SupportedUdpHeaderFields = supportedUDPHeaderFields
    image.MaxFieldTestsPerPacketCoalescingFilter = maxFieldTestsPerPacketCoalescingFilter
    image.MaxPacketCoalescingFilters = maxPacketCoalescingFilters
    image.NdisReserved = ndisReserved
    store(image, to: &bytes)
  }
}

extension ReceiveFilterCapabilities {
  /// Those of an adapter with VM queues, which keep every rule of their pages: MAC filters of the destination
  /// address.
  public static func vmQueues(
    _ count: UInt32, filters: UInt32, for version: NDISVersion = .vports
  ) -> ReceiveFilterCapabilities {
    var capabilities = ReceiveFilterCapabilities(revision: structure.newest(for: version))
    capabilities.enabledFilterTypes = NDIS_RECEIVE_FILTER_VMQ_FILTERS_ENABLED
    capabilities.enabledQueueTypes = NDIS_RECEIVE_FILTER_VM_QUEUES_ENABLED
    capabilities.numQueues = count
    capabilities.supportedQueueProperties =
      NDIS_RECEIVE_FILTER_MSI_X_SUPPORTED | NDIS_RECEIVE_FILTER_VM_QUEUE_SUPPORTED
      | (version < .vports ? 0 : ReceiveFilterCapabilityFlags.requiredFrom630)
    capabilities.supportedFilterTests = NDIS_RECEIVE_FILTER_TEST_HEADER_FIELD_EQUAL_SUPPORTED
    capabilities.supportedHeaders = NDIS_RECEIVE_FILTER_MAC_HEADER_SUPPORTED
    capabilities.supportedMACHeaderFields = NDIS_RECEIVE_FILTER_MAC_HEADER_DEST_ADDR_SUPPORTED
    capabilities.maxMACHeaderFilters = filters
    return capabilities
  }

  /// Those of an adapter with SR-IOV, which has VPorts instead of VM queues.
  public static func vports(
    filters: UInt32, for version: NDISVersion = .vports
  ) -> ReceiveFilterCapabilities {
    var capabilities = vmQueues(0, filters: filters, for: version)
    capabilities.enabledQueueTypes = 0
    return capabilities
  }

  /// Whether VM queues can be allocated.
  public var hasVMQueues: Bool {
    enabledQueueTypes & NDIS_RECEIVE_FILTER_VM_QUEUES_ENABLED != 0
      && supportedQueueProperties & NDIS_RECEIVE_FILTER_VM_QUEUE_SUPPORTED != 0
  }

  /// Whether filters of queues and VPorts can be set.
  public var hasVMQFilters: Bool {
    enabledFilterTypes & NDIS_RECEIVE_FILTER_VMQ_FILTERS_ENABLED != 0
  }
}

/// `NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS`.
public struct ReceiveFilterGlobalParameters: StructureImage {
  public static var structure: Structure { .receiveFilterGlobalParameters }
  public var revision: UInt8 = 1
  public var enabledFilterTypes: UInt32
  public var enabledQueueTypes: UInt32

  public init(enabledFilterTypes: UInt32, enabledQueueTypes: UInt32) {
    self.enabledFilterTypes = enabledFilterTypes
    self.enabledQueueTypes = enabledQueueTypes
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    self.revision = revision
    enabledFilterTypes = image.EnabledFilterTypes
    enabledQueueTypes = image.EnabledQueueTypes
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS()
    image.EnabledFilterTypes = enabledFilterTypes
    image.EnabledQueueTypes = enabledQueueTypes
    store(image, to: &bytes)
  }
}
