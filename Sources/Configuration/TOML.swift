// A TOML document as values with positions. Sources/CTOML wraps the parser toml++ and limits size, line
// length and nesting; here its list is converted to a tree.

import CNDISTOML

/// One key and its value, or one element of an array.
struct TOMLNode: Sendable {
  /// Empty for an element of an array.
  var key: String
  /// The position of the key, from 1.
  var line: UInt32
  var column: UInt32
  var value: TOMLValue
}

/// A value.
enum TOMLValue: Sendable {
  case string(String)
  case integer(Int64)
  case real(Double)
  case boolean(Bool)
  case date
  case array([TOMLNode])
  case table([TOMLNode])
}

/// A syntax error. Line 0: the file as a whole.
struct TOMLProblem: Error {
  var line: UInt32
  var column: UInt32
  var sentence: String
}

enum TOML {
  /// The members of a document, sorted by key; elements of arrays in their order.
  static func parse(_ bytes: [UInt8]) throws(TOMLProblem) -> [TOMLNode] {
    var error = ctoml_error()
    let parsed = unsafe bytes.withUnsafeBytes { buffer in
      // An empty array may have no base address.
      guard let base = buffer.baseAddress else { return unsafe ctoml_parse("", 0, &error) }
      return unsafe ctoml_parse(
        base.assumingMemoryBound(to: CChar.self), buffer.count, &error)
    }
    guard let document = unsafe parsed else {
      let sentence = unsafe withUnsafeBytes(of: &error.sentence) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      throw TOMLProblem(line: error.line, column: error.column, sentence: sentence)
    }
    defer { unsafe ctoml_free(document) }
    var count = 0
    let entries = unsafe UnsafeBufferPointer(start: ctoml_entries(document, &count), count: count)
    var index = 0
    return unsafe nodes(entries, &index, depth: 0)
  }

  /// The nodes of one level from `index` on. As deep as the document, which CTOML bounds.
  private static func nodes(
    _ entries: UnsafeBufferPointer<ctoml_entry>, _ index: inout Int, depth: UInt32
  ) -> [TOMLNode] {
    var result: [TOMLNode] = []
    while index < entries.count {
      let entry = unsafe entries[index]
      guard unsafe entry.depth == depth else { break }
      index += 1
      let value: TOMLValue
      switch unsafe entry.kind {
      case CTOML_TABLE: value = unsafe .table(nodes(entries, &index, depth: depth + 1))
      case CTOML_ARRAY: value = unsafe .array(nodes(entries, &index, depth: depth + 1))
      case CTOML_STRING: value = unsafe .string(text(entry.text, entry.text_length))
      case CTOML_INTEGER: value = unsafe .integer(entry.integer)
      case CTOML_FLOAT: value = unsafe .real(entry.real)
      case CTOML_BOOLEAN: value = unsafe .boolean(entry.boolean != 0)
      default: value = .date
      }
      unsafe result.append(
        TOMLNode(
          key: text(entry.key, entry.key_length), line: entry.line, column: entry.column,
          value: value))
    }
    return result
  }

  private static func text(_ base: UnsafePointer<CChar>?, _ length: Int) -> String {
    unsafe String(
      decoding: UnsafeRawBufferPointer(start: base, count: base == nil ? 0 : length),
      as: UTF8.self)
  }
}

extension TOMLValue {
  /// A description, for messages.
  var described: String {
    switch self {
    case .string(let text): "the string \"\(text.escaped())\""
    case .integer(let number): "the integer \(number)"
    case .real(let number): "the floating-point number \(number)"
    case .boolean(let value): "\(value)"
    case .date: "a date or time"
    case .array: "an array"
    case .table: "a table"
    }
  }
}
