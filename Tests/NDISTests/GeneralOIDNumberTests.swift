// The numbers of the mandatory OIDs are those of the C header.

import CNDIS
import NDIS
import Testing

@Test("the mandatory OIDs have the numbers of the header")
func generalOIDNumbers() {
  let numbers: [(UInt32, UInt32)] = [
    (GeneralOIDNumber.transmitBufferSpace, OID_GEN_TRANSMIT_BUFFER_SPACE),
    (GeneralOIDNumber.receiveBufferSpace, OID_GEN_RECEIVE_BUFFER_SPACE),
    (GeneralOIDNumber.transmitBlockSize, OID_GEN_TRANSMIT_BLOCK_SIZE),
    (GeneralOIDNumber.receiveBlockSize, OID_GEN_RECEIVE_BLOCK_SIZE),
    (GeneralOIDNumber.vendorID, OID_GEN_VENDOR_ID),
    (GeneralOIDNumber.vendorDescription, OID_GEN_VENDOR_DESCRIPTION),
    (GeneralOIDNumber.currentPacketFilter, OID_GEN_CURRENT_PACKET_FILTER),
    (GeneralOIDNumber.currentLookahead, OID_GEN_CURRENT_LOOKAHEAD),
    (GeneralOIDNumber.maximumTotalSize, OID_GEN_MAXIMUM_TOTAL_SIZE),
    (GeneralOIDNumber.vendorDriverVersion, OID_GEN_VENDOR_DRIVER_VERSION),
    (GeneralOIDNumber.linkParameters, OID_GEN_LINK_PARAMETERS),
    (GeneralOIDNumber.interruptModeration, OID_GEN_INTERRUPT_MODERATION),
    (GeneralOIDNumber.transmittedFrames, OID_GEN_XMIT_OK),
    (GeneralOIDNumber.receivedFrames, OID_GEN_RCV_OK),
    (GeneralOIDNumber.statistics, OID_GEN_STATISTICS),
    (GeneralOIDNumber.multicastList, OID_802_3_MULTICAST_LIST),
  ]
  #expect(numbers.allSatisfy { $0 == $1 })
  #expect(Set(numbers.map(\.0)).count == numbers.count)
}
