// Running upcalls: the handler is called at the level NDIS says, PASSIVE_LEVEL but for one, with the upcall as the thread's context,
// whatever the thread was doing before, and its result carries the IRQL on return.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

extension Connection {
  /// The result that is sent to NDIS.
  private enum Answer {
    case status(Status)
    case memory(ProviderAnswer)
    case oid(OIDAnswer)
  }

  /// Runs the handler and sends its result.
  func serve(_ upcall: Upcall) {
    let context = unsafe ThreadContext.current
    let before = unsafe context.pointee
    unsafe context.pointee = ThreadContext(irql: upcall.irql, upcall: upcall.id, owner: identity)
    let answer = perform(upcall)
    let irql = unsafe context.pointee.irql
    unsafe context.pointee = before
    switch answer {
    case .status(let status): send(status, of: upcall.type, upcall.id, irql: irql) { _ in }
    case .memory(let answer): self.answer(upcall.id, with: answer, irql: irql)
    case .oid(let answer):
      send(answer.status, of: upcall.type, upcall.id, irql: irql) { writer in
        if answer.status != .pending { writer.append(answer) }
      }
    }
  }

  /// Completes an upcall for which a thread of the kit waits; no handler is called.
  func acknowledge(_ upcall: Upcall) {
    send(.success, of: upcall.type, upcall.id, irql: .passive) { _ in }
  }

  /// Completes an upcall of the allocate handler whose answer was suppressed, or completes one twice.
  public func answer(_ upcall: UInt64, with answer: ProviderAnswer) {
    self.answer(upcall, with: answer, irql: CurrentIRQL.level)
  }

  private func answer(_ upcall: UInt64, with answer: ProviderAnswer, irql: IRQL) {
    guard !answer.isSuppressed else { return }
    send(
      answer.status, of: UInt16(NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY), upcall,
      irql: answer.irql ?? irql
    ) { writer in
      if let body = answer.rawBody {
        unsafe body.withUnsafeBytes { unsafe writer.append(bytes: $0) }
      } else if answer.status == .success {
        writer.append(answer.sharedMemoryProviderContext)
        writer.append(answer.section.rawValue)
        writer.append(UInt32(truncatingIfNeeded: answer.extents.count))
        writer.append(UInt32(0))
        for extent in answer.extents { writer.append(extent) }
      }
    }
  }

  private func send(
    _ status: Status, of type: UInt16, _ upcall: UInt64, irql: IRQL,
    _ write: (inout MessageWriter) -> Void
  ) {
    let header = MessageHeader(
      type: type, flags: NDISSIM_FLAG_UPCALL | NDISSIM_FLAG_REPLY, requestID: upcall,
      status: status, irql: irql.rawValue)
    // If it cannot be sent, the connection has ended, which the reader will notice.
    try? sender.withLock { (sender) throws(DriverError) in
      let packet = try unsafe make(header, in: sender.buffer, write)
      if sender.replays != nil {
        let place = requests.withLock { $0.upcalls.answer(upcall) }
        unsafe sender.replays?.keep(packet, place: place)
      }
      try unsafe transport.send(packet, descriptors: [])
    }
  }

  private func perform(_ upcall: Upcall) -> Answer {
    switch upcall.call {
    case .allocate(let raw, let parameters):
      guard case .provider(let provider)? = registry.find(cookie: raw.handler) else { break }
      let request = ProviderRequest(
        connection: self, upcall: upcall.id, providerContext: raw.provider_context,
        domain: raw.domain, maximumExtents: raw.maximum_extents, parameters: parameters)
      return .memory(provider.allocateSharedMemory(request))
    case .free(let raw):
      guard case .provider(let provider)? = registry.find(cookie: raw.handler) else { break }
      provider.freeSharedMemory(
        ProviderBlock(
          connection: self, upcall: upcall.id, providerContext: raw.provider_context,
          sharedMemoryProviderContext: raw.shared_memory_provider_context,
          section: SectionHandle(rawValue: raw.section)))
      return .status(.success)
    case .unreadable(let failure):
      return .status(failure.status)
    case .oidRequest(let raw, let request):
      guard case .miniport(let driver)? = registry.find(cookie: raw.handler) else { break }
      do throws(DriverError) {
        return .oid(
          try driver.oidRequest(
            AdapterHandle(rawValue: raw.adapter_handle), context: raw.adapter_context, request,
            handle: OIDRequestHandle(rawValue: raw.oid_handle), on: self))
      } catch { return .oid(OIDAnswer(error.status)) }
    default:
      do throws(DriverError) { return .status(try performDriver(upcall)) } catch {
        return .status(error.status)
      }
    }
    return .status(.failure)
  }

  /// The handlers of miniport and protocol drivers.
  private func performDriver(_ upcall: Upcall) throws(DriverError) -> Status {
    switch upcall.call {
    case .setOptions(let raw):
      switch registry.find(cookie: raw.handler) {
      case .miniport(let driver)?:
        return try driver.setOptions(MiniportDriverHandle(rawValue: raw.driver_handle), on: self)
      case .protocolDriver(let driver, _)?:
        registry.setHandle(raw.driver_handle, of: raw.handler >> 8)
        return try driver.setOptions(ProtocolDriverHandle(rawValue: raw.driver_handle), on: self)
      default: return .failure
      }
    case .initialize(let raw, let name):
      guard case .miniport(let driver)? = registry.find(cookie: raw.handler) else {
        return .failure
      }
      registry.setDriver(raw.handler >> 8, of: raw.first)
      return try driver.initializeEx(
        AdapterHandle(rawValue: raw.first), name: "\(name)", on: self)
    case .adapter(let raw):
      guard case .miniport(let driver)? = registry.find(cookie: raw.handler) else {
        return .failure
      }
      let adapter = AdapterHandle(rawValue: raw.adapter_handle)
      return try performLifecycle(upcall.type, driver, adapter, raw)
    case .bind(let raw, let name):
      guard case .protocolDriver(let driver, let handle)? = registry.find(cookie: raw.handler)
      else { return .failure }
      return try driver.bindAdapterEx(
        BindRequest(driver: handle, bindContext: raw.second, adapterName: "\(name)"), on: self)
    case .unbind(let raw):
      guard case .protocolDriver(let driver, _)? = registry.find(cookie: raw.handler) else {
        return .failure
      }
      return try driver.unbindAdapterEx(
        BindingHandle(rawValue: raw.binding_handle), context: raw.binding_context, on: self)
    case .netPnPEvent(let raw):
      guard case .protocolDriver(let driver, _)? = registry.find(cookie: raw.handler),
        let event = NetPnPEvent(rawValue: raw.event)
      else { return .failure }
      return try driver.netPnPEvent(
        BindingHandle(rawValue: raw.binding_handle), context: raw.binding_context, event: event,
        on: self)
    default: return performData(upcall)
    }
  }

  /// The lifecycle handlers of an adapter.
  private func performLifecycle(
    _ type: UInt16, _ driver: any MiniportDriver, _ adapter: AdapterHandle,
    _ raw: ndissim_upcall_adapter
  ) throws(DriverError) -> Status {
    let context = raw.adapter_context
    switch Int(type) {
    case NDISSIM_UPCALL_PAUSE:
      return try driver.pause(
        adapter, context: context, reason: PauseReason(rawValue: raw.action), on: self)
    case NDISSIM_UPCALL_RESTART: return try driver.restart(adapter, context: context, on: self)
    case NDISSIM_UPCALL_HALT_EX:
      guard let action = HaltAction(rawValue: raw.action) else { return .failure }
      return try driver.haltEx(adapter, context: context, action: action, on: self)
    case NDISSIM_UPCALL_SHUTDOWN_EX:
      guard let action = ShutdownAction(rawValue: raw.action) else { return .failure }
      driver.shutdownEx(adapter, context: context, action: action, on: self)
    default:
      guard let event = PnPEvent(rawValue: raw.action) else { return .failure }
      driver.devicePnPEventNotify(adapter, context: context, event: event, on: self)
    }
    return .success
  }

  /// Handlers without a result: completions of OID requests, statuses, indications and returns.
  private func performData(_ upcall: Upcall) -> Status {
    switch upcall.call {
    case .cancelOIDRequest(let raw):
      guard case .miniport(let driver)? = registry.find(cookie: raw.handler) else {
        return .failure
      }
      driver.cancelOIDRequest(
        AdapterHandle(rawValue: raw.adapter_handle), context: raw.adapter_context,
        requestID: raw.request_id, handle: OIDRequestHandle(rawValue: raw.oid_handle), on: self)
    case .oidRequestComplete(let completion, let context, let handler):
      guard case .protocolDriver(let driver, _)? = registry.find(cookie: handler) else {
        return .failure
      }
      driver.oidRequestComplete(completion, context: context, on: self)
    case .status(let raw, let indication, let buffer):
      guard case .protocolDriver(let driver, _)? = registry.find(cookie: raw.handler) else {
        return .failure
      }
      driver.statusEx(
        BindingHandle(rawValue: raw.binding_handle), context: raw.binding_context, indication,
        buffer: buffer, on: self)
    case .receive(var indication, let handler):
      place(&indication)
      guard case .protocolDriver(let driver, _)? = registry.find(cookie: handler) else {
        return .failure
      }
      driver.receiveNetBufferLists(indication, on: self)
    case .allocateComplete(let raw):
      guard case .miniport(let driver)? = registry.find(cookie: raw.handler) else {
        return .failure
      }
      completeAllocation(raw, driver)
    case .returned(let raw, let lists):
      guard case .miniport(let driver)? = registry.find(cookie: raw.handler) else {
        return .failure
      }
      driver.returnNetBufferLists(
        AdapterHandle(rawValue: raw.adapter_handle), context: raw.adapter_context, lists,
        flags: ReturnFlags(rawValue: raw.flags), on: self)
    default: return .failure
    }
    return .success
  }
}
