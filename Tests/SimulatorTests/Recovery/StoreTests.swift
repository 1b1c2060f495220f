// The store: sizes of its records, what it refuses to open, and the undo log: a turn interrupted
// after any write leaves the state before the turn.

import NDISDriverInterface
import NDISHostedDrivers
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct StoreTests {
  @Test("records have the sizes the numbers of the design rest on")
  func sizes() {
    #expect(MemoryLayout<BlockRecord>.stride <= 112)
    #expect(MemoryLayout<ExtentRecord>.stride == 16)
    // Saved in the undo log several times in a turn: up to 128 bytes are copied without a call.
    #expect(MemoryLayout<SessionRecord>.stride <= 64)
    for size in [
      MemoryLayout<GlobalsRecord>.stride, MemoryLayout<SessionRecord>.stride,
      MemoryLayout<DriverRecord>.stride, MemoryLayout<AdapterRecord>.stride,
      MemoryLayout<BindingRecord>.stride, MemoryLayout<RegistrationRecord>.stride,
      MemoryLayout<SectionRecord>.stride, MemoryLayout<BlockRecord>.stride,
      MemoryLayout<SiteRecord>.stride, MemoryLayout<RequestRecord>.stride,
      MemoryLayout<UpcallRecord>.stride, MemoryLayout<ResultRecord>.stride,
      MemoryLayout<CapabilitiesRecord>.stride, MemoryLayout<QueueRecord>.stride,
      MemoryLayout<FilterRecord>.stride, MemoryLayout<VPortRecord>.stride,
    ] {
      #expect(size % 8 == 0)
    }
    #expect(MemoryLayout<StoreHeader>.offset(of: \.undoLength) == 96)
  }

  @Test("a store of another layout, too small or damaged is refused")
  func refused() throws {
    let host = try TestHost()
    func open(_ memory: TestMemory, _ settings: Settings = host.settings) -> StoreError? {
      do throws(StoreError) {
        _ = try Simulator(memory: memory.memory, settings: settings, fresh: false)
        return nil
      } catch { return error }
    }
    #expect(open(host.memory.copied()) == nil)
    // Magic, version, capacities.
    for offset in stride(from: 0, to: 96, by: 8) {
      let copy = host.memory.copied()
      copy[offset] ^= 1
      #expect(open(copy) == .otherLayout, "byte \(offset)")
    }
    var other = host.settings
    other.capacities.blocks -= 1
    #expect(open(host.memory.copied(), other) == .otherLayout)
    #expect(open(TestMemory(size: host.memory.size)) == .otherLayout)
    let needed = host.memory.size
    #expect(
      open(TestMemory(size: needed - 8)) == .tooSmall(needed: needed, given: needed - 8))
    // A log longer than its room, and entries that make no sense.
    for length: UInt64 in [1 << 40, 8, 24] {
      let copy = host.memory.copied()
      copy[96] = length
      for word in 0..<8 { copy[4096 + 8 * word] = ~0 }
      #expect(open(copy) == .damaged("the undo log makes no sense"), "\(length)")
    }
  }

  @Test("numbers of turns come again; what was saved under one long ago is saved anew")
  func turnsComeAgain() throws {
    let capacities = StoreCapacities.small
    let memory = TestMemory(size: Store.size(capacities))
    let store = try Store(memory.memory, capacities, fresh: true, observer: nil)
    func isSavedNow(_ session: Index<SessionRecord>) -> Bool {
      store.sessions.update(session) { $0.bytes &+= 1 }
      defer { store.undo.commit() }
      return store.undo.isOpen
    }
    #expect((0..<Index(8)).allSatisfy { isSavedNow($0) })
    for _ in 0..<1 << 24 - 16 { store.undo.commit() }
    // One of these turns has the number under which the session was saved first.
    for _ in 0..<32 { #expect((0..<Index(8)).allSatisfy { isSavedNow($0) }) }
  }

  /// Runs `body` with every turn interrupted after every write: each copy must open as the state
  /// before the turn.
  private func interruptEverywhere(_ host: TestHost, _ body: () -> Void) throws -> Int {
    let before = host.memory.copied()
    var copies: [TestMemory] = []
    let wrote = host.observer.onWrite
    host.observer.onWrite = {
      wrote()
      copies.append(host.memory.copied())
    }
    host.beforeTurn = { host in
      before.copy(from: host.memory)
      copies = []
    }
    var checked = 0
    var failure: String?
    host.afterTurn = { host in
      for (index, copy) in copies.enumerated() where failure == nil {
        checked += 1
        do {
          let adopted = try Simulator(
            memory: copy.memory, settings: host.settings, fresh: false)
          if !adopted.isBetweenTurns { failure = "still in a turn" }
          if let at = copy.firstDifference(before) {
            failure = "write \(index) of \(copies.count): byte \(at) differs"
          }
        } catch { failure = "\(error)" }
      }
      copies = []
    }
    body()
    host.beforeTurn = { _ in }
    host.afterTurn = { _ in }
    host.observer.onWrite = wrote
    #expect(failure == nil)
    #expect(host.problems == [])
    return checked
  }

  @Test("a turn interrupted at any write is undone: register, allocate, free, hosted")
  func interruptedHosted() throws {
    let host = try TestHost(
      pools: [
        PoolSettings(name: "default", level: .pool, capacity: 64 * 4096, fragmentationSeed: 5)
      ])
    host.settlesAtOnce = false
    var checked = 0
    checked += try interruptEverywhere(host) {
      let driver = Driver(host, "interrupted")
      let handle = driver.protocolDriver(host)
      let scattered = driver.handle(host, Sample.allocate(handle, 20 * 4096))
      #expect(host.simulator.allocation(scattered)?.extentCount ?? 0 > 1)
      let contiguous = driver.handle(host, Sample.allocate(handle, 4096, contiguous: true))
      for block in [scattered, contiguous] {
        let freed = host.ask(driver.session, .free(ndisHandle: handle, allocation: block))
        #expect(freed?.failure.status == .success)
      }
      _ = driver.handle(host, Sample.allocate(handle, 9 * 4096))
      host.end(driver.session)
      while host.step() {}
      #expect(host.simulator.statistics(session: nil).blocks == 0)
    }
    #expect(checked > 100)
  }

  @Test("a turn interrupted at any write is undone: remote provider, adapters, bindings, the end")
  func interruptedRemote() throws {
    let host = try TestHost()
    var checked = 0
    checked += try interruptEverywhere(host) {
      let provider = Driver(host, "provider", provides: true)
      provider.scatters = true
      _ = provider.protocolDriver(host)
      let miniport = Driver(host, "miniport")
      let handle = miniport.miniport(host)
      let adapter = miniport.adapter(host, handle, "eth0")
      let binder = Driver(host, "binder")
      let prot = binder.protocolDriver(host)
      let binding = binder.handle(host, .bindAdapter(prot, Name("eth0")))
      let one = miniport.handle(host, Sample.allocate(adapter, 5 * 4096))
      _ = binder.handle(host, Sample.allocate(binding, 3 * 4096))
      #expect(host.simulator.allocation(one)?.extentCount == 5)
      _ = miniport.handle(host, .free(ndisHandle: adapter, allocation: one))
      _ = miniport.handle(host, Sample.allocate(adapter, 5 * 4096))
      host.call(miniport.session, .reset)
      host.end(provider.session)
      host.end(binder.session)
      host.end(miniport.session)
      #expect(host.simulator.statistics(session: nil).blocks == 0)
    }
    #expect(checked > 300)
  }

  @Test("the same seed gives the same handles, another seed others")
  func seeds() throws {
    func first(_ seed: UInt64) throws -> Handle {
      var settings = TestHost.smallSettings
      settings.seed = seed
      let host = try TestHost(settings)
      return Driver(host, "d").protocolDriver(host)
    }
    #expect(try first(1) == first(1))
    #expect(try first(1) != first(2))
  }
}
