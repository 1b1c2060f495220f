// An instance for a comparison: a daemon, a driver in this process, and the two processes of the baseline, all
// pinned to processors. The driver must be called in the thread that created the instance.

import NDISPlatform

/// The processors of clients and servers, the same for both sides of a comparison.
struct Placement: Sendable {
  var client: Int
  var server: Int

  var isOneProcessor: Bool { client == server }
}

/// The measured daemon and the baseline.
final class BenchInstance {
  let daemon: BenchDaemon
  let driver: DriverSide
  let floor: FloorSide
  private let before: Processors

  init(_ program: String, _ arguments: [String], _ placement: Placement) throws(BenchFailure) {
    before = try BenchInstance.allowed()
    try BenchInstance.confine(placement.server)
    daemon = try BenchDaemon(program, arguments)
    floor = try FloorSide(directory: daemon.directory) { () throws(BenchFailure) in
      try BenchInstance.confine(placement.server)
    } confineClient: { () throws(BenchFailure) in
      try BenchInstance.confine(placement.client)
    }
    driver = try DriverSide(socketPath: daemon.socketPath)
  }

  deinit {
    // The set was allowed before; if it no longer is, the thread keeps its current one.
    try? before.confineThisThread()
  }

  static func allowed() throws(BenchFailure) -> Processors {
    do throws(SystemError) { return try Processors.allowed() } catch { throw BenchFailure(error) }
  }

  static func confine(_ processor: Int) throws(BenchFailure) {
    do throws(SystemError) {
      try Processors([processor]).confineThisThread()
    } catch { throw BenchFailure(error) }
  }
}
