// The queue, the log for people, the service manager and activation.

import NDISPlatform
import NDISEvents
import Glibc
import NDISServiceManager
import Testing

extension ServiceManagerTests {
  @Suite struct SinkTests {
    @Test func linesForPeople() {
      let time = WallTime(seconds: 0, nanoseconds: 7_000_000)
      let plain = HumanLog(style: .plain).line(.violation(Samples.violation), at: time)
      #expect(plain.dropFirst(5).hasPrefix(":00.007 warning Driver netvsc, adapter eth7, "))
      #expect(plain.hasSuffix(". [doubleFree, 0x7C/0x01]"))
      let prefixed = HumanLog(style: .prefixed).line(.stopped, at: time)
      #expect(prefixed.hasPrefix("<5>") && prefixed.hasSuffix("notice  The simulator stopped."))
      let coloured = HumanLog(style: .coloured).line(.stopped, at: time)
      #expect(coloured.contains("\u{1B}[1mnotice\u{1B}[0m"))
      #expect(!plain.contains("\u{1B}") && !prefixed.contains("\u{1B}"))
    }

    @Test func aReaderThatStoppedDoesNotStopTheLog() throws {
      var pair: [Int32] = [0, 0]
      try #require(unsafe pipe(&pair) == 0)
      defer { for raw in pair { close(raw) } }
      var log = HumanLog(descriptor: pair[1], style: .plain)
      var lines = 0
      while lines < 100_000, log.write(.stopped) { lines += 1 }
      expectTrue(!log.write(.stopped))
      expectTrue(log.dropped == 2)
      var bytes = [UInt8](repeating: 0, count: 1 << 20)
      let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe read(pair[0], $0.baseAddress, $0.count)
      }
      #expect(count > 0)
      expectTrue(log.write(.stopped))
      expectTrue(log.dropped == 0)
    }

    @Test func theSinkServesInOrderAndDrains() throws {
      let journal = try FakeSocket()
      try journal.open()
      let sink = try EventSink(
        minimumPriority: .info, outputs: .init(journalPath: journal.path))
      sink.post(.connectionsResumed)
      sink.post(.sessionOpened(Samples.party))
      sink.flush()
      #expect(try journal.receiveSentence() == Event.connectionsResumed.sentence)
      #expect(try journal.receiveSentence() == Event.sessionOpened(Samples.party).sentence)
      sink.post(.stopped)
      sink.close()
      #expect(try journal.receiveSentence() == Event.stopped.sentence)
      sink.post(.stopped)
      sink.flush()
      sink.close()
      #expect(journal.receive() == nil)
    }

    @Test func unimportantEventsAreNotPosted() throws {
      let journal = try FakeSocket()
      try journal.open()
      let sink = try EventSink(
        minimumPriority: .warning, outputs: .init(journalPath: journal.path))
      sink.post(.stopped)
      sink.post(.entriesDropped(9))
      sink.close()
      #expect(try journal.receiveSentence() == Event.entriesDropped(9).sentence)
      #expect(journal.receive() == nil)
    }

    @Test func aFullQueueIsTold() throws {
      let journal = try FakeSocket()
      try journal.open()
      let sink = try EventSink(capacity: 0, outputs: .init(journalPath: journal.path))
      sink.post(.stopped)
      sink.close()
      #expect(try journal.receiveSentence() == Event.entriesDropped(1).sentence)
    }

    @Test func aFloodIsASummaryInTheLogAndEachIsAnEventToOthers() throws {
      let journal = try FakeSocket()
      try journal.open()
      // Time does not advance, so the window of a flood does not end on a busy machine; and the journal is read
      // as it is written, for the kernel holds only so many datagrams that nobody has read.
      let sink = try EventSink(outputs: .init(journalPath: journal.path), clock: { 1 })
      var sentences: [String] = []
      func read() throws {
        while let bytes = journal.receive()?.bytes { sentences.append(try sentence(bytes)) }
      }
      for _ in 0..<50 {
        sink.post(.violation(Samples.violation))
        sink.flush()
        try read()
      }
      sink.post(.stopped)
      sink.close()
      try read()
      #expect(sentences.prefix(16).allSatisfy { $0 == Event.violation(Samples.violation).sentence })
      try #require(sentences.count == 18)
      #expect(sentences[16] == Event.stopped.sentence)
      #expect(sentences[17].hasPrefix("34 more violations (doubleFree) of driver netvsc"))
      #expect(sink.dropped == 0)
    }

    /// No event comes after the journal: the count has to come by itself.
    @Test func aJournalThatComesLateIsToldByItself() throws {
      let journal = try FakeSocket()
      let sink = try EventSink(outputs: .init(journalPath: journal.path))
      sink.post(.stopped)
      sink.post(.stopped)
      sink.flush()
      #expect(sink.dropped == 2)
      try journal.open()
      #expect(try journal.awaitSentence() == Event.entriesDropped(2).sentence)
      sink.post(.connectionsResumed)
      #expect(try journal.awaitSentence() == Event.connectionsResumed.sentence)
      sink.close()
      #expect(journal.receive() == nil)
    }

    @Test func anotherSocketAtTheSamePathIsFound() throws {
      let journal = try FakeSocket()
      try journal.open()
      let sink = try EventSink(outputs: .init(journalPath: journal.path))
      sink.post(.stopped)
      #expect(try journal.awaitSentence() == Event.stopped.sentence)
      journal.close()
      try journal.open()
      sink.post(.connectionsResumed)
      #expect(try journal.awaitSentence() == Event.connectionsResumed.sentence)
      sink.close()
      #expect(sink.dropped == 0)
    }

    @Test func aJournalThatDoesNotReadDelaysNobodyAndIsToldLater() throws {
      let journal = try FakeSocket()
      try journal.open()
      let sink = try EventSink(capacity: 1 << 20, outputs: .init(journalPath: journal.path))
      // The kernel's queue is finite; a sink that waited would hang in `flush`.
      var posted: UInt64 = 0
      while sink.dropped == 0, posted < 1_000_000 {
        for _ in 0..<1000 { sink.post(.connectionsResumed) }
        posted += 1000
        sink.flush()
      }
      let dropped = sink.dropped
      #expect(dropped > 0)
      var read: UInt64 = 0
      var told = ""
      while told.isEmpty {
        let sentence = try journal.awaitSentence()
        if sentence == Event.connectionsResumed.sentence { read += 1 } else { told = sentence }
      }
      #expect(told == Event.entriesDropped(dropped).sentence)
      #expect(read + dropped == posted)
      sink.close()
    }

    @Test func whatTheQueueLostIsToldAtMostOnceASecond() throws {
      let journal = try FakeSocket()
      try journal.open()
      // Time does not advance: at once and at the end, and never between them.
      let sink = try EventSink(
        capacity: 0, outputs: .init(journalPath: journal.path), clock: { 1 })
      for _ in 0..<1000 { sink.post(.stopped) }
      sink.close()
      var told: [String] = []
      while let bytes = journal.receive()?.bytes { told.append(try sentence(bytes)) }
      #expect((1...2).contains(told.count))
      let numbers = told.compactMap { UInt64($0.split(separator: " ")[0]) }
      #expect(numbers.reduce(0, +) == 1000)
    }

    @Test func outputsFollowTheEnvironment() throws {
      let journal = try FakeSocket()
      var pair: [Int32] = [0, 0]
      try #require(unsafe pipe(&pair) == 0)
      defer { for raw in pair { close(raw) } }
      var file = stat()
      try #require(unsafe fstat(pair[1], &file) == 0)
      let stream = "\(file.st_dev):\(file.st_ino)"
      func detect() -> EventSink.Outputs {
        .detect(descriptor: pair[1], journalPath: journal.path)
      }
      let line = { (log: HumanLog?) in log?.line(.stopped, at: .now) ?? "" }

      try withEnvironment(["JOURNAL_STREAM": stream, "NDISSIM_JOURNAL": nil]) {
        #expect(detect().journalPath == nil)
        #expect(line(detect().human).hasPrefix("<5>"))
        try journal.open()
        #expect(detect().journalPath == journal.path)
        #expect(detect().human == nil)
      }
      try withEnvironment(["JOURNAL_STREAM": "1:2", "NDISSIM_JOURNAL": nil]) {
        #expect(detect().journalPath == nil)
        #expect(line(detect().human).first?.isNumber == true)
      }
      try withEnvironment(["JOURNAL_STREAM": nil, "NDISSIM_JOURNAL": "1"]) {
        #expect(detect().journalPath == journal.path)
        #expect(detect().human != nil)
      }
    }

    @Test func activatedSocketsAreFoundByName() throws {
      let two = Activation(descriptors: [("varlink", 3), ("driver", 4)])
      #expect(two.descriptors(named: "driver") == [4])
      #expect(two.descriptors(named: "other") == [])
      #expect(Activation(descriptors: [("unknown", 3)]).descriptors(named: "driver") == [3])
      // Descriptor 3 is whatever it is; it only becomes close-on-exec.
      if fcntl(3, F_GETFD) < 0 { dup2(0, 3) }
      let names = ["LISTEN_PID": "\(getpid())", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "driver"]
      try withEnvironment(names) {
        let taken = try Activation.take()
        #expect(taken.descriptors.map(\.name) == ["driver"])
        #expect(taken.descriptors(named: "driver") == [3])
        for name in names.keys {
          let isUnset = unsafe getenv(name) == nil
          #expect(isUnset)
        }
      }
      try withEnvironment(["LISTEN_PID": nil, "LISTEN_FDS": nil]) {
        let taken = try Activation.take()
        #expect(taken.descriptors.isEmpty)
      }
      try withEnvironment(["LISTEN_PID": "\(getpid())", "LISTEN_FDS": "x"]) {
        #expect(throws: (any Error).self) { try Activation.take() }
      }
    }
  }
}
