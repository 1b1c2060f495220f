// One turn in sixteen is interrupted after one of its writes: the copy of the store that is taken there must
// open as the state before the turn.

import NDIS

@testable import NDISSimulator
import NDISStore

final class CrashPoints {
  private var before: TestMemory?
  private var copy: TestMemory?
  private var countdown = -1

  /// Takes the host's `beforeTurn`, and listens to its writes.
  init(_ host: TestHost, roll: @escaping (_ sides: Int) -> Int) {
    host.beforeTurn = { [unowned self] host in
      copy = nil
      countdown = -1
      guard roll(16) == 0 else { return }
      before = host.memory.copied()
      countdown = roll(40)
    }
    let wrote = host.observer.onWrite
    host.observer.onWrite = { [unowned self, unowned host] in
      wrote()
      if countdown == 0 { copy = host.memory.copied() }
      countdown -= 1
    }
  }

  /// After the turn. One that commits more than once is not looked at.
  func check(_ host: TestHost, isOneTransaction: Bool) {
    guard let copy, let before, isOneTransaction else { return }
    self.copy = nil
    do {
      _ = try Simulator(memory: copy.memory, settings: host.settings, fresh: false)
      if let at = copy.firstDifference(before) { host.problem("undone, byte \(at) differs") }
    } catch { host.problem("after a crash: \(error)") }
  }
}
