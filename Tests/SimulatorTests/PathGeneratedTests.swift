// The generated test of the whole receive path: OID requests, pauses, halts, removals, indications, frees
// and deaths of any party in an order that a seed decides, right ones and wrong ones. After every turn there
// is no block without an owner, no state outside the tables, no OID request lost or ended twice, no list
// lost or returned twice, and every violation has a name. Every turn is made twice, once on a simulator that
// was adopted from its bytes; one in sixteen is interrupted between two writes. A failure prints its seed:
// NDISSIM_SEED and NDISSIM_STEPS replay and extend it.

import Testing

@testable import Simulator

@Suite struct PathGeneratedTests {
  static let steps = GeneratedTests.steps

  @Test(
    "the receive path: random parties lose no memory, no OID request, no list and no state",
    arguments: GeneratedTests.seeds)
  func random(seed: UInt64) throws {
    let world = try PathWorld(seed: seed)
    for step in 0..<Self.steps {
      world.act()
      if !world.host.problems.isEmpty {
        Issue.record(
          "NDISSIM_SEED=\(seed), step \(step), \(world.last): \(world.host.problems.prefix(4))")
        return
      }
    }
    world.finish()
    #expect(
      world.host.problems == [],
      "NDISSIM_SEED=\(seed), at the end: \(world.host.problems.prefix(4))")
    if GeneratedTests.environment["NDISSIM_VERBOSE"] != nil { print(seed, world.reached.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")) }
    // A run that reaches nothing proves nothing.
    if Self.steps >= 500 {
      for (what, count) in world.reached.sorted(by: { $0.key < $1.key }) {
        #expect(count > 0, "NDISSIM_SEED=\(seed) reached no \(what)")
      }
    }
  }
}
