// What the server reports to the service manager, and how it ends.

import NDIS
import NDISDriverInterface
import NDISDriverPlane
import NDISEvents
import NDISManagementPlane
import NDISPlatform
import NDISServiceManager
import NDISSimulator

extension Server {
  /// At most twice a second: a status that nobody could read would cost more than the work it describes.
  mutating func reportStatus() {
    guard isStatusOld || statusDue > 0 || switchboard.hasWork else { return }
    let now = MonotonicClock.milliseconds
    if statusDue == 0 { statusDue = now + 500 }
    guard now >= statusDue else { return }
    statusDue = 0
    isStatusOld = false
    let counters = switchboard.statistics
    guard counters != lastCounters else { return }
    lastCounters = counters
    let text =
      "\(counters.sessions) sessions, \(counters.adapters) adapters, "
      + "\(counters.blocks) blocks, \(counters.violations) violations, "
      + "\(counters.leakedBlocks) leaks"
    guard text != lastStatus else { return }
    lastStatus = text
    link.status(text)
  }

  /// Pings the service manager's watchdog: this thread alone does, for a daemon whose reactor is
  /// stuck is to be killed, whatever else still runs.
  mutating func pingWatchdog() {
    guard let silence = link.watchdogMilliseconds else { return }
    let now = MonotonicClock.milliseconds
    guard now &- lastPing >= silence / 4 else { return }
    lastPing = now
    link.pingWatchdog()
  }

  /// Notifies every client, reclaims what they held, closes.
  package mutating func shutDown() {
    let link = link
    var said = MonotonicClock.milliseconds
    switchboard.shutDown {
      let now = MonotonicClock.milliseconds
      guard now &- said >= 1_000 else { return }
      said = now
      // Still ending: two seconds more from now, if the time allowed should be over.
      link.extend(milliseconds: 2_000)
      link.pingWatchdog()
    }
    management?.shutDown(&reactor)
    peers.removeAll { _ = try? $0.socket.shutdown() }
  }
}
