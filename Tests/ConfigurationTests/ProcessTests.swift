// The real program: `--check`, how it ends, and that its flags are the schema's.

import Testing

@testable import NDISConfiguration

@Suite struct ProcessTests {
  @Test func `check prints what is in force and where it came from`() throws {
    let folder = try Folder()
    try folder.write("ndissimd.toml", "[quota]\nuser-objects = 7\n[[pool]]\nname = \"a\"\n")
    try folder.write("ndissimd.toml.d/10.toml", "[log]\nlevel = \"debug\"\n")
    let done = try folder.run(
      "ndissimd", ["--check", "--seed", "5", "--no-hal"],
      environment: ["CONFIGURATION_DIRECTORY": folder.path])
    #expect(done.status == 0)
    #expect(done.errors == "")
    let lines = done.output.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    for line in [
      "user-objects = 7 # \(folder.path)/ndissimd.toml:2",
      "level = \"debug\" # \(folder.path)/ndissimd.toml.d/10.toml:2", "seed = 5 # --seed",
      "hal = false # --no-hal", "name = \"a\" # \(folder.path)/ndissimd.toml:4",
      "deadline = \"5s\" # default",
    ] {
      #expect(lines.contains(line), "\(line) in \(done.output)")
    }
    #expect(lines.count(where: { $0.contains(" = ") }) == Schema.keys.count + Schema.poolKeys.count)
  }

  @Test func `a wrong configuration ends check with 1 and a start with 78, all of it said`() throws
  {
    let folder = try Folder()
    try folder.write("bed.toml", "[quota]\nsession-bites = 1\nuser-bytes = true\n")
    let expected = """
      \(folder.path)/bed.toml:2:1: quota.session-bites: unknown key; did you mean quota.session-bytes?
      \(folder.path)/bed.toml:3:1: quota.user-bytes: the value is true; it must be a number of bytes \
      from 1 to 1024T, for example "256M"
      --seed: contract.seed: the value is "x"; it must be a whole number from 0 to 9223372036854775807, \
      or "random"

      """
    let arguments = ["--config", folder.path + "/bed.toml", "--seed", "x"]
    let checked = try folder.run("ndissimd", arguments + ["--check"])
    #expect(checked.status == 1)
    #expect(checked.output == "")
    #expect(checked.errors == expected)
    let started = try folder.run("ndissimd", arguments)
    #expect(started.status == 78)
    #expect(started.errors == expected)
  }

  @Test func `a note does not make check fail`() throws {
    let done = try Folder().run(
      "ndissimd", ["--config", "/dev/null", "--check", "--no-hal", "--no-default-pool"])
    #expect(done.status == 0)
    #expect(done.errors.hasPrefix("note: --no-hal: hosted.hal: no provider is hosted"))
  }

  @Test func `the program's flags are the schema's, and the manual has them all`() throws {
    let folder = try Folder()
    let dump = try folder.run("ndissimd", ["--experimental-dump-help"]).output
    // `"kind" : "long",` and on the next line `"name" : "seed"`.
    let lines = dump.split(separator: "\n").map { $0.drop { $0 == " " } }
    let names = zip(lines, lines.dropFirst()).filter { $0.0 == "\"kind\" : \"long\"," }.map(\.1)
    let flags = Set(names.map { "--" + $0.dropFirst("\"name\" : \"".utf8.count).dropLast() })
    let own = Set(Schema.keys.compactMap(\.flag))
    #expect(own.subtracting(flags) == [])
    let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    let manual = try Folder.text(of: root + "/docs/man/ndissimd.8").split(separator: "\n")
    for flag in flags where !flag.hasPrefix("--print-") {
      let escaped = "Fl \(flag.dropFirst().replacing("-", with: "\\-"))"
      #expect(
        manual.contains { $0.hasPrefix(".It") && "\($0) ".contains(escaped + " ") }, "\(flag)")
    }
    #expect(flags.count > own.count)
  }
}
