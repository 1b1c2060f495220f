// The validation of a store before it is restored, check by check: a busy world of the generated tests, one
// record of it damaged, and the sentence with which the store is rejected.

import NDISDriverInterface
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

/// One thing made wrong: false when there is nothing like it in this world.
struct Wrong: CustomTestStringConvertible, Sendable {
  let sentence: String
  let make: @Sendable (Store) -> Bool
  var testDescription: String { sentence }

  init(_ sentence: String, _ make: @escaping @Sendable (Store) -> Bool) {
    self.sentence = sentence
    self.make = make
  }

  /// The first record that `isIt`, changed.
  init<Record: StoreRecord & SendableMetatype>(
    _ sentence: String, _ table: @escaping @Sendable (Store) -> Table<Record>,
    where isIt: @escaping @Sendable (Record) -> Bool,
    _ change: @escaping @Sendable (inout Record) -> Void
  ) {
    self.init(sentence) { store in
      guard let index = table(store).first(where: isIt) else { return false }
      table(store).update(index, change)
      return true
    }
  }
}

/// Writes a field that only the record itself may write.
func overwrite<Record: BitwiseCopyable, Field: BitwiseCopyable>(
  _ record: inout Record, _ field: KeyPath<Record, Field>, _ value: Field
) {
  guard let offset = MemoryLayout<Record>.offset(of: field) else { return }
  unsafe withUnsafeMutableBytes(of: &record) {
    unsafe $0.storeBytes(of: value, toByteOffset: offset, as: Field.self)
  }
}

extension Table {
  func first(where isIt: (Record) -> Bool) -> Index<Record.Key>? {
    indices.first { isIt(self[$0]) }
  }

  func first(_ isIt: (Index<Record.Key>, Record) -> Bool) -> Index<Record.Key>? {
    indices.first { isIt($0, self[$0]) }
  }

  /// Two that are alike in something.
  func pair(_ alike: (Record) -> UInt64?) -> (Index<Record.Key>, Index<Record.Key>)? {
    var known: [UInt64: Index<Record.Key>] = [:]
    for index in indices {
      guard let key = alike(self[index]) else { continue }
      if let other = known[key] { return (other, index) }
      known[key] = index
    }
    return nil
  }
}

@Suite struct StoreCheckTests {
  /// Moments of generated worlds, in which there is one of everything: some that come anyway, and those that
  /// bring something rare.
  static let worlds: [Snapshot] = {
    var worlds: [Snapshot] = []
    var missing = rare
    func look(_ host: TestHost, _ step: Int) {
      let store = host.simulator.store
      let count = missing.count
      missing.removeAll { $0(store) }
      if missing.count < count || step % 40 == 0 { worlds.append(Snapshot(host)) }
    }
    for seed in 1...8 as ClosedRange<UInt64> {
      guard let world = try? World(seed: seed), let path = try? PathWorld(seed: seed) else {
        continue
      }
      var step = 0
      while step < 240 || (step < 2_000 && !missing.isEmpty && seed < 8) {
        world.act()
        path.act()
        step += 1
        look(world.host, step)
        look(path.host, step)
      }
      if missing.isEmpty, seed >= 3 { break }
    }
    do { return worlds + [try withVPorts(), try withQueue()] } catch {
      Issue.record("\(error)")
      return worlds
    }
  }()

  /// VPorts with filters, two of them with memory.
  private static func withVPorts() throws -> Snapshot {
    let bed = try VPortTests.bed()
    for number in 0..<3 {
      let vport = bed.createVPort()
      #expect(bed.activate(vport).status == .success)
      _ = bed.setFilter(vport: vport)
      guard number > 0 else { continue }
      for _ in 0..<2 {
        var parameters = Sample.parameters(4_096)
        parameters.vportID = vport
        bed.host.call(
          bed.miniport.session, .allocate(bed.adapter, parameters, tag: 0, site: Site()))
      }
    }
    return Snapshot(bed.host)
  }

  /// A queue with a list that its receiver has.
  private static func withQueue() throws -> Snapshot {
    let bed = try QueueBed()
    let queue = bed.queue(in: .running)
    bed.indicateLists(queue)
    #expect(bed.host.simulator.store.lists.first { $0.targetKind == .queue } != nil)
    return Snapshot(bed.host)
  }

  static let rare: [@Sendable (Store) -> Bool] = [
    { $0.lists.first { $0.link.state == .out && $0.segmentCount > 0 } != nil },
    { $0.registrations.first { $0.level == .binding && $0.state == .active } != nil },
    {
      $0.registrations.first { $0.$level.raw != 0 && $0.$level.raw < 4 && $0.$state.raw > 1 } != nil
    },
    { $0.registrations.first { $0.stuckUpcall != 0 } != nil },
    { $0.filters.pair { $0.state == .free ? nil : UInt64($0.adapter.index) } != nil },
    { $0.statuses.first { $0.state != .free } != nil },
    { $0.bindings.first { $0.kind == .module } != nil },
    { $0.blocks.first { $0.state == .freeing } != nil },
    { $0.extents.first { $0.used != 0 } != nil },
    { $0.oids.first { $0.state == .pended } != nil },
  ]

  @Test("what is wrong is found, and said", arguments: everything)
  func found(wrong: Wrong) throws {
    for world in Self.worlds {
      let memory = world.memory.copied()
      let store = try Store(
        memory.memory, world.settings.capacities, fresh: false, observer: nil)
      guard wrong.make(store) else { continue }
      store.undo.commit()
      do throws(StoreError) {
        _ = try Simulator(memory: memory.memory, settings: world.settings, fresh: false)
        Issue.record("opened")
      } catch {
        #expect("\(error)".contains(wrong.sentence), "\(error)")
      }
      return
    }
    Issue.record("there is nothing like it in \(Self.worlds.count) worlds")
  }

  @Test("the worlds themselves are taken, and so is one in the middle of a turn")
  func taken() throws {
    for world in Self.worlds.prefix(40) {
      let memory = world.memory.copied()
      let store = try Store(
        memory.memory, world.settings.capacities, fresh: false, observer: nil)
      // The turn is not committed: what it made wrong is undone first.
      store.globals.update(0) { $0.blocks &+= 1 }
      _ = try Simulator(memory: memory.memory, settings: world.settings, fresh: false)
    }
  }

  @Test("records hold numbers only: bytes that are no case are never read as an enum")
  func numbers() {
    func look(_ value: Any, _ name: String) {
      let mirror = Mirror(reflecting: value)
      #expect(mirror.displayStyle != .enum, "\(name)")
      for child in mirror.children { look(child.value, "\(name).\(child.label ?? "")") }
    }
    look(GlobalsRecord(), "globals")
    look(SessionRecord(), "session")
    look(SessionClientRecord(), "client")
    look(ResultRecord(), "result")
    look(DriverRecord(), "driver")
    look(AdapterRecord(), "adapter")
    look(BindingRecord(), "binding")
    look(RegistrationRecord(), "registration")
    look(SectionRecord(), "section")
    look(BlockRecord(), "block")
    look(RequestRecord(), "request")
    look(UpcallRecord(), "upcall")
    look(OIDRecord(), "OID request")
    look(QueueRecord(), "queue")
    look(FilterRecord(), "filter")
    look(VPortRecord(), "VPort")
    look(StatusRecord(), "status")
    look(IndicationRecord(), "indication")
    look(NetBufferListRecord(), "list")
    look(CapabilitiesRecord(), "capabilities")
    look(SiteRecord(), "site")
    look(StoreHeader(), "header")
  }

  static let everything: [Wrong] =
    objects + providers + memory + requests + calls + oids + queues + receiving
}
