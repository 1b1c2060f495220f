// Snapshots of drivers and bindings: plain values, made from a record on demand. References to other objects are
// given as handle and name.
//
// Limits: the number of blocks of a driver, an adapter or a binding is not stored (every allocation would pay
// for it); a caller that needs it counts blocks by owner.

public import NDIS
import NDISStore

/// A driver.
public struct DriverSnapshot: Sendable, Equatable {
  public enum Kind: String, Sendable { case miniport, `protocol`, filter }
  public enum State: String, Sendable { case registering, registered, ending }
  public var index: UInt32
  public var handle: Handle
  public var name: Name
  public var kind: Kind
  public var state: State
  public var version: NDISVersion
  public var session: UInt32?
  public var pid: Int32?
  public var children: Int
  public var provider: Handle?
}

/// A binding or a filter module.
public struct BindingSnapshot: Sendable, Equatable {
  public enum Kind: String, Sendable { case binding, module }
  public enum State: String, Sendable { case opening, open, closing }
  public var index: UInt32
  public var handle: Handle
  public var kind: Kind
  public var state: State
  public var driver: Handle
  public var driverName: Name
  public var adapter: Handle
  public var adapterName: Name
  public var session: UInt32?
  public var provider: Handle?
}

extension Simulator {
  /// The driver at a used index.
  public func driverSnapshot(_ index: UInt32, budget: inout Int) -> DriverSnapshot {
    let index = Index<DriverRecord>(index)
    let record = store.drivers[index]
    let isMiniport = record.kind == .miniport
    let kind: DriverSnapshot.Kind =
      switch record.kind {
      case .miniport: .miniport
      case .filter: .filter
      case .protocol: .protocol
      }
    let state: DriverSnapshot.State =
      switch record.state {
      case .registering: .registering
      case .ending, .free: .ending
      case .registered: .registered
      }
    return DriverSnapshot(
      index: index.raw, handle: driverHandle(index), name: record.name, kind: kind, state: state,
      version: record.version, session: number(of: record.session),
      pid: record.session.optional.map { store.clients[$0, \.pid] },
      children: isMiniport
        ? count(record.adapters, budget: &budget) { store.adapters[$0, \.next] }
        : count(record.bindings, budget: &budget) { store.bindings[$0, \.next] },
      provider: record.registration.optional.map { registrationHandle($0) })
  }

  /// The binding or filter module at a used index.
  public func bindingSnapshot(_ index: UInt32) -> BindingSnapshot {
    let index = Index<BindingRecord>(index)
    let record = store.bindings[index]
    let driver = store.drivers[record.driver.index]
    let isClosing = record.closing != 0 || record.ending != 0 || record.unbindSent != 0
    return BindingSnapshot(
      index: index.raw, handle: bindingHandle(index),
      kind: record.kind == .module ? .module : .binding,
      state: isClosing ? .closing : record.opened != 0 ? .open : .opening,
      driver: driverHandle(record.driver.index), driverName: driver.name,
      adapter: adapterHandle(record.adapter.index),
      adapterName: store.adapters[record.adapter.index, \.name],
      session: number(of: driver.session),
      provider: record.registration.optional.map { registrationHandle($0) })
  }

  /// The name of an adapter, of a driver, or of a binding's driver; empty when it has ended.
  func name(ofOwner handle: Handle) -> Name {
    guard isLiveOwner(handle) else { return Name() }
    return switch handle.kind {
    case .adapter: store.adapters[Index(handle), \.name]
    case .binding, .filterModule:
      store.drivers[store.bindings[Index(handle), \.driver].index, \.name]
    default: store.drivers[Index(handle), \.name]
    }
  }
}
