// "Did you mean": the known word nearest to an unknown one. Distance counts insertions, deletions,
// replacements and swaps of neighbours. Long words get no suggestion, so the work is bounded.

enum Suggestion {
  /// `; did you mean X?`, or the known words if none is similar and they are few.
  static func sentence(for word: String, among known: [String]) -> String {
    if let near = nearest(to: word, among: known) { return "; did you mean \(near)?" }
    return known.count > 10 ? "" : "; use \(known.joined(separator: ", "))"
  }

  /// The nearest of `known`, if it is similar enough.
  static func nearest(to word: String, among known: [String]) -> String? {
    guard word.utf8.count <= 64 else { return nil }
    let ranked = known.map { candidate in
      (distance: measure(word, candidate), candidate: candidate)
    }
    // An unambiguous prefix.
    let begun = known.filter { word.utf8.count > 3 && $0.hasPrefix(word) }
    if begun.count == 1 { return begun[0] }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(2, word.utf8.count / 4) ? best.candidate : nil
  }

  /// The distance of the whole keys, or of their last parts and one for the wrong table.
  private static func measure(_ word: String, _ candidate: String) -> Int {
    let whole = distance(Array(word.utf8), Array(candidate.utf8))
    guard let last = word.split(separator: ".").last,
      let end = candidate.split(separator: ".").last, last.utf8.count > 2
    else { return whole }
    return min(whole, distance(Array(last.utf8), Array(end.utf8)) + 1)
  }

  /// Optimal string alignment.
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var before: [Int] = []
    var previous = Array(0...b.count)
    for row in 0..<a.count {
      var current = [row + 1]
      for column in 0..<b.count {
        var cost = min(previous[column + 1], current[column]) + 1
        cost = min(cost, previous[column] + (a[row] == b[column] ? 0 : 1))
        if row > 0, column > 0, a[row] == b[column - 1], a[row - 1] == b[column] {
          cost = min(cost, before[column - 1] + 1)
        }
        current.append(cost)
      }
      before = previous
      previous = current
    }
    return previous[b.count]
  }
}
