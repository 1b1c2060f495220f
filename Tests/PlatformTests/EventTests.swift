// The reactor and its sources, threads and monitors, and the limits. Nothing here sleeps: every wait
// is for something that happens, with a generous end for the case that it does not.

import Glibc
import NDISPlatform
import Testing

@Suite struct EventTests {
  @Test func reportsWhatIsReady() throws {
    var reactor = try Reactor()
    var ready: [Reactor.Ready] = []
    let pair = try PacketSocket.pair()
    try reactor.add(pair.first.descriptor.raw, .readable, token: .max)
    try reactor.wait(timeoutMilliseconds: 0, into: &ready)
    #expect(ready == [])
    #expect(try pair.second.send([1]) == .sent)
    for _ in 0..<2 {
      try reactor.wait(timeoutMilliseconds: 0, into: &ready)
      #expect(ready.map(\.token) == [.max])
      #expect(ready.first?.events == .readable)
    }
    try reactor.modify(pair.first.descriptor.raw, .writable, token: 7)
    try reactor.wait(timeoutMilliseconds: 0, into: &ready)
    #expect(ready.map(\.token) == [7])
    #expect(ready.first?.events == .writable)
    try reactor.modify(pair.first.descriptor.raw, .hungUp, token: 8)
    try pair.second.shutdown()
    try reactor.wait(timeoutMilliseconds: 0, into: &ready)
    #expect(ready.first?.events == .hungUp)
    try reactor.remove(pair.first.descriptor.raw)
    try reactor.wait(timeoutMilliseconds: 0, into: &ready)
    #expect(ready == [])
    #expect(throws: SystemError.self) { try reactor.remove(-1) }
  }

  @Test func wakesFromAnotherThread() throws {
    var reactor = try Reactor()
    let wakeup = try Wakeup()
    try reactor.add(wakeup.descriptor.raw, .readable, token: 1)
    #expect(try !wakeup.drain())
    let thread = try Thread.start(name: "a name longer than Linux takes") {
      wakeup.wake()
      wakeup.wake()
    }
    var ready: [Reactor.Ready] = []
    try reactor.wait(timeoutMilliseconds: 10_000, into: &ready)
    #expect(ready.count == 1)
    thread.join()
    #expect(try wakeup.drain())
    #expect(try !wakeup.drain())
  }

  @Test func readsSignals() throws {
    // In a thread of its own: blocking and raising both concern the calling thread only.
    let thread = try Thread.start(name: "signals") {
      do {
        let signals = try Signals()
        #expect(try signals.next() == nil)
        for (number, expected) in [
          (SIGHUP, Signals.Signal.hangUp), (SIGINT, .interrupt), (SIGTERM, .terminate),
        ] {
          raise(number)
          #expect(try signals.next() == expected)
        }
        #expect(try signals.next() == nil)
      } catch { Issue.record(error) }
    }
    thread.join()
  }

  @Test func monitorWaitsForChange() throws {
    let monitor = Monitor(0)
    let thread = try Thread.start(name: "counter") {
      for _ in 0..<1000 {
        monitor.withLock { $0 += 1 }
        monitor.signal()
      }
    }
    let reached = monitor.wait { $0 == 1000 ? $0 : nil }
    #expect(reached == 1000)
    thread.join()
    let missed: Int? = monitor.wait(deadlineNanoseconds: MonotonicClock.nanoseconds) {
      $0 == 0 ? $0 : nil
    }
    #expect(missed == nil)
    #expect(monitor.wait(deadlineNanoseconds: 0) { $0 } == 1000)
    #expect(throws: SystemError.self) {
      try monitor.withLock { _ throws(SystemError) in
        throw SystemError(errno: EIO, operation: "test")
      }
    }
    // The lock was given back.
    #expect(monitor.withLock { $0 } == 1000)
  }

  @Test func threadsHaveNumbers() throws {
    let here = Thread.currentID
    let monitor = Monitor<Int32>(0)
    let thread = try Thread.start(name: "number") {
      monitor.withLock { $0 = Thread.currentID }
    }
    thread.join()
    let there = monitor.withLock { $0 }
    #expect(there > 0)
    #expect(there != here)
  }
}

@Suite struct LimitTests {
  @Test func raisesDescriptors() throws {
    let limit = try Limits.raiseDescriptorLimit()
    #expect(limit >= 256)
    #expect(try Limits.raiseDescriptorLimit() == limit)
    #expect(page >= 4096)
    #expect(try Randomness.bits() != Randomness.bits())
  }

  @Test func spareIsRefilled() throws {
    var spare = try Spare()
    let answer = spare.spend { 42 }
    #expect(answer == 42)
    let held = spare.isHeld
    #expect(held)
  }

  @Test func descriptorsAreOwned() throws {
    let name = try uniqueName("owned")
    let memory = try SealedMemory(name: name, size: page)
    do {
      let second = try memory.descriptor.duplicate()
      #expect(openDescriptors(ofMemory: name) == 2)
      let raw = second.release()
      #expect(openDescriptors(ofMemory: name) == 2)
      _ = Descriptor(owning: raw)
    }
    #expect(openDescriptors(ofMemory: name) == 1)
  }
}
