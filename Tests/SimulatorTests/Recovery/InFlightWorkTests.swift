// The work in progress of a process that crashed, as the next one reads it from the store's header.

import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct InFlightWorkTests {
  private static let settings: Settings = {
    var settings = Settings()
    settings.capacities = .small
    return settings
  }()

  /// A store whose process has ended with work in progress: by a crash, or killed from outside.
  private func ended(_ memory: TestMemory, with work: InFlightWork, crashed: Bool) throws {
    let simulator = try Simulator(memory: memory.memory, settings: Self.settings, fresh: false)
    simulator.beginWork(work)
    if crashed { unsafe Simulator.crashMark(memory.memory).pointee = 1 }
  }

  private func laidOut() throws -> TestMemory {
    let memory = TestMemory(size: Simulator.storeSize(Self.settings))
    _ = try Simulator(memory: memory.memory, settings: Self.settings, fresh: true)
    return memory
  }

  @Test("a kill quarantines nothing, whatever was in progress")
  func killed() throws {
    let memory = try laidOut()
    for _ in 0..<3 {
      try ended(memory, with: InFlightWork(.request, session: 1, id: 7), crashed: false)
      let crash = try Simulator.examine(memory.memory)
      #expect(crash == nil)
    }
  }

  @Test("the same work in progress at two crashes in a row is quarantined; other work is not")
  func quarantinedWork() throws {
    let memory = try laidOut()
    let work = InFlightWork(.request, session: 1, id: 7)
    func quarantined() throws -> InFlightWork? {
      try Simulator(memory: memory.memory, settings: Self.settings, fresh: false).quarantined
    }
    try ended(memory, with: work, crashed: true)
    let first = try #require(try Simulator.examine(memory.memory))
    #expect(first.work == work && first.crashes == 1)
    #expect(try quarantined() == nil)
    try ended(memory, with: InFlightWork(.request, session: 1, id: 8), crashed: true)
    #expect(try Simulator.examine(memory.memory)?.crashes == 1)
    try ended(memory, with: InFlightWork(.request, session: 1, id: 8), crashed: true)
    #expect(try Simulator.examine(memory.memory)?.crashes == 2)
    #expect(try quarantined() == InFlightWork(.request, session: 1, id: 8))
  }

  @Test("a store that crashes two processes in a row is not restored")
  func fatal() throws {
    let memory = try laidOut()
    try ended(memory, with: InFlightWork(.store), crashed: true)
    #expect(try Simulator.examine(memory.memory)?.work.kind == .store)
    // From there on restoring it is the work in progress, and that crashes again.
    unsafe Simulator.crashMark(memory.memory).pointee = 1
    #expect(throws: StoreError.crashes) { _ = try Simulator.examine(memory.memory) }
  }

  @Test("a store that was retired is none")
  func retired() throws {
    let memory = try laidOut()
    #expect(!Simulator.isRetired(memory.memory))
    Simulator.retire(memory.memory)
    #expect(Simulator.isRetired(memory.memory))
    #expect(throws: StoreError.otherLayout) { _ = try Simulator.examine(memory.memory) }
  }
}
