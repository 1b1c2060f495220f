// The connection to the service manager, against a socket in its place.

import Glibc
import NDISPlatform
import Testing

@testable import NDISServiceManager

extension ServiceManagerTests {
  @Suite struct LinkTests {
    private func withLink(
      limit: Int = 8, watchdog: UInt64? = nil,
      _ body: (ServiceManagerLink, FakeSocket) throws -> Void
    ) throws {
      let manager = try FakeSocket()
      try manager.open()
      try withEnvironment(["NOTIFY_SOCKET": manager.path]) {
        let link = try ServiceManagerLink(
          environment: ServiceEnvironment(
            descriptorLimit: limit, watchdogMilliseconds: watchdog))
        try body(link, manager)
        link.close()
      }
    }

    @Test func whatTheServiceIsArrivesInOneDatagramEach() throws {
      try withLink { link, manager in
        link.ready(status: "Serving 3 adapters\nFDSTORE=1")
        link.flush()
        #expect(manager.receiveText() == "READY=1\nSTATUS=Serving 3 adapters FDSTORE=1")
        link.status("B")
        link.stopping(status: "C")
        link.failed(errno: 12, status: "No memory")
        link.extend(milliseconds: 2_000)
        link.pingWatchdog()
        link.flush()
        for text in [
          "STATUS=B", "STOPPING=1\nSTATUS=C", "ERRNO=12\nSTATUS=No memory",
          "EXTEND_TIMEOUT_USEC=2000000", "WATCHDOG=1",
        ] {
          #expect(manager.receiveText() == text)
        }
        #expect(manager.receive() == nil)
      }
    }

    @Test func aReloadSaysWhenItBeganInTheSameDatagram() throws {
      try withLink { link, manager in
        let before = MonotonicClock.nanoseconds / 1000
        link.reloading(status: "Reading")
        link.ready()
        link.flush()
        let lines = manager.receiveText()?.split(separator: "\n") ?? []
        #expect(lines.first == "RELOADING=1" && lines.last == "STATUS=Reading")
        let time = lines.first { $0.hasPrefix("MONOTONIC_USEC=") }?.dropFirst(15)
        let said = try #require(time.flatMap { UInt64($0) })
        #expect(said >= before && said <= MonotonicClock.nanoseconds / 1000)
        #expect(manager.receiveText() == "READY=1")
      }
    }

    @Test func aDescriptorIsHandedOverUnderItsNameAndIsNamedAsKept() throws {
      try withLink { link, manager in
        let pipe = try Pipe()
        #expect(link.keepsDescriptors)
        #expect(link.store(pipe.reading.raw, name: "m1"))
        link.flush()
        let (bytes, file) = try #require(manager.receive())
        #expect(String(decoding: bytes, as: UTF8.self) == "FDSTORE=1\nFDNAME=m1")
        let received = Descriptor(owning: try #require(file))
        #expect(received.inode == pipe.reading.inode)
        #expect(try link.stored.drain())
        #expect(link.takeOutcomes() == [StorageOutcome(name: "m1", isStored: true)])
        #expect(link.takeOutcomes().isEmpty)
        link.remove("m1")
        link.flush()
        #expect(manager.receiveText() == "FDSTOREREMOVE=1\nFDNAME=m1")
      }
    }

    @Test func whatTheManagerWouldCloseWithoutAWordIsRefusedHere() throws {
      try withLink(limit: 2) { link, manager in
        let pipe = try Pipe()
        link.inherited(1)
        #expect(link.store(pipe.reading.raw, name: "m1"))
        #expect(!link.store(pipe.reading.raw, name: "m2"))
        // A connection that has gone frees its place; the manager drops it by itself.
        link.remove(DescriptorName.connection)
        #expect(link.store(pipe.reading.raw, name: "m3"))
        link.flush()
        #expect(manager.receiveText() == "FDSTORE=1\nFDNAME=m1")
        #expect(manager.receiveText() == "FDSTORE=1\nFDNAME=m3")
        #expect(manager.receive() == nil)
      }
    }

    @Test func withoutAServiceManagerNothingIsSentAndNothingKept() throws {
      try withEnvironment(["NOTIFY_SOCKET": nil, "FDSTORE": "12"]) {
        let link = try ServiceManagerLink()
        let pipe = try Pipe()
        #expect(!link.keepsDescriptors && link.watchdogMilliseconds == nil)
        #expect(!link.store(pipe.reading.raw, name: "m1"))
        link.ready()
        link.flush()
        link.close()
        #expect(!Notifier().isWanted)
      }
    }

    @Test func theEnvironmentSaysWhatIsKeptAndHowLongSilenceMayLast() throws {
      try withEnvironment([
        "FDSTORE": "12", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "\(getpid())",
        "STATE_DIRECTORY": "/var/lib/a:/var/lib/b",
      ]) {
        #expect(ServiceEnvironment.current.descriptorLimit == 12)
        #expect(ServiceEnvironment.current.watchdogMilliseconds == 3_000)
        #expect(ServiceEnvironment.stateDirectory == "/var/lib/a")
      }
      // Another process's watchdog.
      try withEnvironment(["FDSTORE": "many", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"]) {
        #expect(ServiceEnvironment.current.descriptorLimit == 0)
        #expect(ServiceEnvironment.current.watchdogMilliseconds == nil)
      }
    }

    @Test func namesOfSectionsAreShortAndKnownAgain() {
      #expect(DescriptorName.section(inode: 35) == "mz")
      #expect(
        DescriptorName.isSection("mz")
          && DescriptorName.isSection(DescriptorName.section(inode: .max)))
      #expect(
        !DescriptorName.isSection("c") && !DescriptorName.isSection("m-")
          && !DescriptorName.isSection("store"))
    }
  }
}
