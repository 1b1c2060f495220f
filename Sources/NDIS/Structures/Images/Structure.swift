// The NDIS structures that are sent as images in information buffers and with indications: the type and the
// revisions of each header, with the value of its Size macro on x64 and the NDIS version that introduced it.
// One table for conversion, tests and the OID table.

import CNDIS

/// An NDIS structure with an object header.
public struct Structure: Sendable, Hashable {
  /// A revision of a structure.
  public struct Revision: Sendable, Hashable {
    public var number: UInt8
    /// The value of the Size macro on x64, in bytes.
    public var size: UInt16
    /// The first NDIS version with this revision.
    public var since: NDISVersion
  }

  public let name: String
  /// `Header.Type`.
  public let objectType: UInt8
  /// Ascending from 1, without gaps.
  public let revisions: [Revision]

  private init(_ name: String, _ sizes: (Int, NDISVersion)..., type: Int32 = 0x80) {
    self.name = name
    objectType = UInt8(truncatingIfNeeded: type)
    revisions = sizes.enumerated().map { index, row in
      Revision(
        number: UInt8(truncatingIfNeeded: index + 1), size: UInt16(truncatingIfNeeded: row.0),
        since: row.1)
    }
  }

  /// The newest revision.
  public var newest: UInt8 { UInt8(truncatingIfNeeded: revisions.count) }

  /// The newest revision a driver of `version` may use, 1 if it may use none.
  public func newest(for version: NDISVersion) -> UInt8 {
    revisions.last { $0.since <= version }?.number ?? 1
  }

  /// Size in bytes of a revision's image; of the newest one for an unknown revision.
  public func size(_ revision: UInt8) -> Int {
    let index = Int(revision) - 1
    return Int(
      (revisions.indices.contains(index) ? revisions[index] : revisions[revisions.count - 1]).size)
  }

  /// Checks the header at the start of `bytes` by the contract (A2, A3) and returns the revision. A greater
  /// Size is accepted. Fails with INVALID_LENGTH and the bytes needed as the second argument if the buffer is
  /// shorter than the revision, with INVALID_PARAMETER otherwise.
  public func revision(
    of bytes: UnsafeRawBufferPointer, for version: NDISVersion
  ) throws(Failure) -> UInt8 {
    let headerSize = MemoryLayout<NDIS_OBJECT_HEADER>.size
    guard bytes.count >= headerSize else {
      throw Failure(
        .invalidLength, .informationBuffer, UInt64(bytes.count), UInt64(size(newest(for: version))))
    }
    let header = unsafe bytes.loadUnaligned(as: NDIS_OBJECT_HEADER.self)
    guard header.Type == objectType else {
      throw Failure(.invalidParameter, .headerType, UInt64(header.Type), UInt64(objectType))
    }
    guard header.Revision >= 1, header.Revision <= newest else {
      throw Failure(.invalidParameter, .headerRevision, UInt64(header.Revision), UInt64(newest))
    }
    let row = revisions[Int(header.Revision) - 1]
    guard row.since <= version else {
      throw Failure(
        .invalidParameter, .headerRevisionForVersion, UInt64(header.Revision),
        UInt64(row.since.minor))
    }
    guard header.Size >= row.size else {
      throw Failure(.invalidParameter, .headerSize, UInt64(header.Size), UInt64(row.size))
    }
    guard bytes.count >= Int(row.size) else {
      throw Failure(.invalidLength, .informationBuffer, UInt64(bytes.count), UInt64(row.size))
    }
    return header.Revision
  }
}

extension Structure {
  private static let v620 = NDISVersion(6, 20)
  private static let v630 = NDISVersion(6, 30)
  private static let v650 = NDISVersion(6, 50)

  public static let receiveQueueParameters = Structure(
    "NDIS_RECEIVE_QUEUE_PARAMETERS", (1084, v620), (1092, v630), (1096, v650))
  public static let receiveQueueFreeParameters = Structure(
    "NDIS_RECEIVE_QUEUE_FREE_PARAMETERS", (12, v620))
  public static let receiveQueueInfo = Structure(
    "NDIS_RECEIVE_QUEUE_INFO", (1084, v620), (1092, v630))
  public static let receiveQueueInfoArray = Structure("NDIS_RECEIVE_QUEUE_INFO_ARRAY", (16, v620))
  public static let queueAllocationComplete = Structure(
    "NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY", (20, v620))
  public static let queueAllocationCompleteElement = Structure(
    "NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS", (16, v620))
  public static let receiveQueueState = Structure("NDIS_RECEIVE_QUEUE_STATE", (16, v620))
  public static let receiveFilterParameters = Structure(
    "NDIS_RECEIVE_FILTER_PARAMETERS", (36, v620), (44, v630))
  /// Revision 2 adds values inside unions; its size is the same.
  public static let receiveFilterField = Structure(
    "NDIS_RECEIVE_FILTER_FIELD_PARAMETERS", (56, v620), (56, v630))
  public static let receiveFilterClear = Structure(
    "NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS", (16, v620))
  public static let receiveFilterMove = Structure(
    "NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS", (24, v630))
  public static let receiveFilterInfo = Structure("NDIS_RECEIVE_FILTER_INFO", (16, v620))
  public static let receiveFilterInfoArray = Structure(
    "NDIS_RECEIVE_FILTER_INFO_ARRAY", (20, v620), (28, v630))
  public static let receiveFilterCapabilities = Structure(
    "NDIS_RECEIVE_FILTER_CAPABILITIES", (56, v620), (84, v630))
  public static let receiveFilterGlobalParameters = Structure(
    "NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS", (16, v620))
  public static let nicSwitchCapabilities = Structure(
    "NDIS_NIC_SWITCH_CAPABILITIES", (32, v620), (116, v630), (132, NDISVersion(6, 60)))
  public static let nicSwitchInfo = Structure("NDIS_NIC_SWITCH_INFO", (572, v630))
  public static let nicSwitchInfoArray = Structure("NDIS_NIC_SWITCH_INFO_ARRAY", (16, v630))
  public static let vfParameters = Structure("NDIS_NIC_SWITCH_VF_PARAMETERS", (1632, v630))
  public static let vfFree = Structure("NDIS_NIC_SWITCH_FREE_VF_PARAMETERS", (10, v630))
  public static let nicSwitchParameters = Structure(
    "NDIS_NIC_SWITCH_PARAMETERS", (548, v630), (552, NDISVersion(6, 60)))
  public static let nicSwitchDelete = Structure(
    "NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS", (12, v630))
  public static let vportParameters = Structure(
    "NDIS_NIC_SWITCH_VPORT_PARAMETERS", (572, v630), (748, v650))
  public static let vportDelete = Structure("NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS", (12, v630))
  public static let vportInfo = Structure("NDIS_NIC_SWITCH_VPORT_INFO", (576, v630))
  public static let vportInfoArray = Structure("NDIS_NIC_SWITCH_VPORT_INFO_ARRAY", (28, v630))
  public static let statusIndication = Structure(
    "NDIS_STATUS_INDICATION", (112, NDISVersion(6, 0)), type: NDIS_OBJECT_TYPE_STATUS_INDICATION)
  public static let generalAttributes = Structure(
    "NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES", (216, NDISVersion(6, 0)), (224, v620),
    type: NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES)
  public static let bindParameters = Structure(
    "NDIS_BIND_PARAMETERS", (248, NDISVersion(6, 0)), (256, NDISVersion(6, 1)), (280, v620),
    (312, v630), type: NDIS_OBJECT_TYPE_BIND_PARAMETERS)
  public static let linkState = Structure("NDIS_LINK_STATE", (40, NDISVersion(6, 0)))
  /// An extension.
  public static let generateParameters = Structure("NDISSIM_GENERATE_PARAMETERS", (24, v620))

  /// Every structure.
  public static let table: [Structure] = [
    receiveQueueParameters, receiveQueueFreeParameters, receiveQueueInfo, receiveQueueInfoArray,
    queueAllocationComplete, queueAllocationCompleteElement, receiveQueueState,
    receiveFilterParameters, receiveFilterField, receiveFilterClear, receiveFilterMove,
    receiveFilterInfo, receiveFilterInfoArray, receiveFilterCapabilities,
    receiveFilterGlobalParameters, nicSwitchCapabilities, nicSwitchInfo, nicSwitchInfoArray,
    nicSwitchParameters, nicSwitchDelete, vfParameters, vfFree, vportParameters, vportDelete,
    vportInfo, vportInfoArray, statusIndication, generalAttributes, bindParameters,
    linkState, generateParameters,
  ]
}
