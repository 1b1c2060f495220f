// DMA channels: a miniport without bus mastering, or of an ISA bus master, claims one in MiniportInitializeEx. No
// transfer is simulated; the registration counts as one of DMA, and decides where its memory lies.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

/// InterfaceType of an adapter on the ISA bus.
private let interfaceISA: Int32 = 1

extension Simulator {
  /// NdisMRegisterDmaChannel.
  mutating func registerDMAChannel(
    _ call: Call, _ handle: Handle, _ channel: DMAChannelDescription
  ) throws(Failure) {
    let index = try resolveAdapter(handle, session: call.sessionIndex)
    try checkInitializing(index, handle)
    guard RequestCheck.dmaAttributes.passes(store.adapters[index, \.attributesSet] != 0) else {
      throw Failure(.failure, .dmaBeforeAttributes, handle.rawValue)
    }
    let interface = store.adapters[index, \.interfaceType]
    let isBusMaster = store.adapters[index, \.attributeFlags] & MiniportAttributes.busMaster != 0
    guard RequestCheck.dmaBusMaster.passes(!isBusMaster || interface == interfaceISA) else {
      throw Failure(.failure, .dmaChannelBusMaster, UInt64(bitPattern: Int64(interface)))
    }
    guard store.adapters[index, \.channelState] == .none else {
      throw Failure(.failure, .alreadyDone, handle.rawValue)
    }
    try check(channel)
    if let number = channel.channel, let other = claimant(ofChannel: number),
      !RequestCheck.dmaConflict.passes(false)
    {
      throw Failure(
        .resourceConflict, .dmaChannelTaken, UInt64(number), adapterHandle(other).rawValue)
    }
    try leaveHighAddresses(adapter: index)
    store.adapters.update(index) {
      $0.channelState = .registered
      $0.lowAddresses = 1
      $0.claimsChannel = channel.channel == nil ? 0 : 1
      $0.channel = channel.channel ?? 0
    }
    finish(call.sessionIndex, call.requestID, channelHandle(index))
  }

  /// The adapter that has claimed a DMA channel; there is one bus.
  private func claimant(ofChannel number: UInt32) -> Index<AdapterRecord>? {
    for index in store.adapters.touched {
      let adapter = store.adapters[index]
      if adapter.life != .free, adapter.claimsChannel != 0, adapter.channel == number {
        return index
      }
    }
    return nil
  }

  /// Members of NDIS_DMA_DESCRIPTION that have a list of values, or must be zero.
  private func check(_ channel: DMAChannelDescription) throws(Failure) {
    guard RequestCheck.dmaPort.passes(channel.port == 0) else {
      throw Failure(.failure, .dmaDescription, 12, UInt64(channel.port))
    }
    guard RequestCheck.dmaWidth.passes(channel.width <= 2) else {
      throw Failure(.failure, .dmaDescription, 4, UInt64(channel.width))
    }
    guard RequestCheck.dmaSpeed.passes(channel.speed <= 3) else {
      throw Failure(.failure, .dmaDescription, 8, UInt64(channel.speed))
    }
  }

  /// NdisMDeregisterDmaChannel, "only from a miniport driver's MiniportInitializeEx and MiniportHaltEx functions".
  mutating func deregisterDMAChannel(_ call: Call, _ handle: Handle) throws(Failure) {
    try checkKind(handle, [.dmaChannel])
    let index = Index<AdapterRecord>(handle.index)
    guard store.adapters.contains(index), store.adapters[index, \.life] != .free,
      channelHandle(index) == handle, store.adapters[index, \.channelState] == .registered
    else { throw Failure(.invalidParameter, .staleHandle, handle.rawValue) }
    _ = try resolveAdapter(adapterHandle(index), session: call.sessionIndex)
    switch store.adapters[index, \.upcallOpen] {
    case .initializeEx, .haltEx: break
    default:
      violate(
        Failure(.failure, .dmaChannelReleased, handle.rawValue),
        routine: "NdisMDeregisterDmaChannel", bugCheck: nil, irql: call.irql, handle: handle,
        party: party(adapter: index), session: call.sessionIndex)
    }
    store.adapters.update(index) {
      $0.channelState = .deregistered
      $0.claimsChannel = 0
      $0.channel = 0
    }
    finish(call.sessionIndex, call.requestID)
  }

  func channelHandle(_ index: Index<AdapterRecord>) -> Handle {
    // One channel per adapter: it has the adapter's generation.
    handle(.dmaChannel, store.adapters[index, \.generation], index)
  }

  /// Whether the adapter has registered DMA of some kind.
  func hasRegisteredDMA(_ index: Index<AdapterRecord>) -> Bool {
    store.adapters[index, \.dmaRegistered] != 0
      || store.adapters[index, \.channelState] == .registered
        && !RequestCheck.dmaChannelCounts.isLeftOut
  }

  /// The adapter has been halted: a violation if it has not released its channel.
  mutating func checkChannelReleased(_ index: Index<AdapterRecord>, routine: String) {
    guard store.adapters[index, \.channelState] == .registered else { return }
    let driver = store.adapters[index, \.driver].index
    violate(
      Failure(.failure, .dmaChannelLeft, channelHandle(index).rawValue), routine: routine,
      bugCheck: nil, handle: adapterHandle(index), party: party(adapter: index),
      session: store.drivers[driver, \.session].optional)
  }
}
