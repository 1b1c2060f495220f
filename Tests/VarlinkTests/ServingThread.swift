// The other end of a client's socket, in a thread of its own: a real server of the fixture, or
// whatever a test wants a server to do.

import NDISPlatform
import Testing
import NDISVarlink

/// Runs `body` with a client whose server is `serve`; waits for that to end. What `serve` throws is
/// a failure of the test.
func withServer(
  timeoutMilliseconds: Int? = 20_000, maximumMessage: Int = 1 << 22,
  _ serve: @escaping @Sendable (borrowing StreamSocket) throws -> Void,
  _ body: (VarlinkClient) throws -> Void
) throws {
  let (raw, client) = try clientAndServer(timeoutMilliseconds, maximumMessage)
  let thread = try Thread.start(name: "varlink-server") {
    let socket = StreamSocket(adopting: Descriptor(owning: raw))
    do { try serve(socket) } catch { Issue.record("the server: \(error)") }
  }
  let result = Result { try body(client) }
  client.close()
  thread.join()
  try result.get()
}

private func clientAndServer(
  _ timeoutMilliseconds: Int?, _ maximumMessage: Int
) throws -> (Int32, VarlinkClient) {
  let pair = try StreamSocket.pair()
  let raw = try pair.second.descriptor.duplicate().release()
  return (
    raw,
    VarlinkClient(
      adopting: pair.first, timeoutMilliseconds: timeoutMilliseconds,
      maximumMessage: maximumMessage)
  )
}

/// Serves the fixture until the client goes.
@Sendable func serveFixture(_ socket: borrowing StreamSocket) throws {
  let fixture = try FixtureServer()
  let connection = VarlinkConnection(server: fixture.server, peer: try socket.peerCredentials())
  while connection.endReason == nil {
    connection.pump()
    try drain(connection, to: socket)
    if connection.wantsPump { continue }
    var wanted: StreamSocket.Readiness = []
    if connection.wantsInput { wanted.insert(.readable) }
    if connection.pendingOutput > 0 { wanted.insert(.writable) }
    guard !wanted.isEmpty, connection.endReason == nil else { return }
    guard try socket.wait(for: wanted).contains(.readable), connection.wantsInput else { continue }
    if try receive(connection, from: socket) == .closed { connection.inputDidEnd() }
  }
}

private func drain(_ connection: VarlinkConnection, to socket: borrowing StreamSocket) throws {
  var isGone = false
  var bytes: [UInt8] = []
  connection.drain {
    bytes = Array($0)
    return 0
  }
  guard !bytes.isEmpty else { return }
  var count = 0
  switch try socket.write(bytes[...]) {
  case .bytes(let written): count = written
  case .wouldBlock: break
  case .closed: isGone = true
  }
  connection.drain { _ in count }
  if isGone { connection.close() }
}

private func receive(
  _ connection: VarlinkConnection, from socket: borrowing StreamSocket
) throws -> StreamSocket.Read {
  var bytes: [UInt8] = []
  let read = try socket.read(appendingTo: &bytes)
  connection.receive(bytes)
  return read
}

extension StreamSocket {
  /// Writes all, waiting as long as it takes; whether the peer was there to the end.
  @discardableResult
  borrowing func writeAll(_ bytes: [UInt8]) throws -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch try write(rest) {
      case .bytes(let count): rest = rest.dropFirst(count)
      case .wouldBlock: _ = try wait(for: .writable)
      case .closed: return false
      }
    }
    return true
  }

  /// Reads until so many NULs have come, or the end.
  borrowing func readMessages(_ count: Int) throws {
    var bytes: [UInt8] = []
    while bytes.count(where: { $0 == 0 }) < count {
      switch try read(appendingTo: &bytes) {
      case .bytes: continue
      case .wouldBlock: _ = try wait(for: .readable)
      case .closed: return
      }
    }
  }
}
