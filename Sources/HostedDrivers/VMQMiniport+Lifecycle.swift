// vmq's driver and adapter: registration, MiniportInitializeEx and MiniportHaltEx, pause and restart.
// MiniportInitializeEx follows the documented order: attributes, capabilities, DMA, memory;
// MiniportHaltEx, and a failed initialization, undo them in reverse.

import NDISDriverInterface
import NDIS

extension VMQMiniport {
  var characteristics: DriverCharacteristics {
    var handlers = DriverCharacteristics.Handlers(repeating: 0)
    for slot in handlers.indices { handlers[slot] = UInt64(slot) + 1 }
    return DriverCharacteristics(
      header: ObjectHeader(
        type: ObjectType.miniportDriverCharacteristics, revision: 2, size: 152),
      version: settings.version, name: Name("vmq"), context: 1, setOptionsHandler: 0,
      handlers: handlers)
  }

  mutating func driverReplied(_ made: VMQCall, _ reply: DriverReply) {
    switch made {
    case .register:
      guard reply.isSuccess else {
        state.failure = reply.failure
        state.driverState = .gone
        steps.append(.end)
        return
      }
      state.driver = reply.value
      state.driverState = .registered
      guard !state.isToLeave else { return }
      call(.addAdapter, .addAdapter(reply.value, Name(settings.name)))
    case .addAdapter:
      state.isUp = reply.isSuccess
      guard !reply.isSuccess else { return }
      state.failure = reply.failure
      state.isToLeave = true
    default:
      state.driverState = .gone
      state.isUp = false
      steps.append(.end)
    }
  }

  // MARK: Handlers

  mutating func initialize(_ upcall: DriverUpcall) {
    state.adapterState = .initializing
    state.adapter = upcall.object
    state.handler = upcall.id
    state.setUp = .attributes
    queues = Array(repeating: VMQQueue(), count: queues.count)
    filters = []
    let flags =
      MiniportAttributes.busMaster | 0x1 /* HARDWARE_DEVICE */
      | 0x4 /* SURPRISE_REMOVE_OK */
    call(
      .setAttributes, in: upcall.id,
      .setMiniportAttributes(
        upcall.object,
        ObjectHeader(
          type: ObjectType.miniportAdapterRegistrationAttributes, revision: 1,
          size: 28), context: 1, flags: flags))
  }

  mutating func setUpReplied(_ made: VMQCall, _ reply: DriverReply) {
    if made == .deregisterDMA {
      state.dma = .null
      state.isDeregistering = false
      return
    }
    guard state.adapterState == .initializing else { return }
    guard reply.isSuccess else { return undoSetUp(reply.failure) }
    let adapter = state.adapter
    switch made {
    case .setAttributes:
      state.setUp = .general
      call(.setGeneral, in: state.handler, .setGeneralAttributes(adapter, generalAttributes))
    case .setGeneral:
      state.setUp = .hardwareAssist
      call(.setHardwareAssist, in: state.handler, .setHardwareAssist(adapter, hardwareAssist))
    case .setHardwareAssist:
      state.setUp = .dma
      call(
        .registerDMA, in: state.handler,
        .registerScatterGatherDMA(
          adapter,
          ObjectHeader(type: ObjectType.scatterGatherDMADescription, revision: 1, size: 36)))
    default:
      state.dma = reply.value
      state.setUp = .memory
      queues[0].kind = .defaultQueue
      acquire(0, in: state.handler)
    }
  }

  private mutating func undoSetUp(_ failure: Failure) {
    if state.failure.status == .success { state.failure = failure }
    state.setUp = .undoing
    release(0, in: state.handler)
  }

  mutating func restart(_ upcall: DriverUpcall) {
    // Receiving is legal from this call on, before the restart is complete.
    state.adapterState = .running
    guard settings.pends == .always else { return answer(upcall.id, .success) }
    answer(upcall.id, .pending)
    call(.completeRestart, .restartComplete(upcall.object, .success))
  }

  mutating func pause(_ upcall: DriverUpcall) {
    state.adapterState = .pausing
    state.pauseUpcall = upcall.id
    guard settings.pends == .always || !isQuiet else { return }
    answer(upcall.id, .pending)
    state.pauseUpcall = 0
  }

  mutating func halt(_ upcall: DriverUpcall) {
    state.adapterState = .halting
    state.handler = upcall.id
    state.request = VMQRequest()
    filters = []
    for index in queues.indices { release(index, in: upcall.id) }
  }

  /// Whether no list is outstanding and no indication is in progress.
  private var isQuiet: Bool { !queues.contains { $0.isIndicating || !$0.out.isEmpty } }

  // MARK: Next steps

  /// One step of the adapter's and the driver's life; false when there is none.
  mutating func advanceAdapter() -> Bool {
    switch state.adapterState {
    case .initializing where state.setUp == .memory:
      guard queues[0].goal == .rest, queues[0].memoryCall == .none else { break }
      guard queues[0].isReady else {
        undoSetUp(Failure(queues[0].status, .memoryUnavailable))
        return true
      }
      queues[0].isOpen = true
      return handlerDone(.success, .paused)
    case .initializing where state.setUp == .undoing:
      guard queues[0].isEmpty, isDMAGone() else { break }
      return handlerDone(state.failure.status == .resources ? .resources : .failure, .halted)
    case .pausing:
      guard isQuiet else { break }
      state.adapterState = .paused
      if state.pauseUpcall != 0 {
        answer(state.pauseUpcall, .success)
      } else {
        call(.completePause, .pauseComplete(state.adapter))
      }
      state.pauseUpcall = 0
      return true
    case .halting:
      guard queues.allSatisfy(\.isEmpty), isDMAGone() else { break }
      state.isUp = false
      // Without its adapter the driver has no purpose, even if another caller removed it.
      state.isToLeave = true
      return handlerDone(.success, .halted)
    default: break
    }
    return leave()
  }

  /// Whether DMA is deregistered; deregisters it.
  private mutating func isDMAGone() -> Bool {
    guard state.dma != .null else { return true }
    guard !state.isDeregistering else { return false }
    state.isDeregistering = true
    call(.deregisterDMA, in: state.handler, .deregisterScatterGatherDMA(state.dma))
    return false
  }

  private mutating func handlerDone(_ status: Status, _ next: VMQState.Adapter) -> Bool {
    answer(state.handler, status)
    state.handler = 0
    state.setUp = .none
    state.adapterState = next
    if next == .halted {
      state.adapter = .null
      queues = Array(repeating: VMQQueue(), count: queues.count)
    }
    return true
  }

  /// NdisMDeregisterMiniportDriver: NDIS first removes the driver's objects.
  private mutating func leave() -> Bool {
    guard state.isToLeave, state.driverState == .registered else { return false }
    state.driverState = .leaving
    call(.deregister, .deregisterDriver(state.driver))
    return true
  }
}
