// JSON both ways: what is written reads back as it was, and a hostile text is refused with a reason.

import Testing
import NDISVarlink

/// Small and always the same for a seed.
struct Generator64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension JSON {
  /// Any value, of limited depth.
  static func random(_ generator: inout Generator64, depth: Int = 0) -> JSON {
    switch Int.random(in: 0..<(depth > 4 ? 5 : 7), using: &generator) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &generator))
    case 2:
      let edges: [Int64] = [.min, -1, 0, 1, .max, Int64(bitPattern: generator.next())]
      return .int(edges[Int.random(in: 0..<edges.count, using: &generator)])
    case 3:
      let any = Double(bitPattern: generator.next())
      return .double(any.isFinite ? any : 0.1)
    case 4: return .string(randomText(&generator))
    case 5:
      let count = Int.random(in: 0..<5, using: &generator)
      return .array((0..<count).map { _ in random(&generator, depth: depth + 1) })
    default:
      var object = JSONObject()
      for _ in 0..<Int.random(in: 0..<5, using: &generator) {
        // A NUL in a name is the one thing that is written and not read.
        let name = randomText(&generator).filter { $0 != "\0" }
        object[name] = random(&generator, depth: depth + 1)
      }
      return .object(object)
    }
  }

  static func randomText(_ generator: inout Generator64) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0..<8, using: &generator) {
      let ranges: [ClosedRange<UInt32>] = [
        0...0x7F, 0x80...0x7FF, 0x800...0xD7FF, 0x10000...0x10FFFF,
      ]
      let range = ranges[Int.random(in: 0..<ranges.count, using: &generator)]
      if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

@Suite struct JSONTests {
  @Test(arguments: 1...400) func `what is written reads back, byte for byte`(seed: UInt64) throws {
    var generator = Generator64(seed: seed)
    let value = JSON.random(&generator)
    var bytes: [UInt8] = []
    value.write(to: &bytes)
    #expect(!bytes.contains(0))
    let again = try JSON(parsing: bytes)
    #expect(again == value)
    // Swift's equality of strings is wider than that of bytes.
    #expect(again.text.utf8.elementsEqual(bytes))
    #expect(try JSON(parsing: value.prettyText) == value)
  }

  @Test func `the compact form has no white space and escapes what must be`() {
    let value: JSON = [
      "a": [1, 2.5, true, nil], "b\"\\": "\u{1}\n\t\r\u{7f}ü", "e": [], "o": JSON.object([:]),
    ]
    #expect(
      value.text
        == #"{"a":[1,2.5,true,null],"b\"\\":"\u0001\n\t\r\u007fü","e":[],"o":{}}"#)
    #expect(JSON.array([.double(.nan), .double(.infinity)]).text == "[null,null]")
    #expect(JSON.double(3).text == "3.0")
  }

  @Test func `the pretty form has a member a line`() {
    let value: JSON = ["a": [1, ["b": nil]], "c": []]
    #expect(
      value.prettyText == """
        {
          "a": [
            1,
            {
              "b": null
            }
          ],
          "c": []
        }
        """)
  }

  @Test func `integers at the edge are exact and those beyond are refused`() throws {
    #expect(try JSON(parsing: "9223372036854775807") == .int(.max))
    #expect(try JSON(parsing: "-9223372036854775808") == .int(.min))
    for text in ["9223372036854775808", "-9223372036854775809", "[1e999]"] {
      let error = #expect(throws: JSON.ParseError.self) { try JSON(parsing: text) }
      #expect(error?.reason == "a number is out of range")
    }
  }

  @Test(
    arguments: [
      ("", "the text ends in the middle"), ("[1", "the text ends in the middle"),
      ("1 2", "something follows"),
      (#"{"a":1,"a":2}"#, "a member occurs twice"), ("nope", "this is not JSON"),
      (#"{"a\u0000b":1}"#, "NUL character in the name"), ("01", ""), ("+1", ""), ("NaN", ""),
      ("'a'", ""), ("[1,]", ""), ("{\"a\":1,}", ""), ("\"\\ud800\"", ""), ("\"a\nb\"", ""),
      ("// x\n1", ""),
    ])
  func `what is not JSON is refused with a reason`(text: String, reason: String) {
    let error = #expect(throws: JSON.ParseError.self) { try JSON(parsing: text) }
    #expect(
      error?.reason.contains(reason) == true || reason.isEmpty, "\(String(describing: error))")
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80],
    ] as [[UInt8]])
  func `bad UTF-8 is refused`(bytes: [UInt8]) {
    let text = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
    #expect(throws: JSON.ParseError.self) { try JSON(parsing: text) }
  }

  @Test func `a NUL is allowed in a string when it is escaped and never as it is`() throws {
    #expect(try JSON(parsing: #""a\u0000b""#) == .string("a\0b"))
    #expect(throws: JSON.ParseError.self) { try JSON(parsing: "\"a\0b\"") }
    #expect(throws: JSON.ParseError.self) { try JSON(parsing: "1\0") }
  }

  @Test func `depth, length and number of values have their limits, exactly`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try JSON(parsing: nested(64))
    let deep = #expect(throws: JSON.ParseError.self) { try JSON(parsing: nested(65)) }
    #expect(deep?.position == 64)
    #expect(throws: JSON.ParseError.self) {
      try JSON(parsing: String(repeating: "{\"a\":", count: 100_000))
    }
    // Brackets in a string are no nesting, and an escaped quote does not end it.
    _ = try JSON(parsing: "\"\\\"" + String(repeating: "[", count: 100) + "\"")

    let limits = JSON.Limits(bytes: 10, values: 3)
    _ = try JSON(parsing: "[1,      2]".filter { $0 != " " } + "     ", limits: limits)
    #expect(throws: JSON.ParseError.self) { try JSON(parsing: "           1", limits: limits) }
    let many = #expect(throws: JSON.ParseError.self) {
      try JSON(parsing: "[1,2,3]", limits: limits)
    }
    #expect(many?.reason == "more than 3 values")
  }

  @Test(arguments: 1...200) func `random bytes neither crash nor pass as something else`(
    seed: UInt64
  ) {
    var generator = Generator64(seed: seed)
    let alphabet = Array(#"{}[]",:\u0123456789eE+-.tfn "#.utf8) + [0, 0xFF, 0xC3, 0xA4]
    let bytes = (0..<Int.random(in: 0..<64, using: &generator)).map { _ in
      alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
    }
    if let value = try? JSON(parsing: bytes) {
      #expect((try? JSON(parsing: value.text)) == value)
    }
  }

  @Test func `members keep their order, and setting replaces in place`() {
    var object: JSONObject = ["z": 1, "a": 2]
    object["z"] = 3
    object["m"] = 4
    #expect(object.members.map(\.name) == ["z", "a", "m"])
    object["a"] = nil
    #expect(JSON.object(object).text == #"{"z":3,"m":4}"#)
  }
}
