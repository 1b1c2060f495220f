// What must hold of queues, filters and VPorts between any two turns: lists, counts equal to what filters
// and blocks say, ids that are unique, states that fit what is there.

import NDIS

@testable import NDISSimulator
import NDISStore

extension Audit {
  mutating func places() {
    var listed = (queues: 0, filters: 0, vports: 0)
    for adapter in store.adapters.indices {
      if store.adapters[adapter, \.life] == .free {
        let record = store.adapters[adapter]
        if !(record.queues.isNone && record.filters.isNone && record.vports.isNone) {
          wrong.append("adapter \(adapter) is gone and has queues, filters or VPorts")
        }
        continue
      }
      listed.queues += queues(of: adapter)
      listed.filters += filters(of: adapter)
      listed.vports += vports(of: adapter)
    }
    let queues = (store.queues.indices).count { !store.queues[$0, \.adapter].isNone }
    let filters = (store.filters.indices).count { !store.filters[$0, \.adapter].isNone }
    let vports = (store.vports.indices).count { !store.vports[$0, \.adapter].isNone }
    if (queues, filters, vports) != listed {
      wrong.append("\((queues, filters, vports)) queues, filters, VPorts; listed \(listed)")
    }
    for index in store.blocks.indices where !store.blocks[index, \.place].isNone {
      let block = store.blocks[index]
      let names = block.queueID != 0 || block.vportID != 0
      if block.ownerKind != .adapter || !names {
        wrong.append("block \(index) is counted where it cannot be")
      }
    }
  }

  /// Whether an OID request at a miniport is about this record.
  private func isBeingMade(_ adapter: Index<AdapterRecord>, _ subject: Ref<AnyRecord>) -> Bool {
    store.oidsOfAdapter.of(adapter).contains { store.oids[$0, \.subject] == subject }
  }

  private mutating func queues(of adapter: Index<AdapterRecord>) -> Int {
    let store = store
    var ids: Set<UInt32> = [0]
    var found: [Index<QueueRecord>] = []
    let count = walk(
      "queues of adapter \(adapter)", store.adapters[adapter, \.queues],
      { (store.queues[$0, \.previous], store.queues[$0, \.next]) },
      {
        found.append($0)
        return store.queues[$0, \.adapter] == Ref(adapter)
      })
    for index in found {
      let queue = store.queues[index]
      let name = "queue \(queue.queueID) of adapter \(adapter)"
      if !ids.insert(queue.queueID).inserted { wrong.append("\(name): its id twice") }
      let filters = (store.filters.indices).count {
        store.filters[$0, \.state] == .set && store.filters[$0, \.adapter] == Ref(adapter)
          && store.filters[$0, \.queueID] == queue.queueID
      }
      if filters != Int(queue.filters) { wrong.append("\(name) counts \(queue.filters) filters") }
      switch queue.storedState.validated {
      case .set, .running: if filters == 0 { wrong.append("\(name) has no filter") }
      case .allocated, .paused, .freeing, .stopDMA:
        if filters != 0 { wrong.append("\(name) has filters") }
      case .undefined:
        if !isBeingMade(adapter, Ref(any: index)) { wrong.append("\(name) is nowhere") }
      case .reclaiming:
        if !queue.owner.isNone { wrong.append("\(name) was freed and is somebody's") }
        if filters != 0 { wrong.append("\(name) has filters") }
        if queue.blocks == 0, queue.indicated == 0 { wrong.append("\(name) has nothing left") }
      case nil: wrong.append("\(name) has state \(queue.storedState.raw)")
      }
      if queue.parameters.queueID != queue.queueID { wrong.append("\(name): other id kept") }
      let blocks = blocks(name, queue.firstBlock) {
        store.blocks[$0, \.queue] == Ref(index) && store.blocks[$0, \.queueID] == queue.queueID
      }
      if blocks != Int(queue.blocks) { wrong.append("\(name) counts \(queue.blocks) blocks") }
    }
    return count
  }

  private mutating func blocks(
    _ name: String, _ first: Ref<BlockRecord>, _ check: (Index<BlockRecord>) -> Bool
  ) -> Int {
    let store = store
    return walk(
      "blocks of \(name)", first,
      { (store.blocks[$0, \.placePrevious], store.blocks[$0, \.placeNext]) }, check)
  }

  private mutating func filters(of adapter: Index<AdapterRecord>) -> Int {
    let store = store
    var ids: Set<UInt32> = [0]
    var found: [Index<FilterRecord>] = []
    let count = walk(
      "filters of adapter \(adapter)", store.adapters[adapter, \.filters],
      { (store.filters[$0, \.previous], store.filters[$0, \.next]) },
      {
        found.append($0)
        return store.filters[$0, \.adapter] == Ref(adapter)
      })
    for index in found {
      let filter = store.filters[index]
      let name = "filter \(filter.filterID) of adapter \(adapter)"
      if !ids.insert(filter.filterID).inserted { wrong.append("\(name): its id twice") }
      if filter.state == .setting, !isBeingMade(adapter, Ref(any: index)) {
        wrong.append("\(name) is nowhere")
      }
      if filter.state == .free { wrong.append("\(name) has no state") }
      if filter.queueID != 0, filter.vportID != 0 { wrong.append("\(name) is in two places") }
      if filter.fieldCount == 0 || filter.fieldCount > FilterRecord.maximumFields {
        wrong.append("\(name) has \(filter.fieldCount) fields")
      }
    }
    return count
  }

  private mutating func vports(of adapter: Index<AdapterRecord>) -> Int {
    let store = store
    var ids: Set<UInt32> = [0]
    var functions: Set<UInt16> = []
    var found: [Index<VPortRecord>] = []
    let count = walk(
      "VPorts of adapter \(adapter)", store.adapters[adapter, \.vports],
      { (store.vports[$0, \.previous], store.vports[$0, \.next]) },
      {
        found.append($0)
        return store.vports[$0, \.adapter] == Ref(adapter)
      })
    let allocated = store.capabilities[adapter, \.functions]
    for index in found {
      let vport = store.vports[index]
      let name = "VPort \(vport.vportID) of adapter \(adapter)"
      let function = vport.parameters.attachedFunctionID
      if !ids.insert(vport.vportID).inserted { wrong.append("\(name): its id twice") }
      let filters = (store.filters.indices).count {
        store.filters[$0, \.state] == .set && store.filters[$0, \.adapter] == Ref(adapter)
          && store.filters[$0, \.vportID] == vport.vportID
      }
      if filters != Int(vport.filters) { wrong.append("\(name) counts \(vport.filters) filters") }
      let state = vport.storedState.validated
      if state == nil { wrong.append("\(name) has a bad state") }
      if state == .deleted, !isBeingMade(adapter, Ref(any: index)) {
        wrong.append("\(name) is nowhere")
      }
      if state == .reclaiming {
        if !vport.owner.isNone { wrong.append("\(name) was deleted and is somebody's") }
        if vport.blocks == 0, vport.indicated == 0 { wrong.append("\(name) has nothing left") }
      } else if FunctionID(rawValue: function) != .physical {
        if function >= 64 || allocated & (1 << UInt64(function)) == 0 {
          wrong.append("\(name) is on VF \(function), which is not allocated")
        }
        if !functions.insert(function).inserted { wrong.append("\(name): a second of its VF") }
        if state == .deactivated { wrong.append("\(name) is inactive") }
      }
      if state != .deleted, vport.parameters.state != state?.reported.rawValue {
        wrong.append("\(name) reports another state")
      }
      let blocks = blocks(name, vport.firstBlock) {
        store.blocks[$0, \.vport] == Ref(index) && store.blocks[$0, \.vportID] == vport.vportID
      }
      if blocks != Int(vport.blocks) { wrong.append("\(name) counts \(vport.blocks) blocks") }
    }
    if store.capabilities[adapter, \.hasSwitch] == 0, !functions.isEmpty || allocated != 0 {
      wrong.append("adapter \(adapter) has VFs without a switch")
    }
    return count
  }
}
