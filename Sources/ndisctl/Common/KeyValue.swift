// The settings of hosted drivers on the command line: key=value,...

import ArgumentParser

/// A `key=value` pair of the command line; several are separated by commas.
struct KeyValue {
  let key: String
  let value: String

  /// Every pair in these arguments.
  static func all(in arguments: [String]) throws -> [KeyValue] {
    try arguments.flatMap { $0.split(separator: ",") }.map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[1].isEmpty else {
        throw ValidationError("'\(pair)' is not key=value")
      }
      return KeyValue(key: String(parts[0]), value: String(parts[1]))
    }
  }

  /// The value as a number.
  var number: Int {
    get throws {
      guard let number = Int(value) else { throw bad("a number") }
      return number
    }
  }

  /// The value as bytes.
  func size(_ expected: String) throws -> Int {
    guard let size = ByteSize(argument: value) else { throw bad(expected) }
    return size.bytes
  }

  private func bad(_ expected: String) -> ValidationError {
    ValidationError("\(key) is '\(value)'; use \(expected)")
  }
}
