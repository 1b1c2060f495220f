// The parties of a receive path: a miniport with an adapter and memory, drivers bound to it that keep what
// they receive until they are told to return it, and queues and VPorts made by hand, so that a test can put
// them into any state.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDISHostedDrivers
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

/// A driver that is bound to the adapter and keeps what it receives.
final class Receiver {
  let driver: Driver
  let binding: Handle
  /// What each call told, in order.
  var told: [ToldLists] = []
  /// Lists it has, oldest first.
  var kept: [Handle] = []
  /// Returns everything inside the handler.
  var returnsAtOnce = false
  /// Calls that were not answered, while `holdsCalls`.
  var held: [UInt64] = []
  var holdsCalls = false

  init(_ host: TestHost, _ name: String, adapter: String = "eth0") {
    driver = Driver(host, name)
    let handle = driver.protocolDriver(host)
    binding = driver.handle(host, .bindAdapter(handle, Name(adapter)))
    driver.override = { [unowned self] host, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS else { return false }
      let lists = host.told[id] ?? ToldLists(host.simulator, 0)
      self.told.append(lists)
      self.kept += lists.handles
      if self.returnsAtOnce { self.returnAll(host, context: id) }
      guard self.holdsCalls else { return false }
      self.held.append(id)
      return true
    }
  }

  @discardableResult
  func returnAll(_ host: TestHost, context: UInt64 = 0) -> RequestResult? {
    let lists = kept
    kept = []
    return host.ask(
      driver.session, .returnLists(binding: binding, flags: 0, lists: lists), context: context)
  }

  @discardableResult
  func give(_ host: TestHost, _ lists: [Handle], flags: UInt32 = 0) -> RequestResult? {
    host.ask(driver.session, .returnLists(binding: binding, flags: flags, lists: lists))
  }
}

/// A host with a miniport whose adapter runs.
final class ReceivePath {
  let host: TestHost
  let miniport: Driver
  let adapter: Handle
  /// What MiniportReturnNetBufferLists was told, a call after the other.
  var returned: [[UInt64]] = []
  /// Return calls that were not answered, while `holdsReturns`.
  var held: [UInt64] = []
  var holdsReturns = false
  private var nextContext: UInt64 = 100

  static let memoryValid = ReceiveFlags.sharedMemoryInfoValid.rawValue
  static let resources = ReceiveFlags.resources.rawValue
  static let single = ReceiveFlags.singleQueue.rawValue

  init(
    _ settings: Settings = TestHost.smallSettings, pools: [PoolSettings] = TestHost.smallPools,
    version: NDISVersion = NDISVersion(6, 30)
  ) throws {
    host = try TestHost(settings, pools: pools, shadow: true)
    miniport = Driver(host, "mp")
    let handle = miniport.handle(host, .registerMiniportDriver(Sample.miniport(version: version)))
    adapter = miniport.adapter(host, handle, "eth0")
    host.afterTurn = { host in
      for wrong in inconsistencies(host.simulator, madeByHand: true) { host.problem(wrong) }
    }
    miniport.override = { [unowned self] host, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS else { return false }
      self.returned.append(host.told[id]?.returned ?? [])
      guard self.holdsReturns else { return false }
      self.held.append(id)
      return true
    }
  }

  /// Memory of a queue that `framed` made, by its QueueId.
  private var memoryOfQueue: [UInt16: Memory] = [:]

  /// A list with memory of a queue, as every list of a VM queue must have.
  func framed(_ queue: UInt16 = 0) throws -> IndicatedList {
    if memoryOfQueue[queue] == nil { memoryOfQueue[queue] = try memory(queue: UInt32(queue)) }
    return try list(memoryOfQueue[queue], queue: queue)
  }

  /// Everything that came back, in order.
  var back: [UInt64] { returned.flatMap { $0 } }

  var index: Index<AdapterRecord> { Index(adapter) }

  struct Memory {
    var allocation: Handle
    var shared: Handle
  }

  /// A block of the adapter, or of another owner.
  func memory(
    _ length: UInt32 = 8192, queue: UInt32 = 0, vport: UInt32 = 0,
    usage: SharedMemoryUsage = .receive, owner: Handle? = nil
  ) throws -> Memory {
    var parameters = Sample.parameters(length)
    // Any version knows the first revision, which has no VPortId.
    if vport == 0 { parameters.header = ObjectHeader(type: 0x80, revision: 1, size: 64) }
    parameters.queueID = queue
    parameters.vportID = vport
    parameters.usage = Int32(usage.rawValue)
    let made = try #require(
      host.ask(
        miniport.session, .allocate(owner ?? adapter, parameters, tag: 0, site: Site())))
    try #require(made.failure.status == .success)
    return Memory(allocation: made.value, shared: Handle(rawValue: made.value2))
  }

  /// Changes the stores by hand.
  func poke(_ body: (Store) -> Void) {
    host.isMadeByHand = true
    host.turn { simulator in
      body(simulator.store)
      simulator.commit()
      simulator.slabs = Slabs(simulator.store)
      simulator.derived = Derived(simulator.store, simulator.slabs)
      simulator.scheduler = Scheduler(simulator.store, simulator.slabs)
    }
  }

  func state(_ state: AdapterState) {
    poke { store in
      store.adapters.update(self.index) { overwrite(&$0, \.storedState, Raw(wrappedValue: state)) }
    }
  }

  /// A queue of the adapter in any state; slot and id are the same number.
  func queue(
    _ id: UInt32, _ state: QueueState = .running, owner: Receiver? = nil,
    flags: ReceiveQueueFlags = [], lookahead: UInt32 = 0
  ) {
    poke { store in
      let first = store.adapters[self.index].queues
      store.queues.update(Index(id)) {
        $0 = QueueRecord()
        $0.generation = 1
        overwrite(&$0, \.storedState, Raw(wrappedValue: state))
        $0.adapter = Ref(self.index)
        $0.owner = owner.map { Ref(Index($0.binding)) } ?? .none
        $0.next = first
        $0.queueID = id
        $0.parameters.flags = flags.rawValue
        $0.parameters.lookaheadSize = lookahead
      }
      if let first = first.optional { store.queues.update(first) { $0.previous = Ref(Index(id)) } }
      store.adapters.update(self.index) { $0.queues = Ref(Index(id)) }
    }
  }

  func vport(
    _ id: UInt32, _ state: VPortState = .activated, owner: Receiver? = nil, filters: UInt32 = 1
  ) {
    poke { store in
      store.capabilities.update(self.index) { $0.hasSwitch = 1 }
      let first = store.adapters[self.index].vports
      store.vports.update(Index(id)) {
        $0 = VPortRecord()
        $0.generation = 1
        overwrite(&$0, \.storedState, Raw(wrappedValue: state))
        $0.adapter = Ref(self.index)
        $0.owner = owner.map { Ref(Index($0.binding)) } ?? .none
        $0.next = first
        $0.vportID = id
        $0.filters = filters
        $0.parameters.attachedFunctionID = FunctionID.physical.rawValue
      }
      if let first = first.optional { store.vports.update(first) { $0.previous = Ref(Index(id)) } }
      store.adapters.update(self.index) { $0.vports = Ref(Index(id)) }
    }
  }

  // MARK: Lists

  /// A list of one NET_BUFFER in a block, with the next number.
  func list(
    _ memory: Memory?, queue: UInt16 = 0, offset: UInt32 = 0, length: UInt32 = 64,
    frame: UInt32 = 60
  ) throws -> IndicatedList {
    let chain = memory.map {
      [
        NetBufferSharedMemory(
          sharedMemoryHandle: $0.shared, offset: offset, length: length)
      ]
    }
    return try list(chain ?? [], queue: queue, frame: frame)
  }

  func list(
    _ chain: [NetBufferSharedMemory], queue: UInt16 = 0, frame: UInt32 = 60
  ) throws -> IndicatedList {
    nextContext += 1
    var list = IndicatedList(context: nextContext, queueID: queue)
    try list.append(dataLength: frame, chain)
    return list
  }

  @discardableResult
  func indicate(
    _ lists: [IndicatedList], flags: UInt32 = ReceivePath.memoryValid, irql: IRQL = .passive
  ) -> RequestResult? {
    host.ask(
      miniport.session,
      .indicateReceive(adapter: adapter, Indication(flags: flags, lists: lists)), irql: irql)
  }

  var violations: UInt64 { host.simulator.statistics(session: nil).violations }

  /// Lists that a block, queue or the adapter counts.
  func indicated(_ memory: Memory) -> UInt32 {
    host.simulator.store.blocks[Index(memory.allocation)].indicated
  }
  func indicated(queue: UInt32) -> UInt32 { host.simulator.store.queues[Index(queue)].indicated }
  var indicated: UInt32 { host.simulator.store.adapters[index].indicated }

  /// A refusal changes nothing and is a violation of the miniport's.
  func expectRefused(
    _ lists: [IndicatedList], flags: UInt32 = ReceivePath.memoryValid, irql: IRQL = .passive,
    _ reason: Reason, isViolation: Bool = true, _ comment: Comment? = nil,
    location: SourceLocation = #_sourceLocation
  ) {
    let before = violations
    let result = indicate(lists, flags: flags, irql: irql)
    #expect(result?.failure.reason == reason, comment, sourceLocation: location)
    #expect(violations == before + (isViolation ? 1 : 0), comment, sourceLocation: location)
    #expect(indicated == 0, comment, sourceLocation: location)
    let free = host.simulator.slabs.lists.available
    #expect(free == host.simulator.store.lists.capacity, comment, sourceLocation: location)
    #expect(host.problems == [], comment, sourceLocation: location)
  }
}
