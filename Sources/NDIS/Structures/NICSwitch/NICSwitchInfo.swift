// NDIS's answers about an adapter's NIC switch: the hardware capabilities, and the created switches. Of the
// capabilities only the fields NDIS reads are decoded; the image itself is stored and returned as the
// miniport wrote it.

import CNDIS

/// `NDIS_NIC_SWITCH_CAPABILITIES`, the part that NDIS reads; the rest is written as zero.
public struct NICSwitchCapabilities: StructureImage {
  public static var structure: Structure { .nicSwitchCapabilities }
  public var revision: UInt8
  public var numTotalMACAddresses: UInt32 = 0
  public var numMACAddressesPerPort: UInt32 = 0
  public var numVLANsPerPort: UInt32 = 0
  /// `NDIS_NIC_SWITCH_CAPS_*`. Revision 2, as are all following fields.
  public var capabilities: UInt32 = 0
  public var maxNumSwitches: UInt32 = 0
  /// Including the default VPort.
  public var maxNumVPorts: UInt32 = 0
  public var maxNumVFs: UInt32 = 0
  public var maxNumQueuePairs: UInt32 = 0
  public var maxNumQueuePairsPerNonDefaultVPort: UInt32 = 0
  public var maxNumMACAddresses: UInt32 = 0
  /// Revision 3.
  public var maxNumQueuePairsForDefaultVPort: UInt32 = 0

  public init(revision: UInt8 = 2) { self.revision = revision }

  /// `Flags` is reserved for NDIS, and not read.
  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_NIC_SWITCH_CAPABILITIES(), bytes, version)
    self.revision = revision
    numTotalMACAddresses = image.NumTotalMacAddresses
    numMACAddressesPerPort = image.NumMacAddressesPerPort
    numVLANsPerPort = image.NumVlansPerPort
    capabilities = image.NicSwitchCapabilities
    maxNumSwitches = image.MaxNumSwitches
    maxNumVPorts = image.MaxNumVPorts
    maxNumVFs = image.MaxNumVFs
    maxNumQueuePairs = image.MaxNumQueuePairs
    maxNumQueuePairsPerNonDefaultVPort = image.MaxNumQueuePairsPerNonDefaultVPort
    maxNumMACAddresses = image.MaxNumMacAddresses
    maxNumQueuePairsForDefaultVPort = image.MaxNumQueuePairsForDefaultVPort
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_NIC_SWITCH_CAPABILITIES()
    image.NumTotalMacAddresses = numTotalMACAddresses
    image.NumMacAddressesPerPort = numMACAddressesPerPort
    image.NumVlansPerPort = numVLANsPerPort
    image.NicSwitchCapabilities = capabilities
    image.MaxNumSwitches = maxNumSwitches
    image.MaxNumVPorts = maxNumVPorts
    image.MaxNumVFs = maxNumVFs
    image.MaxNumQueuePairs = maxNumQueuePairs
    image.MaxNumQueuePairsPerNonDefaultVPort = maxNumQueuePairsPerNonDefaultVPort
    image.MaxNumMacAddresses = maxNumMACAddresses
    image.MaxNumQueuePairsForDefaultVPort = maxNumQueuePairsForDefaultVPort
    store(image, to: &bytes)
  }
}

extension NICSwitchCapabilities {
  /// Those of one switch, which keep every rule of their page. `vports` includes the default VPort.
  public static func vports(_ vports: UInt32, functions: UInt32 = 0) -> NICSwitchCapabilities {
    var capabilities = NICSwitchCapabilities()
    capabilities.maxNumSwitches = 1
    capabilities.maxNumVPorts = max(vports, functions &+ 1)
    capabilities.maxNumVFs = functions
    capabilities.maxNumQueuePairs = capabilities.maxNumVPorts
    capabilities.maxNumQueuePairsPerNonDefaultVPort = 1
    capabilities.maxNumMACAddresses = capabilities.maxNumVPorts
    return capabilities
  }
}

/// `NDIS_NIC_SWITCH_INFO`.
public struct NICSwitchInfo: StructureImage {
  public static var structure: Structure { .nicSwitchInfo }
  public var revision: UInt8 = 1
  public var switchType: NICSwitchType
  public var switchID: UInt32
  public var friendlyName: String
  public var numVFs: UInt32
  public var numAllocatedVFs: UInt32
  /// VPorts that can be created, and the default one.
  public var numVPorts: UInt32
  /// VPorts that have been created, and the default one.
  public var numActiveVPorts: UInt32
  public var numQueuePairsForDefaultVPort: UInt32
  public var numQueuePairsForNonDefaultVPorts: UInt32 = 0
  /// Unicast MAC address filters, and VLAN filters, of the default VPort and of all others.
  public var numActiveDefaultVPortMACAddresses: UInt32 = 0
  public var numActiveNonDefaultVPortMACAddresses: UInt32 = 0
  public var numActiveDefaultVPortVLANs: UInt32 = 0
  public var numActiveNonDefaultVPortVLANs: UInt32 = 0

  /// For a switch with these parameters.
  public init(
    _ parameters: NICSwitchParameters, allocatedVFs: UInt32, vports: UInt32, activeVPorts: UInt32
  ) {
    switchType = parameters.switchType
    switchID = parameters.switchID
    friendlyName = parameters.friendlyName
    numVFs = parameters.numVFs
    numAllocatedVFs = allocatedVFs
    numVPorts = vports
    numActiveVPorts = activeVPorts
    numQueuePairsForDefaultVPort = parameters.numQueuePairsForDefaultVPort
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_NIC_SWITCH_INFO(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    self.revision = revision
    switchType = try checkValue(image.SwitchType, NICSwitchType.self, .switchType)
    switchID = image.SwitchId
    friendlyName = try text(of: image.SwitchFriendlyName)
    numVFs = image.NumVFs
    numAllocatedVFs = image.NumAllocatedVFs
    numVPorts = image.NumVPorts
    numActiveVPorts = image.NumActiveVPorts
    numQueuePairsForDefaultVPort = image.NumQueuePairsForDefaultVPort
    numQueuePairsForNonDefaultVPorts = image.NumQueuePairsForNonDefaultVPorts
    numActiveDefaultVPortMACAddresses = image.NumActiveDefaultVPortMacAddresses
    numActiveNonDefaultVPortMACAddresses = image.NumActiveNonDefaultVPortMacAddresses
    numActiveDefaultVPortVLANs = image.NumActiveDefaultVPortVlanIds
    numActiveNonDefaultVPortVLANs = image.NumActiveNonDefaultVPortVlanIds
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_NIC_SWITCH_INFO()
    image.SwitchType = switchType.rawValue
    image.SwitchId = switchID
    image.SwitchFriendlyName = NDIS_IF_COUNTED_STRING(friendlyName)
    image.NumVFs = numVFs
    image.NumAllocatedVFs = numAllocatedVFs
    image.NumVPorts = numVPorts
    image.NumActiveVPorts = numActiveVPorts
    image.NumQueuePairsForDefaultVPort = numQueuePairsForDefaultVPort
    image.NumQueuePairsForNonDefaultVPorts = numQueuePairsForNonDefaultVPorts
    image.NumActiveDefaultVPortMacAddresses = numActiveDefaultVPortMACAddresses
    image.NumActiveNonDefaultVPortMacAddresses = numActiveNonDefaultVPortMACAddresses
    image.NumActiveDefaultVPortVlanIds = numActiveDefaultVPortVLANs
    image.NumActiveNonDefaultVPortVlanIds = numActiveNonDefaultVPortVLANs
    store(image, to: &bytes)
  }
}

/// `NDIS_NIC_SWITCH_INFO_ARRAY`: the answer to OID_NIC_SWITCH_ENUM_SWITCHES.
public struct NICSwitchInfoArray: StructureImage {
  public static var structure: Structure { .nicSwitchInfoArray }
  public var revision: UInt8 = 1
  public var switches: [NICSwitchInfo]

  public init(_ switches: [NICSwitchInfo]) { self.switches = switches }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_NIC_SWITCH_INFO_ARRAY(), bytes, version)
    self.revision = revision
    switches = try unsafe Self.elements(
      NICSwitchInfo.self, of: bytes, head: Self.structure.size(revision),
      offset: image.FirstElementOffset, count: image.NumElements, size: image.ElementSize,
      for: version)
  }

  public func append(to bytes: inout [UInt8]) {
    let layout = ElementLayout(switches, behind: Self.structure.size(revision))
    var image = NDIS_NIC_SWITCH_INFO_ARRAY()
    image.FirstElementOffset = layout.offset
    image.NumElements = layout.count
    image.ElementSize = layout.size
    store(image, to: &bytes)
    layout.append(switches, to: &bytes)
  }
}
