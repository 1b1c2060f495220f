// One row of the schema: a key with its kind and its meaning. A kind parses a value of a file or a flag,
// describes an invalid one, and formats it as TOML. The value is accessed with a key path, so that
// defaults are read from the values themselves.

/// One key of `Root`: of the configuration, or of a pool.
struct SchemaKey<Root: Sendable>: Sendable {
  /// `table.key`, or `key` at the top and in a pool.
  var name: String
  var kind: Kind<Root>
  /// The unit of a plain number; empty if the value has one.
  var unit = ""
  /// A sentence or two for the file, the manual and --help.
  var meaning: String
  /// With its dashes; nil if there is none.
  var flag: String?
  var appliesOnReload = false
}

typealias Path<Root, Value> = WritableKeyPath<Root, Value> & Sendable

/// The kind of a value.
enum Kind<Root: Sendable>: Sendable {
  case boolean(any Path<Root, Bool>)
  case count(any Path<Root, UInt64>, ClosedRange<UInt64>)
  /// A number, or a word for none.
  case countOrWord(any Path<Root, UInt64?>, ClosedRange<UInt64>, word: String)
  case bytes(any Path<Root, UInt64>, ClosedRange<UInt64>)
  /// Milliseconds; 0 is "off".
  case duration(any Path<Root, UInt64>, ClosedRange<UInt64>)
  case choice(any Path<Root, String>, [String])
  /// An absolute path, or empty; a flag may give a relative one.
  case path(any Path<Root, String>)
  /// A name, also used in names of memfds.
  case name(any Path<Root, String>)
}

/// A value from a file or a flag.
enum Given {
  case file(TOMLValue)
  case flag(String)

  /// A description, for messages.
  var described: String {
    switch self {
    case .file(let value): value.described
    case .flag(let text): "\"\(text.escaped())\""
    }
  }
}

/// Why a value is invalid: a sentence.
struct Refusal: Error {
  var sentence: String
}

extension Kind {
  /// The valid values, as the end of a sentence.
  var expectation: String {
    switch self {
    case .boolean: "true or false"
    case .count(_, let range):
      "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .countOrWord(_, let range, let word):
      "a whole number from \(range.lowerBound) to \(range.upperBound), or \"\(word)\""
    case .bytes(_, let range):
      "a number of bytes from \(Quantity.size(range.lowerBound)) to "
        + "\(Quantity.size(range.upperBound)), for example \"256M\""
    case .duration(_, let range):
      "a duration from \(Quantity.duration(range.lowerBound)) to "
        + "\(Quantity.duration(range.upperBound)), for example \"5s\", or \"off\""
    case .choice(_, let choices): "one of " + choices.joined(separator: ", ")
    case .path: "an absolute path, or empty"
    case .name: "1 to 32 letters, digits, hyphens and underscores"
    }
  }

  /// Parses and stores a value.
  func read(_ given: Given, into root: inout Root) throws(Refusal) {
    switch self {
    case .boolean(let place):
      root[keyPath: place] = try wanted(given, boolean(given))
    case .count(let place, let range):
      root[keyPath: place] = try wanted(given, count(given), range)
    case .countOrWord(let place, let range, let word):
      if word == text(given) {
        root[keyPath: place] = nil
      } else {
        root[keyPath: place] = try wanted(given, count(given), range)
      }
    case .bytes(let place, let range):
      root[keyPath: place] = try wanted(
        given, text(given).flatMap(Quantity.size) ?? count(given), range)
    case .duration(let place, let range):
      root[keyPath: place] = try duration(given, range)
    case .choice(let place, let choices):
      let text = try wanted(given, text(given))
      guard choices.contains(text) else { throw refusal(given) }
      root[keyPath: place] = text
    case .path(let place):
      let text = try wanted(given, text(given))
      let isAbsolute = text.isEmpty || text.utf8.first == UInt8(ascii: "/")
      let isFlag = if case .flag = given { true } else { false }
      guard isAbsolute || isFlag, text.utf8.count < 4096, !text.utf8.contains(0) else {
        throw refusal(given)
      }
      root[keyPath: place] = text
    case .name(let place):
      let text = try wanted(given, text(given))
      guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy(Kind.isNameByte) else {
        throw refusal(given)
      }
      root[keyPath: place] = text
    }
  }

  /// The value as TOML.
  func text(of root: Root) -> String {
    switch self {
    case .boolean(let place): "\(root[keyPath: place])"
    case .count(let place, _): "\(root[keyPath: place])"
    case .countOrWord(let place, _, let word):
      root[keyPath: place].map { "\($0)" } ?? "\"\(word)\""
    case .bytes(let place, _): "\"\(Quantity.size(root[keyPath: place]))\""
    case .duration(let place, _): "\"\(Quantity.duration(root[keyPath: place]))\""
    case .choice(let place, _), .path(let place), .name(let place):
      TOMLText.quoted(root[keyPath: place])
    }
  }

  private func duration(
    _ given: Given, _ range: ClosedRange<UInt64>
  ) throws(Refusal) -> UInt64 {
    let text = try wanted(given, text(given))
    if text == "off" { return 0 }
    // The flag is older than the file: there a plain number is milliseconds.
    if case .flag = given, let number = UInt64(text) { return try wanted(given, number, range) }
    return try wanted(given, Quantity.duration(text), range)
  }

  private func text(_ given: Given) -> String? {
    switch given {
    case .file(.string(let text)), .flag(let text): text
    default: nil
    }
  }

  private func count(_ given: Given) -> UInt64? {
    switch given {
    case .file(.integer(let number)): UInt64(exactly: number)
    case .flag(let text): UInt64(text)
    default: nil
    }
  }

  private func boolean(_ given: Given) -> Bool? {
    switch given {
    case .file(.boolean(let value)): value
    case .flag(let text): Bool(text)
    default: nil
    }
  }

  private func wanted<Value>(_ given: Given, _ value: Value?) throws(Refusal) -> Value {
    guard let value else { throw refusal(given) }
    return value
  }

  private func wanted(
    _ given: Given, _ value: UInt64?, _ range: ClosedRange<UInt64>
  ) throws(Refusal) -> UInt64 {
    guard let value, range.contains(value) else { throw refusal(given) }
    return value
  }

  private func refusal(_ given: Given) -> Refusal {
    Refusal(sentence: "the value is \(given.described); it must be \(expectation)")
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
