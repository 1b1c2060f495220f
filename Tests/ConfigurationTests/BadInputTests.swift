// Wrong input, as a table: each with exactly what is said about it.

import Testing

@testable import NDISConfiguration

struct BadInput: Sendable, CustomTestStringConvertible {
  var name: String
  var text = ""
  var flags: [ConfigurationFlag] = []
  var problems: [String]

  init(_ name: String, _ text: String, _ problems: String...) {
    self.name = name
    self.text = text
    self.problems = problems
  }

  init(_ name: String, flags: ConfigurationFlag..., problems: String...) {
    self.name = name
    self.flags = flags
    self.problems = problems
  }

  var testDescription: String { name }

  static let all: [BadInput] = [
    BadInput(
      "a misspelt key", "[quota]\nsession-bites = 1",
      "F:2:1: quota.session-bites: unknown key; did you mean quota.session-bytes?"),
    BadInput(
      "a key in the wrong table", "[server]\n  session-bytes = 1",
      "F:2:3: server.session-bytes: unknown key; did you mean quota.session-bytes?"),
    BadInput(
      "a key without its table", "hal = true", "F:1:1: hal: unknown key; did you mean hosted.hal?"),
    BadInput(
      "half a key", "runtime-dir = 1",
      "F:1:1: runtime-dir: unknown key; did you mean runtime-directory?"),
    BadInput("a key like no other", "colour = 1", "F:1:1: colour: unknown key"),
    BadInput(
      "a misspelt table, once", "[quotas]\nx = 1\ny = 2",
      "F:1:2: quotas: unknown table; did you mean quota?"),
    BadInput(
      "a misspelt array of tables", "[[pools]]\nname = \"x\"",
      "F:1:3: pools: unknown table; did you mean pool?"),
    BadInput(
      "a table like no other", "[weather]",
      "F:1:2: weather: unknown table; use log, server, management, metrics, contract, quota, hosted, pool, miniport"
    ),
    BadInput(
      "a misspelt key of a pool", "[[pool]]\nname = \"x\"\ncapasity = 1",
      "F:3:1: pool.capasity: unknown key; did you mean capacity?"),
    BadInput(
      "a pool with a bad fill and a bad capacity, both at once",
      "[[pool]]\nname = \"a\"\ncapacity = 5000\nfill = \"zoro\"",
      "F:4:1: pool.fill: the value is the string \"zoro\"; it must be one of none, zero, poison",
      "F:3:1: pool.a.capacity: 5000 is not a multiple of the page size 4K"),
    BadInput(
      "a pool without a name and with a bad capacity", "[[pool]]\ncapacity = 5000",
      "F:1:1: pool: the pool has no name; add name = \"...\"",
      "F:2:1: pool.capacity: 5000 is not a multiple of the page size 4K"),
    BadInput(
      "a number for a switch", "[hosted]\nhal = 1",
      "F:2:1: hosted.hal: the value is the integer 1; it must be true or false"),
    BadInput(
      "a word for a switch", "[hosted]\nhal = \"yes\"",
      "F:2:1: hosted.hal: the value is the string \"yes\"; it must be true or false"),
    BadInput(
      "a truth for a number", "[quota]\nuser-blocks = true",
      "F:2:1: quota.user-blocks: the value is true; it must be a whole number from 1 to 4194304"),
    BadInput(
      "a number too small", "[server]\noutbox-packets = 15",
      "F:2:1: server.outbox-packets: the value is the integer 15; it must be a whole number from 16 to 65536"
    ),
    BadInput(
      "a number below zero", "[quota]\nuser-bytes = -1",
      "F:2:1: quota.user-bytes: the value is the integer -1; it must be a number of bytes from 1 to 1024T, for example \"256M\""
    ),
    BadInput(
      "a fraction", "[contract]\nhighest-node = 1.5",
      "F:2:1: contract.highest-node: the value is the floating-point number 1.5; it must be a whole number from 0 to 63"
    ),
    BadInput(
      "a date", "[contract]\nseed = 2020-01-01",
      "F:2:1: contract.seed: the value is a date or time; it must be a whole number from 0 to 9223372036854775807, or \"random\""
    ),
    BadInput(
      "a duration without a unit", "[contract]\ndeadline = 5",
      "F:2:1: contract.deadline: the value is the integer 5; it must be a duration from 1ms to 1h, for example \"5s\", or \"off\""
    ),
    BadInput(
      "a duration too long", "[contract]\ndeadline = \"2h\"",
      "F:2:1: contract.deadline: the value is the string \"2h\"; it must be a duration from 1ms to 1h, for example \"5s\", or \"off\""
    ),
    BadInput(
      "a size with a wrong unit", "[quota]\nsection-bytes = \"4GB\"",
      "F:2:1: quota.section-bytes: the value is the string \"4GB\"; it must be a number of bytes from 4K to 64G, for example \"256M\""
    ),
    BadInput(
      "a size that overflows", "[quota]\nsection-bytes = \"99999999999999T\"",
      "F:2:1: quota.section-bytes: the value is the string \"99999999999999T\"; it must be a number of bytes from 4K to 64G, for example \"256M\""
    ),
    BadInput(
      "a choice that is none", "[log]\nlevel = \"loud\"",
      "F:2:1: log.level: the value is the string \"loud\"; it must be one of error, warning, notice, info, debug"
    ),
    BadInput(
      "a relative path", "runtime-directory = \"run\"",
      "F:1:1: runtime-directory: the value is the string \"run\"; it must be an absolute path, or empty"
    ),
    BadInput(
      "a table for a value", "[runtime-directory]",
      "F:1:2: runtime-directory: the value is a table; it must be an absolute path, or empty"),
    BadInput(
      "a value for a table", "quota = 5",
      "F:1:1: quota: the value is the integer 5; it must be a table, [quota]"),
    BadInput(
      "one table of pools", "[pool]\nname = \"x\"",
      "F:1:2: pool: the value is a table; it must be an array of tables, [[pool]]"),
    BadInput(
      "a pool that is no table", "pool = [ 1 ]",
      "F:1:10: pool: an element is the integer 1; it must be a table"),
    BadInput(
      "a pool without a name", "[[pool]]\nnodes = 2",
      "F:1:1: pool: the pool has no name; add name = \"...\""),
    BadInput(
      "a pool's name with a space", "[[pool]]\nname = \"a b\"",
      "F:2:1: pool.name: the value is the string \"a b\"; it must be 1 to 32 letters, digits, hyphens and underscores"
    ),
    BadInput(
      "two pools of one name", "[[pool]]\nname = \"a\"\n[[pool]]\nname = \"a\"",
      "F:4:1: pool.name: duplicate pool name a (first used at F:1); choose another"),
    BadInput(
      "a pool called hal", "[[pool]]\nname = \"hal\"",
      "F:2:1: pool.name: hal is reserved for the HAL fallback; choose another name"),
    BadInput(
      "a pool called pool", "[[pool]]\nname = \"pool\"",
      "F:2:1: pool.name: pool is the name of the default pool; choose another name, or set hosted.default-pool = false"
    ),
    BadInput(
      "half a page", "[[pool]]\nname = \"a\"\ncapacity = 6000",
      "F:3:1: pool.a.capacity: 6000 is not a multiple of the page size 4K"),
    BadInput(
      "fewer bytes than a huge page", "[[pool]]\nname = \"a\"\npages = \"2M\"\ncapacity = \"1M\"",
      "F:4:1: pool.a.capacity: 1M is not a multiple of the page size 2M"),
    BadInput(
      "a fill of too much", "[[pool]]\nname = \"a\"\nfill = \"zero\"\ncapacity = \"2G\"",
      "F:3:1: pool.a.fill: zero requires a capacity of at most 1G, but capacity is 2G; the daemon writes every page itself"
    ),
    BadInput(
      "a fill of huge pages", "[[pool]]\nname = \"a\"\nfill = \"poison\"\npages = \"2M\"",
      "F:3:1: pool.a.fill: poison requires 4K pages, but pages is 2M; the daemon cannot write huge pages"
    ),
    BadInput(
      "nodes nobody can ask for",
      "[contract]\nhighest-node = 1\n[[pool]]\nname = \"a\"\nnodes = 4",
      "F:5:1: pool.a.nodes: node 3 is above contract.highest-node, 1 (F:2), so it can never be requested"
    ),
    BadInput(
      "a miniport without a name", "[[miniport]]\nqueues = 2",
      "F:1:1: miniport: the miniport has no name; add name = \"...\""),
    BadInput(
      "two miniports of one name", "[[miniport]]\nname = \"a\"\n[[miniport]]\nname = \"a\"",
      "F:4:1: miniport.name: duplicate miniport name a (first used at F:1); choose another"),
    BadInput(
      "a misspelt key of a miniport", "[[miniport]]\nname = \"a\"\nqueue = 2",
      "F:3:1: miniport.queue: unknown key; did you mean queues?"),
    BadInput(
      "a miniport of an unknown version", "[[miniport]]\nname = \"a\"\nndis = \"6.1\"",
      "F:3:1: miniport.ndis: the value is the string \"6.1\"; it must be one of 6.20, 6.30, 6.40, 6.50, 6.60, 6.70, 6.80"
    ),
    BadInput(
      "memory for seven frames",
      "[[miniport]]\nname = \"a\"\nframe-length = 9014\nqueue-memory = \"64K\"",
      "F:4:1: miniport.a.queue-memory: 64K holds fewer than 8 frames of 9014 bytes; 72192 is the minimum"
    ),
    BadInput(
      "VPorts before they were there",
      "[[miniport]]\nname = \"a\"\nndis = \"6.20\"\nvports = 1",
      "F:4:1: miniport.a.vports: VPorts require NDIS 6.30, but ndis is 6.20"),
    BadInput(
      "a session above its user", "[quota]\nsession-bytes = \"16G\"",
      "F:2:1: quota.session-bytes: 16G is more than quota.user-bytes, 8G (default); lower this one or raise that one"
    ),
    BadInput(
      "a user below its session", "[quota]\nuser-blocks = 7",
      "F:2:1: quota.user-blocks: 7 is less than quota.session-blocks, 2097152 (default); raise this one or lower that one"
    ),
    BadInput(
      "everything at once, from the top",
      "hal = true\n[quota]\nsession-bites = 1\nuser-bytes = \"x\"\n[log]\nlevel = 3",
      "F:1:1: hal: unknown key; did you mean hosted.hal?",
      "F:3:1: quota.session-bites: unknown key; did you mean quota.session-bytes?",
      "F:4:1: quota.user-bytes: the value is the string \"x\"; it must be a number of bytes from 1 to 1024T, for example \"256M\"",
      "F:6:1: log.level: the value is the integer 3; it must be one of error, warning, notice, info, debug"
    ),
    BadInput(
      "a flag's value", flags: ConfigurationFlag("--session-bytes", "many"),
      problems:
        "--session-bytes: quota.session-bytes: the value is \"many\"; it must be a number of bytes from 1 to 1024T, for example \"256M\""
    ),
    BadInput(
      "a duration of a flag", flags: ConfigurationFlag("--deadlines", "never"),
      problems:
        "--deadlines: contract.deadline: the value is \"never\"; it must be a duration from 1ms to 1h, for example \"5s\", or \"off\""
    ),
    BadInput(
      "no switch", flags: ConfigurationFlag("--switch", "dma,sideways"),
      problems:
        "--switch: unknown switch \"sideways\"; use revisions, dma, vports, capabilities, attributes, oid-list, filters, free-handle"
    ),
    BadInput(
      "a pool's flag",
      flags: ConfigurationFlag("--pool", "name=a,colour=red,nodes=0,fragment"),
      problems:
        "--pool: pool.colour: unknown key; use name, capacity, nodes, pages, fill, fragment",
      "--pool: pool.nodes: the value is \"0\"; it must be a whole number from 1 to 64",
      "--pool: pool: \"fragment\" is not key=value; separate several by commas"),
    BadInput(
      "a pool's flag without a name", flags: ConfigurationFlag("--pool", "capacity=1M"),
      problems: "--pool: pool: the pool has no name; add name = \"...\""),
    BadInput(
      "two pools of one name by flags", flags: ConfigurationFlag("--pool", "name=a"),
      ConfigurationFlag("--pool", "name=a"),
      problems:
        "--pool: pool.name: duplicate pool name a (first used at --pool); choose another"),
  ]
}

@Suite struct BadInputTests {
  @Test(arguments: BadInput.all)
  func `wrong input is refused with exactly this`(_ input: BadInput) {
    do throws(ConfigurationProblems) {
      _ = try ConfigurationLoader.load(
        files: [ConfigurationFile(path: "F", text: input.text)], flags: input.flags)
      Issue.record("it was taken")
    } catch {
      #expect(error.list.map(\.description) == input.problems)
    }
  }

  @Test func `text that is no TOML is refused with line and column`() {
    do throws(ConfigurationProblems) {
      _ = try ConfigurationLoader.load(files: [
        ConfigurationFile(path: "A", text: "[log]\nlevel = \n"),
        ConfigurationFile(path: "B", text: "[log\n"),
        ConfigurationFile(path: "C", text: "[log]\nlevel = \"info\"\nlevel = \"debug\"\n"),
      ])
      Issue.record("it was taken")
    } catch {
      // The sentences after the colon are toml++'s.
      #expect(
        error.list.map { $0.description.split(separator: ":").prefix(4).joined(separator: ":") }
          == ["A:2:9: invalid TOML", "B:1:5: invalid TOML", "C:3:9: invalid TOML"])
    }
  }

  @Test func `what is legal and probably not meant is a note`() throws {
    let loaded = try ConfigurationLoader.load(files: [
      ConfigurationFile(
        path: "F",
        text: """
          [hosted]
          default-pool = false
          hal = false
          [server]
          connections-per-user = 5
          """)
    ])
    #expect(
      loaded.notes.map(\.description) == [
        "F:3:1: hosted.hal: no provider is hosted; every request fails until a driver registers one",
        "F:5:1: server.connections-per-user: 5 connections are fewer than quota.user-sessions (16000), which cannot be reached",
      ])
    #expect(try ConfigurationLoader.load().notes.isEmpty)
  }
}
