// Maps of sections: statistics, cells, text and SVG, with inconsistent input, too.

import Testing

@testable import NDISDrawing

@Suite struct SectionMapTests {
  private let plain = TerminalCapabilities(unicode: false)

  private func map(_ size: Int, _ extents: [(Int, Int, Int)]) -> SectionMap {
    SectionMap(
      size: size, owners: ["first", "second", "third"],
      extents: extents.enumerated().map { index, extent in
        .init(offset: extent.0, length: extent.1, owner: extent.2, block: index)
      })
  }

  @Test func `Free memory is measured by its runs`() {
    let figures = map(100, [(10, 10, 0), (40, 20, 1), (60, 30, 0)]).figures
    #expect(figures.used == 60)
    #expect(figures.free == 40)
    #expect(figures.freeRuns == 3)
    #expect(figures.longestFreeRun == 20)
    #expect(figures.fragmentation == 0.5)
  }

  @Test func `An empty and a full section are not fragmented`() {
    #expect(map(100, []).figures.fragmentation == 0)
    #expect(map(100, []).figures.freeRuns == 1)
    #expect(map(100, [(0, 100, 0)]).figures.fragmentation == 0)
    #expect(map(100, [(0, 100, 0)]).figures.free == 0)
  }

  @Test func `Owners have as many blocks and bytes as were drawn`() {
    let shares = SectionMap(
      size: 100, owners: ["a", "b"],
      extents: [
        .init(offset: 0, length: 10, owner: 0, block: 1),
        .init(offset: 20, length: 10, owner: 0, block: 1),
        .init(offset: 40, length: 5, owner: 0, block: 2),
      ]
    ).shares
    #expect(shares == [.init(blocks: 2, bytes: 25), .init(blocks: 0, bytes: 0)])
  }

  @Test func `A capital letter is one block, a small one several or partly free`() {
    // 80 bytes in 8 cells of 10.
    let drawn = map(80, [(0, 20, 0), (20, 5, 1), (25, 5, 1), (40, 4, 2), (50, 10, 2)])
      .bar(on: plain, width: 8)
    #expect(drawn == "AAb.cC..")
  }

  @Test func `A cell belongs to the owner of most of it`() {
    let map = map(10, [(0, 3, 0), (3, 4, 1), (7, 3, 2)])
    #expect(map.bar(on: plain, width: 1) == "b")
    #expect(map.cells(1).first?.pieces == 3)
  }

  @Test func `A block smaller than a cell is not lost`() {
    #expect(map(1 << 40, [(512, 1, 0)]).bar(on: plain, width: 4) == "a...")
  }

  @Test func `Extents that overlap, lie outside or are empty do not trap`() {
    let map = map(
      100,
      [
        (-5, 10, 0), (90, .max, 1), (95, 10, 0), (200, 10, 0), (50, 0, 0), (60, -3, 0), (10, 5, 7),
        (.max, .max, 2),
      ])
    #expect(map.extents.map(\.offset) == [0, 90])
    #expect(map.extents.map(\.length) == [5, 10])
    #expect(map.figures.used == 15)
  }

  @Test func `The largest section can be drawn`() {
    let map = map(.max, [(.max - 10, 10, 0)])
    #expect(map.bar(on: plain, width: 3) == "..a")
    #expect(map.lines(on: plain, width: 16, rows: 4).count == 4)
  }

  @Test func `A section of no size has no cells`() {
    #expect(map(0, [(0, 1, 0)]).cells(8).isEmpty)
    #expect(map(-1, []).lines(on: plain, width: 8, rows: 2).isEmpty)
  }

  @Test func `Lines begin with the offset of their first byte`() {
    let lines = map(0x4000, [(0, 0x1000, 0)]).lines(on: plain, width: 4, rows: 2)
    #expect(lines == ["0x00000000  AA..", "0x00002000  ...."])
  }

  @Test func `Colours change nothing but colours`() {
    let coloured = map(80, [(0, 20, 0), (20, 10, 1)])
      .bar(on: TerminalCapabilities(colors: true, unicode: false), width: 8)
    var text = ""
    var inside = false
    for character in coloured {
      if character == "\u{1B}" { inside = true }
      if !inside { text.append(character) }
      if character == "m" { inside = false }
    }
    #expect(text == "AAB.....")
    #expect(coloured.contains("\u{1B}["))
  }

  @Test func `The twenty-seventh owner and all after it share a mark`() {
    #expect(SectionMap.letter(25) == "Z")
    #expect(SectionMap.letter(26) == "#")
    #expect(SectionMap.letter(1000) == "#")
  }

  @Test func `The picture is well-formed whatever owners are called`() {
    let map = SectionMap(
      size: 100, owners: ["<script>&\"'\u{1}"],
      extents: [.init(offset: 0, length: 50, owner: 0, block: 0)])
    let svg = map.svg(title: "a <b> & \"c\"", details: "d\u{0}")
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    #expect(svg.hasSuffix("</svg>\n"))
    #expect(!svg.contains("<script>"))
    #expect(svg.contains("&lt;script&gt;&amp;&quot;"))
    #expect(svg.contains("<title>&lt;script&gt;"))
    #expect(!svg.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
  }
}
