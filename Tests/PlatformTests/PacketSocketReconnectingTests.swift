// Another connection in an old one's place.

import Glibc
import NDISPlatform
import Testing

@Suite struct PacketSocketReconnectingTests {
  /// A listener in a directory of its own, removed after `body`.
  private func withListener(
    backlog: Int32 = 8, _ body: (borrowing PacketSocket, String) throws -> Void
  ) throws {
    let directory = try TemporaryDirectory.make(in: "/tmp", prefix: "ndissim-packet-")
    defer { TemporaryDirectory.remove(directory) }
    let path = directory + "/socket"
    try body(PacketSocket.listener(path: path, backlog: backlog), path)
  }

  @Test func anotherConnectionTakesTheDescriptor() throws {
    try withListener { listener, path in
      let client = try PacketSocket.connect(path: path)
      let number = client.descriptor.raw
      guard let first = try listener.accept() else {
        throw SystemError(errno: EAGAIN, operation: "")
      }
      try client.replace(with: PacketSocket.connectAtOnce(path: path))
      guard let second = try listener.accept() else {
        throw SystemError(errno: EAGAIN, operation: "")
      }
      #expect(client.descriptor.raw == number)
      #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
      #expect(fcntl(number, F_GETFL) & O_NONBLOCK == 0)
      var descriptors = ReceivedDescriptors()
      #expect(try first.receive(upTo: 1, &descriptors).0 == .closed)
      #expect(try client.send([7]) == .sent)
      #expect(try second.receive(upTo: 1, &descriptors).1 == [7])
    }
  }

  @Test func aFullListenerIsNotWaitedFor() throws {
    try withListener(backlog: 1) { listener, path in
      var problem: SocketPathProblem?
      var waiting: [Int32] = []
      defer { for file in waiting { close(file) } }
      for _ in 0..<64 where problem == nil {
        do throws(SocketPathProblem) {
          let descriptor = try PacketSocket.connectAtOnce(path: path).descriptor.duplicateNumber()
          waiting.append(descriptor)
        } catch { problem = error }
      }
      guard case .system(let error)? = problem else {
        Issue.record("\(String(describing: problem))")
        return
      }
      #expect(error.errno == EAGAIN)
    }
  }

  @Test func waitingHasADeadline() throws {
    let pair = try PacketSocket.pair()
    let now = MonotonicClock.nanoseconds
    #expect(try !pair.first.waitToReceive(until: 0))
    #expect(try !pair.first.waitToReceive(until: now + 2_000_000))
    #expect(MonotonicClock.nanoseconds >= now + 2_000_000)
    #expect(try pair.second.send([1]) == .sent)
    #expect(try pair.first.waitToReceive(until: 0))
    try pair.first.shutdown()
    #expect(try pair.second.waitToReceive(until: .max))
  }
}

extension Descriptor {
  fileprivate func duplicateNumber() -> Int32 { fcntl(raw, F_DUPFD_CLOEXEC, 3) }
}
