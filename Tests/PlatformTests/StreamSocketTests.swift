// Stream sockets: bytes, paths, waiting, and the ends of connections.

import Glibc
import NDISPlatform
import Testing

@Suite struct StreamSocketTests {
  @Test func `carries bytes and says when there are none`() throws {
    let pair = try StreamSocket.pair()
    var bytes: [UInt8] = [9]
    #expect(try pair.second.read(appendingTo: &bytes) == .wouldBlock)
    #expect(bytes == [9])
    #expect(try pair.first.write([1, 2, 3, 4]) == .bytes(4))
    #expect(try pair.second.read(appendingTo: &bytes, limit: 3) == .bytes(3))
    #expect(try pair.second.read(appendingTo: &bytes, limit: 3) == .bytes(1))
    #expect(bytes == [9, 1, 2, 3, 4])
    try pair.first.shutdown()
    #expect(try pair.second.read(appendingTo: &bytes) == .closed)
    #expect(try pair.second.write([1]) == .closed)
  }

  @Test func `a writer is told when there is no room, and waits for it`() throws {
    let pair = try StreamSocket.pair()
    let chunk = [UInt8](repeating: 7, count: 1 << 16)
    var sent = 0
    while case .bytes(let count) = try pair.first.write(chunk[...]) { sent += count }
    #expect(try pair.first.write(chunk[...]) == .wouldBlock)
    #expect(try pair.first.wait(for: .writable, until: 0) == [])
    var bytes: [UInt8] = []
    while bytes.count < sent {
      guard case .bytes = try pair.second.read(appendingTo: &bytes) else { break }
    }
    #expect(bytes.count == sent)
    #expect(try pair.first.wait(for: [.readable, .writable]) == .writable)
  }

  @Test func `waiting ends at its deadline, and at once when the peer has gone`() throws {
    let pair = try StreamSocket.pair()
    let deadline = MonotonicClock.nanoseconds + 5_000_000
    #expect(try pair.first.wait(for: .readable, until: deadline) == [])
    #expect(MonotonicClock.nanoseconds >= deadline)
    try pair.second.shutdown()
    #expect(try pair.first.wait(for: .readable).contains(.readable))
  }

  @Test func `listens on a path with its mode, and knows its peer`() throws {
    try withSocketPath { path in
      let listener = try StreamSocket.listener(path: path, mode: 0o666)
      var status = stat()
      #expect(unsafe lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o666)
      #expect(try listener.accept() == nil)
      let client = try StreamSocket.connect(path: path)
      guard let server = try listener.accept() else {
        Issue.record("nobody was waiting")
        return
      }
      let peer = try server.peerCredentials()
      #expect(peer.processID == getpid() && peer.userID == geteuid() && peer.groupID == getegid())
      #expect(try client.write([1]) == .bytes(1))
      var bytes: [UInt8] = []
      #expect(try server.read(appendingTo: &bytes) == .bytes(1))
      #expect(throws: SocketPathProblem.anotherDaemonListens(path: path)) {
        _ = try StreamSocket.listener(path: path)
      }
      // And one of the other kind sees that somebody lives there.
      #expect(throws: SocketPathProblem.anotherDaemonListens(path: path)) {
        _ = try PacketSocket.listener(path: path)
      }
    }
  }

  @Test func `a dead listener's file is replaced, whichever kind it was`() throws {
    try withSocketPath { path in
      do { _ = try PacketSocket.listener(path: path) }
      do { _ = try StreamSocket.listener(path: path) }
      _ = try StreamSocket.listener(path: path)
    }
  }

  @Test func `only a listening stream socket is adopted`() throws {
    try withSocketPath { path in
      let listener = try StreamSocket.listener(path: path)
      let adopted = try StreamSocket.listener(adopting: try listener.descriptor.duplicate())
      #expect(try adopted.accept() == nil)
      let pair = try StreamSocket.pair()
      let connected = try pair.first.descriptor.duplicate().release()
      #expect(throws: SystemError.self) {
        _ = try StreamSocket.listener(adopting: Descriptor(owning: connected))
      }
    }
    try withSocketPath { path in
      let packets = try PacketSocket.listener(path: path)
      let raw = try packets.descriptor.duplicate().release()
      #expect(throws: SystemError.self) {
        _ = try StreamSocket.listener(adopting: Descriptor(owning: raw))
      }
    }
  }

  @Test func `connecting to a listener whose queue is full ends in time`() throws {
    try withSocketPath { path in
      let listener = try StreamSocket.listener(path: path, backlog: 1)
      var problem: SocketPathProblem?
      var raws: [Int32] = []
      defer { for raw in raws { close(raw) } }
      for _ in 0..<16 where problem == nil {
        do throws(SocketPathProblem) {
          let client = try StreamSocket.connect(path: path, timeoutMilliseconds: 10)
          if let copy = try? client.descriptor.duplicate().release() { raws.append(copy) }
        } catch { problem = error }
      }
      guard case .system(let error)? = problem else {
        Issue.record("sixteen connections fit in a queue of one")
        return
      }
      #expect(error.errno == EAGAIN)
      #expect(listener.descriptor.raw >= 0)
    }
  }
}
