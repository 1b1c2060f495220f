// Names and site labels: what is taken from a peer, what is refused, and what is cut.

import NDIS
import Testing

@Suite struct FixedTextTests {
  private func name(_ bytes: [UInt8], fill: UInt8 = 0) -> Name? {
    let padded = bytes + [UInt8](repeating: fill, count: max(0, Name.capacity - bytes.count))
    return unsafe padded.withUnsafeBytes { unsafe Name(bytes: $0) }
  }

  private func site(_ bytes: [UInt8]) -> Site? {
    let padded = bytes + [UInt8](repeating: 0, count: max(0, Site.capacity - bytes.count))
    return unsafe padded.withUnsafeBytes { unsafe Site(bytes: $0) }
  }

  @Test(
    "a clean name is taken as it is",
    arguments: [
      "", "a", "netvsc", "Ein Treiber für Öl", "日本語", String(repeating: "x", count: 31),
    ])
  func clean(text: String) {
    #expect(name(Array(text.utf8))?.description == text)
    #expect(name(Array(text.utf8)) == Name(text))
    #expect(name(Array(text.utf8))?.isEmpty == text.isEmpty)
    #expect(site(Array(text.utf8))?.description == text)
    #expect(site(Array(text.utf8)) == Site(text))
    #expect(site(Array(text.utf8))?.isEmpty == text.isEmpty)
  }

  @Test(
    "what is no UTF-8 is refused",
    arguments: [
      [UInt8(0xFF)], [0xC3], [0x41, 0x80], [0xED, 0xA0, 0x80], [0xC0, 0xAF],
      [0xF5, 0x80, 0x80, 0x80],
    ])
  func badUTF8(bytes: [UInt8]) {
    #expect(name(bytes) == nil)
    #expect(site(bytes) == nil)
  }

  @Test("control characters are refused", arguments: Array(UInt8(1)...0x1F) + [0x7F])
  func control(byte: UInt8) {
    #expect(name([0x41, byte]) == nil)
    #expect(name([byte]) == nil)
    #expect(site([0x41, byte, 0x42]) == nil)
  }

  @Test("what is not zero-filled is refused")
  func notZeroFilled() {
    #expect(name([0x41, 0, 0x42]) == nil)
    #expect(name([0, 0x41]) == nil)
    #expect(name([UInt8](repeating: 0, count: 31) + [1]) == nil)
    #expect(name([], fill: 0x41) == nil)
    #expect(site([0x41] + [UInt8](repeating: 0, count: 46) + [1]) == nil)
    #expect(site([UInt8](repeating: 0x41, count: 48)) == nil)
  }

  @Test("another number of bytes is refused")
  func size() {
    #expect(name([UInt8](repeating: 0x41, count: 33)) == nil)
    let short = [UInt8](repeating: 0, count: 31)
    #expect(unsafe short.withUnsafeBytes { unsafe Name(bytes: $0) } == nil)
    #expect(unsafe short.withUnsafeBytes { unsafe Site(bytes: $0) } == nil)
  }

  @Test("text that does not fit is cut at a character's edge")
  func cut() {
    let long = String(repeating: "x", count: 40)
    #expect(Name(long).description == String(repeating: "x", count: 31))
    #expect(Name(String(repeating: "x", count: 30) + "é").description.count == 30)
    #expect(Name(String(repeating: "é", count: 20)).description.count == 15)
    #expect(Site(String(repeating: "y", count: 60)).description.count == 47)
  }

  @Test("equal text is equal, in sets too")
  func equality() {
    #expect(Set([Name("a"), Name("a"), Name("b")]).count == 2)
    #expect(Set([Site("a"), Site("a"), Site("b")]).count == 2)
    #expect(Name("a") != Name("a "))
  }

  @Test("a place in the source keeps its end, plain or not", arguments: [0, 7, 10, 4711, UInt.max])
  func place(line: UInt) {
    let files: [StaticString] = [
      "", "f", "Driver/Queues.swift", "Treiber/Öl.swift", "日本語/日本語/日本語/日本語/日本語.swift",
      "A/very/long/path/to/a/file/whose/name/does/not/fit/at/all/Receive.swift",
    ]
    for file in files {
      let whole = "\(file):\(line)"
      let made = Site(file: file, line: line)
      #expect(made == Site(String(whole.suffix(47))))
      #expect(made.description.hasSuffix(":\(line)") || !file.isASCII)
      #expect(unsafe withUnsafeBytes(of: made) { unsafe Site(bytes: $0) } == made)
    }
  }
}
