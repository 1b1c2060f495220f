// An overlying driver in one page: `ndissim-example-overlying-driver [--adapter NAME]`.
//
// It binds to a miniport with VM queues, by default the daemon's hosted `vmq0`, and exercises the
// lifecycle of a receive queue: allocate it, complete the allocation (the miniport now allocates its
// shared memory), set a filter, receive frames and read them in place, return them, clear the filter,
// and free the queue, which waits for the outstanding lists. It prints each step and exits with
// status 1 if a check fails.
//
// A single thread does everything. A blocking call runs the handlers meanwhile, and `serve(until:)`
// runs them until a condition holds.

import CNDIS
import Glibc
import NDISDriverKit
import Synchronization

/// Prints a line, unbuffered: standard output may be a pipe.
func printLine(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

/// Ends the example if a check fails.
func expect(_ condition: Bool, _ what: String) throws(DriverError) {
  guard condition else { throw DriverError(status: .failure, sentence: "check failed: \(what)") }
}

final class ExampleOverlyingDriver: ProtocolDriver {
  struct State {
    var frames: [GeneratedFrame] = []
    /// Frames that are invalid, damaged, or not mapped through a view.
    var wrong = 0
    /// Indications that are not returned yet.
    var out: [ReceiveIndication] = []
    /// Queues for which DMA has stopped.
    var stopped: [UInt32] = []
    /// The status of FREE_QUEUE, and the indications outstanding then.
    var end: (status: Status, out: Int)?
  }
  private let state = Mutex<State>(State())

  /// The state of the handlers.
  var now: State { state.withLock { $0 } }

  /// NdisReturnNetBufferLists of all outstanding lists.
  func returnLists(on connection: Connection) throws(DriverError) {
    let out = state.withLock { state in
      defer { state.out = [] }
      return state.out
    }
    for indication in out { try connection.returnNetBufferLists(indication) }
  }

  // ProtocolReceiveNetBufferLists: each frame is read in place, through a view of the miniport's
  // memory that is read-only here. The lists are returned later, outside of this handler: a blocking
  // call runs handlers, and would reenter this one while frames arrive. Lists with NDIS_RECEIVE_FLAGS_
  // RESOURCES belong to the miniport when this returns, and are not returned.
  func receiveNetBufferLists(_ indication: ReceiveIndication, on connection: Connection) {
    let frames = indication.buffers.map { read($0, of: indication, on: connection) }
    state.withLock { state in
      state.frames += frames.compactMap { $0 }
      state.wrong += frames.count { $0 == nil }
      if !indication.flags.contains(.resources) { state.out.append(indication) }
    }
  }

  /// Checks every byte of a frame, which has several parts if its memory is not contiguous.
  private func read(
    _ buffer: ReceiveIndication.Buffer, of indication: ReceiveIndication, on connection: Connection
  ) -> GeneratedFrame? {
    let parts = indication.parts[buffer.parts]
    guard parts.allSatisfy({ connection.view(of: $0.section) != nil }) else { return nil }
    guard parts.count == 1, let part = parts.first else {
      return GeneratedFrame(indication.bytes(of: buffer))
    }
    return unsafe indication.withBytes(of: part) { unsafe GeneratedFrame($0) } ?? nil
  }

  // ProtocolStatusEx: the miniport indicates that DMA to a queue has stopped.
  func statusEx(
    _ binding: BindingHandle, context: UInt64, _ indication: StatusIndication, buffer: [UInt8],
    on connection: Connection
  ) {
    guard indication.statusCode == .receiveQueueState,
      let queue = try? ReceiveQueueState(image: buffer), queue.state == .dmaStopped
    else { return }
    state.withLock { $0.stopped.append(queue.queueID) }
  }

  // ProtocolOidRequestComplete, for the only asynchronous request: FREE_QUEUE.
  func oidRequestComplete(_ completion: OIDCompletion, context: UInt64, on connection: Connection) {
    state.withLock { $0.end = (completion.status, $0.out.count) }
  }
}

/// Generates frames for the queue, and waits until they are received.
func receive(
  _ count: Int, queue: UInt32, _ binding: BindingHandle, _ driver: ExampleOverlyingDriver,
  on connection: Connection
) throws(DriverError) -> [GeneratedFrame] {
  let before = driver.now.frames.count
  try connection.set(
    binding, OID_NDISSIM_GENERATE, GenerateParameters(queueID: queue, count: UInt32(count)))
  try connection.serve { driver.now.frames.count + driver.now.wrong >= before + count }
  try expect(driver.now.wrong == 0, "every byte of every frame is right")
  return Array(driver.now.frames[before...])
}

/// The value of `--adapter`.
func adapterName() -> String {
  let words = CommandLine.arguments
  guard let place = words.firstIndex(of: "--adapter"), place + 1 < words.count else {
    return "vmq0"
  }
  return words[place + 1]
}

do throws(DriverError) {
  let connection = try Connection(name: "example-overlying")
  let driver = ExampleOverlyingDriver()
  let handle = try connection.registerProtocolDriver(driver, name: "example-overlying")
  let binding = try connection.bindAdapter(handle, adapterName: adapterName())
  printLine("bound to \(adapterName())")

  // Set up: the queue is allocated, then it has memory, then it has a filter and runs.
  let queue = try connection.allocateQueue(
    binding, ReceiveQueueParameters(queueName: "example queue", vmName: "example VM")
  ).queueID
  printLine("OID_RECEIVE_FILTER_ALLOCATE_QUEUE: queue \(queue)")
  let completed = try connection.completeQueueAllocation(binding, queues: [queue])
  try expect(completed.map(\.completionStatus) == [.success], "the queue has memory")
  printLine("OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE: the miniport has allocated its memory")
  let address = MACAddress([2, 0, 0, 0, 0, UInt8(truncatingIfNeeded: queue)])
  // No VLAN is tested: frames without a tag, or of VLAN 0.
  var test = ReceiveFilterField.destinationAddress(address.bytes)
  test.flags = .vlanUntaggedOrZero
  let filter = try connection.setFilter(
    binding, ReceiveFilterParameters(queueID: queue, fields: [test]))
  printLine("OID_RECEIVE_FILTER_SET_FILTER: filter \(filter), frames to \(address)")
  let running = try connection.enumerateQueues(binding).first { $0.queueID == queue }
  try expect(running?.state == .running, "the queue runs")

  // Receive: frames arrive in order, each where the miniport's DMA has written it. A miniport without
  // a free buffer drops frames: eight always fit.
  var frames: [GeneratedFrame] = []
  for _ in 0..<3 {
    frames += try receive(8, queue: queue, binding, driver, on: connection)
    try driver.returnLists(on: connection)
  }
  try expect(frames.map(\.sequence) == Array(0..<24), "the frames arrive in order")
  try expect(
    frames.allSatisfy { $0.destination == address && $0.queueID == queue },
    "each frame is for this queue")
  printLine(
    "received 24 frames of \(frames[0].length) bytes: every byte right, "
      + "through a view of the queue's memory")
  printLine("lists returned")

  // A queue that still has a filter is not freed.
  do throws(DriverError) {
    try connection.freeQueue(binding, queueID: queue)
    try expect(false, "a queue with a filter is not freed")
  } catch {
    guard error.rule == "filtersLeft" else { throw error }
    printLine("OID_RECEIVE_FILTER_FREE_QUEUE too early: refused with \(error.status)")
    printLine("  \(error.sentence)")
  }

  // Tear down, in this order: no filter, no DMA, no outstanding list, no memory.
  let last = try receive(3, queue: queue, binding, driver, on: connection)
  try expect(last.map(\.sequence) == [24, 25, 26], "no frame was lost")
  printLine("received 3 more frames, keeping their lists")
  try connection.clearFilter(binding, queueID: queue, filterID: filter)
  printLine("OID_RECEIVE_FILTER_CLEAR_FILTER")
  _ = try connection.oidRequest(
    binding,
    OIDRequest(
      .set, OID_RECEIVE_FILTER_FREE_QUEUE,
      input: ReceiveQueueFreeParameters(queueID: queue).image()),
    requestContext: 1)
  try connection.serve { !driver.now.stopped.isEmpty || driver.now.end != nil }
  try expect(driver.now.stopped == [queue], "the miniport indicates that DMA has stopped")
  try expect(driver.now.end == nil, "FREE_QUEUE does not complete while lists are outstanding")
  printLine("OID_RECEIVE_FILTER_FREE_QUEUE: DMA has stopped; NDIS waits for the 3 lists")
  try driver.returnLists(on: connection)
  printLine("lists returned")
  try connection.serve { driver.now.end != nil }
  try expect(
    driver.now.end.map { $0.status == .success && $0.out == 0 } == true,
    "FREE_QUEUE completes when no list is outstanding")
  let left = try connection.enumerateQueues(binding)
  try expect(!left.contains { $0.queueID == queue }, "the queue is gone")
  printLine("OID_RECEIVE_FILTER_FREE_QUEUE: NDIS_STATUS_SUCCESS, the queue is gone")

  try connection.unbindAdapter(binding)
  try connection.deregisterProtocolDriver(handle)
  printLine("unbound")
} catch {
  printLine("ndissim-example-overlying-driver: \(error)")
  exit(1)
}
