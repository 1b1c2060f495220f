// Structures and constants: behaviours 1 to 8. Offsets, sizes and numbers are typed here from the
// documents, not taken from the code under test.

import CNDIS
import NDISDriverKit
import Testing

extension Contract {
  @Suite struct Structures {
    @Test("behaviour 1: NDIS_SHARED_MEMORY_PARAMETERS has its x64 offsets and sizes")
    func parametersLayout() {
      typealias Image = NDIS_SHARED_MEMORY_PARAMETERS
      #expect(MemoryLayout<Image>.offset(of: \.Header) == 0)
      #expect(MemoryLayout<Image>.offset(of: \.Flags) == 4)
      #expect(MemoryLayout<Image>.offset(of: \.QueueId) == 8)
      #expect(MemoryLayout<Image>.offset(of: \.SharedMemoryHandle) == 16)
      #expect(MemoryLayout<Image>.offset(of: \.PreferredNode) == 24)
      #expect(MemoryLayout<Image>.offset(of: \.Usage) == 28)
      #expect(MemoryLayout<Image>.offset(of: \.Length) == 32)
      #expect(MemoryLayout<Image>.offset(of: \.VirtualAddress) == 40)
      #expect(MemoryLayout<Image>.offset(of: \.SGListBufferLength) == 48)
      #expect(MemoryLayout<Image>.offset(of: \.SGListBuffer) == 56)
      #expect(MemoryLayout<Image>.offset(of: \.VPortId) == 64)
      #expect(NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_1 == 64)
      #expect(NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2 == 68)
      #expect(NDIS_OBJECT_TYPE_DEFAULT == 0x80)
    }

    @Test(
      "behaviour 1: fields written at those offsets reach the provider",
      arguments: Bench.Kind.allCases)
    func parametersOnTheWire(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        var image = parametersImage(revision: 2, size: 68, bytes: 68)
        image.put(UInt32(1), at: 4)  // Flags: CONTIGUOUS
        image.put(UInt32(3), at: 24)  // PreferredNode
        image.put(Int32(7), at: 28)  // Usage
        image.put(UInt32(0x1234), at: 32)  // Length
        image.put(UInt32(64), at: 48)  // SGListBufferLength
        image.put(UInt32(0xFFFF_FFFF), at: 64)  // VPortId
        let reply = try caller.allocateRaw(image)
        let seen = try #require(liar.allocations.first)
        #expect(seen.hasPrefix("allocate OKAY length=4660 usage=7 flags=1 node=3 queue=0 "))
        try caller.freeRaw(reply)
      }
    }

    @Test("behaviour 2: provider characteristics are 32 bytes, type 0xB0, revision 1")
    func providerCharacteristics() throws {
      try Bench.run(.inMemory) { bench in
        let connection = try bench.connect("driver")
        let role = ProtocolRole(options: { driver, connection throws(DriverError) in
          try connection.setOptionalHandlers(
            driver, provider: RecordingProvider(), providerContext: 0x1122_3344_5566_7788
          ) { image in
            #expect(image.count == 32)
            #expect(image.number(UInt8.self, at: 0) == 0xB0)
            #expect(image.number(UInt8.self, at: 1) == 1)
            #expect(image.number(UInt16.self, at: 2) == 32)
            #expect(image.number(UInt64.self, at: 8) == 0x1122_3344_5566_7788)
            #expect(image.number(UInt64.self, at: 16) != 0)
            #expect(image.number(UInt64.self, at: 24) != 0)
          }
        })
        _ = try connection.registerProtocolDriver(role, name: "driver")
      }
      #expect(MemoryLayout<NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS>.size == 32)
    }

    @Test("behaviour 3: revisions fit the driver's NDIS version", arguments: Bench.Kind.allCases)
    func revisions(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let old = try bench.miniport("old", version: NDISVersion(6, 20))
        let new = try bench.miniport("new", version: NDISVersion(6, 30))
        try old.free(try old.allocate { $0.revision = 1 })
        try new.free(try new.allocate { $0.revision = 2 })
        // A3: lenient unless the daemon is told otherwise.
        try new.free(try new.allocate { $0.revision = 1 })
        try expectRefused(.invalidParameter, "headerRevisionForVersion") {
          () throws(DriverError) in try old.allocate { $0.revision = 2 }
        }
        for revision: UInt8 in [0, 3, 255] {
          try expectRefused(.invalidParameter, "headerRevision") { () throws(DriverError) in
            try new.allocate { $0.revision = revision }
          }
        }
      }
    }

    @Test(
      "behaviour 3: the strict mode refuses revision 1 from NDIS 6.30 (A3)",
      arguments: Bench.Kind.allCases)
    func strictRevisions(kind: Bench.Kind) throws {
      try Bench.run(kind, Bench.Options { $0.switches = ["revisions"] }) { bench in
        let old = try bench.miniport("old", version: NDISVersion(6, 20))
        let new = try bench.miniport("new", version: NDISVersion(6, 30))
        try old.free(try old.allocate { $0.revision = 1 })
        try expectRefused(.invalidParameter, "headerRevision") { () throws(DriverError) in
          try new.allocate { $0.revision = 1 }
        }
      }
    }

    @Test(
      "behaviour 4: a Header.Size too small is refused, a greater one accepted",
      arguments: Bench.Kind.allCases)
    func headerSize(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let caller = try bench.miniport()
        for (revision, size): (UInt8, UInt16) in [(1, 63), (1, 4), (2, 67), (2, 64), (2, 0)] {
          try expectRefused(.invalidParameter, "headerSize") { () throws(DriverError) in
            try caller.allocate {
              $0.revision = revision
              $0.headerSize = size
            }
          }
        }
        for (revision, size): (UInt8, UInt16) in [(1, 68), (2, 72), (1, 200), (2, 200)] {
          var image = parametersImage(revision: revision, size: size, bytes: Int(size))
          for index in (revision == 1 ? 64 : 68)..<Int(size) { image[index] = 0xEE }
          // What stands behind the revision is ignored, also where a newer one has VPortId (A32).
          try caller.freeRaw(try caller.allocateRaw(image))
        }
      }
    }

    @Test("behaviour 5: a wrong Header.Type is refused", arguments: Bench.Kind.allCases)
    func headerType(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let caller = try bench.miniport()
        for type: UInt8 in [0, 0x81, 0xB0, 0xFF] {
          try expectRefused(.invalidParameter, "headerType") { () throws(DriverError) in
            try caller.allocate { $0.objectType = type }
          }
        }
      }
    }

    @Test(
      "behaviour 6: Usage 0 to 9 reaches the provider unchanged, others are refused",
      arguments: Bench.Kind.allCases)
    func usage(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        for usage: Int32 in 0...9 {
          try caller.free(try caller.allocate(tag: "OKAY") { $0.rawUsage = usage })
        }
        for usage: Int32 in [10, 11, -1, .max, .min] {
          try expectRefused(.invalidParameter, "usage") { () throws(DriverError) in
            try caller.allocate(tag: "OKAY") { $0.rawUsage = usage }
          }
        }
        let seen = liar.allocations
        #expect(seen.count == 10)
        for (usage, line) in seen.enumerated() { #expect(line.contains(" usage=\(usage) ")) }
      }
    }

    @Test(
      "behaviour 7: CONTIGUOUS reaches the provider, unknown flags are refused",
      arguments: Bench.Kind.allCases)
    func flags(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        try caller.free(try caller.allocate(tag: "OKAY") { $0.flags = [] })
        try caller.free(
          try caller.allocate(tag: "OKAY") { $0.flags = SharedMemoryFlags(rawValue: 1) })
        for flag: UInt32 in [2, 3, 0x80, 0x8000_0000, 0xFFFF_FFFF] {
          try expectRefused(.invalidParameter, "unknownFlags") { () throws(DriverError) in
            try caller.allocate(tag: "OKAY") { $0.flags = SharedMemoryFlags(rawValue: flag) }
          }
        }
        #expect(liar.allocations.count == 2)
        #expect(liar.allocations.first?.contains(" flags=0 ") == true)
        #expect(liar.allocations.last?.contains(" flags=1 ") == true)
      }
    }

    @Test("behaviour 8: the status values are NDIS's")
    func statuses() {
      let documented: [(Status, UInt32)] = [
        (.success, 0), (.pending, 0x103), (.notAccepted, 0x10003), (.failure, 0xC000_0001),
        (.invalidParameter, 0xC000_000D), (.resources, 0xC000_009A), (.notSupported, 0xC000_00BB),
        (.badVersion, 0xC001_0004), (.badCharacteristics, 0xC001_0005),
        (.adapterNotFound, 0xC001_0006), (.openFailed, 0xC001_0007),
        (.unsupportedMedia, 0xC001_0019),
      ]
      for (status, value) in documented { #expect(status.rawValue == value) }
      // "Greater or equal zero" would take these for success.
      #expect(Status.pending != .success)
      #expect(Status.notAccepted != .success)
    }
  }
}
