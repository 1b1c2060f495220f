// How many packets to read from a connection when it is readable. Reading until there is none costs a
// system call that finds nothing; reading one costs a wait for events between any two. Which is dearer
// depends on the client: one that waits for each answer has one packet there, one with 32 requests in
// flight has many. So as many are read as were there before, and now and then, ever more seldom while it
// is in vain, it is looked whether there are more. What stays unread is reported again: the reactor is
// level-triggered.

/// What a connection is expected to have sent.
struct Appetite {
  /// Packets of one connection in a row before others have their turn.
  static let most = 16

  /// Packets to read at the next turn.
  private(set) var next = 1
  /// Turns until it is looked for more, and how many to wait after a look in vain.
  private var untilLook: UInt8 = 0
  private var patience: UInt8 = 1

  /// A turn has read `found` packets; `ranDry` when there was none behind them.
  mutating func turnEnded(found: Int, ranDry: Bool) {
    if ranDry {
      next = max(1, min(found, Appetite.most))
      untilLook = patience
      patience = min(64, patience &* 2)
    } else if untilLook > 0 {
      untilLook -= 1
    } else {
      if next > 1 { patience = 1 }
      next = min(Appetite.most, next * 2)
    }
  }
}
