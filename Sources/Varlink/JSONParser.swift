// Parses JSON. Jansson parses the syntax: it validates UTF-8 and rejects duplicate members and integers
// beyond 64 bits. What it does not limit is checked beforehand: length, nesting, and the number of values,
// since an empty object of two bytes costs it more than a hundred.

import CNDISJansson

extension JSON {
  /// Limits on the input.
  public struct Limits: Sendable, Equatable {
    /// Length of the text in bytes.
    public var bytes: Int
    /// Nesting of objects and arrays.
    public var depth: Int
    /// Total number of values, including members and elements, rounded up.
    public var values: Int

    public init(bytes: Int = 1 << 20, depth: Int = 64, values: Int = 1 << 17) {
      self.bytes = bytes
      // Jansson and this parser are recursive; a deeper nesting would need a larger stack.
      self.depth = min(depth, 512)
      self.values = values
    }
  }

  /// Why a text is not JSON, or exceeds a limit.
  public struct ParseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The offset in bytes.
    public let position: Int
    public let reason: String

    public var description: String { "at byte \(position): \(reason)" }
  }

  /// Parses a text that consists of one value and white space.
  public init(parsing bytes: ArraySlice<UInt8>, limits: Limits = Limits()) throws(ParseError) {
    try Self.checkBounds(bytes, limits)
    var error = json_error_t()
    let flags = Int(JSON_DECODE_ANY) | Int(JSON_REJECT_DUPLICATES) | Int(JSON_ALLOW_NUL)
    let parsed = unsafe bytes.withUnsafeBytes { text in
      unsafe json_loadb(
        text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, flags, &error)
    }
    guard let parsed = unsafe parsed else {
      throw unsafe ParseError(
        position: max(0, Int(error.position)), reason: Self.sentence(json_error_code(&error)))
    }
    defer { unsafe json_decref(parsed) }
    unsafe self.init(parsed)
  }

  public init(parsing bytes: [UInt8], limits: Limits = Limits()) throws(ParseError) {
    try self.init(parsing: bytes[...], limits: limits)
  }

  public init(parsing text: String, limits: Limits = Limits()) throws(ParseError) {
    try self.init(parsing: Array(text.utf8), limits: limits)
  }

  /// Scans the text once, recognizing only strings and brackets.
  private static func checkBounds(
    _ bytes: ArraySlice<UInt8>, _ limits: Limits
  ) throws(ParseError) {
    guard bytes.count <= limits.bytes else {
      throw ParseError(
        position: limits.bytes,
        reason: "the text has \(bytes.count) bytes, more than the \(limits.bytes) that are accepted"
      )
    }
    var depth = 0
    var values = 1
    var inString = false
    var isEscaped = false
    for (position, byte) in bytes.enumerated() {
      // Jansson treats a NUL after the value as the end.
      guard byte != 0 else { throw ParseError(position: position, reason: "a NUL byte") }
      if inString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          inString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): inString = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        values += 1
        guard depth <= limits.depth else {
          throw ParseError(
            position: position,
            reason: "more than \(limits.depth) objects and arrays are nested")
        }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: ","): values += 1
      default: break
      }
      guard values <= limits.values else {
        throw ParseError(position: position, reason: "more than \(limits.values) values")
      }
    }
  }

  private static func sentence(_ code: json_error_code) -> String {
    switch code {
    case json_error_out_of_memory: "out of memory"
    case json_error_stack_overflow: "too many objects and arrays are nested"
    case json_error_invalid_utf8: "the text is not valid UTF-8"
    case json_error_premature_end_of_input: "the text ends in the middle of a value"
    case json_error_end_of_input_expected: "something follows the value"
    case json_error_null_character, json_error_null_byte_in_key:
      "there is a NUL character in the name of a member"
    case json_error_duplicate_key: "a member occurs twice"
    case json_error_numeric_overflow: "a number is out of range"
    default: "this is not JSON"
    }
  }

  /// Converts a borrowed Jansson value.
  private init(_ value: UnsafeMutablePointer<json_t>) {
    switch unsafe value.pointee.type {
    case JSON_OBJECT:
      var members: [JSONObject.Member] = []
      members.reserveCapacity(unsafe json_object_size(value))
      var iterator = unsafe json_object_iter(value)
      while let here = unsafe iterator {
        let length = unsafe json_object_iter_key_len(here)
        let name = unsafe Self.text(json_object_iter_key(here), length)
        if let member = unsafe json_object_iter_value(here) {
          members.append(JSONObject.Member(name: name, value: unsafe JSON(member)))
        }
        unsafe iterator = unsafe json_object_iter_next(value, here)
      }
      self = .object(JSONObject(distinct: members))
    case JSON_ARRAY:
      let count = unsafe json_array_size(value)
      var elements: [JSON] = []
      elements.reserveCapacity(count)
      for index in 0..<count {
        if let element = unsafe json_array_get(value, index) {
          elements.append(unsafe JSON(element))
        }
      }
      self = .array(elements)
    case JSON_STRING:
      self = .string(unsafe Self.text(json_string_value(value), json_string_length(value)))
    case JSON_INTEGER: self = .int(unsafe Int64(json_integer_value(value)))
    case JSON_REAL: self = .double(unsafe json_real_value(value))
    case JSON_TRUE: self = .bool(true)
    case JSON_FALSE: self = .bool(false)
    default: self = .null
    }
  }

  /// Jansson's strings are validated UTF-8.
  private static func text(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
    guard let start = unsafe start else { return "" }
    return unsafe String(
      decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
  }
}
