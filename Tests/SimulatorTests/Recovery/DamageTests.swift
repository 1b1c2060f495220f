// Damage to a store: bytes of a busy world are changed at random, and the store is opened. Either it is refused,
// or it opens, and then nothing that parties, time and management do with it traps, hangs or makes it a store
// that would be refused. A trap ends the tests, so each case is printed before it is tried: NDISSIM_SEED
// replays its world, NDISSIM_CASE it alone.

import NDISDriverInterface
import CNDIS
import NDISEvents
import Glibc
import NDIS
import NDISDriverProtocol
import Synchronization
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct DamageTests {
  static let only = GeneratedTests.environment["NDISSIM_CASE"].flatMap { Int($0) }
  /// Cases for each seed.
  static let cases =
    GeneratedTests.environment["NDISSIM_CASES"].flatMap { Int($0) }
    ?? (GeneratedTests.steps > 0 ? 60 : 0)

  /// Seeds that have ended, and the cases they refused.
  private static let found = Mutex<(seeds: Int, damaged: Int)>((0, 0))

  @Test(
    "a damaged store is refused, or all goes well with it", arguments: GeneratedTests.seeds)
  func random(seed: UInt64) throws {
    let worlds = try Snapshot.taken(seed: seed)
    var refused: [String: Int] = [:]
    var opened = 0
    for number in 0..<Self.cases where Self.only == nil || Self.only == number {
      let name = "NDISSIM_SEED=\(seed) NDISSIM_CASE=\(number)"
      // Written at once: a crash must not lose the case that caused it.
      _ = unsafe Array("damage: \(name)\n".utf8).withUnsafeBytes {
        unsafe write(STDERR_FILENO, $0.baseAddress, $0.count)
      }
      let dice = DamageDice(seed: splitMix64(seed) &+ UInt64(number))
      let snapshot = worlds[number % worlds.count]
      let memory = snapshot.memory.copied()
      for _ in 0...dice.dice(2) { dice.damage(memory, snapshot) }
      do throws(StoreError) {
        let use = try DamagedUse(memory, snapshot.settings, dice)
        opened += 1
        if let wrong = use.run() { Issue.record("\(name): \(wrong)") }
      } catch {
        guard case .damaged(let what) = error else { continue }
        refused[String(what.prefix { $0 != "[" }), default: 0] += 1
      }
    }
    // A run that finds nothing, or refuses everything, proves nothing. How many cases of one seed hit what is in
    // use depends on the layout of the records; so the number refused is that of all seeds.
    guard Self.only == nil, Self.cases >= 60 else { return }
    #expect(opened > 3 && !refused.isEmpty, "\(opened) opened, \(refused)")
    let (seeds, damaged) = Self.found.withLock { found in
      found.seeds += 1
      found.damaged += refused.values.reduce(0, +)
      return (found.seeds, found.damaged)
    }
    guard seeds == GeneratedTests.seeds.count else { return }
    #expect(damaged > 15 * seeds, "\(damaged) refused of \(seeds) seeds")
  }
}

/// A world at some moment; nobody changes it.
final class Snapshot: @unchecked Sendable {
  let memory: TestMemory
  let settings: Settings
  /// Records by table: those in use, and now and then a free one.
  let records: [[Range<Int>]]

  init(_ host: TestHost) {
    memory = host.memory.copied()
    settings = host.settings
    records = Snapshot.records(host.simulator.store)
  }

  /// Busy moments of both generated worlds.
  static func taken(seed: UInt64) throws -> [Snapshot] {
    var taken: [Snapshot] = []
    let world = try World(seed: seed)
    let path = try PathWorld(seed: seed)
    for step in 0..<600 {
      world.act()
      path.act()
      if step >= 200, step % 50 == 0 { taken += [Snapshot(world.host), Snapshot(path.host)] }
    }
    return taken
  }

  private static func records(_ store: Store) -> [[Range<Int>]] {
    var all: [[Range<Int>]] = []
    func add<Record>(_ table: Table<Record>, _ isUsed: (Index<Record.Key>) -> Bool) {
      let size = MemoryLayout<Record>.stride
      let used = table.indices.filter { isUsed($0) || $0.raw == table.capacity / 2 }
      all.append(used.map { table.offset + Int($0) * size..<table.offset + (Int($0) + 1) * size })
    }
    add(store.globals) { _ in true }
    add(store.sessions) { store.sessions[$0].state != .free }
    add(store.clients) { store.sessions[$0].state != .free }
    add(store.results) { store.results[$0].id != 0 }
    add(store.drivers) { store.drivers[$0].state != .free }
    add(store.adapters) { store.adapters[$0].life != .free }
    add(store.bindings) { store.bindings[$0].kind != .free }
    add(store.registrations) { store.registrations[$0].state != .free }
    add(store.sections) { store.sections[$0].state != .free }
    add(store.blocks) { store.blocks[$0].state != .free }
    add(store.extents) { store.extents[$0].used != 0 }
    add(store.sites) { store.sites[$0].references != 0 }
    add(store.requests) { store.requests[$0].state != .free }
    add(store.upcalls) { store.upcalls[$0].state != .free }
    add(store.capabilities) { store.adapters[$0].life != .free }
    add(store.attributes) { store.adapters[$0].life != .free }
    add(store.oids) { store.oids[$0].state != .free }
    add(store.queues) { !store.queues[$0].adapter.isNone }
    add(store.filters) { !store.filters[$0].adapter.isNone }
    add(store.vports) { !store.vports[$0].adapter.isNone }
    add(store.statuses) { store.statuses[$0].state != .free }
    add(store.indications) { store.indications[$0].state != .free }
    add(store.lists) { store.lists[$0].link.state != .free }
    return all
  }
}

final class DamageDice: Dicing {
  var random: SplitMix64
  init(seed: UInt64) { random = SplitMix64(state: seed) }

  /// One piece of damage.
  func damage(_ memory: TestMemory, _ snapshot: Snapshot) {
    if chance(2) {
      // The header, or the length of the undo log.
      return memory[8 * dice(40)] ^= 1 << UInt64(dice(64))
    }
    guard let table = pick(snapshot.records), let record = pick(table), let other = pick(table)
    else { return }
    let words = record.count / 8
    let at = record.lowerBound + 8 * dice(words)
    let half = UInt64(32 * dice(2))
    switch dice(8) {
    case 0, 1: memory[at] ^= 1 << UInt64(dice(64))
    case 2:
      let shift = UInt64(8 * dice(8))
      memory[at] = memory[at] & ~(0xFF << shift) | UInt64(number() & 0xFF) << shift
    case 3, 4:
      // What a `Ref` or a counter is.
      memory[at] = memory[at] & ~(0xFFFF_FFFF << half) | UInt64(number()) << half
    case 5: memory[at] = chance(50) ? random.next() : UInt64(number())
    case 6:
      let there = other.lowerBound + (at - record.lowerBound)
      let old = memory[at]
      memory[at] = memory[there]
      if chance(50) { memory[there] = old }
    default:
      for word in 0..<words {
        memory[record.lowerBound + 8 * word] =
          chance(95) ? memory[other.lowerBound + 8 * word] : 0
      }
    }
  }

  /// Mostly small, or at an edge.
  func number() -> UInt32 {
    switch dice(6) {
    case 0: 0
    case 1: UInt32.max
    case 2: 1 << UInt32(dice(32))
    case 3: UInt32(truncatingIfNeeded: random.next())
    default: UInt32(dice(40))
    }
  }
}

/// Whatever can be done with a simulator, at random, by what it says itself of its sessions and calls.
final class DamagedUse {
  private let memory: TestMemory
  private let settings: Settings
  private let dice: DamageDice
  private var simulator: Simulator
  private var now: UInt64

  init(_ memory: TestMemory, _ settings: Settings, _ dice: DamageDice) throws(StoreError) {
    self.memory = memory
    self.settings = settings
    self.dice = dice
    simulator = try Simulator(memory: memory.memory, settings: settings, fresh: false)
    now = simulator.store.header.time &+ 1_000
  }

  /// What is wrong; nil: nothing.
  func run() -> String? {
    simulator.resume(now: now)
    look()
    for _ in 0..<150 {
      act()
      carryOut()
    }
    for session in simulator.adoptedSessions {
      simulator.end(session: session.index, reason: "gone", now: now)
      carryOut()
    }
    for _ in 0..<4 {
      guard settle() else { return "steps without an end" }
      now &+= 1_000_000
      simulator.expire(now: now)
      carryOut()
    }
    look()
    do throws(StoreError) {
      simulator = try Simulator(memory: memory.memory, settings: settings, fresh: false)
      return nil
    } catch { return "\(error)" }
  }

  private func settle() -> Bool {
    for _ in 0..<10_000 {
      guard simulator.step(now: now) else { return true }
      carryOut()
    }
    return false
  }

  private func act() {
    let sessions = simulator.adoptedSessions.filter { !$0.isEnding }
    let session = dice.pick(sessions)?.index
    switch dice.dice(20) {
    case 0: now &+= UInt64(dice.dice(9_000))
    case 1: simulator.expire(now: now)
    case 2..<7: for _ in 0..<4 where simulator.step(now: now) { carryOut() }
    case 7 where dice.chance(15):
      if let session { simulator.end(session: session, reason: "gone", now: now) }
    case 8 where dice.chance(50):
      _ = try? simulator.begin(name: Name("new"), pid: 1, uid: 1, now: now)
    case 9:
      if let adapter = handles(.adapter) {
        try? simulator.change(adapter: adapter, change(), now: now)
      }
    case 10..<15:
      if let session, let id = dice.pick(simulator.unanswered(session: session)) {
        simulator.answer(id, session: session, answer: answer(id), now: now)
      }
    case 15: look()
    default: if let session { call(session) }
    }
  }

  private func change() -> AdapterChange {
    dice.pick([.pause([]), .restart, .shutdown(.powerOff), .surpriseRemove, .halt(.deviceStopped)])
      ?? .restart
  }

  /// Some object's handle, mostly of this kind.
  private func handles(_ kind: ListedKind) -> Handle? {
    let kind = dice.chance(95) ? kind : dice.pick(Array(ListedKind.allCases)) ?? kind
    var cursor = ListingCursor()
    var found: [Handle] = []
    var budget = 10_000
    while let index = simulator.next(kind, &cursor, budget: &budget) {
      if let handle = simulator.handle(kind, index) { found.append(handle) }
    }
    return dice.pick(found)
  }

  private func answer(_ id: UInt64) -> ProviderAnswer {
    var answer = ProviderAnswer(
      status: dice.pick([.success, .success, .pending, .failure, .resources]) ?? .success)
    guard let details = simulator.upcall(id) else { return answer }
    answer.section = handles(.section) ?? details.section
    answer.providerContext = dice.random.next()
    answer.extents = [
      Extent(offset: 4096 * UInt64(dice.dice(16)), length: details.parameters.length)
    ]
    if dice.chance(30) { answer.oid = OIDResult(information: [1, 2, 3]) }
    return answer
  }

  private func call(_ session: UInt32) {
    let request = request()
    let context = dice.chance(70) ? 0 : dice.pick(simulator.unanswered(session: session)) ?? 0
    let call = Call(
      session: session, requestID: simulator.nextRequestID(session: session),
      type: request.messageType, context: context, irql: .passive)
    simulator.perform(call, request, now: now)
  }

  private func request() -> Request {
    func some(_ kind: ListedKind) -> Handle { handles(kind) ?? .null }
    switch dice.dice(20) {
    case 0: return .reset
    case 1: return .registerMiniportDriver(Sample.miniport())
    case 2: return .addAdapter(some(.driver), Name("eth\(dice.dice(3))"))
    case 3: return .bindAdapter(some(.driver), Name("eth\(dice.dice(3))"))
    case 4: return .removeAdapter(some(.adapter))
    case 5: return .closeAdapter(some(.binding))
    case 6: return .unbindAdapter(some(.binding))
    case 7: return .deregisterDriver(some(.driver))
    case 8: return .free(ndisHandle: some(.adapter), allocation: some(.block))
    case 9: return .free(ndisHandle: some(.driver), allocation: some(.block))
    case 10:
      return .offerSection(
        provider: some(.driver), domain: some(.adapter), size: 65_536, node: 0)
    case 11: return .withdrawSection(some(.section))
    case 12:
      return .completeOIDRequest(adapter: some(.adapter), oid: some(.oid), .success, OIDResult())
    case 13: return .pauseComplete(some(.adapter))
    case 14, 15:
      let numbers = [
        OID_RECEIVE_FILTER_FREE_QUEUE, OID_RECEIVE_FILTER_ALLOCATE_QUEUE,
        OID_RECEIVE_FILTER_ENUM_QUEUES, OID_RECEIVE_FILTER_ENUM_FILTERS, OID_NIC_SWITCH_ENUM_VPORTS,
      ]
      let input =
        dice.chance(50)
        ? ReceiveQueueFreeParameters(queueID: UInt32(dice.dice(4))).image()
        : QueueBed.parameters("q").image()
      return .oidRequest(
        binding: some(.binding),
        OIDCall(
          kind: UInt32(dice.pick([0, 1, 12]) ?? 0), oid: dice.pick(numbers) ?? 0, input: input,
          outputLength: 4_096, requestContext: dice.random.next()))
    case 16:
      var list = IndicatedList(context: 9, queueID: UInt16(dice.dice(4)))
      try? list.append(dataLength: 60, [])
      return .indicateReceive(adapter: some(.adapter), Indication(flags: 0, lists: [list]))
    case 17: return .returnLists(binding: some(.binding), flags: 0, lists: [lists()])
    default:
      return .allocate(
        some(dice.chance(50) ? .adapter : .binding),
        Sample.parameters(UInt32(1 + dice.dice(20_000))), tag: 3, site: Site("s\(dice.dice(60))"))
    }
  }

  private func lists() -> Handle {
    let store = simulator.store
    let out = (store.lists.indices).filter {
      store.listLinks[$0].state == .out
    }
    return dice.pick(out).map { simulator.listHandle($0) } ?? .null
  }

  /// What the host reads for each action; hosted providers answer.
  private func carryOut() {
    var hosted: [UInt64] = []
    for action in simulator.turn.actions {
      if case .hostedUpcall(_, let id) = action { hosted.append(id) }
      if case .upcall(_, let id) = action { simulator.note(delivered: id) }
      _ = Delivery(action, simulator)
    }
    simulator.removeActions()
    for id in hosted {
      _ = simulator.hostedCall(id)
      simulator.answer(
        id, session: nil, answer: ProviderAnswer(status: dice.chance(50) ? .success : .resources),
        now: now)
    }
    if !hosted.isEmpty { carryOut() }
  }

  /// Reads everything there is.
  private func look() {
    for kind in ListedKind.allCases {
      var cursor = ListingCursor()
      var budget = 10_000
      while let index = simulator.next(kind, &cursor, budget: &budget) {
        _ = simulator.owners(kind, index)
        switch kind {
        case .session: _ = simulator.sessionSnapshot(index, budget: &budget)
        case .driver: _ = simulator.driverSnapshot(index, budget: &budget)
        case .adapter: _ = simulator.adapterSnapshot(index, budget: &budget)
        case .binding: _ = simulator.bindingSnapshot(index)
        case .provider: _ = simulator.providerSnapshot(index, budget: &budget)
        case .section: _ = simulator.sectionSnapshot(index)
        case .block:
          _ = simulator.blockSnapshot(index)
          _ = simulator.blockExtents(index, budget: &budget)
        case .queue: _ = simulator.queueSnapshot(index)
        case .vport: _ = simulator.vportSnapshot(index)
        case .filter: _ = simulator.filterSnapshot(index)
        case .oid:
          _ = simulator.oidSnapshot(index)
          _ = simulator.pendingChain(oid: index)
        case .list: _ = simulator.listSnapshots(index, ObjectQuery(), budget: &budget)
        case .upcall:
          _ = simulator.pendingChain(upcall: index)
          _ = simulator.pendingCauses(upcall: index)
        case .request: _ = simulator.pendingChain(request: index)
        }
        _ = simulator.listHolders(kind, index, budget: &budget)
      }
    }
    _ = simulator.adoptedSections
    simulator.forEachHostedBlock { _, _, _, _ in }
    for session in simulator.adoptedSessions {
      _ = simulator.sessionParty(session.index)
      for id in simulator.unanswered(session: session.index) {
        _ = Delivery(.upcall(session: session.index, id: id), simulator)
        _ = simulator.status(ofUpcall: id)
      }
    }
    for id in simulator.unanswered(session: nil) {
      _ = simulator.hostedCall(id)
      _ = simulator.hostedProvider(ofUpcall: id)
    }
  }
}
