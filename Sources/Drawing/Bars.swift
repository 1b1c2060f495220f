// Bars and sparklines, in block elements if supported, else in ASCII.

/// Inline graphics.
public enum Bar {
  private static let eighths: [Character] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
  private static let heights: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let asciiHeights: [Character] = ["_", ".", ":", "-", "=", "+", "*", "#"]

  /// A bar of exactly `cells` cells, filled up to `fraction`, which is clamped to 0...1. A nonzero fraction is
  /// never drawn as empty.
  public static func horizontal(_ fraction: Double, cells: Int, unicode: Bool) -> String {
    guard cells > 0 else { return "" }
    let share = fraction.isFinite ? min(max(fraction, 0), 1) : 0
    var steps = Int((share * Double(cells) * 8).rounded())
    if share > 0 { steps = max(steps, unicode ? 1 : 4) }
    guard unicode else {
      let full = min((steps + 4) / 8, cells)
      return String(repeating: "#", count: full) + String(repeating: ".", count: cells - full)
    }
    let full = steps / 8
    var text = String(repeating: "█", count: full)
    if full < cells {
      text.append(eighths[steps % 8])
      text += String(repeating: " ", count: cells - full - 1)
    }
    return text
  }

  /// One cell per value, scaled to the maximum; zero is blank.
  public static func sparkline(_ values: [Double], unicode: Bool) -> String {
    let levels = unicode ? heights : asciiHeights
    let greatest = values.filter(\.isFinite).max() ?? 0
    return String(
      values.map { value -> Character in
        guard value.isFinite, value > 0, greatest > 0 else { return " " }
        let level = Int((value / greatest * Double(levels.count)).rounded(.up)) - 1
        return levels[min(max(level, 0), levels.count - 1)]
      })
  }
}
