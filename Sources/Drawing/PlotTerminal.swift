// A panel in a terminal: for each series a line of percentiles, a histogram of eighth blocks with its
// median and 99th percentile marked below, and one axis for all. Plain text, no colours; needs a font
// with block elements.

extension PlotPanel {
  /// The panel's lines, each at most `width` characters (at least 40).
  public func terminalLines(width: Int) -> [String] {
    let columns = max(width, 40) - 2
    guard let axis else { return [title, "  no samples"] }
    let histograms = series.map { Histogram($0.distribution, axis: axis, columns: columns) }
    let peak = histograms.map { $0.peak }.max() ?? 0
    var lines = [title]
    let widest = series.map { $0.name.count }.max() ?? 0
    for (series, histogram) in zip(series, histograms) {
      let name = series.name + String(repeating: " ", count: widest - series.name.count)
      let numbers = plotPercentiles.map { name, percent in
        "\(name) \(plotMicroseconds(Double(series.distribution.percentile(percent) ?? 0)))"
      }
      lines.append("  \(name)  " + numbers.joined(separator: "   ") + " us")
      lines += PlotPanel.rows(histogram, peak: peak, height: 4).map { "  " + $0 }
      lines.append("  " + PlotPanel.marks(series.distribution, axis, columns))
    }
    return lines + PlotPanel.axisLines(axis, columns).map { "  " + $0 }
  }

  private static let eighths: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  private static func rows(_ histogram: Histogram, peak: Double, height: Int) -> [String] {
    // A nonzero share is always visible.
    let heights = histogram.shares.map { share in
      share > 0 ? max(1, Int((share / peak * Double(height * 8)).rounded())) : 0
    }
    return (0..<height).reversed().map { row in
      trimmed(String(heights.map { eighths[min(max($0 - row * 8, 0), 8)] }))
    }.drop { $0.isEmpty }.map { $0 }
  }

  private static func marks(
    _ distribution: Distribution, _ axis: LogarithmicAxis, _ columns: Int
  ) -> String {
    var line = [Character](repeating: " ", count: columns)
    var taken = -1
    for (name, percent) in plotPercentiles where percent != 90 {
      guard let value = distribution.percentile(percent) else { continue }
      let position = axis.position(Double(value))
      let column = min(max(Int(position * Double(columns)), 0), columns - 1)
      let text = Array("▲" + name)
      guard column > taken, column + text.count <= columns else { continue }
      line.replaceSubrange(column..<column + text.count, with: text)
      taken = column + text.count
    }
    return trimmed(String(line))
  }

  private static func axisLines(_ axis: LogarithmicAxis, _ columns: Int) -> [String] {
    var rule = [Character](repeating: "─", count: columns)
    var labels = [Character](repeating: " ", count: columns)
    var free = 0
    for tick in axis.ticks {
      let column = min(max(Int(axis.position(tick) * Double(columns)), 0), columns - 1)
      let text = Array(plotMicroseconds(tick))
      rule[column] = "┬"
      guard column >= free, column + text.count + 3 <= columns else { continue }
      labels.replaceSubrange(column..<column + text.count, with: text)
      free = column + text.count + 1
    }
    labels.replaceSubrange(columns - 2..<columns, with: Array("us"))
    return [String(rule), String(labels)]
  }

  private static func trimmed(_ text: String) -> String {
    var text = text
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
