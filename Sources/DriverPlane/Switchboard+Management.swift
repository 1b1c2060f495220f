// The switchboard's interface to the management plane: hosted providers are added and removed, adapters,
// quotas and the deadline are changed while drivers are served. All changes are made between turns.

import NDISEvents
package import NDISHostedDrivers
package import NDIS
package import NDISSimulator

extension Switchboard {
  /// The settings in force.
  package var settings: Settings { state.settings }
  /// Hosted providers by number, including removed ones.
  package var pools: [HostedPool] { state.pools }
  /// Request latencies, and handler latencies of processes that have ended.
  package var latencies: LatencyBook { state.latencies }
  /// Connections with a session, by session number.
  package func connection(ofSession session: UInt32) -> DriverConnection? {
    state.connections[session]
  }
  /// Number of sections with memory.
  package var heldSections: Int { state.memories.count }

  /// Hosted providers that take allocation requests.
  package var activePools: [PoolSettings] {
    state.pools.indices.filter { isActive($0) }.map { state.pools[$0].settings }
  }

  /// The number of the active hosted provider with this name.
  package func activePool(named name: String) -> UInt32? {
    state.pools.indices.first { state.pools[$0].settings.name == name && isActive($0) }
      .map { UInt32(clamping: $0) }
  }

  private func isActive(_ index: Int) -> Bool {
    simulator.hostedRegistration(UInt32(clamping: index), isActive: true) != nil
  }

  /// Adds a hosted provider with validated settings, as the newest of its level. Returns the index of its
  /// registration.
  package func add(_ settings: PoolSettings, isConfigured: Bool = false) throws(Failure) -> UInt32 {
    try state.add(settings, isConfigured: isConfigured)
  }

  /// Removes an active hosted provider: it gets no more allocation requests, its existing blocks are still
  /// freed through it, and it is removed with the last of them.
  package func remove(hosted number: UInt32) throws(Failure) { try state.remove(hosted: number) }

  /// Starts a change of an adapter. The calls it makes to drivers may still be outstanding on return.
  package func change(adapter: Handle, _ change: AdapterChange) throws(Failure) {
    try state.change(adapter: adapter, change)
  }

  /// Changes the settings that can be changed at run time.
  package func apply(quotas: Quotas, upcallDeadline: UInt64) {
    state.settings.quotas = quotas
    state.settings.upcallDeadline = upcallDeadline
    state.simulator.apply(quotas: quotas, upcallDeadline: upcallDeadline)
  }

  /// Handler latencies by process name, of open connections and of ended processes.
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
    // Reuses the number of a completely removed one if there is one.
    var number = 0
    while number < pools.count,
      simulator.hostedRegistration(UInt32(clamping: number), isActive: false) != nil
    {
      number += 1
    }
    // The registration and the stored settings are one transaction.
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
    // Actions are carried out after the transaction is committed.
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
