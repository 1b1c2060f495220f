// The journal's client against a socket that plays journald.

import NDISEvents
import Glibc
import NDISServiceManager
import Testing

extension ServiceManagerTests {
  @Suite struct JournalTests {
    @Test(arguments: Samples.all) func entriesArriveWithAllFields(event: Event) throws {
      let journal = try FakeSocket()
      try journal.open()
      var client = JournalClient(path: journal.path)
      expectTrue(client.send(event))
      let entry = try journal.receiveEntry()
      let expected =
        [
          ("MESSAGE", event.sentence), ("PRIORITY", "\(event.kind.priority.rawValue)"),
          ("MESSAGE_ID", event.kind.messageID), ("SYSLOG_IDENTIFIER", "ndissimd"),
        ] + event.fields
      #expect(entry.map(\.name) == expected.map(\.0))
      #expect(entry.map(\.value) == expected.map(\.1))
    }

    @Test func valuesWithLineFeedsAreBinary() throws {
      var entry = JournalEntry()
      entry.append("A", "x\ny")
      entry.append("B", "")
      #expect(
        entry.bytes == Array("A\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0] + Array("x\ny\nB=\n".utf8))
      let fields = try parse(entry.bytes)
      #expect(fields.map(\.value) == ["x\ny", ""])
    }

    @Test func anAbsentJournalIsCountedAndTold() throws {
      let journal = try FakeSocket()
      var client = JournalClient(path: journal.path)
      expectTrue(!client.send(.stopped))  // ENOENT
      try journal.open()
      expectTrue(client.send(.connectionsResumed))
      #expect(try journal.receiveSentence() == Event.entriesDropped(1).sentence)
      #expect(try journal.receiveSentence() == Event.connectionsResumed.sentence)
      // A restart of journald.
      journal.close()
      expectTrue(!client.send(.stopped))
      expectTrue(!client.send(.stopped))
      expectTrue(client.dropped == 2)
      try journal.open()
      expectTrue(client.reportDropped())
      expectTrue(client.dropped == 0)
      #expect(try journal.receiveSentence() == Event.entriesDropped(2).sentence)
    }

    @Test func aFullJournalIsCountedAndTold() throws {
      let journal = try FakeSocket()
      try journal.open()
      var client = JournalClient(path: journal.path)
      var sent = 0
      // The kernel's queue is finite; a client that waited would hang here.
      while sent < 1_000_000, client.send(.stopped) { sent += 1 }
      expectTrue(client.dropped == 1)
      expectTrue(!client.send(.stopped))
      expectTrue(client.dropped == 2)
      for _ in 0..<sent {
        #expect(try journal.receiveSentence() == Event.stopped.sentence)
      }
      expectTrue(client.send(.connectionsResumed))
      #expect(try journal.receiveSentence() == Event.entriesDropped(2).sentence)
      #expect(try journal.receiveSentence() == Event.connectionsResumed.sentence)
    }

    @Test func bigEntriesAreSealedFiles() throws {
      let journal = try FakeSocket()
      try journal.open()
      var client = JournalClient(path: journal.path)
      // More than any send buffer the client can have asked for.
      var entry = JournalEntry()
      entry.append("MESSAGE", String(repeating: "x", count: 20 << 20))
      expectTrue(client.send(entry))
      let received = try #require(journal.receive())
      let payload = received.bytes.count
      #expect(payload == 0)
      let passed = received.file
      let file = try #require(passed)
      defer { close(file) }
      let getSeals: Int32 = 1034
      // SEAL, SHRINK, GROW and WRITE, and not the fifth, which old journals do not accept.
      #expect(fcntl(file, getSeals, 0) == 0xF)
      var bytes = [UInt8](repeating: 0, count: entry.bytes.count + 1)
      let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe pread(file, $0.baseAddress, $0.count, 0)
      }
      expectTrue(Array(bytes.prefix(count)) == entry.bytes)
    }

    @Test func anImpossiblePathOnlyDrops() {
      var client = JournalClient(path: "/" + String(repeating: "x", count: 200))
      expectTrue(!client.send(.stopped))
      expectTrue(client.dropped == 1)
    }
  }
}
