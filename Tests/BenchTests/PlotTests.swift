// The plots: the SVG is well-formed for any text, the terminal's lines fit.

import NDISDrawing
import Testing

@Suite struct PlotTests {
  private static let panels = [
    PlotPanel(
      title: "calls < 1 & \"quoted\" \u{7}",
      series: [
        PlotSeries(name: "ndissim", distribution: Distribution((20_000..<21_000).map { $0 })),
        PlotSeries(name: "floor", distribution: Distribution((9_000..<12_000).map { $0 })),
      ]),
    PlotPanel(
      title: "one sample", series: [PlotSeries(name: "a", distribution: Distribution([1]))]),
    PlotPanel(title: "none", series: [PlotSeries(name: "a", distribution: Distribution([]))]),
  ]

  @Test func theSVGIsWellFormed() throws {
    let svg = PlotSVG.document(title: "<a & b>", subtitle: "c", panels: PlotTests.panels)
    let problem = XMLCheck.problem(in: svg)
    #expect(problem == nil)
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    #expect(svg.contains("&lt;a &amp; b&gt;"))
    #expect(svg.contains("no samples"))
    #expect(svg.contains("prefers-color-scheme: dark"))
  }

  @Test func theCheckFindsWhatIsNotWellFormed() {
    #expect(XMLCheck.problem(in: "<a><b></a></b>") != nil)
    #expect(XMLCheck.problem(in: "<a>") != nil)
    #expect(XMLCheck.problem(in: "<a x=1/>") != nil)
    #expect(XMLCheck.problem(in: "<a>x & y</a>") != nil)
    #expect(XMLCheck.problem(in: "<a x=\"1\">x &amp; y<b/></a>") == nil)
  }

  @Test(arguments: [40, 80, 120])
  func theTerminalsLinesFit(width: Int) {
    for panel in PlotTests.panels {
      let lines = panel.terminalLines(width: width)
      #expect(lines.count >= 2)
      // The line of percentiles is text and as long as its numbers are.
      for line in lines.dropFirst() where !line.contains("p99.9 ") {
        #expect(line.count <= width)
      }
    }
  }

  @Test func theTerminalShowsTheMedians() {
    let lines = PlotTests.panels[0].terminalLines(width: 80)
    #expect(lines.contains { $0.contains("ndissim") && $0.contains("p50 20.5") })
    #expect(lines.contains { $0.contains("floor") && $0.contains("p50 10.5") })
    #expect(lines.filter { $0.contains("▲p50") }.count == 2)
    #expect(lines.contains { $0.contains("█") })
  }
}

/// Enough of an XML parser to know whether a document is well-formed; no DTDs, comments or CDATA.
enum XMLCheck {
  static func problem(in text: String) -> String? {
    var open: [String] = []
    var rest = Substring(text)
    while let start = rest.firstIndex(of: "<") {
      if let problem = textProblem(rest[..<start]) { return problem }
      guard let end = rest[start...].firstIndex(of: ">") else { return "a tag does not end" }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("/") {
        guard open.popLast() == String(tag.dropFirst()) else { return "</\(tag.dropFirst())>" }
        continue
      }
      let body = tag.hasSuffix("/") ? tag.dropLast() : tag
      let name = body.prefix { $0 != " " }
      guard !name.isEmpty, name.allSatisfy({ $0.isLetter }) else { return "the tag <\(tag)>" }
      if let problem = attributeProblem(body.dropFirst(name.count)) { return problem }
      if !tag.hasSuffix("/") { open.append(String(name)) }
    }
    if rest.contains(where: { !$0.isWhitespace }) { return "text after the end" }
    return open.isEmpty ? nil : "<\(open.joined(separator: "><"))> not closed"
  }

  private static func textProblem(_ text: Substring) -> String? {
    for scalar in text.unicodeScalars where scalar.value < 0x20 {
      guard scalar == "\n" || scalar == "\t" else { return "a control character" }
    }
    for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
      guard ["amp;", "lt;", "gt;", "quot;"].contains(where: { part.hasPrefix($0) }) else {
        return "an entity in '&\(part.prefix(10))'"
      }
    }
    return nil
  }

  private static func attributeProblem(_ text: Substring) -> String? {
    var rest = text.drop { $0.isWhitespace }
    while !rest.isEmpty {
      let name = rest.prefix { $0 != "=" }
      rest = rest.dropFirst(name.count)
      guard !name.isEmpty, rest.hasPrefix("=\"") else { return "the attribute '\(name)'" }
      rest = rest.dropFirst(2)
      guard let end = rest.firstIndex(of: "\"") else { return "the value of '\(name)'" }
      if rest[..<end].contains("<") { return "the value of '\(name)'" }
      if let problem = textProblem(rest[..<end]) { return problem }
      rest = rest[rest.index(after: end)...].drop { $0.isWhitespace }
    }
    return nil
  }
}
