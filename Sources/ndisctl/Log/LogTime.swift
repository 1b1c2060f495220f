// Times of `log --since` without the journal: -10min and @1700000000.

import Glibc

enum LogTime {
  /// Microseconds since 1970.
  static func microseconds(_ text: String) throws(CommandFailure) -> Int {
    if text.hasPrefix("-"), let span = TimeSpan(argument: String(text.dropFirst())) {
      var now = timespec()
      unsafe clock_gettime(CLOCK_REALTIME, &now)
      return now.tv_sec * 1_000_000 + now.tv_nsec / 1000 - span.milliseconds * 1000
    }
    if text.hasPrefix("@"), let seconds = Int(text.dropFirst()), seconds >= 0,
      seconds < Int.max / 1_000_000
    {
      return seconds * 1_000_000
    }
    throw CommandFailure(
      "--since is '\(text)'; without the journal use -10min, or @ followed by seconds since 1970",
      status: .usage)
  }
}
