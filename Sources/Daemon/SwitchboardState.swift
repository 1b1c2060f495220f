// The switchboard's state and its turns: what a packet, a tick or a closed connection does. A struct that
// is never copied, so that the compiler sees that nothing is changed from two sides; of a class's
// properties it would be checked while it runs, which was a sixth of an allocation's instructions.
//
// Nothing that is called from here (peers, the taker of events) may call the switchboard: the one check
// that is left, in Switchboard, would end the program.

import CNDIS
import DriverProtocol
import Events
import HostedDrivers
import NDIS
import Platform
import Simulator

/// The daemon's state, and what a packet does to it.
@safe struct SwitchboardState: ~Copyable {
  var simulator: Simulator
  var settings: Settings
  var actions: Actions
  var pools: [HostedPool]
  /// Hosted miniports, oldest first.
  var miniports: [HostedMiniport] = []
  /// The miniport that went last, and why it had not come up.
  var lostMiniport: (session: UInt32, failure: Failure?)?
  /// Memory of sections, by the section's handle.
  var memories: [Handle: HeldMemory] = [:]
  var connections = ConnectionTable()
  let onEvent: (Event) -> Void
  /// How long requests and handlers take.
  var latencies = LatencyBook()
  let buffer: UnsafeMutableRawBufferPointer
  private let store: AnonymousMemory
  let instance: (UInt64, UInt64)
  /// Monotonic milliseconds.
  var clock: () -> UInt64 = { MonotonicClock.milliseconds }
  /// The time handed to the turns of one packet, read when it comes.
  private(set) var now: UInt64 = 0

  /// A section's descriptor. A class, so that a dictionary can hold what may not be copied.
  final class HeldMemory {
    let memory: SealedMemory
    init(_ memory: consuming SealedMemory) { self.memory = memory }
  }

  /// Starts NDIS with its hosted providers.
  ///
  /// - Throws: `StartFailure` with a sentence.
  init(
    settings: Settings, pools: [PoolSettings], onEvent: @escaping (Event) -> Void
  ) throws(StartFailure) {
    let memory = try SwitchboardState.reserve(settings)
    let instance: (UInt64, UInt64)
    do throws(SystemError) {
      instance = (try Randomness.bits(), try Randomness.bits())
    } catch { throw StartFailure("\(error)") }
    var actions = Actions()
    let simulator = try SwitchboardState.open(memory, settings, pools, &actions)
    self.init(settings, pools, onEvent, memory, instance, simulator, actions)
    readClock()
    drain()
  }

  private init(
    _ settings: Settings, _ pools: [PoolSettings], _ onEvent: @escaping (Event) -> Void,
    _ store: AnonymousMemory, _ instance: (UInt64, UInt64), _ simulator: consuming Simulator,
    _ actions: consuming Actions
  ) {
    self.simulator = simulator
    self.settings = settings
    self.actions = actions
    self.pools = pools.map { HostedPool($0) }
    self.onEvent = onEvent
    unsafe buffer = .allocate(byteCount: Int(NDISSIM_MAXIMUM_MESSAGE), alignment: 64)
    self.store = store
    self.instance = instance
  }

  deinit { unsafe buffer.deallocate() }

  private static func reserve(_ settings: Settings) throws(StartFailure) -> AnonymousMemory {
    do throws(SystemError) {
      return try AnonymousMemory(size: Simulator.storeSize(settings))
    } catch { throw StartFailure("\(error)") }
  }

  private static func open(
    _ store: AnonymousMemory, _ settings: Settings, _ pools: [PoolSettings],
    _ actions: inout Actions
  ) throws(StartFailure) -> Simulator {
    var simulator: Simulator
    do throws(StoreError) {
      simulator = try Simulator(
        memory: unsafe StoreMemory(base: store.baseAddress, size: store.size), settings: settings,
        fresh: true)
    } catch { throw StartFailure("\(error)") }
    for (index, pool) in pools.enumerated() {
      do throws(Failure) {
        try simulator.registerHosted(
          pool.level, provider: UInt32(index), name: Name(pool.name),
          now: MonotonicClock.milliseconds, &actions)
      } catch { throw StartFailure(error.sentence) }
    }
    return simulator
  }

  // MARK: Packets

  /// A packet has come; `descriptors` that came with it and are not wanted are closed by the caller.
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
      unsafe badHeader(connection, packet, error)
      drain()
      return
    }
    if header.isUpcall {
      unsafe receiveAnswer(connection, header, packet)
    } else if connection.session == nil {
      unsafe hello(connection, header, packet)
    } else {
      unsafe receiveRequest(
        connection, header, packet, count: descriptors.count, cut: truncated || controlTruncated,
        &descriptors)
    }
    drain()
  }

  /// A header that cannot be read. Bytes of another protocol end the connection; a wrong length is
  /// answered, so that the caller does not wait for ever.
  private mutating func badHeader(
    _ connection: DriverConnection, _ packet: UnsafeRawBufferPointer, _ failure: Failure
  ) {
    guard packet.count >= MessageHeader.size else {
      refuse(connection, 0, 0, failure)
      return
    }
    let raw = unsafe packet.loadUnaligned(as: ndissim_header.self)
    if raw.magic == NDISSIM_MAGIC, raw.version == UInt16(NDISSIM_PROTOCOL_VERSION),
      let session = connection.session, raw.flags == 0
    {
      let call = Call(
        session: session, requestID: raw.request_id, type: raw.type, context: 0, irql: .passive)
      simulator.perform(call, .refused(failure), now: now, &actions)
      return
    }
    refuse(connection, raw.request_id, raw.type, failure)
    if raw.magic != NDISSIM_MAGIC || raw.version != UInt16(NDISSIM_PROTOCOL_VERSION) {
      sayGoodbye(connection, failure)
    }
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
    var memory: HeldMemory?
    do throws(Failure) {
      guard header.flags == 0 else {
        throw Failure(.invalidParameter, .unknownFlags, UInt64(header.flags), 0)
      }
      guard let irql = IRQL(rawValue: header.irql) else {
        throw Failure(.invalidParameter, .wrongIRQL, UInt64(header.irql), 15)
      }
      call.irql = irql
      if Int(header.type) == NDISSIM_HELLO { throw Failure(.failure, .helloTwice) }
      let wanted = Int(header.type) == NDISSIM_OFFER_SECTION ? 1 : 0
      guard count == wanted, Int(header.descriptors) == wanted, !cut else {
        throw Failure(
          .invalidParameter, .wrongDescriptorCount, UInt64(count), UInt64(wanted))
      }
      request = try unsafe Decoding.request(header, packet)
      if case .offerSection(_, _, let size, _) = request {
        memory = HeldMemory(try adopt(descriptors.take(0), size: size))
      }
    } catch { request = .refused(error) }
    if LatencyBook.isTimed(header.requestID) {
      latencies.requestCame(session, header.requestID, at: MonotonicClock.nanoseconds)
    }
    simulator.perform(call, request, now: now, &actions)
    if let memory, let made = simulator.result(session: session, requestID: header.requestID),
      made.failure.status == .success, made.value.kind == .section,
      simulator.isLive(section: made.value), memories[made.value] == nil
    {
      memories[made.value] = memory
      // The provider has the descriptor it sent.
      connection.learn(section: made.value.rawValue)
    }
  }

  private func adopt(
    _ descriptor: consuming Descriptor?, size: UInt64
  ) throws(Failure) -> SealedMemory {
    guard let descriptor else { throw Failure(.invalidParameter, .wrongDescriptorCount, 0, 1) }
    guard descriptor.isMemoryFile else {
      BackgroundCloser.close(descriptor.release())
      throw Failure(.invalidParameter, .wrongDescriptor, WrongDescriptor.notMemory.rawValue)
    }
    let memory: SealedMemory
    do throws(SealedMemoryProblem) { memory = try SealedMemory(adopting: descriptor) } catch {
      let wrong: WrongDescriptor =
        switch error {
        case .notAMemoryFile, .system: .notMemory
        case .missingSeals: .notSealed
        case .notReadWrite, .writeSealed: .readOnly
        case .empty, .notWholePages: .wrongSize
        }
      throw Failure(.invalidParameter, .wrongDescriptor, wrong.rawValue)
    }
    guard memory.size == size else {
      throw Failure(.invalidParameter, .wrongDescriptor, WrongDescriptor.wrongSize.rawValue)
    }
    return memory
  }

  private mutating func receiveAnswer(
    _ connection: DriverConnection, _ header: MessageHeader, _ packet: UnsafeRawBufferPointer
  ) {
    guard let session = connection.session, header.isReply else { return }
    if let took = latencies.upcallAnswered(header.requestID, at: MonotonicClock.nanoseconds) {
      connection.latency = connection.latency ?? Histogram()
      connection.latency?.add(nanoseconds: took)
    }
    let answer = unsafe Decoding.answer(header, packet)
    simulator.answer(
      header.requestID, session: session, answer: answer, now: now, &actions)
  }

  // MARK: Time

  /// Lets deadlines pass and does pending work; call it when `hasWork`, and now and then.
  mutating func tick() {
    guard hasDeadlines || hasWork || miniportsNeedTime else { return }
    readClock()
    simulator.expire(now: now, &actions)
    letMiniportsReceive()
    drain()
  }

  /// Takes note of the time.
  mutating func readClock() { now = clock() }

  /// Whether `tick` should be called again at once.
  var hasWork: Bool { simulator.hasWork }

  /// Whether `tick` should be called soon.
  var hasDeadlines: Bool { simulator.hasDeadlines }

  /// When `tick` should be called.
  var pace: Switchboard.Pace {
    hasWork ? .atOnce : hasDeadlines || miniportsNeedTime ? .soon : .whenever
  }

  /// Counters.
  var statistics: Statistics { simulator.statistics(session: nil) }

  /// Live connections with a session.
  var sessions: [DriverConnection] { connections.all }

  /// Ends every session with a reason and finishes all work: the daemon is stopping.
  mutating func shutDown() {
    for connection in sessions {
      sayGoodbye(connection, Failure(.failure, .daemonStopping))
    }
    while simulator.hasWork { drain() }
    endMiniports()
  }
}
