// Hostile images: random bytes, damaged samples, arrays that lie about themselves, values that no
// enumeration has. Nothing traps; what is refused has a reason.

import NDIS
import Testing

/// Numbers that replay: SplitMix64.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct HostileImageTests {
  private func put(_ image: inout [UInt8], _ offset: Int, _ value: UInt32) {
    for index in 0..<4 {
      image[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
    }
  }

  private func failure(_ sample: Samples.Sample, _ image: [UInt8]) -> Failure? {
    do throws(Failure) {
      _ = try sample.again(image, .running)
      return nil
    } catch { return error }
  }

  @Test("random bytes never trap, and what is read is written again", arguments: 0..<8)
  func random(seed: UInt64) {
    var numbers = Seeded(state: seed)
    var read = 0
    for sample in Samples.all {
      for _ in 0..<40 {
        // A right header, and the rest damaged in a few places or entirely.
        var image = sample.image
        let everything = Int.random(in: 0..<4, using: &numbers) == 0
        let count = everything ? image.count : Int.random(in: 1...6, using: &numbers)
        for index in 0..<count {
          let place = everything ? index : Int.random(in: 4..<image.count, using: &numbers)
          if !everything || place >= 4 { image[place] = UInt8.random(in: 0...255, using: &numbers) }
        }
        if Int.random(in: 0..<8, using: &numbers) == 0 {
          image.removeLast(Int.random(in: 0...image.count, using: &numbers))
        }
        do throws(Failure) {
          let once = try sample.again(image, .running)
          let twice = try sample.again(once, .running)
          #expect(once == twice, "\(sample.name), seed \(seed)")
          read += 1
        } catch {
          #expect(error.status == .invalidParameter || error.status == .invalidLength)
          #expect(error.reason != .none && error.sentence.hasSuffix("."))
        }
      }
    }
    #expect(read > 100)
  }

  @Test("wholly random bytes never trap")
  func noise() {
    var numbers = Seeded(state: 42)
    for sample in Samples.all {
      for _ in 0..<60 {
        let length = Int.random(in: 0...2400, using: &numbers)
        let image = (0..<length).map { _ in UInt8.random(in: 0...255, using: &numbers) }
        _ = failure(sample, image)
      }
    }
  }

  /// Offsets of FirstElementOffset, NumElements, ElementSize and the size of the head.
  static let arrays: [(name: String, revision: UInt8, at: Int, head: UInt32, element: UInt32)] = [
    ("NDIS_RECEIVE_QUEUE_INFO_ARRAY", 1, 4, 16, 1084),
    ("NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY", 1, 8, 20, 16),
    ("NDIS_RECEIVE_FILTER_PARAMETERS", 1, 20, 36, 56),
    ("NDIS_RECEIVE_FILTER_PARAMETERS", 2, 20, 44, 56),
    ("NDIS_RECEIVE_FILTER_INFO_ARRAY", 1, 8, 20, 16),
    ("NDIS_RECEIVE_FILTER_INFO_ARRAY", 2, 8, 28, 16),
    ("NDIS_NIC_SWITCH_VPORT_INFO_ARRAY", 1, 16, 28, 576),
  ]

  @Test("offset, count and size of an array are checked without overflow")
  func arrays() throws {
    for array in Self.arrays {
      let sample = try #require(
        Samples.all.first { $0.name == array.name && $0.revision == array.revision })
      func lie(_ offset: UInt32?, _ count: UInt32?, _ size: UInt32?) -> Failure? {
        var image = sample.image
        if let offset { put(&image, array.at, offset) }
        if let count { put(&image, array.at + 4, count) }
        if let size { put(&image, array.at + 8, size) }
        return failure(sample, image)
      }
      #expect(lie(nil, .max, nil)?.reason == .elementCount, "\(array.name)")
      #expect(lie(nil, 1025, nil)?.reason == .elementCount)
      #expect(lie(nil, 1024, nil)?.reason == .informationBuffer)
      #expect(lie(nil, nil, .max)?.reason == .informationBuffer)
      #expect(lie(nil, nil, array.element - 1)?.reason == .elementSize)
      #expect(lie(nil, nil, 0)?.reason == .elementSize)
      #expect(lie(.max, nil, nil)?.reason == .informationBuffer)
      #expect(lie(array.head - 1, nil, nil)?.reason == .elementOffset)
      #expect(lie(0, nil, nil)?.reason == .elementOffset)
      #expect(lie(.max, 1024, .max)?.reason == .informationBuffer)
      #expect(lie(.max, .max, .max)?.reason == .elementCount)
      // Without elements offset and size mean nothing.
      #expect(lie(.max, 0, .max) == nil)
      // Elements may lie further apart.
      var apart = sample.image + [UInt8](repeating: 0, count: 1)
      put(&apart, array.at + 8, StructureTests.element(sample.image, array.at + 8) + 1)
      put(&apart, array.at + 4, 1)
      #expect(failure(sample, apart) == nil, "\(array.name)")
    }
  }

  @Test("values that no enumeration has are refused")
  func enumerations() throws {
    let cases: [(String, UInt8, Int, UInt32, Reason)] = [
      ("NDIS_RECEIVE_QUEUE_PARAMETERS", 1, 8, 2, .queueType),
      ("NDIS_RECEIVE_QUEUE_PARAMETERS", 3, 8, .max, .queueType),
      ("NDIS_RECEIVE_QUEUE_PARAMETERS", 2, 4, 0x4, .unknownFlags),
      ("NDIS_RECEIVE_QUEUE_PARAMETERS", 2, 4, 0x40_0000, .unknownFlags),
      ("NDIS_RECEIVE_QUEUE_FREE_PARAMETERS", 1, 4, 1, .unknownFlags),
      ("NDIS_RECEIVE_QUEUE_INFO", 2, 20, 4, .queueOperationalState),
      ("NDIS_RECEIVE_QUEUE_STATE", 1, 12, 4, .queueOperationalState),
      ("NDIS_RECEIVE_QUEUE_STATE", 1, 12, 0x8000_0000, .queueOperationalState),
      ("NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY", 1, 4, 1, .unknownFlags),
      ("NDIS_RECEIVE_FILTER_PARAMETERS", 2, 8, 3, .filterType),
      ("NDIS_RECEIVE_FILTER_FIELD_PARAMETERS", 1, 4, 2, .unknownFlags),
      ("NDIS_RECEIVE_FILTER_FIELD_PARAMETERS", 1, 8, 0, .filterFrameHeader),
      ("NDIS_RECEIVE_FILTER_FIELD_PARAMETERS", 1, 8, 6, .filterFrameHeader),
      ("NDIS_RECEIVE_FILTER_FIELD_PARAMETERS", 2, 12, 0, .filterTest),
      ("NDIS_RECEIVE_FILTER_FIELD_PARAMETERS", 2, 12, 4, .filterTest),
      ("NDIS_RECEIVE_FILTER_FIELD_PARAMETERS", 1, 16, 0, .filterHeaderField),
      ("NDIS_RECEIVE_FILTER_FIELD_PARAMETERS", 1, 16, 7, .filterHeaderField),
      ("NDIS_RECEIVE_FILTER_INFO_ARRAY", 2, 20, 2, .unknownFlags),
      ("NDIS_NIC_SWITCH_PARAMETERS", 1, 8, 2, .switchType),
      ("NDIS_NIC_SWITCH_VPORT_PARAMETERS", 1, 4, 4, .unknownFlags),
      ("NDIS_NIC_SWITCH_VPORT_PARAMETERS", 1, 544, 3, .vportState),
      ("NDIS_NIC_SWITCH_VPORT_PARAMETERS", 2, 540, 3, .interruptModeration),
      ("NDIS_NIC_SWITCH_VPORT_INFO", 1, 8, 8, .unknownFlags),
      ("NDIS_NIC_SWITCH_VPORT_INFO_ARRAY", 1, 4, 4, .unknownFlags),
      ("NDIS_STATUS_INDICATION", 1, 24, 1, .unknownFlags),
      ("NDIS_STATUS_INDICATION", 1, 52, 1, .reservedNotZero),
    ]
    for (name, revision, offset, value, reason) in cases {
      let sample = try #require(
        Samples.all.first { $0.name == name && $0.revision == revision })
      var image = sample.image
      put(&image, offset, value)
      let failure = failure(sample, image)
      #expect(failure?.reason == reason, "\(name) at \(offset)")
      #expect(failure?.status == .invalidParameter)
    }
  }

  @Test("each frame header has its own fields")
  func headerFields() throws {
    let limits: [(UInt32, UInt32)] = [(1, 6), (2, 3), (3, 1), (4, 1), (5, 1)]
    for (header, last) in limits {
      for field: UInt32 in 0...8 {
        var image = ReceiveFilterField.vlan(1).image()
        put(&image, 8, header)
        put(&image, 16, field)
        let isLegal = (try? ReceiveFilterField(image: image)) != nil
        #expect(isLegal == (field >= 1 && field <= last), "header \(header), field \(field)")
      }
    }
  }

  @Test("a counted string is whole units of clean UTF-16")
  func countedStrings() {
    let bad: [([UInt8], Reason)] = [
      ([1, 0, 0x41, 0], .countedString), ([2, 2], .countedString), ([0xFF, 0xFF], .countedString),
      ([0xFE, 0xFF], .countedString), ([2, 0, 0x0A, 0], .badCountedString),
      ([2, 0, 0, 0], .badCountedString), ([2, 0, 0x7F, 0], .badCountedString),
      ([2, 0, 0x00, 0xD8], .badCountedString), ([2, 0, 0x00, 0xDC], .badCountedString),
      ([4, 0, 0x00, 0xD8, 0x41, 0], .badCountedString),
    ]
    for (bytes, reason) in bad {
      var image = ReceiveQueueParameters(queueName: "", vmName: "").image()
      for (index, byte) in bytes.enumerated() { image[568 + index] = byte }
      #expect(throws: Failure.self) { try ReceiveQueueParameters(image: image) }
      do throws(Failure) { _ = try ReceiveQueueParameters(image: image) } catch {
        #expect(error.reason == reason)
      }
    }
  }

  @Test("a counted string holds 256 units and is cut at a character's edge")
  func countedStringLimits() throws {
    for (text, kept) in [
      (String(repeating: "x", count: 256), 256), (String(repeating: "x", count: 300), 256),
      (String(repeating: "x", count: 255) + "😀", 255), (String(repeating: "😀", count: 128), 256),
      (String(repeating: "😀", count: 129), 256), ("", 0),
    ] {
      let read = try ReceiveQueueParameters(
        image: ReceiveQueueParameters(queueName: text, vmName: "").image())
      #expect(read.queueName.utf16.count == kept)
      #expect(text.hasPrefix(read.queueName))
    }
  }
}

extension StructureTests {
  static func element(_ image: [UInt8], _ offset: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: integer(image, offset, 4) ?? 0)
  }
}
