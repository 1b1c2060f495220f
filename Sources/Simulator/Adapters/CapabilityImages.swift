// Capabilities as a record stores them: the bytes the miniport wrote, up to the end of their revision.

import NDIS

/// The images of one set of capabilities.
struct CapabilityImages: BitwiseCopyable {
  /// Bytes; 0 = none.
  var receiveFilterLength: UInt32 = 0
  var nicSwitchLength: UInt32 = 0
  var receiveFilter = ReceiveFilterCapabilitiesImage()
  var nicSwitch = NICSwitchCapabilitiesImage()

  init() {}

  init(_ set: CapabilitySet, _ receiveFilter: [UInt8], _ nicSwitch: [UInt8]) {
    receiveFilterLength = length(set.receiveFilter)
    nicSwitchLength = length(set.nicSwitch)
    self.receiveFilter = image(set.receiveFilter, receiveFilter)
    self.nicSwitch = image(set.nicSwitch, nicSwitch)
  }

  var set: CapabilitySet {
    CapabilitySet(
      receiveFilter: receiveFilterLength == 0 ? nil : try? receiveFilter.value(),
      nicSwitch: nicSwitchLength == 0 ? nil : try? nicSwitch.value())
  }

  var receiveFilterBytes: [UInt8] { Array(receiveFilter.bytes.prefix(Int(receiveFilterLength))) }
  var nicSwitchBytes: [UInt8] { Array(nicSwitch.bytes.prefix(Int(nicSwitchLength))) }
}

/// The bytes of the value's revision; 0 for no value.
func length(_ value: (some StructureImage)?) -> UInt32 {
  value.map { UInt32(truncatingIfNeeded: type(of: $0).structure.size($0.revision)) } ?? 0
}

/// The image of receive filter capabilities, cut to its revision.
func image(
  _ value: ReceiveFilterCapabilities?, _ bytes: [UInt8]
) -> ReceiveFilterCapabilitiesImage {
  let size = length(value)
  var image = ReceiveFilterCapabilitiesImage(bytes: Array(bytes.prefix(Int(size))))
  image.headerSize = UInt16(truncatingIfNeeded: size)
  return image
}

/// The image of NIC switch capabilities, cut to its revision.
func image(_ value: NICSwitchCapabilities?, _ bytes: [UInt8]) -> NICSwitchCapabilitiesImage {
  let size = length(value)
  var image = NICSwitchCapabilitiesImage(bytes: Array(bytes.prefix(Int(size))))
  image.headerSize = UInt16(truncatingIfNeeded: size)
  return image
}
