// The switchboard: packets in, packets out, no sockets. It decodes a packet, passes it to the simulator as
// one turn, and carries out the turn's actions: replies, upcalls, calls of hosted providers, events. It holds
// the descriptors of sections, which the simulator knows only as numbers. Tests instantiate it directly and
// send it the same bytes that travel over a socket.
//
// Single-threaded and non-blocking: packets that a peer does not read are queued in that peer's outbox.

package import NDISDriverInterface
package import NDISEvents
package import NDISHostedDrivers
package import NDIS
package import NDISPlatform
package import NDISSimulator

/// The daemon without its sockets.
@safe package final class Switchboard {
  /// Mutated only here, one change at a time.
  var state: SwitchboardState

  /// Starts NDIS with its hosted providers.
  ///
  /// - Throws: `StartFailure` with a sentence.
  ///
  /// - Parameter persistence: keeps store, sections and connections for the next process; nil: nothing
  ///   outlives this one.
  package init(
    settings: Settings, pools: [PoolSettings], persistence: PersistentStore? = nil,
    onEvent: @escaping (Event) -> Void
  ) throws(StartFailure) {
    state = try SwitchboardState.begin(
      settings: settings, pools: pools, persistence: persistence, onEvent: onEvent)
  }

  /// Restores the state of an earlier process from its store.
  ///
  /// - Throws: `RestoreFailure`: the store cannot be restored and was not changed.
  package init(
    restoring inherited: InheritedDescriptors, settings: Settings, pools: [PoolSettings],
    miniports: [VMQSettings], persistence: PersistentStore, onEvent: @escaping (Event) -> Void
  ) throws(RestoreFailure) {
    state = try SwitchboardState.restore(
      from: inherited, settings: settings, pools: pools, miniports: miniports,
      persistence: persistence, onEvent: onEvent)
  }

  /// The simulated NDIS.
  package var simulator: Simulator {
    _read { yield state.simulator }
    _modify { yield &state.simulator }
  }

  /// Monotonic time in milliseconds.
  package var clock: () -> UInt64 {
    get { state.host.milliseconds }
    set { state.host.milliseconds = newValue }
  }

  /// Called with every request before it is carried out; tests of crash recovery use it.
  package var beforeRequest: ((Request) -> Void)? {
    get { state.beforeRequest }
    set { state.beforeRequest = newValue }
  }

  /// Handles a received packet. The caller closes those of its `descriptors` that are not consumed.
  package func receive(
    _ connection: DriverConnection, _ packet: UnsafeRawBufferPointer, truncated: Bool,
    controlTruncated: Bool, _ descriptors: inout ReceivedDescriptors
  ) {
    unsafe state.receive(
      connection, packet, truncated: truncated, controlTruncated: controlTruncated, &descriptors)
  }

  /// The connection was closed, by either end.
  package func closed(_ connection: DriverConnection, reason: String) {
    state.closed(connection, reason: reason)
  }

  /// Sends GOODBYE with the reason to a peer and closes its connection.
  package func sendGoodbye(_ connection: DriverConnection, _ failure: Failure) {
    state.sendGoodbye(connection, failure)
  }

  /// Expires deadlines and does pending work. Call it when `hasWork`, and periodically.
  package func tick() { state.tick() }

  /// Whether `tick` should be called again immediately.
  package var hasWork: Bool { state.hasWork }

  /// Whether `tick` should be called soon.
  package var hasDeadlines: Bool { state.hasDeadlines }

  /// Both of the above in one call, since it is read after every turn.
  package var nextWakeup: NextWakeup { state.nextWakeup }

  package enum NextWakeup { case immediate, timer, idle }

  /// Counters.
  package var statistics: Statistics { state.statistics }

  /// Open connections with a session.
  package var sessions: [DriverConnection] { state.sessions }

  /// Shutdown: ends every session with a reason and finishes all work. `onProgress` is called repeatedly
  /// meanwhile.
  package func shutDown(onProgress: () -> Void = {}) { state.shutDown(onProgress: onProgress) }

  /// Whether replies are deferred until a section is stored.
  package var hasDeferredReplies: Bool { state.persistence.hasDeferredReplies }

  /// The descriptor store has received its descriptors: sends the replies deferred for them.
  package func descriptorsStored() { state.descriptorsStored() }

  /// Adopts a connection that outlived an earlier process and sends RESUMED on it; false if no session is
  /// stored for its socket.
  package func adopt(_ connection: DriverConnection, socket inode: UInt64) -> Bool {
    state.adopt(connection, socket: inode)
  }

  /// All stored connections are restored: from now on sessions without one wait for their clients to
  /// reconnect.
  package func beginResumeGracePeriod() { state.beginResumeGracePeriod() }
}

/// Why the daemon failed to start, as a sentence.
package struct StartFailure: Error, CustomStringConvertible, Sendable {
  package let description: String
  package init(_ description: String) { self.description = description }
}
