// The OIDs about an adapter in general whose queries NDIS answers for the miniport, from the general attributes it
// set in MiniportInitializeEx; their pages say "NDIS handles this OID" or "Not requested". Without the attributes
// they reach the miniport like any OID that has no row in `OID.table`.

import CNDIS

/// An OID that is answered from the general attributes.
public struct GeneralOID: Sendable {
  public let number: UInt32
  public let name: StaticString
  /// Its information, from the attributes and the list of OIDs.
  let information: @Sendable (GeneralAttributes, [UInt32]) -> [UInt8]

  private init(
    _ number: UInt32, _ name: StaticString,
    _ information: @escaping @Sendable (GeneralAttributes, [UInt32]) -> [UInt8]
  ) {
    self.number = number
    self.name = name
    self.information = information
  }

  /// What NDIS answers.
  public func information(_ attributes: GeneralAttributes, supported: [UInt32]) -> [UInt8] {
    information(attributes, supported)
  }

  /// The row of a number.
  public static func of(number: UInt32) -> GeneralOID? { table.first { $0.number == number } }

  /// Whether an OID is about statistics: NDIS leaves these out of OID_GEN_SUPPORTED_LIST, "because protocol
  /// drivers never make statistics queries". Their numbers have 2 in the second byte, whatever the medium.
  public static func isStatistics(_ number: UInt32) -> Bool {
    !isPrivate(number) && (number >> 16) & 0xFF == 0x02
  }

  /// Whether an OID is a vendor's own.
  public static func isPrivate(_ number: UInt32) -> Bool { number >> 24 == 0xFF }

  /// All rows, by number.
  public static let table: [GeneralOID] = [
    GeneralOID(OID_GEN_SUPPORTED_LIST, "OID_GEN_SUPPORTED_LIST") { _, supported in
      supported.lazy.filter { !isStatistics($0) }.flatMap { littleEndian($0) }
    },
    GeneralOID(OID_GEN_MEDIA_SUPPORTED, "OID_GEN_MEDIA_SUPPORTED") { attributes, _ in
      littleEndian(attributes.mediaType)
    },
    GeneralOID(OID_GEN_MEDIA_IN_USE, "OID_GEN_MEDIA_IN_USE") { attributes, _ in
      littleEndian(attributes.mediaType)
    },
    GeneralOID(OID_GEN_MAXIMUM_LOOKAHEAD, "OID_GEN_MAXIMUM_LOOKAHEAD") { attributes, _ in
      littleEndian(attributes.lookaheadSize)
    },
    GeneralOID(OID_GEN_MAXIMUM_FRAME_SIZE, "OID_GEN_MAXIMUM_FRAME_SIZE") { attributes, _ in
      littleEndian(attributes.mtuSize)
    },
    GeneralOID(OID_GEN_CURRENT_LOOKAHEAD, "OID_GEN_CURRENT_LOOKAHEAD") { attributes, _ in
      littleEndian(attributes.lookaheadSize)
    },
    GeneralOID(OID_GEN_MAC_OPTIONS, "OID_GEN_MAC_OPTIONS") { attributes, _ in
      littleEndian(attributes.macOptions)
    },
    GeneralOID(OID_GEN_MEDIA_CONNECT_STATUS, "OID_GEN_MEDIA_CONNECT_STATUS") { attributes, _ in
      let isDown = attributes.link.connectState == UInt32(MediaConnectStateDisconnected)
      return littleEndian(isDown ? UInt32(1) : 0)
    },
    GeneralOID(OID_GEN_PHYSICAL_MEDIUM, "OID_GEN_PHYSICAL_MEDIUM") { attributes, _ in
      // "overrides the NdisPhysicalMedium802_3 type as NdisPhysicalMediumUnspecified"
      let is8023 = attributes.physicalMediumType == UInt32(NdisPhysicalMedium802_3)
      return littleEndian(is8023 ? 0 : attributes.physicalMediumType)
    },
    GeneralOID(OID_GEN_MAX_LINK_SPEED, "OID_GEN_MAX_LINK_SPEED") { attributes, _ in
      littleEndian(attributes.maxXmitLinkSpeed) + littleEndian(attributes.maxRcvLinkSpeed)
    },
    GeneralOID(OID_GEN_LINK_STATE, "OID_GEN_LINK_STATE") { attributes, _ in
      attributes.link.image()
    },
    GeneralOID(OID_GEN_PHYSICAL_MEDIUM_EX, "OID_GEN_PHYSICAL_MEDIUM_EX") { attributes, _ in
      littleEndian(attributes.physicalMediumType)
    },
    GeneralOID(OID_802_3_PERMANENT_ADDRESS, "OID_802_3_PERMANENT_ADDRESS") { attributes, _ in
      attributes.permanentAddress
    },
    GeneralOID(OID_802_3_CURRENT_ADDRESS, "OID_802_3_CURRENT_ADDRESS") { attributes, _ in
      attributes.currentAddress
    },
    GeneralOID(OID_802_3_MAXIMUM_LIST_SIZE, "OID_802_3_MAXIMUM_LIST_SIZE") { attributes, _ in
      littleEndian(attributes.maxMulticastListSize)
    },
  ]
  #if MUTANTS
    .mutated("general-oid") { row in
      GeneralOID(row.number, row.name) { attributes, supported in
        row.information(attributes, supported) + [0]
      }
    }
  #endif

  private static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
