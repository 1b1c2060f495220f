// A generated test: parties that do right and wrong at random, thousands of turns from one seed.
// Every turn is done twice, once by a simulator that lives on and once by one that has been thrown
// away and adopted from its bytes; both must act alike and leave equal stores, and every invariant
// must hold after each of them. A failure prints its seed: NDISSIM_SEED and NDISSIM_STEPS replay
// and extend it.

import NDISDriverInterface
import CNDIS
import NDISEvents
import Glibc
import NDISHostedDrivers
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct GeneratedTests {
  /// What lengthens a run or replays one of its cases.
  static let environment: [String: String] = {
    var found: [String: String] = [:]
    for name in ["STEPS", "SEED", "CASE", "CASES", "VERBOSE"].map({ "NDISSIM_" + $0 }) {
      if let value = unsafe getenv(name) { found[name] = unsafe String(cString: value) }
    }
    return found
  }()
  static let steps = environment["NDISSIM_STEPS"].flatMap { Int($0) } ?? 1_500
  static let seeds: [UInt64] =
    environment["NDISSIM_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? [1, 2, 3, 4, 5, 6, 7, 8]

  @Test(
    "random parties: adopted after every turn, nothing is inconsistent, nothing is left",
    arguments: seeds)
  func random(seed: UInt64) throws {
    guard Self.steps > 0 else { return }
    let world = try World(seed: seed)
    for step in 0..<Self.steps {
      world.act()
      if !world.host.problems.isEmpty {
        Issue.record(
          "NDISSIM_SEED=\(seed), step \(step), \(world.last): \(world.host.problems.prefix(4))")
        return
      }
    }
    world.finish()
    #expect(
      world.host.problems == [], "NDISSIM_SEED=\(seed), at the end: \(world.host.problems)")
  }
}

/// The parties, and the dice.
final class World: Dicing {
  let host: TestHost
  var random: SplitMix64
  var last = ""
  private var memories: [UInt32: RemoteMemory] = [:]
  private var everyHandle: [Handle] = [.null]
  private var nextContext: UInt64 = 1
  /// Answers of SUCCESS that were not freed yet: session and section by provider context.
  private var given: [UInt64: UInt32] = [:]
  private var crashes: CrashPoints?

  init(seed: UInt64) throws {
    random = SplitMix64(state: seed)
    var settings = TestHost.smallSettings
    settings.seed = seed
    settings.filtersMayAllocate = seed % 2 == 0
    settings.lenientFreeHandle = seed % 3 == 0
    settings.strictDMA = seed % 5 == 0
    settings.quotas.sessionBlocks = 40
    let pools = [
      PoolSettings(
        name: "default", level: .pool, capacity: 48 * 4096,
        fragmentationSeed: seed % 2 == 0 ? seed : 0),
      PoolSettings(name: "hal", level: .hal, capacity: 32 * 4096),
    ]
    host = try TestHost(settings, pools: seed % 4 == 3 ? [pools[1]] : pools, shadow: true)
    host.settlesAtOnce = false
    host.keepsLists = false
    host.afterTurn = { [unowned self] host in self.check(host) }
    host.onUpcall = { [unowned self] host, session, _, details in
      guard Int(details.type) == NDISSIM_UPCALL_FREE_SHARED_MEMORY else { return }
      self.memories[session]?.free(details.providerContext)
      if self.given.removeValue(forKey: details.providerContext) != session {
        host.problem("context \(details.providerContext) was freed twice, or at another provider")
      }
    }
    host.onRelease = { [unowned self] _, handle in
      for session in self.memories.keys { self.memories[session]?.sections[handle] = nil }
    }
    crashes = CrashPoints(host) { [unowned self] in self.dice($0) }
  }

  private func check(_ host: TestHost) {
    for wrong in inconsistencies(host.simulator) { host.problem(wrong) }
    crashes?.check(host, isOneTransaction: last != "time")
  }

  // MARK: Dice

  private var sessions: [UInt32] { host.clients.keys.sorted() }

  /// Mostly a handle of this kind and session; now and then any other number.
  private func handle(_ session: UInt32, _ kinds: Handle.Kind...) -> Handle {
    if chance(92) {
      let own = (host.clients[session]?.handles ?? []).suffix(60)
      let fitting = own.filter { handle in handle.kind.map { kinds.contains($0) } ?? false }
      // The newest are most likely to be alive.
      if let found = pick(Array(fitting.suffix(chance(70) ? 3 : 20))) { return found }
    }
    switch dice(4) {
    case 0: return pick(everyHandle) ?? .null
    case 1:
      let all = sessions.flatMap { host.clients[$0]?.handles ?? [] }
      return pick(all) ?? .null
    case 2: return Handle(rawValue: random.next())
    default:
      let some = pick(everyHandle) ?? .null
      return Handle(rawValue: some.rawValue ^ 1 << UInt64(dice(64)))
    }
  }

  private func name() -> Name { Name("eth\(dice(4))") }

  // MARK: Acts

  func act() {
    for session in sessions {
      for handle in (host.clients[session]?.handles ?? []).suffix(2) where everyHandle.count < 400 {
        if !everyHandle.contains(handle) { everyHandle.append(handle) }
      }
    }
    switch dice(100) {
    case 0..<4: begin()
    case 4 where chance(25): end()
    case 5..<8: passTime()
    case 8..<30: work()
    case 30..<60: answerSomething()
    case 60..<62: answerNonsense()
    case 62..<64: resend()
    default: request()
    }
  }

  private func begin() {
    last = "begin"
    guard sessions.count < 6 else { return }
    if let session = host.tryBegin("client", uid: UInt32(1000 + dice(2))) {
      memories[session] = RemoteMemory()
    }
  }

  private func end() {
    last = "end"
    guard let session = pick(sessions) else { return }
    memories[session] = nil
    given = given.filter { $0.value != session }
    host.end(session)
  }

  private func passTime() {
    last = "time"
    host.expire(after: UInt64(dice(3) == 0 ? 6_000 : dice(2_000)))
  }

  private func work() {
    last = "work"
    if chance(70) { return host.settle() }
    for _ in 0...dice(5) where !host.step() { return }
  }

  private func context(_ session: UInt32) -> UInt64 {
    if chance(85) { return 0 }
    if chance(90) { return pick(host.clients[session]?.open ?? [])?.id ?? 0 }
    return chance(50) ? random.next() : pick(host.clients[session]?.old ?? []) ?? 0
  }

  private func resend() {
    last = "resend"
    guard let session = pick(sessions), let next = host.clients[session]?.nextID else { return }
    let id =
      chance(80) && next > 1 ? next - 1 - UInt64(dice(Int(min(next - 1, 70)))) : random.next()
    guard id != next else { return }
    host.call(session, .ping, id: id, type: pick([2, 65, 66, 36, 21]) ?? 2)
  }

  private func request() {
    guard let session = pick(sessions) else { return begin() }
    let request = makeRequest(session)
    last = "\(request) in session \(session)"
    var irql = IRQL.passive
    if chance(2) { irql = pick([.apc, .dispatch, .high]) ?? .apc }
    host.call(session, request, context: context(session), irql: irql)
  }

  private func makeRequest(_ session: UInt32) -> Request {
    let setOptions: UInt64 = chance(50) ? 9 : 0
    let version =
      chance(90)
      ? NDISVersion(6, 30)
      : pick([NDISVersion(6, 0), NDISVersion(6, 20), NDISVersion(7, 0)])
        ?? NDISVersion(6, 30)
    switch dice(100) {
    case 0..<5:
      return .registerMiniportDriver(
        damaged(Sample.miniport("m", version: version, setOptions: setOptions)))
    case 5..<11:
      return .registerProtocolDriver(
        damaged(Sample.protocolDriver("p", version: version, setOptions: setOptions)))
    case 11..<12: return .registerFilterDriver(damaged(Sample.filter("f")))
    case 12..<15:
      return .deregisterDriver(handle(session, .miniportDriver, .protocolDriver, .filterDriver))
    case 15..<22: return .addAdapter(handle(session, .miniportDriver), name())
    case 22..<24: return .removeAdapter(handle(session, .adapter))
    case 24..<33: return .bindAdapter(handle(session, .protocolDriver), name())
    case 33..<35: return .unbindAdapter(handle(session, .binding))
    case 35..<36: return .closeAdapter(handle(session, .binding))
    case 36..<38: return .attachFilter(handle(session, .filterDriver), name())
    case 38: return .detachFilter(handle(session, .filterModule))
    case 39:
      return .setMiniportAttributes(
        handle(session, .adapter), Sample.attributes, context: 5, flags: 0x40)
    case 40: return .registerScatterGatherDMA(handle(session, .adapter), Sample.dma)
    case 41: return .deregisterScatterGatherDMA(handle(session, .dma))
    case 42:
      return .setOptionalHandlers(handle(session, .binding, .protocolDriver), Sample.provider())
    case 43:
      return .openAdapter(
        protocolHandle: handle(session, .protocolDriver),
        bindContext: handle(session, .bindContext),
        context: 1)
    case 44..<48:
      return .offerSection(
        provider: handle(session, .protocolDriver, .miniportDriver, .binding),
        domain: handle(session, .protocolDriver, .adapter, .binding),
        size: chance(90) ? 16 * 4096 : random.next(), node: UInt32(dice(2)))
    case 48..<50: return .withdrawSection(handle(session, .section))
    case 50 where chance(30): return .reset
    case 51: return chance(50) ? .ping : .statistics
    case 52: return .refused(Failure(.invalidParameter, .malformedMessage, 1, 2))
    case 53..<72:
      return .free(
        ndisHandle: handle(session, .protocolDriver, .binding, .adapter),
        allocation: handle(session, .allocation))
    default:
      return .allocate(
        handle(
          session, .binding, .adapter, .protocolDriver, .miniportDriver, .filterModule,
          .filterDriver),
        parameters(), tag: UInt32(dice(9)), site: chance(50) ? Site("site\(dice(40))") : Site())
    }
  }

  private func damaged(_ good: DriverCharacteristics) -> DriverCharacteristics {
    var bad = good
    guard chance(4) else { return bad }
    switch dice(4) {
    case 0: bad.header.type ^= 1
    case 1: bad.header.revision = UInt8(dice(6))
    case 2: bad.header.size = UInt16(dice(200))
    default: bad.handlers[0] = 0
    }
    return bad
  }

  private func parameters() -> SharedMemoryParameters {
    var value = Sample.parameters(UInt32(1 + dice(dice(10) == 0 ? 200_000 : 30_000)))
    value.flags = UInt32(dice(2))
    if chance(10) { value.sgListBufferLength = UInt32(40 + dice(60)) }
    if chance(4) { value.preferredNode = UInt32(dice(3)) }
    guard chance(5) else { return value }
    switch dice(7) {
    case 0: value.header.size = UInt16(dice(80))
    case 1: value.header.revision = UInt8(dice(4))
    case 2: value.flags = UInt32(truncatingIfNeeded: random.next())
    case 3: value.usage = Int32(truncatingIfNeeded: random.next())
    case 4: value.queueID = UInt32(dice(3))
    case 5: value.vportID = UInt32(truncatingIfNeeded: random.next())
    default: value.length = UInt32(truncatingIfNeeded: random.next())
    }
    return value
  }

  // MARK: Answers

  private func answerNonsense() {
    last = "nonsense"
    guard let session = pick(sessions) else { return }
    let id: UInt64
    switch dice(3) {
    case 0: id = random.next()
    case 1: id = pick(host.clients[session]?.old ?? []) ?? 0
    default: id = pick(sessions.flatMap { host.clients[$0]?.open ?? [] })?.id ?? 1
    }
    if host.clients[session]?.open.contains(where: { $0.id == id }) == true { return }
    host.answer(session, id, ProviderAnswer(status: .success, providerContext: 0))
  }

  private func answerSomething() {
    let waiting = sessions.filter { host.clients[$0]?.open.isEmpty == false }
    guard let session = pick(waiting), let upcall = pick(host.clients[session]?.open ?? []) else {
      return request()
    }
    last = "answer \(upcall.details.type) in session \(session)"
    guard host.simulator.upcall(upcall.id) != nil else {
      // It has expired; a late answer, or none at all.
      if chance(50) { host.answer(session, upcall.id, late(session, upcall.details)) }
      return
    }
    var answer = ProviderAnswer(status: .success)
    switch Int(upcall.details.type) {
    case NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY:
      answer = allocate(session, upcall.id, upcall.details)
    case NDISSIM_UPCALL_SET_OPTIONS:
      if chance(70) {
        host.call(
          session, .setOptionalHandlers(upcall.details.object, Sample.provider()),
          context: upcall.id)
      }
    case NDISSIM_UPCALL_INITIALIZE_EX:
      host.call(
        session,
        .setMiniportAttributes(upcall.details.object, Sample.attributes, context: 1, flags: 0x40),
        context: upcall.id)
      host.call(
        session, .registerScatterGatherDMA(upcall.details.object, Sample.dma), context: upcall.id)
    case NDISSIM_UPCALL_BIND_ADAPTER_EX:
      if chance(95) {
        let open = Request.openAdapter(
          protocolHandle: handle(session, .protocolDriver),
          bindContext: upcall.details.bindContext, context: 3)
        host.call(session, open, context: upcall.id)
      }
      if chance(30) {
        host.call(
          session, .setOptionalHandlers(upcall.details.object, Sample.provider()),
          context: upcall.id)
      }
    case NDISSIM_UPCALL_UNBIND_ADAPTER_EX:
      if chance(80) {
        host.call(session, .closeAdapter(upcall.details.object), context: upcall.id)
      }
    default: break
    }
    if chance(6) {
      answer.status = pick([.failure, .resources, .pending, .notAccepted]) ?? .failure
    }
    if chance(2) { answer.irql = 2 }
    if host.clients[session]?.open.contains(where: { $0.id == upcall.id }) == true {
      remember(session, upcall.details, answer)
      host.answer(session, upcall.id, answer)
    }
  }

  private func late(_ session: UInt32, _ details: UpcallDetails) -> ProviderAnswer {
    nextContext += 1
    var answer = ProviderAnswer(status: chance(70) ? .success : .failure)
    answer.providerContext = nextContext
    answer.section = memories[session]?.sections.keys.min { $0.rawValue < $1.rawValue } ?? .null
    remember(session, details, answer)
    return answer
  }

  /// What a provider has said SUCCESS to is freed at most once.
  private func remember(_ session: UInt32, _ details: UpcallDetails, _ answer: ProviderAnswer) {
    guard Int(details.type) == NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY, answer.status == .success
    else { return }
    given[answer.providerContext] = session
  }

  private func allocate(
    _ session: UInt32, _ id: UInt64, _ details: UpcallDetails
  ) -> ProviderAnswer {
    var memory = memories[session] ?? RemoteMemory()
    if !memory.sections.values.contains(where: { $0.domain == details.object }) {
      for provider in host.clients[session]?.handles.suffix(20).reversed() ?? []
      where [.protocolDriver, .miniportDriver, .binding].contains(provider.kind) {
        let offered = host.call(
          session,
          .offerSection(provider: provider, domain: details.object, size: 16 * 4096, node: 0),
          context: id)
        if let result = host.result(session, offered), result.failure.status == .success {
          memory.sections[result.value] = RemoteMemory.Section(domain: details.object)
          break
        }
      }
    }
    nextContext += 1
    let taken = memory.take(
      details.object, details.parameters, context: nextContext, scatter: chance(50))
    memories[session] = memory
    var answer = taken ?? ProviderAnswer(status: .resources)
    if chance(15) { lie(session, &answer) }
    return answer
  }

  private func lie(_ session: UInt32, _ answer: inout ProviderAnswer) {
    switch dice(10) {
    case 0: answer.status = Status(rawValue: UInt32(truncatingIfNeeded: random.next()))
    case 1: answer.irql = UInt8(dice(256))
    case 2: answer.section = pick(everyHandle) ?? .null
    case 3:
      answer.section =
        pick(
          sessions.flatMap { Array((memories[$0]?.sections ?? [:]).keys) }
            .sorted { $0.rawValue < $1.rawValue }) ?? .null
    case 4: answer.extents = []
    case 5:
      answer.extents = ExtentList(
        (0..<1030).map { Extent(offset: UInt64($0) * 4096, length: 4096) })
    case 6:
      if !answer.extents.isEmpty { answer.extents[0].offset ^= 1 << UInt64(dice(64)) }
    case 7:
      if !answer.extents.isEmpty { answer.extents[0].length ^= 1 << UInt32(dice(20)) }
    case 8: answer.malformed = Failure(.invalidParameter, .providerMalformed, 1, 2)
    default: answer.extents += answer.extents
    }
  }

  // MARK: The end

  func finish() {
    last = "finish"
    host.settle()
    comparePools()
    for session in sessions { host.end(session) }
    host.settle()
    host.expire(after: 1_000_000)
    host.settle()
    let left = host.simulator.statistics(session: nil)
    // A run that reaches nothing proves nothing.
    if GeneratedTests.steps >= 1_000, left.allocations < 20 || left.frees < 1 {
      host.problem("only \(left.allocations) allocations, \(left.frees) frees")
    }
    let hosted = UInt64(host.pools.count)
    if left.sessions + left.drivers + left.adapters + left.bindings + left.sections + left.blocks
      + left.bytes + left.openRequests + left.openUpcalls != 0 || left.registrations != hosted
    {
      host.problem("left: \(left)")
    }
    let store = host.simulator.store
    for site in store.sites.indices where store.sites[site].references != 0 {
      host.problem("site \(site) is still referred to")
    }
    if !host.sections.isEmpty { host.problem("\(host.sections.count) sections were not released") }
    for pool in host.pools where pool.usedPages != 0 {
      host.problem("pool \(pool.settings.name) still has \(pool.usedPages) pages in use")
    }
  }

  /// Pools made anew from the store know what the old ones know.
  private func comparePools() {
    for (old, new) in zip(host.pools, host.rebuiltPools()) where old.usedPages != new.usedPages {
      host.problem("pool \(old.settings.name): \(old.usedPages) pages, rebuilt \(new.usedPages)")
    }
  }
}
