// Validation of references, handles and upcall ids in the store.

import NDIS
import NDISStore

extension StoreCheck {
  /// The state of the upcall with this id, if it is of this type; nil when there is none.
  func state(ofUpcall id: UInt64, _ type: UpcallType, subject: Ref<AnyRecord> = .none)
    -> UpcallState?
  {
    let index = Index<UpcallRecord>(upcall: id)
    guard id != 0, store.upcalls.contains(index), store.upcalls[index, \.id] == id,
      store.upcalls[index, \.$type.validated] == type, store.upcalls[index, \.subject] == subject
    else { return nil }
    return store.upcalls[index, \.$state.validated]
  }

  func isSession(_ ref: Ref<SessionRecord>) -> Bool {
    store.sessions.contains(ref) && store.sessions[ref.index, \.state] != .free
  }

  func isDriver(_ ref: Ref<DriverRecord>) -> Bool {
    store.drivers.contains(ref) && store.drivers[ref.index, \.state] != .free
  }

  func isAdapter(_ ref: Ref<AdapterRecord>) -> Bool {
    store.adapters.contains(ref) && store.adapters[ref.index, \.life] != .free
  }

  func isBinding(_ ref: Ref<BindingRecord>) -> Bool {
    store.bindings.contains(ref) && store.bindings[ref.index, \.kind] != .free
  }

  func isRegistration(_ ref: Ref<RegistrationRecord>) -> Bool {
    store.registrations.contains(ref) && store.registrations[ref.index, \.state] != .free
  }

  // MARK: Handles

  func handle<Record>(
    _ kind: Handle.Kind, _ generation: UInt32, _ index: Index<Record>
  ) -> Handle {
    Handle(kind: kind, generation: salt &+ generation, index: index.raw)
  }

  func driverHandle(_ index: Index<DriverRecord>) -> Handle {
    let kind: Handle.Kind =
      switch store.drivers[index, \.kind] {
      case .miniport: .miniportDriver
      case .filter: .filterDriver
      default: .protocolDriver
      }
    return handle(kind, store.drivers[index, \.generation], index)
  }

  func adapterHandle(_ index: Index<AdapterRecord>) -> Handle {
    handle(.adapter, store.adapters[index, \.generation], index)
  }

  func bindingHandle(_ index: Index<BindingRecord>) -> Handle {
    let isModule = store.bindings[index, \.$kind.validated] == .module
    return handle(isModule ? .filterModule : .binding, store.bindings[index, \.generation], index)
  }

  /// Whether a handle is of a driver, adapter or binding and within its table, live or not.
  func isOwner(_ handle: Handle) -> Bool {
    switch handle.kind {
    case .miniportDriver, .protocolDriver, .filterDriver: store.drivers.contains(Index(handle))
    case .adapter: store.adapters.contains(Index(handle))
    case .binding, .filterModule: store.bindings.contains(Index(handle))
    default: false
    }
  }

  /// Whether such a handle names a live driver, adapter or binding.
  func isLive(_ owner: Handle) -> Bool {
    guard isOwner(owner) else { return false }
    return switch owner.kind {
    case .adapter: isAdapter(Ref(Index(owner))) && adapterHandle(Index(owner)) == owner
    case .binding, .filterModule:
      isBinding(Ref(Index(owner))) && bindingHandle(Index(owner)) == owner
    default: isDriver(Ref(Index(owner))) && driverHandle(Index(owner)) == owner
    }
  }
}
