// Input made to do harm: nothing crashes, nothing is taken that should not be, nothing is endless.

import Testing

@testable import NDISConfiguration

@Suite struct HostileTests {
  private func problems(_ bytes: [UInt8]) -> ConfigurationProblems? {
    do throws(ConfigurationProblems) {
      _ = try ConfigurationLoader.load(files: [ConfigurationFile(path: "F", bytes: bytes)])
      return nil
    } catch { return error }
  }

  private func problems(_ text: String) -> ConfigurationProblems? { problems(Array(text.utf8)) }

  @Test func `random bytes are refused or right, never a crash`() {
    var random = SplitMix(state: 1)
    var refused = 0
    for _ in 0..<2_000 {
      let bytes = (0..<Int(random.next() % 200)).map { _ in UInt8(truncatingIfNeeded: random.next())
      }
      if problems(bytes) != nil { refused += 1 }
    }
    #expect(refused > 1_900)
  }

  @Test func `a right file with a few bytes changed is refused or right, never a crash`() {
    let right = Array(
      ShippedFile.text.split(separator: "\n").filter { !$0.hasPrefix("# ") }
        .joined(separator: "\n").replacing("#", with: "").utf8)
    #expect(problems(right) == nil)
    var random = SplitMix(state: 2)
    var refused = 0
    for _ in 0..<1_000 {
      var bytes = right
      for _ in 0...Int(random.next() % 3) {
        let at = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: at)
        default: bytes.insert(Array("[]{}\"'=.#\n".utf8)[Int(random.next() % 10)], at: at)
        }
      }
      if problems(bytes) != nil { refused += 1 }
    }
    #expect(refused > 500)
  }

  @Test func `deep arrays and inline tables are refused`() {
    for (open, close) in [("[", "]"), ("{a=", "}")] {
      let text = "x = " + String(repeating: open + "\n", count: 100_000)
      #expect(problems(text) != nil)
      let closed =
        "x = " + String(repeating: open, count: 17) + "1" + String(repeating: close, count: 17)
      #expect(problems(closed)?.description.contains("nest") == true)
    }
  }

  @Test func `a dotted key of half a million levels is a line too long`() {
    let text = "a" + String(repeating: ".a", count: 500_000) + " = 1"
    #expect(
      problems(text)?.description == "F:1:1025: invalid TOML: the line is longer than 1024 bytes"
    )
  }

  @Test func `the deepest that lines can be does not exhaust the stack`() {
    let dotted = "a" + String(repeating: ".a", count: 500)
    var text = "[\(dotted)]\n\(dotted) = ["
    for _ in 0..<7 { text += "\n{\(dotted) = [" }
    text += "\n1"
    for _ in 0..<7 { text += "\n]}" }
    text += "\n]\n"
    #expect(problems(text)?.description.contains("nested deeper than 16 levels") == true)
  }

  @Test func `more than a mebibyte is refused`() {
    let text = String(repeating: "# line\n", count: (1 << 20) / 7 + 1)
    #expect(problems(text)?.description == "F: invalid TOML: the file is larger than 1 MiB")
  }

  @Test func `endless keys are shown clipped, and so are problems without end`() throws {
    let long = String(repeating: "k", count: 1_000)
    let one = try #require(problems("\(long) = 1"))
    #expect(one.description == "F:1:1: \(String(repeating: "k", count: 64))…: unknown key")
    let many = try #require(problems((0..<5_000).map { "k\($0) = 1\n" }.joined()))
    #expect(many.list.count == ConfigurationProblems.limit)
    #expect(many.unlisted == 5_000 - ConfigurationProblems.limit)
    #expect(many.description.hasSuffix("\nand \(many.unlisted) more"))
  }

  @Test func `a key that would move the cursor is escaped`() {
    #expect(
      problems("\"\\u001b[2J\\n\" = 1")?.description == "F:1:1: \\u{1B}[2J\\u{A}: unknown key")
    #expect(
      problems("\"\\u202Eabc\" = 1")?.description == "F:1:1: \\u{202E}abc: unknown key")
  }

  @Test func `bad UTF-8, a NUL and a lone surrogate are refused with their place`() {
    for bytes: [UInt8] in [
      [0x61, 0x3D, 0x22, 0xFF, 0x22], [0x61, 0x3D, 0x22, 0xC0, 0x80, 0x22], [0x61, 0x00, 0x3D],
      [0x61, 0x3D, 0x22, 0xED, 0xA0, 0x80, 0x22],
    ] {
      #expect(problems(bytes)?.description.hasPrefix("F:1:") == true)
    }
  }

  @Test func `what toml++ asserts or assumes wrongly is refused too`() {
    for text in ["[.", "[[.a]]", "[=]", "[\"a\".]", "\u{FEDB} = 1", "[\u{FEDB}]", "a = \u{FEFE}"] {
      #expect(problems(text)?.description.hasPrefix("F:1:") == true, "\(text)")
    }
  }

  @Test func `numbers of any length are refused`() {
    for number in ["9223372036854775808", String(repeating: "9", count: 1_000), "1e999", "-0x1"] {
      #expect(problems("[contract]\nseed = \(number)") != nil)
    }
    #expect(problems("[contract]\nseed = 9223372036854775807") == nil)
  }

  @Test func `a NUL in a path is refused`() {
    #expect(problems("runtime-directory = \"/a\\u0000b\"") != nil)
  }

  @Test func `tables without end are refused before they are searched`() {
    let text = (0..<16_385).map { "[a\($0)]\n" }.joined()
    #expect(
      problems(text)?.description
        == "F:16385:1: invalid TOML: there are more than 16384 brackets and dots")
  }

  @Test func `pools without end are refused`() {
    let text = (0..<65).map { "[[pool]]\nname = \"p\($0)\"\n" }.joined()
    #expect(
      problems(text)?.description == "F:129:1: pool: more than 64 pools; remove some")
  }
}

/// SplitMix64.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
