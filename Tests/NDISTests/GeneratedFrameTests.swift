// The frames a hosted miniport makes: laid out as IEEE 802.3 has them, and every byte of them checked by
// who reads them.

import NDIS
import Testing

@Suite struct GeneratedFrameTests {
  static let address = MACAddress([0x02, 0x11, 0x22, 0x33, 0x44, 0x55])

  static func frame(vlan: UInt16? = nil, length: UInt32 = 128) -> GeneratedFrame {
    GeneratedFrame(
      to: .broadcast, from: address, vlan: vlan, queueID: 0x0102, sequence: 0x0304_0506_0708_09FE,
      length: length)
  }

  @Test("addresses, EtherType, queue, number and pattern stand where they belong")
  func layout() {
    let bytes = Self.frame().bytes
    #expect(bytes.count == 128)
    #expect(Array(bytes[0..<6]) == [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
    #expect(Array(bytes[6..<12]) == [0x02, 0x11, 0x22, 0x33, 0x44, 0x55])
    #expect(Array(bytes[12..<18]) == [0x88, 0xB5, 0x4E, 0x53, 0x49, 0x4D])
    #expect(Array(bytes[18..<22]) == [0x02, 0x01, 0, 0])
    #expect(Array(bytes[22..<30]) == [0xFE, 0x09, 0x08, 0x07, 0x06, 0x05, 0x04, 0x03])
    for index in 30..<128 { #expect(bytes[index] == UInt8((index + 0xFE) & 0xFF)) }
    let tagged = Self.frame(vlan: 0x0ABC).bytes
    #expect(Array(tagged[12..<18]) == [0x81, 0x00, 0x0A, 0xBC, 0x88, 0xB5])
    #expect(Self.address.description == "02:11:22:33:44:55")
  }

  @Test("what is written is read again, at every length", arguments: [64, 65, 128, 1514, 9014])
  func roundTrip(length: UInt32) {
    for vlan in [nil, 7] as [UInt16?] {
      let frame = Self.frame(vlan: vlan, length: length)
      #expect(frame.bytes.count == Int(length))
      #expect(GeneratedFrame(frame.bytes) == frame)
    }
    #expect(Self.frame(length: 1).length == 64 && Self.frame(length: 99_999).length == 9014)
  }

  @Test("a frame with one wrong byte, or cut, is none")
  func damaged() {
    let bytes = Self.frame().bytes
    // Behind the addresses and the queue and number every byte is decided by what is before it.
    for index in Array(12..<18) + Array(30..<128) {
      var wrong = bytes
      wrong[index] ^= 0x40
      #expect(GeneratedFrame(wrong) == nil, "\(index)")
    }
    for count in 0..<64 { #expect(GeneratedFrame(Array(bytes.prefix(count))) == nil) }
    #expect(GeneratedFrame([UInt8](repeating: 0, count: 9015)) == nil)
    #expect(GeneratedFrame([UInt8](repeating: 0, count: 1514)) == nil)
  }
}
