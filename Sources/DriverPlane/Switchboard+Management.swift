// What management changes at the switchboard: hosted providers come and go while drivers are served,
// adapters are changed from outside, quotas and the deadline change. All of it happens between turns.

import NDISEvents
package import NDISHostedDrivers
package import NDIS
package import NDISSimulator

extension Switchboard {
  /// What NDIS runs with.
  package var settings: Settings { state.settings }
  /// Hosted providers by their number; those that are gone are among them.
  package var pools: [HostedPool] { state.pools }
  /// How long requests took, and handlers of processes that have gone.
  package var latencies: LatencyBook { state.latencies }
  /// Connections with a session, by its number.
  package func connection(ofSession session: UInt32) -> DriverConnection? {
    state.connections[session]
  }
  /// Sections whose memory is held.
  package var heldSections: Int { state.memories.count }

  /// Hosted providers that are asked for memory.
  package var activePools: [PoolSettings] {
    state.pools.indices.filter { isActive($0) }.map { state.pools[$0].settings }
  }

  /// The number of the hosted provider of this name that is asked for memory.
  package func activePool(named name: String) -> UInt32? {
    state.pools.indices.first { state.pools[$0].settings.name == name && isActive($0) }
      .map { UInt32(clamping: $0) }
  }

  private func isActive(_ index: Int) -> Bool {
    simulator.hostedRegistration(UInt32(clamping: index), isActive: true) != nil
  }

  /// Adds a hosted provider, whose settings have been checked; it is the newest of its level. Returns
  /// its registration's index.
  package func add(_ settings: PoolSettings, isConfigured: Bool = false) throws(Failure) -> UInt32 {
    try state.add(settings, isConfigured: isConfigured)
  }

  /// Removes an active hosted provider: it is asked for nothing any more, its blocks are still freed
  /// through it, and it is gone with the last of them.
  package func remove(hosted number: UInt32) throws(Failure) { try state.remove(hosted: number) }

  /// Begins a change of an adapter. What it takes of others may last longer than this call.
  package func change(adapter: Handle, _ change: AdapterChange) throws(Failure) {
    try state.change(adapter: adapter, change)
  }

  /// Changes what a running NDIS can have changed.
  package func apply(quotas: Quotas, upcallDeadline: UInt64) {
    state.settings.quotas = quotas
    state.settings.upcallDeadline = upcallDeadline
    state.simulator.apply(quotas: quotas, upcallDeadline: upcallDeadline)
  }

  /// How long handlers took, by process; those of open connections and of those that have gone.
  package func handlerLatencies() -> [String: Histogram] {
    var all = latencies.upcalls
    for connection in sessions {
      guard let histogram = connection.latency else { continue }
      LatencyBook.fold(histogram, of: connection.name, into: &all)
    }
    return all
  }
}

extension SwitchboardState {
  mutating func add(
    _ settings: PoolSettings, isConfigured: Bool
  ) throws(Failure) -> UInt32 {
    readClock()
    // The number of one that is gone without a trace, else a new one.
    var number = 0
    while number < pools.count,
      simulator.hostedRegistration(UInt32(clamping: number), isActive: false) != nil
    {
      number += 1
    }
    // The registration and how it was set up are one transaction.
    persistence.beginTransaction(&simulator)
    defer { persistence.commitTransaction(&simulator) }
    let registration = try simulator.registerHosted(
      settings.level, provider: UInt32(clamping: number), name: Name(settings.name), now: now)
    if number == pools.count {
      pools.append(HostedPool(settings))
    } else {
      pools[number] = HostedPool(settings)
    }
    remember(pool: number, isConfigured: isConfigured)
    // Actions are carried out after the transaction only.
    persistence.commitTransaction(&simulator)
    drain()
    return registration
  }

  mutating func remove(hosted number: UInt32) throws(Failure) {
    readClock()
    _ = try simulator.endHosted(provider: number, now: now)
    drain()
  }

  mutating func change(adapter: Handle, _ change: AdapterChange) throws(Failure) {
    readClock()
    try simulator.change(adapter: adapter, change, now: now)
    drain()
  }
}
