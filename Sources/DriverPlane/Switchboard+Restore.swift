// Restores a switchboard from the store of an earlier process. The store contains all of NDIS's state; the
// state that a process holds outside it is rebuilt here. Sections get their memory by inode, hosted providers
// their sections and blocks, hosted miniports their outstanding upcalls and replies. The server restores
// connections afterwards.

import NDISDriverInterface
import NDISEvents
import NDISHostedDrivers
import NDIS
import NDISPlatform
import NDISSimulator

extension SwitchboardState {
  /// Restores the state from the store.
  ///
  /// - Throws: `RestoreFailure`; nothing visible to a client has changed.
  static func restore(
    from inherited: InheritedDescriptors, settings: Settings, pools: [PoolSettings],
    miniports: [VMQSettings], persistence: PersistentStore, onEvent: @escaping (Event) -> Void
  ) throws(RestoreFailure) -> SwitchboardState {
    var inherited = inherited
    let host = HostServices()
    let begun = host.milliseconds()
    let simulator: Simulator
    let crash: (work: InFlightWork, crashes: UInt64)?
    do throws(StoreError) {
      crash = try Simulator.examine(StoreBacking.file(persistence.store).memory)
    } catch { throw RestoreFailure("\(error)") }
    var touched: [Range<Int>] = []
    do throws(SystemError) { touched = try persistence.store.touched() } catch {
      throw RestoreFailure("\(error)")
    }
    do throws(StoreError) {
      simulator = try Simulator(
        memory: StoreBacking.file(persistence.store).memory(touched: touched), settings: settings,
        fresh: false)
    } catch { throw RestoreFailure("\(error)") }
    let instance: (UInt64, UInt64)
    do throws(StartFailure) { instance = try newInstance(host) } catch {
      throw RestoreFailure(error.description)
    }
    // Handles and addresses depend on the seed the store was created with.
    var settings = settings
    settings.seed = simulator.seed
    var state = SwitchboardState(
      settings, DescriptorPersistence(persistence.descriptorStore, onEvent: onEvent), onEvent,
      .file(persistence.store), simulator, instance)
    state.restoreHost(&inherited, crash, pools, miniports)
    for name in inherited.closeSections() { persistence.descriptorStore.remove(name) }
    let sessions = state.simulator.adoptedSessions.count { !$0.isHosted && !$0.isEnding }
    onEvent(
      .storeRestored(
        sessions: UInt64(sessions), connections: UInt64(inherited.connections.count),
        blocks: state.statistics.blocks, milliseconds: host.milliseconds() &- begun))
    return state
  }

  private mutating func restoreHost(
    _ inherited: inout InheritedDescriptors, _ crash: (work: InFlightWork, crashes: UInt64)?,
    _ pools: [PoolSettings], _ miniports: [VMQSettings]
  ) {
    readClock()
    simulator.resume(now: now)
    if let crash { report(crash) }
    persistence.restoreQuarantine(simulator)
    restorePools(pools)
    restoreBlocks(in: restoreSections(&inherited))
    reconcile(pools)
    restoreMiniports()
    drain()
    reconcile(miniports)
    persistence.endWork(simulator)
  }

  private mutating func report(_ crash: (work: InFlightWork, crashes: UInt64)) {
    let what: String
    switch crash.work.kind {
    case .nothing: return
    case .request: what = "request"
    case .answer: what = "the answer to upcall"
    case .hosted: what = "upcall"
    case .store: what = "the work that an earlier process left"
    }
    let isOfSession = crash.work.kind == .request || crash.work.kind == .answer
    let known = simulator.adoptedSessions.contains { $0.index == crash.work.session }
    onEvent(
      .crashedWhileHandling(
        isOfSession && known ? simulator.sessionParty(crash.work.session) : Party(), what: what,
        id: crash.work.id, refused: false))
  }

  // MARK: Hosted providers

  /// Restores hosted providers by number; a removed one keeps its number. Changed settings from the
  /// configuration apply from here on, as far as existing sections allow: their pages stay as they are.
  private mutating func restorePools(_ configured: [PoolSettings]) {
    var found: [PoolSettings?] = []
    var changed: [Int] = []
    for number in 0..<Int(HostRows.pools) {
      let row = simulator.hostRow(UInt32(number)).load(as: PoolRow.self)
      var settings = row?.settings
      if row?.isConfigured == 1,
        let newer = configured.first(where: { $0.name == settings?.name }), newer != settings
      {
        settings?.capacity = newer.capacity
        settings?.fill = newer.fill
        settings?.nodes = newer.nodes
        changed.append(number)
      }
      found.append(settings)
    }
    while let last = found.last, last == nil { found.removeLast() }
    pools = found.map { HostedPool($0 ?? PoolSettings(name: "", level: .pool, capacity: 0)) }
    for number in changed { remember(pool: number, isConfigured: true) }
  }

  /// Restores the memory of sections; returns those whose memory was created again.
  private mutating func restoreSections(_ inherited: inout InheritedDescriptors) -> Set<Handle> {
    var remade: Set<Handle> = []
    for section in simulator.adoptedSections {
      if let file = section.inode == 0 ? nil : inherited.takeSection(inode: section.inode),
        let memory = SectionMemory.restore(file, size: section.size)
      {
        memory.keeping = .kept
        memories.insert(memory, for: section.handle)
        if section.keeping != .kept {
          simulator.note(section: section.handle, inode: section.inode, keeping: .kept)
        }
      } else if section.keeping == .new {
        // No client knows of it yet: a hosted provider's memory can be created again, and a process that
        // offered its own repeats the request.
        if let provider = section.hosted {
          remake(section, provider)
          remade.insert(section.handle)
        }
      } else if section.keeping == .kept || section.keeping == .lost {
        simulator.note(section: section.handle, inode: 0, keeping: .lost)
        onEvent(
          .sectionLost(
            Party(driver: section.owner), section.handle, blocks: UInt64(section.blocks)))
      }
      if let provider = section.hosted, Int(provider) < pools.count,
        memories[section.handle] != nil
      {
        simulator.forEachSection(ofHosted: provider) { handle, domain, node, size in
          guard handle == section.handle else { return }
          pools[Int(provider)].add(section: handle, domain: domain, node: node, size: size)
        }
      }
    }
    return remade
  }

  private mutating func remake(_ section: AdoptedSection, _ provider: UInt32) {
    guard Int(provider) < pools.count else { return }
    let settings = pools[Int(provider)].settings
    guard
      let memory = try? SectionMemory.make(
        name: "ndissim:\(settings.name)", size: section.size, hugePages: settings.hugePages)
    else { return }
    hold(memory, for: section.handle)
  }

  private mutating func restoreBlocks(in remade: Set<Handle>) {
    var unfilled: [(provider: Int, block: ProviderAnswer)] = []
    simulator.forEachHostedBlock { provider, section, context, extents in
      guard Int(provider) < pools.count else { return }
      pools[Int(provider)].adopt(section: section, context: context, extents: extents)
      guard remade.contains(section) else { return }
      unfilled.append(
        (
          Int(provider),
          ProviderAnswer(
            status: .success, providerContext: context, section: section,
            extents: ExtentList(extents))
        ))
    }
    for (provider, block) in unfilled { _ = fill(pools[provider].settings.fill, block) }
  }

  /// Makes the hosted providers match the configuration: adds new ones and removes those no longer
  /// configured. Those added at run time stay.
  private mutating func reconcile(_ configured: [PoolSettings]) {
    for number in pools.indices {
      guard simulator.hostedRegistration(UInt32(number), isActive: true) != nil,
        let row = simulator.hostRow(UInt32(number)).load(as: PoolRow.self),
        row.isConfigured != 0,
        !configured.contains(where: { $0.name == pools[number].settings.name })
      else { continue }
      _ = try? remove(hosted: UInt32(number))
    }
    for pool in configured {
      let isThere = pools.indices.contains {
        pools[$0].settings.name == pool.name
          && simulator.hostedRegistration(UInt32($0), isActive: true) != nil
      }
      guard !isThere else { continue }
      do throws(Failure) { _ = try add(pool, isConfigured: true) } catch {
        onEvent(.hostedDriverNotRestored(Party(driver: Name(pool.name)), problem: error.sentence))
      }
    }
    // Upcalls that were outstanding at the crash.
    for id in simulator.unanswered(session: nil) {
      if let provider = simulator.hostedProvider(ofUpcall: id) { serveHosted(provider, id) }
    }
  }

  // MARK: Hosted miniports

  private mutating func restoreMiniports() {
    for number in 0..<HostRows.miniports {
      let first = HostRows.miniport(number)
      guard let row = simulator.hostRow(first + HostRows.own).load(as: MiniportRow.self) else {
        continue
      }
      guard
        simulator.adoptedSessions.contains(where: {
          $0.index == row.session && $0.generation == row.generation && $0.isHosted
        }),
        let driver = VMQMiniport(rows: { simulator.hostRow(first + $0) })
      else {
        forget(place: number)
        continue
      }
      var miniport = HostedMiniport(session: row.session, driver: driver)
      miniport.place = number
      miniport.isConfigured = row.isConfigured != 0
      for index in 0..<min(row.calls, UInt32(HostedMiniport.maximumCalls)) {
        let calls = simulator.hostRow(
          first + HostRows.calls + index / UInt32(CallsRow.count)
        ).load(as: CallsRow.self)
        guard let call = calls?.calls[Int(index) % CallsRow.count] else { continue }
        miniport.calls[call.id] = HostedMiniport.OpenCall(tag: call.tag, freed: call.freed)
      }
      for block in miniport.driver.blocks { learn(block, &miniport.memory) }
      miniports.append(miniport)
    }
    endUnrestoredMiniports()
    for session in miniports.map(\.session) { resume(miniport: session) }
  }

  private func learn(_ block: Handle, _ memory: inout HostedMemory) {
    guard let details = simulator.allocation(block) else { return }
    var extents: [Extent] = []
    simulator.forEachExtent(of: block) { extents.append($0) }
    memory.learn(block, section: details.section, extents: extents, length: details.length)
  }

  /// Ends a hosted session whose miniport's state is missing, as if its process had ended.
  private mutating func endUnrestoredMiniports() {
    for session in simulator.adoptedSessions where session.isHosted && !session.isEnding {
      guard !miniports.contains(where: { $0.session == session.index }) else { continue }
      onEvent(
        .hostedDriverNotRestored(
          simulator.sessionParty(session.index), problem: "its state in the store is damaged"))
      simulator.end(
        session: session.index, reason: "its state could not be restored", now: now)
    }
  }

  /// Delivers outstanding results and upcalls to a miniport.
  private mutating func resume(miniport session: UInt32) {
    guard let index = miniports.firstIndex(where: { $0.session == session }) else { return }
    let calls = miniports[index].calls.keys.sorted()
    let open = Set(miniports[index].calls.values.map(\.tag))
    turn(index) { $0.resume(open: open) }
    for id in calls where simulator.result(session: session, requestID: id) != nil {
      replyToMiniport(session, id)
    }
    for id in simulator.unanswered(session: session, undelivered: true) { call(session, id) }
  }

  /// Makes the hosted miniports match the configuration.
  private mutating func reconcile(_ configured: [VMQSettings]) {
    for miniport in miniports where miniport.isConfigured {
      let name = miniport.driver.settings.name
      if !configured.contains(where: { $0.name == name }) { try? removeMiniport(name) }
    }
    for settings in configured {
      guard !miniports.contains(where: { $0.driver.settings.name == settings.name }) else {
        continue
      }
      do throws(Failure) { _ = try addMiniport(settings, isConfigured: true) } catch {
        onEvent(
          .hostedDriverNotRestored(Party(driver: Name(settings.name)), problem: error.sentence))
      }
    }
  }
}
