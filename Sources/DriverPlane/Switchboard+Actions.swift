// Carries out the actions of turns: replies, upcalls, calls of hosted providers, released sections, events.
// One queue, served until it is empty; teardown is done in between, in bounded steps.

import NDISDriverInterface
import NDISDriverProtocol
import NDISEvents
import NDISHostedDrivers
import NDIS
import NDISPlatform
import NDISSimulator

extension SwitchboardState {
  /// Carries out actions and steps of teardown, the latter for at most about a millisecond.
  mutating func drain() {
    var next = 0
    var steps = 0
    var begun: UInt64?
    while true {
      while next < simulator.turn.actions.count {
        let action = simulator.turn.actions[next]
        next += 1
        carryOut(action)
      }
      guard steps < 512, simulator.hasWork else { break }
      readClock()
      guard now &- (begun ?? now) < 2 else { break }
      begun = begun ?? now
      steps += 1
      let interrupted = persistence.interruptWork(for: InFlightWork(.store), simulator)
      _ = simulator.step(now: now)
      persistence.resumeWork(interrupted, simulator)
    }
    if next > 0 { simulator.removeActions() }
    // Providers have been called for all of them; what is left has ended without.
    if !beingFreed.isEmpty { beingFreed.removeAll() }
  }

  private mutating func carryOut(_ action: Action) {
    switch action {
    case .reply(let session, let id): reply(session, id)
    case .refuse(let session, let id, let type, let failure):
      if let connection = connections[session] {
        refuse(connection, id, type, failure)
      } else {
        replyToMiniport(session, id, refused: failure)
      }
    case .upcall(let session, let id): call(session, id)
    case .hostedUpcall(let provider, let id): serveHosted(provider, id)
    case .sectionReleased(_, let handle, let session, let hosted):
      release(handle)
      if let hosted, Int(hosted) < pools.count { pools[Int(hosted)].remove(section: handle) }
      // Notifies the provider that offered it, and the processes that have a view of it and may unmap it.
      for connection in connections.all {
        // The views of a process that outlived an earlier daemon are not known here.
        let hadView = connection.unmarkSent(section: handle.rawValue) || connection.wasResumed
        if hadView || connection.session == session, connection.session != nil {
          unsafe send(Encoding.sectionReleased(handle, into: buffer), to: connection)
        }
      }
    case .freed(let block): beingFreed[block.allocation] = block
    case .sessionGone(let session):
      endFreedMemory(of: simulator.number(ofSession: session))
      connections[session] = nil
      pendingResumes[session] = nil
      persistence.sessionEnded(session, &simulator)
      forgetMiniport(session)
    case .event(let event): onEvent(event)
    }
  }

  mutating func send(_ length: Int, to connection: DriverConnection, descriptor: Int32? = nil) {
    guard length > 0, !connection.isClosed, !connection.awaitsResume else { return }
    unsafe connection.peer.deliver(
      UnsafeRawBufferPointer(rebasing: buffer[..<length]), descriptor: descriptor)
  }

  mutating func refuse(
    _ connection: DriverConnection, _ id: UInt64, _ type: UInt16, _ failure: Failure
  ) {
    unsafe send(
      Encoding.failure(id, type, failure, bugCheck: nil, into: buffer), to: connection)
  }

  mutating func reply(_ session: UInt32, _ id: UInt64) {
    if LatencyBook.isTimed(id) {
      latencies.requestAnswered(session, id, at: host.nanoseconds())
    }
    let reply = DeferredReply(session: session, id: id)
    if persistence.deferReply(reply, memories, &simulator) { return }
    guard let connection = connections[session] else { return replyToMiniport(session, id) }
    guard !connection.awaitsResume,
      let result = simulator.result(session: session, requestID: id)
    else { return }
    persistence.replied(reply, &simulator)
    switch result.replyBody {
    case .failure:
      unsafe send(
        Encoding.failure(
          id, result.type, result.failure, bugCheck: result.bugCheck,
          marksExtension: result.bugCheck != nil
            && simulator.replyFeatures(session: session).contains(.bugCheckExtension),
          into: buffer),
        to: connection)
    case .values: unsafe send(Encoding.reply(id, result, into: buffer), to: connection)
    case .allocation: replyAllocation(connection, id, result)
    case .bindParameters: replyBindParameters(connection, id, result)
    case .statistics:
      let descriptors = UInt64(memories.count)
      unsafe send(
        Encoding.statistics(
          id, simulator.statistics(session: session), descriptors: descriptors, into: buffer),
        to: connection)
    }
  }

  private mutating func replyBindParameters(
    _ connection: DriverConnection, _ id: UInt64, _ result: RequestResult
  ) {
    // A repeated reply may name an adapter that has been removed since.
    let revision = UInt8(truncatingIfNeeded: result.value2)
    guard let images = simulator.bindParameters(adapter: result.value, revision: revision) else {
      refuse(
        connection, id, result.type, Failure(.failure, .staleHandle, result.value.rawValue))
      return
    }
    unsafe send(
      Encoding.bindParameters(
        id, images.parameters, receiveFilter: images.receiveFilter, nicSwitch: images.nicSwitch,
        into: buffer), to: connection)
  }

  private mutating func replyAllocation(
    _ connection: DriverConnection, _ id: UInt64, _ result: RequestResult
  ) {
    // A repeated reply may name a block that has been freed since.
    guard let details = simulator.allocation(result.value) else {
      refuse(
        connection, id, result.type, Failure(.failure, .doubleFree, result.value.rawValue))
      return
    }
    let isNew = connection.markSent(section: details.section.rawValue)
    let descriptor = isNew ? memories[details.section]?.descriptor : nil
    let length = unsafe Encoding.allocation(
      id, result, details, withDescriptor: descriptor != nil, into: buffer
    ) { simulator.forEachExtent(of: result.value, $0) }
    send(length, to: connection, descriptor: descriptor)
  }

  // MARK: Upcalls

  /// Sends an upcall, preceded by views of the sections the process does not know yet.
  mutating func call(_ session: UInt32, _ id: UInt64) {
    guard let upcall = simulator.upcall(id) else { return }
    guard let connection = connections[session] else { return callMiniport(session, id, upcall) }
    guard !connection.awaitsResume else { return }
    // Empty for almost every upcall; allocates nothing then.
    var unknown: [Handle] = []
    if case .completedAllocation = upcall.body { return complete(id, upcall, connection) }
    let length = encode(id, upcall, to: connection, &unknown)
    for section in unknown { sendView(of: section, to: connection) }
    guard length > 0 else {
      // Its subject was removed, or our size limit is wrong: nothing may wait for its answer.
      simulator.answer(
        id, session: session, answer: ProviderAnswer(status: .failure), now: now)
      return
    }
    latencies.upcallSent(id, at: host.nanoseconds())
    send(length, to: connection)
  }

  /// Writes an upcall into the buffer; returns 0 if its subject was removed. `unknown` receives the sections
  /// of received lists that the process has no view of.
  private func encode(
    _ id: UInt64, _ upcall: UpcallDetails, to connection: DriverConnection,
    _ unknown: inout [Handle]
  ) -> Int {
    switch upcall.body {
    case .details: return unsafe Encoding.upcall(id, upcall, into: buffer)
    case .oid:
      guard let oid = simulator.oid(ofUpcall: id) else { return 0 }
      return unsafe Encoding.upcall(id, upcall, oid, into: buffer)
    case .status:
      guard let status = simulator.status(ofUpcall: id) else { return 0 }
      return unsafe Encoding.upcall(id, upcall, status, into: buffer)
    case .receivedLists:
      guard let (port, flags, count, hasTags) = simulator.indication(ofUpcall: id) else {
        return 0
      }
      let tags =
        hasTags
        && (connection.session.map { simulator.replyFeatures(session: $0).contains(.tags) } ?? false)
      return unsafe Encoding.upcall(
        id, upcall, port: port, flags: flags, count: count, hasTags: tags, into: buffer
      ) { append in
        simulator.forEachPiece(ofUpcall: id, tags: tags) { piece in
          if case .part(_, let section, _, _) = piece, connection.markSent(view: section.rawValue) {
            unknown.append(section)
          }
          append(piece)
        }
      }
    case .returnedLists:
      return unsafe Encoding.upcall(id, upcall, into: buffer) {
        simulator.forEachReturned(ofUpcall: id, $0)
      }
    case .completedAllocation: return 0
    }
  }

  /// Sends a process a read-only descriptor of a section. If none can be opened, the notification has size 0,
  /// and the next upcall that names the section tries again.
  private mutating func sendView(of section: Handle, to connection: DriverConnection) {
    guard let memory = memories[section] else {
      return connection.unmarkSent(view: section.rawValue)
    }
    memory.withView { view in
      if view == nil { connection.unmarkSent(view: section.rawValue) }
      // The upcall is in the switchboard's buffer meanwhile.
      unsafe withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { small in
        let length = unsafe Encoding.sectionView(
          section, size: view == nil ? 0 : memory.size, into: small)
        guard length > 0, !connection.isClosed else { return }
        unsafe connection.peer.deliver(
          UnsafeRawBufferPointer(rebasing: small[..<length]), descriptor: view)
      }
    }
  }
}
