// Registration of providers: behaviours 9 to 15. Where a driver may call NdisSetOptionalHandlers,
// with what, and what it is told otherwise.

import NDISDriverKit
import NDISPlatform
import Testing

extension Contract {
  @Suite struct Registration {
    /// What a handler was told, to be looked at outside of it.
    private final class Told: Sendable {
      private let errors = Monitor<[DriverError?]>([])
      var all: [DriverError?] { errors.withLock { $0 } }
      func note(_ body: () throws(DriverError) -> Void) {
        do throws(DriverError) {
          try body()
          errors.withLock { $0.append(nil) }
        } catch { errors.withLock { $0.append(error) } }
      }
    }

    private func isRefusal(_ error: DriverError?, _ status: Status, _ rule: String) -> Bool {
      error?.kind == .ndis && error?.status == status && error?.rule == rule
    }

    @Test(
      "behaviour 9: at PASSIVE_LEVEL, with a protocol driver, binding or miniport driver handle",
      arguments: Bench.Kind.allCases)
    func handlesAndLevel(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let told = Told()
        _ = try bench.miniport(
          "mini",
          driver: Miniport(options: { driver, connection throws(DriverError) in
            for level: IRQL in [.apc, .dispatch, .high] {
              told.note { () throws(DriverError) in
                try withIRQL(level) { () throws(DriverError) in
                  try connection.setOptionalHandlers(driver, provider: RecordingProvider())
                }
              }
            }
            try connection.setOptionalHandlers(driver, provider: RecordingProvider())
          }))
        #expect(told.all.count == 3)
        for error in told.all {
          #expect(isRefusal(error, .failure, "wrongIRQL"))
          #expect(error?.bugCheck != nil)
        }
        #expect(try bench.statistics().registrations == bench.hosted + 1)
        #expect(try bench.statistics().violations == 3)
        let other = try bench.connect("proto")
        let role = ProtocolRole(
          options: { driver, connection throws(DriverError) in
            try connection.setOptionalHandlers(driver, provider: RecordingProvider())
          },
          bound: { binding, connection throws(DriverError) in
            try connection.setOptionalHandlers(binding, provider: RecordingProvider())
          })
        let driver = try other.registerProtocolDriver(role, name: "proto")
        _ = try other.bindAdapter(driver, adapterName: "mini")
        #expect(try bench.statistics().registrations == bench.hosted + 3)
      }
    }

    @Test("behaviour 10: filter drivers and modules may not", arguments: Bench.Kind.allCases)
    func filters(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let caller = try bench.miniport("mini")
        let connection = caller.connection
        let filter = try connection.registerFilterDriver(name: "filter")
        let module = try connection.attachFilter(filter, adapterName: "mini")
        try expectRefused(.failure, "filterMayNotProvide") { () throws(DriverError) in
          try connection.setOptionalHandlers(filter, provider: RecordingProvider())
        }
        try expectRefused(.failure, "filterMayNotProvide") { () throws(DriverError) in
          try connection.setOptionalHandlers(module, provider: RecordingProvider())
        }
        #expect(try bench.statistics().registrations == bench.hosted)
      }
    }

    @Test("behaviour 11: an adapter handle is not a valid one", arguments: Bench.Kind.allCases)
    func adapterHandle(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let told = Told()
        let caller = try bench.miniport(
          driver: Miniport(initialize: { adapter, connection throws(DriverError) in
            told.note { () throws(DriverError) in
              try connection.setOptionalHandlers(adapter, provider: RecordingProvider())
            }
          }))
        try #require(told.all.count == 1)
        #expect(isRefusal(told.all[0], .failure, "wrongKindOfHandle"))
        try expectRefused(.failure, "nullHandle") { () throws(DriverError) in
          try caller.connection.setOptionalHandlers(
            MiniportDriverHandle.null, provider: RecordingProvider())
        }
        #expect(try bench.statistics().registrations == bench.hosted)
      }
    }

    @Test(
      "behaviour 12: drivers below NDIS 6.20 get NOT_SUPPORTED (A42)",
      arguments: Bench.Kind.allCases)
    func oldDrivers(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        for version in [NDISVersion(5, 1), NDISVersion(6, 0), NDISVersion(6, 1)] {
          let told = Told()
          let connection = try bench.connect("old")
          let role = ProtocolRole(options: { driver, connection throws(DriverError) in
            told.note { () throws(DriverError) in
              try connection.setOptionalHandlers(driver, provider: RecordingProvider())
            }
          })
          _ = try connection.registerProtocolDriver(role, name: "old", version: version)
          #expect(
            told.all.count == 1 && isRefusal(told.all[0], .notSupported, "ndisVersion"),
            "\(version): \(told.all)")
        }
        let connection = try bench.connect("new")
        let role = ProtocolRole(options: { driver, connection throws(DriverError) in
          try connection.setOptionalHandlers(driver, provider: RecordingProvider())
        })
        _ = try connection.registerProtocolDriver(role, name: "new", version: NDISVersion(6, 20))
        #expect(try bench.statistics().registrations == bench.hosted + 1)
      }
    }

    @Test(
      "behaviour 13: a missing handler, wrong Type, Revision or Size registers nothing",
      arguments: Bench.Kind.allCases)
    func wrongCharacteristics(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let told = Told()
        let connection = try bench.connect("driver")
        let wrong: [(rule: String, change: @Sendable (inout [UInt8]) -> Void)] = [
          ("missingHandler", { $0.put(UInt64(0), at: 16) }),
          ("missingHandler", { $0.put(UInt64(0), at: 24) }),
          ("headerType", { $0.put(UInt8(0x80), at: 0) }),
          ("headerRevision", { $0.put(UInt8(0), at: 1) }),
          ("headerRevision", { $0.put(UInt8(2), at: 1) }),
          ("headerSize", { $0.put(UInt16(31), at: 2) }),
          ("headerSize", { $0.put(UInt16(0), at: 2) }),
          ("unknownFlags", { $0.put(UInt32(2), at: 4) }),
        ]
        let role = ProtocolRole(options: { driver, connection throws(DriverError) in
          for (_, change) in wrong {
            told.note { () throws(DriverError) in
              try connection.setOptionalHandlers(
                driver, provider: RecordingProvider(), change: change)
            }
          }
        })
        _ = try connection.registerProtocolDriver(role, name: "driver")
        #expect(told.all.count == wrong.count)
        for (error, expected) in zip(told.all, wrong) {
          #expect(isRefusal(error, .failure, expected.rule), "\(expected.rule): \(error as Any)")
        }
        #expect(try bench.statistics().registrations == bench.hosted)
        // Nobody registered, so the daemon's own pool serves.
        let caller = try bench.miniport()
        try caller.free(try caller.allocate())
      }
    }

    @Test(
      "behaviour 14: in XxxSetOptions and ProtocolBindAdapterEx, and nowhere else",
      arguments: Bench.Kind.allCases)
    func context(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let caller = try bench.miniport(
          "mini",
          driver: Miniport(options: { driver, connection throws(DriverError) in
            try connection.setOptionalHandlers(driver, provider: RecordingProvider())
          }))
        let connection = caller.connection
        let told = Told()
        let role = ProtocolRole(
          options: { driver, connection throws(DriverError) in
            try connection.setOptionalHandlers(driver, provider: RecordingProvider())
          },
          bound: { binding, connection throws(DriverError) in
            told.note { () throws(DriverError) in
              try connection.setOptionalHandlers(binding, provider: RecordingProvider())
            }
          })
        let driver = try connection.registerProtocolDriver(role, name: "proto")
        let binding = try connection.bindAdapter(driver, adapterName: "mini")
        #expect(told.all == [nil])
        for handle in [caller.driver.rawValue, driver.rawValue, binding.rawValue] {
          try expectRefused(.failure, "wrongContext") { () throws(DriverError) in
            try connection.setOptionalHandlers(
              Handle(rawValue: handle), provider: RecordingProvider())
          }
        }
        #expect(try bench.statistics().registrations == bench.hosted + 3)
      }
    }

    @Test("behaviour 15: shortage during registration gives RESOURCES")
    func shortage() throws {
      // The table's size is a setting of the simulator, which only this kind of bench can change.
      try Bench.run(.inMemory, Bench.Options { $0.registrations = 4 }) { bench in
        let connection = try bench.connect("driver")
        let told = Told()
        for index in 0..<3 {
          let role = ProtocolRole(options: { driver, connection throws(DriverError) in
            told.note { () throws(DriverError) in
              try connection.setOptionalHandlers(driver, provider: RecordingProvider())
            }
          })
          _ = try connection.registerProtocolDriver(role, name: "driver\(index)")
        }
        #expect(told.all.prefix(2) == [nil, nil])
        #expect(isRefusal(told.all.last ?? nil, .resources, "tableFull"))
        #expect(try bench.statistics().registrations == 4)
      }
    }
  }
}
