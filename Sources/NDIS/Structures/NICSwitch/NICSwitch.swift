// The NIC switch of an SR-IOV adapter: only the default switch exists, of type External.

import CNDIS

/// `NDIS_NIC_SWITCH_TYPE`.
public enum NICSwitchType: Int32, Sendable, CaseIterable, BitwiseCopyable {
  case unspecified = 0
  case external = 1
}

/// `NDIS_NIC_SWITCH_PARAMETERS`.
public struct NICSwitchParameters: StructureImage {
  public static var structure: Structure { .nicSwitchParameters }
  public var revision: UInt8
  public var flags: Flags
  public var switchType: NICSwitchType
  public var switchID: UInt32
  public var friendlyName: String
  public var numVFs: UInt32
  /// Revision 2.
  public var numQueuePairsForDefaultVPort: UInt32

  public struct Flags: OptionSet, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let nameChanged = Flags(rawValue: 1 << 16)
  }

  public init(friendlyName: String = "", numVFs: UInt32 = 0, revision: UInt8 = 1) {
    self.revision = revision
    flags = []
    switchType = .external
    switchID = 0
    self.friendlyName = friendlyName
    self.numVFs = numVFs
    numQueuePairsForDefaultVPort = 0
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_NIC_SWITCH_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: Flags.nameChanged.rawValue)
    self.revision = revision
    flags = Flags(rawValue: image.Flags)
    switchType = try checkValue(image.SwitchType, NICSwitchType.self, .switchType)
    switchID = image.SwitchId
    friendlyName = try text(of: image.SwitchFriendlyName)
    numVFs = image.NumVFs
    numQueuePairsForDefaultVPort = image.NumQueuePairsForDefaultVPort
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_NIC_SWITCH_PARAMETERS()
    image.Flags = flags.rawValue
    image.SwitchType = switchType.rawValue
    image.SwitchId = switchID
    image.SwitchFriendlyName = NDIS_IF_COUNTED_STRING(friendlyName)
    image.NumVFs = numVFs
    image.NumQueuePairsForDefaultVPort = numQueuePairsForDefaultVPort
    store(image, to: &bytes)
  }

  /// Checks NDIS makes for OID_NIC_SWITCH_CREATE_SWITCH: the default switch, external, nothing changed.
  public func checkCreation() throws(Failure) {
    try checkFlags(flags.rawValue, known: 0)
    guard switchType == .external else {
      throw Failure(
        .invalidParameter, .switchType, UInt64(UInt32(bitPattern: switchType.rawValue)))
    }
    guard switchID == 0 else {
      throw Failure(.invalidParameter, .switchUnknown, UInt64(switchID))
    }
  }
}

extension NICSwitchParameters {
  /// These parameters after the set request `change`: only the name can change.
  public func applying(_ change: NICSwitchParameters) throws(Failure) -> NICSwitchParameters {
    guard change.flags.contains(.nameChanged) else {
      throw Failure(.invalidParameter, .nothingChanged)
    }
    var result = self
    result.friendlyName = change.friendlyName
    return result
  }
}

/// `NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS`.
public struct NICSwitchDeleteParameters: StructureImage {
  public static var structure: Structure { .nicSwitchDelete }
  public var revision: UInt8 = 1
  public var switchID: UInt32

  public init(switchID: UInt32 = 0) { self.switchID = switchID }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    self.revision = revision
    switchID = image.SwitchId
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS()
    image.SwitchId = switchID
    store(image, to: &bytes)
  }
}
