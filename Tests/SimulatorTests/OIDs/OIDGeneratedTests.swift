// A generated test of OID requests: requesters, miniports and time do right and wrong at random, from one
// seed. Every turn is done twice, once by a simulator that was just adopted from its bytes. After every one
// the invariants hold, which have at most one request at a miniport; and a request that was accepted is told
// once to a requester that lives, at most once to one that died. NDISSIM_SEED and NDISSIM_STEPS replay.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct OIDGeneratedTests {
  /// Every turn looks at every record: half as many steps as the one with memory.
  static let steps = GeneratedTests.steps / 2

  @Test(
    "behaviour 47: random requests, ends, cancellations and deaths: none is lost or told twice",
    arguments: GeneratedTests.seeds)
  func random(seed: UInt64) throws {
    let world = try OIDWorld(seed: seed)
    for step in 0..<Self.steps {
      world.act()
      if !world.host.problems.isEmpty {
        Issue.record(
          "NDISSIM_SEED=\(seed), step \(step), \(world.last): \(world.host.problems.prefix(4))"
        )
        return
      }
    }
    world.finish()
    #expect(
      world.host.problems == [],
      "NDISSIM_SEED=\(seed), at the end: \(world.host.problems.prefix(4))")
  }
}

private final class OIDWorld: Dicing {
  let host: TestHost
  var random: SplitMix64
  var last = ""
  private var miniports: [Driver] = []
  private var protocols: [Driver] = []
  /// Accepted requests of a session, and how often each was told.
  private var accepted: [UInt32: [Handle: Int]] = [:]
  /// What the miniports were asked, by session.
  private var asked: [UInt32: [(adapter: Handle, oid: Handle)]] = [:]
  /// Calls that wait for their answer, by session.
  private var open: [UInt32: [(id: UInt64, details: UpcallDetails)]] = [:]
  private var requests = 0
  private var told = 0
  private var completions = 0

  init(seed: UInt64) throws {
    random = SplitMix64(state: seed)
    var settings = TestHost.smallSettings
    settings.seed = seed
    settings.quotas.sessionOIDs = 8
    if seed % 3 == 0 { settings.capacities.upcalls = 9 }
    if seed % 4 == 0 { settings.oidDeadline = 0 }
    host = try TestHost(settings, shadow: true)
    host.settlesAtOnce = false
    host.keepsLists = false
    host.afterTurn = { host in
      for wrong in inconsistencies(host.simulator) { host.problem(wrong) }
    }
    for _ in 0..<3 { begin() }
    for _ in 0..<8 { bind() }
  }

  func act() {
    switch dice(100) {
    case 0..<3: begin()
    case 3 where chance(12): kill()
    case 4..<7: passTime()
    case 7..<35: work()
    case 35..<60: request()
    case 60..<63: cancel()
    case 63..<80: answer()
    case 80..<95: complete()
    case 95..<97: bind()
    case 97 where chance(40): unbind()
    case 98 where chance(20): remove()
    default: work()
    }
  }

  // MARK: Parties

  private func begin() {
    last = "begin"
    guard host.clients.count < 6 else { return }
    let isMiniport = miniports.count < 2 && (miniports.isEmpty || chance(40))
    guard isMiniport || protocols.count < 3 else { return }
    let driver = Driver(host, isMiniport ? "mp" : "prot")
    driver.override = { [unowned self, unowned driver] host, id, details in
      self.sees(driver.session, id, details)
    }
    if isMiniport {
      miniports.append(driver)
      host.call(
        driver.session, .registerMiniportDriver(Sample.miniport(version: NDISVersion(6, 50))))
    } else {
      protocols.append(driver)
      host.call(driver.session, .registerProtocolDriver(Sample.protocolDriver()))
    }
  }

  private func kill() {
    last = "kill"
    guard let driver = pick(miniports + protocols) else { return }
    miniports.removeAll { $0 === driver }
    protocols.removeAll { $0 === driver }
    for (handle, count) in accepted[driver.session] ?? [:] where count > 1 {
      host.problem("\(handle) was told \(count) times")
    }
    accepted[driver.session] = nil
    asked[driver.session] = nil
    open[driver.session] = nil
    host.end(driver.session)
  }

  /// What of an upcall concerns the test; true: it is answered later.
  private func sees(_ session: UInt32, _ id: UInt64, _ details: UpcallDetails) -> Bool {
    let oid = host.clients[session]?.oids[id]
    switch Int(details.type) {
    case NDISSIM_UPCALL_OID_REQUEST:
      guard let oid, oid.handle.kind == .oidRequest else {
        host.problem("a request without details")
        return true
      }
      asked[session, default: []].append((details.object, oid.handle))
    case NDISSIM_UPCALL_CANCEL_OID_REQUEST:
      if oid == nil { host.problem("a cancellation without details") }
    case NDISSIM_UPCALL_OID_REQUEST_COMPLETE:
      guard let oid else {
        host.problem("a completion without details")
        return true
      }
      guard let count = accepted[session]?[oid.handle] else {
        host.problem("\(oid.handle) was told, and never accepted")
        return true
      }
      if count > 0 { host.problem("\(oid.handle) was told twice") }
      if oid.failure.status == .pending { host.problem("told PENDING") }
      accepted[session]?[oid.handle] = count + 1
      told += 1
    default: return false
    }
    open[session, default: []].append((id, details))
    return true
  }

  private func handle(_ driver: Driver, _ kind: Handle.Kind) -> Handle? {
    let all = (host.clients[driver.session]?.handles ?? []).filter { $0.kind == kind }
    return chance(70) ? all.last : pick(all.suffix(3))
  }

  private func bind() {
    last = "bind"
    if let miniport = pick(miniports), chance(50), let driver = handle(miniport, .miniportDriver) {
      host.call(miniport.session, .addAdapter(driver, Name("eth\(dice(2))")))
    } else if let requester = pick(protocols), let driver = handle(requester, .protocolDriver) {
      host.call(requester.session, .bindAdapter(driver, Name("eth\(dice(2))")))
    }
    if chance(80) { host.settle() }
  }

  private func unbind() {
    last = "unbind"
    guard let requester = pick(protocols), let binding = handle(requester, .binding) else { return }
    host.call(
      requester.session, chance(50) ? .unbindAdapter(binding) : .closeAdapter(binding),
      context: context(requester))
  }

  private func remove() {
    last = "remove"
    guard let miniport = pick(miniports), let adapter = handle(miniport, .adapter) else { return }
    host.call(miniport.session, .removeAdapter(adapter), context: context(miniport))
  }

  private func passTime() {
    last = "time"
    host.expire(after: UInt64(dice(6) == 0 ? 13_000 : dice(3_000)))
  }

  private func work() {
    last = "work"
    if chance(60) { return host.settle() }
    for _ in 0...dice(4) where !host.step() { return }
  }

  /// Mostly outside handlers.
  private func context(_ driver: Driver) -> UInt64 {
    chance(80) ? 0 : pick(open[driver.session] ?? [])?.id ?? 0
  }

  // MARK: Requests

  private func request() {
    guard let requester = pick(protocols), let binding = handle(requester, .binding) else {
      return chance(50) ? begin() : bind()
    }
    last = "request"
    let kind: UInt32 = pick([0, 1, 2, 12, chance(5) ? 7 : UInt32(0)]) ?? UInt32(0)
    let number: UInt32 =
      pick([
        OIDScene.number, OIDScene.number + 1, OID_PNP_SET_POWER, OID_PNP_QUERY_POWER,
        OID_RECEIVE_FILTER_CURRENT_CAPABILITIES, OID_RECEIVE_FILTER_FREE_QUEUE,
      ]) ?? 0
    var call = OIDCall(
      kind: kind, oid: number, input: [UInt8](repeating: 3, count: dice(chance(3) ? 5_000 : 20)),
      outputLength: UInt32(dice(30)), requestID: UInt64(dice(4)),
      requestContext: chance(90) ? random.next() : 5)
    if call.requestID == 3 { call.timeout = 2 + UInt32(call.input.count % 10) }
    let id = host.call(
      requester.session, .oidRequest(binding: binding, call), context: context(requester))
    guard let result = host.result(requester.session, id) else {
      return host.problem("NdisOidRequest waits")
    }
    if result.failure.status == .pending {
      requests += 1
      guard accepted[requester.session]?[result.value] == nil else {
        return host.problem("\(result.value) was given out twice")
      }
      accepted[requester.session, default: [:]][result.value] = 0
    } else if result.value != .null {
      host.problem("a refused request with a handle")
    }
  }

  /// What a miniport was asked and nobody was told the end of.
  private func unfinished(_ miniport: Driver) -> [(adapter: Handle, oid: Handle)] {
    let told = Set(accepted.values.joined().filter { $0.value > 0 }.map(\.key))
    return (asked[miniport.session] ?? []).suffix(20).filter { !told.contains($0.oid) }
  }

  private func cancel() {
    last = "cancel"
    guard let requester = pick(protocols), let binding = handle(requester, .binding) else { return }
    host.call(
      requester.session, .cancelOIDRequest(binding: binding, requestID: UInt64(dice(4))),
      context: context(requester))
  }

  private func result() -> OIDResult {
    let count = dice(8)
    return OIDResult(
      bytesRead: UInt32(dice(30)),
      bytesWritten: chance(85) ? nil : UInt32(truncatingIfNeeded: random.next()),
      bytesNeeded: UInt32(dice(9)), supportedRevision: 1,
      information: [UInt8](repeating: 7, count: count))
  }

  private func status() -> Status {
    pick([
      .success, .success, .success, .failure, .notSupported, .requestAborted, .notAccepted,
      .pending, .invalidLength,
    ]) ?? .success
  }

  private func answer() {
    last = "answer"
    let waiting = open.keys.sorted().filter { open[$0]?.isEmpty == false }
    guard let session = pick(waiting), let count = open[session]?.count,
      let call = open[session]?.remove(at: dice(count))
    else { return }
    let isRequest = Int(call.details.type) == NDISSIM_UPCALL_OID_REQUEST
    // Some never return; without a deadline that would be the end of the run.
    if chance(3), !isRequest || host.settings.oidDeadline != 0 { return }
    var answer = ProviderAnswer(status: .success)
    if isRequest {
      answer.status = chance(60) ? .pending : status()
      answer.oid = chance(90) ? result() : nil
    }
    if chance(3) { answer.irql = 2 }
    if chance(2) { answer.type = 1 }
    host.answer(session, call.id, answer)
  }

  private func complete() {
    guard let miniport = pick(miniports) else { return }
    last = "complete"
    let waiting = unfinished(miniport)
    let all = miniports.flatMap { asked[$0.session] ?? [] }
    guard var chosen = pick(chance(85) && !waiting.isEmpty ? waiting : all) else { return }
    if chance(4), let other = handle(miniport, .adapter) { chosen.adapter = other }
    let id = host.call(
      miniport.session,
      .completeOIDRequest(adapter: chosen.adapter, oid: chosen.oid, status(), result()),
      context: context(miniport))
    guard let reply = host.result(miniport.session, id) else {
      return host.problem("NdisMOidRequestComplete waits")
    }
    if reply.failure.status == .success { completions += 1 }
  }

  // MARK: The end

  func finish() {
    last = "finish"
    // Everybody answers from now on, and what does not come in time expires.
    for _ in 0..<40 {
      host.settle()
      for session in open.keys.sorted() {
        for call in open[session] ?? [] {
          host.answer(session, call.id, ProviderAnswer(status: .success))
        }
        open[session] = []
      }
      for miniport in miniports {
        for one in unfinished(miniport) {
          host.call(
            miniport.session,
            .completeOIDRequest(adapter: one.adapter, oid: one.oid, .success, OIDResult()))
        }
      }
      host.expire(after: 13_000)
    }
    host.settle()
    for session in accepted.keys.sorted() {
      for (handle, count) in accepted[session] ?? [:] where count != 1 {
        host.problem("\(handle) of session \(session) was told \(count) times")
      }
    }
    let store = host.simulator.store
    for index in store.oids.indices where store.oids[index].state != .free {
      host.problem("OID request \(index) is left: \(store.oids[index])")
    }
    for driver in miniports + protocols { host.end(driver.session) }
    host.settle()
    let left = host.simulator.statistics(session: nil)
    if left.sessions + left.adapters + left.bindings + left.openRequests + left.openUpcalls != 0 {
      host.problem("left: \(left)")
    }
    // A run that reaches nothing proves nothing.
    if OIDGeneratedTests.steps >= 500, requests < 40 || told < 40 || completions < 5 {
      host.problem("only \(requests) requests, \(told) told, \(completions) completions")
    }
  }
}
