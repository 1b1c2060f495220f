// Walks through the state tables, in the generated test of the receive path: of an object that is there a row is
// thrown that leads on from its state, and the parties do what the row's event is. Without that a run would hardly
// ever see the rarer ones: a queue that receives while SET_FILTER is pending, a VPort that is deleted with lists
// outstanding. During a walk everybody answers, and rightly, but for FREE_QUEUE, whose ends are rows.

import NDISDriverInterface
import CNDIS
import NDIS

@testable import NDISSimulator
import NDISStore

extension PathWorld {
  func walk() {
    last = "walk"
    guard let miniport = pick(miniports), let adapter = adapter(of: miniport) else { return }
    drain()
    if chance(15) { return shutDown(miniport, adapter) }
    let store = host.simulator.store
    for _ in 0..<16
    where host.simulator.isLiveOwner(adapter) && miniports.contains(where: { $0 === miniport }) {
      // With a switch lists are indicated on VPorts.
      let capabilities = store.capabilities[Index(adapter)]
      let hasVPorts =
        capabilities.hasSwitch != 0 || capabilities.nicSwitchLength != 0 && chance(8)
      if hasVPorts {
        let state = pick(vports(of: adapter)).map(\.state)
        let from = chance(25) ? .deleted : state ?? .deleted
        if let row = row(from: from, in: VPortState.table) { take(row, miniport, adapter) }
      } else {
        let state = pick(queues(of: adapter)).map(\.state)
        let from = chance(15) ? .undefined : state ?? .undefined
        if let row = row(from: from, in: QueueState.table) { take(row, miniport, adapter) }
      }
      drain()
    }
    for driver in protocols where chance(50) { giveBack(driver, all: true) }
  }

  /// A row that leads on from a state, rather one that this run has not taken yet.
  private func row<State, Event>(
    from state: State, in table: StateTable<State, Event>
  ) -> StateTable<State, Event>.Row? {
    let all = table.rows.indices.filter { table.rows[$0].from == state }
    let fresh = all.filter { !coverage.hasTaken($0, of: table.name) }
    takesNewRow = chance(60) && !fresh.isEmpty
    return pick(takesNewRow ? fresh : all).map { table.rows[$0] }
  }

  /// Every call is answered and what is owed is done, but for FREE_QUEUE and calls of the handlers of `held`.
  private func drain(holding held: Int? = nil) {
    (isEnding, isWalking) = (true, true)
    defer { (isEnding, isWalking) = (false, false) }
    for _ in 0..<6 {
      host.settle()
      var isDone = true
      for session in open.keys.sorted() {
        for call in open[session] ?? []
        where Int(call.details.type) != held && !isFree(session, call.id) {
          answer(session, call.id, call.details)
          isDone = false
        }
      }
      for session in owed.keys.sorted() {
        guard let driver = driver(session) else { continue }
        for what in owed[session] ?? [] where !what.isFree {
          complete(driver, what, context: 0)
          isDone = false
        }
      }
      if isDone { return }
    }
  }

  private func isFree(_ session: UInt32, _ upcall: UInt64) -> Bool {
    host.clients[session]?.oids[upcall]?.call.oid == OID_RECEIVE_FILTER_FREE_QUEUE
  }

  // MARK: Adapters

  /// MiniportShutdownEx, or the end of the process, in each of the states it may come in: in turn, so that a run
  /// sees all of them.
  private func shutDown(_ miniport: Driver, _ adapter: Handle) {
    let number = endings
    endings += 1
    if number % 5 != 4 {
      change(miniport, adapter, .pause([]))
      if number % 5 != 0 { drain(holding: number % 5 == 1 ? NDISSIM_UPCALL_PAUSE : nil) }
    }
    if number % 5 == 2 {
      change(miniport, adapter, .restart)
      drain(holding: NDISSIM_UPCALL_RESTART)
    }
    if number / 5 % 2 == 0 { issue(.query, OIDScene.number, [], on: adapter) }
    if chance(50) { indicate(on: 0, miniport, adapter, flags: []) }
    host.settle()
    if number / 10 % 2 == 1 { return die(miniport) }
    change(miniport, adapter, .shutdown(.powerOff))
    drain()
    host.call(miniport.session, .removeAdapter(adapter))
    drain()
  }

  // MARK: Queues

  private func take(
    _ row: StateTable<QueueState, QueueEvent>.Row, _ miniport: Driver, _ adapter: Handle
  ) {
    if row.event == .allocateQueue {
      let input = QueueBed.parameters("q").image()
      return issue(.method, OID_RECEIVE_FILTER_ALLOCATE_QUEUE, input, on: adapter)
    }
    let ready = queues(of: adapter).filter { $0.state == row.from }
    guard let queue = pick(ready) else { return }
    let filters = filters(of: adapter).filter { $0.state == .set && $0.queueID == queue.queueID }
    var parameters = QueueBed.parameters("renamed")
    parameters.queueID = queue.queueID
    switch row.event {
    case .queueParametersMethod:
      issue(.method, OID_RECEIVE_FILTER_QUEUE_PARAMETERS, parameters.image(), of: queue)
    case .queueParametersSet:
      parameters.flags = .nameChanged
      issue(.set, OID_RECEIVE_FILTER_QUEUE_PARAMETERS, parameters.image(), of: queue)
    case .setFilter: setFilter(queue)
    case .clearFilter, .clearLastFilter:
      guard let filter = pick(filters) else { return }
      if filters.count == 1, row.event == .clearFilter {
        // It takes another one.
        setFilter(queue)
        drain()
      }
      if filters.count > 1, row.event == .clearLastFilter { return }
      if chance(50) { indicate(on: queue.queueID, miniport, adapter, flags: .singleQueue) }
      let clear = ReceiveFilterClearParameters(queueID: queue.queueID, filterID: filter.filterID)
      issue(.set, OID_RECEIVE_FILTER_CLEAR_FILTER, clear.image(), of: queue)
    case .enumFilters:
      let asked = ReceiveFilterInfoArray(queueID: queue.queueID, revision: 1)
      issue(.method, OID_RECEIVE_FILTER_ENUM_FILTERS, asked.image(), of: queue)
    case .filterParameters:
      guard let filter = pick(filters) else { return }
      var asked = ReceiveFilterParameters(queueID: queue.queueID, fields: [], revision: 1)
      asked.filterID = filter.filterID
      issue(.method, OID_RECEIVE_FILTER_PARAMETERS, asked.image(), of: queue)
    case .allocationComplete:
      issue(
        .method, OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE,
        QueueAllocationComplete(queueIDs: [queue.queueID]).image(), of: queue)
    case .receive: indicate(on: queue.queueID, miniport, adapter, flags: .singleQueue)
    case .receiveDuringSetFilter:
      let filter = ReceiveFilterParameters(
        queueID: queue.queueID, fields: QueueBed.fields, revision: 1)
      issue(.method, OID_RECEIVE_FILTER_SET_FILTER, filter.image(), of: queue)
      host.settle()
      indicate(on: queue.queueID, miniport, adapter, flags: .singleQueue)
    case .freeQueue:
      // Memory that may be left when FREE_QUEUE ends.
      if chance(50) { allocate(miniport, adapter, queue: queue.queueID, vport: 0, context: 0) }
      let free = ReceiveQueueFreeParameters(queueID: queue.queueID)
      issue(.set, OID_RECEIVE_FILTER_FREE_QUEUE, free.image(), of: queue)
    case .dmaStopped: stopDMA(miniport, adapter, queue.queueID)
    case .resourcesFreed:
      guard row.from == .reclaiming else { return endFree(miniport, adapter, .success) }
      for driver in protocols { giveBack(driver, all: true) }
    case .resourcesLeft:
      if queue.indicated != 0 || queue.blocks != 0 { endFree(miniport, adapter, .success) }
    case .freeFailedAllocated, .freeFailedPaused: endFree(miniport, adapter, .notAccepted)
    // After a shutdown nothing is asked of the miniport any more.
    case .adapterRemoved: if takesNewRow || chance(8) { shutDown(miniport, adapter) }
    case .allocateQueue: break
    }
  }

  private func setFilter(_ queue: QueueRecord) {
    let filter = ReceiveFilterParameters(
      queueID: queue.queueID, fields: QueueBed.fields, revision: 1)
    issue(.method, OID_RECEIVE_FILTER_SET_FILTER, filter.image(), of: queue)
  }

  /// The miniport ends a FREE_QUEUE, whether it has done all that belongs to it or not.
  private func endFree(_ miniport: Driver, _ adapter: Handle, _ status: Status) {
    let session = miniport.session
    if let call = (open[session] ?? []).first(where: { isFree(session, $0.id) }) {
      open[session]?.removeAll { $0.id == call.id }
      host.answer(session, call.id, ProviderAnswer(status: status))
    } else if case .oid(let adapter, let oid, _) = (owed[session] ?? []).first(where: \.isFree) {
      owed[session]?.removeAll { $0.handle == oid }
      host.call(
        session, .completeOIDRequest(adapter: adapter, oid: oid, status, OIDResult()))
    }
  }

  // MARK: VPorts

  private func take(
    _ row: StateTable<VPortState, VPortEvent>.Row, _ miniport: Driver, _ adapter: Handle
  ) {
    let capabilities = host.simulator.store.capabilities[Index(adapter)]
    guard capabilities.hasSwitch != 0 else {
      return issue(
        .method, OID_NIC_SWITCH_CREATE_SWITCH, NICSwitchParameters(numVFs: 2).image(), on: adapter)
    }
    switch row.event {
    case .createOnPF:
      return issue(
        .method, OID_NIC_SWITCH_CREATE_VPORT, VPortParameters(name: "v").image(), on: adapter)
    case .createOnVF:
      guard capabilities.functions != 0 else {
        return issue(
          .method, OID_NIC_SWITCH_ALLOCATE_VF, VFParameters(vmName: "vm").image(), on: adapter)
      }
      let function = FunctionID(
        rawValue: UInt16(truncatingIfNeeded: capabilities.functions.trailingZeroBitCount))
      return issue(
        .method, OID_NIC_SWITCH_CREATE_VPORT,
        VPortParameters(name: "v", attachedTo: function).image(), on: adapter)
    default: break
    }
    let ready = vports(of: adapter).filter { $0.state == row.from }
    guard let vport = pick(ready) else { return }
    var parameters = VPortParameters(name: "renamed")
    parameters.vportID = vport.vportID
    switch row.event {
    case .activate, .deactivate:
      parameters.flags = .stateChanged
      parameters.state = row.event == .activate ? .activated : .deactivated
      issue(.set, OID_NIC_SWITCH_VPORT_PARAMETERS, parameters.image(), of: vport)
    case .parameters where chance(50):
      issue(.method, OID_NIC_SWITCH_VPORT_PARAMETERS, parameters.image(), of: vport)
    case .parameters:
      parameters.flags = .nameChanged
      issue(.set, OID_NIC_SWITCH_VPORT_PARAMETERS, parameters.image(), of: vport)
    case .delete, .deleteResourcesLeft:
      if row.event == .deleteResourcesLeft {
        indicateAndLeave(vport, miniport, adapter)
        if chance(50) { allocate(miniport, adapter, queue: 0, vport: vport.vportID, context: 0) }
      }
      issue(
        .set, OID_NIC_SWITCH_DELETE_VPORT, VPortDeleteParameters(vportID: vport.vportID).image(),
        of: vport)
    case .resourcesFreed: for driver in protocols { giveBack(driver, all: true) }
    // After a shutdown nothing is asked of the miniport any more.
    case .adapterRemoved: if takesNewRow || chance(8) { shutDown(miniport, adapter) }
    case .createOnPF, .createOnVF: break
    }
  }

  /// Lists of a VPort, which receives while it has a filter and is deleted without.
  private func indicateAndLeave(_ vport: VPortRecord, _ miniport: Driver, _ adapter: Handle) {
    let filter = ReceiveFilterParameters(
      vportID: vport.vportID, fields: QueueBed.fields, revision: 2)
    issue(.method, OID_RECEIVE_FILTER_SET_FILTER, filter.image(), of: vport)
    drain()
    indicate(on: vport.vportID, miniport, adapter, flags: [])
    for set in filters(of: adapter) where set.vportID == vport.vportID {
      let clear = ReceiveFilterClearParameters(queueID: 0, filterID: set.filterID)
      issue(.set, OID_RECEIVE_FILTER_CLEAR_FILTER, clear.image(), of: vport)
      drain()
    }
  }

  // MARK: Requests

  /// A request of who made a queue or VPort.
  private func issue(
    _ kind: OIDRequestKind, _ oid: UInt32, _ input: [UInt8], of member: some Owned
  ) {
    guard let binding = member.owner.optional else { return }
    issue(kind, oid, input, by: host.simulator.bindingHandle(binding))
  }

  /// A request of some binding of an adapter.
  private func issue(_ kind: OIDRequestKind, _ oid: UInt32, _ input: [UInt8], on adapter: Handle) {
    let store = host.simulator.store
    let bindings = store.bindings.indices.filter {
      store.bindings[$0].opened != 0 && store.bindings[$0].adapter == Ref(Index(adapter))
    }
    guard let binding = pick(bindings) else { return bind() }
    issue(kind, oid, input, by: host.simulator.bindingHandle(binding))
  }

  private func issue(_ kind: OIDRequestKind, _ oid: UInt32, _ input: [UInt8], by binding: Handle) {
    let store = host.simulator.store
    let session = store.drivers[store.bindings[Index(binding)].driver.index].session
    guard let driver = protocols.first(where: { Ref(Index($0.session)) == session }) else { return }
    issue(driver, binding, kind, oid, input, outputLength: kind == .set ? 0 : 4_096)
  }
}

extension PathWorld.Owed {
  /// A FREE_QUEUE.
  fileprivate var isFree: Bool {
    guard case .oid(_, _, let call) = self else { return false }
    return call.oid == OID_RECEIVE_FILTER_FREE_QUEUE
  }
}

/// A record that a binding has made.
protocol Owned {
  var owner: Ref<BindingRecord> { get }
}
extension QueueRecord: Owned {}
extension VPortRecord: Owned {}
