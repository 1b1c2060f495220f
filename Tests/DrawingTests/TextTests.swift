// Widths, cutting, quantities and bars.

import NDISDrawing
import Testing

@Test(arguments: [
  ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("👍", 2), ("한", 2), ("\u{301}", 0),
  ("❤\u{FE0F}", 2), ("█▏", 2),
])
func `Text fills as many cells as a terminal gives it`(text: String, cells: Int) {
  #expect(TerminalText.width(text) == cells)
}

@Test func `Cutting keeps whole characters and stays within the limit`() {
  #expect(TerminalText.cut("abcdef", to: 6) == "abcdef")
  #expect(TerminalText.cut("abcdef", to: 5) == "abcd…")
  #expect(TerminalText.cut("日本語", to: 4) == "日…")
  #expect(TerminalText.cut("abcdef", to: 5, unicode: false) == "abcd~")
  #expect(TerminalText.cut("abcdef", to: 1) == "…")
  #expect(TerminalText.cut("abcdef", to: 0) == "")
}

@Test func `Printable text has no control characters`() {
  for value in UInt32(0)...0x2100 {
    guard let scalar = Unicode.Scalar(value) else { continue }
    let shown = TerminalText.printable("a\(Character(scalar))b")
    #expect(
      shown.unicodeScalars.allSatisfy {
        $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
          && !(0x2028...0x202E).contains($0.value) && !(0x2066...0x2069).contains($0.value)
      }, "U+\(String(value, radix: 16))")
  }
}

@Test(arguments: [
  (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"),
  (65_536, "64 KiB"), (1_048_575, "1024 KiB"), (1 << 20, "1 MiB"), (300 << 20, "300 MiB"),
  (8 << 30, "8 GiB"), (Int.max, "8 EiB"), (-5, "-5 B"),
])
func `Bytes are shown in units of 1024`(count: Int, text: String) {
  #expect(HumanFormat.bytes(count) == text)
}

@Test(arguments: [
  (0, "0ms"), (999, "999ms"), (1000, "1s"), (12_340, "12.3s"), (59_999, "59.9s"),
  (60_000, "1min"), (252_000, "4min 12s"), (3_600_000, "1h"), (11_100_000, "3h 5min"),
  (187_200_000, "2d 4h"), (-5, "-5ms"), (Int.min, "-9223372036854775808ms"),
])
func `Durations have at most two units`(milliseconds: Int, text: String) {
  #expect(HumanFormat.milliseconds(milliseconds) == text)
}

@Test func `Microseconds, counts and rates are short`() {
  #expect(HumanFormat.microseconds(7) == "7us")
  #expect(HumanFormat.microseconds(1234) == "1.2ms")
  #expect(HumanFormat.microseconds(2_000_000) == "2s")
  #expect(HumanFormat.count(0) == "0")
  #expect(HumanFormat.count(1234) == "1 234")
  #expect(HumanFormat.count(1_048_576) == "1 048 576")
  #expect(HumanFormat.count(Int.min) == "-9 223 372 036 854 775 808")
  #expect(HumanFormat.counted(1, "block") == "1 block")
  #expect(HumanFormat.counted(2, "entry", "entries") == "2 entries")
  #expect(HumanFormat.rate(0) == "0")
  #expect(HumanFormat.rate(.nan) == "0")
  #expect(HumanFormat.rate(3.42) == "3.4")
  #expect(HumanFormat.rate(812.4) == "812")
  #expect(HumanFormat.rate(12_345) == "12.3k")
  #expect(HumanFormat.rate(1_234_567) == "1.2M")
  #expect(HumanFormat.rate(.infinity) == "0")
}

@Test func `Bars have a constant width, and a small fraction is visible`() {
  #expect(Bar.horizontal(0, cells: 4, unicode: true) == "    ")
  #expect(Bar.horizontal(0.001, cells: 4, unicode: true) == "▏   ")
  #expect(Bar.horizontal(0.5, cells: 4, unicode: true) == "██  ")
  #expect(Bar.horizontal(0.6, cells: 4, unicode: true) == "██▍ ")
  #expect(Bar.horizontal(7, cells: 4, unicode: true) == "████")
  #expect(Bar.horizontal(.nan, cells: 4, unicode: true) == "    ")
  #expect(Bar.horizontal(0.5, cells: 4, unicode: false) == "##..")
  #expect(Bar.horizontal(0.001, cells: 4, unicode: false) == "#...")
  #expect(Bar.horizontal(-1, cells: 0, unicode: false) == "")
}

@Test func `A sparkline has one cell a value and its peak at the highest`() {
  #expect(Bar.sparkline([0, 1, 2, 4, 8], unicode: true) == " ▁▂▄█")
  #expect(Bar.sparkline([0, 1, 8], unicode: false) == " _#")
  #expect(Bar.sparkline([0, 0], unicode: true) == "  ")
  #expect(Bar.sparkline([.nan, .infinity, 1], unicode: true) == "  █")
  #expect(Bar.sparkline([], unicode: true) == "")
}

@Test func `A frame is drawn over the last one without clearing it first`() {
  let frame = Screen.frame(["a", "b", "c"], height: 2)
  #expect(frame == "\u{1B}[?2026h\u{1B}[Ha\u{1B}[K\r\nb\u{1B}[K\u{1B}[J\u{1B}[?2026l")
  #expect(Screen.enter.contains("\u{1B}[?1049h") && Screen.leave.hasSuffix("\u{1B}[?1049l"))
}
