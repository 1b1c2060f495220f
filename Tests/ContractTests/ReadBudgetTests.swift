// How many packets are read from a connection in a row: one where one comes at a time, all of a burst,
// never more than others can bear to wait for.

import Testing

@testable import NDISDaemon

@Suite struct ReadBudgetTests {
  /// Turns at which `waiting` packets are there each time; answers the system calls that found nothing.
  private func run(_ readBudget: inout ReadBudget, turns: Int, waiting: Int) -> Int {
    var inVain = 0
    for _ in 0..<turns {
      let found = min(readBudget.limit, waiting)
      let drained = found < readBudget.limit
      inVain += drained ? 1 : 0
      readBudget.turnEnded(found: found, drained: drained)
    }
    return inVain
  }

  @Test("one packet at a time: looks for a second become seldom")
  func oneAtATime() {
    var readBudget = ReadBudget()
    let first = run(&readBudget, turns: 1_000, waiting: 1)
    #expect((1...25).contains(first))
    let later = run(&readBudget, turns: 10_000, waiting: 1)
    #expect((1...200).contains(later))
  }

  @Test("a burst is read whole, also after a long time without one")
  func burst() {
    var readBudget = ReadBudget()
    _ = run(&readBudget, turns: 10_000, waiting: 1)
    _ = run(&readBudget, turns: 70, waiting: 12)
    #expect(readBudget.limit >= 8)
  }

  @Test("others have their turn after sixteen packets")
  func fairness() {
    var readBudget = ReadBudget()
    for _ in 0..<100 {
      readBudget.turnEnded(found: readBudget.limit, drained: false)
      #expect((1...ReadBudget.maximum).contains(readBudget.limit))
    }
    #expect(readBudget.limit == ReadBudget.maximum)
  }

  @Test("a turn that finds nothing leaves one packet to be asked for")
  func nothing() {
    var readBudget = ReadBudget()
    readBudget.turnEnded(found: 0, drained: true)
    #expect(readBudget.limit == 1)
  }
}
