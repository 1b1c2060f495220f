// How many packets are read from a connection in a row: one where one comes at a time, all of a burst,
// never more than others can bear to wait for.

import Testing

@testable import NDISDaemon

@Suite struct AppetiteTests {
  /// Turns at which `waiting` packets are there each time; answers the system calls that found nothing.
  private func run(_ appetite: inout Appetite, turns: Int, waiting: Int) -> Int {
    var inVain = 0
    for _ in 0..<turns {
      let found = min(appetite.next, waiting)
      let ranDry = found < appetite.next
      inVain += ranDry ? 1 : 0
      appetite.turnEnded(found: found, ranDry: ranDry)
    }
    return inVain
  }

  @Test("one packet at a time: looks for a second become seldom")
  func oneAtATime() {
    var appetite = Appetite()
    let first = run(&appetite, turns: 1_000, waiting: 1)
    #expect((1...25).contains(first))
    let later = run(&appetite, turns: 10_000, waiting: 1)
    #expect((1...200).contains(later))
  }

  @Test("a burst is read whole, also after a long time without one")
  func burst() {
    var appetite = Appetite()
    _ = run(&appetite, turns: 10_000, waiting: 1)
    _ = run(&appetite, turns: 70, waiting: 12)
    #expect(appetite.next >= 8)
  }

  @Test("others have their turn after sixteen packets")
  func fairness() {
    var appetite = Appetite()
    for _ in 0..<100 {
      appetite.turnEnded(found: appetite.next, ranDry: false)
      #expect((1...Appetite.most).contains(appetite.next))
    }
    #expect(appetite.next == Appetite.most)
  }

  @Test("a turn that finds nothing leaves one packet to be asked for")
  func nothing() {
    var appetite = Appetite()
    appetite.turnEnded(found: 0, ranDry: true)
    #expect(appetite.next == 1)
  }
}
