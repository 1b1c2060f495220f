// The parties of the generated test of the receive path: miniports with queues and VPorts, drivers bound to
// them, time, and somebody who changes adapters from outside. What they do next is thrown; mostly it is
// what a correct driver does in that place, now and then it is wrong. They find what there is in the
// simulator's own records, so the same seed always does the same.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDISHostedDrivers
import NDIS

@testable import NDISSimulator
import NDISStore

final class PathWorld: Dicing {
  let host: TestHost
  var random: SplitMix64
  var last = ""
  var miniports: [Driver] = []
  var protocols: [Driver] = []
  /// Calls that were not answered yet, by session.
  var open: [UInt32: [(id: UInt64, details: UpcallDetails)]] = [:]
  /// Calls that do not return before the end.
  var stuck: [UInt32: [(id: UInt64, details: UpcallDetails)]] = [:]
  /// What was answered PENDING and is to be completed, by session.
  var owed: [UInt32: [Owed]] = [:]
  /// Blocks that miniports have.
  var blocks: [Block] = []
  /// Lists that receivers have, oldest first.
  var kept: [UInt32: [(binding: Handle, list: Handle)]] = [:]
  var accounts = PathAccounts()
  /// How often what matters came about.
  var reached: [String: Int] = [
    "told OID": 0, "pended handler": 0, "allocated queue": 0, "freed queue": 0, "queue's memory": 0,
    "received list": 0, "returned list": 0, "violation": 0, "pause": 0, "halt": 0,
  ]
  /// Everybody does right and leaves nothing.
  var isEnding = false
  /// Who receives keeps the lists.
  var isWalking = false
  private var crashes: CrashPoints?
  private var nextContext: UInt64 = 0

  /// A handler that answered PENDING.
  enum Owed {
    case oid(adapter: Handle, oid: Handle, OIDCall)
    case pause(Handle)
    case restart(Handle)
    case bind(Handle)
    case unbind(Handle)
    case event(Handle)
  }

  struct Block {
    var session: UInt32
    var adapter: Handle
    var allocation: Handle
    var shared: Handle
    var queue: UInt32
    var vport: UInt32
    var length: UInt32
  }

  init(seed: UInt64) throws {
    random = SplitMix64(state: seed)
    var settings = TestHost.smallSettings
    settings.seed = seed
    settings.quotas.sessionOIDs = 8
    if seed % 3 == 0 { settings.capacities.upcalls = 10 }
    if seed % 4 == 0 { settings.oidDeadline = 0 }
    host = try TestHost(settings, shadow: true)
    host.settlesAtOnce = false
    host.keepsLists = false
    host.afterTurn = { [unowned self] host in self.check(host) }
    host.onEvent = { [unowned self] host, event in self.sees(event, host) }
    crashes = CrashPoints(host) { [unowned self] in self.dice($0) }
    for _ in 0..<3 { begin() }
    for _ in 0..<6 { bind() }
  }

  private func check(_ host: TestHost) {
    for wrong in inconsistencies(host.simulator) { host.problem(wrong) }
    for wrong in accounts.moved(host.simulator) { host.problem(wrong) }
    crashes?.check(host, isOneTransaction: last != "time")
  }

  var lacksSomething: Bool { reached.contains { $0.value == 0 } }
  /// The rows of the state tables that this run has taken.
  let coverage = TransitionCoverage()
  /// Whether the row that a walk takes is such a one.
  var takesNewRow = false
  /// How many adapters a walk has ended.
  var endings = 0

  func trace(_ text: @autoclosure () -> String) {
    if GeneratedTests.environment["NDISSIM_VERBOSE"] != nil { print(last, "|", text()) }
  }

  private func sees(_ event: Event, _ host: TestHost) {
    trace("event \(event)")
    switch event {
    case .violation(let violation):
      accounts.violations += 1
      reached["violation", default: 0] += 1
      if violation.failure.reason == .none || violation.failure.sentence.isEmpty
        || violation.routine.isEmpty
      {
        host.problem("a violation without a name: \(violation)")
      }
    case .leak(let leak):
      if leak.party.driver.description.isEmpty { host.problem("a leak of nobody: \(leak)") }
    case .adapterState(_, let adapter, _, let to):
      if to == AdapterState.paused.name { reached["pause", default: 0] += 1 }
      guard to == AdapterState.halted.name || to == AdapterState.shutdown.name else { return }
      reached["halt", default: 0] += 1
      // What it still had out is never returned.
      accounts.ended(adapter)
    default: break
    }
  }

  // MARK: Acts

  func act() {
    switch dice(200) {
    case 0..<4: begin()
    case 4 where chance(20): kill()
    case 5..<10: passTime()
    case 10..<40: work()
    case 40..<44: walk()
    case 44..<80:
      requestOID()
      if chance(60) { host.settle() }
    case 80..<83: cancel()
    case 83..<123: answerSomething()
    case 123..<143: complete()
    case 143..<153: allocate()
    case 153..<157: free()
    case 157..<171: indicate()
    case 171..<183: giveBack()
    case 183..<187: indicateStatus()
    case 187..<189: change()
    case 189..<196: bind()
    case 196 where chance(40): unbind()
    case 197..<199 where chance(40): remove()
    default: work()
    }
  }

  func begin() {
    last = "begin"
    guard host.clients.count < 6 else { return }
    let isMiniport = miniports.count < 2 && (miniports.isEmpty || chance(40))
    guard isMiniport || protocols.count < 3 else { return }
    let driver = Driver(host, isMiniport ? "mp" : "prot")
    let version = NDISVersion(6, UInt8(pick([20, 30, 50, 50]) ?? 50))
    driver.override = { [unowned self, unowned driver] _, id, details in
      self.sees(driver.session, id, details, isMiniport: isMiniport)
    }
    if isMiniport {
      miniports.append(driver)
      driver.assist = HardwareAssist(
        receiveFilter: QueueBed.capabilities(version: version).image(),
        nicSwitch: version < .vports || chance(30) ? [] : QueueBed.switchCapabilities().image())
      host.call(driver.session, .registerMiniportDriver(Sample.miniport(version: version)))
    } else {
      protocols.append(driver)
      host.call(
        driver.session, .registerProtocolDriver(Sample.protocolDriver(version: NDISVersion(6, 50))))
    }
  }

  private func kill() {
    last = "kill"
    if let driver = pick(miniports + protocols) { die(driver) }
  }

  func die(_ driver: Driver) {
    forget(driver)
    host.end(driver.session)
  }

  private func forget(_ driver: Driver) {
    miniports.removeAll { $0 === driver }
    protocols.removeAll { $0 === driver }
    open[driver.session] = nil
    stuck[driver.session] = nil
    owed[driver.session] = nil
    kept[driver.session] = nil
    blocks.removeAll { $0.session == driver.session }
    accounts.died(driver.session)
  }

  private func passTime() {
    last = "time"
    host.expire(after: UInt64(dice(8) == 0 ? 13_000 : dice(3_000)))
  }

  func work() {
    last = "work"
    if chance(60) { return host.settle() }
    for _ in 0...dice(4) where !host.step() { return }
  }

  func bind() {
    last = "bind"
    if let miniport = pick(miniports), chance(40), let driver = handle(miniport, .miniportDriver) {
      host.call(miniport.session, .addAdapter(driver, Name("eth\(dice(2))")))
    } else if let driver = pick(protocols), let handle = handle(driver, .protocolDriver) {
      host.call(driver.session, .bindAdapter(handle, Name("eth\(dice(2))")))
    }
    if chance(80) { host.settle() }
  }

  private func unbind() {
    last = "unbind"
    guard let driver = pick(protocols), let binding = handle(driver, .binding) else { return }
    host.call(
      driver.session, chance(70) ? .unbindAdapter(binding) : .closeAdapter(binding),
      context: context(driver))
  }

  private func remove() {
    last = "remove"
    guard let miniport = pick(miniports), let adapter = adapter(of: miniport) else { return }
    host.call(miniport.session, .removeAdapter(adapter), context: context(miniport))
  }

  /// Plug and play, power, a filter: from the driver's own session or from the management plane.
  private func change() {
    guard let miniport = pick(miniports), let adapter = adapter(of: miniport) else { return }
    let change: AdapterChange =
      switch dice(10) {
      case 0..<4: .pause(chance(50) ? [] : .lowPower)
      case 4..<8: .restart
      case 8: chance(50) ? .halt(.deviceDisabled) : .surpriseRemove
      default: chance(50) ? .shutdown(.powerOff) : .halt(.deviceStopped)
      }
    self.change(miniport, adapter, change)
  }

  func change(_ miniport: Driver, _ adapter: Handle, _ change: AdapterChange) {
    last = "\(change)"
    guard chance(50) else {
      host.call(miniport.session, .changeAdapter(adapter, change), context: context(miniport))
      return
    }
    let now = host.now
    host.turn { (simulator) -> Failure? in
      do throws(Failure) {
        try simulator.change(adapter: adapter, change, now: now)
        return nil
      } catch { return error }
    }
  }

  // MARK: What there is

  func handle(_ driver: Driver, _ kind: Handle.Kind) -> Handle? {
    let all = (host.clients[driver.session]?.handles ?? []).filter { $0.kind == kind }
    return chance(80) ? all.last : pick(all.suffix(3))
  }

  /// Mostly one that is there.
  func adapter(of miniport: Driver) -> Handle? {
    let store = host.simulator.store
    let live = (store.adapters.indices).filter {
      store.adapters[$0].life != .free
        && store.drivers[store.adapters[$0].driver.index].session == Ref(Index(miniport.session))
    }
    guard chance(95), let index = pick(live) else { return handle(miniport, .adapter) }
    return host.simulator.adapterHandle(index)
  }

  func queues(of adapter: Handle) -> [QueueRecord] {
    let store = host.simulator.store
    return (store.queues.indices).map { store.queues[$0] }.filter {
      $0.adapter == Ref(Index(adapter))
    }
  }

  func vports(of adapter: Handle) -> [VPortRecord] {
    let store = host.simulator.store
    return (store.vports.indices).map { store.vports[$0] }.filter {
      $0.adapter == Ref(Index(adapter))
    }
  }

  func filters(of adapter: Handle) -> [FilterRecord] {
    let store = host.simulator.store
    return (store.filters.indices).map { store.filters[$0] }.filter {
      $0.state != .free && $0.adapter == Ref(Index(adapter))
    }
  }

  /// Mostly outside handlers.
  func context(_ driver: Driver) -> UInt64 {
    chance(85) ? 0 : pick(open[driver.session] ?? [])?.id ?? 0
  }

  // MARK: Memory

  /// As a miniport does for the default queue, a queue or a VPort.
  func allocate() {
    guard let miniport = pick(miniports), let adapter = adapter(of: miniport) else { return }
    last = "allocate"
    let queue = chance(60) ? pick(queues(of: adapter))?.queueID ?? 0 : chance(3) ? 9 : 0
    let vport = queue == 0 && chance(40) ? pick(vports(of: adapter))?.vportID ?? 0 : 0
    allocate(miniport, adapter, queue: queue, vport: vport, context: context(miniport))
  }

  func allocate(
    _ miniport: Driver, _ adapter: Handle, queue: UInt32, vport: UInt32, context: UInt64
  ) {
    var parameters = Sample.parameters(UInt32(1 + dice(8_192)))
    parameters.queueID = queue
    parameters.vportID = vport
    let split = pick([SharedMemoryUsage.receiveLookahead, .receivePostLookahead])
    if chance(25), let split { parameters.usage = Int32(split.rawValue) }
    if vport == 0 { parameters.header = ObjectHeader(type: 0x80, revision: 1, size: 64) }
    let request = Request.allocate(adapter, parameters, tag: 7, site: Site("path"))
    let made = host.ask(miniport.session, request, context: context)
    guard let made, made.failure.status == .success else { return }
    if queue != 0 { reached["queue's memory", default: 0] += 1 }
    blocks.append(
      Block(
        session: miniport.session, adapter: adapter, allocation: made.value,
        shared: Handle(rawValue: made.value2), queue: queue, vport: vport,
        length: parameters.length))
  }

  func free() {
    last = "free"
    guard let index = blocks.indices.randomElement(using: &random) else { return }
    free(at: index, context: chance(80) ? 0 : pick(open[blocks[index].session] ?? [])?.id ?? 0)
  }

  /// False when it was refused.
  @discardableResult
  func free(at index: Int, context: UInt64 = 0) -> Bool {
    let block = blocks[index]
    let id = host.call(
      block.session, .free(ndisHandle: block.adapter, allocation: block.allocation),
      context: context)
    guard host.simulator.allocation(block.allocation) == nil else {
      return host.result(block.session, id) == nil
    }
    blocks.removeAll { $0.allocation == block.allocation }
    return true
  }

  // MARK: Frames

  private func indicate() {
    guard let miniport = pick(miniports), let adapter = adapter(of: miniport) else { return }
    last = "indicate"
    let memory = blocks.filter { $0.adapter == adapter }
    let main = chance(60) ? pick(queues(of: adapter)) : nil
    var flags = ReceiveFlags()
    if chance(80), main != nil { flags.insert(.singleQueue) }
    if chance(85) { flags.insert(.sharedMemoryInfoValid) }
    if chance(12) { flags.insert(.resources) }
    if chance(2) { flags = ReceiveFlags(rawValue: UInt32(truncatingIfNeeded: random.next())) }
    var lists: [IndicatedList] = []
    var contexts: [UInt64] = []
    for _ in 0...dice(3) {
      nextContext += 1
      let target = chance(92) ? main : pick(queues(of: adapter))
      let vport = main == nil && chance(40) ? pick(vports(of: adapter)) : nil
      let id = target?.queueID ?? vport?.vportID ?? 0
      var list = IndicatedList(
        context: nextContext, queueID: UInt16(truncatingIfNeeded: id),
        filterID: chance(98) ? 0 : 1)
      let fitting = memory.filter { $0.queue == target?.queueID ?? 0 }
      if let block = pick(chance(95) ? fitting : blocks) {
        let length = min(block.length, UInt32(1 + dice(100)))
        let offset = chance(97) ? block.length - length : block.length
        let frame = NetBufferSharedMemory(
          sharedMemoryHandle: block.shared, offset: offset, length: length)
        try? list.append(dataLength: length, [frame])
      } else {
        try? list.append(dataLength: 60, [])
      }
      lists.append(list)
      contexts.append(nextContext)
    }
    indicate(lists, contexts, miniport, adapter, flags)
  }

  /// Indicates a list, on a VM queue with memory of it and elsewhere without.
  func indicate(on id: UInt32, _ miniport: Driver, _ adapter: Handle, flags: ReceiveFlags) {
    var flags = flags
    var chain: [NetBufferSharedMemory] = []
    if host.simulator.queue(adapter: Index(adapter), id: id) != nil {
      func memory() -> Block? { blocks.first { $0.adapter == adapter && $0.queue == id } }
      if memory() == nil { allocate(miniport, adapter, queue: id, vport: 0, context: 0) }
      if let block = memory() {
        flags.insert(.sharedMemoryInfoValid)
        chain = [NetBufferSharedMemory(sharedMemoryHandle: block.shared, offset: 0, length: 1)]
      }
    }
    last = "indicate"
    nextContext += 1
    var list = IndicatedList(context: nextContext, queueID: UInt16(truncatingIfNeeded: id))
    try? list.append(dataLength: 1, chain)
    indicate([list], [nextContext], miniport, adapter, flags)
  }

  private func indicate(
    _ lists: [IndicatedList], _ contexts: [UInt64], _ miniport: Driver, _ adapter: Handle,
    _ flags: ReceiveFlags
  ) {
    trace("indicate \(contexts) at \(adapter) flags \(flags.rawValue) by \(miniport.session)")
    accounts.indicate(contexts, adapter, resources: flags.contains(.resources))
    let indication = Indication(flags: flags.rawValue, lists: lists)
    let result = host.ask(
      miniport.session, .indicateReceive(adapter: adapter, indication), context: context(miniport))
    if let result, result.failure.status != .success, !accounts.refuse(contexts) {
      host.problem("lists of a refused indication were returned")
    }
  }

  private func giveBack() {
    guard let driver = pick(protocols) else { return }
    last = "return"
    giveBack(driver, context: context(driver))
  }

  /// Some of what a receiver has, mostly in the order it came in, or something else.
  func giveBack(_ driver: Driver, all: Bool = false, context: UInt64 = 0) {
    guard
      let binding = (all ? kept[driver.session]?.first : pick(kept[driver.session] ?? []))?
        .binding
    else { return }
    let mine = (kept[driver.session] ?? []).filter { $0.binding == binding }.map(\.list)
    var lists = all ? Array(mine.prefix(256)) : Array(mine.prefix(1 + dice(6)))
    if !all, chance(15) { lists.shuffle(using: &random) }
    if !all, chance(3) { lists.append(lists[0]) }
    let result = host.ask(
      driver.session,
      .returnLists(binding: binding, flags: chance(90) ? 0 : 2, lists: lists), context: context)
    let isGone = all && result?.failure.status != .success
    guard result?.failure.status == .success || isGone else { return }
    let returned = Set(lists)
    kept[driver.session]?.removeAll { returned.contains($0.list) && $0.binding == binding }
  }

  private func indicateStatus() {
    guard let miniport = pick(miniports), let adapter = adapter(of: miniport) else { return }
    last = "status"
    let state: ReceiveQueueOperationalState = chance(90) ? .dmaStopped : .running
    let queue = pick(queues(of: adapter))?.queueID ?? UInt32(dice(3))
    stopDMA(miniport, adapter, queue, state, context: context(miniport))
  }

  func stopDMA(
    _ miniport: Driver, _ adapter: Handle, _ queue: UInt32,
    _ state: ReceiveQueueOperationalState = .dmaStopped, context: UInt64 = 0
  ) {
    let buffer = ReceiveQueueState(queueID: queue, state: state).image()
    let status: Status = chance(95) || isEnding ? .receiveQueueState : Status(rawValue: 0x4001_000B)
    let indication = StatusIndication(
      from: adapter, status, bufferSize: UInt32(buffer.count))
    host.call(
      miniport.session,
      .indicateStatus(adapter, IndicatedStatus(indication: indication, buffer: buffer)),
      context: context)
  }
}
