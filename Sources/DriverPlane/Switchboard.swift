// The switchboard: packets in, packets out, no sockets. It decodes a packet, gives it to the simulator as
// one turn, and carries out what the turn asks for: replies, upcalls, hosted providers, events. It holds
// the descriptors of sections, which the simulator only knows as numbers. Tests hold one in their hand
// and speak to it with the same bytes that travel over a socket.
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
  /// - Parameter keeping: who keeps the store, sections and connections for the next process; nil: nobody.
  package init(
    settings: Settings, pools: [PoolSettings], keeping: Keeping? = nil,
    onEvent: @escaping (Event) -> Void
  ) throws(StartFailure) {
    state = try SwitchboardState.begin(
      settings: settings, pools: pools, keeping: keeping, onEvent: onEvent)
  }

  /// Goes on from the store of an earlier process.
  ///
  /// - Throws: `AdoptionFailure`: the store cannot be gone on from, and nothing of it was used.
  package init(
    adopting inheritance: Inheritance, settings: Settings, pools: [PoolSettings],
    miniports: [VMQSettings], keeping: Keeping, onEvent: @escaping (Event) -> Void
  ) throws(AdoptionFailure) {
    state = try SwitchboardState.goOn(
      adopting: inheritance, settings: settings, pools: pools, miniports: miniports,
      keeping: keeping, onEvent: onEvent)
  }

  /// NDIS itself.
  package var simulator: Simulator {
    _read { yield state.simulator }
    _modify { yield &state.simulator }
  }

  /// Monotonic milliseconds.
  package var clock: () -> UInt64 {
    get { state.clock }
    set { state.clock = newValue }
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

  /// Tells a peer why and ends its connection.
  package func sayGoodbye(_ connection: DriverConnection, _ failure: Failure) {
    state.sayGoodbye(connection, failure)
  }

  /// Lets deadlines pass and does pending work; call it when `hasWork`, and now and then.
  package func tick() { state.tick() }

  /// Whether `tick` should be called again at once.
  package var hasWork: Bool { state.hasWork }

  /// Whether `tick` should be called soon.
  package var hasDeadlines: Bool { state.hasDeadlines }

  /// When `tick` should be called: both of the above in one look, for every turn asks.
  package var pace: Pace { state.pace }

  package enum Pace { case atOnce, soon, whenever }

  /// Counters.
  package var statistics: Statistics { state.statistics }

  /// Live connections with a session.
  package var sessions: [DriverConnection] { state.sessions }

  /// Ends every session with a reason and finishes all work: the daemon is stopping. `onProgress` is called
  /// while that goes on.
  package func shutDown(onProgress: () -> Void = {}) { state.shutDown(onProgress: onProgress) }

  /// Whether a reply waits until a section is kept.
  package var awaitsKeeper: Bool { state.persistence.hasDeferredReplies }

  /// Some of what was to be kept has been handed over: what waited for that goes on.
  package func descriptorsKept() { state.descriptorsKept() }

  /// Takes over a connection that has outlived an earlier process, and says RESUMED on it; false when no
  /// session is known by its socket.
  package func adopt(_ connection: DriverConnection, socket inode: UInt64) -> Bool {
    state.adopt(connection, socket: inode)
  }

  /// The connections are taken over: sessions that have none wait for their clients.
  package func awaitOthers() { state.awaitOthers() }
}

/// Why a daemon did not start: a sentence.
package struct StartFailure: Error, CustomStringConvertible, Sendable {
  package let description: String
  package init(_ description: String) { self.description = description }
}
