// Resolving handles: kind, generation and owner are checked, in that order, so that the error names what
// is wrong with the handle and not only that something is.

import NDISEvents
import NDIS

extension Simulator {
  /// The index of a driver this session may name.
  func resolveDriver(
    _ handle: Handle, _ kinds: [Handle.Kind], session: UInt32
  ) throws(Failure) -> UInt32 {
    try checkKind(handle, kinds)
    let index = handle.index
    guard index < store.drivers.capacity, store.drivers[index, \.state] != 0,
      driverHandle(index) == handle
    else { throw Failure(.invalidParameter, .staleHandle, handle.rawValue) }
    guard store.drivers[index, \.session] == Ref(session) else {
      throw Failure(.invalidParameter, .foreignHandle, handle.rawValue)
    }
    guard store.drivers[index, \.state] != DriverState.ending.rawValue else {
      throw Failure(.failure, .objectEnding, handle.rawValue)
    }
    return index
  }

  func resolveAdapter(_ handle: Handle, session: UInt32) throws(Failure) -> UInt32 {
    try checkKind(handle, [.adapter])
    let index = handle.index
    guard index < store.adapters.capacity, store.adapters[index, \.life] != 0,
      adapterHandle(index) == handle
    else { throw Failure(.invalidParameter, .staleHandle, handle.rawValue) }
    guard store.drivers[store.adapters[index, \.driver].index, \.session] == Ref(session) else {
      throw Failure(.invalidParameter, .foreignHandle, handle.rawValue)
    }
    return index
  }

  func resolveBinding(
    _ handle: Handle, _ kind: Handle.Kind, session: UInt32
  ) throws(Failure) -> UInt32 {
    try checkKind(handle, [kind])
    let index = handle.index
    guard index < store.bindings.capacity, store.bindings[index, \.kind] != 0,
      bindingHandle(index) == handle
    else { throw Failure(.invalidParameter, .staleHandle, handle.rawValue) }
    guard store.drivers[store.bindings[index, \.driver].index, \.session] == Ref(session) else {
      throw Failure(.invalidParameter, .foreignHandle, handle.rawValue)
    }
    return index
  }

  func resolveSection(_ handle: Handle) throws(Failure) -> UInt32 {
    try checkKind(handle, [.section])
    let index = handle.index
    guard index < store.sections.capacity, store.sections[index, \.state] != 0,
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
    var kind: OwnerKind
    var index: UInt32
    var driver: UInt32
    var adapter: UInt32?
  }

  /// The owner an NdisHandle of NdisAllocateSharedMemory or NdisFreeSharedMemory names.
  func resolveOwner(_ handle: Handle, session: UInt32) throws(Failure) -> Owner {
    guard handle != .null else { throw Failure(.invalidParameter, .nullHandle) }
    switch handle.kind {
    case .adapter:
      let index = try resolveAdapter(handle, session: session)
      return Owner(
        kind: .adapter, index: index, driver: store.adapters[index, \.driver].index,
        adapter: index)
    case .miniportDriver, .protocolDriver:
      let index = try resolveDriver(
        handle, [.miniportDriver, .protocolDriver], session: session)
      return Owner(kind: .driver, index: index, driver: index, adapter: nil)
    case .binding:
      let index = try resolveBinding(handle, .binding, session: session)
      guard store.bindings[index, \.opened] != 0, store.bindings[index, \.closing] == 0 else {
        throw Failure(.invalidParameter, .staleHandle, handle.rawValue)
      }
      return Owner(
        kind: .binding, index: index, driver: store.bindings[index, \.driver].index,
        adapter: store.bindings[index, \.adapter].index)
    case .filterDriver:
      guard settings.filtersMayAllocate else {
        throw Failure(.invalidParameter, .filterMayNotAllocate)
      }
      let index = try resolveDriver(handle, [.filterDriver], session: session)
      return Owner(kind: .driver, index: index, driver: index, adapter: nil)
    case .filterModule:
      guard settings.filtersMayAllocate else {
        throw Failure(.invalidParameter, .filterMayNotAllocate)
      }
      let index = try resolveBinding(handle, .filterModule, session: session)
      guard store.bindings[index, \.opened] != 0, store.bindings[index, \.closing] == 0 else {
        throw Failure(.invalidParameter, .staleHandle, handle.rawValue)
      }
      return Owner(
        kind: .binding, index: index, driver: store.bindings[index, \.driver].index,
        adapter: store.bindings[index, \.adapter].index)
    default:
      throw Failure(.invalidParameter, .wrongKindOfHandle, handle.rawValue)
    }
  }

  /// The handle of a block's owner; also the DMA domain of its memory.
  func ownerHandle(_ kind: OwnerKind, _ index: UInt32) -> Handle {
    switch kind {
    case .driver: driverHandle(index)
    case .adapter: adapterHandle(index)
    case .binding: bindingHandle(index)
    }
  }

  func driver(of kind: OwnerKind, _ index: UInt32) -> UInt32 {
    switch kind {
    case .driver: index
    case .adapter: store.adapters[index, \.driver].index
    case .binding: store.bindings[index, \.driver].index
    }
  }

  func party(owner kind: OwnerKind, _ index: UInt32) -> Party {
    switch kind {
    case .driver: party(driver: index)
    case .adapter: party(adapter: index)
    case .binding: party(binding: index)
    }
  }
}
