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
  /// Seeds that have ended, and the rows that none of them has taken.
  private static let ended = Mutex<(count: Int, untaken: Set<String>?)>((0, nil))

  @Test(
    "the receive path: random parties lose no memory, no OID request, no list and no state",
    arguments: GeneratedTests.seeds)
  func random(seed: UInt64) throws {
    let world = try PathWorld(seed: seed)
    try TransitionCoverage.$current.withValue(world.coverage) { try run(world, seed: seed) }
    reportUntakenRows(world.coverage)
  }

  /// The last seed names the rows that none has taken.
  private func reportUntakenRows(_ coverage: TransitionCoverage) {
    let own = Set(
      coverage.untaken(of: AdapterState.table) + coverage.untaken(of: QueueState.table)
        + coverage.untaken(of: VPortState.table))
    let (count, untaken) = Self.ended.withLock { ended in
      ended.count += 1
      ended.untaken = ended.untaken?.intersection(own) ?? own
      return (ended.count, ended.untaken ?? [])
    }
    guard count == 8, GeneratedTests.seeds.count == 8, Self.steps >= 1_500 else { return }
    #expect(untaken == [], "rows that no generated run takes")
  }

  private func run(_ world: PathWorld, seed: UInt64) throws {
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
