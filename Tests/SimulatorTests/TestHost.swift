// A host for the simulator that is a test double of the daemon: it owns the store's memory, carries
// out actions, serves hosted upcalls from real pools and plays every remote party. With a shadow it
// does every turn twice: once on a simulator that lives on, once on one that is thrown away and
// adopted from its bytes after every turn; both must say and leave the same.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDISHostedDrivers
import NDIS
import NDISDriverProtocol
import Testing

@testable import NDISSimulator
import NDISStore

/// One party's side of a session.
struct Client {
  var session: UInt32
  var uid: UInt32
  var nextID: UInt64 = 1
  /// Upcalls that wait for this party's answer.
  var open: [(id: UInt64, details: UpcallDetails)] = []
  /// What upcalls about OID requests told, as it was read after their turn.
  var oids: [UInt64: OIDDetails] = [:]
  /// Ids of upcalls that were answered or have expired: late answers may name them.
  var old: [UInt64] = []
  /// Requests without an answer.
  var pending: Set<UInt64> = []
  /// Requests sent again: one more answer is allowed.
  var resent: Set<UInt64> = []
  var handles: [Handle] = []
}

/// The second simulator.
final class Shadow {
  let memory: TestMemory
  let observer = StoreObserver()
  var simulator: Simulator
  var wrote = false

  init(_ memory: TestMemory, _ settings: Settings, fresh: Bool) throws {
    self.memory = memory
    simulator = try Simulator(
      memory: memory.memory, settings: settings, fresh: fresh, observer: observer)
    observer.onWrite = { [unowned self] in self.wrote = true }
  }

  /// Throws the simulator away and makes one from the bytes alone.
  func adopt(_ settings: Settings, madeByHand: Bool) throws {
    guard !madeByHand else {
      simulator.slabs = Slabs(simulator.store)
      simulator.derived = Derived(simulator.store, simulator.slabs)
      simulator.scheduler = Scheduler(simulator.store, simulator.slabs)
      return
    }
    simulator = try Simulator(
      memory: memory.memory, settings: settings, fresh: false, observer: observer)
  }
}

final class TestHost {
  /// Blocks of hosted providers that were freed, while that is watched.
  private(set) var freedBlocks: [FreedBlock] = []
  let settings: Settings
  let memory: TestMemory
  let observer = StoreObserver()
  var simulator: Simulator
  var shadow: Shadow?
  var pools: [HostedPool] = []
  var now: UInt64 = 1_000
  var clients: [UInt32: Client] = [:]
  /// Answers upcalls of a session as soon as they are seen.
  var responders: [UInt32: (TestHost, UInt64, UpcallDetails) -> Void] = [:]
  /// Steps after which there is held to be no end of them; once that was said, one is too many.
  var stepLimit = 2_000
  /// Work is done to its end after every turn.
  var settlesAtOnce = true

  private(set) var events: [Event] = []
  private(set) var upcalls: [(session: UInt32, id: UInt64, details: UpcallDetails)] = []
  private(set) var results: [UInt64: RequestResult] = [:]
  private(set) var refusals: [Failure] = []
  private(set) var sections: Set<Handle> = []
  /// What receive and return calls tell, by upcall.
  private(set) var told: [UInt64: ToldLists] = [:]
  private(set) var problems: [String] = []
  private(set) var turns = 0
  var keepsLists = true
  /// A test has changed the store by hand: what is derived from it is computed again, but the store is not
  /// validated.
  var isMadeByHand = false
  /// Called before each turn and after it, when its actions are collected.
  var beforeTurn: (TestHost) -> Void = { _ in }
  var afterTurn: (TestHost) -> Void = { _ in }
  /// Sees every upcall to a party, and every section that goes.
  var onUpcall: (TestHost, UInt32, UInt64, UpcallDetails) -> Void = { _, _, _, _ in }
  var onRelease: (TestHost, Handle) -> Void = { _, _ in }
  var onEvent: (TestHost, Event) -> Void = { _, _ in }

  private var wrote = false
  private var queue: [Delivery] = []
  private var next = 0
  private var depth = 0

  init(
    _ settings: Settings = TestHost.smallSettings, pools: [PoolSettings] = TestHost.smallPools,
    shadow: Bool = false
  ) throws {
    self.settings = settings
    memory = TestMemory(size: Simulator.storeSize(settings))
    simulator = try Simulator(
      memory: memory.memory, settings: settings, fresh: true, observer: observer)
    #if !MUTANTS
      // A mutant is to be found by what a test expects; the second simulator has the same mutant.
      if shadow {
        let other = TestMemory(size: memory.size)
        self.shadow = try Shadow(other, settings, fresh: true)
      }
    #endif
    observer.onWrite = { [unowned self] in self.wrote = true }
    for (index, pool) in pools.enumerated() {
      self.pools.append(HostedPool(pool))
      turn { (simulator) -> Bool in
        (try? simulator.registerHosted(
          pool.level, provider: UInt32(index), name: Name(pool.name), now: 1)) != nil
      }
    }
  }

  static var smallSettings: Settings {
    var settings = Settings()
    settings.capacities = .small
    settings.seed = 7
    return settings
  }

  static var smallPools: [PoolSettings] {
    [
      PoolSettings(name: "default", level: .pool, capacity: 64 * 4096),
      PoolSettings(name: "hal", level: .hal, capacity: 64 * 4096),
    ]
  }

  func problem(_ text: String) { problems.append(text) }

  // MARK: Turns

  /// One turn, of both simulators where there are two.
  @discardableResult
  func turn<Value: Equatable>(_ body: (inout Simulator) -> Value) -> Value {
    turns += 1
    beforeTurn(self)
    let value = body(&simulator)
    if let shadow {
      let other = body(&shadow.simulator)
      if other != value { problem("the shadow returned \(other), not \(value)") }
    }
    collect()
    deliver()
    if settlesAtOnce { settle() }
    return value
  }

  func turn(_ body: (inout Simulator) -> Void) {
    turn { (simulator) -> Bool in
      body(&simulator)
      return true
    }
  }

  /// Takes the turn's actions, compares them with the shadow's, and has the shadow adopted anew.
  private func collect() {
    let new = simulator.turn.actions.map { Delivery($0, simulator) }
    simulator.removeActions()
    if let shadow {
      let others = shadow.simulator.turn.actions.map { Delivery($0, shadow.simulator) }
      shadow.simulator.removeActions()
      if new.count != others.count || !zip(new, others).allSatisfy({ $0.isSame(as: $1) }) {
        problem("the shadow acted differently:\n  \(new)\n  \(others)")
      }
      compareStores(shadow)
      do { try shadow.adopt(settings, madeByHand: isMadeByHand) } catch {
        problem("the shadow was not adopted: \(error)")
      }
    }
    queue += new
    afterTurn(self)
  }

  private func compareStores(_ shadow: Shadow) {
    if let at = memory.firstDifference(shadow.memory) {
      problem("the stores differ at \(at): \(memory[at]) and \(shadow.memory[at])")
    }
    if simulator.statistics(session: nil) != shadow.simulator.statistics(session: nil) {
      problem("statistics differ")
    }
  }

  /// A step that does something; false when there is none.
  @discardableResult
  func step() -> Bool {
    beforeTurn(self)
    turns += 1
    let now = now
    func run(_ simulator: inout Simulator, _ wrote: () -> Bool) -> Bool {
      while simulator.step(now: now) {
        if wrote() || !simulator.turn.actions.isEmpty { return true }
      }
      return false
    }
    wrote = false
    let did = run(&simulator) { wrote }
    if let shadow {
      shadow.wrote = false
      let other = run(&shadow.simulator) { shadow.wrote }
      if did != other { problem("the shadow's step did \(other), not \(did)") }
    }
    collect()
    deliver()
    return did
  }

  /// Steps until nothing is left to do for now.
  func settle() {
    guard depth == 0 else { return }
    var steps = 0
    while step() {
      steps += 1
      if steps > stepLimit {
        stepLimit = 0
        return problem("steps without an end")
      }
    }
  }

  // MARK: Actions

  /// In order; a turn made while an action is carried out delivers what is left of the queue first.
  private func deliver() {
    depth += 1
    while next < queue.count {
      next += 1
      carryOut(queue[next - 1])
    }
    depth -= 1
    if depth == 0 {
      queue.removeAll(keepingCapacity: true)
      next = 0
    }
  }

  private static func key(_ session: UInt32, _ id: UInt64) -> UInt64 { UInt64(session) << 48 | id }

  private func carryOut(_ delivery: Delivery) {
    switch delivery {
    case .reply(let session, let id, let result):
      guard clients[session] != nil else { return }
      guard let result else { return problem("a reply to \(id) without a result") }
      let isFirst = clients[session]?.pending.remove(id) != nil
      if !isFirst, clients[session]?.resent.remove(id) == nil {
        problem("request \(id) of session \(session) was answered twice")
      }
      results[TestHost.key(session, id)] = result
      if result.value != .null { clients[session]?.handles.append(result.value) }
      if isFirst, result.type == UInt16(NDISSIM_ALLOCATE_SHARED_MEMORY) { checkAllocation(result) }
      if result.type == UInt16(NDISSIM_OFFER_SECTION), result.failure.status == .success {
        sections.insert(result.value)
      }
    case .refuse(let session, let id, let failure):
      if clients[session]?.resent.remove(id) == nil { clients[session]?.pending.remove(id) }
      refusals.append(failure)
    case .upcall(let session, let id, let details, let lists, let oid):
      guard clients[session] != nil else {
        return problem("upcall \(id) to session \(session), which has ended")
      }
      guard let details else { return problem("an upcall without details") }
      clients[session]?.open.append((id, details))
      if lists.count > 0 || !lists.returned.isEmpty { told[id] = lists }
      if let oid { clients[session]?.oids[id] = oid }
      if keepsLists { upcalls.append((session, id, details)) }
      onUpcall(self, session, id, details)
      responders[session]?(self, id, details)
    case .hosted(let provider, let id, let details):
      guard let details else { return problem("a hosted upcall without details") }
      serve(provider, id, details)
    case .released(let handle, _, let hosted):
      if sections.remove(handle) == nil { problem("section \(handle) was released twice") }
      if let hosted { pools[Int(hosted)].remove(section: handle) }
      onRelease(self, handle)
    case .freed(let block): freedBlocks.append(block)
    case .gone(let session):
      if clients[session] != nil { problem("session \(session) is gone but did not end") }
    case .event(let event):
      if keepsLists { events.append(event) }
      onEvent(self, event)
    }
  }

  private func checkAllocation(_ result: RequestResult) {
    switch result.failure.status {
    case .success:
      if simulator.allocation(result.value) == nil, result.value != .null {
        problem("an allocation that is not live")
      }
    case .resources, .invalidParameter, .failure:
      if result.value != .null { problem("a failed allocation with a handle") }
    default: problem("an allocation was answered \(result.failure.status)")
    }
  }

  private func serve(_ provider: UInt32, _ id: UInt64, _ details: UpcallDetails) {
    let now = now
    guard Int(details.type) == NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY else {
      pools[Int(provider)].free(section: details.section, context: details.providerContext)
      turn { $0.answer(id, session: nil, answer: ProviderAnswer(status: .success), now: now) }
      return
    }
    var reply = pools[Int(provider)].allocate(details)
    if case .needsSection(let domain, let node, let size) = reply {
      let made = turn { (simulator) -> Handle? in
        try? simulator.addHostedSection(
          provider: provider, domain: domain, size: size, node: node, pageSize: 4096, now: now)
      }
      guard let made else {
        turn {
          $0.answer(id, session: nil, answer: ProviderAnswer(status: .resources), now: now)
        }
        return
      }
      sections.insert(made)
      pools[Int(provider)].add(section: made, domain: domain, node: node, size: size)
      reply = pools[Int(provider)].allocate(details)
    }
    guard case .answer(let answer) = reply else { return problem("a pool asks twice") }
    turn { $0.answer(id, session: nil, answer: answer, now: now) }
  }

  /// Pools made anew from the store alone.
  func rebuiltPools() -> [HostedPool] {
    pools.enumerated().map { index, pool in
      var new = HostedPool(pool.settings)
      simulator.forEachSection(ofHosted: UInt32(index)) { handle, domain, node, size in
        new.add(section: handle, domain: domain, node: node, size: size)
      }
      simulator.forEachHostedBlock { provider, section, context, extents in
        guard provider == UInt32(index) else { return }
        new.adopt(section: section, context: context, extents: extents)
      }
      return new
    }
  }

  // MARK: Parties

  @discardableResult
  func begin(_ name: String = "client", uid: UInt32 = 1000, isHosted: Bool = false) -> UInt32 {
    guard let session = tryBegin(name, uid: uid, isHosted: isHosted) else {
      problem("no session")
      return 0
    }
    return session
  }

  func tryBegin(_ name: String, uid: UInt32, isHosted: Bool = false) -> UInt32? {
    let now = now
    var begun: UInt32?
    turn { (simulator) -> UInt32? in
      begun = try? simulator.begin(
        name: Name(name), pid: 77, uid: uid, isHosted: isHosted, now: now)
      if let begun, self.clients[begun] == nil {
        self.clients[begun] = Client(session: begun, uid: uid)
      }
      return begun
    }
    return begun
  }

  func end(_ session: UInt32) {
    let now = now
    clients[session] = nil
    responders[session] = nil
    turn { $0.end(session: session, reason: "gone", now: now) }
  }

  @discardableResult
  func call(
    _ session: UInt32, _ request: Request, context: UInt64 = 0, irql: IRQL = .passive,
    id given: UInt64? = nil, type: Int? = nil
  ) -> UInt64 {
    guard let next = clients[session]?.nextID else {
      problem("a call in session \(session), which has ended")
      return 0
    }
    let id = given ?? next
    if clients[session]?.pending.contains(id) == true || id != next {
      clients[session]?.resent.insert(id)
    } else {
      clients[session]?.pending.insert(id)
    }
    let call = Call(
      session: session, requestID: id,
      type: UInt16(truncatingIfNeeded: type ?? Int(request.messageType)), context: context,
      irql: irql)
    if id == next { clients[session]?.nextID += 1 }
    let now = now
    turn { $0.perform(call, request, now: now) }
    if clients[session] != nil {
      clients[session]?.nextID = simulator.nextRequestID(session: session)
    }
    return id
  }

  func result(_ session: UInt32, _ id: UInt64) -> RequestResult? {
    results[TestHost.key(session, id)]
  }

  func forget(_ session: UInt32) {
    results = results.filter { $0.key >> 48 != UInt64(session) }
  }

  /// Calls and returns what was answered at once.
  func ask(
    _ session: UInt32, _ request: Request, context: UInt64 = 0, irql: IRQL = .passive
  ) -> RequestResult? {
    result(session, call(session, request, context: context, irql: irql))
  }

  func answer(_ session: UInt32, _ id: UInt64, _ answer: ProviderAnswer) {
    clients[session]?.open.removeAll { $0.id == id }
    clients[session]?.old.append(id)
    let now = now
    turn { $0.answer(id, session: session, answer: answer, now: now) }
  }

  func expire(after milliseconds: UInt64) {
    now += milliseconds
    let now = now
    turn { $0.expire(now: now) }
  }
}
