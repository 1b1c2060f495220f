// Panels as one SVG image. Its colours follow prefers-color-scheme on a background of its own, so it is legible
// on light and dark pages. No scripts and only system fonts, so it can be embedded in a README.

/// Draws panels below each other.
public enum PlotSVG {
  private static let width = 900.0
  private static let panelHeight = 190.0
  private static let headHeight = 64.0
  private static let plotLeft = 82.0
  private static let plotWidth = 530.0
  private static let plotTop = 34.0
  private static let plotHeight = 108.0
  private static let columns = 180

  /// The image, a complete SVG document.
  ///
  /// - Parameters:
  ///   - title: what was measured.
  ///   - subtitle: where, for instance the machine.
  public static func document(title: String, subtitle: String, panels: [PlotPanel]) -> String {
    let height = headHeight + panelHeight * Double(panels.count) + 12
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \(number(height))" \
      width="\(number(width))" height="\(number(height))" role="img" aria-label="\(escaped(title))">
      <title>\(escaped(title))</title>
      <style>
      svg { font: 12px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif }
      .page { fill: #ffffff } .text { fill: #1f2328 } .faint { fill: #59636e }
      .rule { stroke: #d1d9e0 } .axis { stroke: #59636e }
      .s0 { stroke: #0969da; fill: #0969da } .s1 { stroke: #bc4c00; fill: #bc4c00 }
      .area { fill-opacity: 0.22; stroke-width: 1.5; stroke-linejoin: round }
      .mark { stroke-width: 1.5 } .dash { stroke-dasharray: 4 3 }
      .number { font-variant-numeric: tabular-nums }
      @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117 } .text { fill: #f0f6fc } .faint { fill: #9198a1 }
      .rule { stroke: #3d444d } .axis { stroke: #9198a1 }
      .s0 { stroke: #58a6ff; fill: #58a6ff } .s1 { stroke: #f0883e; fill: #f0883e }
      }
      .label { stroke: none; font-weight: 600 }
      </style>
      <rect class="page" width="100%" height="100%" rx="6"/>
      \(text(24, 30, title, "text", size: 18, weight: 600))
      \(text(24, 50, subtitle, "faint"))

      """
    for (index, panel) in panels.enumerated() {
      let top = headHeight + panelHeight * Double(index)
      svg += "<g transform=\"translate(0 \(number(top)))\">\n\(drawing(of: panel))</g>\n"
    }
    return svg + "</svg>\n"
  }

  private static func drawing(of panel: PlotPanel) -> String {
    var svg = text(24, 20, panel.title, "text", size: 13, weight: 600) + "\n"
    guard let axis = panel.axis else {
      return svg + text(plotLeft, 60, "no samples", "faint") + "\n"
    }
    let histograms = panel.series.map { Histogram($0.distribution, axis: axis, columns: columns) }
    let peak = max(histograms.map { $0.peak }.max() ?? 0, 1e-9)
    svg += grid(axis, peak: peak)
    for (index, histogram) in histograms.enumerated().reversed() {
      svg += area(histogram, peak: peak, style: "s\(index % 2)")
    }
    for (index, series) in panel.series.enumerated() {
      svg += marks(series.distribution, axis, style: "s\(index % 2)")
    }
    return svg + table(panel.series)
  }

  private static func grid(_ axis: LogarithmicAxis, peak: Double) -> String {
    let bottom = plotTop + plotHeight
    var svg = ""
    var labelled = -100.0
    for tick in axis.ticks {
      let x = plotLeft + axis.position(tick) * plotWidth
      svg += line(x, plotTop, x, bottom, "rule")
      guard x - labelled >= 34 else { continue }
      labelled = x
      svg += text(x, bottom + 16, plotMicroseconds(tick), "faint number", anchor: "middle") + "\n"
    }
    for part in [0.5, 1.0] {
      let y = bottom - part * plotHeight
      svg += line(plotLeft, y, plotLeft + plotWidth, y, "rule")
      svg +=
        text(plotLeft - 8, y + 4, percent(peak * part), "faint number", anchor: "end") + "\n"
    }
    svg += line(plotLeft, bottom, plotLeft + plotWidth, bottom, "axis")
    svg +=
      text(
        plotLeft + plotWidth / 2, bottom + 34, "microseconds, logarithmic", "faint",
        anchor: "middle")
      + "\n"
    let middle = plotTop + plotHeight / 2
    svg +=
      "<text class=\"faint\" text-anchor=\"middle\" transform=\"translate(30 \(number(middle))) rotate(-90)\">"
      + "share of samples</text>\n"
    return svg
  }

  private static func area(_ histogram: Histogram, peak: Double, style: String) -> String {
    let bottom = plotTop + plotHeight
    let step = plotWidth / Double(histogram.shares.count)
    var path = "M\(number(plotLeft)) \(number(bottom))"
    for (index, share) in histogram.shares.enumerated() {
      path += "V\(number(bottom - share / peak * plotHeight))"
      path += "H\(number(plotLeft + Double(index + 1) * step))"
    }
    path += "V\(number(bottom))"
    return "<path class=\"\(style) area\" d=\"\(path)\"/>\n"
  }

  /// The median as a line, the 99th percentile as a dashed one.
  private static func marks(
    _ distribution: Distribution, _ axis: LogarithmicAxis, style: String
  ) -> String {
    var svg = ""
    for (percent, dash) in [(50.0, ""), (99.0, " dash")] {
      guard let value = distribution.percentile(percent) else { continue }
      let position = axis.position(Double(value))
      guard position >= 0, position <= 1 else { continue }
      let x = plotLeft + position * plotWidth
      svg += line(x, plotTop, x, plotTop + plotHeight, "\(style) mark\(dash)")
    }
    return svg
  }

  /// Names, and percentiles in figures.
  private static func table(_ series: [PlotSeries]) -> String {
    let left = plotLeft + plotWidth + 26
    var svg = ""
    for (index, percentile) in plotPercentiles.enumerated() {
      let y = plotTop + 50 + Double(index) * 18
      svg += text(left, y, percentile.name, "faint") + "\n"
      if percentile.percent == 50 || percentile.percent == 99 {
        let dash = percentile.percent == 99 ? " dash" : ""
        svg += line(left + 40, y - 4, left + 64, y - 4, "axis mark\(dash)")
      }
    }
    svg += text(left, plotTop + 30, "us", "faint") + "\n"
    for (index, series) in series.enumerated() {
      let right = left + 138 + Double(index) * 92
      let style = "s\(index % 2)"
      let y = plotTop + 14
      svg +=
        "<rect class=\"\(style) area\" x=\"\(number(right - 12))\" y=\"\(number(y - 10))\" "
        + "width=\"12\" height=\"12\"/>\n"
      svg += text(right, y + 16, series.name, "\(style) label", anchor: "end") + "\n"
      for (row, percentile) in plotPercentiles.enumerated() {
        let value = series.distribution.percentile(percentile.percent)
        let shown = value.map { plotMicroseconds(Double($0)) } ?? "-"
        let y = plotTop + 50 + Double(row) * 18
        svg += text(right, y, shown, "text number", anchor: "end") + "\n"
      }
    }
    return svg
  }

  // MARK: Elements

  private static func text(
    _ x: Double, _ y: Double, _ content: String, _ style: String, size: Int = 12,
    weight: Int = 400, anchor: String = "start"
  ) -> String {
    var attributes = "class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\""
    if size != 12 { attributes += " font-size=\"\(size)\"" }
    if weight != 400 { attributes += " font-weight=\"\(weight)\"" }
    if anchor != "start" { attributes += " text-anchor=\"\(anchor)\"" }
    return "<text \(attributes)>\(escaped(content))</text>"
  }

  private static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String
  ) -> String {
    "<line class=\"\(style)\" x1=\"\(number(x1))\" y1=\"\(number(y1))\" "
      + "x2=\"\(number(x2))\" y2=\"\(number(y2))\"/>\n"
  }

  private static func percent(_ share: Double) -> String {
    let tenths = Int((share * 1_000).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }

  /// At most one decimal.
  private static func number(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e9 else { return "0" }
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let whole = tenths.magnitude / 10
    let rest = tenths.magnitude % 10
    return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      // Characters that XML does not permit.
      case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}": result += " "
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
