// A test bed: a daemon, a driver in this process, and the floor's two processes, all put on chosen
// processors. The driver's calls must be made in the thread that made the bed.

import NDISPlatform

/// Where clients and servers run. Both sides of a comparison are placed alike.
struct Placement: Sendable {
  var client: Int
  var server: Int

  var isOneProcessor: Bool { client == server }
}

/// What is measured and what it is measured against, side by side.
final class Bed {
  let daemon: BenchDaemon
  let driver: DriverSide
  let floor: FloorSide
  private let before: Processors

  init(_ program: String, _ arguments: [String], _ placement: Placement) throws(BenchFailure) {
    before = try Bed.allowed()
    try Bed.confine(placement.server)
    daemon = try BenchDaemon(program, arguments)
    floor = try FloorSide(directory: daemon.directory) { () throws(BenchFailure) in
      try Bed.confine(placement.server)
    } confineClient: { () throws(BenchFailure) in
      try Bed.confine(placement.client)
    }
    driver = try DriverSide(socketPath: daemon.socketPath)
  }

  deinit {
    // The set was allowed before; if it no longer is, the thread stays where it is.
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
