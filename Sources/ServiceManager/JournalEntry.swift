// One entry as journald's native protocol writes it: `KEY=value` and a line feed; a value that has
// line feeds itself goes as `KEY`, line feed, its length in 64 bits little-endian, the bytes, line
// feed. Keys are ours: capital letters, digits and `_`, not beginning with `_`, which journald
// keeps for itself.

public import NDISEvents

/// The bytes of a journal entry.
public struct JournalEntry: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  /// Everything the journal is to know about an event.
  public init(_ event: Event, identifier: String) {
    let kind = event.kind
    bytes.reserveCapacity(512)
    append("MESSAGE", event.sentence)
    append("PRIORITY", "\(kind.priority.rawValue)")
    append("MESSAGE_ID", kind.messageID)
    append("SYSLOG_IDENTIFIER", identifier)
    for field in event.fields { append(field.name, field.value) }
  }

  /// Adds a field; a key may come again.
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
