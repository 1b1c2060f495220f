// One side of the receive comparison: the processes of a miniport and of an overlying driver, with a daemon or
// the forwarder of the baseline between them. Both kinds have the same commands and replies.

import Glibc
import NDISPlatform

/// The files for the system calls of a traced side's processes.
struct Traces {
  var miniport: String
  var driver: String
  var forwarder: String

  init(in directory: String) {
    miniport = directory + "/miniport-calls"
    driver = directory + "/driver-calls"
    forwarder = directory + "/forwarder-calls"
  }
}

/// A miniport and an overlying driver, in processes of their own.
final class ReceiveSide {
  private let miniport: PipedProcess
  private let driver: PipedProcess
  private let forwarder: PipedProcess?
  private var frames = 0

  /// Ours, on a daemon's socket.
  init(socketPath: String, traces: Traces? = nil) throws(BenchFailure) {
    let program = try Bench.find("ndisctl")
    forwarder = nil
    miniport = try ReceiveSide.start(
      program, ["bench", "worker", "miniport", socketPath], traces?.miniport)
    _ = try miniport.readLine()
    driver = try ReceiveSide.start(
      program, ["bench", "worker", "receiver", socketPath], traces?.driver)
    _ = try driver.readLine()
  }

  /// The three programs of the baseline.
  init(
    floorIn directory: String, _ placement: Placement? = nil, traces: Traces? = nil
  ) throws(BenchFailure) {
    let program = try Bench.find("ndissim-floor")
    let socket = directory + "/receive-floor"
    if let placement { try BenchInstance.confine(placement.server) }
    let forwarder = try ReceiveSide.start(program, ["forwarder", socket], traces?.forwarder)
    _ = try forwarder.readLine()
    if let placement { try BenchInstance.confine(placement.client) }
    self.forwarder = forwarder
    driver = try ReceiveSide.start(program, ["driver", socket], traces?.driver)
    _ = try driver.readLine()
    miniport = try ReceiveSide.start(program, ["miniport", socket], traces?.miniport)
  }

  deinit {
    miniport.end()
    driver.end()
    forwarder?.end()
  }

  private static func start(
    _ program: String, _ arguments: [String], _ trace: String?
  ) throws(BenchFailure) -> PipedProcess {
    guard let trace else { return try PipedProcess(program, arguments) }
    return try PipedProcess(
      try Bench.find("ndissim-floor"), ["count", trace, program] + arguments)
  }

  func measure(_ what: Indications) throws(BenchFailure) -> Round {
    frames += what.count * what.lists
    return try miniport.measure(what.command)
  }

  /// Terminates the driver, which must have received every frame once, undamaged and in order.
  func check() throws(BenchFailure) {
    if forwarder == nil {
      _ = kill(driver.processID, SIGTERM)
    } else {
      // The forwarder disconnects the driver when the miniport has exited.
      miniport.closeInput()
    }
    let words = try driver.readLine()
    guard words == "\(frames) 0" else {
      throw BenchFailure(
        "the driver counted frames and wrong ones as '\(words)', not as '\(frames) 0'")
    }
  }

  /// Terminates all, so that the counts are written.
  func endTraced() throws(BenchFailure) {
    try check()
    miniport.closeInput()
    try miniport.waitForSuccess("the traced miniport")
    try driver.waitForSuccess("the traced driver")
    forwarder?.end()
  }
}

/// Both sides, pinned: miniport and driver to the client's processor, the process between them to the
/// server's.
final class ReceiveInstance {
  let ours: ReceiveSide
  let floor: ReceiveSide
  private let daemon: BenchDaemon

  init(_ program: String, _ placement: Placement) throws(BenchFailure) {
    let before = try BenchInstance.allowed()
    // The set was allowed before; if it no longer is, the thread keeps its current one.
    defer { try? before.confineThisThread() }
    try BenchInstance.confine(placement.server)
    daemon = try BenchDaemon(program)
    try BenchInstance.confine(placement.client)
    ours = try ReceiveSide(socketPath: daemon.socketPath)
    floor = try ReceiveSide(floorIn: daemon.directory, placement)
  }

  /// Checks that both sides received all frames.
  func check() throws(BenchFailure) {
    try ours.check()
    try floor.check()
  }
}
