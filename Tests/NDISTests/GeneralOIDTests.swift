// What NDIS answers from a miniport's general attributes, and which OIDs are statistics or a vendor's own.

import CNDIS
import NDIS
import Testing

@Suite struct GeneralOIDTests {
  private func answer(
    _ oid: UInt32, supported: [UInt32] = [], _ change: (inout GeneralAttributes) -> Void = { _ in }
  ) -> [UInt8]? {
    var attributes = GeneralAttributes(address: [2, 0, 0, 0, 0, 1])
    change(&attributes)
    return GeneralOID.of(number: oid)?.information(attributes, supported: supported)
  }

  @Test("OID_GEN_SUPPORTED_LIST: NDIS filters statistics OIDs out of the list")
  func supportedList() {
    let list: [UInt32] = [0x0001_0101, 0x0002_0106, 0x0102_0101, 0x0101_0101, 0xFF02_0001]
    #expect(
      answer(OID_GEN_SUPPORTED_LIST, supported: list)
        == [1, 1, 1, 0] + [1, 1, 1, 1] + [1, 0, 2, 0xFF])
    #expect(answer(OID_GEN_SUPPORTED_LIST) == [])
  }

  @Test("NDIS handles the general OIDs with the values that miniport drivers supply")
  func values() {
    #expect(answer(OID_GEN_MEDIA_SUPPORTED) { $0.mediaType = 9 } == [9, 0, 0, 0])
    #expect(answer(OID_GEN_MEDIA_IN_USE) { $0.mediaType = 9 } == [9, 0, 0, 0])
    #expect(answer(OID_GEN_MAXIMUM_LOOKAHEAD) { $0.lookaheadSize = 258 } == [2, 1, 0, 0])
    #expect(answer(OID_GEN_CURRENT_LOOKAHEAD) { $0.lookaheadSize = 258 } == [2, 1, 0, 0])
    #expect(answer(OID_GEN_MAXIMUM_FRAME_SIZE) { $0.mtuSize = 9000 } == [0x28, 0x23, 0, 0])
    #expect(answer(OID_GEN_MAC_OPTIONS) { $0.macOptions = 0x200 } == [0, 2, 0, 0])
    #expect(
      answer(OID_GEN_MAX_LINK_SPEED) {
        $0.maxXmitLinkSpeed = 1
        $0.maxRcvLinkSpeed = 2
      } == [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0])
    #expect(answer(OID_802_3_PERMANENT_ADDRESS) { $0.currentAddress = [3] } == [2, 0, 0, 0, 0, 1])
    #expect(answer(OID_802_3_CURRENT_ADDRESS) { $0.currentAddress = [3] } == [3])
    #expect(answer(OID_802_3_MAXIMUM_LIST_SIZE) { $0.maxMulticastListSize = 7 } == [7, 0, 0, 0])
    #expect(answer(OID_GEN_STATISTICS) == nil)
  }

  @Test("OID_GEN_LINK_STATE and OID_GEN_MEDIA_CONNECT_STATUS follow the state of the link")
  func link() {
    #expect(answer(OID_GEN_LINK_STATE) { $0.link.rcvSpeed = 5 } == LinkState(rcvSpeed: 5).image())
    #expect(answer(OID_GEN_MEDIA_CONNECT_STATUS) { $0.link.connectState = 1 } == [0, 0, 0, 0])
    #expect(answer(OID_GEN_MEDIA_CONNECT_STATUS) { $0.link.connectState = 2 } == [1, 0, 0, 0])
  }

  @Test(
    "OID_GEN_PHYSICAL_MEDIUM overrides 802.3 as unspecified, OID_GEN_PHYSICAL_MEDIUM_EX does not")
  func physicalMedium() {
    #expect(answer(OID_GEN_PHYSICAL_MEDIUM) == [0, 0, 0, 0])
    #expect(answer(OID_GEN_PHYSICAL_MEDIUM) { $0.physicalMediumType = 9 } == [9, 0, 0, 0])
    #expect(answer(OID_GEN_PHYSICAL_MEDIUM_EX) == [14, 0, 0, 0])
  }
}
