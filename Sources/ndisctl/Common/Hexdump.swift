// Bytes in the format of hexdump -C: offset, sixteen bytes, their characters. Repeated lines are a
// single `*`.

/// A hexdump.
enum Hexdump {
  /// The lines of a dump of `count` bytes, which `byte` returns one by one.
  static func lines(count: Int, byte: (Int) -> UInt8) -> [String] {
    var lines: [String] = []
    var before: [UInt8] = []
    var isRepeating = false
    var offset = 0
    while offset < count {
      let row = (offset..<min(offset + 16, count)).map { byte($0) }
      if row == before, offset + 16 < count {
        if !isRepeating { lines.append("*") }
        isRepeating = true
      } else {
        lines.append(line(offset, row))
        isRepeating = false
      }
      before = row
      offset += 16
    }
    lines.append(digits(UInt64(count), 8))
    return lines
  }

  private static func line(_ offset: Int, _ row: [UInt8]) -> String {
    var text = digits(UInt64(offset), 8) + " "
    for index in 0..<16 {
      if index % 8 == 0 { text += " " }
      text += index < row.count ? digits(UInt64(row[index]), 2) + " " : "   "
    }
    let characters = row.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }
    return text + " |" + String(decoding: characters, as: UTF8.self) + "|"
  }

  private static func digits(_ value: UInt64, _ width: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
