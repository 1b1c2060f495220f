// An overlying driver in one page: `ndissim-example-overlying-driver [--adapter NAME]`.
//
// It binds to a miniport with VM queues, the daemon's hosted `vmq0` unless another is named, and
// walks one receive queue from birth to death: allocate it, complete the allocation (now the
// miniport gets shared memory for it), set a filter, receive frames and read them where they lie,
// return them, clear the filter, and free the queue while some of its lists are still out, which
// waits for them. It says each step and exits with 1 when anything is not as it says.
//
// One thread does all. A call that waits runs the handlers meanwhile, and `serve(until:)` runs them
// until they have seen what the driver waits for.

import CNDIS
import Glibc
import NDISDriverKit
import Synchronization

/// Writes a line at once: the reader may be a pipe.
func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

/// Ends the walk when something is not as said.
func expect(_ condition: Bool, _ what: String) throws(DriverError) {
  guard condition else { throw DriverError(status: .failure, sentence: "not as said: \(what)") }
}

final class ExampleOverlyingDriver: ProtocolDriver {
  struct State {
    var frames: [GeneratedFrame] = []
    /// What came and is no frame of a miniport, or has a wrong byte, or is not seen through a view.
    var wrong = 0
    /// What has come and is not returned yet.
    var out: [ReceiveIndication] = []
    /// Queues to which no DMA goes any more.
    var stopped: [UInt32] = []
    /// How FREE_QUEUE ended, and the indications that were still out then.
    var end: (status: Status, out: Int)?
  }
  private let state = Mutex<State>(State())

  /// What the handlers have seen.
  var now: State { state.withLock { $0 } }

  /// NdisReturnNetBufferLists of all that are out.
  func returnLists(on connection: Connection) throws(DriverError) {
    let out = state.withLock { state in
      defer { state.out = [] }
      return state.out
    }
    for indication in out { try connection.returnNetBufferLists(indication) }
  }

  // ProtocolReceiveNetBufferLists: each frame is read in place, through a view of the miniport's
  // memory that this process cannot write. The lists are returned later, outside of this handler: a
  // call that waits runs handlers, and this one inside itself while frames keep coming. Lists that
  // the miniport has lent for the time of this call only are not returned at all.
  func receiveNetBufferLists(_ indication: ReceiveIndication, on connection: Connection) {
    let frames = indication.buffers.map { read($0, of: indication, on: connection) }
    state.withLock { state in
      state.frames += frames.compactMap { $0 }
      state.wrong += frames.count { $0 == nil }
      if !indication.flags.contains(.resources) { state.out.append(indication) }
    }
  }

  /// Checks every byte of a frame. It lies in several parts when its memory does not hang together.
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

  // ProtocolStatusEx: the miniport says that no DMA goes to a queue any more.
  func statusEx(
    _ binding: BindingHandle, context: UInt64, _ indication: StatusIndication, buffer: [UInt8],
    on connection: Connection
  ) {
    guard indication.statusCode == .receiveQueueState,
      let queue = try? ReceiveQueueState(image: buffer), queue.state == .dmaStopped
    else { return }
    state.withLock { $0.stopped.append(queue.queueID) }
  }

  // ProtocolOidRequestComplete, of the one request this driver does not wait for: FREE_QUEUE.
  func oidRequestComplete(_ completion: OIDCompletion, context: UInt64, on connection: Connection) {
    state.withLock { $0.end = (completion.status, $0.out.count) }
  }
}

/// Has the miniport receive frames for the queue, and waits until this driver has them.
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

/// The word behind `--adapter`.
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
  say("bound to \(adapterName())")

  // Birth: the queue exists, then it has memory, then it has a filter and runs.
  let queue = try connection.allocateQueue(
    binding, ReceiveQueueParameters(queueName: "example queue", vmName: "example VM")
  ).queueID
  say("OID_RECEIVE_FILTER_ALLOCATE_QUEUE: queue \(queue)")
  let completed = try connection.completeQueueAllocation(binding, queues: [queue])
  try expect(completed.map(\.completionStatus) == [.success], "the queue has memory")
  say("OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE: the miniport has allocated its memory")
  let address = MACAddress([2, 0, 0, 0, 0, UInt8(truncatingIfNeeded: queue)])
  let filter = try connection.setFilter(
    binding,
    ReceiveFilterParameters(queueID: queue, fields: [.destinationAddress(address.bytes)]))
  say("OID_RECEIVE_FILTER_SET_FILTER: filter \(filter), frames to \(address)")
  let running = try connection.enumerateQueues(binding).first { $0.queueID == queue }
  try expect(running?.state == .running, "the queue runs")

  // Life: frames come in order, each where the miniport's DMA has put it. A miniport that has no
  // free buffer loses frames: eight are sure to have room.
  var frames: [GeneratedFrame] = []
  for _ in 0..<3 {
    frames += try receive(8, queue: queue, binding, driver, on: connection)
    try driver.returnLists(on: connection)
  }
  try expect(frames.map(\.sequence) == Array(0..<24), "the frames come in order")
  try expect(
    frames.allSatisfy { $0.destination == address && $0.queueID == queue },
    "each frame is for this queue")
  say(
    "received 24 frames of \(frames[0].length) bytes: every byte right, "
      + "through a view of the queue's memory")
  say("lists returned")

  // A queue that still has a filter is not freed.
  do throws(DriverError) {
    try connection.freeQueue(binding, queueID: queue)
    try expect(false, "a queue with a filter is not freed")
  } catch {
    guard error.rule == "filtersLeft" else { throw error }
    say("OID_RECEIVE_FILTER_FREE_QUEUE too early: refused with \(error.status)")
    say("  \(error.sentence)")
  }

  // Death: no filter, no DMA, no list out, no memory, in this order.
  let last = try receive(3, queue: queue, binding, driver, on: connection)
  try expect(last.map(\.sequence) == [24, 25, 26], "no frame was lost")
  say("received 3 more, and keeps their lists")
  try connection.clearFilter(binding, queueID: queue, filterID: filter)
  say("OID_RECEIVE_FILTER_CLEAR_FILTER")
  _ = try connection.oidRequest(
    binding,
    OIDRequest(
      .set, OID_RECEIVE_FILTER_FREE_QUEUE,
      input: ReceiveQueueFreeParameters(queueID: queue).image()),
    requestContext: 1)
  try connection.serve { !driver.now.stopped.isEmpty || driver.now.end != nil }
  try expect(driver.now.stopped == [queue], "the miniport says that DMA has stopped")
  try expect(driver.now.end == nil, "FREE_QUEUE does not end while lists are out")
  say("OID_RECEIVE_FILTER_FREE_QUEUE: DMA has stopped; NDIS waits for the 3 lists")
  try driver.returnLists(on: connection)
  say("lists returned")
  try connection.serve { driver.now.end != nil }
  try expect(
    driver.now.end.map { $0.status == .success && $0.out == 0 } == true,
    "FREE_QUEUE ends when no list is out")
  let left = try connection.enumerateQueues(binding)
  try expect(!left.contains { $0.queueID == queue }, "the queue is gone")
  say("OID_RECEIVE_FILTER_FREE_QUEUE: NDIS_STATUS_SUCCESS, the queue is gone")

  try connection.unbindAdapter(binding)
  try connection.deregisterProtocolDriver(handle)
  say("unbound; the walk is over")
} catch {
  say("ndissim-example-overlying-driver: \(error)")
  exit(1)
}
