// The other side of a comparison: the baseline in C, which sends the same messages and does nothing else.

import Glibc

/// The server and the client of the baseline, two processes.
final class FloorSide {
  private let server: PipedProcess
  private let client: PipedProcess
  private let socket: String

  /// Starts both; each closure runs before its process is started, to set the processors.
  init(
    directory: String, confineServer: () throws(BenchFailure) -> Void,
    confineClient: () throws(BenchFailure) -> Void
  ) throws(BenchFailure) {
    let program = try Bench.find("ndissim-floor")
    socket = directory + "/floor"
    try confineServer()
    server = try PipedProcess(program, ["server", socket])
    _ = try server.readLine()
    try confineClient()
    client = try PipedProcess(program, ["client", socket])
  }

  deinit {
    client.end()
    server.end()
    unsafe unlink(socket)
  }

  func sync(pairs: Int) throws(BenchFailure) -> Round {
    try client.measure("sync \(pairs)")
  }

  func pipelined(requests: Int, window: Int) throws(BenchFailure) -> Round {
    try client.measure("pipelined \(requests) \(window)")
  }
}
