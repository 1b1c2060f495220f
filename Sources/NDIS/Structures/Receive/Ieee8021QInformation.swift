// NDIS_NET_BUFFER_LIST_8021Q_INFO: the 802.1Q tag of a list's frames, out of band. "The miniport driver must remove the
// 802.1Q tag from the Ethernet frame and map the 802.1Q tag information into the NDIS_NET_BUFFER_LIST_8021Q_INFO OOB
// data in the NET_BUFFER_LIST structure" (ns-nbl8021q-ndis_net_buffer_list_8021q_info).

/// The value of Ieee8021QNetBufferListInfo; zero = the frames had no tag.
public struct Ieee8021QInformation: Hashable, Sendable, BitwiseCopyable {
  /// The low 32 bits of `Value`; the others are reserved.
  public var rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public init(vlanID: UInt16, userPriority: UInt8 = 0) {
    rawValue = UInt32(userPriority & 0x7) | UInt32(vlanID & 0xFFF) << 4
  }

  /// No tag.
  public static let none = Ieee8021QInformation(rawValue: 0)

  /// `TagHeader.UserPriority`: the 802.1p priority.
  public var userPriority: UInt8 { UInt8(rawValue & 0x7) }

  /// `TagHeader.VlanId`.
  public var vlanID: UInt16 { UInt16(rawValue >> 4 & 0xFFF) }
}
