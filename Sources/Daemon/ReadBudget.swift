// How many packets to read from a connection when it is readable. Reading until there is none costs a
// system call that finds nothing; reading one costs a wait for events between any two. Which is dearer
// depends on the client: one that waits for each answer has one packet there, one with 32 requests in
// flight has many. So as many are read as were there before, and now and then, ever more seldom while it
// is in vain, more are probed for. What stays unread is reported again: the reactor is
// level-triggered.

/// What a connection is expected to have sent.
struct ReadBudget {
  /// Packets of one connection in a row before others have their turn.
  static let maximum = 16

  /// Packets to read at the next turn.
  private(set) var limit = 1
  /// Turns until more is probed for, and how many to wait after a probe in vain.
  private var probeCountdown: UInt8 = 0
  private var backoff: UInt8 = 1

  /// A turn has read `found` packets; `drained` when there was none behind them.
  mutating func turnEnded(found: Int, drained: Bool) {
    if drained {
      limit = max(1, min(found, ReadBudget.maximum))
      probeCountdown = backoff
      backoff = min(64, backoff &* 2)
    } else if probeCountdown > 0 {
      probeCountdown -= 1
    } else {
      if limit > 1 { backoff = 1 }
      limit = min(ReadBudget.maximum, limit * 2)
    }
  }
}
