// Receives every event of the daemon besides the log: the event ring and the violation counts. It is created
// before NDIS, so that it records all events.

package import NDISEvents
package import NDISPlatform

/// Records events for management.
package final class EventRecorder {
  private(set) var log: EventLog
  var violations = ViolationBook()

  /// - Parameter capacity: events in the ring.
  package init(capacity: Int = 4096) { log = EventLog(capacity: capacity) }

  /// Records a new event.
  package func record(_ event: NDISEvents.Event, at time: WallTime = .now) {
    let micros =
      UInt64(clamping: time.seconds) &* 1_000_000 &+ UInt64(clamping: time.nanoseconds / 1000)
    log.append(event, at: micros)
    violations.record(event)
  }
}
