// The generated test of the whole receive path: OID requests, pauses, halts, removals, indications, frees
// and deaths of any party in an order that a seed decides, right ones and wrong ones. After every turn there
// is no block without an owner, no state outside the tables, no OID request lost or ended twice, no list
// lost or returned twice, and every violation has a name. Every turn is made twice, once on a simulator that
// was adopted from its bytes; one in sixteen is interrupted between two writes. A failure prints its seed:
// NDISSIM_SEED and NDISSIM_STEPS replay and extend it; NDISSIM_VERBOSE
// prints what happens. Together the seeds take every row of the state tables: one that none takes is a row that
// does not happen, or something the parties never do.

import NDIS
import NDISDriverInterface
import Synchronization
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct PathGeneratedTests {
  static let steps = GeneratedTests.steps
  /// Seeds that have ended.
  private static let ended = Mutex<Int>(0)

  @Test(
    "the receive path: random parties lose no memory, no OID request, no list and no state",
    arguments: GeneratedTests.seeds)
  func random(seed: UInt64) throws {
    try TransitionCoverage.$current.withValue(Self.coverage) { try run(seed: seed) }
    reportUntakenRows()
  }

  private static let coverage = TransitionCoverage()

  /// The last seed names the rows that none has taken.
  private func reportUntakenRows() {
    let count = Self.ended.withLock { count in
      count += 1
      return count
    }
    guard count == 8, GeneratedTests.seeds.count == 8, Self.steps >= 1_500 else { return }
    let untaken =
      Self.coverage.untaken(of: AdapterState.table) + Self.coverage.untaken(of: QueueState.table)
      + Self.coverage.untaken(of: VPortState.table)
    #expect(untaken == [], "rows that no generated run takes")
  }

  private func run(seed: UInt64) throws {
    let world = try PathWorld(seed: seed)
    // Longer where something has not come about yet: a run that reaches nothing proves nothing.
    var step = 0
    while step < Self.steps || (step < 6 * Self.steps && Self.steps >= 500 && world.lacksSomething)
    {
      world.act()
      if !world.host.problems.isEmpty {
        Issue.record(
          "NDISSIM_SEED=\(seed), step \(step), \(world.last): \(world.host.problems.prefix(4))")
        return
      }
      step += 1
    }
    world.finish()
    #expect(
      world.host.problems == [],
      "NDISSIM_SEED=\(seed), at the end: \(world.host.problems.prefix(4))")
    world.trace("reached \(world.reached)")
    #expect(
      Self.steps < 500 || !world.lacksSomething, "NDISSIM_SEED=\(seed) reached \(world.reached)")
  }
}
