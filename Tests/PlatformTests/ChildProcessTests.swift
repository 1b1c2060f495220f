// Waiting for one child, pipes to it, and directories that are gone afterwards.

import Glibc
import Testing

@testable import NDISPlatform

@Suite struct ChildProcessTests {
  /// A child that reads its input to the end.
  private func cat(_ pipe: borrowing Pipe) throws -> ChildProcess {
    var how = ChildProcess.Options(
      program: "cat", arguments: [], environment: ProcessEnvironment.entries { $0 == "PATH" })
    how.standardInput = pipe.reading.raw
    return try ChildProcess.start(how)
  }

  @Test func theEndOfAChildIsWaitedForAndItsStatusTaken() throws {
    let pipe = try Pipe()
    let child = try cat(pipe)
    #expect(try child.waitForEnd(milliseconds: 0) == nil)
    let writing = pipe.takeWriteEnd()
    _ = consume writing
    #expect(try child.waitForEnd() == .exited(status: 0))
    #expect(throws: SystemError.self) { try child.waitForEnd(milliseconds: 0) }
  }

  @Test func aChildIsEndedBySIGTERM() throws {
    let pipe = try Pipe()
    let child = try cat(pipe)
    #expect(kill(child.pid, 0) == 0)
    try child.end(timeoutMilliseconds: 60_000)
    #expect(kill(child.pid, 0) == -1)
  }

  @Test func aChildThatDoesNotHearSIGTERMIsKilled() throws {
    let pipe = try Pipe()
    var how = ChildProcess.Options(
      program: "sh", arguments: ["-c", "trap '' TERM; echo deaf; while :; do read line; done"],
      environment: ProcessEnvironment.entries { $0 == "PATH" })
    how.standardOutput = pipe.writing.raw
    let child = try ChildProcess.start(how)
    var byte: UInt8 = 0
    #expect(unsafe read(pipe.reading.raw, &byte, 1) == 1)
    try child.end(timeoutMilliseconds: 0)
    #expect(kill(child.pid, 0) == -1)
  }

  @Test func aTemporaryDirectoryGoesWithAllThatIsInIt() throws {
    let path = try TemporaryDirectory.make(in: "/tmp", prefix: "platform-")
    #expect(path.hasPrefix("/tmp/platform-"))
    #expect(unsafe mkdir(path + "/inner", 0o700) == 0)
    #expect(unsafe symlink("/etc", path + "/inner/link") == 0)
    TemporaryDirectory.remove(path)
    #expect(unsafe access(path, F_OK) == -1)
    #expect(unsafe access("/etc/passwd", F_OK) == 0)
    #expect(throws: SystemError.self) {
      try TemporaryDirectory.make(in: "/nowhere", prefix: "platform-")
    }
  }

  @Test func readinessIsHeardOnce() throws {
    let path = try TemporaryDirectory.make(in: "/tmp", prefix: "platform-")
    defer { TemporaryDirectory.remove(path) }
    let listener = try NotifyListener(path: path + "/notify")
    let ready1 = listener.takeReady()
    #expect(!ready1)
    let sender = Descriptor(owning: socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0))
    func say(_ text: String) throws {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      unsafe withUnsafeMutableBytes(of: &address.sun_path) {
        unsafe $0.copyBytes(from: Array((path + "/notify").utf8))
      }
      let bytes = Array(text.utf8)
      let raw = sender.raw
      let sent = unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe sendto(
            raw, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      #expect(sent == bytes.count)
    }
    try say("STATUS=READY=1 soon")
    let ready2 = listener.takeReady()
    #expect(!ready2)
    try say("READY=1\nSTATUS=here")
    let ready3 = listener.takeReady()
    #expect(ready3)
    let ready4 = listener.takeReady()
    #expect(!ready4)
  }
}
