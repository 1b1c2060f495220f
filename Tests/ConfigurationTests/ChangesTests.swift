// A reload: what differs, what a running daemon takes over, what waits for a restart.

import NDISConfiguration
import Testing

@Suite struct ChangesTests {
  private func load(_ text: String) throws -> LoadedConfiguration {
    try ConfigurationLoader.load(files: [ConfigurationFile(path: "F", text: text)])
  }

  @Test func `the same values are no change, whoever says them`() throws {
    let said = try load("[log]\nlevel = \"info\"")
    #expect(try ConfigurationLoader.load().changes(to: said).isEmpty)
  }

  @Test func `quotas, deadline, level and new pools apply, the rest waits`() throws {
    let old = try load(
      """
      [server]
      outbox-packets = 100
      [[pool]]
      name = "kept"
      [[pool]]
      name = "gone"
      """)
    let new = try load(
      """
      [log]
      level = "debug"
      journal = "off"
      [contract]
      deadline = "1s"
      seed = 5
      [quota]
      session-bytes = "1G"
      [[pool]]
      name = "new"
      nodes = 2
      [[pool]]
      name = "kept"
      capacity = "1M"
      """)
    let changes = old.changes(to: new)
    #expect(
      changes.applied.map(\.description) == [
        "log.level: \"info\" -> \"debug\"", "contract.deadline: \"5s\" -> \"1s\"",
        "quota.session-bytes: \"4G\" -> \"1G\"",
        "pool.new: none -> { capacity = \"256M\", nodes = 2, pages = \"4K\", fill = \"none\", fragment = 0 }",
      ])
    #expect(
      changes.waiting.map(\.description) == [
        "log.journal: \"auto\" -> \"off\"", "server.outbox-packets: 100 -> 512",
        "contract.seed: \"random\" -> 5", "pool.kept.capacity: \"256M\" -> \"1M\"",
        "pool.gone: { capacity = \"256M\", nodes = 1, pages = \"4K\", fill = \"none\", fragment = 0 } -> none",
      ])
    #expect(changes.addedPools.map(\.name) == ["new"])
    #expect(changes.applied.map { "\($0.origin)" } == ["F:2", "F:5", "F:8", "F:10"])
  }

  @Test func `what is in force after a reload is the old with what applied`() throws {
    let old = try load("[server]\noutbox-packets = 100\n[[pool]]\nname = \"kept\"")
    let new = try load(
      "[quota]\nuser-objects = 7\n[server]\noutbox-packets = 200\n[[pool]]\nname = \"new\"")
    let now = old.applying(new)
    #expect(now.values.userObjects == 7)
    #expect(now.values.outboxPackets == 100)
    #expect(now.values.pools.map(\.name) == ["kept", "new"])
    #expect(now["quota.user-objects"]?.origin.description == "F:2")
    #expect(now["server.outbox-packets"]?.origin.description == "F:2")
    #expect(now["server.outbox-packets"]?.value == "100")
    #expect(now["pool.new.name"]?.value == "\"new\"")
    // A second reload of the same finds only what still waits.
    let left = now.changes(to: new)
    #expect(left.applied.isEmpty)
    #expect(left.waiting.map(\.key) == ["server.outbox-packets", "pool.kept"])
  }
}
