// A structure's fields as text: read from an image, or written into one. Only bounds are checked here: a tool
// that shows an invalid structure must show what is invalid in it.

extension Structure {
  /// A value and its name.
  public struct Choice: Sendable, Hashable {
    public var value: UInt32
    public var name: String
    init(_ value: UInt32, _ name: String) {
      self.value = value
      self.name = name
    }
  }

  /// A field of a structure.
  public struct Field: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
      /// An unsigned integer.
      case number(bytes: Int)
      /// One of several 32-bit values.
      case choice([Choice])
      /// Flags in 32 bits.
      case flags([Choice])
      /// NDIS_IF_COUNTED_STRING.
      case text
      /// GROUP_AFFINITY.
      case affinity
      /// NDIS_STATUS.
      case status
      case bytes(Int)

      /// Size in bytes.
      public var size: Int {
        switch self {
        case .number(let bytes), .bytes(let bytes): bytes
        case .choice, .flags, .status: 4
        case .text: 2 + 2 * (CountedString.capacity + 1)
        case .affinity: 16
        }
      }
    }

    /// As in the public header.
    public var name: String
    public var offset: Int
    public var kind: Kind
  }

  /// An array behind a structure, and the fields of the head that describe it.
  public struct Elements: Sendable, Hashable {
    public var structure: Structure
    public var offsetAt: Int
    public var countAt: Int
    public var sizeAt: Int
  }

  struct Contents: Sendable {
    var fields: [Field]
    var elements: Elements?

    init(_ fields: [Field], _ elements: Elements? = nil) {
      self.fields = fields
      self.elements = elements
    }
  }

  /// Its fields, without the header and reserved ones.
  public var fields: [Field] { Structure.contents[name]?.fields ?? [] }
  /// Its array, if it has one.
  public var elements: Elements? { Structure.contents[name]?.elements }

  /// Its fields in an image of that revision.
  public func fields(_ revision: UInt8) -> [Field] {
    fields.filter { $0.offset + $0.kind.size <= size(revision) }
  }

  /// An image of zeros with the header of a revision.
  public func empty(_ revision: UInt8) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size(revision))
    bytes[0] = objectType
    bytes[1] = revision
    bytes[2] = UInt8(truncatingIfNeeded: bytes.count)
    bytes[3] = UInt8(truncatingIfNeeded: bytes.count >> 8)
    return bytes
  }
}

/// A structure as text.
public struct StructureText: Sendable, Hashable {
  public enum Value: Sendable, Hashable {
    case number(UInt64)
    /// A name, a string, an affinity, bytes.
    case text(String)
    /// The names of the set bits, and a number for unnamed ones.
    case flags([String])
  }

  public struct Member: Sendable, Hashable {
    public var name: String
    public var value: Value
  }

  public var name: String
  public var revision: UInt8
  public var members: [Member]
  public var elements: [StructureText]

  /// Maximum number of elements; NDIS uses no more.
  static let limit = 1024

  /// Reads the image at the start of `bytes`; nil unless they begin with a header of the structure. Fields
  /// past the end are left out.
  public init?(_ structure: Structure, _ bytes: ArraySlice<UInt8>) {
    guard bytes.count >= 4, bytes[bytes.startIndex] == structure.objectType,
      (1...structure.newest).contains(bytes[bytes.startIndex + 1])
    else { return nil }
    name = structure.name
    revision = bytes[bytes.startIndex + 1]
    members = structure.fields(revision).filter { $0.offset + $0.kind.size <= bytes.count }
      .map { Member(name: $0.name, value: $0.value(in: bytes)) }
    elements = []
    guard let array = structure.elements, array.sizeAt + 4 <= bytes.count else { return }
    let offset = number(bytes, array.offsetAt, 4)
    let size = number(bytes, array.sizeAt, 4)
    for index in 0..<min(number(bytes, array.countAt, 4), UInt64(StructureText.limit)) {
      // Neither can overflow: numbers of 32 bits and a count up to 1024.
      let start = offset + index * size
      guard size > 0, start + size <= UInt64(bytes.count),
        let element = StructureText(
          array.structure,
          bytes[bytes.startIndex + Int(start)..<bytes.startIndex + Int(start + size)])
      else { return }
      elements.append(element)
    }
  }
}

/// A little-endian integer; the caller has checked the bounds.
private func number(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ count: Int) -> UInt64 {
  (0..<count).reduce(0) { $0 | UInt64(bytes[bytes.startIndex + offset + $1]) << (8 * UInt64($1)) }
}

extension Structure.Field {
  /// The field's value; the caller has checked the bounds.
  fileprivate func value(in bytes: ArraySlice<UInt8>) -> StructureText.Value {
    switch kind {
    case .number(let count): return .number(number(bytes, offset, count))
    case .choice(let choices):
      let raw = number(bytes, offset, 4)
      return choices.first { UInt64($0.value) == raw }.map { .text($0.name) } ?? .number(raw)
    case .flags(let choices):
      var raw = UInt32(truncatingIfNeeded: number(bytes, offset, 4))
      var names: [String] = []
      for choice in choices where raw & choice.value != 0 {
        names.append(choice.name)
        raw &= ~choice.value
      }
      return .flags(raw == 0 ? names : names + [hex(raw)])
    case .status:
      return .text(
        "\(Status(rawValue: UInt32(truncatingIfNeeded: number(bytes, offset, 4))))")
    case .affinity:
      let group = number(bytes, offset + 8, 2)
      return .text(hex(number(bytes, offset, 8)) + (group == 0 ? "" : "/\(group)"))
    case .text:
      let length = min(Int(number(bytes, offset, 2)) / 2, CountedString.capacity)
      let units = (0..<length).map {
        UInt16(truncatingIfNeeded: number(bytes, offset + 2 + 2 * $0, 2))
      }
      return .text(String(decoding: units, as: UTF16.self))
    case .bytes(let count):
      let start = bytes.startIndex + offset
      return .text(bytes[start..<start + count].map { twoDigits($0) }.joined())
    }
  }

  /// Writes `text` into an image; false if it is no valid value of the field.
  public func write(_ text: String, into bytes: inout [UInt8]) -> Bool {
    guard let new = encoded(text), offset + new.count <= bytes.count else { return false }
    for (index, byte) in new.enumerated() { bytes[offset + index] = byte }
    return true
  }

  private func encoded(_ text: String) -> [UInt8]? {
    switch kind {
    case .number(let count): return wholeNumber(text).flatMap { littleEndian($0, count) }
    case .choice(let choices):
      let named = choices.first { $0.name.lowercased() == text.lowercased() }
      let ended = choices.filter { $0.name.lowercased().hasSuffix(text.lowercased()) }
      let choice = named ?? (ended.count == 1 && !text.isEmpty ? ended[0] : nil)
      return (choice.map { UInt64($0.value) } ?? wholeNumber(text)).flatMap { littleEndian($0, 4) }
    case .flags(let choices):
      var value: UInt64 = 0
      for part in text.split(separator: "|", omittingEmptySubsequences: true) {
        let choice = choices.first { $0.name.lowercased() == part.lowercased() }
        guard let bits = choice.map({ UInt64($0.value) }) ?? wholeNumber(String(part)) else {
          return nil
        }
        value |= bits
      }
      return littleEndian(value, 4)
    case .status:
      let named = Status.named.first {
        $0.name == text.uppercased() || $0.name == "NDIS_STATUS_" + text.uppercased()
      }
      return (named.map { UInt64($0.status.rawValue) } ?? wholeNumber(text))
        .flatMap { littleEndian($0, 4) }
    case .affinity:
      let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard (1...2).contains(parts.count), let mask = wholeNumber(parts[0]),
        let group = parts.count == 1 ? 0 : wholeNumber(parts[1]),
        let groupBytes = littleEndian(group, 2), let maskBytes = littleEndian(mask, 8)
      else { return nil }
      return maskBytes + groupBytes
    case .text:
      let units = Array(text.utf16)
      guard units.count <= CountedString.capacity,
        let length = littleEndian(UInt64(2 * units.count), 2)
      else { return nil }
      var all = length
      for unit in units { all += [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)] }
      return all + [UInt8](repeating: 0, count: kind.size - all.count)
    case .bytes(let count):
      guard let given = Structure.bytes(hexadecimal: text), given.count <= count else { return nil }
      return given + [UInt8](repeating: 0, count: count - given.count)
    }
  }

  private func littleEndian(_ value: UInt64, _ count: Int) -> [UInt8]? {
    guard count >= 8 || value >> UInt64(8 * count) == 0 else { return nil }
    return (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }
}

extension Structure {
  /// Bytes from hexadecimal digits, which may be separated by `-`, `:` or spaces; nil for anything else.
  public static func bytes(hexadecimal text: String) -> [UInt8]? {
    var digits = text.filter { !"-: ".contains($0) }[...]
    if digits.hasPrefix("0x") { digits = digits.dropFirst(2) }
    guard digits.count % 2 == 0, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
      return nil
    }
    var bytes: [UInt8] = []
    var rest = Array(digits)[...]
    while rest.count >= 2 {
      guard let byte = UInt8(String(rest.prefix(2)), radix: 16) else { return nil }
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    return bytes
  }
}

/// `17` or `0x11`.
private func wholeNumber(_ text: String) -> UInt64? {
  text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
}

private func twoDigits(_ byte: UInt8) -> String {
  let text = String(byte, radix: 16, uppercase: true)
  return text.count < 2 ? "0" + text : text
}
