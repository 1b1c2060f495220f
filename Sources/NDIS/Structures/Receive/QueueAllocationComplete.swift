// NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY: the overlying driver has allocated and configured a batch of
// queues; the miniport allocates their memory and returns one status per queue (behaviour 43). Input and
// output have the same structure.

import CNDIS

/// The array of OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE.
public struct QueueAllocationComplete: StructureImage {
  public static var structure: Structure { .queueAllocationComplete }
  public var revision: UInt8 = 1
  public var queues: [Element]

  /// `NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS`.
  public struct Element: StructureImage {
    public static var structure: Structure { .queueAllocationCompleteElement }
    public var revision: UInt8 = 1
    public var queueID: UInt32
    /// The miniport's result; SUCCESS, which is 0, in the request.
    public var completionStatus: Status

    public init(queueID: UInt32, completionStatus: Status = .success) {
      self.queueID = queueID
      self.completionStatus = completionStatus
    }

    public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
      let (image, revision) = try unsafe Self.load(
        NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS(), bytes, version)
      try checkFlags(image.Flags, known: 0)
      self.revision = revision
      queueID = image.QueueId
      completionStatus = Status(rawValue: image.CompletionStatus)
    }

    public func append(to bytes: inout [UInt8]) {
      var image = NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS()
      image.QueueId = queueID
      image.CompletionStatus = completionStatus.rawValue
      store(image, to: &bytes)
    }
  }

  public init(_ queues: [Element]) { self.queues = queues }

  /// A request to complete these queues.
  public init(queueIDs: [UInt32]) { queues = queueIDs.map { Element(queueID: $0) } }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    self.revision = revision
    queues = try unsafe Self.elements(
      Element.self, of: bytes, head: Self.structure.size(revision),
      offset: image.FirstElementOffset, count: image.NumElements, size: image.ElementSize,
      for: version)
  }

  public func append(to bytes: inout [UInt8]) {
    let layout = ElementLayout(queues, behind: Self.structure.size(revision))
    var image = NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY()
    image.FirstElementOffset = layout.offset
    image.NumElements = layout.count
    image.ElementSize = layout.size
    store(image, to: &bytes)
    layout.append(queues, to: &bytes)
  }
}

extension QueueAllocationComplete {
  /// Checks NDIS makes besides the structure: no default queue, no duplicates.
  public func check() throws(Failure) {
    var seen: Set<UInt32> = []
    for queue in queues {
      guard queue.queueID != 0 else { throw Failure(.invalidParameter, .defaultQueue) }
      guard seen.insert(queue.queueID).inserted else {
        throw Failure(.invalidParameter, .queueTwice, UInt64(queue.queueID))
      }
    }
  }
}
