// An OID on the command line: its name, an unambiguous suffix of it, or its number.

import NDIS

/// An OID.
struct OidName: Hashable, Sendable {
  var number: UInt32
  /// The name, or the number of an unknown one.
  var name: String
  /// Its row of the table; nil for an unknown number.
  var oid: OID? { OID.of(number: number) }

  static func == (a: OidName, b: OidName) -> Bool { a.number == b.number }
  func hash(into hasher: inout Hasher) { hasher.combine(number) }

  /// Why a text is not an OID.
  struct Problem: Error {
    var sentence: String
  }

  /// `OID_RECEIVE_FILTER_SET_FILTER`, `receive_filter_set_filter`, `set_filter`, `0x00010226`.
  init(_ text: String) throws(Problem) {
    if let number = text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text) {
      self.number = number
      name = OID.of(number: number).map { "\($0.name)" } ?? hex(UInt64(number), digits: 8)
      return
    }
    let wanted = text.uppercased().replacing("-", with: "_")
    let found = OidName.matches(wanted)
    guard let oid = found.first else {
      throw Problem(
        sentence:
          "unknown OID '\(text)'; use a number, or one of \(OidName.short.joined(separator: ", "))")
    }
    guard found.count == 1 else {
      throw Problem(
        sentence:
          "'\(text)' is ambiguous: \(found.map { "\($0.name)" }.joined(separator: " or "))")
    }
    number = oid.number
    name = "\(oid.name)"
  }

  /// OIDs of that name, else those with that suffix.
  private static func matches(_ wanted: String) -> [OID] {
    let exact = OID.table.filter { "\($0.name)" == wanted || "\($0.name)" == "OID_" + wanted }
    return exact.isEmpty ? OID.table.filter { "\($0.name)".hasSuffix("_" + wanted) } : exact
  }

  /// For each OID the shortest unambiguous suffix of its name.
  static let short: [String] = OID.table.map { oid in
    let parts = "\(oid.name)".split(separator: "_").dropFirst()
    // At least two words: a single one is not descriptive.
    for count in stride(from: min(2, parts.count), through: parts.count, by: 1) {
      let end = parts.suffix(count).joined(separator: "_")
      if matches(end).count == 1 { return end }
    }
    return parts.joined(separator: "_")
  }
}
