// A hosted miniport as its host has it, and what others may ask of the hosted miniports of a switchboard.

package import NDISHostedDrivers
package import NDIS
import NDISSimulator

/// A hosted miniport, and the host's own state of it.
struct HostedMiniport {
  var session: UInt32
  var driver: VMQMiniport
  var memory = HostedMemory()
  /// Calls without a reply, by their request id.
  var calls: [UInt64: OpenCall] = [:]
  /// Steps that wait, oldest first: a session may have so many calls open.
  var waiting: [DriverStep] = []
  /// The number of its run of rows in the store; nil: it is not stored.
  var place: UInt32?
  /// It is configured, and was not added by hand.
  var isConfigured = false

  struct OpenCall {
    var tag: UInt64
    /// The block it frees.
    var freed = Handle.null
  }

  /// Fewer than a session has results, so that a reply is read before its place is used again.
  static let maximumCalls = 56
}

/// A hosted miniport, to be listed.
package struct MiniportListing: Sendable {
  package var session: UInt32
  package var settings: VMQSettings
  /// Its adapter; null when there is none.
  package var adapter: Handle
  /// Its adapter has come up and has not gone.
  package var isUp: Bool
  package var isRunning: Bool
  /// Why its adapter did not come up.
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

  /// The settings of the hosted miniport whose adapter this is.
  package func hostedMiniport(of adapter: Handle) -> VMQSettings? {
    state.miniports.first { $0.driver.adapter == adapter }?.driver.settings
  }

  /// Why a miniport that has gone had not come up, while it is the last one that went.
  package func failure(ofRemovedMiniport session: UInt32) -> Failure? {
    state.lastRemovedMiniport.flatMap { $0.session == session ? $0.failure : nil }
  }

  /// Adds a hosted miniport and returns its session. Its adapter runs when this returns, unless it waits
  /// for a process: a provider that is asked for the default queue's memory.
  @discardableResult
  package func addMiniport(
    _ settings: VMQSettings, isConfigured: Bool = false
  ) throws(Failure) -> UInt32 {
    try state.addMiniport(settings, isConfigured: isConfigured)
  }

  /// Removes a hosted miniport the documented way: its bindings are closed, it is paused and halted, its
  /// driver deregisters. That may last longer than this call when others have to answer.
  package func removeMiniport(_ name: String) throws(Failure) { try state.removeMiniport(name) }

  /// Has a hosted miniport receive frames of its own making on a queue, or on a VPort if it has those.
  /// Returns how many of its frames were indicated and dropped meanwhile.
  @discardableResult
  package func generate(
    adapter name: String, queue: UInt32, count: UInt32, length: UInt32 = 0
  ) throws(Failure) -> (indicated: UInt64, dropped: UInt64) {
    try state.generate(adapter: name, queue: queue, count: count, length: length)
  }
}
