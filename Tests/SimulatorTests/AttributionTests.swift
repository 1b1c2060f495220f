// Who an event names: the driver, adapter, binding and allocation of the handle a call was made with, also
// when several drivers share a session.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct AttributionTests {
  /// Two miniport drivers and a protocol driver of one session.
  private struct Scene {
    let host: TestHost
    let driver: Driver
    let first: Handle
    let second: Handle
    let secondDriver: Handle
    let binding: Handle
    static let origin = AllocationOrigin(tag: 0x4463_6553, site: Site("ring.c:7"))

    init(_ settings: Settings = TestHost.smallSettings) throws {
      host = try TestHost(settings, shadow: true)
      driver = Driver(host, "bench")
      let one = driver.handle(host, .registerMiniportDriver(Sample.miniport("first")))
      first = driver.adapter(host, one, "first0")
      secondDriver = driver.handle(host, .registerMiniportDriver(Sample.miniport("second")))
      second = driver.adapter(host, secondDriver, "second0")
      let prot = driver.handle(host, .registerProtocolDriver(Sample.protocolDriver("upper")))
      binding = driver.handle(host, .bindAdapter(prot, Name("second0")))
    }

    func allocate(_ owner: Handle, length: UInt32 = 4096) -> Request {
      .allocate(
        owner, Sample.parameters(length), tag: Scene.origin.tag, site: Scene.origin.site)
    }

    /// The violation that a request makes.
    func broken(_ request: Request, irql: IRQL = .passive) throws -> Violation {
      let count = host.events.count
      _ = host.ask(driver.session, request, irql: irql)
      let found = host.events.suffix(from: count).compactMap { event -> Violation? in
        if case .violation(let violation) = event { violation } else { nil }
      }
      try #require(found.count == 1)
      return found[0]
    }
  }

  @Test("a call at a wrong IRQL names the driver, adapter, binding, tag and site of its handle")
  func wrongIRQL() throws {
    let scene = try Scene()
    for (handle, name, adapter) in [
      (scene.first, "first", "first0"), (scene.second, "second", "second0"),
      (scene.binding, "upper", "second0"), (scene.secondDriver, "second", ""),
    ] {
      let found = try scene.broken(scene.allocate(handle), irql: .dispatch)
      #expect(found.party.driver == Name(name) && found.party.adapter == Name(adapter))
      #expect(found.party.binding == (handle == scene.binding ? handle : .null))
      #expect(found.origin == Scene.origin)
    }
    let found = try scene.broken(
      .indicateReceive(adapter: scene.second, Indication(flags: 0, lists: [])), irql: .high)
    #expect(found.party.adapter == Name("second0") && found.origin.isEmpty)
  }

  @Test("a wrong free names the driver of its NdisHandle, and the allocation of the block")
  func wrongFrees() throws {
    let scene = try Scene()
    let block = scene.driver.handle(scene.host, scene.allocate(scene.second))
    let free = Request.free(ndisHandle: scene.second, allocation: block)
    let high = try scene.broken(free, irql: .dispatch)
    #expect(high.party.adapter == Name("second0") && high.origin == Scene.origin)
    let other = try scene.broken(.free(ndisHandle: scene.first, allocation: block))
    #expect(other.party.adapter == Name("first0") && other.origin == Scene.origin)
    #expect(scene.host.ask(scene.driver.session, free)?.failure.status == .success)
    let double = try scene.broken(free)
    #expect(double.party.driver == Name("second") && double.party.adapter == Name("second0"))
    #expect(double.origin.isEmpty)
  }

  @Test("advice: the NdisHandle of a free should be the one of the allocation")
  func otherHandleOfTheDriver() throws {
    let scene = try Scene()
    let block = scene.driver.handle(scene.host, scene.allocate(scene.second))
    let count = scene.host.events.count
    let free = Request.free(ndisHandle: scene.secondDriver, allocation: block)
    #expect(scene.host.ask(scene.driver.session, free)?.failure.status == .success)
    let advice = scene.host.events.suffix(from: count).compactMap { event -> Violation? in
      if case .advice(let found) = event { found } else { nil }
    }
    #expect(advice.map(\.failure.reason) == [.freeWithOtherHandle])
    #expect(advice.first?.party.driver == Name("second") && advice.first?.origin == Scene.origin)
  }

  @Test("a handle of another session's object names the session that used it")
  func foreignHandles() throws {
    let scene = try Scene()
    let thief = Driver(scene.host, "thief")
    let count = scene.host.events.count
    _ = scene.host.ask(thief.session, scene.allocate(scene.second), irql: .dispatch)
    guard case .violation(let found)? = scene.host.events.suffix(from: count).first else {
      Issue.record("no violation")
      return
    }
    #expect(found.party.driver == Name("thief") && found.party.adapter.isEmpty)
  }

  @Test("a shortage names the driver, adapter, tag and site of the request")
  func shortages() throws {
    var settings = TestHost.smallSettings
    settings.quotas.sessionBytes = 4096
    let scene = try Scene(settings)
    let count = scene.host.events.count
    _ = scene.host.ask(scene.driver.session, scene.allocate(scene.second, length: 8192))
    guard case .shortage(let party, _, let origin)? = scene.host.events.suffix(from: count).first
    else {
      Issue.record("no shortage")
      return
    }
    #expect(party.driver == Name("second") && party.adapter == Name("second0"))
    #expect(origin == Scene.origin)
  }

  @Test("a session's number is never used again, also when its record is")
  func numbers() throws {
    let host = try TestHost(shadow: true)
    var numbers: [UInt32] = []
    var records: Set<UInt32> = []
    for _ in 0..<5 {
      let driver = Driver(host, "again")
      records.insert(driver.session)
      numbers.append(host.simulator.number(ofSession: driver.session))
      #expect(host.simulator.session(numbered: numbers.last ?? 0) == driver.session)
      host.end(driver.session)
    }
    #expect(records.count == 1 && numbers == [1, 2, 3, 4, 5])
    #expect(host.simulator.session(numbered: 3) == nil)
  }

  @Test("a write to freed memory names the driver, adapter, tag and site of the block")
  func writtenAfterFree() throws {
    var settings = TestHost.smallSettings
    settings.watchesFreedMemory = true
    let scene = try Scene(settings)
    let made = scene.host.ask(scene.driver.session, scene.allocate(scene.second))
    let block = try #require(made?.value)
    _ = scene.host.ask(scene.driver.session, .free(ndisHandle: scene.second, allocation: block))
    let freed = try #require(scene.host.freedBlocks.first)
    #expect(freed.allocation == block && scene.host.freedBlocks.count == 1)
    let count = scene.host.events.count
    scene.host.turn { $0.reportWriteAfterFree(freed, offset: 12, now: 5) }
    let found = scene.host.events.suffix(from: count).compactMap { event -> Violation? in
      if case .violation(let violation) = event { violation } else { nil }
    }
    #expect(found.map(\.failure) == [Failure(.failure, .writtenAfterFree, block.rawValue, 12)])
    #expect(found.first?.party.driver == Name("second") && found.first?.origin == Scene.origin)
    #expect(found.first?.party.adapter == Name("second0") && found.first?.bugCheck == nil)
    // Nobody writes to the blocks of a session that has ended.
    _ = scene.host.ask(scene.driver.session, scene.allocate(scene.first))
    scene.host.end(scene.driver.session)
    #expect(scene.host.freedBlocks.count == 1 && scene.host.problems == [])
  }
}
