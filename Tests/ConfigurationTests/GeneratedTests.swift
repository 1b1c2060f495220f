// Everything generated from the schema is correct: the shipped file, the manual page, the printed
// configuration, and the defaults compared with those of the modules that use them.

import NDISDaemon
import NDISHostedDrivers
import NDIS
import NDISSimulator
import Testing

@testable import NDISConfiguration

@Suite struct GeneratedTests {
  /// The package's directory: this file is in Tests/ConfigurationTests.
  private static let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

  private func committed(_ path: String) throws -> String {
    try Folder.text(of: "\(GeneratedTests.root)/\(path)")
  }

  @Test func `the committed file is what the schema says; make config writes it`() throws {
    #expect(try committed("config/ndissimd.toml") == ShippedFile.text)
  }

  @Test func `the committed manual page has every key of the schema; make manuals writes it`()
    throws
  {
    let page = try committed("docs/man/ndissimd.toml.5")
    let keys =
      Schema.keys.map { ($0.shortName, $0.kind.text(of: ConfigurationValues())) }
      + PoolValues.keys.map { ($0.shortName, $0.kind.text(of: PoolValues())) }
      + MiniportValues.keys.map { ($0.shortName, $0.kind.text(of: MiniportValues())) }
    for (name, value) in keys {
      func escaped(_ text: String) -> String {
        text.replacing("-", with: "\\-").replacing("\"", with: "\\(dq")
      }
      #expect(page.contains(".It Cm \(escaped(name)) No = \(escaped(value))\n"), "\(name)")
    }
    let printed = try Folder().run("ndissimd", ["--print-schema"])
    #expect(printed.output == SchemaText.text)
    #expect(throws: Never.self) { try TOML.parse(Array(printed.output.utf8)) }
  }

  @Test func `the shipped file is right and changes nothing`() throws {
    let loaded = try ConfigurationLoader.load(files: [
      ConfigurationFile(path: "F", text: ShippedFile.text)
    ])
    #expect(loaded.values == ConfigurationValues())
  }

  @Test func `every key of the shipped file, uncommented, is its default`() throws {
    let lines = ShippedFile.text.split(separator: "\n", omittingEmptySubsequences: false)
    let text = lines.map { $0.hasPrefix("#") && !$0.hasPrefix("# ") ? $0.dropFirst() : $0 }
    let loaded = try ConfigurationLoader.load(files: [
      ConfigurationFile(path: "F", text: text.joined(separator: "\n"))
    ])
    var expected = ConfigurationValues()
    expected.pools = [PoolValues()]
    expected.pools[0].name = "example"
    expected.miniports = [MiniportValues()]
    expected.miniports[0].name = "vmq0"
    #expect(loaded.values == expected)
    #expect(loaded.settings.filter { $0.origin == .byDefault }.map(\.key) == [])
  }

  @Test func `what is printed can be read again and says the same`() throws {
    let first = try ConfigurationLoader.load(files: [
      ConfigurationFile(
        path: "F\nx = 1",
        text: """
          runtime-directory = "/a\\"b\\\\c\\u0007ü"
          [contract]
          seed = 7
          deadline = "off"
          [quota]
          session-bytes = 1500
          [[pool]]
          name = "a"
          [[pool]]
          name = "b"
          pages = "2M"
          """)
    ])
    let second = try ConfigurationLoader.load(files: [
      ConfigurationFile(path: "G", text: first.text)
    ])
    #expect(second.values == first.values)
    #expect(second.settings.allSatisfy { $0.origin != .byDefault })
  }

  @Test func `defaults are the simulator's and the pools' own`() {
    let values = ConfigurationValues()
    let settings = Settings(values, chosenSeed: 9)
    #expect(settings.quotas == Quotas())
    #expect(settings.seed == 9)
    #expect(settings.upcallDeadline == Settings().upcallDeadline)
    #expect(settings.highestNode == Settings().highestNode)
    #expect(
      [
        settings.strictRevisions, settings.strictDMA, settings.strictVPorts,
        settings.filtersMayAllocate, settings.lenientFreeHandle, settings.strictCapabilities,
        settings.strictAttributes, settings.strictOIDList, settings.watchesFreedMemory,
      ] == [Bool](repeating: false, count: 9))
    #expect(
      values.hostedPools == [
        PoolSettings(name: "hal", level: .hal), PoolSettings(name: "pool", level: .pool),
      ])
    #expect(PoolSettings(PoolValues()) == PoolSettings(name: "", level: .pool))
  }

  @Test func `every value reaches the simulator`() throws {
    let loaded = try ConfigurationLoader.load(
      flags: Schema.keys.filter { $0.name.hasPrefix("quota.") }.enumerated().map { index, key in
        // Rising, so that no session is above its user; whole for sections.
        ConfigurationFlag(key.flag ?? "", "\(4096 + index)")
      } + [
        ConfigurationFlag(
          "--switch", "revisions,dma,vports,capabilities,attributes,oid-list,filters,free-handle"),
        ConfigurationFlag("--seed", "3"), ConfigurationFlag("--highest-node", "5"),
        ConfigurationFlag("--deadlines", "6"), ConfigurationFlag("--watch-freed-memory", true),
        ConfigurationFlag("--pool", "name=x,capacity=4M,nodes=2,pages=2M,fragment=8"),
      ])
    let settings = Settings(loaded.values, chosenSeed: 9)
    let quotas = settings.quotas
    #expect(
      [
        quotas.sessionBytes, UInt64(quotas.sessionBlocks), UInt64(quotas.sessionSections),
        UInt64(quotas.userSessions), UInt64(quotas.userObjects), quotas.userBytes,
        UInt64(quotas.userBlocks), UInt64(quotas.userSections), quotas.providerBytes,
        quotas.sectionBytes,
      ] == (0..<10).map { 4096 + $0 })
    #expect(settings.seed == 3 && settings.highestNode == 5 && settings.upcallDeadline == 6)
    #expect(
      settings.strictRevisions && settings.strictDMA && settings.strictVPorts
        && settings.filtersMayAllocate && settings.lenientFreeHandle
        && settings.strictCapabilities && settings.strictAttributes && settings.strictOIDList
        && settings.watchesFreedMemory)
    #expect(
      loaded.values.hostedPools.last
        == PoolSettings(
          name: "x", level: .pool, capacity: 4 << 20, nodes: 2, pageSize: 2 << 20,
          hugePages: true, fragmentationSeed: 8))
  }

  @Test func `sizes and durations are written as they are read`() {
    for bytes: UInt64 in [1, 1023, 1024, 1025, 1 << 20, 3 << 30, 1 << 40, 1 << 50, .max] {
      let text: String = Quantity.size(bytes)
      #expect(Quantity.size(text) == bytes)
    }
    for milliseconds: UInt64 in [1, 999, 1_000, 1_500, 60_000, 90_000, 3_600_000] {
      let text: String = Quantity.duration(milliseconds)
      #expect(Quantity.duration(text) == milliseconds)
    }
    let wrong = ["", "K", "1KB", " 1K", "1 K", "-1", "+1", "1.5G", "0x10", "1k", "١"]
    for text in wrong {
      #expect(Quantity.size(text) == nil, "\(text)")
    }
    #expect(Quantity.duration("5") == nil)
  }
}
