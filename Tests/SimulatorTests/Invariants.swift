// What must hold of a store between any two turns, checked by looking at every record.

import Glibc
import NDIS

@testable import NDISSimulator
import NDISStore

/// Everything that is wrong with the simulator's state; empty when it is consistent. Where a test has made
/// queues, VPorts or OID requests by hand, how these came about is not looked at.
func inconsistencies(_ simulator: borrowing Simulator, madeByHand: Bool = false) -> [String] {
  // A mutant is to be found by what a test expects.
  isMutant ? [] : audited(simulator, madeByHand: madeByHand)
}

/// Whether this is a run of the mutation test.
private let isMutant = unsafe getenv("NDISSIM_MUTANT") != nil

private func audited(_ simulator: borrowing Simulator, madeByHand: Bool) -> [String] {
  var audit = Audit(store: simulator.store)
  audit.blocks()
  audit.owners()
  audit.providers()
  audit.sessions()
  audit.upcalls()
  audit.wrong += receiveInconsistencies(simulator.store)
  if !madeByHand {
    audit.places()
    audit.oids()
  }
  for index in simulator.store.oids.indices {
    let isFree = simulator.store.oids[index].state == .free
    if simulator.slabs.oids.isAvailable(index) != isFree {
      audit.wrong.append("OID request \(index) is in state \(simulator.store.oids[index].state)")
    }
    let isTimed = simulator.store.oids[index].deadline != 0
    if simulator.scheduler.timedOIDs.contains(index) != isTimed {
      audit.wrong.append("OID request \(index) has or has not a Timeout")
    }
  }
  if !simulator.isBetweenTurns { audit.wrong.append("a turn is open") }
  if simulator.undoOverflows != 0 { audit.wrong.append("a turn outgrew the undo log") }
  return audit.wrong
}

/// The store under audit, by reference: a closure of an audit would copy the tables of all records otherwise, at
/// every record it looks at.
final class AuditedStore {
  let store: Store
  init(_ store: Store) { self.store = store }
}

struct Audit {
  private let audited: AuditedStore
  var store: Store { _read { yield audited.store } }
  var wrong: [String] = []
  private var bySession: [Index<SessionRecord>: (blocks: UInt32, bytes: UInt64)] = [:]
  private var blocksOfSection: [Index<SectionRecord>: UInt32] = [:]
  private var totalBlocks: UInt64 = 0
  private var totalBytes: UInt64 = 0

  init(store: Store) { audited = AuditedStore(store) }

  mutating func blocks() {
    var pages: [Index<SectionRecord>: [UInt32: Index<BlockRecord>]] = [:]
    var extents: UInt32 = 0
    func take(
      _ section: Index<SectionRecord>, _ first: UInt32, _ count: UInt32, _ block: Index<BlockRecord>
    ) -> String? {
      guard count > 0, UInt64(first) + UInt64(count) <= UInt64(store.sections[section].pages)
      else { return "block \(block) lies outside its section" }
      for page in first..<first + count {
        if let other = pages[section, default: [:]].updateValue(block, forKey: page) {
          return "page \(page) of section \(section) is in blocks \(other) and \(block)"
        }
      }
      return nil
    }
    for index in store.blocks.indices {
      let block = store.blocks[index]
      guard let state = block.$state.validated else {
        wrong.append("block \(index) has state \(block.state)")
        continue
      }
      if state == .free { continue }
      let isOwned = state == .pending || state == .live
      if isOwned != (block.ownerKind != .none) || isOwned == block.owner.isNone {
        wrong.append("block \(index) is \(state) with owner kind \(block.ownerKind)")
      }
      if isOwned, let owner = block.ownerIndex { account(owner, block) }
      guard state == .live || state == .freeing else { continue }
      guard let section = block.section.optional, store.sections[section].state != .free else {
        wrong.append("block \(index) has no section")
        continue
      }
      blocksOfSection[section, default: 0] += 1
      var count: UInt32 = 1
      if let problem = take(section, block.firstPage, block.pages, index) { wrong.append(problem) }
      var more = block.moreExtents
      while let slot = more.optional, count <= 2_000 {
        let extent = store.extents[slot]
        count += 1
        extents += 1
        if extent.used != 1 { wrong.append("extent \(slot) is not used") }
        if let problem = take(section, extent.firstPage, extent.pages, index) {
          wrong.append(problem)
        }
        more = extent.next
      }
      if count != block.extents { wrong.append("block \(index) has \(count) extents") }
    }
    let used = (store.extents.indices).count { store.extents[$0].used != 0 }
    if used != Int(extents) { wrong.append("\(used) extents are used, \(extents) found") }
    for index in store.sections.indices where store.sections[index].state != .free {
      let counted = blocksOfSection[index] ?? 0
      if store.sections[index].blocks != counted {
        wrong.append("section \(index) says \(store.sections[index].blocks) blocks, not \(counted)")
      }
    }
  }

  private mutating func account(_ owner: OwnerIndex, _ block: BlockRecord) {
    let driver =
      switch owner {
      case .driver(let index): index
      case .adapter(let index): store.adapters[index].driver.index
      case .binding(let index): store.bindings[index].driver.index
      }
    totalBlocks += 1
    totalBytes += UInt64(block.length)
    guard store.drivers.contains(driver), store.drivers[driver].state != .free,
      let session = store.drivers[driver].session.optional
    else { return wrong.append("a block of an owner that is gone") }
    bySession[session, default: (0, 0)].blocks += 1
    bySession[session, default: (0, 0)].bytes += UInt64(block.length)
  }

  /// Walks an intrusive list; says how long it is.
  mutating func walk<Record>(
    _ name: String, _ first: Ref<Record>,
    _ next: (Index<Record>) -> (previous: Ref<Record>, next: Ref<Record>),
    _ check: (Index<Record>) -> Bool
  ) -> Int {
    var count = 0
    var previous = Ref<Record>.none
    var at = first
    while let index = at.optional {
      count += 1
      if count > 5_000 {
        wrong.append("\(name) is a circle")
        break
      }
      let links = next(index)
      if links.previous != previous { wrong.append("\(name): \(index) has a wrong back link") }
      if !check(index) { wrong.append("\(name): \(index) does not belong there") }
      previous = Ref(index)
      at = links.next
    }
    return count
  }

  mutating func owners() {
    let store = store
    func check(_ owner: OwnerIndex, _ first: Ref<BlockRecord>) -> Int {
      walk(
        "blocks of \(owner)", first,
        { (store.blocks[$0].ownerPrevious, store.blocks[$0].ownerNext) },
        { store.blocks[$0].ownerIndex == owner })
    }
    var listed = 0
    var children = 0
    for index in store.drivers.indices where store.drivers[index].state != .free {
      listed += check(.driver(index), store.drivers[index].blocks)
      if store.drivers[index].kind == .miniport {
        children += walk(
          "adapters of \(index)", store.drivers[index].adapters,
          { (store.adapters[$0].previous, store.adapters[$0].next) },
          { store.adapters[$0].driver == Ref(index) && store.adapters[$0].life != .free })
      } else {
        children += walk(
          "bindings of \(index)", store.drivers[index].bindings,
          { (store.bindings[$0].previous, store.bindings[$0].next) },
          { store.bindings[$0].driver == Ref(index) && store.bindings[$0].kind != .free })
      }
    }
    var objects = 0
    var bound = 0
    for index in store.adapters.indices where store.adapters[index].life != .free {
      objects += 1
      listed += check(.adapter(index), store.adapters[index].blocks)
      bound += walk(
        "bindings of adapter \(index)", store.adapters[index].bindings,
        { (store.bindings[$0].adapterPrevious, store.bindings[$0].adapterNext) },
        { store.bindings[$0].adapter == Ref(index) && store.bindings[$0].kind != .free })
    }
    for index in store.bindings.indices where store.bindings[index].kind != .free {
      objects += 1
      bound -= 1
      listed += check(.binding(index), store.bindings[index].blocks)
    }
    if listed != Int(totalBlocks) { wrong.append("\(listed) blocks listed, \(totalBlocks) owned") }
    if children != objects { wrong.append("\(children) children listed of \(objects)") }
    if bound != 0 { wrong.append("\(bound) bindings too many on adapters") }
  }

  mutating func providers() {
    let store = store
    var blocks = 0
    var sections = 0
    for index in store.registrations.indices where store.registrations[index].state != .free {
      let registration = store.registrations[index]
      let count = walk(
        "blocks of registration \(index)", registration.blocks,
        { (store.blocks[$0].providerPrevious, store.blocks[$0].providerNext) },
        { store.blocks[$0].state != .free && store.blocks[$0].registration == Ref(index) })
      if count != Int(registration.blockCount) {
        wrong.append("registration \(index) counts \(registration.blockCount), has \(count)")
      }
      blocks += count
      sections += walk(
        "sections of registration \(index)", registration.sections,
        { (store.sections[$0].previous, store.sections[$0].next) },
        { store.sections[$0].state != .free && store.sections[$0].registration == Ref(index) })
      let open = (store.upcalls.indices).count {
        store.upcalls[$0].state == .open
          && store.upcalls[$0].registration == Ref(index)
      }
      if open != Int(registration.freesInFlight + registration.allocationsInFlight) {
        wrong.append("registration \(index) has \(open) calls in flight and counts others")
      }
    }
    let used = (store.blocks.indices).count { store.blocks[$0].state != .free }
    if used != blocks { wrong.append("\(blocks) blocks have a provider of \(used)") }
    let live = (store.sections.indices).count { store.sections[$0].state != .free }
    if live != sections { wrong.append("\(sections) sections have a provider of \(live)") }
  }

  mutating func sessions() {
    let store = store
    var drivers = 0
    var requests = 0
    var upcalls = 0
    for index in store.sessions.indices where store.sessions[index].state != .free {
      let session = store.sessions[index]
      let sums = bySession[index] ?? (0, 0)
      if session.blocks != sums.blocks || session.bytes != sums.bytes {
        wrong.append(
          "session \(index) is charged \(session.blocks), \(session.bytes) bytes, not \(sums)"
        )
      }
      let sections = (store.sections.indices).count {
        store.sections[$0].state != .free && store.sections[$0].payer == Ref(index)
      }
      if Int(session.sections) != sections {
        wrong.append("session \(index): \(sections) sections")
      }
      drivers += walk(
        "drivers of session \(index)", session.drivers,
        { (store.drivers[$0].previous, store.drivers[$0].next) },
        { store.drivers[$0].state != .free && store.drivers[$0].session == Ref(index) })
      requests += walk(
        "requests of session \(index)", session.requests,
        { (store.requests[$0].previous, store.requests[$0].next) },
        { store.requests[$0].state != .free && store.requests[$0].session == Ref(index) })
      upcalls += walk(
        "upcalls of session \(index)", session.upcalls,
        { (store.upcalls[$0].previous, store.upcalls[$0].next) },
        { store.upcalls[$0].state != .free && store.upcalls[$0].session == Ref(index) })
    }
    let all = (store.drivers.indices).count { store.drivers[$0].state != .free }
    if all != drivers { wrong.append("\(drivers) drivers listed of \(all)") }
    let asked = (store.requests.indices).count {
      store.requests[$0].state != .free && !store.requests[$0].session.isNone
    }
    if asked != requests { wrong.append("\(requests) requests listed of \(asked)") }
    let sent = (store.upcalls.indices).count {
      store.upcalls[$0].state != .free && !store.upcalls[$0].session.isNone
    }
    if sent != upcalls { wrong.append("\(upcalls) upcalls listed of \(sent)") }
    let globals = store.globals[0]
    if globals.blocks != totalBlocks || globals.bytes != totalBytes {
      wrong.append("globals count \(globals.blocks), \(globals.bytes) for \(totalBlocks) blocks")
    }
  }

  mutating func upcalls() {
    for index in store.upcalls.indices {
      let upcall = store.upcalls[index]
      guard upcall.state != .free else { continue }
      if let registration = upcall.registration.optional {
        let record = store.registrations[registration]
        if record.state == .free || record.ownerSession != upcall.session {
          wrong.append("upcall \(index) is of a registration that is not its session's")
        }
      }
      if let request = upcall.request.optional, store.requests[request].state == .free {
        wrong.append("upcall \(index) is for a request that is gone")
      }
      if let block = upcall.block.optional, store.blocks[block].state == .free {
        wrong.append("upcall \(index) is for a block that is gone")
      }
    }
  }

  /// OID requests: an adapter's queue, whose turn it is, who has still to be told.
  mutating func oids() {
    let store = store
    var linked = 0
    for index in store.adapters.indices {
      let adapter = store.adapters[index]
      guard adapter.life != .free else {
        if !adapter.firstOID.isNone { wrong.append("adapter \(index) is gone and has requests") }
        continue
      }
      var last = Ref<OIDRecord>.none
      var atMiniport = 0
      linked += walk(
        "OID requests of adapter \(index)", adapter.firstOID,
        { (store.oids[$0].previous, store.oids[$0].next) },
        {
          last = Ref($0)
          if store.oids[$0].upcall != 0 { atMiniport += 1 }
          return store.oids[$0].adapter == Ref(index) && store.oids[$0].isLinked == 1
        })
      if last != adapter.lastOID { wrong.append("adapter \(index) has another last request") }
      if atMiniport > 1 { wrong.append("adapter \(index): \(atMiniport) are at its miniport") }
    }
    var bySession: [Index<SessionRecord>: UInt32] = [:]
    for index in store.oids.indices {
      let oid = store.oids[index]
      guard let state = oid.$state.validated else {
        wrong.append("OID request \(index) has state \(oid.state)")
        continue
      }
      if let session = oid.session.optional { bySession[session, default: 0] += 1 }
      if oid.isLinked != 0 { linked -= 1 }
      let isOpen = oid.told == 0 || oid.upcall != 0 || oid.cancellation != 0
      let mayBe =
        switch state {
        case .free:
          oid.isLinked == 0 && oid.upcall == 0 && oid.completion == 0 && oid.session.isNone
        case .queued: oid.isLinked != 0 && oid.told == 0 && oid.upcall == 0 && oid.end == .none
        case .sent: oid.told == 0 && upcall(oid.upcall, index) == .open
        case .pended: oid.told == 0 && upcall(oid.upcall, index) == .pended
        // One that is in no queue waits for its ProtocolOidRequestComplete only.
        case .ended:
          oid.end != .none && isOpen == (oid.isLinked != 0) && (isOpen || oid.completion != 0)
            && (oid.upcall == 0 || upcall(oid.upcall, index) == .open)
        }
      if !mayBe { wrong.append("OID request \(index) is \(state): \(oid)") }
      if state == .free || state == .ended, oid.deadline != 0 {
        wrong.append("OID request \(index) is \(state) and has a Timeout")
      }
      for call in [oid.cancellation, oid.completion] where call != 0 {
        if upcall(call, index) != .open { wrong.append("OID request \(index): no call \(call)") }
      }
    }
    if linked != 0 { wrong.append("\(linked) OID requests too many in queues") }
    for index in store.sessions.indices where store.sessions[index].state != .free {
      let count = bySession.removeValue(forKey: index) ?? 0
      if store.sessions[index].oids != count {
        wrong.append("session \(index) is charged \(store.sessions[index].oids), not \(count)")
      }
    }
    if !bySession.isEmpty { wrong.append("OID requests are charged to \(bySession.keys)") }
    for index in store.bindings.indices where store.bindings[index].kind != .free {
      let generation =
        UInt32(truncatingIfNeeded: store.globals[0].generationSalt)
        &+ store.bindings[index].generation
      let calls = (store.upcalls.indices).count {
        let upcall = store.upcalls[$0]
        return upcall.state == .open && upcall.type == .oidRequestComplete
          && upcall.object.index == index.raw && upcall.object.generation == generation
      }
      if calls != Int(store.bindings[index].completions) {
        wrong.append("binding \(index) counts other completions than \(calls)")
      }
    }
  }

  /// The state of an upcall about this request.
  private func upcall(_ id: UInt64, _ oid: Index<OIDRecord>) -> UpcallState? {
    let index = Index<UpcallRecord>(upcall: id)
    guard id != 0, store.upcalls.contains(index), store.upcalls[index].id == id,
      store.upcalls[index].oid == Ref(oid)
    else { return nil }
    return store.upcalls[index].state
  }
}
