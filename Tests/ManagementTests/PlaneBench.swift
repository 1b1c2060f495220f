// The management plane of a test: a Switchboard, the service and Varlink's state machine in this
// process, without a socket. Drivers are the kit's connections over a queue; providers among them serve
// on a thread of their own, which is why a lock guards the switchboard.

import NDISEvents
import Glibc
import NDISHostedDrivers
import NDIS
import NDISManagementInterface
import NDISDriverKit
import NDISPlatform
import NDISSimulator
import Testing
import NDISVarlink

@testable import NDISDaemon
@testable import NDISDriverPlane
@testable import NDISManagementPlane

/// All tests of management.
@Suite(.serialized) enum ManagementTests {}

/// One reply, as it left the daemon.
struct Answer: Equatable {
  var parameters: JSONObject
  var error: String?
  var continues: Bool
}

/// A management plane with an NDIS behind it.
final class PlaneBench: @unchecked Sendable {
  // Unchecked: all but the lock is touched with the lock held only.
  let lock = Monitor<Bool>(false)
  let switchboard: Switchboard
  let recorder: EventRecorder
  let service: ManagementService
  let plane: ManagementPlane
  /// Milliseconds of the clock that everything is given.
  var time: UInt64 = 1_000_000

  init(
    pools: [PoolSettings] = [PoolSettings(name: "pool", level: .pool)], events: Int = 4096,
    _ change: (inout Settings) -> Void = { _ in }
  ) throws {
    var settings = Settings()
    settings.capacities = .small
    settings.capacities.sessions = 64
    settings.capacities.registrations = 64
    settings.capacities.blocks = 8192
    settings.capacities.requests = 512
    settings.capacities.upcalls = 512
    settings.seed = 1
    change(&settings)
    let recorder = EventRecorder(capacity: events)
    self.recorder = recorder
    switchboard = try Switchboard(
      settings: settings, pools: pools, onEvent: { recorder.record($0) })
    var host = ManagementHost()
    host.report = { recorder.record($0) }
    service = ManagementService(switchboard, recorder, host)
    plane = try ManagementPlane(service)
    switchboard.clock = { [unowned self] in self.time }
  }

  /// Runs `body` with the daemon to itself, then what is left to do.
  func exclusively<Value: Sendable>(_ body: () throws -> Value) throws -> Value {
    let result: Result<Value, any Error> = lock.withLock { _ in
      let result = Result { try body() }
      while switchboard.hasWork { switchboard.tick() }
      return result
    }
    return try result.get()
  }

  // MARK: Management

  func client(uid: UInt32 = getuid()) -> PlaneClient { PlaneClient(self, uid: uid) }

  /// A call of a method that answers once.
  func call<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input, uid: UInt32 = getuid()
  ) throws -> Method.Output {
    let answers = try client(uid: uid).call(Method.name, input.json)
    let answer = try #require(answers.first)
    #expect(answers.count == 1)
    if let error = answer.error { throw PlaneError(name: error, parameters: answer.parameters) }
    return try Method.Output(json: .object(answer.parameters))
  }

  /// All replies to a call with `more`.
  func list<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input
  ) throws -> [Method.Output] {
    try client().call(Method.name, input.json, more: true).map {
      if let error = $0.error { throw PlaneError(name: error, parameters: $0.parameters) }
      return try Method.Output(json: .object($0.parameters))
    }
  }

  func blocks(
    _ filter: SimulatorInterface.BlockFilter? = nil, extents: Bool? = nil
  ) throws -> [SimulatorInterface.Block] {
    try list(SimulatorInterface.ListBlocks.self, .init(filter: filter, withExtents: extents))
      .flatMap(\.blocks)
  }

  func providers() throws -> [SimulatorInterface.Provider] {
    try list(SimulatorInterface.ListProviders.self, .init()).flatMap(\.providers)
  }

  // MARK: Drivers

  func connect(_ name: String, isServing: Bool = false) throws -> Connection {
    let connection = try Connection(transport: PlaneTransport(self), name: name)
    if isServing { try connection.startServing() }
    return connection
  }

  /// A miniport driver with one running adapter of the same name.
  func miniport(_ name: String = "mini") throws -> (connection: Connection, adapter: AdapterHandle)
  {
    let connection = try connect(name)
    let driver = try connection.registerMiniportDriver(
      PlaneMiniport(), name: name, version: NDISVersion(6, 30))
    return (connection, try connection.addAdapter(driver, name: name))
  }
}

/// A miniport driver that does what it must, DMA among it.
final class PlaneMiniport: MiniportDriver {
  func initializeEx(
    _ adapter: AdapterHandle, name: String, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.setMiniportAttributes(adapter, context: adapter.rawValue)
    _ = try connection.registerScatterGatherDMA(adapter)
    return .success
  }
}

/// An error reply.
struct PlaneError: Error, CustomStringConvertible {
  var name: String
  var parameters: JSONObject
  var description: String { "\(name) \(JSON.object(parameters).text)" }
}

/// One management client.
final class PlaneClient {
  private let bench: PlaneBench
  let connection: VarlinkConnection
  private var bytes: [UInt8] = []
  /// Turns of the daemon that were needed so far.
  private(set) var turns = 0

  init(_ bench: PlaneBench, uid: UInt32) {
    self.bench = bench
    connection = VarlinkConnection(
      server: bench.plane.server,
      peer: PacketSocket.Peer(processID: 1, userID: uid, groupID: uid),
      limits: ManagementSockets.limits)
  }

  deinit { connection.close() }

  func send(_ method: String, _ parameters: JSON = [:], more: Bool = false) {
    var call: JSONObject = ["method": .string(method), "parameters": parameters]
    if more { call["more"] = true }
    connection.receive(Array(JSON.object(call).text.utf8) + [0])
  }

  /// One turn of the daemon, as the reactor would give it: at most one step for this client.
  func turn() throws {
    turns += 1
    try bench.exclusively {
      bench.plane.turn(until: MonotonicClock.nanoseconds + 1_000_000)
      connection.pump(budget: 1)
    }
  }

  /// What has been answered, taken from the connection.
  func take() throws -> [Answer] {
    connection.drain { taken in
      bytes += taken
      return taken.count
    }
    var answers: [Answer] = []
    while let end = bytes.firstIndex(of: 0) {
      let json = try JSON(
        parsing: bytes[..<end], limits: JSON.Limits(bytes: 1 << 24, values: 1 << 20))
      bytes.removeFirst(end + 1)
      let message = try JSONObject(json: json)
      let parameters: JSONObject? = try message.optional("parameters")
      answers.append(
        Answer(
          parameters: parameters ?? [:], error: try message.optional("error"),
          continues: try message.optional("continues") ?? false))
    }
    return answers
  }

  /// A call and all its replies.
  func call(_ method: String, _ parameters: JSON = [:], more: Bool = false) throws -> [Answer] {
    send(method, parameters, more: more)
    return try finish()
  }

  /// Turns until the call is answered for good; for half a minute at most, since it may wait for what a
  /// driver's thread does.
  func finish() throws -> [Answer] {
    var answers: [Answer] = []
    let deadline = MonotonicClock.milliseconds + 30_000
    while MonotonicClock.milliseconds < deadline {
      try turn()
      sched_yield()
      answers += try take()
      if answers.last?.continues == false { return answers }
      if connection.endReason != nil { throw PlaneError(name: "closed", parameters: [:]) }
    }
    throw PlaneError(name: "not answered", parameters: [:])
  }
}

/// A driver's connection to the bench.
final class PlaneTransport: Transport, Peer, @unchecked Sendable {
  // Unchecked: `party` is touched with the bench's lock held only.
  private struct Queue {
    var packets: [(bytes: [UInt8], descriptor: Int32)] = []
    var isClosed = false
  }

  private let bench: PlaneBench
  private let queue = Monitor<Queue>(Queue())
  private lazy var party = DriverConnection(peer: self, pid: getpid(), uid: getuid())

  init(_ bench: PlaneBench) {
    self.bench = bench
    _ = party
  }

  func send(_ packet: UnsafeRawBufferPointer, descriptors: [Int32]) throws(DriverError) {
    guard !queue.withLock({ $0.isClosed }) else {
      throw DriverError(.connection, status: .failure, rule: "closed")
    }
    var received = ReceivedDescriptors()
    do {
      if !descriptors.isEmpty {
        // Duplicated by travelling through a pair of sockets.
        let pair = try PacketSocket.pair()
        _ = try unsafe descriptors.withUnsafeBufferPointer { (numbers) throws(SystemError) in
          try unsafe pair.first.send(header: packet, descriptors: numbers)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
        defer { unsafe buffer.deallocate() }
        _ = try unsafe pair.second.receive(into: buffer, descriptors: &received)
      }
      let bytes = unsafe Array(packet)
      try bench.exclusively {
        unsafe bytes.withUnsafeBytes { bytes in
          unsafe bench.switchboard.receive(
            party, bytes, truncated: false, controlTruncated: false, &received)
        }
      }
    } catch { throw DriverError(.connection, status: .failure, sentence: "\(error)") }
  }

  func receive(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(DriverError) -> (length: Int, descriptor: Int32) {
    let packet = queue.wait { queue -> (bytes: [UInt8], descriptor: Int32)? in
      if !queue.packets.isEmpty { return queue.packets.removeFirst() }
      return queue.isClosed ? ([], -1) : nil
    }
    unsafe buffer.copyBytes(from: packet.bytes)
    return (packet.bytes.count, packet.descriptor)
  }

  func close() {
    disconnect()
    try? bench.exclusively {
      bench.switchboard.closed(party, reason: "the connection was closed")
    }
  }

  func deliver(_ packet: UnsafeRawBufferPointer, descriptor: Int32?) {
    let copy = descriptor.map { fcntl($0, F_DUPFD_CLOEXEC, 0) } ?? -1
    let bytes = unsafe Array(packet)
    queue.withLock { $0.packets.append((bytes, copy)) }
    queue.broadcast()
  }

  func disconnect() {
    queue.withLock { $0.isClosed = true }
    queue.broadcast()
  }
}
