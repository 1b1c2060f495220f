// Queries that NDIS answers from its own records about queues, filters, the switch and VPorts, without
// calling the miniport. Lists are in the order of ids. States are the coarser ones the documents report
// (A25). An answer that does not fit the requester's buffer is INVALID_LENGTH with the bytes needed.

import NDIS
import NDISStore

extension Simulator {
  /// NDIS's answer to a request.
  func ndisAnswer(oid index: Index<OIDRecord>) throws(Failure) -> [UInt8] {
    let oid = store.oids[index]
    let adapter = oid.adapter.index
    let answer: [UInt8]
    switch oid.oid {
    case OIDNumber.receiveFilterHardwareCapabilities:
      answer = store.capabilities[adapter, \.hardware].receiveFilterBytes
    case OIDNumber.receiveFilterCurrentCapabilities:
      answer = Array(
        store.capabilities[adapter, \.receiveFilter].bytes
          .prefix(Int(store.capabilities[adapter, \.receiveFilterLength])))
    case OIDNumber.receiveFilterGlobalParameters:
      let capabilities = store.capabilities[adapter, \.receiveFilter]
      answer = ReceiveFilterGlobalParameters(
        enabledFilterTypes: capabilities.enabledFilterTypes,
        enabledQueueTypes: capabilities.enabledQueueTypes
      ).image()
    case OIDNumber.receiveFilterEnumQueues: answer = try knownQueues(index, adapter)
    case OIDNumber.receiveFilterQueueParameters: answer = try knownQueue(index, adapter)
    case OIDNumber.receiveFilterEnumFilters: answer = try knownFilters(index, adapter)
    case OIDNumber.receiveFilterParameters: answer = try knownFilter(index, adapter)
    case OIDNumber.nicSwitchHardwareCapabilities:
      answer = store.capabilities[adapter, \.hardware].nicSwitchBytes
    case OIDNumber.nicSwitchCurrentCapabilities:
      answer = Array(
        store.capabilities[adapter, \.nicSwitch].bytes
          .prefix(Int(store.capabilities[adapter, \.nicSwitchLength])))
    case OIDNumber.nicSwitchParameters:
      let asked = try input(NICSwitchParameters.self, oid: index)
      try checkSwitch(adapter, asked.switchID)
      var known = try switchParameters(adapter: adapter)
      known.revision = asked.revision
      answer = known.image()
    case OIDNumber.nicSwitchEnumSwitches: answer = try knownSwitches(adapter)
    case OIDNumber.nicSwitchVPortParameters: answer = try knownVPort(index, adapter)
    case OIDNumber.nicSwitchEnumVPorts: answer = try knownVPorts(index, adapter)
    case OIDNumber.driverVersion: answer = driverVersion(adapter)
    default: answer = generalInformation(oid.oid, adapter) ?? []
    }
    try checkRoom(oid, answer.count)
    return answer
  }

  // MARK: Queues

  private func knownQueues(_ oid: Index<OIDRecord>, _ adapter: Index<AdapterRecord>) throws(Failure)
    -> [UInt8]
  {
    let revision = ReceiveQueueInfo.structure.newest(for: requesterVersion(oid: oid))
    // oid-receive-filter-enum-queues: a query returns "an array of all the receive queues that the protocol driver
    // allocated", a statistics query those of the adapter.
    let record = store.oids[oid]
    let owner: Ref<BindingRecord>? =
      OIDRequestKind(rawValue: UInt32(record.kind)) == .queryStatistics ? nil : record.binding
    var live: [(index: Index<QueueRecord>, id: UInt32, state: QueueState)] = []
    for index in store.queuesOfAdapter.of(adapter) {
      let state = queueState(index)
      if state.isLive, owner.map({ $0 == store.queues[index, \.owner] }) ?? true {
        live.append((index, store.queues[index, \.queueID], state))
      }
    }
    try checkRoom(store.oids[oid], .receiveQueueInfoArray, live.count, .receiveQueueInfo, revision)
    live.sort { $0.id < $1.id }
    var queues: [ReceiveQueueInfo] = []
    queues.reserveCapacity(live.count)
    for queue in live {
      queues.append(
        ReceiveQueueInfo(
          try parameters(queue: queue.index), state: queue.state.reported,
          numFilters: store.queues[queue.index, \.filters], revision: revision))
    }
    return ReceiveQueueInfoArray(queues).image()
  }

  /// Fails if an array does not fit the requester's buffer, before a long one is built.
  private func checkRoom(
    _ oid: OIDRecord, _ array: Structure, _ count: Int, _ element: Structure, _ revision: UInt8
  ) throws(Failure) {
    try checkRoom(oid, array.size(array.newest) + count * element.size(revision))
  }

  private func knownQueue(_ oid: Index<OIDRecord>, _ adapter: Index<AdapterRecord>) throws(Failure)
    -> [UInt8]
  {
    let asked = try input(ReceiveQueueParameters.self, oid: oid)
    let queue = try liveQueue(adapter: adapter, id: asked.queueID)
    try take(.queueParametersMethod, queue: queue)
    var known = try parameters(queue: queue)
    known.revision = asked.revision
    return known.image()
  }

  // MARK: Filters

  private func knownFilters(_ oid: Index<OIDRecord>, _ adapter: Index<AdapterRecord>)
    throws(Failure) -> [UInt8]
  {
    var array = try input(ReceiveFilterInfoArray.self, oid: oid)
    var queueID: UInt32 = 0
    var vportID: UInt32 = 0
    if let id = array.vportID {
      if id != 0 { _ = try liveVPort(adapter: adapter, id: id) }
      vportID = id
    } else if array.queueID != 0 {
      let queue = try liveQueue(adapter: adapter, id: array.queueID)
      try take(.enumFilters, queue: queue)
      queueID = array.queueID
    }
    array.filters = []
    forEachFilter(adapter: adapter, queueID: queueID, vportID: vportID) {
      array.filters.append(ReceiveFilterInfo(filterID: store.filters[$0, \.filterID]))
    }
    array.filters.sort { $0.filterID < $1.filterID }
    return array.image()
  }

  private func forEachFilter(
    adapter: Index<AdapterRecord>, queueID: UInt32, vportID: UInt32,
    _ body: (Index<FilterRecord>) -> Void
  ) {
    for index in store.filtersOfAdapter.of(adapter) {
      if store.filters[index, \.state] == .set, store.filters[index, \.queueID] == queueID,
        store.filters[index, \.vportID] == vportID
      {
        body(index)
      }
    }
  }

  private func knownFilter(_ oid: Index<OIDRecord>, _ adapter: Index<AdapterRecord>) throws(Failure)
    -> [UInt8]
  {
    let asked = try input(ReceiveFilterParameters.self, oid: oid)
    guard let filter = filter(adapter: adapter, id: asked.filterID) else {
      throw Failure(
        .invalidParameter, .filterUnknown, UInt64(asked.filterID), UInt64(asked.queueID))
    }
    if let queue = queue(adapter: adapter, id: store.filters[filter, \.queueID]) {
      try take(.filterParameters, queue: queue)
    }
    var known = try parameters(filter: filter)
    known.revision = asked.revision
    return known.image()
  }

  // MARK: The switch and VPorts

  private func knownVPort(_ oid: Index<OIDRecord>, _ adapter: Index<AdapterRecord>) throws(Failure)
    -> [UInt8]
  {
    let asked = try input(VPortParameters.self, oid: oid)
    try checkSwitch(adapter, asked.switchID)
    var known: VPortParameters
    if asked.vportID == 0 {
      known = try defaultVPort(adapter: adapter)
    } else {
      let vport = try liveVPort(adapter: adapter, id: asked.vportID)
      move(vport: vport, .parameters)
      known = try parameters(vport: vport)
    }
    known.revision = asked.revision
    return known.image()
  }

  private func knownVPorts(_ oid: Index<OIDRecord>, _ adapter: Index<AdapterRecord>) throws(Failure)
    -> [UInt8]
  {
    var array = try input(VPortInfoArray.self, oid: oid)
    array.vports = []
    if let id = array.switchID, id != 0 {
      throw Failure(.invalidParameter, .switchUnknown, UInt64(id))
    }
    guard store.capabilities[adapter, \.hasSwitch] != 0 else { return array.image() }
    func isAsked(_ function: UInt16) -> Bool {
      guard let asked = array.attachedFunction else { return true }
      return asked.rawValue == function
    }
    let vports = liveVPorts(adapter: adapter).filter {
      isAsked(store.vports[$0, \.parameters].attachedFunctionID)
    }
    let standard = try defaultVPort(adapter: adapter)
    let hasDefault = isAsked(standard.attachedFunction.rawValue)
    try checkRoom(
      store.oids[oid], .vportInfoArray, vports.count + (hasDefault ? 1 : 0), .vportInfo, 1)
    if hasDefault {
      var filters: UInt32 = 0
      forEachFilter(adapter: adapter, queueID: 0, vportID: 0) { _ in filters &+= 1 }
      array.vports.append(VPortInfo(standard, numFilters: filters))
    }
    for index in vports {
      array.vports.append(
        VPortInfo(try parameters(vport: index), numFilters: store.vports[index, \.filters]))
    }
    array.vports.sort { $0.vportID < $1.vportID }
    return array.image()
  }
}
