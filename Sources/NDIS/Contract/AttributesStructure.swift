// The structures of NdisMSetMiniportAttributes: which revisions NDIS knows, and the size of each. Any other
// revision, a smaller size and any other type is BAD_VERSION, the one error that routine documents.

import CNDIS

/// The structures a miniport may set as attributes.
public struct AttributesStructure: Sendable, Hashable {
  public let objectType: UInt8
  /// The bytes of each revision from 1 on; the least size where no page says how long it is.
  let sizes: [UInt16]

  /// Fails unless the header is one that NDIS knows.
  public func check(revision: UInt8, size: UInt16) throws(Failure) {
    guard revision >= 1, Int(revision) <= sizes.count else {
      throw Failure(.badVersion, .headerRevision, UInt64(revision), UInt64(sizes.count))
    }
    let least = sizes[Int(revision) - 1]
    guard size >= least else {
      throw Failure(.badVersion, .headerSize, UInt64(size), UInt64(least))
    }
  }

  /// NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES; revision 2 adds flags, no member.
  public static let registration = AttributesStructure(
    objectType: ObjectType.miniportAdapterRegistrationAttributes, sizes: [28, 28])
  /// NDIS_SG_DMA_DESCRIPTION, which is no attribute and has the same rule.
  public static let scatterGatherDMA = AttributesStructure(
    objectType: ObjectType.scatterGatherDMADescription, sizes: [36, 48])
  /// NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES.
  public static let hardwareAssist = AttributesStructure(
    objectType: ObjectType.miniportAdapterHardwareAssistAttributes, sizes: [16, 48, 80, 96])

  /// Attributes that are accepted and not read: their features are not built.
  static let unread: [AttributesStructure] = [
    AttributesStructure(objectType: ObjectType.miniportAdapterOffloadAttributes, sizes: [40]),
    AttributesStructure(
      objectType: ObjectType.miniportAdapterNative80211Attributes, sizes: [4, 4]),
    AttributesStructure(objectType: ObjectType.miniportAdapterNDKAttributes, sizes: [4]),
    AttributesStructure(objectType: ObjectType.miniportAdapterPacketDirectAttributes, sizes: [4]),
    hardwareAssist,
  ]

  /// The structure of attributes that are accepted and not read, nil for another type.
  public static func unread(type: UInt8) -> AttributesStructure? {
    unread.first { $0.objectType == type }
  }
}
