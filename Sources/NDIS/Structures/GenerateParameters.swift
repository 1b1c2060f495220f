// NDISSIM_GENERATE_PARAMETERS, an extension: the input of OID_NDISSIM_GENERATE, which makes a hosted miniport
// receive frames. On hardware a test would need a peer at the other end of the cable.

import CNDIS

/// The frames a hosted miniport is to receive.
public struct GenerateParameters: StructureImage {
  public static var structure: Structure { .generateParameters }
  public var revision: UInt8 = 1
  public var queueID: UInt32
  public var vportID: UInt32
  /// Number of frames.
  public var count: UInt32
  /// Bytes of each frame; 0 = as the miniport is configured.
  public var length: UInt32

  public init(queueID: UInt32 = 0, vportID: UInt32 = 0, count: UInt32 = 1, length: UInt32 = 0) {
    self.queueID = queueID
    self.vportID = vportID
    self.count = count
    self.length = length
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDISSIM_GENERATE_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    self.revision = revision
    queueID = image.QueueId
    vportID = image.VPortId
    count = image.Count
    length = image.Length
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDISSIM_GENERATE_PARAMETERS()
    image.QueueId = queueID
    image.VPortId = vportID
    image.Count = count
    image.Length = length
    store(image, to: &bytes)
  }
}
