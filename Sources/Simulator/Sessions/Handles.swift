// Resolving handles: kind, generation and owner are checked, in that order, so that the error names what is
// wrong with the handle.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Call {
  /// The session the call came from.
  @inline(__always)
  var sessionIndex: Index<SessionRecord> { Index(session) }
}

extension Index {
  /// The index a handle names; the handle's kind says of which table.
  @inline(__always)
  init(_ handle: Handle) { self.init(handle.index) }
}

extension Simulator {
  /// The index of a driver this session may name.
  func resolveDriver(
    _ handle: Handle, _ kinds: [Handle.Kind], session: Index<SessionRecord>
  ) throws(Failure) -> Index<DriverRecord> {
    try checkKind(handle, kinds)
    let index = Index<DriverRecord>(handle.index)
    guard store.drivers.contains(index), store.drivers[index, \.state] != .free,
      driverHandle(index) == handle
    else { throw Failure(.invalidParameter, .staleHandle, handle.rawValue) }
    guard store.drivers[index, \.session] == Ref(session) else {
      throw Failure(.invalidParameter, .foreignHandle, handle.rawValue)
    }
    guard store.drivers[index, \.state] != .ending else {
      throw Failure(.failure, .objectEnding, handle.rawValue)
    }
    return index
  }

  func resolveAdapter(_ handle: Handle, session: Index<SessionRecord>) throws(Failure) -> Index<
    AdapterRecord
  > {
    try checkKind(handle, [.adapter])
    let index = Index<AdapterRecord>(handle.index)
    guard store.adapters.contains(index), store.adapters[index, \.life] != .free,
      adapterHandle(index) == handle
    else { throw Failure(.invalidParameter, .staleHandle, handle.rawValue) }
    guard store.drivers[store.adapters[index, \.driver].index, \.session] == Ref(session) else {
      throw Failure(.invalidParameter, .foreignHandle, handle.rawValue)
    }
    return index
  }

  func resolveBinding(
    _ handle: Handle, _ kind: Handle.Kind, session: Index<SessionRecord>
  ) throws(Failure) -> Index<BindingRecord> {
    try checkKind(handle, [kind])
    let index = Index<BindingRecord>(handle.index)
    guard store.bindings.contains(index), store.bindings[index, \.kind] != .free,
      bindingHandle(index) == handle
    else { throw Failure(.invalidParameter, .staleHandle, handle.rawValue) }
    guard store.drivers[store.bindings[index, \.driver].index, \.session] == Ref(session) else {
      throw Failure(.invalidParameter, .foreignHandle, handle.rawValue)
    }
    return index
  }

  func resolveSection(_ handle: Handle) throws(Failure) -> Index<SectionRecord> {
    try checkKind(handle, [.section])
    let index = Index<SectionRecord>(handle.index)
    guard store.sections.contains(index), store.sections[index, \.state] != .free,
      sectionHandle(index) == handle
    else { throw Failure(.invalidParameter, .staleHandle, handle.rawValue) }
    return index
  }

  func checkKind(_ handle: Handle, _ kinds: [Handle.Kind]) throws(Failure) {
    guard handle != .null else { throw Failure(.invalidParameter, .nullHandle) }
    guard let kind = handle.kind, kinds.contains(kind) else {
      throw Failure(.invalidParameter, .wrongKindOfHandle, handle.rawValue)
    }
  }

  // MARK: Owners of memory

  /// An object that can own blocks: what an NdisHandle names.
  struct Owner {
    var object: OwnerIndex
    var driver: Index<DriverRecord>
    var adapter: Index<AdapterRecord>?
  }

  /// The owner an NdisHandle of NdisAllocateSharedMemory or NdisFreeSharedMemory names.
  func resolveOwner(_ handle: Handle, session: Index<SessionRecord>) throws(Failure) -> Owner {
    guard handle != .null else { throw Failure(.invalidParameter, .nullHandle) }
    switch handle.kind {
    case .adapter:
      let index = try resolveAdapter(handle, session: session)
      return Owner(
        object: .adapter(index), driver: store.adapters[index, \.driver].index,
        adapter: index)
    case .miniportDriver, .protocolDriver:
      let index = try resolveDriver(
        handle, [.miniportDriver, .protocolDriver], session: session)
      return Owner(object: .driver(index), driver: index, adapter: nil)
    case .binding:
      let index = try resolveBinding(handle, .binding, session: session)
      guard store.bindings[index, \.opened] != 0, store.bindings[index, \.closing] == 0 else {
        throw Failure(.invalidParameter, .staleHandle, handle.rawValue)
      }
      return Owner(
        object: .binding(index), driver: store.bindings[index, \.driver].index,
        adapter: store.bindings[index, \.adapter].index)
    case .filterDriver:
      guard settings.filtersMayAllocate else {
        throw Failure(.invalidParameter, .filterMayNotAllocate)
      }
      let index = try resolveDriver(handle, [.filterDriver], session: session)
      return Owner(object: .driver(index), driver: index, adapter: nil)
    case .filterModule:
      guard settings.filtersMayAllocate else {
        throw Failure(.invalidParameter, .filterMayNotAllocate)
      }
      let index = try resolveBinding(handle, .filterModule, session: session)
      guard store.bindings[index, \.opened] != 0, store.bindings[index, \.closing] == 0 else {
        throw Failure(.invalidParameter, .staleHandle, handle.rawValue)
      }
      return Owner(
        object: .binding(index), driver: store.bindings[index, \.driver].index,
        adapter: store.bindings[index, \.adapter].index)
    default:
      throw Failure(.invalidParameter, .wrongKindOfHandle, handle.rawValue)
    }
  }
}
