// An adapter with everything a queue needs, for tests: a miniport that answers OID requests as the test
// says and otherwise with SUCCESS, and overlying drivers that issue them. Every turn is made twice, once on
// a simulator that is adopted anew from its bytes, and is followed by a look at every record.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

final class QueueBed {
  let host: TestHost
  let miniport: Driver
  let adapter: Handle
  let protocolHandle: Handle
  let binder: Driver
  let binding: Handle
  /// What the miniport makes of a request; nil = SUCCESS without a word.
  var onRequest: (OIDDetails) -> (Status, OIDResult)? = { _ in nil }
  /// Called in the miniport's handler, before it answers.
  var inHandler: (QueueBed, UInt64, OIDDetails) -> Void = { _, _, _ in }
  /// Leaves requests of this OID unanswered.
  var holds: UInt32?
  private(set) var held: [UInt64] = []
  /// What reached the miniport.
  private(set) var seen: [OIDDetails] = []
  /// What ProtocolOidRequestComplete told.
  private(set) var told: [OIDDetails] = []

  static func capabilities(
    queues: UInt32 = 4, filters: UInt32 = 8, version: NDISVersion = NDISVersion(6, 50)
  ) -> ReceiveFilterCapabilities {
    var capabilities = ReceiveFilterCapabilities.vmQueues(queues, filters: filters, for: version)
    if version < .vports {
      capabilities.supportedQueueProperties |= NDIS_RECEIVE_FILTER_LOOKAHEAD_SPLIT_SUPPORTED
    }
    capabilities.supportedMACHeaderFields |= NDIS_RECEIVE_FILTER_MAC_HEADER_VLAN_ID_SUPPORTED
    return capabilities
  }

  static func switchCapabilities(
    vports: UInt32 = 4, functions: UInt32 = 2, queuePairs: UInt32 = 8, flags: UInt32 = 0
  ) -> NICSwitchCapabilities {
    var capabilities = NICSwitchCapabilities.vports(vports, functions: functions)
    // VM queues and a switch on one adapter.
    capabilities.capabilities = flags | NDIS_NIC_SWITCH_CAPS_NIC_SWITCH_WITHOUT_IOV_SUPPORTED
    capabilities.maxNumQueuePairs = queuePairs
    capabilities.maxNumQueuePairsPerNonDefaultVPort = 0
    capabilities.maxNumVPorts = vports
    return capabilities
  }

  init(
    version: NDISVersion = NDISVersion(6, 50), assist: HardwareAssist? = nil,
    general: GeneralAttributesCall? = nil,
    settings: Settings = TestHost.smallSettings, pools: Bool = true
  ) throws {
    host = try TestHost(
      settings, pools: pools ? TestHost.smallPools : [], shadow: true)
    host.afterTurn = { host in
      for problem in inconsistencies(host.simulator) { host.problem(problem) }
    }
    let assist =
      assist
      ?? HardwareAssist(
        receiveFilter: QueueBed.capabilities(version: version).image(),
        nicSwitch: version < .vports ? [] : QueueBed.switchCapabilities().image())
    miniport = Driver(host, "mp")
    binder = Driver(host, "binder")
    miniport.assist = assist
    miniport.general = general
    let driver = miniport.handle(
      host, .registerMiniportDriver(Sample.miniport(version: version)))
    adapter = miniport.adapter(host, driver, "eth0")
    protocolHandle = binder.handle(
      host, .registerProtocolDriver(Sample.protocolDriver(version: version)))
    binding = binder.handle(host, .bindAdapter(protocolHandle, Name("eth0")))
    miniport.override = { [unowned self] host, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_OID_REQUEST,
        let oid = host.simulator.oid(ofUpcall: id)
      else { return false }
      self.seen.append(oid)
      self.inHandler(self, id, oid)
      if self.holds == oid.call.oid {
        self.held.append(id)
        return true
      }
      let (status, result) = self.onRequest(oid) ?? (.success, OIDResult())
      self.answer(id, status, result)
      return true
    }
    listen(binder)
  }

  /// Another overlying driver with a binding of its own.
  func otherBinding(_ name: String = "other") -> (driver: Driver, binding: Handle) {
    let driver = Driver(host, name)
    let handle = driver.handle(
      host, .registerProtocolDriver(Sample.protocolDriver(name, version: NDISVersion(6, 50))))
    let binding = driver.handle(host, .bindAdapter(handle, Name("eth0")))
    listen(driver)
    return (driver, binding)
  }

  private func listen(_ driver: Driver) {
    driver.override = { [unowned self] host, id, details in
      if Int(details.type) == NDISSIM_UPCALL_OID_REQUEST_COMPLETE,
        let oid = host.simulator.oid(ofUpcall: id)
      {
        self.told.append(oid)
      }
      return false
    }
  }

  /// The miniport's handler returns.
  func answer(_ id: UInt64, _ status: Status, _ result: OIDResult = OIDResult()) {
    var answer = ProviderAnswer(status: status)
    answer.oid = result
    host.answer(miniport.session, id, answer)
  }

  /// Answers the oldest request that was left unanswered.
  func answerHeld(_ status: Status, _ result: OIDResult = OIDResult()) {
    guard !held.isEmpty else { return host.problem("nothing is held") }
    answer(held.removeFirst(), status, result)
  }

  // MARK: Requests

  struct Answer {
    var failure: Failure
    var result: OIDResult
    var status: Status { failure.status }
    var reason: Reason { failure.reason }
    var bytes: [UInt8] { result.information }
  }

  /// Issues a request and says how it ended; nil while it has not.
  @discardableResult
  func issue(
    _ kind: OIDRequestKind, _ oid: UInt32, _ input: [UInt8] = [], room: UInt32 = 4096,
    from driver: Driver? = nil, binding: Handle? = nil
  ) -> Answer? {
    let count = told.count
    let output = kind == .set ? 0 : room
    let call = OIDCall(kind: kind.rawValue, oid: oid, input: input, outputLength: output)
    let session = (driver ?? binder).session
    guard
      let result = host.ask(session, .oidRequest(binding: binding ?? self.binding, call))
    else {
      host.problem("NdisOidRequest was not answered")
      return nil
    }
    guard result.failure.status == .pending else {
      return Answer(failure: result.failure, result: OIDResult())
    }
    guard told.count > count, let last = told.last else { return nil }
    return Answer(failure: last.failure, result: last.result)
  }

  /// The same for a request that ends at once.
  @discardableResult
  func request(
    _ kind: OIDRequestKind, _ oid: UInt32, _ input: [UInt8] = [], room: UInt32 = 4096,
    from driver: Driver? = nil, binding: Handle? = nil
  ) -> Answer {
    if let answer = issue(kind, oid, input, room: room, from: driver, binding: binding) {
      return answer
    }
    host.problem("the request has not ended")
    return Answer(failure: Failure(.pending, .none), result: OIDResult())
  }

  // MARK: Queues

  static let fields = [ReceiveFilterField.destinationAddress([2, 0, 0, 0, 0, 1])]

  static func parameters(_ name: String = "q") -> ReceiveQueueParameters {
    ReceiveQueueParameters(queueName: name, vmName: "vm", revision: 1)
  }

  func allocate() -> UInt32 {
    let answer = request(.method, OID_RECEIVE_FILTER_ALLOCATE_QUEUE, Self.parameters().image())
    return (try? ReceiveQueueParameters(image: answer.bytes))?.queueID ?? 0
  }

  @discardableResult
  func complete(_ ids: UInt32...) -> Answer {
    request(
      .method, OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE,
      QueueAllocationComplete(queueIDs: ids).image())
  }

  func setFilter(_ queue: UInt32 = 0, vport: UInt32 = 0) -> UInt32 {
    let filter = ReceiveFilterParameters(
      queueID: queue, vportID: vport, fields: Self.fields, revision: vport == 0 ? 1 : 2)
    let answer = request(.method, OID_RECEIVE_FILTER_SET_FILTER, filter.image())
    return (try? ReceiveFilterParameters(image: answer.bytes))?.filterID ?? 0
  }

  @discardableResult
  func clear(_ filter: UInt32, _ queue: UInt32 = 0) -> Answer {
    request(
      .set, OID_RECEIVE_FILTER_CLEAR_FILTER,
      ReceiveFilterClearParameters(queueID: queue, filterID: filter).image())
  }

  func free(_ queue: UInt32) -> Answer {
    request(
      .set, OID_RECEIVE_FILTER_FREE_QUEUE, ReceiveQueueFreeParameters(queueID: queue).image())
  }

  /// The miniport says that DMA has stopped, as NdisMIndicateStatusEx would.
  func indicate(_ queue: UInt32, _ state: ReceiveQueueOperationalState = .dmaStopped) {
    let adapter = index
    host.turn { simulator in
      simulator.queueStateIndicated(
        adapter: adapter, ReceiveQueueState(queueID: queue, state: state))
      simulator.commit()
    }
  }

  /// Brings a new queue into a state; its id. FREE_QUEUE is then with the miniport, or has ended with lists
  /// outstanding, which is a violation.
  func queue(in state: QueueState) -> UInt32 {
    guard state != .undefined else { return 1 }
    let id = allocate()
    switch state {
    case .undefined, .allocated: break
    case .set: _ = setFilter(id)
    case .running:
      _ = setFilter(id)
      complete(id)
    case .paused: complete(id)
    case .stopDMA, .freeing:
      complete(id)
      holds = OID_RECEIVE_FILTER_FREE_QUEUE
      issue(.set, OID_RECEIVE_FILTER_FREE_QUEUE, ReceiveQueueFreeParameters(queueID: id).image())
      if state == .freeing { indicate(id) }
    case .reclaiming:
      complete(id)
      let filter = setFilter(id)
      indicateLists(id)
      clear(filter, id)
      let handler = inHandler
      inHandler = { bed, _, _ in bed.indicate(id) }
      _ = free(id)
      inHandler = handler
    }
    return id
  }

  /// Indicates two lists on a queue or VPort; its owner keeps them. Those of a queue lie in memory of it, which
  /// is left when the queue is freed before they come back.
  func indicateLists(_ id: UInt32) {
    var flags = ReceivePath.single
    var chain: [NetBufferSharedMemory] = []
    if record(id) != nil, let block = memory(queue: id), block.failure.status == .success {
      flags |= ReceivePath.memoryValid
      chain = [
        NetBufferSharedMemory(
          sharedMemoryHandle: Handle(rawValue: block.value2), offset: 0, length: 64)
      ]
    }
    let lists = (1...2 as ClosedRange<UInt64>).map { context in
      var list = IndicatedList(context: context, queueID: UInt16(truncatingIfNeeded: id))
      try? list.append(dataLength: 60, chain)
      return list
    }
    let request = Request.indicateReceive(
      adapter: adapter, Indication(flags: flags, lists: lists))
    if host.ask(miniport.session, request)?.failure.status != .success {
      host.problem("lists were not indicated")
    }
  }

  /// Returns all lists that were indicated.
  func returnLists() {
    let lists = host.told.values.flatMap(\.handles)
    let back = host.ask(
      binder.session, .returnLists(binding: binding, flags: 0, lists: lists))
    if back?.failure.status != .success { host.problem("lists were not returned") }
  }

  var index: Index<AdapterRecord> { Index(adapter) }

  /// The record of a queue.
  func record(_ queue: UInt32) -> Index<QueueRecord>? {
    host.simulator.queue(adapter: index, id: queue)
  }

  func state(_ queue: UInt32) -> QueueState {
    guard let record = record(queue) else { return .undefined }
    return host.simulator.store.queues[record, \.state]
  }

  func vportState(_ vport: UInt32) -> VPortState {
    guard let record = host.simulator.vport(adapter: index, id: vport) else { return .deleted }
    return host.simulator.store.vports[record, \.state]
  }

  // MARK: Memory

  func memory(
    queue: UInt32 = 0, vport: UInt32 = 0, handle: Handle? = nil, session: UInt32? = nil,
    context: UInt64 = 0
  ) -> RequestResult? {
    var parameters = Sample.parameters()
    parameters.queueID = queue
    parameters.vportID = vport
    return host.ask(
      session ?? miniport.session,
      .allocate(handle ?? adapter, parameters, tag: 0x7473_6554, site: Site("queue")),
      context: context)
  }

  func freeMemory(_ block: Handle) {
    let result = host.ask(miniport.session, .free(ndisHandle: adapter, allocation: block))
    if result?.failure.status != .success { host.problem("a block was not freed") }
  }

  // MARK: Violations

  /// The rules broken so far, in order.
  var violations: [Reason] {
    host.events.compactMap {
      if case .violation(let violation) = $0 { violation.failure.reason } else { nil }
    }
  }
  var advice: [Reason] {
    host.events.compactMap {
      if case .advice(let advice) = $0 { advice.failure.reason } else { nil }
    }
  }
  var leaks: [UInt32] {
    host.events.compactMap { if case .leak(let leak) = $0 { leak.queueID } else { nil } }
  }
}
