// Status reports and watchdog pings for the service manager, and shutdown.

import NDIS
import NDISDriverInterface
import NDISDriverPlane
import NDISEvents
import NDISManagementPlane
import NDISPlatform
import NDISServiceManager
import NDISSimulator

extension Server {
  /// At most twice a second: a status that is replaced before it can be read would be wasted work.
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

  /// Pings the service manager's watchdog. Only this thread does so, since a daemon with a blocked reactor is
  /// to be killed even if other threads still run.
  mutating func pingWatchdog() {
    guard let silence = link.watchdogMilliseconds else { return }
    let now = MonotonicClock.milliseconds
    guard now &- lastPing >= silence / 4 else { return }
    lastPing = now
    link.pingWatchdog()
  }

  /// Notifies every client, releases its resources, and closes.
  package mutating func shutDown() {
    let link = link
    var said = MonotonicClock.milliseconds
    switchboard.shutDown {
      let now = MonotonicClock.milliseconds
      guard now &- said >= 1_000 else { return }
      said = now
      // Still ending sessions: two seconds more from now, in case the stop timeout expires.
      link.extend(milliseconds: 2_000)
      link.pingWatchdog()
    }
    management?.shutDown(&reactor)
    peers.removeAll { _ = try? $0.socket.shutdown() }
  }
}
