// A hosted miniport with its host's state, and the switchboard's API for hosted miniports.

package import NDISHostedDrivers
package import NDIS
import NDISSimulator

/// A hosted miniport and the state its host keeps for it.
struct HostedMiniport {
  var session: UInt32
  var driver: VMQMiniport
  var memory = HostedMemory()
  /// Outstanding calls, by request ID.
  var calls: [UInt64: OpenCall] = [:]
  /// Deferred steps, oldest first: a session's outstanding calls are limited.
  var waiting: [DriverStep] = []
  /// The number of its run of rows in the store; nil if it is not stored.
  var place: UInt32?
  /// It comes from the configuration and was not added at run time.
  var isConfigured = false

  struct OpenCall {
    var tag: UInt64
    /// The block that the call frees.
    var freed = Handle.null
  }

  /// Fewer than the result slots of a session, so that a result is read before its slot is reused.
  static let maximumCalls = 56
}

/// A hosted miniport in a list.
package struct MiniportListing: Sendable {
  package var session: UInt32
  package var settings: VMQSettings
  /// Its adapter; null if it has none.
  package var adapter: Handle
  /// Its adapter is initialized and not yet halted.
  package var isUp: Bool
  package var isRunning: Bool
  /// Why its adapter failed to initialize.
  package var failure: Failure?
  package var counters: [VMQMiniport.Counters]
}

extension Switchboard {
  /// Hosted miniports, oldest first.
  package var miniports: [MiniportListing] {
    state.miniports.map {
      MiniportListing(
        session: $0.session, settings: $0.driver.settings, adapter: $0.driver.adapter,
        isUp: $0.driver.isUp, isRunning: $0.driver.isRunning, failure: $0.driver.failure,
        counters: $0.driver.counters)
    }
  }

  /// The settings of the hosted miniport that owns this adapter.
  package func hostedMiniport(of adapter: Handle) -> VMQSettings? {
    state.miniports.first { $0.driver.adapter == adapter }?.driver.settings
  }

  /// Why the most recently removed miniport failed to initialize, if it had this session.
  package func failure(ofRemovedMiniport session: UInt32) -> Failure? {
    state.lastRemovedMiniport.flatMap { $0.session == session ? $0.failure : nil }
  }

  /// Adds a hosted miniport and returns its session. Its adapter is running on return unless an upcall to
  /// another process is outstanding: a provider that allocates the default queue's memory.
  @discardableResult
  package func addMiniport(
    _ settings: VMQSettings, isConfigured: Bool = false
  ) throws(Failure) -> UInt32 {
    try state.addMiniport(settings, isConfigured: isConfigured)
  }

  /// Removes a hosted miniport as NDIS documents it: its bindings are closed, it is paused and halted, and
  /// its driver deregisters. Upcalls to other drivers may still be outstanding on return.
  package func removeMiniport(_ name: String) throws(Failure) { try state.removeMiniport(name) }

  /// Generates receive frames on a queue of a hosted miniport, or on a VPort if it has VPorts. Returns how
  /// many frames the miniport indicated and dropped.
  @discardableResult
  package func generate(
    adapter name: String, queue: UInt32, count: UInt32, length: UInt32 = 0
  ) throws(Failure) -> (indicated: UInt64, dropped: UInt64) {
    try state.generate(adapter: name, queue: queue, count: count, length: length)
  }
}
