// Handlers that answer PENDING, their completions, and those that take too long.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator

@Suite struct PendingTests {
  @Test("a pause is over when NdisMPauseComplete is called, at DISPATCH_LEVEL too, and only once")
  func pause() throws {
    let bed = try LifeBed()
    let session = bed.miniport.session
    bed.held = [NDISSIM_UPCALL_PAUSE]
    let pause = bed.change(.pause([]))
    let id = try bed.pend(NDISSIM_UPCALL_PAUSE)
    #expect(bed.state == .pausing && bed.result(pause) == nil)
    // What is pended is no context any more, and was answered.
    let inside = bed.host.ask(session, .ping, context: id)
    #expect(inside?.failure.reason == .unknownContext)
    bed.host.answer(session, id, ProviderAnswer(status: .success))
    #expect(bed.violations.map(\.failure.reason) == [.unexpectedAnswer])
    #expect(bed.state == .pausing)
    let done = bed.host.ask(session, .pauseComplete(bed.adapter), irql: .dispatch)
    #expect(done?.failure.status == .success)
    #expect(bed.state == .paused && bed.result(pause)?.failure.status == .success)
    let again = bed.host.ask(session, .pauseComplete(bed.adapter))
    #expect(again?.failure.reason == .completionUnexpected)
    #expect(again?.bugCheck == .illegalStateTransition(.pause, bed.adapter))
    bed.finish()
  }

  @Test("a completion may come before the handler answers PENDING, and counts from then on")
  func early() throws {
    let bed = try LifeBed()
    let session = bed.miniport.session
    bed.held = [NDISSIM_UPCALL_PAUSE]
    let pause = bed.change(.pause([]))
    let id = try bed.id(of: NDISSIM_UPCALL_PAUSE)
    let done = bed.host.ask(session, .pauseComplete(bed.adapter), context: id)
    #expect(done?.failure.status == .success)
    #expect(bed.state == .pausing)
    let twice = bed.host.ask(session, .pauseComplete(bed.adapter))
    #expect(twice?.failure.reason == .completionUnexpected)
    _ = try bed.pend(NDISSIM_UPCALL_PAUSE)
    #expect(bed.state == .paused && bed.result(pause)?.failure.status == .success)
    #expect(bed.violations.count == 1)
    bed.finish()
  }

  @Test("a handler that completes and does not answer PENDING has answered twice")
  func answersTwice() throws {
    let bed = try LifeBed()
    bed.held = [NDISSIM_UPCALL_PAUSE]
    bed.change(.pause([]))
    bed.host.call(bed.miniport.session, .pauseComplete(bed.adapter))
    bed.answer(NDISSIM_UPCALL_PAUSE, .success)
    #expect(bed.state == .paused)
    #expect(bed.violations.map(\.failure.reason) == [.completionUnexpected])
    #expect(bed.violations.map(\.bugCheck) == [.illegalStateTransition(.pause, bed.adapter)])
    bed.finish()
  }

  @Test("a restart may be completed with failure; PENDING completes nothing")
  func restart() throws {
    let bed = try LifeBed()
    let session = bed.miniport.session
    func restart(_ status: Status) -> RequestResult? {
      bed.host.ask(session, .restartComplete(bed.adapter, status))
    }
    bed.change(.pause([]))
    for status in [Status.success, .resources, .failure, .invalidParameter] {
      bed.held = [NDISSIM_UPCALL_RESTART]
      let change = bed.change(.restart)
      _ = try bed.pend(NDISSIM_UPCALL_RESTART)
      let before = bed.violations.count
      let pending = restart(.pending)
      #expect(pending?.failure == Failure(.failure, .handlerStatus, 0x103))
      #expect(bed.state == .restarting)
      let done = restart(status)
      let isDocumented = status != .invalidParameter
      #expect(done?.failure.status == (isDocumented ? .success : .failure))
      #expect(bed.violations.count == before + (isDocumented ? 1 : 2))
      #expect(bed.state == (status == .success ? .running : .paused))
      let expected = isDocumented ? status : .failure
      #expect(bed.result(change)?.failure.status == expected)
      if status == .success { bed.change(.pause([])) }
    }
    bed.finish()
  }

  @Test("bind, unbind and network PnP events pend and are completed")
  func protocolHandlers() throws {
    let bed = try LifeBed(binds: false)
    let session = bed.binder.session
    let host = bed.host
    bed.held = [NDISSIM_UPCALL_BIND_ADAPTER_EX]
    let bind = host.call(session, .bindAdapter(bed.prot, Name("eth0")))
    let held = try #require(bed.waiting.first)
    // It opens the adapter in the handler, pends, and completes.
    _ = bed.binder.honest(host, held.id, held.details)
    _ = try bed.pend(NDISSIM_UPCALL_BIND_ADAPTER_EX)
    #expect(host.result(session, bind) == nil)
    let context = held.details.bindContext
    let wrong = host.ask(session, .completeBind(bindContext: context, .pending))
    #expect(wrong?.failure.reason == .handlerStatus)
    let done = host.ask(session, .completeBind(bindContext: context, .success))
    #expect(done?.failure.status == .success)
    let binding = try #require(host.result(session, bind)?.value)
    #expect(binding.kind == .binding)

    bed.held = [NDISSIM_UPCALL_NET_PNP_EVENT]
    let pause = bed.change(.pause([]))
    _ = try bed.pend(NDISSIM_UPCALL_NET_PNP_EVENT)
    #expect(bed.state == .running && bed.result(pause) == nil)
    let event = Request.completeNetPnPEvent(binding: binding, .success)
    #expect(host.ask(session, event)?.failure.status == .success)
    #expect(bed.state == .paused && bed.result(pause)?.failure.status == .success)
    #expect(host.ask(session, event)?.failure.reason == .completionUnexpected)

    bed.held = [NDISSIM_UPCALL_UNBIND_ADAPTER_EX]
    let unbind = host.call(session, .unbindAdapter(binding))
    _ = try bed.pend(NDISSIM_UPCALL_UNBIND_ADAPTER_EX)
    #expect(host.ask(session, .closeAdapter(binding))?.failure.status == .success)
    #expect(host.result(session, unbind) == nil)
    let unbound = host.ask(session, .completeUnbind(binding: binding, .success))
    #expect(unbound?.failure.status == .success)
    #expect(host.result(session, unbind)?.failure.status == .success)
    #expect(bed.violations.map(\.failure.reason) == [.handlerStatus, .completionUnexpected])
    bed.finish()
  }

  @Test("a bind that is completed with failure has failed, and is not unbound")
  func bindFails() throws {
    let bed = try LifeBed(binds: false)
    let session = bed.binder.session
    bed.held = [NDISSIM_UPCALL_BIND_ADAPTER_EX]
    let bind = bed.host.call(session, .bindAdapter(bed.prot, Name("eth0")))
    let context = try #require(bed.waiting.first).details.bindContext
    _ = try bed.pend(NDISSIM_UPCALL_BIND_ADAPTER_EX)
    bed.host.call(session, .completeBind(bindContext: context, .openFailed))
    #expect(bed.host.result(session, bind)?.failure.status == .openFailed)
    #expect(bed.newCalls() == ["ProtocolBindAdapterEx"])
    #expect(bed.violations == [])
    bed.finish()
  }

  @Test(
    "a driver must close the adapter it opened when ProtocolBindAdapterEx fails",
    arguments: [false, true])
  func bindingLeft(closes: Bool) throws {
    let bed = try LifeBed(binds: false)
    let session = bed.binder.session
    bed.held = [NDISSIM_UPCALL_BIND_ADAPTER_EX]
    let bind = bed.host.call(session, .bindAdapter(bed.prot, Name("eth0")))
    let waiting = try #require(bed.waiting.first)
    let opened = bed.host.ask(
      session,
      .openAdapter(protocolHandle: bed.prot, bindContext: waiting.details.bindContext, context: 1),
      context: waiting.id)
    let binding = try #require(opened?.value)
    #expect(opened?.failure.status == .success)
    if closes {
      let closed = bed.host.ask(session, .closeAdapter(binding), context: waiting.id)
      #expect(closed?.failure.status == .success)
    }
    bed.answer(NDISSIM_UPCALL_BIND_ADAPTER_EX, .resources)
    #expect(bed.host.result(session, bind)?.failure.status == .resources)
    #expect(bed.violations.map(\.failure.reason) == (closes ? [] : [.bindingLeftOpen]))
    #expect(bed.violations.allSatisfy { $0.routine == "ProtocolBindAdapterEx" })
    bed.finish()
  }

  @Test(
    "SetOptions, ProtocolBindAdapterEx and MiniportInitializeEx propagate any status",
    arguments: [Status.notSupported, .invalidParameter, .badVersion, Status(rawValue: 0xC000_0022)])
  func propagated(status: Status) throws {
    let bed = try LifeBed(binds: false)
    let host = bed.host
    bed.held = [NDISSIM_UPCALL_SET_OPTIONS]
    let register = host.call(
      bed.miniport.session, .registerMiniportDriver(Sample.miniport(setOptions: 9)))
    bed.answer(NDISSIM_UPCALL_SET_OPTIONS, status)
    #expect(host.result(bed.miniport.session, register)?.failure.status == status)
    bed.held = [NDISSIM_UPCALL_BIND_ADAPTER_EX]
    let bind = host.call(bed.binder.session, .bindAdapter(bed.prot, Name("eth0")))
    bed.answer(NDISSIM_UPCALL_BIND_ADAPTER_EX, status)
    #expect(host.result(bed.binder.session, bind)?.failure.status == status)
    bed.held = [NDISSIM_UPCALL_INITIALIZE_EX]
    let add = host.call(bed.miniport.session, .addAdapter(bed.driver, Name("eth1")))
    bed.answer(NDISSIM_UPCALL_INITIALIZE_EX, status)
    #expect(host.result(bed.miniport.session, add)?.failure.status == status)
    #expect(bed.violations == [])
    bed.finish()
  }

  @Test("MiniportInitializeEx, HaltEx, ShutdownEx, DevicePnPEventNotify and SetOptions cannot pend")
  func cannotPend() throws {
    for type in [
      NDISSIM_UPCALL_INITIALIZE_EX, NDISSIM_UPCALL_HALT_EX, NDISSIM_UPCALL_SHUTDOWN_EX,
      NDISSIM_UPCALL_DEVICE_PNP_EVENT_NOTIFY, NDISSIM_UPCALL_SET_OPTIONS,
    ] {
      let bed = try LifeBed(binds: false)
      bed.held = [type]
      switch type {
      case NDISSIM_UPCALL_INITIALIZE_EX:
        bed.host.call(bed.miniport.session, .addAdapter(bed.driver, Name("eth1")))
      case NDISSIM_UPCALL_HALT_EX: bed.change(.halt(.deviceDisabled))
      case NDISSIM_UPCALL_SHUTDOWN_EX: bed.change(.shutdown(.powerOff))
      case NDISSIM_UPCALL_SET_OPTIONS:
        bed.host.call(bed.miniport.session, .registerMiniportDriver(Sample.miniport(setOptions: 9)))
      default: bed.change(.surpriseRemove)
      }
      bed.answer(type, .pending)
      #expect(
        bed.violations.contains { $0.failure == Failure(.failure, .handlerStatus, 0x103) },
        "upcall \(type)")
      bed.finish()
    }
  }

  // MARK: Watchdog

  private func expire(_ bed: LifeBed) { bed.host.expire(after: 5_000) }

  @Test(
    "behaviour 57: a pause not done by its deadline is 0x7C/0x25 0x21, and life goes on as if it were"
  )
  func watchdogOfPause() throws {
    for pends in [false, true] {
      let bed = try LifeBed()
      bed.held = [NDISSIM_UPCALL_PAUSE]
      let pause = bed.change(.pause([]))
      if pends { _ = try bed.pend(NDISSIM_UPCALL_PAUSE) }
      bed.host.expire(after: 4_999)
      #expect(bed.violations == [])
      bed.host.expire(after: 1)
      #expect(bed.violations.map(\.bugCheck) == [.watchdog(.miniportPause, bed.adapter)])
      #expect(bed.violations.first?.failure == Failure(.failure, .handlerDeadline, 5_000))
      #expect(bed.state == .paused && bed.result(pause)?.failure.status == .success)
      let late = bed.host.ask(bed.miniport.session, .pauseComplete(bed.adapter))
      #expect(late?.bugCheck == .illegalStateTransition(.pause, bed.adapter))
      bed.finish()
    }
  }

  @Test("behaviour 57: a halt not done by its deadline is 0x7C/0x25 0x22, and the adapter goes")
  func watchdogOfHalt() throws {
    let bed = try LifeBed()
    bed.held = [NDISSIM_UPCALL_HALT_EX]
    let halt = bed.change(.halt(.deviceDisabled))
    expire(bed)
    // Its DMA is still registered then, which is a violation of its own.
    #expect(bed.violations.first?.bugCheck == .watchdog(.miniportHalt, bed.adapter))
    #expect(bed.state == nil && bed.result(halt)?.failure.status == .success)
    bed.finish()
  }

  @Test("behaviour 57: pause, other events and unbind of a protocol are 0x7C/0x25 0x01, 0x02, 0x04")
  func watchdogOfProtocol() throws {
    for (change, code): (AdapterChange, BugCheck.Watchdog) in [
      (.pause([]), .protocolPause), (.surpriseRemove, .protocolNetPnPEvent),
      (.halt(.deviceDisabled), .protocolUnbind),
    ] {
      let bed = try LifeBed()
      bed.held = [
        code == .protocolUnbind
          ? NDISSIM_UPCALL_UNBIND_ADAPTER_EX : NDISSIM_UPCALL_NET_PNP_EVENT
      ]
      let id = bed.change(change)
      let type = try #require(bed.held.first)
      _ = try bed.pend(type)
      expire(bed)
      #expect(bed.violations.first?.bugCheck == .watchdog(code, bed.binding))
      #expect(bed.result(id)?.failure.status == .success)
      bed.finish()
    }
  }

  @Test("a handler that answers after its deadline is told off, and moves nothing")
  func lateAnswer() throws {
    let bed = try LifeBed()
    bed.held = [NDISSIM_UPCALL_PAUSE]
    bed.change(.pause([]))
    expire(bed)
    bed.answer(NDISSIM_UPCALL_PAUSE, .pending)
    #expect(bed.violations.map(\.failure.reason) == [.handlerDeadline, .lateAnswer])
    #expect(bed.state == .paused)
    bed.finish()
  }
}
