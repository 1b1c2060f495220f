// The general and Ethernet OIDs that every miniport handles (mandatory-oids-for-miniport-drivers).
// NDIS passes them on like any OID without a row in `OID.table`; a test compares the numbers with the C header.

/// The numbers of mandatory OIDs.
public enum GeneralOIDNumber {
  /// `OID_GEN_TRANSMIT_BUFFER_SPACE`.
  @inlinable public static var transmitBufferSpace: UInt32 { 0x0001_0108 }
  /// `OID_GEN_RECEIVE_BUFFER_SPACE`.
  @inlinable public static var receiveBufferSpace: UInt32 { 0x0001_0109 }
  /// `OID_GEN_TRANSMIT_BLOCK_SIZE`.
  @inlinable public static var transmitBlockSize: UInt32 { 0x0001_010A }
  /// `OID_GEN_RECEIVE_BLOCK_SIZE`.
  @inlinable public static var receiveBlockSize: UInt32 { 0x0001_010B }
  /// `OID_GEN_VENDOR_ID`.
  @inlinable public static var vendorID: UInt32 { 0x0001_010C }
  /// `OID_GEN_VENDOR_DESCRIPTION`.
  @inlinable public static var vendorDescription: UInt32 { 0x0001_010D }
  /// `OID_GEN_CURRENT_PACKET_FILTER`.
  @inlinable public static var currentPacketFilter: UInt32 { 0x0001_010E }
  /// `OID_GEN_CURRENT_LOOKAHEAD`.
  @inlinable public static var currentLookahead: UInt32 { 0x0001_010F }
  /// `OID_GEN_MAXIMUM_TOTAL_SIZE`.
  @inlinable public static var maximumTotalSize: UInt32 { 0x0001_0111 }
  /// `OID_GEN_VENDOR_DRIVER_VERSION`.
  @inlinable public static var vendorDriverVersion: UInt32 { 0x0001_0116 }
  /// `OID_GEN_LINK_PARAMETERS`.
  @inlinable public static var linkParameters: UInt32 { 0x0001_0208 }
  /// `OID_GEN_INTERRUPT_MODERATION`.
  @inlinable public static var interruptModeration: UInt32 { 0x0001_0209 }
  /// `OID_GEN_XMIT_OK`.
  @inlinable public static var transmittedFrames: UInt32 { 0x0002_0101 }
  /// `OID_GEN_RCV_OK`.
  @inlinable public static var receivedFrames: UInt32 { 0x0002_0102 }
  /// `OID_GEN_STATISTICS`.
  @inlinable public static var statistics: UInt32 { 0x0002_0106 }
  /// `OID_802_3_MULTICAST_LIST`.
  @inlinable public static var multicastList: UInt32 { 0x0101_0103 }
}
