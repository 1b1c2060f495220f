// A process without a free descriptor: in a process of its own, since no other test could go on.

import Glibc
import NDISPlatform
import Testing

@Suite struct ExhaustionTests {
  @Test func aSpareLetsAConnectionIn() async {
    await #expect(processExitsWith: .success) {
      try withSocketPath { path in
        let listener = try PacketSocket.listener(path: path)
        var spare = try Spare()
        let waiting = try PacketSocket.connect(path: path)
        let hoard = try takeAllDescriptors()
        #expect(hoard > 0)

        do throws(SystemError) {
          _ = try listener.accept()
          Issue.record("accepted without a descriptor")
        } catch {
          #expect(error.errno == EMFILE)
        }
        try spare.spend { () throws(SystemError) in
          let accepted = try listener.accept() != nil
          #expect(accepted)
        }
        let held = spare.isHeld
        #expect(held)
        var descriptors = ReceivedDescriptors()
        #expect(try waiting.receive(upTo: 1, &descriptors).0 == .closed)
      }
    }
  }

  @Test func descriptorsWithoutRoomAreDroppedAndSaidToBe() async {
    await #expect(processExitsWith: .success) {
      let pair = try PacketSocket.pair()
      #expect(try pair.first.send([5], passing: [0, 0, 0]) == .sent)
      _ = try takeAllDescriptors()
      var descriptors = ReceivedDescriptors()
      let (received, bytes) = try pair.second.receive(upTo: 1, &descriptors)
      #expect(
        received
          == .message(length: 1, truncated: false, descriptorCount: 0, controlTruncated: true))
      #expect(bytes == [5])
    }
  }
}

/// Duplicates descriptors until there are no more, and leaves them open. The calling thread has a table of
/// descriptors of its own from then on: other threads of the process open and close one now and then, to read the
/// number of processors for instance, and would leave it to this thread.
private func takeAllDescriptors() throws -> Int {
  typealias Unshare = @convention(c) (Int32) -> Int32
  guard let symbol = unsafe dlsym(nil, "unshare") else {
    throw SystemError(errno: ENOSYS, operation: "unshare")
  }
  let cloneFiles: Int32 = 0x400
  guard unsafe unsafeBitCast(symbol, to: Unshare.self)(cloneFiles) == 0 else {
    throw SystemError(errno: errno, operation: "unshare(CLONE_FILES)")
  }
  var limit = rlimit(rlim_cur: 256, rlim_max: 256)
  guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
    throw SystemError(errno: errno, operation: "setrlimit")
  }
  var count = 0
  while dup(0) >= 0 { count += 1 }
  return count
}
