// Structures and their images: sizes and versions typed again, fields where the headers have them, round
// trips, and whatever hostile bytes there are.

import CNDIS
import NDIS
import Testing

@Suite struct StructureTests {
  /// Size macros on x64 and the versions that brought them.
  static let sizes: [String: [(Int, UInt8)]] = [
    "NDIS_RECEIVE_QUEUE_PARAMETERS": [(1084, 20), (1092, 30), (1096, 50)],
    "NDIS_RECEIVE_QUEUE_FREE_PARAMETERS": [(12, 20)],
    "NDIS_RECEIVE_QUEUE_INFO": [(1084, 20), (1092, 30)],
    "NDIS_RECEIVE_QUEUE_INFO_ARRAY": [(16, 20)],
    "NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY": [(20, 20)],
    "NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS": [(16, 20)],
    "NDIS_RECEIVE_QUEUE_STATE": [(16, 20)],
    "NDIS_RECEIVE_FILTER_PARAMETERS": [(36, 20), (44, 30)],
    "NDIS_RECEIVE_FILTER_FIELD_PARAMETERS": [(56, 20), (56, 30)],
    "NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS": [(16, 20)],
    "NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS": [(24, 30)],
    "NDIS_RECEIVE_FILTER_INFO": [(16, 20)],
    "NDIS_RECEIVE_FILTER_INFO_ARRAY": [(20, 20), (28, 30)],
    "NDIS_RECEIVE_FILTER_CAPABILITIES": [(56, 20), (84, 30)],
    "NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS": [(16, 20)],
    "NDIS_NIC_SWITCH_CAPABILITIES": [(32, 20), (116, 30), (132, 60)],
    "NDIS_NIC_SWITCH_INFO": [(572, 30)],
    "NDIS_NIC_SWITCH_INFO_ARRAY": [(16, 30)],
    "NDIS_NIC_SWITCH_VF_PARAMETERS": [(1632, 30)],
    "NDIS_NIC_SWITCH_FREE_VF_PARAMETERS": [(10, 30)],
    "NDIS_NIC_SWITCH_PARAMETERS": [(548, 30), (552, 60)],
    "NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS": [(12, 30)],
    "NDIS_NIC_SWITCH_VPORT_PARAMETERS": [(572, 30), (748, 50)],
    "NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS": [(12, 30)],
    "NDIS_NIC_SWITCH_VPORT_INFO": [(576, 30)],
    "NDIS_NIC_SWITCH_VPORT_INFO_ARRAY": [(28, 30)],
    "NDIS_STATUS_INDICATION": [(112, 0)],
    "NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES": [(216, 0), (224, 20)],
    "NDIS_BIND_PARAMETERS": [(248, 0), (256, 1), (280, 20), (312, 30)],
    "NDIS_LINK_STATE": [(40, 0)],
    "NDISSIM_GENERATE_PARAMETERS": [(24, 20)],
  ]

  @Test("every structure has the headers' sizes and versions")
  func table() throws {
    #expect(Structure.table.count == Self.sizes.count)
    for structure in Structure.table {
      let expected = try #require(Self.sizes[structure.name])
      #expect(structure.revisions.map { Int($0.size) } == expected.map(\.0), "\(structure.name)")
      #expect(structure.revisions.map(\.since.minor) == expected.map(\.1), "\(structure.name)")
      #expect(structure.revisions.map(\.number) == Array(1...UInt8(expected.count)))
      let types: [String: UInt8] = [
        "NDIS_STATUS_INDICATION": 0x98, "NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES": 0x9F,
        "NDIS_BIND_PARAMETERS": 0x86,
      ]
      #expect(structure.objectType == types[structure.name, default: 0x80])
    }
    #expect(MemoryLayout<NDIS_RECEIVE_QUEUE_PARAMETERS>.size == 1096)
    #expect(MemoryLayout<NDIS_NIC_SWITCH_VPORT_PARAMETERS>.size == 752)
    #expect(MemoryLayout<NDIS_IF_COUNTED_STRING>.size == 516)
    #expect(MemoryLayout<GROUP_AFFINITY>.size == 16)
    #expect(MemoryLayout<NDIS_NET_BUFFER_LIST_FILTERING_INFO>.size == 8)
  }

  @Test("there is a sample of every structure in every revision")
  func samples() {
    let have = Set(Samples.all.map { "\($0.name) \($0.revision)" })
    let need = Structure.table.flatMap { structure in
      structure.revisions.map { "\(structure.name) \($0.number)" }
    }
    #expect(have == Set(need))
  }

  @Test("every field stands at the headers' offset")
  func offsets() {
    for sample in Samples.all {
      let image = sample.image
      let size = sample.headerSize
      #expect(
        Array(image.prefix(4)) == [
          sample.type, sample.revision, UInt8(size & 0xFF), UInt8(size >> 8),
        ], "\(sample.name)")
      #expect(image.count >= size)
      for expected in sample.expected {
        #expect(Self.holds(image, expected), "\(sample.name) \(sample.revision): \(expected)")
      }
    }
  }

  static func integer(_ image: [UInt8], _ offset: Int, _ bytes: Int) -> UInt64? {
    guard offset + bytes <= image.count else { return nil }
    return (0..<bytes).reduce(0) { $0 | UInt64(image[offset + $1]) << UInt64(8 * $1) }
  }

  static func holds(_ image: [UInt8], _ expected: Samples.Expected) -> Bool {
    switch expected {
    case .u16(let offset, let value): return integer(image, offset, 2) == UInt64(value)
    case .u32(let offset, let value): return integer(image, offset, 4) == UInt64(value)
    case .u64(let offset, let value): return integer(image, offset, 8) == value
    case .bytes(let offset, let bytes): return Array(image[offset..<offset + bytes.count]) == bytes
    case .text(let offset, let text):
      let units = Array(text.utf16)
      guard integer(image, offset, 2) == UInt64(2 * units.count) else { return false }
      return units.enumerated().allSatisfy {
        integer(image, offset + 2 + 2 * $0, 2) == UInt64($1)
      } && integer(image, offset + 2 + 2 * units.count, 2) == 0
    }
  }

  @Test("what is written is read again, byte for byte")
  func roundTrips() throws {
    for sample in Samples.all {
      #expect(sample.isEqual(sample.image), "\(sample.name) \(sample.revision)")
      #expect(try sample.again(sample.image, .running) == sample.image)
      // Nor does it matter what stands behind it.
      let longer = sample.image + [UInt8](repeating: 0xEE, count: 9)
      #expect(try sample.again(longer, .running) == sample.image)
    }
  }

  private func reason(_ sample: Samples.Sample, _ image: [UInt8], _ version: NDISVersion = .running)
    -> Failure?
  {
    do throws(Failure) {
      _ = try sample.again(image, version)
      return nil
    } catch { return error }
  }

  @Test("a wrong header is refused, a greater Size is not")
  func headers() {
    for sample in Samples.all {
      var image = sample.image
      image[0] ^= 1
      #expect(reason(sample, image)?.reason == .headerType)
      image = sample.image
      image[1] = 0
      #expect(reason(sample, image)?.reason == .headerRevision)
      image[1] = 0xFF
      #expect(reason(sample, image)?.reason == .headerRevision)
      image = sample.image
      image[2] = UInt8((sample.headerSize - 1) & 0xFF)
      image[3] = UInt8((sample.headerSize - 1) >> 8)
      let short = reason(sample, image)
      #expect(short?.reason == .headerSize && short?.status == .invalidParameter)
      image[2] = 0xFF
      image[3] = 0xFF
      #expect(reason(sample, image) == nil, "\(sample.name)")
    }
  }

  @Test("a revision that is newer than the driver is refused")
  func versions() throws {
    for sample in Samples.all {
      var since = try #require(Self.sizes[sample.name])[Int(sample.revision) - 1].1
      // Its elements are of revision 2.
      if sample.name == "NDIS_RECEIVE_QUEUE_INFO_ARRAY" { since = 30 }
      let minors: [UInt8] = [0, 1, 20, 30, 40, 50, 60]
      for minor in minors {
        let failure = reason(sample, sample.image, NDISVersion(6, minor))
        if minor >= since {
          #expect(failure == nil)
        } else {
          #expect(failure?.reason == .headerRevisionForVersion, "\(sample.name) 6.\(minor)")
        }
      }
    }
  }

  @Test("an image that is cut anywhere is refused with the bytes it needs, never read beyond")
  func truncated() {
    for sample in Samples.all {
      for length in 0..<sample.image.count {
        let failure = reason(sample, Array(sample.image.prefix(length)))
        #expect(
          failure?.status == .invalidLength && failure?.reason == .informationBuffer
            && failure?.a == UInt64(length), "\(sample.name) cut to \(length)")
        #expect((failure?.b ?? 0) > UInt64(length))
      }
    }
  }

  @Test("a field of an older revision reads as zero, whatever stands there")
  func olderRevision() throws {
    var image = Samples.queue(3).image()
    image[1] = 1
    var read = try ReceiveQueueParameters(image: image)
    #expect(read.portID == 0 && read.interruptCoalescingDomainID == 0 && read.qosSQID == 0)
    image[1] = 2
    read = try ReceiveQueueParameters(image: image)
    #expect(read.portID == 0x56 && read.interruptCoalescingDomainID == 0x57 && read.qosSQID == 0)
    var filter = ReceiveFilterParameters(vportID: 5, fields: []).image()
    filter[1] = 1
    #expect(try ReceiveFilterParameters(image: filter).vportID == 0)
  }

  @Test("the newest revision a driver may use is that of its version")
  func newest() {
    let queue = Structure.receiveQueueParameters
    #expect(queue.newest(for: NDISVersion(6, 20)) == 1)
    #expect(queue.newest(for: NDISVersion(6, 40)) == 2)
    #expect(queue.newest(for: .running) == 3)
    #expect(queue.newest(for: NDISVersion(6, 0)) == 1)
    #expect(queue.size(2) == 1092 && queue.size(0) == 1096 && queue.size(9) == 1096)
  }
}
