// Persistence in a descriptor store (systemd's FDSTORE): the service manager keeps a descriptor of the store,
// of each section's memory, and of the connections of sessions that other clients depend on.

import NDISDriverInterface
import NDISDriverProtocol
import NDISEvents
import NDISHostedDrivers
import NDIS
import NDISPlatform
import NDISSimulator

/// Keeps what the next process needs in a descriptor store.
final class DescriptorPersistence: Persistence {
  private let descriptorStore: any DescriptorStore
  private let onEvent: (Event) -> Void
  /// Replies deferred until their section's memory is stored.
  private var deferred: [Handle: [DeferredReply]] = [:]
  /// Number of stored connections.
  private var connections = 0
  /// The request or upcall that two consecutive processes crashed while handling.
  private var quarantined: InFlightWork?
  /// Whether the probation is over, and when it began.
  private var isStable = false
  private var begun: UInt64 = 0

  /// Maximum number of stored connections: each costs the service manager time at every restart.
  private static let maximumConnections = 512
  /// The probation of a new process, in milliseconds.
  private static let probation: UInt64 = 60_000

  init(_ descriptorStore: any DescriptorStore, onEvent: @escaping (Event) -> Void) {
    self.descriptorStore = descriptorStore
    self.onEvent = onEvent
  }

  func features(of wanted: SessionFeatures) -> SessionFeatures { wanted.intersection(.resume) }

  // MARK: The work in progress

  func beginWork(_ work: InFlightWork, _ simulator: borrowing Simulator) -> Bool {
    simulator.beginWork(work)
    return quarantined != work
  }

  func endWork(_ simulator: borrowing Simulator) { simulator.endWork() }

  func interruptWork(for work: InFlightWork, _ simulator: borrowing Simulator) -> InFlightWork {
    let interrupted = simulator.inFlight
    simulator.beginWork(work)
    return interrupted
  }

  func resumeWork(_ interrupted: InFlightWork, _ simulator: borrowing Simulator) {
    simulator.beginWork(interrupted)
  }

  func endQuarantine(_ simulator: inout Simulator) {
    quarantined = nil
    simulator.clearQuarantine()
  }

  func restoreQuarantine(_ simulator: borrowing Simulator) { quarantined = simulator.quarantined }

  func advance(time: UInt64, _ simulator: inout Simulator) { simulator.advance(time: time) }

  var isOnProbation: Bool { !isStable }

  /// A process that has served the store for a minute did not crash on its contents: clears the quarantine of
  /// internal work. A later crash is unrelated.
  func endProbation(now: UInt64, _ simulator: inout Simulator) {
    if begun == 0 { begun = now }
    guard now &- begun >= DescriptorPersistence.probation else { return }
    isStable = true
    if simulator.lastCrash?.kind == .store { endQuarantine(&simulator) }
  }

  func sessionEnded(_ session: UInt32, _ simulator: inout Simulator) {
    guard let crash = simulator.lastCrash, crash.session == session,
      crash.kind == .request || crash.kind == .answer
    else { return }
    endQuarantine(&simulator)
  }

  // MARK: Hosted drivers

  func row(ofPool number: Int) -> UInt32? { HostRows.pool(number) }

  var miniportPlaces: Range<UInt32> { 0..<HostRows.miniports }

  func beginTransaction(_ simulator: inout Simulator) { simulator.beginTransaction() }

  func commitTransaction(_ simulator: inout Simulator) { simulator.commitTransaction() }

  func delivered(upcall: UInt64, _ simulator: inout Simulator) {
    if upcall != 0 { simulator.note(delivered: upcall) }
  }

  // MARK: Sections

  func store(_ section: Handle, _ memory: SectionMemory, _ simulator: inout Simulator) {
    guard let inode = memory.inode else { return }
    let isStored = memory.isStored(in: descriptorStore)
    memory.keeping = isStored ? .new : .lost
    simulator.note(section: section, inode: inode, keeping: memory.keeping)
    if !isStored { reportNotStored(section, simulator) }
  }

  private func reportNotStored(_ section: Handle, _ simulator: borrowing Simulator) {
    let owner = simulator.adoptedSections.first { $0.handle == section }?.owner ?? Name()
    onEvent(
      .sectionNotPersisted(
        Party(driver: owner), section, limit: UInt64(clamping: descriptorStore.limit))
    )
  }

  func release(_ section: Handle, _ memory: SectionMemory) -> [DeferredReply] {
    guard let inode = memory.inode, memory.keeping != .lost else { return [] }
    descriptorStore.remove(DescriptorName.section(inode: inode))
    return deferred.removeValue(forKey: section) ?? []
  }

  func deferReply(
    _ reply: DeferredReply, _ memories: SectionMemories, _ simulator: inout Simulator
  ) -> Bool {
    if reply.isUpcall {
      guard let section = simulator.completedAllocation(ofUpcall: reply.id)?.details.section,
        memories[section]?.keeping == .new
      else { return false }
      deferred[section, default: []].append(reply)
      return true
    }
    guard let result = simulator.result(session: reply.session, requestID: reply.id),
      result.failure.status == .success
    else { return false }
    let section: Handle
    switch result.value.kind {
    case .section: section = result.value
    case .allocation:
      guard let details = simulator.allocation(result.value) else { return false }
      section = details.section
    default: return false
    }
    guard let memory = memories[section], memory.keeping == .new else { return false }
    deferred[section, default: []].append(reply)
    simulator.deferReply(session: reply.session, requestID: reply.id)
    return true
  }

  func replied(_ reply: DeferredReply, _ simulator: inout Simulator) {
    simulator.releaseReply(session: reply.session, requestID: reply.id)
  }

  func descriptorsStored(
    _ memories: SectionMemories, _ simulator: inout Simulator
  ) -> [DeferredReply] {
    var outcomes: [String: Bool] = [:]
    for kept in descriptorStore.takeOutcomes() { outcomes[kept.name] = kept.isStored }
    var replies: [DeferredReply] = []
    for (section, memory) in memories.all where memory.keeping == .new {
      guard let inode = memory.inode, let isStored = outcomes[DescriptorName.section(inode: inode)]
      else { continue }
      memory.keeping = isStored ? .kept : .lost
      simulator.note(section: section, inode: inode, keeping: memory.keeping)
      if !isStored { reportNotStored(section, simulator) }
      replies += deferred.removeValue(forKey: section) ?? []
    }
    return replies
  }

  var hasDeferredReplies: Bool { !deferred.isEmpty }

  // MARK: Connections

  /// Clients of all other connections, and of those the descriptor store has no space for, reconnect.
  func store(
    _ connection: DriverConnection, _ session: UInt32, _ simulator: inout Simulator
  ) {
    guard !connection.isStored, !connection.cannotBeStored,
      connections < DescriptorPersistence.maximumConnections,
      let descriptor = connection.peer.descriptor, simulator.canResume(session: session),
      simulator.hasObjects(session: session)
    else { return }
    guard let inode = Descriptor.inode(of: descriptor),
      descriptorStore.store(descriptor, name: DescriptorName.connection)
    else {
      connection.cannotBeStored = true
      return
    }
    restored(connection)
    simulator.note(session: session, socket: inode)
  }

  func restored(_ connection: DriverConnection) {
    connection.isStored = true
    connections += 1
  }

  func closed(_ connection: DriverConnection) {
    guard connection.isStored else { return }
    connection.isStored = false
    connections -= 1
    descriptorStore.remove(DescriptorName.connection)
  }

  // MARK: Shutdown

  func retire(_ simulator: borrowing Simulator) {
    simulator.retire()
    descriptorStore.remove(DescriptorName.store)
  }
}
