// One entry in journald's native format: `KEY=value` and a line feed; a value that contains line feeds is
// written as `KEY`, line feed, its length as 64-bit little-endian, the bytes, line feed. Keys consist of
// capital letters, digits and `_`, and do not begin with `_`, which journald reserves.

public import NDISEvents

/// The bytes of a journal entry.
public struct JournalEntry: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  /// All fields of an event.
  public init(_ event: Event, identifier: String) {
    let kind = event.kind
    bytes.reserveCapacity(512)
    append("MESSAGE", event.sentence)
    append("PRIORITY", "\(kind.priority.rawValue)")
    append("MESSAGE_ID", kind.messageID)
    append("SYSLOG_IDENTIFIER", identifier)
    for field in event.fields { append(field.name, field.value) }
  }

  /// Adds a field; a key may occur more than once.
  public mutating func append(_ key: String, _ value: String) {
    bytes.append(contentsOf: key.utf8)
    let lineFeed = UInt8(ascii: "\n")
    if value.utf8.contains(lineFeed) {
      bytes.append(lineFeed)
      let length = UInt64(value.utf8.count)
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: length >> shift))
      }
    } else {
      bytes.append(UInt8(ascii: "="))
    }
    bytes.append(contentsOf: value.utf8)
    bytes.append(lineFeed)
  }
}
