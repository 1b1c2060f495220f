// Watching freed memory, without sections: portions, order, what is found and what is given up.

import NDIS
import NDISSimulator
import Testing

@testable import NDISDriverPlane

/// Bytes that stand for a section; a test writes to them.
private final class Memory {
  var bytes: [UInt8]
  var failsToFill = false
  private(set) var touched: [UInt64] = []

  init(_ count: Int) { bytes = [UInt8](repeating: 7, count: count) }

  func note(_ length: UInt64) { touched.append(length) }
}

private struct MemoryAccess: FreedMemoryAccess {
  func fill(_ memory: Memory, offset: UInt64, length: UInt64) -> Bool {
    memory.note(length)
    guard !memory.failsToFill else { return false }
    for place in Int(offset)..<Int(offset + length) { memory.bytes[place] = 0xEE }
    return true
  }

  func firstChange(_ memory: Memory, offset: UInt64, length: UInt64) -> UInt64? {
    memory.note(length)
    return (Int(offset)..<Int(offset + length)).first { memory.bytes[$0] != 0xEE }.map {
      UInt64($0)
    }
  }
}

@Suite struct FreedMemoryTests {
  private typealias Freed = FreedMemory<MemoryAccess>
  private let memory = Memory(1 << 20)

  /// Three kilobytes in two extents, at a place of its own.
  private func block(_ number: UInt64, session: UInt32 = 1) -> Freed.Block {
    Freed.Block(
      freed: FreedBlock(allocation: Handle(rawValue: number), session: session), provider: 0,
      section: .null, context: number, memory: memory,
      extents: [
        Extent(offset: number << 13, length: 1024),
        Extent(offset: number << 13 + 4096, length: 2048),
      ])
  }

  private func freed(turn: UInt64 = 1 << 20, kept: UInt64 = 1 << 20) -> Freed {
    Freed(MemoryAccess(), Freed.Limits(turn: turn, kept: kept, time: 1_000))
  }

  /// What became of blocks: the context of a released one, and where a changed one was written.
  private func said(_ outcomes: [Freed.Outcome]) -> [String] {
    outcomes.map {
      switch $0 {
      case .changed(let block, let offset): "\(block.allocation.rawValue) at \(offset)"
      case .released(_, _, let context): "\(context) released"
      }
    }
  }

  @Test func `freed memory is filled at once and released after its time`() {
    var freed = freed()
    freed.add(block(1), now: 10)
    #expect(freed.hasWork(now: 10) && said(freed.work(now: 10)) == [])
    #expect(memory.bytes[8192..<9216].allSatisfy { $0 == 0xEE } && memory.bytes[9216] == 7)
    #expect(!freed.hasWork(now: 1_009) && said(freed.work(now: 1_009)) == [] && freed.bytes == 3072)
    #expect(freed.hasWork(now: 1_010) && said(freed.work(now: 1_010)) == ["1 released"])
    #expect(freed.isEmpty && freed.bytes == 0)
  }

  @Test(
    "a write to freed memory is found, with its offset in the block",
    arguments: [(8192, 0), (9215, 1023), (8192 + 4096, 1024), (8192 + 4096 + 2047, 3071)])
  func changed(place: Int, offset: Int) {
    for turn: UInt64 in [1 << 20, 1000, 1] {
      var freed = freed(turn: turn)
      freed.add(block(1), now: 0)
      while freed.hasWork(now: 0) { #expect(freed.work(now: 0).isEmpty) }
      memory.bytes[place] = 1
      var outcomes: [Freed.Outcome] = []
      while freed.hasWork(now: 1_000) { outcomes += freed.work(now: 1_000) }
      #expect(said(outcomes) == ["1 at \(offset)", "1 released"])
    }
  }

  @Test func `a turn fills and compares no more than its bytes`() {
    var freed = freed(turn: 500)
    for number in 1...4 as ClosedRange<UInt64> { freed.add(block(number), now: 0) }
    var turns = 0
    while freed.hasWork(now: 5_000) {
      let before = memory.touched.count
      _ = freed.work(now: 5_000)
      #expect(memory.touched[before...].reduce(0, +) <= 500)
      turns += 1
    }
    #expect(freed.isEmpty && turns >= 2 * 4 * 3072 / 500)
  }

  @Test func `beyond the limit the oldest block is released before its time`() {
    var freed = freed(kept: 7_000)
    for number in 1...3 as ClosedRange<UInt64> { freed.add(block(number), now: 0) }
    #expect(said(freed.work(now: 0)) == ["1 released"] && freed.bytes == 6_144)
  }

  @Test func `a provider without other memory gets the oldest back`() {
    var freed = freed()
    for number in 1...3 as ClosedRange<UInt64> { freed.add(block(number), now: 0) }
    var budget: UInt64 = 4_000
    func next(_ provider: Int = 0) -> [String] { said(freed.giveUp(provider: provider, &budget)) }
    #expect(next(1) == [])
    // Not filled: there is nothing to compare with.
    #expect(next() == ["1 released"])
    _ = freed.work(now: 0)
    memory.bytes[2 << 13] = 0
    memory.bytes[3 << 13] = 0
    #expect(next() == ["2 at 0", "2 released"])
    // The bytes of a turn are used up: the next block is not compared.
    #expect(budget == 928)
    #expect(next() == ["3 released"])
    #expect(next() == [])
    #expect(freed.isEmpty)
  }

  @Test func `the end of a session is the end of the wait for its blocks`() {
    var freed = freed()
    for number in 1...4 as ClosedRange<UInt64> {
      freed.add(block(number, session: number % 2 == 0 ? 2 : 1), now: 0)
    }
    _ = freed.work(now: 0)
    freed.add(block(5, session: 2), now: 0)
    memory.bytes[4 << 13] = 0
    freed.sessionEnded(2)
    #expect(
      said(freed.work(now: 0)) == ["2 released", "4 at 0", "4 released", "5 released"])
    #expect(!freed.isEmpty && !freed.hasWork(now: 999))
  }

  @Test func `the end of the daemon compares what is filled`() {
    var freed = freed(turn: 3_072)
    freed.add(block(1), now: 0)
    freed.add(block(2), now: 0)
    _ = freed.work(now: 0)
    memory.bytes[1 << 13] = 0
    #expect(said(freed.finish()) == ["1 at 0", "1 released", "2 released"] && freed.isEmpty)
  }

  @Test func `memory that cannot be filled is released`() {
    var freed = freed()
    memory.failsToFill = true
    freed.add(block(1), now: 0)
    #expect(said(freed.work(now: 0)) == ["1 released"] && freed.isEmpty)
  }
}
