// Keeping sections and connections for the next process, and noting what is in hand. A reply that hands out a
// section waits until the service manager has its memory: so a section whose memory is missing after a
// crash is one that nobody was told of.

import NDISDriverInterface
import NDISEvents
import Glibc
import NDISHostedDrivers
import NDIS
import NDISPlatform
import NDISSimulator

extension SwitchboardState {
  // MARK: Sections

  /// Takes a section's memory, and has it kept.
  mutating func hold(_ memory: HeldMemory, for section: Handle) {
    memories[section] = memory
    guard let inode = memory.memory.descriptor.inode else { return }
    heldInodes.insert(inode)
    guard let keeper else { return }
    let isKept = keeper.keep(
      memory.memory.descriptor.raw, name: KeptName.section(inode: inode))
    memory.keeping = isKept ? .new : .lost
    simulator.note(section: section, inode: inode, keeping: memory.keeping)
    if !isKept { sayNotKept(section) }
  }

  private func sayNotKept(_ section: Handle) {
    let owner = simulator.adoptedSections.first { $0.handle == section }?.owner ?? Name()
    onEvent(
      .sectionNotKept(
        Party(driver: owner), section, limit: UInt64(clamping: keeper?.limit ?? 0)))
  }

  /// A section is gone.
  mutating func release(_ section: Handle) {
    guard let held = memories.removeValue(forKey: section),
      let inode = held.memory.descriptor.inode
    else { return }
    heldInodes.remove(inode)
    guard let keeper, held.keeping != .lost else { return }
    keeper.drop(KeptName.section(inode: inode))
    unpark(section)
  }

  /// Has a reply wait for the memory of the section it names; false when it need not.
  mutating func park(_ session: UInt32, _ id: UInt64) -> Bool {
    guard let result = simulator.result(session: session, requestID: id),
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
    guard let held = memories[section], held.keeping == .new else { return false }
    parked[section, default: []].append(ParkedReply(session: session, id: id))
    simulator.holdBack(session: session, requestID: id)
    return true
  }

  /// What was handed over is kept from now on.
  mutating func descriptorsKept() {
    guard let keeper else { return }
    readClock()
    var outcomes: [String: Bool] = [:]
    for kept in keeper.takeKept() { outcomes[kept.name] = kept.isKept }
    for (section, held) in memories where held.keeping == .new {
      guard let inode = held.memory.descriptor.inode,
        let isKept = outcomes[KeptName.section(inode: inode)]
      else { continue }
      held.keeping = isKept ? .kept : .lost
      simulator.note(section: section, inode: inode, keeping: held.keeping)
      if !isKept { sayNotKept(section) }
      unpark(section)
    }
    drain()
  }

  private mutating func unpark(_ section: Handle) {
    for waiting in parked.removeValue(forKey: section) ?? [] { reply(waiting.session, waiting.id) }
  }

  // MARK: Connections

  /// Has the connection of a session kept as soon as others depend on it. Of the others, and of those there is
  /// no room for, the client comes back by itself.
  mutating func keep(_ connection: DriverConnection, _ session: UInt32) {
    guard let keeper, !connection.cannotBeKept, keptConnections < Keeping.maximumConnections,
      let descriptor = connection.peer.descriptor, simulator.canResume(session: session),
      simulator.hasObjects(session: session)
    else { return }
    guard let inode = Descriptor.inode(of: descriptor),
      keeper.keep(descriptor, name: KeptName.connection)
    else {
      connection.cannotBeKept = true
      return
    }
    connection.isKept = true
    keptConnections += 1
    simulator.note(session: session, socket: inode)
  }

  // MARK: What is in hand

  /// Notes what is worked on from now on; false when two processes in a row crashed of just that.
  mutating func take(inHand work: InHand) -> Bool {
    simulator.take(inHand: work)
    return suspect != work
  }

  /// Nothing is suspected of a store that was served from for a minute: a crash of a turn by itself, in a
  /// week, is another matter.
  mutating func settleDown() {
    readClock()
    if begun == 0 { begun = now }
    guard now &- begun >= 60_000 else { return }
    hasSettled = true
    if simulator.lastCrash?.kind == .store { clearSuspect() }
  }

  mutating func putDown() { if keeper != nil { simulator.putDown() } }

  mutating func clearSuspect() {
    suspect = nil
    simulator.clearSuspect()
  }

  /// What two processes crashed of is not tried again; answers with what it fails.
  mutating func refuseSuspect(_ session: UInt32?, _ what: String, _ id: UInt64) -> Failure {
    clearSuspect()
    let party = session.map { simulator.sessionParty($0) } ?? Party()
    onEvent(.diedHandling(party, what: what, id: id, refused: true))
    let failure = Failure(.failure, .handlingCrashed, id, UInt64(session ?? 0))
    // It may have been carried out, and only the telling of it crash.
    if let session { simulator.fail(session: session, requestID: id, failure) }
    return failure
  }

  /// The daemon stops: nothing is left to anybody.
  mutating func retire() {
    simulator.retire()
    keeper?.drop(KeptName.store)
    for section in memories.keys { release(section) }
  }
}
