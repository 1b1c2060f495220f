// An adapter's life: the order in which handlers are called, what is changed from outside, what is left
// when it ends. Each with a second simulator that is adopted from its bytes after every turn.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator

@Suite struct AdapterLifeTests {
  /// Registration attributes of a miniport that is called for a bug check too.
  private static let registered = UInt32(
    NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER | NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK)

  @Test("a pause tells the bindings first, then the miniport; a restart the other way round")
  func pauseAndRestart() throws {
    let bed = try LifeBed()
    let paused = bed.change(.pause(.lowPower))
    #expect(bed.result(paused)?.failure.status == .success)
    #expect(bed.newCalls() == ["NetEventPause", "MiniportPause 2"])
    #expect(bed.state == .paused)
    let restarted = bed.change(.restart)
    #expect(bed.result(restarted)?.failure.status == .success)
    #expect(bed.newCalls() == ["MiniportRestart", "NetEventRestart"])
    #expect(bed.state == .running)
    #expect(bed.violations == [])
    bed.finish()
  }

  @Test(
    "an adapter that was paused stays Paused, and can be bound to; the binding hears the restart")
  func heldPaused() throws {
    let bed = try LifeBed(binds: false)
    bed.change(.pause([]))
    bed.binding = bed.bind()
    _ = bed.newCalls()
    #expect(bed.state == .paused)
    bed.change(.restart)
    #expect(bed.newCalls() == ["MiniportRestart", "NetEventRestart"])
    bed.finish()
  }

  @Test("a restart that fails leaves the adapter Paused; of a new adapter it is the end")
  func restartFails() throws {
    let bed = try LifeBed()
    bed.change(.pause([]))
    bed.held = [NDISSIM_UPCALL_RESTART]
    let restart = bed.change(.restart)
    bed.answer(NDISSIM_UPCALL_RESTART, .resources)
    #expect(bed.result(restart)?.failure.status == .resources)
    #expect(bed.state == .paused)
    #expect(bed.result(bed.change(.restart))?.failure.status == .success)
    #expect(bed.state == .running)
    _ = bed.newCalls()
    bed.held = [NDISSIM_UPCALL_RESTART]
    let added = bed.host.call(bed.miniport.session, .addAdapter(bed.driver, Name("eth1")))
    bed.answer(NDISSIM_UPCALL_RESTART, .failure)
    #expect(bed.result(added)?.failure.status == .failure)
    #expect(
      bed.newCalls() == [
        "MiniportInitializeEx", "MiniportRestart",
        "MiniportHaltEx NdisHaltDeviceInitializationFailed",
      ])
    bed.finish()
  }

  @Test("no other PnP operation begins while a pause or a restart is pending")
  func nothingElse() throws {
    let bed = try LifeBed()
    bed.held = [NDISSIM_UPCALL_PAUSE]
    let pause = bed.change(.pause([]))
    #expect(bed.result(bed.change(.pause([])))?.failure.reason == .wrongState)
    #expect(bed.result(bed.change(.restart))?.failure.reason == .wrongState)
    let bind = bed.host.ask(bed.binder.session, .bindAdapter(bed.prot, Name("eth0")))
    #expect(bind?.failure.reason == .wrongState)
    let halt = bed.change(.halt(.deviceStopped))
    // The halt waits, and whoever asked for the pause learns that it is overtaken.
    #expect(bed.result(pause)?.failure.reason == .ownerEnded)
    #expect(bed.result(halt) == nil)
    #expect(bed.newCalls() == ["NetEventPause", "MiniportPause 0"])
    bed.answer(NDISSIM_UPCALL_PAUSE)
    #expect(bed.result(halt)?.failure.status == .success)
    #expect(bed.newCalls() == ["ProtocolUnbindAdapterEx", "MiniportHaltEx NdisHaltDeviceStopped"])
    bed.finish()
  }

  @Test("behaviour 46: MiniportHaltEx only from Paused: bindings, pause, halt, with its action")
  func haltOrder() throws {
    for action in HaltAction.allCases {
      let bed = try LifeBed()
      let halt = bed.change(.halt(action))
      #expect(bed.result(halt)?.failure.status == .success)
      #expect(
        bed.newCalls() == [
          "ProtocolUnbindAdapterEx", "MiniportPause 128", "MiniportHaltEx \(action)",
        ])
      #expect(bed.state == nil)
      #expect(bed.violations == [])
      bed.finish()
    }
  }

  @Test(
    "behaviour 48: what is outstanding when MiniportHaltEx returns is listed as leaked, not before")
  func leaksAtHalt() throws {
    let bed = try LifeBed()
    for _ in 0..<3 { _ = bed.miniport.handle(bed.host, Sample.allocate(bed.adapter)) }
    let kept = bed.miniport.handle(bed.host, Sample.allocate(bed.adapter))
    bed.held = [NDISSIM_UPCALL_HALT_EX]
    let halt = bed.change(.halt(.deviceDisabled))
    #expect(bed.newCalls().last == "MiniportHaltEx NdisHaltDeviceDisabled")
    #expect(bed.leaks == 0)
    let session = bed.miniport.session
    let free = Request.free(ndisHandle: bed.adapter, allocation: kept)
    let id = try bed.id(of: NDISSIM_UPCALL_HALT_EX)
    #expect(bed.host.ask(session, free, context: id)?.failure.status == .success)
    // Nothing new is given out while the adapter is being halted.
    let late = bed.host.ask(session, Sample.allocate(bed.adapter), context: id)
    #expect(late?.failure.reason == .objectEnding)
    bed.answer(NDISSIM_UPCALL_HALT_EX)
    #expect(bed.leaks == 3)
    #expect(bed.result(halt)?.failure.status == .success)
    #expect(bed.host.simulator.statistics(session: session).sessionLeakedBlocks == 3)
    bed.finish()
  }

  @Test("behaviour 49: MiniportInitializeEx that fails with memory still held has leaked it")
  func initializeFails() throws {
    let bed = try LifeBed(adds: false)
    let session = bed.miniport.session
    bed.held = [NDISSIM_UPCALL_INITIALIZE_EX]
    let added = bed.host.call(session, .addAdapter(bed.driver, Name("eth0")))
    let id = try bed.id(of: NDISSIM_UPCALL_INITIALIZE_EX)
    let attributes = Request.setMiniportAttributes(
      bed.adapter, Sample.attributes, context: 5, flags: 0x40)
    #expect(bed.host.ask(session, attributes, context: id)?.failure.status == .success)
    let block = bed.host.ask(session, Sample.allocate(bed.adapter), context: id)
    #expect(block?.failure.status == .success)
    bed.answer(NDISSIM_UPCALL_INITIALIZE_EX, .resources)
    #expect(bed.result(added)?.failure.status == .resources)
    #expect(bed.leaks == 1)
    #expect(bed.newCalls() == ["MiniportInitializeEx"])
    #expect(bed.host.simulator.statistics(session: nil).blocks == 0)
    bed.finish()
  }

  @Test("DMA that is registered when its adapter goes is 0xE6/0x07, of the handler that left it")
  func dmaLeft() throws {
    func expect(_ bed: LifeBed, _ routine: String) {
      #expect(bed.violations.map(\.failure.reason) == [.dmaStillRegistered])
      #expect(bed.violations.map(\.routine) == [routine])
      let check = bed.violations.first?.bugCheck
      #expect(check?.code == 0xE6 && check?.parameters.0 == 7)
      #expect(bed.state == nil)
      bed.finish()
    }
    let halted = try LifeBed()
    halted.held = [NDISSIM_UPCALL_HALT_EX]
    halted.change(.halt(.deviceDisabled))
    let halt = try halted.id(of: NDISSIM_UPCALL_HALT_EX)
    halted.host.answer(halted.miniport.session, halt, ProviderAnswer(status: .success))
    expect(halted, "MiniportHaltEx")

    let failed = try LifeBed(adds: false)
    failed.held = [NDISSIM_UPCALL_INITIALIZE_EX]
    let session = failed.miniport.session
    failed.host.call(session, .addAdapter(failed.driver, Name("eth0")))
    let initialize = try failed.id(of: NDISSIM_UPCALL_INITIALIZE_EX)
    for request in [
      Request.setMiniportAttributes(failed.adapter, Sample.attributes, context: 5, flags: 0x40),
      .registerScatterGatherDMA(failed.adapter, Sample.dma),
    ] {
      let made = failed.host.ask(session, request, context: initialize)
      #expect(made?.failure.status == .success)
    }
    failed.answer(NDISSIM_UPCALL_INITIALIZE_EX, .failure)
    expect(failed, "MiniportInitializeEx")
  }

  @Test("ProtocolUnbindAdapterEx that does not close its binding is a violation; NDIS closes it")
  func bindingLeftOpen() throws {
    let bed = try LifeBed()
    bed.held = [NDISSIM_UPCALL_UNBIND_ADAPTER_EX]
    let unbound = bed.host.call(bed.binder.session, .unbindAdapter(bed.binding))
    let id = try bed.id(of: NDISSIM_UPCALL_UNBIND_ADAPTER_EX)
    bed.host.answer(bed.binder.session, id, ProviderAnswer(status: .success))
    #expect(bed.host.result(bed.binder.session, unbound)?.failure.status == .success)
    #expect(bed.violations.map(\.failure.reason) == [.bindingLeftOpen])
    #expect(bed.violations.map(\.routine) == ["ProtocolUnbindAdapterEx"])
    #expect(bed.host.simulator.statistics(session: nil).bindings == 0)
    bed.finish()
  }

  @Test("behaviour 50: closing a binding and deregistering a driver with live blocks leaks them")
  func closeWithBlocks() throws {
    let bed = try LifeBed()
    _ = bed.binder.handle(bed.host, Sample.allocate(bed.binding))
    _ = bed.binder.handle(bed.host, Sample.allocate(bed.prot))
    #expect(
      bed.host.ask(bed.binder.session, .unbindAdapter(bed.binding))?.failure.status == .success)
    #expect(bed.leaks == 1)
    #expect(
      bed.host.ask(bed.binder.session, .deregisterDriver(bed.prot))?.failure.status == .success)
    #expect(bed.leaks == 2)
    bed.finish()
  }

  @Test(
    "behaviour 51: surprise removal in its order; the miniport gets OID requests; halt may free")
  func surpriseRemoval() throws {
    let bed = try LifeBed()
    let session = bed.miniport.session
    let block = bed.miniport.handle(bed.host, Sample.allocate(bed.adapter))
    bed.held = [NDISSIM_UPCALL_NET_PNP_EVENT, NDISSIM_UPCALL_HALT_EX]
    let removed = bed.change(.surpriseRemove)
    let call = OIDCall(kind: 0, oid: 0xFF00_0001, outputLength: 4, requestContext: 1)
    let asked = bed.host.ask(bed.binder.session, .oidRequest(binding: bed.binding, call))
    #expect(asked?.failure.status == .pending)
    bed.answer(NDISSIM_UPCALL_NET_PNP_EVENT)
    #expect(
      bed.newCalls() == [
        "NetEventQueryRemoveDevice", "MiniportOidRequest", "ProtocolOidRequestComplete",
        "NdisDevicePnPEventSurpriseRemoved", "NetEventPause", "MiniportPause 128",
        "ProtocolUnbindAdapterEx",
        "MiniportHaltEx NdisHaltDeviceSurpriseRemoved",
      ])
    #expect(bed.result(removed) == nil)
    let free = Request.free(ndisHandle: bed.adapter, allocation: block)
    let id = try bed.id(of: NDISSIM_UPCALL_HALT_EX)
    #expect(bed.host.ask(session, free, context: id)?.failure.status == .success)
    bed.answer(NDISSIM_UPCALL_HALT_EX)
    #expect(bed.result(removed)?.failure.status == .success)
    #expect(bed.state == nil && bed.leaks == 0 && bed.violations == [])
    bed.finish()
  }

  @Test("behaviour 51: a restart that fails after a surprise removal leaves the action of the halt")
  func surpriseRemovalWhileRestarting() throws {
    let bed = try LifeBed(adds: false)
    bed.held = [NDISSIM_UPCALL_RESTART]
    let added = bed.host.call(bed.miniport.session, .addAdapter(bed.driver, Name("eth0")))
    let removed = bed.change(.surpriseRemove)
    #expect(bed.result(added) == nil && bed.result(removed) == nil)
    bed.answer(NDISSIM_UPCALL_RESTART, .failure)
    #expect(
      bed.newCalls().suffix(2) == [
        "NdisDevicePnPEventSurpriseRemoved", "MiniportHaltEx NdisHaltDeviceSurpriseRemoved",
      ])
    #expect(bed.result(added)?.failure.status == .failure)
    #expect(bed.result(removed)?.failure.status == .success)
    #expect(bed.violations == [])
    bed.finish()
  }

  @Test("surprise removal of a Paused adapter pauses nothing twice")
  func surpriseRemovalWhilePaused() throws {
    let bed = try LifeBed()
    bed.change(.pause([]))
    _ = bed.newCalls()
    bed.change(.surpriseRemove)
    #expect(
      bed.newCalls() == [
        "NetEventQueryRemoveDevice", "NdisDevicePnPEventSurpriseRemoved",
        "ProtocolUnbindAdapterEx", "MiniportHaltEx NdisHaltDeviceSurpriseRemoved",
      ])
    bed.finish()
  }

  @Test(
    "behaviour 46: Shutdown is terminal: no other call of the miniport, not even MiniportHaltEx",
    arguments: ShutdownAction.allCases)
  func shutdown(action: ShutdownAction) throws {
    let bed = try LifeBed(attributeFlags: Self.registered)
    let shutdown = bed.change(.shutdown(action))
    #expect(bed.result(shutdown)?.failure.status == .success)
    #expect(bed.newCalls() == ["MiniportShutdownEx \(action)"])
    for change in [
      AdapterChange.pause([]), .restart, .shutdown(action), .halt(.deviceDisabled), .surpriseRemove,
    ] {
      #expect(bed.result(bed.change(change))?.failure.reason == .wrongState)
    }
    let allocation = bed.host.ask(bed.miniport.session, Sample.allocate(bed.adapter))
    #expect(allocation?.failure.reason == .wrongState)
    #expect(bed.state == .shutdown)
    let gone = bed.host.ask(bed.miniport.session, .removeAdapter(bed.adapter))
    #expect(gone?.failure.status == .success)
    #expect(bed.newCalls() == ["ProtocolUnbindAdapterEx"])
    #expect(bed.violations == [])
    bed.finish()
  }

  @Test("a shutdown overtakes a pending pause, whose completion then is a violation")
  func shutdownDuringPause() throws {
    let bed = try LifeBed()
    bed.held = [NDISSIM_UPCALL_PAUSE]
    let pause = bed.change(.pause([]))
    _ = try bed.pend(NDISSIM_UPCALL_PAUSE)
    let shutdown = bed.change(.shutdown(.powerOff))
    #expect(bed.result(pause)?.failure.reason == .ownerEnded)
    #expect(bed.result(shutdown)?.failure.status == .success)
    #expect(bed.state == .shutdown)
    let late = bed.host.ask(bed.miniport.session, .pauseComplete(bed.adapter))
    #expect(late?.failure.reason == .completionUnexpected)
    #expect(bed.state == .shutdown)
    bed.finish()
  }

  @Test("A43: a free in MiniportShutdownEx at a power-off is advised against, and carried out")
  func freeAtPowerOff() throws {
    let bed = try LifeBed()
    let session = bed.miniport.session
    let blocks = (0..<2).map { _ in bed.miniport.handle(bed.host, Sample.allocate(bed.adapter)) }
    bed.held = [NDISSIM_UPCALL_SHUTDOWN_EX]
    bed.change(.shutdown(.powerOff))
    let id = try bed.id(of: NDISSIM_UPCALL_SHUTDOWN_EX)
    let inside = Request.free(ndisHandle: bed.adapter, allocation: blocks[0])
    #expect(bed.host.ask(session, inside, context: id)?.failure.status == .success)
    bed.answer(NDISSIM_UPCALL_SHUTDOWN_EX)
    let after = Request.free(ndisHandle: bed.adapter, allocation: blocks[1])
    #expect(bed.host.ask(session, after)?.failure.status == .success)
    #expect(bed.violations == [])
    #expect(bed.advice.map(\.failure.reason) == [.freeInShutdown, .freeInShutdown])
    #expect(bed.host.simulator.statistics(session: nil).blocks == 0)
    bed.finish()
  }

  @Test(
    "MiniportShutdownEx because of a bug check runs at a high IRQL",
    arguments: [(ShutdownAction.powerOff, IRQL.passive), (.bugCheck, .high)])
  func shutdownLevel(action: ShutdownAction, level: IRQL) throws {
    for (returned, version) in [(level, NDISVersion(6, 20)), (.passive, NDISVersion(6, 30))] {
      let bed = try LifeBed(
        version: version, attributeFlags: version < .vports ? nil : Self.registered)
      bed.held = [NDISSIM_UPCALL_SHUTDOWN_EX]
      let shutdown = bed.change(.shutdown(action))
      let call = try #require(bed.waiting.first)
      #expect(call.details.irql == level)
      var answer = ProviderAnswer(status: .success)
      answer.irql = returned.rawValue
      bed.host.answer(call.session, call.id, answer)
      #expect(bed.result(shutdown)?.failure.status == .success && bed.violations == [])
    }
  }

  @Test(
    "from NDIS 6.30 MiniportShutdownEx is called for a bug check only if it was registered for it")
  func shutdownNotCalled() throws {
    let bed = try LifeBed(version: NDISVersion(6, 30))
    let shutdown = bed.change(.shutdown(.bugCheck))
    #expect(bed.newCalls() == [] && bed.state == .shutdown)
    #expect(bed.result(shutdown)?.failure.status == .success && bed.violations == [])
    bed.finish()
  }

  @Test("A43: a free in MiniportShutdownEx is a violation; what was held is reclaimed, not leaked")
  func freeInShutdown() throws {
    let bed = try LifeBed(attributeFlags: Self.registered)
    let session = bed.miniport.session
    let block = bed.miniport.handle(bed.host, Sample.allocate(bed.adapter))
    bed.held = [NDISSIM_UPCALL_SHUTDOWN_EX]
    let shutdown = bed.change(.shutdown(.bugCheck))
    let id = try bed.id(of: NDISSIM_UPCALL_SHUTDOWN_EX)
    let free = Request.free(ndisHandle: bed.adapter, allocation: block)
    let wrong = bed.host.ask(session, free, context: id)
    #expect(wrong?.failure == Failure(.failure, .freeInShutdown, block.rawValue, 1))
    #expect(wrong?.bugCheck == nil)
    #expect(bed.violations.map(\.routine) == ["NdisFreeSharedMemory"])
    #expect(bed.host.simulator.allocation(block) != nil)
    #expect(bed.result(shutdown) == nil)
    bed.answer(NDISSIM_UPCALL_SHUTDOWN_EX)
    #expect(bed.result(shutdown)?.failure.status == .success)
    // After it too.
    #expect(bed.host.ask(session, free)?.failure.reason == .freeInShutdown)
    #expect(bed.host.simulator.allocation(block) != nil)
    bed.host.call(session, .removeAdapter(bed.adapter))
    #expect(bed.host.simulator.allocation(block) == nil)
    #expect(bed.leaks == 0)
    bed.finish()
  }

  @Test("A44: MiniportOidRequest is called at PASSIVE_LEVEL and may not return at another")
  func oidRequestIRQL() throws {
    #expect(DriverRoutine.named("MiniportOidRequest")?.irql == .passive)
    let bed = try LifeBed()
    bed.held = [NDISSIM_UPCALL_OID_REQUEST]
    let call = OIDCall(kind: 0, oid: 0xFF00_0001, outputLength: 4, requestContext: 1)
    bed.host.call(bed.binder.session, .oidRequest(binding: bed.binding, call))
    let id = try bed.id(of: NDISSIM_UPCALL_OID_REQUEST)
    bed.host.answer(bed.miniport.session, id, ProviderAnswer(status: .success, irql: 2))
    #expect(bed.violations.map(\.bugCheck?.code) == [0xC4])
    #expect(bed.violations.first?.bugCheck?.parameters.0 == 0xFA)
    bed.finish()
  }

  @Test("a hosted adapter is bound to by every user and changed by every session; others are not")
  func hosted() throws {
    let bed = try LifeBed(binds: false, isHosted: true)
    let other = Driver(bed.host, "other", uid: 2000)
    let prot = other.protocolDriver(bed.host)
    _ = other.handle(bed.host, .bindAdapter(prot, Name("eth0")))
    let change = Request.changeAdapter(bed.adapter, .pause([]))
    #expect(bed.host.ask(other.session, change)?.failure.status == .success)
    #expect(bed.state == .paused)
    bed.host.end(other.session)
    bed.finish()
    let own = try LifeBed()
    let stranger = own.host.begin("stranger", uid: 1000)
    let refused = own.host.ask(stranger, .changeAdapter(own.adapter, .pause([])))
    #expect(refused?.failure.reason == .foreignHandle)
    own.host.end(stranger)
    own.finish()
  }

  @Test("the management plane changes every adapter, and waits for nothing")
  func management() throws {
    let bed = try LifeBed()
    let host = bed.host
    func change(_ change: AdapterChange) -> Failure? {
      let now = host.now
      let adapter = bed.adapter
      return host.turn { (simulator) -> Failure? in
        do throws(Failure) {
          try simulator.change(adapter: adapter, change, now: now)
          return nil
        } catch { return error }
      }
    }
    #expect(change(.restart)?.reason == .wrongState)
    #expect(change(.pause(.lowPower)) == nil)
    #expect(bed.state == .paused)
    #expect(change(.restart) == nil)
    #expect(bed.state == .running)
    #expect(change(.surpriseRemove) == nil)
    #expect(bed.state == nil)
    #expect(change(.halt(.deviceDisabled))?.reason == .staleHandle)
    bed.finish()
  }

  @Test("a change that would wait for the handler it is made in is refused")
  func circle() throws {
    let bed = try LifeBed()
    bed.held = [NDISSIM_UPCALL_NET_PNP_EVENT]
    bed.change(.pause([]))
    let id = try bed.id(of: NDISSIM_UPCALL_NET_PNP_EVENT)
    let hosted = Request.changeAdapter(bed.adapter, .surpriseRemove)
    let inner = bed.host.ask(bed.binder.session, hosted, context: id)
    #expect(inner?.failure.reason == .foreignHandle)
    bed.answer(NDISSIM_UPCALL_NET_PNP_EVENT)
    bed.change(.restart)
    bed.held = [NDISSIM_UPCALL_PAUSE]
    bed.change(.pause([]))
    let pause = try bed.id(of: NDISSIM_UPCALL_PAUSE)
    let circle = bed.host.ask(bed.miniport.session, hosted, context: pause)
    #expect(circle?.failure.reason == .circularWait)
    bed.finish()
  }

  @Test("every required handler is required, and named by its offset")
  func requiredHandlers() throws {
    let host = try TestHost()
    let session = host.begin()
    for (slot, offset): (Int, UInt64) in [
      (0, 24), (1, 32), (2, 48), (3, 56), (4, 120), (5, 64), (6, 128), (7, 80), (8, 112),
    ] {
      var image = Sample.miniport()
      image.handlers[slot] = 0
      let result = host.ask(session, .registerMiniportDriver(image))
      #expect(result?.failure == Failure(.badCharacteristics, .missingHandler, offset))
    }
    for (slot, offset): (Int, UInt64) in [
      (0, 40), (1, 48), (2, 88), (3, 96), (4, 104), (5, 72),
    ] {
      var image = Sample.protocolDriver()
      image.handlers[slot] = 0
      let result = host.ask(session, .registerProtocolDriver(image))
      #expect(result?.failure == Failure(.badCharacteristics, .missingHandler, offset))
    }
    var image = Sample.miniport()
    image.missingHandler = 88
    let result = host.ask(session, .registerMiniportDriver(image))
    #expect(result?.failure == Failure(.badCharacteristics, .missingHandler, 88))
  }

  @Test("an adapter takes a bounded number of bindings")
  func bindingLimit() throws {
    var settings = TestHost.smallSettings
    settings.adapterBindings = 2
    let host = try TestHost(settings, shadow: true)
    let party = Driver(host, "both")
    _ = party.adapter(host, party.miniport(host), "eth0")
    let prot = party.protocolDriver(host)
    for _ in 0..<2 { _ = party.handle(host, .bindAdapter(prot, Name("eth0"))) }
    let third = host.ask(party.session, .bindAdapter(prot, Name("eth0")))
    #expect(third?.failure == Failure(.resources, .adapterBindings, 2, 2))
    #expect(host.problems == [])
  }

  @Test("the death of a miniport ends its adapter without a call, whatever was pending")
  func death() throws {
    for type in [
      NDISSIM_UPCALL_PAUSE, NDISSIM_UPCALL_RESTART, NDISSIM_UPCALL_HALT_EX,
      NDISSIM_UPCALL_SHUTDOWN_EX,
    ] {
      let mayPend = Simulator.mayPend(try #require(UpcallType(rawValue: UInt16(type))))
      for pends in [false, true] where !pends || mayPend {
        let bed = try LifeBed()
        if type == NDISSIM_UPCALL_RESTART { bed.change(.pause([])) }
        bed.held = [type]
        switch type {
        case NDISSIM_UPCALL_PAUSE: bed.change(.pause([]))
        case NDISSIM_UPCALL_RESTART: bed.change(.restart)
        case NDISSIM_UPCALL_HALT_EX: bed.change(.halt(.deviceDisabled))
        default: bed.change(.shutdown(.bugCheck))
        }
        if pends { _ = try bed.pend(type) }
        _ = bed.newCalls()
        bed.host.end(bed.miniport.session)
        #expect(bed.state == nil)
        #expect(!bed.newCalls().contains { $0.hasPrefix("Miniport") })
        #expect(bed.violations == [])
        bed.finish()
      }
    }
  }
}
