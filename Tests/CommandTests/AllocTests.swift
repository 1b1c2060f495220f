// `ndisctl alloc`, `free`, `map` and `doctor` against a real daemon: each test is a command of
// `ndisctl run`, whose verdict is checked, too.

import Glibc
import Testing
import NDISVarlink

@testable import ndisctl

@Suite(.timeLimit(.minutes(2))) struct AllocTests {
  /// Runs a shell script with a daemon of its own; `$C` is ndisctl, `@` the test's directory.
  private func run(_ script: String, flags: [String] = []) throws -> CommandProcess {
    let own = try CommandProcess.program("ndisctl")
    let process = try CommandProcess(
      ["run"] + flags + ["--", "sh", "-c", "C='\(own)'; \(script)"])
    process.wait()
    return process
  }

  @Test func `The allocation is printed as JSON`() throws {
    let process = try run("$C alloc --json --length 16K --count 2 --contiguous --tag Test")
    #expect(process.wait() == 0)
    guard case .array(let blocks) = try JSON(parsing: process.output) else {
      Issue.record("no list: \(process.output)")
      return
    }
    try #require(blocks.count == 2)
    #expect(blocks.allSatisfy { $0["length"] == 16384 })
    #expect(blocks[0]["allocationHandle"] != blocks[1]["allocationHandle"])
    guard case .array(let list)? = blocks[0]["scatterGatherList"] else {
      Issue.record("no scatter-gather list: \(blocks[0])")
      return
    }
    #expect(list.count == 1)
    #expect(list.first?["length"] == 16384)
  }

  @Test func `Contents are dumped, and a refusal is a message`() throws {
    let shown = try run(
      "$C alloc --length 4K --hexdump", flags: ["--daemon-flag=--pool=name=p,fill=poison"])
    #expect(shown.wait() == 0)
    #expect(shown.output.contains("\n00000000  "))
    #expect(shown.output.contains("\n00000100\n"))
    // An unknown queue is refused without a bug check, so only the status is printed.
    let refused = try run("$C alloc --queue 77")
    #expect(refused.wait() == 1)
    #expect(refused.error.contains("queueUnknown"))
  }

  @Test func `A block is held until a signal, then freed`() throws {
    let process = try run(
      """
      $C alloc --hold --adapter held0 > @/shown 2> @/said &
      $C wait 'blocks>=1' --timeout 20s > /dev/null && $C list blocks --json > @/blocks
      kill -TERM $!; wait $!
      """)
    #expect(process.wait() == 0, "\(process.error)")
    let blocks = try JSON(parsing: CommandProcess.text(process.directory + "/blocks"))
    guard case .array(let list)? = blocks["blocks"] else {
      Issue.record("no blocks: \(blocks)")
      return
    }
    #expect(list.map { $0["adapterName"] } == ["held0"])
    let said = CommandProcess.text(process.directory + "/said")
    #expect(said.contains("holding 1 block") && said.contains("freed 1 block"))
  }

  @Test func `A foreign handle is not freed, and the rule is named`() throws {
    let process = try run(
      """
      $C alloc --hold --json > @/block 2> /dev/null &
      $C wait 'blocks>=1' --timeout 20s > /dev/null
      $C free $(sed -n 's/.*"allocationHandle": "\\(.*\\)",/\\1/p' @/block); echo "status $?"
      $C list blocks --json > @/after
      kill $!; wait $!
      """, flags: ["--expect", "0x7C/0x03"])
    #expect(process.wait() == 0, "\(process.error)")
    #expect(process.output == "status 1\n")
    #expect(process.error.contains("NdisFreeSharedMemory(0x"))
    #expect(process.error.contains("bug check  0x7C/0x03"))
    #expect(CommandProcess.text(process.directory + "/after").contains("\"live\""))
  }

  @Test func `A section is drawn, measured and written as SVG`() throws {
    let process = try run(
      """
      $C alloc --hold --adapter map0 --count 4 --length 1M > /dev/null 2>&1 &
      $C wait 'blocks>=4' --timeout 20s > /dev/null
      $C map --color never --width 64 > @/all
      $C map --json > @/json
      S=$($C map --json | sed -n 's/.*"handle": "\\(.*\\)",/\\1/p')
      $C map "$S" --by usage --color never --width 64 --rows 1 > @/one
      $C map "$S" --svg @/map.svg > /dev/null
      $C map 0x1; echo "status $?"
      kill $!; wait $!
      """, flags: ["--daemon-flag=--pool=name=p,capacity=16M"])
    #expect(process.wait() == 0, "\(process.error)")
    func text(_ name: String) -> String { CommandProcess.text(process.directory + "/" + name) }
    #expect(text("all").contains(String(repeating: "A", count: 16)))
    #expect(text("all").contains("12 MiB free in 1 run"))
    let json = try JSON(parsing: text("json"))
    guard case .array(let sections) = json, let section = sections.first else {
      Issue.record("no sections: \(json)")
      return
    }
    #expect(section["usedBytes"] == 4_194_304)
    #expect(section["freeBytes"] == 12_582_912)
    #expect(section["fragmentation"] == 0.0)
    #expect(text("one").contains("A  NdisSharedMemoryUsageReceive: 4 blocks, 4 MiB"))
    #expect(text("map.svg").hasSuffix("</svg>\n"))
    #expect(process.output == "status 1\n")
    #expect(process.error.contains("there is no section '0x1'"))
  }

  @Test func `The doctor finds the daemon it is asked about`() throws {
    let process = try run("$C doctor --json > @/json; echo $?")
    #expect(process.wait() == 0, "\(process.error)")
    let json = try JSON(parsing: CommandProcess.text(process.directory + "/json"))
    guard case .array(let findings)? = json["findings"] else {
      Issue.record("no findings: \(json)")
      return
    }
    for check in ["directory", "driver socket", "management socket", "drivers", "management"] {
      #expect(findings.first { $0["check"] == .string(check) }?["level"] == "ok", "\(check)")
    }
    #expect(findings.first { $0["check"] == "versions" }?["level"] == "ok")
    #expect(process.output == (json["problems"] == 0 ? "0\n" : "1\n"))
  }
}
