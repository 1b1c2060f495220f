// Where every event of the daemon goes beside the log: the ring that is listed and monitored, and the counts
// of violations. It is made before NDIS is, so that nothing is missed.

package import NDISEvents
package import NDISPlatform

/// Records events for management.
package final class EventRecorder {
  private(set) var log: EventLog
  var violations = ViolationBook()

  /// - Parameter capacity: events in the ring.
  package init(capacity: Int = 4096) { log = EventLog(capacity: capacity) }

  /// Records an event that happens now.
  package func record(_ event: NDISEvents.Event, at time: WallTime = .now) {
    let micros =
      UInt64(clamping: time.seconds) &* 1_000_000 &+ UInt64(clamping: time.nanoseconds / 1000)
    log.append(event, at: micros)
    violations.record(event)
  }
}
