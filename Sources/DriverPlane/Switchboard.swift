// The switchboard: packets in, packets out, no sockets. It decodes a packet, gives it to the simulator as
// one turn, and carries out what the turn asks for: replies, upcalls, hosted providers, events. It holds
// the descriptors of sections, which the simulator only knows as numbers. Tests instantiate one directly and send it
// the same bytes that travel over a socket.
//
// One thread. Nothing here waits: a peer that does not take its packets is that peer's outbox's affair.

package import NDISDriverInterface
package import NDISEvents
package import NDISHostedDrivers
package import NDIS
package import NDISPlatform
package import NDISSimulator

/// The daemon without its sockets.
@safe package final class Switchboard {
  /// Changed from here only, one change at a time.
  var state: SwitchboardState

  /// Starts NDIS with its hosted providers.
  ///
  /// - Throws: `StartFailure` with a sentence.
  ///
  /// - Parameter persistence: where store, sections and connections are stored for the next process; nil: nowhere.
  package init(
    settings: Settings, pools: [PoolSettings], persistence: PersistentStore? = nil,
    onEvent: @escaping (Event) -> Void
  ) throws(StartFailure) {
    state = try SwitchboardState.begin(
      settings: settings, pools: pools, persistence: persistence, onEvent: onEvent)
  }

  /// Restores the state of an earlier process from its store.
  ///
  /// - Throws: `RestoreFailure`: the store cannot be restored from, and nothing of it was used.
  package init(
    restoring inherited: InheritedDescriptors, settings: Settings, pools: [PoolSettings],
    miniports: [VMQSettings], persistence: PersistentStore, onEvent: @escaping (Event) -> Void
  ) throws(RestoreFailure) {
    state = try SwitchboardState.restore(
      from: inherited, settings: settings, pools: pools, miniports: miniports,
      persistence: persistence, onEvent: onEvent)
  }

  /// NDIS itself.
  package var simulator: Simulator {
    _read { yield state.simulator }
    _modify { yield &state.simulator }
  }

  /// Monotonic milliseconds.
  package var clock: () -> UInt64 {
    get { state.host.milliseconds }
    set { state.host.milliseconds = newValue }
  }

  /// Sees every request before it is carried out; for tests of what a crash leaves behind.
  package var beforeRequest: ((Request) -> Void)? {
    get { state.beforeRequest }
    set { state.beforeRequest = newValue }
  }

  /// A packet has come; `descriptors` that came with it and are not wanted are closed by the caller.
  package func receive(
    _ connection: DriverConnection, _ packet: UnsafeRawBufferPointer, truncated: Bool,
    controlTruncated: Bool, _ descriptors: inout ReceivedDescriptors
  ) {
    unsafe state.receive(
      connection, packet, truncated: truncated, controlTruncated: controlTruncated, &descriptors)
  }

  /// The connection is gone, whoever ended it.
  package func closed(_ connection: DriverConnection, reason: String) {
    state.closed(connection, reason: reason)
  }

  /// Sends a peer GOODBYE with the reason, and ends its connection.
  package func sendGoodbye(_ connection: DriverConnection, _ failure: Failure) {
    state.sendGoodbye(connection, failure)
  }

  /// Lets deadlines pass and does pending work; call it when `hasWork`, and now and then.
  package func tick() { state.tick() }

  /// Whether `tick` should be called again at once.
  package var hasWork: Bool { state.hasWork }

  /// Whether `tick` should be called soon.
  package var hasDeadlines: Bool { state.hasDeadlines }

  /// When `tick` should be called: both of the above in one look, for every turn asks.
  package var nextWakeup: NextWakeup { state.nextWakeup }

  package enum NextWakeup { case immediate, timer, idle }

  /// Counters.
  package var statistics: Statistics { state.statistics }

  /// Live connections with a session.
  package var sessions: [DriverConnection] { state.sessions }

  /// Ends every session with a reason and finishes all work: the daemon is stopping. `onProgress` is called
  /// meanwhile.
  package func shutDown(onProgress: () -> Void = {}) { state.shutDown(onProgress: onProgress) }

  /// Whether replies wait until a section is stored.
  package var hasDeferredReplies: Bool { state.persistence.hasDeferredReplies }

  /// The descriptor store has taken descriptors: replies that waited for that are sent.
  package func descriptorsStored() { state.descriptorsStored() }

  /// Takes over a connection that has outlived an earlier process, and sends RESUMED on it; false when no
  /// session is known by its socket.
  package func adopt(_ connection: DriverConnection, socket inode: UInt64) -> Bool {
    state.adopt(connection, socket: inode)
  }

  /// The connections are restored: from now on sessions without one wait for their clients.
  package func beginResumeGracePeriod() { state.beginResumeGracePeriod() }
}

/// Why a daemon did not start: a sentence.
package struct StartFailure: Error, CustomStringConvertible, Sendable {
  package let description: String
  package init(_ description: String) { self.description = description }
}
