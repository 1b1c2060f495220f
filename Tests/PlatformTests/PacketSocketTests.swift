// Packet sockets: messages, descriptors, paths, and what happens when something does not fit.

import Glibc
import NDISPlatform
import Testing

@Suite struct PacketSocketTests {
  @Test func carriesMessagesWhole() throws {
    let pair = try PacketSocket.pair()
    #expect(try pair.first.send([1, 2], [3, 4, 5]) == .sent)
    #expect(try pair.first.send([6]) == .sent)
    var descriptors = ReceivedDescriptors()
    let (first, bytes) = try pair.second.receive(upTo: 8, &descriptors)
    #expect(
      first
        == .message(length: 5, truncated: false, descriptorCount: 0, controlTruncated: false))
    #expect(bytes == [1, 2, 3, 4, 5, 0, 0, 0])
    let (_, next) = try pair.second.receive(upTo: 1, &descriptors)
    #expect(next == [6])
    #expect(try pair.second.receive(upTo: 1, &descriptors).0 == .wouldBlock)
    try pair.first.shutdown()
    #expect(try pair.second.receive(upTo: 1, &descriptors, blocking: true).0 == .closed)
  }

  @Test func reportsTruncation() throws {
    let pair = try PacketSocket.pair()
    #expect(try pair.first.send([UInt8](repeating: 9, count: 100)) == .sent)
    var descriptors = ReceivedDescriptors()
    let (received, bytes) = try pair.second.receive(upTo: 10, &descriptors)
    #expect(
      received
        == .message(length: 100, truncated: true, descriptorCount: 0, controlTruncated: false))
    #expect(bytes == [UInt8](repeating: 9, count: 10))
    #expect(try pair.second.receive(upTo: 10, &descriptors).0 == .wouldBlock)
  }

  @Test func passesDescriptorsAndClosesTheUntaken() throws {
    let name = try uniqueName("pass")
    let memory = try SealedMemory(name: name, size: page)
    let pair = try PacketSocket.pair()
    let all = [Int32](repeating: memory.descriptor.raw, count: ReceivedDescriptors.maximum)
    #expect(try pair.first.send([1], passing: all) == .sent)
    #expect(openDescriptors(ofMemory: name) == 1)
    var descriptors = ReceivedDescriptors()
    let (received, _) = try pair.second.receive(upTo: 1, &descriptors)
    #expect(
      received
        == .message(length: 1, truncated: false, descriptorCount: 253, controlTruncated: false))
    #expect(openDescriptors(ofMemory: name) == 254)
    do {
      let taken = descriptors.take(252)
      let again = descriptors.take(252) == nil
      let outside = descriptors.take(253) == nil
      #expect(again && outside)
      descriptors.clear()
      #expect(openDescriptors(ofMemory: name) == 2)
      guard let taken else { throw SystemError(errno: EBADF, operation: "take") }
      let adopted = try SealedMemory(adopting: taken)
      let size = adopted.size
      #expect(size == page)
    }
    #expect(openDescriptors(ofMemory: name) == 1)

    // The next message, and the end of the storage, close what is left as well.
    #expect(try pair.first.send([1], passing: [memory.descriptor.raw]) == .sent)
    #expect(try pair.first.send([2], passing: [memory.descriptor.raw]) == .sent)
    _ = try pair.second.receive(upTo: 1, &descriptors)
    _ = try pair.second.receive(upTo: 1, &descriptors)
    #expect(openDescriptors(ofMemory: name) == 2)
    descriptors = ReceivedDescriptors()
    #expect(openDescriptors(ofMemory: name) == 1)
    #expect(throws: SystemError.self) {
      try pair.first.send([1], passing: all + [memory.descriptor.raw])
    }
  }

  @Test(arguments: [0, 1, 2, 3])
  func controlTruncationLeaksNothing(_ capacity: Int) throws {
    let name = try uniqueName("cut")
    let memory = try SealedMemory(name: name, size: page)
    let pair = try PacketSocket.pair()
    let five = [Int32](repeating: memory.descriptor.raw, count: 5)
    #expect(try pair.first.send([1], passing: five) == .sent)
    var descriptors = ReceivedDescriptors(capacity: capacity)
    let (received, _) = try pair.second.receive(upTo: 1, &descriptors)
    #expect(
      received
        == .message(
          length: 1, truncated: false, descriptorCount: capacity, controlTruncated: true))
    #expect(openDescriptors(ofMemory: name) == 1 + capacity)
    descriptors.clear()
    #expect(openDescriptors(ofMemory: name) == 1)
  }

  @Test func emptyMessageWithDescriptorIsNotTheEnd() throws {
    let memory = try SealedMemory(name: "empty", size: page)
    let pair = try PacketSocket.pair()
    #expect(try pair.first.send([], passing: [memory.descriptor.raw]) == .sent)
    var descriptors = ReceivedDescriptors()
    let (received, _) = try pair.second.receive(upTo: 1, &descriptors)
    #expect(
      received
        == .message(length: 0, truncated: false, descriptorCount: 1, controlTruncated: false))
  }

  @Test func fullSocketWouldBlockAndClosedOneSaysSo() throws {
    let pair = try PacketSocket.pair()
    try pair.first.setBuffers(sendBytes: 4096, receiveBytes: 4096)
    var count = 0
    while try pair.first.send([UInt8](repeating: 0, count: 1000)) == .sent { count += 1 }
    #expect(count > 0)
    try pair.second.shutdown()
    do throws(SystemError) {
      _ = try unsafe pair.first.send(header: UnsafeRawBufferPointer(start: nil, count: 0))
      Issue.record("sent to a closed socket")
    } catch {
      #expect(error.peerIsGone)
    }
  }

  @Test func blockingCallsWaitForTheOtherThread() throws {
    try withSocketPath { path in
      let listener = try PacketSocket.listener(path: path)
      let thread = try Thread.start(name: "client") {
        do {
          let client = try PacketSocket.connect(path: path)
          var descriptors = ReceivedDescriptors()
          let (_, bytes) = try client.receive(upTo: 1, &descriptors, blocking: true)
          _ = try client.send([bytes[0] + 1])
        } catch { Issue.record(error) }
      }
      var reactor = try Reactor()
      try reactor.add(listener.descriptor.raw, .readable, token: 1)
      var ready: [Reactor.Ready] = []
      try reactor.wait(timeoutMilliseconds: 10_000, into: &ready)
      guard let server = try listener.accept() else {
        throw SystemError(errno: EAGAIN, operation: "accept")
      }
      let none = try listener.accept() == nil
      #expect(none)
      let peer = try server.peerCredentials()
      #expect(peer == PacketSocket.Peer(processID: getpid(), userID: getuid(), groupID: getgid()))
      #expect(try server.send([41]) == .sent)
      var descriptors = ReceivedDescriptors()
      // An accepted socket is non-blocking, and waiting on it is possible all the same.
      let (_, bytes) = try server.receive(upTo: 1, &descriptors, blocking: true)
      #expect(bytes == [42])
      thread.join()
    }
  }

  @Test func listenerReplacesOnlyAStaleSocket() throws {
    try withSocketPath { path in
      do {
        let first = try PacketSocket.listener(path: path, mode: 0o660)
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
        #expect(throws: SocketPathProblem.anotherDaemonListens(path: path)) {
          _ = try PacketSocket.listener(path: path)
        }
        withExtendedLifetime(first) {}
      }
      // The file of the first is still there, and nobody listens.
      #expect(unsafe access(path, F_OK) == 0)
      let second = try PacketSocket.listener(path: path)
      let client = try PacketSocket.connect(path: path)
      withExtendedLifetime(second) {}
      withExtendedLifetime(client) {}
    }
    try withSocketPath { path in
      _ = Descriptor(owning: unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600))
      #expect(throws: SocketPathProblem.notASocket(path: path)) {
        _ = try PacketSocket.listener(path: path)
      }
      #expect(unsafe access(path, F_OK) == 0)
    }
  }

  @Test func refusesPathsThatDoNotFit() throws {
    let long = "/tmp/" + String(repeating: "x", count: 103)
    let problem = SocketPathProblem.pathTooLong(path: long, limit: 107)
    #expect(throws: problem) { _ = try PacketSocket.connect(path: long) }
    #expect(throws: problem) { _ = try PacketSocket.listener(path: long) }
    #expect(problem.description.hasSuffix("has 108 bytes, more than the 107 Linux allows"))
    #expect(throws: SocketPathProblem.notAPath("a\0b")) {
      _ = try PacketSocket.connect(path: "a\0b")
    }
    #expect(throws: SocketPathProblem.notAPath("")) { _ = try PacketSocket.listener(path: "") }
    #expect(
      throws: SocketPathProblem.system(
        SystemError(errno: ENOENT, operation: "connect to /nonexistent/s"))
    ) { _ = try PacketSocket.connect(path: "/nonexistent/s") }
  }
}
