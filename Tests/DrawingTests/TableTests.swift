// Tables: every test compares a complete rendering.

import NDISDrawing
import Testing

private let columns = [
  Column("HANDLE"), Column("DRIVER", minimum: 8), Column("BYTES", .right),
  Column("TAG", rank: 2), Column("SITE", rank: 1, minimum: 6),
]

private let rows: [[Cell]] = [
  ["0x0600000100000000", "vmq-miniport", "64 KiB", "VmqR", "ReceiveQueueStart"],
  ["0x0600000100000001", "ndis", "4 KiB", "-", "Initialize"],
]

/// The table as one text.
private func drawn(
  _ capabilities: TerminalCapabilities, _ rows: [[Cell]] = rows, fitting: [[Cell]]? = nil
) -> String {
  let table = Table(columns, fitting: fitting ?? rows, on: capabilities)
  return ([table.header] + rows.map { table.line($0) }).joined(separator: "\n")
}

@Test func `Without a width limit a table is as wide as its cells, without trailing spaces`() {
  #expect(
    drawn(TerminalCapabilities()) == """
      HANDLE              DRIVER         BYTES  TAG   SITE
      0x0600000100000000  vmq-miniport  64 KiB  VmqR  ReceiveQueueStart
      0x0600000100000001  ndis           4 KiB  -     Initialize
      """)
}

@Test func `With a limited width, columns are truncated first`() {
  #expect(
    drawn(TerminalCapabilities(width: 58))
      == """
      HANDLE              DRIVER      BYTES  TAG   SITE
      0x0600000100000000  vmq-mini…  64 KiB  VmqR  ReceiveQueue…
      0x0600000100000001  ndis        4 KiB  -     Initialize
      """)
  #expect(
    drawn(TerminalCapabilities(width: 58)).split(separator: "\n").allSatisfy { $0.count <= 58 })
}

@Test func `Then columns are omitted, the highest rank first`() {
  #expect(
    drawn(TerminalCapabilities(width: 44)) == """
      HANDLE              DRIVER     BYTES  SITE
      0x0600000100000000  vmq-min…  64 KiB  Recei…
      0x0600000100000001  ndis       4 KiB  Initi…
      """)
  #expect(
    drawn(TerminalCapabilities(width: 38)) == """
      HANDLE              DRIVER       BYTES
      0x0600000100000000  vmq-minip…  64 KiB
      0x0600000100000001  ndis         4 KiB
      """)
}

@Test func `The rest is truncated at the width`() {
  #expect(
    drawn(TerminalCapabilities(width: 22)) == """
      HANDLE              D…
      0x0600000100000000  v…
      0x0600000100000001  n…
      """)
}

@Test func `A later cell that is too wide shifts the row only as far as necessary`() {
  let late: [[Cell]] = [
    ["0x0600000100000001", "a-driver-with-a-very-long-name", "4 KiB", "-", "x"]
  ]
  #expect(
    drawn(TerminalCapabilities(), late, fitting: rows) == """
      HANDLE              DRIVER         BYTES  TAG   SITE
      0x0600000100000001  a-driver-with-a-very-long-name 4 KiB - x
      """)
  let short: [[Cell]] = [["0x0600000100000001", "fourteen-chars", "4 KiB", "-", "x"]]
  #expect(
    drawn(TerminalCapabilities(), short, fitting: rows) == """
      HANDLE              DRIVER         BYTES  TAG   SITE
      0x0600000100000001  fourteen-chars 4 KiB  -     x
      """)
}

@Test func `Names cannot control the terminal or break the table`() {
  let bad: [[Cell]] = [["0x1", "a\u{1B}[2Jb\nc\u{202E}d", "1 B", "é日本", "\u{9B}31m"]]
  #expect(
    drawn(TerminalCapabilities(), bad) == """
      HANDLE  DRIVER      BYTES  TAG    SITE
      0x1     a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d    1 B  é日本  \u{FFFD}31m
      """)
  #expect(
    drawn(TerminalCapabilities(unicode: false), bad) == """
      HANDLE  DRIVER      BYTES  TAG  SITE
      0x1     a?[2Jb?c?d    1 B  ???  ?31m
      """)
}

@Test func `Colours change no width and appear only if enabled`() {
  let row: [Cell] = [Cell("0x1", .name), Cell("ndis", .bad), "1 B", "-", "x"]
  let plain = Table(columns, fitting: [row], on: TerminalCapabilities(width: 80))
  let coloured = Table(columns, fitting: [row], on: TerminalCapabilities(width: 80, colors: true))
  #expect(plain.line(row) == "0x1     ndis      1 B  -    x")
  #expect(
    coloured.line(row) == "\u{1B}[36m0x1\u{1B}[0m     \u{1B}[1;31mndis\u{1B}[0m      1 B  -    x")
}

@Test func `Rows with too few or too many cells are drawn as far as they go`() {
  let table = Table(
    columns, fitting: [["a"], ["a", "b", "c", "d", "e", "f"]], on: TerminalCapabilities())
  #expect(table.line(["a"]) == "a")
  #expect(table.line(["a", "b", "c", "d", "e", "f"]) == "a       b           c  d    e")
}

@Test func `Pages have their keys aligned at the colon and their lines cut at the edge`() {
  var page = KeyValues()
  page.add("Version", "0.1.0")
  page.add("Up", nil)
  page.add("Providers", [Cell("pool", .good), "hal"])
  #expect(
    page.lines(on: TerminalCapabilities()) == [
      "  Version: 0.1.0", "Providers: pool", "           hal",
    ])
  #expect(page.lines(on: TerminalCapabilities(width: 14), keyCells: 9)[1] == "Providers: po…")
}

@Test func `Sentences are not truncated, and leave space for other columns`() {
  let columns = [Column("KIND", minimum: 3), Column("MESSAGE", runsOver: true)]
  let rows: [[Cell]] = [["violation", "a sentence that is longer than the line"]]
  let table = Table(columns, fitting: rows, on: TerminalCapabilities(width: 20))
  #expect(table.header == "KIND       MESSAGE")
  #expect(table.line(rows[0]) == "violation  a sentence that is longer than the line")
}
