// Virtual functions of an SR-IOV adapter: the structures of OID_NIC_SWITCH_ALLOCATE_VF and
// OID_NIC_SWITCH_FREE_VF. The requester leaves VFId and RequestorId invalid; the miniport fills them in.

import CNDIS

extension FunctionID {
  /// `NDIS_INVALID_VF_FUNCTION_ID`, the number of the physical function: no virtual one.
  public static let invalid = FunctionID(rawValue: UInt16(NDIS_INVALID_VF_FUNCTION_ID))
}

/// `NDIS_NIC_SWITCH_VF_PARAMETERS`.
public struct VFParameters: StructureImage {
  public static var structure: Structure { .vfParameters }
  public var revision: UInt8 = 1
  public var switchID: UInt32
  public var vmName: String
  public var vmFriendlyName: String
  public var nicName: String
  /// Of equal length, up to 32 bytes.
  public var permanentMACAddress: [UInt8]
  public var currentMACAddress: [UInt8]
  public var function: FunctionID
  public var requestorID: UInt32

  /// A request for a VF.
  public init(vmName: String, nicName: String = "") {
    switchID = 0
    self.vmName = vmName
    vmFriendlyName = vmName
    self.nicName = nicName
    permanentMACAddress = []
    currentMACAddress = []
    function = .invalid
    requestorID = NDIS_INVALID_RID
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_NIC_SWITCH_VF_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    let length = Int(image.MacAddressLength)
    guard length <= Int(NDIS_MAX_PHYS_ADDRESS_LENGTH) else {
      throw Failure(
        .invalidParameter, .macAddressLength, UInt64(length), UInt64(NDIS_MAX_PHYS_ADDRESS_LENGTH))
    }
    self.revision = revision
    switchID = image.SwitchId
    vmName = try text(of: image.VMName)
    vmFriendlyName = try text(of: image.VMFriendlyName)
    nicName = try text(of: image.NicName)
    permanentMACAddress = unsafe withUnsafeBytes(of: image.PermanentMacAddress) {
      unsafe Array($0.prefix(length))
    }
    currentMACAddress = unsafe withUnsafeBytes(of: image.CurrentMacAddress) {
      unsafe Array($0.prefix(length))
    }
    function = FunctionID(rawValue: image.VFId)
    requestorID = image.RequestorId
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_NIC_SWITCH_VF_PARAMETERS()
    let length = min(permanentMACAddress.count, Int(NDIS_MAX_PHYS_ADDRESS_LENGTH))
    image.SwitchId = switchID
    image.VMName = NDIS_IF_COUNTED_STRING(vmName)
    image.VMFriendlyName = NDIS_IF_COUNTED_STRING(vmFriendlyName)
    image.NicName = NDIS_IF_COUNTED_STRING(nicName)
    image.MacAddressLength = UInt16(truncatingIfNeeded: length)
    unsafe withUnsafeMutableBytes(of: &image.PermanentMacAddress) {
      unsafe $0.copyBytes(from: permanentMACAddress.prefix(length))
    }
    unsafe withUnsafeMutableBytes(of: &image.CurrentMacAddress) {
      unsafe $0.copyBytes(from: currentMACAddress.prefix(length))
    }
    image.VFId = function.rawValue
    image.RequestorId = requestorID
    store(image, to: &bytes)
  }

  /// Checks NDIS makes for OID_NIC_SWITCH_ALLOCATE_VF: the default switch, no ids yet.
  public func checkAllocation() throws(Failure) {
    guard switchID == 0 else {
      throw Failure(.invalidParameter, .switchUnknown, UInt64(switchID))
    }
    guard function == .invalid, requestorID == NDIS_INVALID_RID else {
      throw Failure(
        .invalidParameter, .functionGiven, UInt64(function.rawValue), UInt64(requestorID))
    }
  }
}

/// `NDIS_NIC_SWITCH_FREE_VF_PARAMETERS`.
public struct VFFreeParameters: StructureImage {
  public static var structure: Structure { .vfFree }
  public var revision: UInt8 = 1
  public var function: FunctionID

  public init(function: FunctionID) { self.function = function }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_NIC_SWITCH_FREE_VF_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    self.revision = revision
    function = FunctionID(rawValue: image.VFId)
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_NIC_SWITCH_FREE_VF_PARAMETERS()
    image.VFId = function.rawValue
    store(image, to: &bytes)
  }
}
