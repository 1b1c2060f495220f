// A simulator's settings: capacities, quotas, switches of the contract. All of them are passed in; the
// simulator reads no clock, no environment and no randomness.

import NDIS

/// Limits of one session, user or provider. A request above a quota fails with RESOURCES.
public struct Quotas: Hashable, Sendable {
  public var sessionBytes: UInt64 = 4 << 30
  public var sessionBlocks: UInt32 = 2_097_152
  public var sessionSections: UInt32 = 1_024
  /// OID requests that have not ended.
  public var sessionOIDs: UInt32 = 256
  public var userSessions: UInt32 = 16_000
  /// Drivers, adapters, bindings and filter modules of one user.
  public var userObjects: UInt32 = 12_000
  public var userBytes: UInt64 = 8 << 30
  public var userBlocks: UInt32 = 4_000_000
  public var userSections: UInt32 = 4_096
  public var providerBytes: UInt64 = 8 << 30
  /// The largest section a remote provider may offer, in bytes.
  public var sectionBytes: UInt64 = 4 << 30
  public init() {}
}

/// Settings of a simulator.
public struct Settings: Sendable {
  public var capacities = StoreCapacities.daemon
  public var quotas = Quotas()
  /// Seeds generations and physical addresses; the same seed and the same calls give the same handles.
  public var seed: UInt64 = 0
  public var pageSize: UInt32 = 4096
  /// Milliseconds a handler in another process may take; 0 = no limit.
  public var upcallDeadline: UInt64 = 5_000
  /// Milliseconds a miniport may take to end an OID request, PENDING or not; 0 = no limit. The verifier's
  /// rule NdisTimedOidComplete has 12 s.
  public var oidDeadline: UInt64 = 12_000
  /// Lists of an adapter that may be outstanding or being returned.
  public var maximumIndicated: UInt32 = NDIS.Limits.maximumReturned
  /// Bindings and filter modules of one adapter, all of which are notified in one turn.
  public var adapterBindings: UInt32 = 64
  /// Highest NUMA node that may be requested.
  public var highestNode: UInt32 = 63
  /// A3: refuse revision 1 from drivers that registered 6.30 or later.
  public var strictRevisions = false
  /// A10: require DMA registration even where a provider serves the request.
  public var strictDMA = false
  /// A33: refuse NDIS_INVALID_VPORT_ID instead of reading it as "none".
  public var strictVPorts = false
  /// A60: refuse capabilities that break a "must" of their pages.
  public var strictCapabilities = false
  /// A66: report an initialization without general attributes.
  public var strictAttributes = false
  /// A67: refuse OIDs that are not in the miniport's list of supported ones.
  public var strictOIDList = false
  /// A6: let filter drivers and modules allocate.
  public var filtersMayAllocate = false
  /// A19: accept a free with another valid handle of the same driver.
  public var lenientFreeHandle = false
  /// Freed memory of hosted providers is filled, kept and compared before it is used again.
  public var watchesFreedMemory = false
  public init() {}
}
