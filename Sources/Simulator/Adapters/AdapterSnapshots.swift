// Snapshots of adapters: plain values, made from a record on demand. The driver is given as handle and name.

public import NDIS
import NDISStore

/// A miniport adapter.
public struct AdapterSnapshot: Sendable, Equatable {
  public var index: UInt32
  public var handle: Handle
  public var name: Name
  public var driver: Handle
  public var driverName: Name
  public var session: UInt32?
  public var state: AdapterState
  public var attributesSet: Bool
  public var dmaRegistered: Bool
  public var channelRegistered: Bool
  public var bindings: Int
  public var queues: Int
  public var vports: Int
  public var filters: Int
  public var openOIDs: Int
  /// Lists that are indicated and not returned.
  public var indicated: UInt32
  /// It stays Paused until it is restarted from outside.
  public var isHeld: Bool
  /// It was removed by surprise.
  public var isRemoved: Bool
  /// The current MAC address; empty without general attributes.
  public var address: [UInt8]
}

/// What an adapter's miniport has said about it in MiniportInitializeEx.
public struct AttributesSnapshot: Sendable, Equatable {
  public var general: GeneralAttributes?
  public var supportedOIDs: [UInt32]
  public var hardware: CapabilitySet
  public var current: CapabilitySet
}

extension Simulator {
  /// The adapter at a used index.
  public func adapterSnapshot(_ index: UInt32, budget: inout Int) -> AdapterSnapshot {
    let index = Index<AdapterRecord>(index)
    let record = store.adapters[index]
    let driver = store.drivers[record.driver.index]
    return AdapterSnapshot(
      index: index.raw, handle: adapterHandle(index), name: record.name,
      driver: driverHandle(record.driver.index), driverName: driver.name,
      session: number(of: driver.session), state: record.state,
      attributesSet: record.attributesSet != 0, dmaRegistered: record.dmaRegistered != 0,
      channelRegistered: record.channelState == .registered,
      bindings: count(
        record.bindings, budget: &budget, next: { store.bindings[$0, \.adapterNext] }),
      queues: count(record.queues, budget: &budget, next: { store.queues[$0, \.next] }),
      vports: count(record.vports, budget: &budget, next: { store.vports[$0, \.next] }),
      filters: count(record.filters, budget: &budget, next: { store.filters[$0, \.next] }),
      openOIDs: count(record.firstOID, budget: &budget, next: { store.oids[$0, \.next] }),
      indicated: record.indicated, isHeld: record.held != 0, isRemoved: record.removed != 0,
      address: generalAttributes(adapter: index)?.currentAddress ?? [])
  }

  /// The attributes of the adapter at a used index.
  public func attributesSnapshot(_ index: UInt32) -> AttributesSnapshot {
    let index = Index<AdapterRecord>(index)
    let record = store.capabilities[index]
    return AttributesSnapshot(
      general: generalAttributes(adapter: index), supportedOIDs: supportedOIDs(adapter: index),
      hardware: record.hardware.set,
      current: CapabilitySet(
        receiveFilter: record.receiveFilterLength == 0 ? nil : try? record.receiveFilter.value(),
        nicSwitch: record.nicSwitchLength == 0 ? nil : try? record.nicSwitch.value()))
  }
}
