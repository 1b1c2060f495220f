// The OIDs that every miniport handles (mandatory-oids-for-miniport-drivers), asked of a hosted miniport.

import NDISDriverInterface
import CNDIS
import NDIS
import Testing

@testable import NDISHostedDrivers

@Suite struct VMQGeneralOIDTests {
  private func query(
    _ ndis: ScriptedNDIS, _ oid: UInt32, _ kind: OIDRequestKind = .query, room: UInt32 = 512
  ) -> [UInt8]? {
    let end = ndis.end(ndis.request(oid, kind, [], room: room))
    return end?.status == .success ? end?.result.information : nil
  }

  private func set(_ ndis: ScriptedNDIS, _ oid: UInt32, _ input: [UInt8]) -> Status? {
    ndis.end(ndis.request(oid, .set, input))?.status
  }

  private func number(_ bytes: [UInt8]?, at offset: Int = 0, _ count: Int = 4) -> UInt64? {
    guard let bytes, bytes.count >= offset + count else { return nil }
    return (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
  }

  @Test("every mandatory query is answered, and another OID is NOT_SUPPORTED")
  func queries() {
    let ndis = VMQMiniportTests.running()
    let numbers: [(UInt32, UInt64)] = [
      (OID_GEN_MAXIMUM_TOTAL_SIZE, 1514), (OID_GEN_TRANSMIT_BLOCK_SIZE, 1514),
      (OID_GEN_TRANSMIT_BUFFER_SPACE, 1514), (OID_GEN_RECEIVE_BLOCK_SIZE, 1536),
      (OID_GEN_RECEIVE_BUFFER_SPACE, 64 << 10), (OID_GEN_VENDOR_ID, 0xFF_FFFF),
      (OID_GEN_VENDOR_DRIVER_VERSION, 0x1_0000), (OID_GEN_CURRENT_PACKET_FILTER, 0),
      (OID_GEN_CURRENT_LOOKAHEAD, 1514),
    ]
    for (oid, expected) in numbers {
      let answer = query(ndis, oid)
      #expect(answer?.count == 4 && number(answer) == expected, "\(oid)")
    }
    let text = query(ndis, OID_GEN_VENDOR_DESCRIPTION) ?? []
    #expect(text.count % 2 == 0 && text.suffix(2) == [0, 0] && text.first == UInt8(ascii: "n"))
    for oid in [OID_GEN_XMIT_OK, OID_GEN_RCV_OK] {
      #expect(query(ndis, oid)?.count == 8 && query(ndis, oid, room: 4)?.count == 4)
      #expect(query(ndis, oid, .queryStatistics)?.count == 8)
    }
    let short = ndis.end(ndis.request(OID_GEN_STATISTICS, .query, [], room: 151))
    #expect(short?.status == .invalidLength && short?.result.bytesNeeded == 152)
    for oid in [0x0001_0101 as UInt32, 0x0001_0114, 0x0001_0220] {
      #expect(ndis.end(ndis.request(oid, .query, []))?.status == .notSupported)
    }
    #expect(set(ndis, OID_GEN_STATISTICS, []) == .notSupported)
    #expect(ndis.end(ndis.request(OID_GEN_LINK_PARAMETERS, .query, []))?.status == .notSupported)
  }

  @Test("the packet filter and the lookahead are set, and a short buffer is INVALID_LENGTH")
  func numbersSet() {
    let ndis = VMQMiniportTests.running()
    #expect(set(ndis, OID_GEN_CURRENT_PACKET_FILTER, [0x0B, 0, 0, 0]) == .success)
    #expect(number(query(ndis, OID_GEN_CURRENT_PACKET_FILTER)) == 0x0B)
    #expect(set(ndis, OID_GEN_CURRENT_PACKET_FILTER, [0x40, 0, 0, 0]) == .notSupported)
    #expect(number(query(ndis, OID_GEN_CURRENT_PACKET_FILTER)) == 0x0B)
    #expect(set(ndis, OID_GEN_CURRENT_LOOKAHEAD, [128, 0, 0, 0]) == .success)
    #expect(number(query(ndis, OID_GEN_CURRENT_LOOKAHEAD)) == 128)
    for oid in [OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_CURRENT_LOOKAHEAD] {
      let short = ndis.end(ndis.request(oid, .set, [1, 0, 0]))
      #expect(short?.status == .invalidLength && short?.result.bytesNeeded == 4)
    }
  }

  @Test("interrupt moderation is enabled or disabled, link parameters are accepted")
  func structures() {
    let ndis = VMQMiniportTests.running()
    let oid = OID_GEN_INTERRUPT_MODERATION
    #expect(query(ndis, oid) == [0x80, 1, 12, 0, 0, 0, 0, 0, 2, 0, 0, 0])
    #expect(set(ndis, oid, [0x80, 1, 12, 0, 0, 0, 0, 0, 3, 0, 0, 0]) == .success)
    #expect(number(query(ndis, oid), at: 8) == 3)
    for value in [0, 1, 4] as [UInt8] {
      #expect(set(ndis, oid, [0x80, 1, 12, 0, 0, 0, 0, 0, value, 0, 0, 0]) == .invalidData)
    }
    #expect(set(ndis, oid, [0x80, 1, 12, 0]) == .invalidLength)
    var link: [UInt8] = [0x80, 1, 32, 0, 2] + [UInt8](repeating: 0, count: 27)
    #expect(set(ndis, OID_GEN_LINK_PARAMETERS, link) == .success)
    link[4] = 3
    #expect(set(ndis, OID_GEN_LINK_PARAMETERS, link) == .invalidData)
    #expect(set(ndis, OID_GEN_LINK_PARAMETERS, [0x80, 1, 32, 0]) == .invalidLength)
  }

  @Test("OID_802_3_MULTICAST_LIST replaces the list: addresses of 6 bytes, or none")
  func multicastList() {
    let ndis = VMQMiniportTests.running()
    let oid = OID_802_3_MULTICAST_LIST
    #expect(set(ndis, oid, [1, 0, 0x5E, 0, 0, 1, 1, 0, 0x5E, 0, 0, 2]) == .success)
    #expect(ndis.miniport.state.multicastCount == 2)
    #expect(set(ndis, oid, [1, 0, 0x5E, 0, 0]) == .invalidLength)
    #expect(set(ndis, oid, [UInt8](repeating: 1, count: 17 * 6)) == .multicastFull)
    #expect(ndis.miniport.state.multicastCount == 2)
    #expect(set(ndis, oid, []) == .success && ndis.miniport.state.multicastCount == 0)
  }

  @Test("OID_GEN_STATISTICS counts the frames that NDIS took, by destination, and those discarded")
  func statistics() throws {
    let ndis = VMQMiniportTests.running()
    VMQMiniportTests.open(ndis, [1])
    try ndis.generate(1, 3, length: 100)
    try ndis.generate(0, 2, length: 64)
    ndis.failures["indicateReceive"] = Failure(.resources, .tooManyIndicated, 1, 1)
    try ndis.generate(0, 4, length: 64)
    let info = query(ndis, OID_GEN_STATISTICS)
    #expect(info?.count == 152 && info?.prefix(4) == [0x80, 1, 152, 0])
    #expect(number(info, at: 4) == 0x3F_87FF)
    func counter(_ index: Int) -> UInt64? { number(info, at: 8 + 8 * index, 8) }
    #expect(counter(0) == 4 && counter(1) == 0)
    #expect(counter(2) == 428 && counter(3) == 3 && counter(4) == 0 && counter(5) == 2)
    #expect((6...11).allSatisfy { counter($0) == 0 })
    #expect(counter(12) == 300 && counter(13) == 0 && counter(14) == 128)
    #expect(number(query(ndis, OID_GEN_RCV_OK), 8) == 5)
    #expect(number(query(ndis, OID_GEN_XMIT_OK), 8) == 0)
  }

  @Test("general objects outlive the process with the miniport's rows")
  func stored() throws {
    let ndis = VMQMiniportTests.running()
    VMQMiniportTests.open(ndis, [1])
    _ = set(ndis, OID_GEN_CURRENT_PACKET_FILTER, [0x2B, 0, 0, 0])
    _ = set(ndis, OID_802_3_MULTICAST_LIST, [1, 0, 0x5E, 0, 0, 1])
    try ndis.generate(1, 3, length: 100)
    var rows: [UInt32: HostRow] = [:]
    ndis.miniport.rows { rows[$0] = $1 }
    let again = try #require(VMQMiniport(rows: { rows[$0] ?? HostRow() }))
    #expect(again.state.packetFilter == 0x2B && again.state.multicastCount == 1)
    #expect(again.state.received.directed.frames == 3)
  }
}
