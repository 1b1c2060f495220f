// How many packets to read from a readable connection. Reading until EAGAIN costs an extra system call;
// reading one packet costs a wait for events for each. Which is cheaper depends on the client: one that waits
// for each reply has one packet pending, one with 32 outstanding requests has many. So the budget is the
// number of packets found before, and is probed upwards with exponential backoff. Unread packets are reported
// again: the reactor is level-triggered.

/// The adaptive read budget of a connection.
struct ReadBudget {
  /// Maximum number of packets read from one connection before others are served.
  static let maximum = 16

  /// Packets to read in the next turn.
  private(set) var limit = 1
  /// Turns until the next probe, and the delay after a failed one.
  private var probeCountdown: UInt8 = 0
  private var backoff: UInt8 = 1

  /// A turn has read `found` packets; `drained` if no more were pending.
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
