// The OID requests of the generated test of the receive path, right and wrong, and its end, at which everybody
// does right and nothing may be left.

import NDISDriverInterface
import CNDIS
import NDISHostedDrivers
import NDIS

@testable import NDISSimulator
import NDISStore

extension PathWorld {
  func requestOID() {
    guard let driver = pick(protocols), let binding = handle(driver, .binding) else {
      return chance(50) ? begin() : bind()
    }
    let store = host.simulator.store
    let adapter = host.simulator.adapterHandle(store.bindings[Index(binding)].adapter.optional ?? 0)
    var (kind, oid, input) = makeRequest(adapter)
    if chance(4), !input.isEmpty {
      input[dice(input.count)] ^= UInt8(1 << dice(8))
    } else if chance(3) {
      input = Array(input.prefix(dice(input.count + 1)))
    } else if chance(2) {
      kind = pick([.query, .set, .method]) ?? kind
    }
    let outputLength = kind == .set ? 0 : chance(95) ? 4_096 : UInt32(dice(40))
    issue(driver, binding, kind, oid, input, outputLength: outputLength)
  }

  /// NdisOidRequest; that it is answered at once, and told once when it was accepted, is kept in the books.
  func issue(
    _ driver: Driver, _ binding: Handle, _ kind: OIDRequestKind, _ oid: UInt32, _ input: [UInt8],
    outputLength: UInt32
  ) {
    last = "OID \(String(oid, radix: 16))"
    var call = OIDCall(
      kind: kind.rawValue, oid: oid, input: kind == .query ? [] : input,
      outputLength: outputLength, requestID: UInt64(dice(4)), requestContext: random.next())
    if chance(1) { call.timeout = UInt32(dice(20)) }
    let id = host.call(
      driver.session, .oidRequest(binding: binding, call), context: context(driver))
    guard let result = host.result(driver.session, id) else {
      return host.problem("NdisOidRequest waits")
    }
    if result.failure.status == .pending {
      if let wrong = accounts.accept(result.value, of: driver.session) { host.problem(wrong) }
    } else if result.value != .null {
      host.problem("a refused request with a handle")
    }
  }

  private func makeRequest(_ adapter: Handle) -> (OIDRequestKind, UInt32, [UInt8]) {
    let queues = queues(of: adapter)
    // One that is ready for what is asked, if there is one.
    func queue(_ states: QueueState...) -> UInt32 {
      let ready = queues.filter { states.contains($0.state) }
      return (chance(85) ? pick(ready) : pick(queues))?.queueID ?? UInt32(dice(3))
    }
    let vports = vports(of: adapter)
    let vport = pick(vports)?.vportID ?? UInt32(dice(3))
    // A VPort with lists outstanding is to lose its filters now and then, and then to be deleted.
    let busy = vports.filter { $0.indicated > 0 }.map(\.vportID)
    let filters = filters(of: adapter)
    let last = chance(25) ? filters.filter { busy.contains($0.vportID) } : []
    let filter = pick(last) ?? pick(filters)
    let roll = dice(100)
    switch roll {
    case 0..<17:
      var parameters = QueueBed.parameters("q\(dice(9))")
      parameters.flags = chance(70) ? [.perQueueReceiveIndication] : []
      if chance(10) { parameters.lookaheadSize = UInt32(dice(200)) }
      if chance(10) { parameters.flags.insert(.lookaheadSplitRequired) }
      return (.method, OID_RECEIVE_FILTER_ALLOCATE_QUEUE, parameters.image())
    case 17..<31:
      var ids: [UInt32] = []
      for _ in 0...dice(2) {
        let id = queue(.allocated, .set)
        if !ids.contains(id) || chance(5) { ids.append(id) }
      }
      return (
        .method, OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE,
        QueueAllocationComplete(queueIDs: ids).image()
      )
    case 31..<43:
      let isVPort = chance(30)
      let address = UInt8(dice(20))
      let parameters = ReceiveFilterParameters(
        queueID: isVPort ? 0 : queue(.allocated, .set, .running, .paused),
        vportID: isVPort ? vport : 0, fields: [.destinationAddress([2, 0, 0, 0, 0, address])],
        revision: isVPort ? 2 : 1)
      return (.method, OID_RECEIVE_FILTER_SET_FILTER, parameters.image())
    case 43..<55:
      let parameters = ReceiveFilterClearParameters(
        queueID: filter?.queueID ?? 0, filterID: filter?.filterID ?? UInt32(dice(3)))
      return (.set, OID_RECEIVE_FILTER_CLEAR_FILTER, parameters.image())
    case 55..<72:
      let parameters = ReceiveQueueFreeParameters(queueID: queue(.allocated, .paused))
      return (.set, OID_RECEIVE_FILTER_FREE_QUEUE, parameters.image())
    case 72..<75:
      var parameters = QueueBed.parameters("renamed")
      parameters.flags = .nameChanged
      parameters.queueID = queue(.running)
      return (.set, OID_RECEIVE_FILTER_QUEUE_PARAMETERS, parameters.image())
    case 75..<77:
      let parameters = ReceiveFilterMoveParameters(
        filterID: filter?.filterID ?? 1,
        from: ReceiveFilterMoveParameters.Place(vportID: filter?.vportID ?? 0),
        to: ReceiveFilterMoveParameters.Place(vportID: vport))
      return (.set, OID_RECEIVE_FILTER_MOVE_FILTER, parameters.image())
    case 90..<93:
      let bare = vports.filter { $0.filters == 0 && $0.indicated > 0 }
      let parameters = VPortDeleteParameters(vportID: pick(bare)?.vportID ?? vport)
      return (.set, OID_NIC_SWITCH_DELETE_VPORT, parameters.image())
    default: return makeSwitchRequest(vport, roll)
    }
  }

  /// Requests about NIC switches and VPorts, and queries; `roll` is 77 to 99.
  private func makeSwitchRequest(_ vport: UInt32, _ roll: Int) -> (OIDRequestKind, UInt32, [UInt8])
  {
    switch roll {
    case 77..<81: return (.method, OID_NIC_SWITCH_CREATE_SWITCH, NICSwitchParameters().image())
    case 81..<86:
      return (.method, OID_NIC_SWITCH_CREATE_VPORT, VPortParameters(name: "v").image())
    case 86..<90:
      var parameters = VPortParameters(name: "v")
      parameters.vportID = vport
      parameters.flags = .stateChanged
      parameters.state = .activated
      return (.set, OID_NIC_SWITCH_VPORT_PARAMETERS, parameters.image())
    case 93: return (.set, OID_NIC_SWITCH_DELETE_SWITCH, NICSwitchDeleteParameters().image())
    case 94: return (.query, OID_RECEIVE_FILTER_ENUM_QUEUES, [])
    case 95: return (.query, OID_NIC_SWITCH_ENUM_SWITCHES, [])
    case 96: return (.query, OID_RECEIVE_FILTER_CURRENT_CAPABILITIES, [])
    case 97: return (.set, OID_PNP_SET_POWER, [4, 0, 0, 0])
    default: return (.query, OIDScene.number, [])
    }
  }

  func cancel() {
    last = "cancel"
    guard let driver = pick(protocols), let binding = handle(driver, .binding) else { return }
    host.call(
      driver.session, .cancelOIDRequest(binding: binding, requestID: UInt64(dice(4))),
      context: context(driver))
  }

  // MARK: The end

  /// Everybody does right, and what does not come in time expires.
  func finish() {
    last = "finish"
    isEnding = true
    for session in stuck.keys.sorted() { open[session, default: []] += stuck[session] ?? [] }
    for round in 0..<60 {
      host.settle()
      for session in open.keys.sorted() {
        for call in open[session] ?? [] { answer(session, call.id, call.details) }
      }
      for session in owed.keys.sorted() {
        guard let driver = driver(session) else { continue }
        for what in owed[session] ?? [] { complete(driver, what, context: 0) }
      }
      for driver in protocols where kept[driver.session]?.isEmpty == false {
        giveBack(driver, all: true)
      }
      last = "time"
      if round > 20 { host.expire(after: 13_000) }
      last = "finish"
    }
    if !accounts.untold.isEmpty { host.problem("never told: \(accounts.untold)") }
    let store = host.simulator.store
    for context in accounts.out {
      let index = (store.lists.indices).first { store.lists[$0].context == context }
      host.problem(
        "list \(context) never came back: \(index.map { "\(store.lists[$0])" } ?? "gone")")
    }
    for index in store.oids.indices where store.oids[index].state != .free {
      host.problem("OID request \(index) is left: \(store.oids[index])")
    }
    for driver in miniports + protocols { host.end(driver.session) }
    host.settle()
    last = "time"
    host.expire(after: 1_000_000)
    host.settle()
    let left = host.simulator.statistics(session: nil)
    if left.sessions + left.drivers + left.adapters + left.bindings + left.blocks + left.bytes
      + left.openRequests + left.openUpcalls != 0
    {
      host.problem("left: \(left)")
    }
    if left.violations != accounts.violations {
      host.problem("\(left.violations) violations counted, \(accounts.violations) told")
    }
    for pool in host.pools where pool.usedPages != 0 {
      host.problem("pool \(pool.settings.name) still has \(pool.usedPages) pages in use")
    }
  }
}
