// What is derived from the store: free slots, page maps, look-up tables, and the objects that still have
// work to do before they are gone. Made from the bytes when a simulator opens them. Every choice made
// with it is canonical (lowest free slot, lowest address), so it does not matter how the state came
// about.

import NDIS

struct Derived: ~Copyable {
  var freeSessions: RecordSet<SessionRecord>
  var freeDrivers: RecordSet<DriverRecord>
  var freeAdapters: RecordSet<AdapterRecord>
  var freeBindings: RecordSet<BindingRecord>
  var freeRegistrations: RecordSet<RegistrationRecord>
  var freeSections: RecordSet<SectionRecord>
  var freeBlocks: RecordSet<BlockRecord>
  var freeExtents: RecordSet<ExtentRecord>
  var freeSites: RecordSet<SiteRecord>
  var freeRequests: RecordSet<RequestRecord>
  var freeUpcalls: RecordSet<UpcallRecord>
  var freeOIDs: RecordSet<OIDRecord>
  var freeQueues: RecordSet<QueueRecord>
  var freeFilters: RecordSet<FilterRecord>
  var freeVPorts: RecordSet<VPortRecord>
  var freeStatuses: RecordSet<StatusRecord>
  var freeIndications: RecordSet<IndicationRecord>
  var freeLists: RecordSet<NetBufferListRecord>
  /// Registrations that may serve requests.
  var activeRegistrations: RecordSet<RegistrationRecord>
  var liveSections: RecordSet<SectionRecord>
  /// Upcalls with a deadline.
  var timedUpcalls: RecordSet<UpcallRecord>
  /// OID requests with a Timeout.
  var timedOIDs: RecordSet<OIDRecord>
  /// Objects with something to do before they are at rest.
  var workSessions: RecordSet<SessionRecord>
  var workDrivers: RecordSet<DriverRecord>
  var workAdapters: RecordSet<AdapterRecord>
  var workBindings: RecordSet<BindingRecord>
  /// Which pages of each section are taken.
  var pageMaps: [PageSet?]
  var sites = SiteIndex()
  var adaptersByName: [Name: Index<AdapterRecord>] = [:]
  var users = UserTable()

  /// `pageMaps`: which pages the blocks of an adopted store have, where that is known already.
  init(_ store: Store, fresh: Bool = false, pageMaps known: [PageSet?]? = nil) {
    let capacities = store.capacities
    freeSessions = RecordSet(IndexSet(fullWithCapacity: capacities.sessions))
    freeDrivers = RecordSet(IndexSet(fullWithCapacity: capacities.drivers))
    freeAdapters = RecordSet(IndexSet(fullWithCapacity: capacities.adapters))
    freeBindings = RecordSet(IndexSet(fullWithCapacity: capacities.bindings))
    freeRegistrations = RecordSet(IndexSet(fullWithCapacity: capacities.registrations))
    freeSections = RecordSet(IndexSet(fullWithCapacity: capacities.sections))
    freeBlocks = RecordSet(IndexSet(fullWithCapacity: capacities.blocks))
    freeExtents = RecordSet(IndexSet(fullWithCapacity: capacities.extents))
    freeSites = RecordSet(IndexSet(fullWithCapacity: capacities.sites))
    freeRequests = RecordSet(IndexSet(fullWithCapacity: capacities.requests))
    freeUpcalls = RecordSet(IndexSet(fullWithCapacity: capacities.upcalls))
    freeOIDs = RecordSet(IndexSet(fullWithCapacity: capacities.oids))
    freeQueues = RecordSet(IndexSet(fullWithCapacity: capacities.queues))
    freeFilters = RecordSet(IndexSet(fullWithCapacity: capacities.filters))
    freeVPorts = RecordSet(IndexSet(fullWithCapacity: capacities.vports))
    freeStatuses = RecordSet(IndexSet(fullWithCapacity: capacities.statuses))
    freeIndications = RecordSet(IndexSet(fullWithCapacity: capacities.indications))
    freeLists = RecordSet(IndexSet(fullWithCapacity: capacities.lists))
    activeRegistrations = RecordSet(IndexSet(capacity: capacities.registrations))
    liveSections = RecordSet(IndexSet(capacity: capacities.sections))
    timedUpcalls = RecordSet(IndexSet(capacity: capacities.upcalls))
    timedOIDs = RecordSet(IndexSet(capacity: capacities.oids))
    workSessions = RecordSet(IndexSet(capacity: capacities.sessions))
    workDrivers = RecordSet(IndexSet(capacity: capacities.drivers))
    workAdapters = RecordSet(IndexSet(capacity: capacities.adapters))
    workBindings = RecordSet(IndexSet(capacity: capacities.bindings))
    pageMaps = known ?? [PageSet?](repeating: nil, count: Int(capacities.sections))
    // A store that was just laid out holds nothing to read.
    if !fresh { adopt(store, hasPages: known != nil) }
  }

  /// Reads the whole store once. Slots whose generation is used up are not free.
  private mutating func adopt(_ store: Store, hasPages: Bool) {
    let last = UInt32.max - UInt32(truncatingIfNeeded: store.globals[0].generationSalt)
    for i in store.sessions.touched {
      let session = store.sessions[i]
      if session.state != 0 {
        freeSessions.remove(i)
        users[session.uid, default: UserUsage()].sessions += 1
        users[session.uid, default: UserUsage()].sections += session.sections
        users[session.uid, default: UserUsage()].objects += session.objects
        users[session.uid, default: UserUsage()].blocks += session.blocks
        users[session.uid, default: UserUsage()].bytes += session.bytes
        if session.state != SessionState.open.rawValue { workSessions.insert(i) }
      } else if session.generation >= last {
        freeSessions.remove(i)
      }
    }
    for i in store.drivers.touched {
      let driver = store.drivers[i]
      if driver.state != 0 {
        freeDrivers.remove(i)
        if driver.state == DriverState.ending.rawValue { workDrivers.insert(i) }
      } else if driver.generation >= last {
        freeDrivers.remove(i)
      }
    }
    for i in store.adapters.touched {
      let adapter = store.adapters[i]
      if adapter.life != .free {
        freeAdapters.remove(i)
        adaptersByName[adapter.name] = i
        workAdapters.insert(i)
      } else if adapter.generation >= last {
        freeAdapters.remove(i)
      }
    }
    for i in store.bindings.touched {
      let binding = store.bindings[i]
      if binding.kind != 0 {
        freeBindings.remove(i)
        workBindings.insert(i)
      } else if binding.generation >= last {
        freeBindings.remove(i)
      }
    }
    for i in store.registrations.touched where store.registrations[i].state != 0 {
      freeRegistrations.remove(i)
      if store.registrations[i].state == RegistrationState.active.rawValue {
        activeRegistrations.insert(i)
      }
    }
    for i in store.sections.touched {
      let section = store.sections[i]
      if section.state != 0 {
        freeSections.remove(i)
        liveSections.insert(i)
        if !hasPages { pageMaps[Int(i)] = PageSet(pageCount: section.pages) }
      } else if section.generation >= last {
        freeSections.remove(i)
      }
    }
    for i in store.extents.touched where store.extents[i].used != 0 {
      freeExtents.remove(i)
    }
    for i in store.blocks.touched {
      if store.blocks[i, \.state] != 0 {
        freeBlocks.remove(i)
        if !hasPages { takePages(of: store.blocks[i], store) }
      } else if store.blocks[i, \.generation] >= last {
        freeBlocks.remove(i)
      }
    }
    for i in store.sites.touched {
      let site = store.sites[i]
      if site.references != 0 { freeSites.remove(i) }
      if !site.site.isEmpty { sites.insert(site.site, i) }
    }
    for i in store.requests.touched where store.requests[i].state != 0 {
      freeRequests.remove(i)
    }
    for i in store.upcalls.touched where store.upcalls[i].state != 0 {
      freeUpcalls.remove(i)
      let state = UpcallState(rawValue: store.upcalls[i].state)
      if store.upcalls[i].deadline != 0, state == .open || state == .pended {
        timedUpcalls.insert(i)
      }
    }
    adoptQueues(store, last)
  }

  /// OID requests, queues and what is indicated.
  private mutating func adoptQueues(_ store: Store, _ last: UInt32) {
    for i in store.oids.touched
    where store.oids[i, \.state] != 0 || store.oids[i, \.generation] >= last {
      freeOIDs.remove(i)
      if store.oids[i, \.deadline] != 0 { timedOIDs.insert(i) }
    }
    // A record being made has an owner before it has a state.
    for i in store.queues.touched
    where !store.queues[i, \.adapter].isNone || store.queues[i, \.generation] >= last {
      freeQueues.remove(i)
    }
    for i in store.filters.touched
    where !store.filters[i, \.adapter].isNone || store.filters[i, \.generation] >= last {
      freeFilters.remove(i)
    }
    for i in store.vports.touched
    where !store.vports[i, \.adapter].isNone || store.vports[i, \.generation] >= last {
      freeVPorts.remove(i)
    }
    for i in store.statuses.touched where store.statuses[i, \.state] != 0 {
      freeStatuses.remove(i)
    }
    for i in store.indications.touched where store.indications[i, \.state] != 0 {
      freeIndications.remove(i)
    }
    for i in store.lists.touched
    where store.listLinks[i].state != 0 || store.lists[i, \.generation] >= last {
      freeLists.remove(i)
    }
  }

  private mutating func takePages(of block: BlockRecord, _ store: Store) {
    guard let section = block.section.optional, block.extents > 0 else { return }
    _ = pageMaps[Int(section)]?.take(start: block.firstPage, count: block.pages)
    var more = block.moreExtents
    while let index = more.optional {
      let extent = store.extents[index]
      _ = pageMaps[Int(section)]?.take(start: extent.firstPage, count: extent.pages)
      more = extent.next
    }
  }
}
