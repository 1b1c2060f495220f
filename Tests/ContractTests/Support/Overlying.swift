// An overlying driver: it is bound to a hosted miniport, makes queues and gets what they receive. Every
// frame is checked byte by byte where it lies; lists go back at once, or when a test says so.

import CNDIS
import NDIS
import NDISDriverKit
import NDISPlatform
import Testing

/// What an overlying driver was told.
final class FrameTaker: ProtocolDriver {
  struct State {
    var frames: [GeneratedFrame] = []
    /// Frames that were none, or had a wrong byte.
    var damaged = 0
    var flags: [ReceiveFlags] = []
    /// Contiguous parts of each frame.
    var parts: [Int] = []
    var held: [ReceiveIndication] = []
    var statuses: [Status] = []
    var completions: [UInt64: Status] = [:]
    var holds = false
    /// Calls of the receive handler that are open, and the most there were at a time.
    var depth = 0
    var deepest = 0
  }

  let state = Monitor<State>(State())

  func receiveNetBufferLists(_ indication: ReceiveIndication, on connection: Connection) {
    state.withLock {
      $0.depth += 1
      $0.deepest = max($0.deepest, $0.depth)
    }
    defer { state.withLock { $0.depth -= 1 } }
    var frames: [GeneratedFrame] = []
    var damaged = 0
    var parts: [Int] = []
    for list in indication.lists {
      for buffer in indication.buffers[list.buffers] {
        let bytes = indication.bytes(of: buffer).prefix(Int(buffer.dataLength))
        parts.append(buffer.parts.count)
        if let frame = GeneratedFrame(Array(bytes)), frame.queueID == UInt32(list.queueID) {
          frames.append(frame)
        } else {
          damaged += 1
        }
      }
    }
    // First the lists go back: who sees the frames may ask for more at once, and buffers that are out would be
    // missing.
    let holds = state.withLock { $0.holds }
    if !holds { try? connection.returnNetBufferLists(indication) }
    state.withLock { state in
      state.frames += frames
      state.damaged += damaged
      state.parts += parts
      state.flags.append(indication.flags)
      if holds { state.held.append(indication) }
    }
  }

  func statusEx(
    _ binding: BindingHandle, context: UInt64, _ indication: StatusIndication, buffer: [UInt8],
    on connection: Connection
  ) {
    state.withLock { $0.statuses.append(indication.statusCode) }
  }

  func oidRequestComplete(_ completion: OIDCompletion, context: UInt64, on connection: Connection) {
    state.withLock { $0.completions[completion.requestContext] = completion.status }
  }
}

/// A driver bound to a miniport.
struct Overlying {
  let bench: Bench
  let connection: Connection
  let driver: ProtocolDriverHandle
  let taker: FrameTaker
  let binding: BindingHandle

  var frames: [GeneratedFrame] { taker.state.withLock { $0.frames } }

  /// Allocates a queue; its id.
  func allocate(
    _ name: String, _ flags: ReceiveQueueFlags = [.perQueueReceiveIndication],
    lookahead: UInt32 = 0
  ) throws -> UInt32 {
    try connection.allocateQueue(
      binding,
      ReceiveQueueParameters(
        queueName: name, vmName: "vm", flags: flags, lookaheadSize: lookahead, revision: 1)
    ).queueID
  }

  /// Allocates a queue, completes its allocation, sets a filter; both ids.
  func open(
    _ name: String, _ flags: ReceiveQueueFlags = [.perQueueReceiveIndication],
    lookahead: UInt32 = 0
  ) throws -> (queue: UInt32, filter: UInt32) {
    let queue = try allocate(name, flags, lookahead: lookahead)
    #expect(
      try connection.completeQueueAllocation(binding, queues: [queue]).map(\.completionStatus)
        == [.success])
    return (queue, try setFilter(queue))
  }

  func setFilter(_ queue: UInt32 = 0, vport: UInt32 = 0) throws -> UInt32 {
    let id = UInt8(truncatingIfNeeded: max(queue, vport))
    var address = ReceiveFilterField.destinationAddress([2, 0, 0, 0, 0, id])
    address.flags = .vlanUntaggedOrZero
    return try connection.setFilter(
      binding,
      ReceiveFilterParameters(
        queueID: queue, vportID: vport, fields: [address], revision: vport == 0 ? 1 : 2))
  }

  func close(_ open: (queue: UInt32, filter: UInt32)) throws {
    try connection.clearFilter(binding, queueID: open.queue, filterID: open.filter)
    try connection.freeQueue(binding, queueID: open.queue)
  }

  /// Has the miniport receive frames, and waits until this driver has them.
  func take(_ count: UInt32, queue: UInt32 = 0, vport: UInt32 = 0, length: UInt32 = 0) throws {
    let before = frames.count
    try connection.set(
      binding, OID_NDISSIM_GENERATE,
      GenerateParameters(queueID: queue, vportID: vport, count: count, length: length))
    try bench.wait("\(count) frames") { frames.count >= before + Int(count) }
  }

  /// Gives back what was held.
  func returnHeld() throws {
    let held = taker.state.withLock { state in
      defer { state.held = [] }
      return state.held
    }
    for indication in held { try connection.returnNetBufferLists(indication) }
  }

  /// Asks for something without waiting for its end.
  func begin(_ oid: UInt32, _ parameters: some StructureImage, context: UInt64) throws {
    _ = try connection.oidRequest(
      binding, OIDRequest(.set, oid, input: parameters.image()), requestContext: context)
  }

  func end(of context: UInt64) -> Status? { taker.state.withLock { $0.completions[context] } }

  func unbind() throws {
    try connection.unbindAdapter(binding)
    try connection.deregisterProtocolDriver(driver)
  }
}

extension Bench {
  /// Connects a protocol driver and binds it to a hosted miniport.
  func overlying(_ adapter: String, _ name: String = "vsp") throws -> Overlying {
    let connection = try connect(name, isServing: true)
    let taker = FrameTaker()
    let driver = try connection.registerProtocolDriver(taker, name: name)
    return Overlying(
      bench: self, connection: connection, driver: driver, taker: taker,
      binding: try connection.bindAdapter(driver, adapterName: adapter))
  }

  /// Nothing that anybody did was wrong.
  func expectNoViolation(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(
      try statistics().violations == 0, "\(log.suffix(8).joined(separator: "\n"))",
      sourceLocation: sourceLocation)
  }
}
