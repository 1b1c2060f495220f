// The names of OIDs for people: those with a row in a table, and those that every miniport handles.

extension OID {
  /// The documented name of an OID, or its number.
  public static func name(of number: UInt32) -> String {
    if let row = of(number: number) { return "\(row.name)" }
    if let row = GeneralOID.of(number: number) { return "\(row.name)" }
    return mandatory.first { $0.number == number }.map { "\($0.name)" }
      ?? hex(UInt64(number), digits: 8)
  }

  private static let mandatory: [(number: UInt32, name: StaticString)] = [
    (GeneralOIDNumber.transmitBufferSpace, "OID_GEN_TRANSMIT_BUFFER_SPACE"),
    (GeneralOIDNumber.receiveBufferSpace, "OID_GEN_RECEIVE_BUFFER_SPACE"),
    (GeneralOIDNumber.transmitBlockSize, "OID_GEN_TRANSMIT_BLOCK_SIZE"),
    (GeneralOIDNumber.receiveBlockSize, "OID_GEN_RECEIVE_BLOCK_SIZE"),
    (GeneralOIDNumber.vendorID, "OID_GEN_VENDOR_ID"),
    (GeneralOIDNumber.vendorDescription, "OID_GEN_VENDOR_DESCRIPTION"),
    (GeneralOIDNumber.currentPacketFilter, "OID_GEN_CURRENT_PACKET_FILTER"),
    (GeneralOIDNumber.currentLookahead, "OID_GEN_CURRENT_LOOKAHEAD"),
    (GeneralOIDNumber.maximumTotalSize, "OID_GEN_MAXIMUM_TOTAL_SIZE"),
    (GeneralOIDNumber.vendorDriverVersion, "OID_GEN_VENDOR_DRIVER_VERSION"),
    (GeneralOIDNumber.linkParameters, "OID_GEN_LINK_PARAMETERS"),
    (GeneralOIDNumber.interruptModeration, "OID_GEN_INTERRUPT_MODERATION"),
    (GeneralOIDNumber.transmittedFrames, "OID_GEN_XMIT_OK"),
    (GeneralOIDNumber.receivedFrames, "OID_GEN_RCV_OK"),
    (GeneralOIDNumber.statistics, "OID_GEN_STATISTICS"),
    (GeneralOIDNumber.multicastList, "OID_802_3_MULTICAST_LIST"),
  ]
}
