// The switchboard's state and its turns: the effect of a packet, a tick or a closed connection. It is a
// noncopyable struct, so that exclusive access is checked at compile time; run-time checks on a class's
// properties took a sixth of an allocation's instructions.
//
// Nothing called from here (peers, the event sink) may call the switchboard: the one remaining run-time
// exclusivity check, in Switchboard, would trap.

import NDISDriverInterface
import NDISDriverProtocol
import NDISEvents
import NDISHostedDrivers
import NDIS
import NDISPlatform
import NDISSimulator

/// The daemon's state, and the packet handlers.
@safe struct SwitchboardState: ~Copyable {
  var simulator: Simulator
  var settings: Settings
  var pools: [HostedPool]
  /// Hosted miniports, oldest first.
  var miniports: [HostedMiniport] = []
  /// The most recently removed miniport, and why it failed to initialize.
  var lastRemovedMiniport: (session: UInt32, failure: Failure?)?
  /// Memory of sections.
  let memories = SectionMemories()
  var connections = ConnectionTable()
  /// Freed memory of hosted providers, if it is watched.
  var freed: FreedMemory<FreedSectionMemory>?
  /// Freed blocks whose provider has not been called yet, by AllocationHandle.
  var beingFreed: [Handle: FreedBlock] = [:]
  let onEvent: (Event) -> Void
  /// Latencies of requests and handlers.
  var latencies = LatencyBook()
  let buffer: UnsafeMutableRawBufferPointer
  private let store: StoreBacking
  /// The state that outlives the process.
  let persistence: any Persistence
  /// Sessions whose client has to reconnect, with their deadlines.
  var pendingResumes: [UInt32: UInt64] = [:]
  /// When to check next whether their processes exist.
  var nextGraceCheck: UInt64 = 0
  let instance: (UInt64, UInt64)
  /// Called with every request before it is carried out; tests of crash recovery use it.
  var beforeRequest: ((Request) -> Void)?
  var host = HostServices()
  /// The time of all turns of one packet, read on its arrival.
  private(set) var now: UInt64 = 0

  /// Starts NDIS with its hosted providers in a new store.
  ///
  /// - Throws: `StartFailure` with a sentence.
  static func begin(
    settings: Settings, pools: [PoolSettings], persistence: PersistentStore?,
    onEvent: @escaping (Event) -> Void
  ) throws(StartFailure) -> SwitchboardState {
    let store = try StoreBacking(settings, persistence)
    let simulator: Simulator
    do throws(StoreError) {
      simulator = try Simulator(memory: store.memory, settings: settings, fresh: true)
    } catch { throw StartFailure("\(error)") }
    var state = SwitchboardState(
      settings,
      persistence.map { DescriptorPersistence($0.descriptorStore, onEvent: onEvent) }
        ?? NoPersistence(),
      onEvent, store, simulator, try newInstance(HostServices()))
    state.readClock()
    for pool in pools {
      do throws(Failure) { _ = try state.add(pool, isConfigured: true) } catch {
        throw StartFailure(error.sentence)
      }
    }
    return state
  }

  /// All state except the hosted drivers.
  init(
    _ settings: Settings, _ persistence: any Persistence, _ onEvent: @escaping (Event) -> Void,
    _ store: consuming StoreBacking, _ simulator: consuming Simulator, _ instance: (UInt64, UInt64)
  ) {
    self.instance = instance
    self.simulator = simulator
    self.settings = settings
    pools = []
    if settings.watchesFreedMemory { freed = FreedMemory(FreedSectionMemory()) }
    self.onEvent = onEvent
    unsafe buffer = .allocate(byteCount: MessageHeader.maximumMessage, alignment: 64)
    self.store = store
    self.persistence = persistence
  }

  /// A number unique to this start of a daemon.
  static func newInstance(_ host: HostServices) throws(StartFailure) -> (UInt64, UInt64) {
    do throws(SystemError) {
      return (try host.randomBits(), try host.randomBits())
    } catch { throw StartFailure("\(error)") }
  }

  deinit { unsafe buffer.deallocate() }

  // MARK: Packets

  /// Handles a received packet. The caller closes those of its `descriptors` that are not consumed.
  mutating func receive(
    _ connection: DriverConnection, _ packet: UnsafeRawBufferPointer, truncated: Bool,
    controlTruncated: Bool, _ descriptors: inout ReceivedDescriptors
  ) {
    guard !connection.isClosed else { return }
    readClock()
    let header: MessageHeader
    do throws(Failure) {
      header = try unsafe MessageHeader(packet: packet)
    } catch {
      guard !connection.awaitsResume else { return }
      unsafe badHeader(connection, packet, error)
      drain()
      return
    }
    if connection.awaitsResume || header.isResume {
      unsafe resume(connection, header, packet)
    } else if header.isUpcall {
      unsafe receiveAnswer(connection, header, packet)
    } else if connection.session == nil {
      unsafe hello(connection, header, packet)
    } else {
      unsafe receiveRequest(
        connection, header, packet, count: descriptors.count, cut: truncated || controlTruncated,
        &descriptors)
    }
    drain()
    persistence.endWork(simulator)
  }

  /// An unreadable header. Bytes of another protocol close the connection; a wrong length gets a reply, so
  /// that the caller does not wait forever.
  private mutating func badHeader(
    _ connection: DriverConnection, _ packet: UnsafeRawBufferPointer, _ failure: Failure
  ) {
    let refused = unsafe RefusedHeader(packet: packet)
    if refused.isComplete, !refused.isForeign, refused.flags == 0, let session = connection.session
    {
      let call = Call(
        session: session, requestID: refused.requestID, type: refused.type, context: 0,
        irql: .passive)
      simulator.perform(call, .refused(failure), now: now)
      return
    }
    refuse(connection, refused.requestID, refused.type, failure)
    if refused.isForeign { sendGoodbye(connection, failure) }
  }

  private mutating func receiveRequest(
    _ connection: DriverConnection, _ header: MessageHeader, _ packet: UnsafeRawBufferPointer,
    count: Int, cut: Bool, _ descriptors: inout ReceivedDescriptors
  ) {
    guard let session = connection.session else { return }
    var call = Call(
      session: session, requestID: header.requestID, type: header.type, context: header.context,
      irql: .passive)
    var request: Request
    var offered: SectionMemory?
    do throws(Failure) {
      guard header.flags == 0 else {
        throw Failure(.invalidParameter, .unknownFlags, UInt64(header.flags), 0)
      }
      guard let irql = IRQL(rawValue: header.irql) else {
        throw Failure(.invalidParameter, .wrongIRQL, UInt64(header.irql), 15)
      }
      call.irql = irql
      if header.isHello { throw Failure(.failure, .helloTwice) }
      let wanted = header.requestDescriptors
      guard count == wanted, Int(header.descriptors) == wanted, !cut else {
        throw Failure(
          .invalidParameter, .wrongDescriptorCount, UInt64(count), UInt64(wanted))
      }
      request = try unsafe Decoding.request(header, packet)
      if wanted > 0 { offered = try offeredMemory(request, header, session, &descriptors) }
    } catch { request = .refused(error) }
    if !persistence.beginWork(
      InFlightWork(.request, session: session, id: header.requestID), simulator)
    {
      request = .refused(refuseQuarantined(session, "request", header.requestID))
      offered = nil
    }
    beforeRequest?(request)
    if LatencyBook.isTimed(header.requestID) {
      latencies.requestCame(session, header.requestID, at: host.nanoseconds())
    }
    simulator.perform(call, request, now: now)
    if let offered { accept(offered, by: connection, call) }
    persistence.store(connection, session, &simulator)
  }

  private mutating func receiveAnswer(
    _ connection: DriverConnection, _ header: MessageHeader, _ packet: UnsafeRawBufferPointer
  ) {
    guard let session = connection.session, header.isReply else { return }
    if let took = latencies.upcallAnswered(header.requestID, at: host.nanoseconds()) {
      connection.latency = connection.latency ?? Histogram()
      connection.latency?.add(nanoseconds: took)
    }
    var answer = unsafe Decoding.answer(header, packet)
    if !persistence.beginWork(
      InFlightWork(.answer, session: session, id: header.requestID), simulator)
    {
      let failure = refuseQuarantined(session, "the answer to upcall", header.requestID)
      answer = ProviderAnswer(status: failure.status)
    }
    simulator.answer(
      header.requestID, session: session, answer: answer, now: now)
  }

  // MARK: Time

  /// Expires deadlines and does pending work. Call it when `hasWork`, and periodically.
  mutating func tick() {
    if persistence.isOnProbation {
      readClock()
      persistence.endProbation(now: now, &simulator)
    }
    guard
      hasDeadlines || hasWork || miniportsNeedTime || !pendingResumes.isEmpty || hasFreedMemory
    else { return }
    readClock()
    persistence.advance(time: now, &simulator)
    _ = persistence.beginWork(InFlightWork(.store), simulator)
    simulator.expire(now: now)
    if !pendingResumes.isEmpty { endExpiredResumes() }
    generateTimedFrames()
    watchFreedMemory()
    drain()
    persistence.endWork(simulator)
  }

  /// Reads the clock.
  mutating func readClock() { now = host.milliseconds() }

  /// Whether `tick` should be called again immediately.
  var hasWork: Bool { simulator.hasWork || freed?.hasWork(now: now) ?? false }

  /// Whether freed memory is kept out of use.
  var hasFreedMemory: Bool { freed.map { !$0.isEmpty } ?? false }

  /// Whether `tick` should be called soon.
  var hasDeadlines: Bool { simulator.hasDeadlines }

  /// When `tick` should be called.
  var nextWakeup: Switchboard.NextWakeup {
    hasWork
      ? .immediate
      : hasDeadlines || miniportsNeedTime || !pendingResumes.isEmpty || hasFreedMemory
        ? .timer : .idle
  }

  /// Counters.
  var statistics: Statistics { simulator.statistics(session: nil) }

  /// Open connections with a session.
  var sessions: [DriverConnection] { connections.all }

  /// Shutdown: ends every session with a reason and finishes all work. `onProgress` is called repeatedly
  /// meanwhile.
  mutating func shutDown(onProgress: () -> Void) {
    for connection in sessions {
      sendGoodbye(connection, Failure(.failure, .daemonStopping))
    }
    for session in pendingResumes.keys {
      simulator.end(
        session: session, reason: Failure(.failure, .daemonStopping).sentence, now: now)
    }
    pendingResumes = [:]
    while simulator.hasWork {
      drain()
      onProgress()
    }
    endMiniports(onProgress)
    endFreedMemory()
    persistence.retire(simulator)
    for section in memories.all.keys { release(section) }
  }

  // MARK: Quarantine

  /// Returns the failure for work that two processes crashed while handling, and that is refused now.
  mutating func refuseQuarantined(_ session: UInt32?, _ what: String, _ id: UInt64) -> Failure {
    persistence.endQuarantine(&simulator)
    let party = session.map { simulator.sessionParty($0) } ?? Party()
    onEvent(.crashedWhileHandling(party, what: what, id: id, refused: true))
    let failure = Failure(.failure, .handlingCrashed, id, UInt64(session ?? 0))
    // It may have been carried out, with the crash in sending its reply.
    if let session { simulator.fail(session: session, requestID: id, failure) }
    return failure
  }
}
