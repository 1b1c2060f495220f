// Receive filters: the structures of OID_RECEIVE_FILTER_SET_FILTER, _CLEAR_FILTER and _MOVE_FILTER. A filter
// is a list of tests, all of which a frame must pass; filters of one queue are alternatives.

import CNDIS

/// `NDIS_RECEIVE_FILTER_TYPE`.
public enum ReceiveFilterType: Int32, Sendable, CaseIterable, BitwiseCopyable {
  case undefined = 0
  case vmQueue = 1
  case packetCoalescing = 2
}

/// `NDIS_RECEIVE_FILTER_PARAMETERS`, with its array of tests.
public struct ReceiveFilterParameters: StructureImage {
  public static var structure: Structure { .receiveFilterParameters }
  public var revision: UInt8
  public var flags: Flags = []
  public var filterType: ReceiveFilterType
  public var queueID: UInt32
  /// 0 in a set request; NDIS assigns it.
  public var filterID: UInt32
  public var fields: [ReceiveFilterField]
  /// Always 0.
  public var requestedFilterIDBitCount: UInt32
  /// In milliseconds. Revision 2.
  public var maxCoalescingDelay: UInt32
  /// Revision 2.
  public var vportID: UInt32

  public struct Flags: OptionSet, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// `NDIS_RECEIVE_FILTER_PACKET_ENCAPSULATION`, up to NDIS 6.40 `..._ENCAPSULATION_GRE`: the MAC address is
    /// that of the inner frame of encapsulated packets.
    public static let packetEncapsulation = Flags(rawValue: 1 << 1)
  }

  /// A filter of a queue (VMQ) or of a VPort (SR-IOV).
  public init(
    queueID: UInt32 = 0, vportID: UInt32 = 0, fields: [ReceiveFilterField], revision: UInt8 = 2
  ) {
    self.revision = revision
    filterType = .vmQueue
    self.queueID = queueID
    filterID = 0
    self.fields = fields
    requestedFilterIDBitCount = 0
    maxCoalescingDelay = 0
    self.vportID = vportID
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_RECEIVE_FILTER_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: Flags.packetEncapsulation.rawValue)
    self.revision = revision
    flags = Flags(rawValue: image.Flags)
    filterType = try checkValue(image.FilterType, ReceiveFilterType.self, .filterType)
    queueID = image.QueueId
    filterID = image.FilterId
    fields = try unsafe Self.elements(
      ReceiveFilterField.self, of: bytes, head: Self.structure.size(revision),
      offset: image.FieldParametersArrayOffset, count: image.FieldParametersArrayNumElements,
      size: image.FieldParametersArrayElementSize, for: version)
    requestedFilterIDBitCount = image.RequestedFilterIdBitCount
    maxCoalescingDelay = image.MaxCoalescingDelay
    vportID = image.VPortId
  }

  public func append(to bytes: inout [UInt8]) {
    // After the structure with its trailing padding, so that the tests' 64-bit values are aligned.
    let start = bytes.count
    let head = (Self.structure.size(revision) + 7) & ~7
    let layout = ElementLayout(fields, behind: head)
    var image = NDIS_RECEIVE_FILTER_PARAMETERS()
    image.Flags = flags.rawValue
    image.FilterType = filterType.rawValue
    image.QueueId = queueID
    image.FilterId = filterID
    image.FieldParametersArrayOffset = layout.offset
    image.FieldParametersArrayNumElements = layout.count
    image.FieldParametersArrayElementSize = layout.size
    image.RequestedFilterIdBitCount = requestedFilterIDBitCount
    image.MaxCoalescingDelay = maxCoalescingDelay
    image.VPortId = vportID
    store(image, to: &bytes)
    guard !fields.isEmpty else { return }
    bytes.append(contentsOf: repeatElement(0, count: start + head - bytes.count))
    layout.append(fields, to: &bytes)
  }
}

/// `NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS`.
public struct ReceiveFilterClearParameters: StructureImage {
  public static var structure: Structure { .receiveFilterClear }
  public var revision: UInt8 = 1
  public var queueID: UInt32
  public var filterID: UInt32

  public init(queueID: UInt32, filterID: UInt32) {
    self.queueID = queueID
    self.filterID = filterID
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    self.revision = revision
    queueID = image.QueueId
    filterID = image.FilterId
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS()
    image.QueueId = queueID
    image.FilterId = filterID
    store(image, to: &bytes)
  }
}

/// `NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS`.
public struct ReceiveFilterMoveParameters: StructureImage {
  public static var structure: Structure { .receiveFilterMove }
  public var revision: UInt8 = 1
  public var filterID: UInt32
  public var source: Place
  public var destination: Place

  /// The queue or VPort that a filter is set on.
  public struct Place: Hashable, Sendable, BitwiseCopyable {
    public var queueID: UInt32
    public var vportID: UInt32
    public init(queueID: UInt32 = 0, vportID: UInt32) {
      self.queueID = queueID
      self.vportID = vportID
    }
  }

  public init(filterID: UInt32, from source: Place, to destination: Place) {
    self.filterID = filterID
    self.source = source
    self.destination = destination
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS(), bytes, version)
    self.revision = revision
    filterID = image.FilterId
    source = Place(queueID: image.SourceQueueId, vportID: image.SourceVPortId)
    destination = Place(queueID: image.DestQueueId, vportID: image.DestVPortId)
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS()
    image.FilterId = filterID
    image.SourceQueueId = source.queueID
    image.SourceVPortId = source.vportID
    image.DestQueueId = destination.queueID
    image.DestVPortId = destination.vportID
    store(image, to: &bytes)
  }
}
