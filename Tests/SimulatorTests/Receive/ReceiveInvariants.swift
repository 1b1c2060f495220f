// What must hold of indications and lists between any two turns: every list is out in one indication or on
// its way back, and blocks, queues, VPorts and adapters count what the lists say.

import NDIS

@testable import NDISSimulator
import NDISStore

/// Everything that is wrong with what is indicated.
func receiveInconsistencies(_ store: Store) -> [String] {
  var audit = ReceiveAudit(store: store)
  audit.adapters()
  audit.calls()
  audit.totals()
  return audit.wrong
}

private struct ReceiveAudit {
  private let audited: AuditedStore
  var store: Store { _read { yield audited.store } }
  var wrong: [String] = []
  /// Lists seen, and how often.
  private var lists: [Index<NetBufferListRecord>: Int] = [:]
  private var indications: Set<Index<IndicationRecord>> = []
  private var ofBlock: [Index<BlockRecord>: UInt32] = [:]
  private var ofQueue: [Index<QueueRecord>: UInt32] = [:]
  private var ofVPort: [Index<VPortRecord>: UInt32] = [:]
  /// Lists of adapters that go back.
  private var returning: [Index<AdapterRecord>: UInt32] = [:]

  init(store: Store) { audited = AuditedStore(store) }

  mutating func adapters() {
    for index in store.adapters.indices where store.adapters[index].life != .free {
      let adapter = store.adapters[index]
      var out: UInt32 = 0
      var previous = Ref<IndicationRecord>.none
      var next = adapter.indications
      while let at = next.optional, indications.count <= 1_000 {
        let record = store.indications[at]
        indications.insert(at)
        if record.state == .free || record.adapter != Ref(index) || record.previous != previous {
          wrong.append("indication \(at) does not belong to adapter \(index)")
        }
        out += walk(at, record)
        previous = next
        next = record.next
      }
      if adapter.indicated != out {
        wrong.append("adapter \(index) counts \(adapter.indicated) lists out of \(out)")
      }
      let waiting = chain(adapter.returned)
      returning[index, default: 0] += waiting
      if adapter.dropped != 0, out > 0 { wrong.append("adapter \(index) has lists after its end") }
    }
  }

  /// The lists of an indication that are out; says how many.
  private mutating func walk(_ index: Index<IndicationRecord>, _ record: IndicationRecord) -> UInt32
  {
    var count: UInt32 = 0
    var previous = Ref<NetBufferListRecord>.none
    var position = -1
    var next = record.first
    while let at = next.optional, count <= 256 {
      let list = store.lists[at]
      count += 1
      lists[at, default: 0] += 1
      if list.link.state != .out || list.indication != Ref(index)
        || list.previous != previous || Int(list.position) <= position
      {
        wrong.append("list \(at) does not belong to indication \(index)")
      }
      if list.link.holders == 0 { wrong.append("list \(at) is out and nobody has it") }
      for bit in 0..<64 where list.link.holders & 1 << UInt64(bit) != 0 {
        guard bit < record.receiverCount, let binding = record.receivers[bit].optional else {
          let resources = ReceiveFlags.resources.rawValue
          if record.flags & resources == 0 { wrong.append("list \(at) is with nobody's bit") }
          continue
        }
        if store.bindings[binding].kind == .free { wrong.append("list \(at) is with the dead") }
      }
      add(list)
      previous = next
      position = Int(list.position)
      next = list.next
    }
    if count != record.out { wrong.append("indication \(index) counts \(record.out) of \(count)") }
    if record.out == 0, record.calls == 0 { wrong.append("indication \(index) is over") }
    return count
  }

  /// What it counts for.
  private mutating func add(_ list: NetBufferListRecord) {
    var blocks: Set<Index<BlockRecord>> = []
    for at in 0..<Int(list.segmentCount) {
      guard let block = list.segments[at].block.optional,
        store.blocks[block].generation == list.segments[at].generation,
        store.blocks[block].state == .live
      else { continue }
      blocks.insert(block)
    }
    for block in blocks { ofBlock[block, default: 0] += 1 }
    guard !list.target.isNone else { return }
    if list.targetKind == .queue {
      ofQueue[list.queue.index, default: 0] += 1
    } else {
      ofVPort[list.vport.index, default: 0] += 1
    }
  }

  private mutating func chain(_ first: Ref<NetBufferListRecord>) -> UInt32 {
    var count: UInt32 = 0
    var next = first
    while let at = next.optional, count <= 5_000 {
      count += 1
      lists[at, default: 0] += 1
      if store.lists[at].link.state != .returning {
        wrong.append("list \(at) is told of and does not go back")
      }
      next = store.lists[at].link.nextReturned
    }
    return count
  }

  /// Open calls: of receivers by indication, of miniports by adapter.
  mutating func calls() {
    var open: [Index<IndicationRecord>: UInt32] = [:]
    for index in store.upcalls.indices {
      let upcall = store.upcalls[index]
      guard upcall.state == .open else { continue }
      switch upcall.type {
      case .receiveNetBufferLists:
        open[upcall.indication.index, default: 0] += 1
        indications.insert(upcall.indication.index)
      case .returnNetBufferLists:
        let count = chain(upcall.returned)
        let adapter = Index<AdapterRecord>(upcall.object)
        let isSame =
          Handle(
            kind: .adapter,
            generation: UInt32(truncatingIfNeeded: store.globals[0].generationSalt)
              &+ store.adapters[adapter].generation, index: adapter.raw) == upcall.object
        if count != upcall.argument { wrong.append("a return of \(count) says otherwise") }
        if isSame { returning[adapter, default: 0] += count }
      default: break
      }
    }
    for index in indications where store.indications[index].calls != open[index] ?? 0 {
      wrong.append("indication \(index) counts \(store.indications[index].calls) calls")
    }
  }

  mutating func totals() {
    for index in store.lists.indices {
      let isUsed = store.lists[index].link.state != .free
      if (isUsed ? 1 : 0) != lists[index] ?? 0 {
        wrong.append(
          "list \(index) is \(isUsed ? "used" : "free"), seen \(lists[index] ?? 0) times")
      }
    }
    for index in store.indications.indices
    where (store.indications[index].state != .free) != indications.contains(index) {
      wrong.append("indication \(index) is used by nobody, or not used")
    }
    for index in store.blocks.indices
    where store.blocks[index].state == .live
      && store.blocks[index].indicated != ofBlock[index] ?? 0
    {
      wrong.append("block \(index) counts \(store.blocks[index].indicated) lists")
    }
    for index in store.queues.indices
    where !store.queues[index].adapter.isNone
      && store.queues[index].indicated != ofQueue[index] ?? 0
    {
      wrong.append("queue \(index) counts \(store.queues[index].indicated) lists")
    }
    for index in store.vports.indices
    where !store.vports[index].adapter.isNone
      && store.vports[index].indicated != ofVPort[index] ?? 0
    {
      wrong.append("VPort \(index) counts \(store.vports[index].indicated) lists")
    }
    for index in store.adapters.indices where store.adapters[index].life != .free {
      let count = returning[index] ?? 0
      if store.adapters[index].returning != count {
        wrong.append("adapter \(index) counts \(store.adapters[index].returning) going back")
      }
    }
  }
}
