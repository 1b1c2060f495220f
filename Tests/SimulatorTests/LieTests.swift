// A provider's answer is not trusted. One test a check: the caller gets FAILURE, the event names
// the rule, what was answered with SUCCESS is given back through the free handler, and nothing is
// left.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator

private func at(_ offset: UInt64, _ length: UInt32) -> Extent {
  Extent(offset: offset, length: length)
}

@Suite struct LieTests {
  /// A caller, its provider, and a neighbour whose domain is not the caller's.
  private struct Scene {
    let host: TestHost
    let provider: Driver
    let caller: Driver
    let owner: Handle
    /// The section the provider has offered for the caller.
    let section: Handle
    let foreignDomain: Handle

    init() throws {
      host = try TestHost()
      provider = Driver(host, "provider", provides: true)
      _ = provider.protocolDriver(host)
      caller = Driver(host, "caller")
      owner = caller.protocolDriver(host)
      let other = Driver(host, "other")
      let otherOwner = other.protocolDriver(host)
      section = try #require(provider.offer(host, domain: owner))
      foreignDomain = try #require(provider.offer(host, domain: otherOwner))
    }

    /// Allocates; the provider answers `lie`. Returns what the caller got.
    func allocate(
      _ lie: ProviderAnswer, length: UInt32 = 8192, contiguous: Bool = false
    ) -> RequestResult? {
      provider.override = { host, id, details in
        guard Int(details.type) == NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY else { return false }
        host.answer(provider.session, id, lie)
        return true
      }
      return host.ask(
        caller.session, Sample.allocate(owner, length, contiguous: contiguous))
    }

    /// What must hold after a lie.
    func check(
      _ result: RequestResult?, _ reason: Reason, givenBack: [UInt64] = [99], blocks: UInt64 = 0
    ) {
      #expect(result?.failure.status == .failure)
      #expect(result?.failure.reason == reason)
      #expect(result?.value == Handle.null)
      let lies = host.events.compactMap { event -> Violation? in
        if case .invalidProviderAnswer(let violation) = event { return violation }
        return nil
      }
      #expect(lies.map(\.failure.reason) == [reason])
      #expect(lies.first?.party.driver == Name("prot"))
      #expect(lies.first?.routine == "NetAllocateSharedMemory")
      #expect(provider.freed == givenBack)
      let statistics = host.simulator.statistics(session: nil)
      #expect(statistics.blocks == blocks)
      #expect(statistics.openRequests == 0 && statistics.openUpcalls == 0)
      #expect(statistics.failedAllocations == 1)
      #expect(host.problems == [])
    }

    func success(_ section: Handle, _ extents: [Extent], irql: UInt8 = 0) -> ProviderAnswer {
      ProviderAnswer(
        status: .success, irql: irql, providerContext: 99, section: section,
        extents: ExtentList(extents))
    }
  }

  @Test("an honest answer passes every check")
  func honest() throws {
    let scene = try Scene()
    let result = scene.allocate(scene.success(scene.section, [at(4096, 4096), at(0, 4096)]))
    #expect(result?.failure.status == .success)
    #expect(result?.value.kind == .allocation)
    #expect(Handle(rawValue: result?.value2 ?? 0).kind == .sharedMemory)
    #expect(scene.provider.freed == [])
  }

  @Test("an answer that cannot be decoded")
  func decodes() throws {
    let scene = try Scene()
    var answer = scene.success(scene.section, [at(0, 8192)])
    answer.malformed = Failure(.invalidParameter, .providerMalformed, 3, 16)
    scene.check(scene.allocate(answer), .providerMalformed)
  }

  @Test(
    "a status that is not documented",
    arguments: [
      Status.pending, .notAccepted, .notSupported, .badVersion, Status(rawValue: 0x1234),
    ])
  func documentedStatus(status: Status) throws {
    let scene = try Scene()
    var answer = scene.success(scene.section, [at(0, 8192)])
    answer.status = status
    scene.check(scene.allocate(answer), .providerStatus, givenBack: [])
  }

  @Test(
    "behaviour 23: the documented refusals reach the caller unchanged",
    arguments: [
      Status.resources, .invalidParameter, .failure,
    ])
  func refusals(status: Status) throws {
    let scene = try Scene()
    let result = scene.allocate(ProviderAnswer(status: status))
    #expect(result?.failure.status == status)
    #expect(result?.failure.reason == .providerRefused)
    #expect(scene.host.simulator.statistics(session: nil).blocks == 0)
    #expect(scene.provider.freed == [])
  }

  @Test("an IRQL that is not PASSIVE on return", arguments: [UInt8(1), 2, 15, 255])
  func irqlUnchanged(irql: UInt8) throws {
    let scene = try Scene()
    let answer = scene.success(scene.section, [at(0, 8192)], irql: irql)
    scene.check(scene.allocate(answer), .providerIRQL)
  }

  @Test("a raised IRQL is a lie in a refusal too")
  func irqlOfRefusal() throws {
    let scene = try Scene()
    let answer = ProviderAnswer(status: .resources, irql: 2)
    scene.check(scene.allocate(answer), .providerIRQL, givenBack: [])
  }

  @Test("a section that is not the provider's own")
  func ownSection() throws {
    let scene = try Scene()
    // A hosted pool's section, of the caller's own domain.
    scene.host.simulator.forEachSection(ofHosted: 0) { _, _, _, _ in }
    let now = scene.host.now
    let made = scene.host.turn { (simulator) -> Handle? in
      try? simulator.addHostedSection(
        provider: 0, domain: scene.owner, size: 16 * 4096, node: 0, pageSize: 4096, now: now)
    }
    let hosted = try #require(made)
    scene.check(
      scene.allocate(scene.success(hosted, [at(0, 8192)])), .providerSection)
  }

  @Test(
    "a section handle that names nothing",
    arguments: [
      Handle.null, Handle(rawValue: ~0), Handle(kind: .section, generation: 1, index: 3),
      Handle(kind: .section, generation: 1, index: 0x3FF_FFFF),
      Handle(kind: .adapter, generation: 1, index: 0),
    ])
  func noSection(section: Handle) throws {
    let scene = try Scene()
    scene.check(scene.allocate(scene.success(section, [at(0, 8192)])), .providerSection)
  }

  @Test("a section of another domain")
  func ownDomain() throws {
    let scene = try Scene()
    scene.check(
      scene.allocate(scene.success(scene.foreignDomain, [at(0, 8192)])), .providerSection)
  }

  @Test("no extent, or more than a block may have", arguments: [0, 1025, 2000])
  func extentCount(count: Int) throws {
    let scene = try Scene()
    let extents = (0..<count).map { at(UInt64($0) * 4096, 4096) }
    scene.check(
      scene.allocate(scene.success(scene.section, extents), length: UInt32(count) * 4096 + 1),
      .providerExtentCount)
  }

  @Test(
    "extents that are not page-aligned",
    arguments: [
      [at(1, 8192)], [at(8, 8192)], [at(2048, 8192)], [at(0, 100), at(4096, 8092)],
      [at(0, 8192), at(12288, 0)],
    ])
  func alignment(extents: [Extent]) throws {
    let scene = try Scene()
    scene.check(scene.allocate(scene.success(scene.section, extents)), .providerExtentAlignment)
  }

  @Test(
    "extents that end outside the section",
    arguments: [
      UInt64(15 * 4096), UInt64(16 * 4096), UInt64(17 * 4096), UInt64(1) << 40,
      UInt64.max - 4095,
    ])
  func range(offset: UInt64) throws {
    let scene = try Scene()
    scene.check(
      scene.allocate(scene.success(scene.section, [at(offset, 8192)])), .providerExtentRange)
  }

  @Test(
    "extents whose sum is not Length",
    arguments: [
      [at(0, 4096)], [at(0, 8191)], [at(0, 8193)], [at(0, 8192), at(8192, 1)],
    ])
  func length(extents: [Extent]) throws {
    let scene = try Scene()
    scene.check(scene.allocate(scene.success(scene.section, extents)), .providerLength)
  }

  @Test("behaviour 24: several extents for a contiguous request")
  func contiguity() throws {
    let scene = try Scene()
    let answer = scene.success(scene.section, [at(0, 4096), at(8192, 4096)])
    scene.check(scene.allocate(answer, contiguous: true), .providerContiguity)
  }

  @Test(
    "an extent of a live block, even one page of it",
    arguments: [
      UInt64(0), 4096, 8192,
    ])
  func overlap(offset: UInt64) throws {
    let scene = try Scene()
    let first = scene.allocate(scene.success(scene.section, [at(4096, 8192)]))
    #expect(first?.failure.status == .success)
    scene.check(
      scene.allocate(scene.success(scene.section, [at(offset, 8192)])), .providerOverlap, blocks: 1)
  }

  @Test(
    "two extents of one answer that meet",
    arguments: [
      [at(0, 4096), at(0, 4096)], [at(4096, 4096), at(0, 8192)],
    ])
  func selfOverlap(extents: [Extent]) throws {
    let scene = try Scene()
    let length = extents.reduce(0) { $0 + $1.length }
    scene.check(
      scene.allocate(scene.success(scene.section, extents), length: length), .providerOverlap)
  }

  @Test("every check has its test here")
  func complete() {
    #expect(AnswerCheck.allCases.count == 11)
  }

  @Test("behaviour 26: a caller's list buffer that is too small is the caller's mistake")
  func listTooSmall() throws {
    let scene = try Scene()
    scene.provider.scatters = true
    let parameters = Sample.parameters(5 * 4096, sgListBufferLength: 16 + 24 * 5 - 1)
    let request = Request.allocate(scene.owner, parameters, tag: 0, site: Site())
    let result = scene.host.ask(scene.caller.session, request)
    #expect(result?.failure.status == .invalidParameter)
    #expect(result?.failure.reason == .sgListBufferTooSmall)
    #expect(result?.failure.a == 135 && result?.failure.b == 136)
    #expect(scene.provider.freed.count == 1)
    #expect(scene.host.simulator.statistics(session: nil).blocks == 0)
    #expect(scene.host.simulator.statistics(session: nil).violations == 0)
  }

  @Test("a provider that raises the IRQL in its free handler is named; the block goes all the same")
  func freeIRQL() throws {
    let scene = try Scene()
    let block = scene.allocate(scene.success(scene.section, [at(0, 8192)]))?.value ?? .null
    scene.provider.override = { host, id, _ in
      host.answer(scene.provider.session, id, ProviderAnswer(status: .success, irql: 2))
      return true
    }
    let freed = scene.host.ask(
      scene.caller.session, .free(ndisHandle: scene.owner, allocation: block))
    #expect(freed?.failure.status == .success)
    #expect(scene.host.simulator.statistics(session: nil).violations == 1)
    #expect(scene.host.simulator.statistics(session: nil).blocks == 0)
  }
}
