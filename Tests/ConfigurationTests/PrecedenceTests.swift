// Who wins: defaults, files, drop-ins, flags; and which files there are.

import NDISConfiguration
import NDISDaemon
import Glibc
import NDISHostedDrivers
import NDIS
import Testing

@Suite struct PrecedenceTests {
  @Test func `nothing at all is the defaults`() throws {
    let loaded = try ConfigurationLoader.load()
    #expect(loaded.values == ConfigurationValues())
    #expect(loaded.settings.allSatisfy { $0.origin == .byDefault })
  }

  @Test func `a later file wins over an earlier one, and a flag over all`() throws {
    let loaded = try ConfigurationLoader.load(
      files: [
        ConfigurationFile(
          path: "A", text: "[quota]\nuser-blocks = 2097152\nuser-objects = 1\nuser-sessions = 1"),
        ConfigurationFile(path: "B", text: "\n[quota]\nuser-objects = 2\nuser-sessions = 2"),
      ], flags: [ConfigurationFlag("--user-sessions", "3")])
    #expect(loaded.values.userBlocks == 2_097_152)
    #expect(loaded.values.userObjects == 2)
    #expect(loaded.values.userSessions == 3)
    #expect(loaded["quota.user-blocks"]?.origin.description == "A:2")
    #expect(loaded["quota.user-objects"]?.origin.description == "B:3")
    #expect(loaded["quota.user-sessions"]?.origin.description == "--user-sessions")
    #expect(loaded.files == ["A", "B"])
  }

  @Test func `a later value that is right does not excuse an earlier one that is wrong`() {
    #expect(throws: ConfigurationProblems.self) {
      try ConfigurationLoader.load(
        files: [ConfigurationFile(path: "A", text: "[quota]\nuser-blocks = 0")],
        flags: [ConfigurationFlag("--user-blocks", "4000000")])
    }
  }

  @Test func `a pool of a later file replaces the one of its name, in its place`() throws {
    let loaded = try ConfigurationLoader.load(
      files: [
        ConfigurationFile(
          path: "A", text: "[[pool]]\nname='a'\nnodes=2\nfragment=9\n[[pool]]\nname='b'"),
        ConfigurationFile(path: "B", text: "[[pool]]\nname='a'\nnodes=3\n[[pool]]\nname='c'"),
      ], flags: [ConfigurationFlag("--pool", "name=b,capacity=1M")])
    #expect(loaded.values.pools.map(\.name) == ["a", "b", "c"])
    #expect(loaded.values.pools.map(\.nodes) == [3, 1, 1])
    #expect(loaded.values.pools.map(\.fragment) == [0, 0, 0])
    #expect(loaded.values.pools[1].capacity == 1 << 20)
    #expect(loaded["pool.b.capacity"]?.origin.description == "--pool")
  }

  @Test func `miniports come from files and from flags as pools do`() throws {
    let loaded = try ConfigurationLoader.load(
      files: [
        ConfigurationFile(
          path: "A", text: "[[miniport]]\nname='a'\nqueues=2\n[[miniport]]\nname='b'\nrate=9")
      ],
      flags: [
        ConfigurationFlag(
          "--miniport", "name=a,vports=3,ndis=6.80,queue-memory=1M,frame-length=64,pends=always")
      ])
    var expected = MiniportValues()
    expected.name = "a"
    expected.vports = 3
    expected.ndis = "6.80"
    expected.queueMemory = 1 << 20
    expected.frameLength = 64
    expected.pends = "always"
    #expect(loaded.values.miniports.first == expected)
    #expect(loaded.values.miniports.map(\.rate) == [0, 9])
    #expect(loaded["miniport.a.vports"]?.origin.description == "--miniport")
    let settings = VMQSettings(expected)
    #expect(settings.version == NDISVersion(6, 80) && settings.pends == .always)
  }

  @Test func `flags mean what they always did`() throws {
    let loaded = try ConfigurationLoader.load(flags: [
      ConfigurationFlag("--deadlines", "250"), ConfigurationFlag("--seed", "42"),
      ConfigurationFlag("--switch", "revisions,free-handle"),
      ConfigurationFlag("--session-bytes", "1M"), ConfigurationFlag("--hal", false),
      ConfigurationFlag("--runtime-directory", "a/relative/one"),
      ConfigurationFlag("--pool", "name=x,capacity=64K,nodes=2,pages=4K,fill=zero,fragment=7"),
    ])
    var expected = ConfigurationValues()
    expected.deadline = 250
    expected.seed = 42
    expected.strictRevisions = true
    expected.lenientFreeHandle = true
    expected.sessionBytes = 1 << 20
    expected.hal = false
    expected.runtimeDirectory = "a/relative/one"
    var pool = PoolValues()
    pool.name = "x"
    pool.capacity = 64 << 10
    pool.nodes = 2
    pool.fill = "zero"
    pool.fragment = 7
    expected.pools = [pool]
    #expect(loaded.values == expected)
    #expect(loaded["hosted.hal"]?.origin.description == "--no-hal")
    #expect(
      try ConfigurationLoader.load(
        files: [ConfigurationFile(path: "A", text: "[contract]\ndeadline='off'")],
        flags: [ConfigurationFlag("--deadlines", "on")]
      ).values.deadline == 5_000)
  }

  @Test func `the highest directory's file replaces the others, and drop-ins go by name`() throws {
    let folder = try Folder()
    try folder.write("vendor/ndissimd.toml", "[quota]\nuser-objects = 1\nuser-sessions = 1")
    try folder.write("vendor/ndissimd.toml.d/50-a.toml", "[quota]\nsession-sections = 50")
    try folder.write("vendor/ndissimd.toml.d/60-b.toml", "[quota]\nuser-sections = 2000")
    try folder.write("vendor/ndissimd.toml.d/70-c.toml", "[contract]\nseed = 1")
    try folder.write("etc/ndissimd.toml", "[quota]\nuser-objects = 2")
    try folder.write("etc/ndissimd.toml.d/40-z.toml", "[quota]\nsession-sections = 40")
    try folder.write("etc/ndissimd.toml.d/60-b.toml", "[quota]\nuser-sections = 3000")
    try folder.write("etc/ndissimd.toml.d/.hidden.toml", "no toml")
    try folder.write("etc/ndissimd.toml.d/readme.txt", "no toml")
    try folder.link("etc/ndissimd.toml.d/70-c.toml", to: "/dev/null")
    let search = ConfigurationSearch(
      directories: ["vendor", "etc", "none"].map { folder.path + "/" + $0 })
    let loaded = try ConfigurationLoader.load(files: search.read())
    #expect(loaded.values.userObjects == 2)
    #expect(loaded.values.userSessions == 16_000)
    #expect(loaded.values.sessionSections == 50)
    #expect(loaded.values.userSections == 3_000)
    #expect(loaded.values.seed == nil)
    #expect(
      loaded.files.map { String($0.dropFirst(folder.path.utf8.count)) } == [
        "/etc/ndissimd.toml", "/etc/ndissimd.toml.d/40-z.toml",
        "/vendor/ndissimd.toml.d/50-a.toml", "/etc/ndissimd.toml.d/60-b.toml",
        "/etc/ndissimd.toml.d/70-c.toml",
      ])
  }

  @Test func `a named file replaces the search and has its own drop-ins`() throws {
    let folder = try Folder()
    try folder.write("etc/ndissimd.toml", "[contract]\nseed = 1")
    try folder.write("bed.toml", "[quota]\nuser-objects = 2")
    try folder.write("bed.toml.d/a.toml", "[quota]\nuser-sessions = 2")
    let search = ConfigurationSearch(
      directories: [folder.path + "/etc"], file: folder.path + "/bed.toml")
    let loaded = try ConfigurationLoader.load(files: search.read())
    #expect(loaded.values.seed == nil)
    #expect(loaded.values.userObjects == 2)
    #expect(loaded.values.userSessions == 2)
  }

  @Test func `the service manager's directory comes last and counts once`() {
    #expect(
      ConfigurationSearch.standard(configurationDirectory: "/etc/ndissim:/x").directories
        == ["/usr/lib/ndissim", "/etc/ndissim", "/x"])
    #expect(ConfigurationSearch.standard().directories == ["/usr/lib/ndissim", "/etc/ndissim"])
  }

  @Test func `no file is fine, a named one must be there and be a file`() throws {
    let folder = try Folder()
    #expect(try ConfigurationSearch(directories: [folder.path]).read().isEmpty)
    #expect(
      try ConfigurationLoader.load(
        files: ConfigurationSearch(directories: [], file: "/dev/null").read()
      ).values == ConfigurationValues())
    try folder.pipe("pipe")
    for (name, sentence) in [
      ("none.toml", "the file cannot be read: No such file or directory"),
      ("", "this is not a regular file"), ("pipe", "this is not a regular file"),
    ] {
      let path = folder.path + (name.isEmpty ? "" : "/" + name)
      #expect {
        try ConfigurationSearch(directories: [], file: path).read()
      } throws: {
        "\($0)" == "\(path): \(sentence)"
      }
    }
  }
}

extension LoadedConfiguration {
  subscript(key: String) -> Setting? { settings.first { $0.key == key } }
}
