// What a store is looked at for before anybody goes on from it, check by check: a busy world of the generated
// tests, one thing in it made wrong by hand, and the sentence it is refused with.

import CNDIS
import NDIS
import Testing

@testable import Simulator

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
  init<Record>(
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

extension Table {
  func first(where isIt: (Record) -> Bool) -> UInt32? {
    (0..<capacity).first { isIt(self[$0]) }
  }

  func first(_ isIt: (UInt32, Record) -> Bool) -> UInt32? {
    (0..<capacity).first { isIt($0, self[$0]) }
  }

  /// Two that are alike in something.
  func pair(_ alike: (Record) -> UInt64?) -> (UInt32, UInt32)? {
    var known: [UInt64: UInt32] = [:]
    for index in 0..<capacity {
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
  private static let worlds: [Snapshot] = {
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
    var list = IndicatedList(context: 1, queueID: UInt16(queue))
    try list.append(dataLength: 60, [])
    bed.host.call(
      bed.miniport.session,
      .indicateReceive(adapter: bed.adapter, Indication(flags: ReceivePath.single, lists: [list])))
    #expect(bed.host.simulator.store.lists.first { $0.targetKind == 1 } != nil)
    return Snapshot(bed.host)
  }

  private static let rare: [@Sendable (Store) -> Bool] = [
    { $0.lists.first { $0.link.state == 1 && $0.segmentCount > 0 } != nil },
    { $0.registrations.first { $0.level == 1 && $0.state == 1 } != nil },
    { $0.registrations.first { $0.level != 0 && $0.level < 4 && $0.state > 1 } != nil },
    { $0.registrations.first { $0.stuckUpcall != 0 } != nil },
    { $0.filters.pair { $0.state == 0 ? nil : UInt64($0.adapter.index) } != nil },
    { $0.statuses.first { $0.state != 0 } != nil },
    { $0.bindings.first { $0.kind == 2 } != nil },
    { $0.blocks.first { $0.state == 3 } != nil },
    { $0.extents.first { $0.used != 0 } != nil },
    { $0.oids.first { $0.state == 3 } != nil },
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

  private static let everything: [Wrong] =
    objects + providers + memory + requests + calls + oids + queues + receiving

  // MARK: Sessions, drivers, adapters, bindings

  private static let gone = Ref(1_000_000)

  private static let objects: [Wrong] = [
    Wrong("globals[0]: its generations do not begin", \.globals, where: { _ in true }) {
      $0.generationSalt &+= 1
    },
    Wrong("its next address is at no gigabyte's edge", \.globals, where: { _ in true }) {
      $0.physicalNext &+= 4_096
    },
    Wrong("it has made more upcalls than there are ids", \.globals, where: { _ in true }) {
      $0.upcallSerial = 1 << 50
    },
    Wrong("globals[0]: it counts", \.globals, where: { _ in true }) { $0.bytes &+= 1 },
    Wrong("sessions[0]: its state is none", \.sessions, where: { $0.state != 0 }) { $0.state = 9 },
    Wrong("its generation is too great", \.sessions, where: { $0.state == 0 }) {
      $0.generation = UInt32.max
    },
    Wrong("whether it is hosted is not known", \.sessions, where: { $0.state != 0 }) {
      $0.isHosted = 2
    },
    Wrong("its name is no clean text", \.sessions, where: { $0.state != 0 }) {
      $0.name = Name("a\u{1}b")
    },
    Wrong("its next request has no id", \.sessions, where: { $0.state != 0 }) {
      $0.nextRequestID = 0
    },
    Wrong("its reset is not there", \.sessions, where: { $0.state == 1 }) { $0.state = 2 },
    Wrong("it counts other blocks than its drivers have", \.sessions, where: { $0.state != 0 }) {
      $0.blocks &+= 1
    },
    Wrong("it counts other sections than it pays for", \.sessions, where: { $0.state != 0 }) {
      $0.sections &+= 1
    },
    Wrong("it counts other objects than it has", \.sessions, where: { $0.state != 0 }) {
      $0.objects &+= 1
    },
    Wrong("it counts other OID requests than it has", \.sessions, where: { $0.state != 0 }) {
      $0.oids &+= 1
    },
    Wrong("its list of drivers does not close", \.sessions, where: { !$0.drivers.isNone }) {
      $0.drivers = gone
    },
    Wrong("drivers are in use, and", \.sessions, where: { !$0.drivers.isNone }) {
      $0.drivers = .none
    },
    // A circle, a way back that leads elsewhere.
    Wrong("its list of drivers does not close") { store in
      guard let index = store.drivers.first(where: { $0.state != 0 }) else { return false }
      store.drivers.update(index) { $0.next = Ref(index) }
      return true
    },
    Wrong("its list of drivers does not close", \.drivers, where: { !$0.next.isNone }) {
      $0.previous = $0.next
    },
    Wrong("its state is none", \.drivers, where: { $0.state != 0 }) { $0.state = 7 },
    Wrong("its kind is none", \.drivers, where: { $0.state != 0 && $0.kind != 1 }) { $0.kind = 9 },
    Wrong("its NDIS version is none", \.drivers, where: { $0.state != 0 }) {
      $0.version = NDISVersion(9, 9)
    },
    Wrong(
      "its session is not there", \.drivers,
      where: { $0.state != 0 && $0.blocks.isNone && $0.children.isNone }
    ) {
      $0.session = gone
    },
    Wrong("its call of SetOptions is not there", \.drivers, where: { $0.state == 2 }) {
      $0.upcallOpen = 1
    },
    Wrong("its registration does not go on", \.drivers, where: { $0.state == 2 }) { $0.state = 1 },
    Wrong("its provider is not its own", \.drivers, where: { $0.state == 2 }) {
      $0.registration = Ref(0)
    },
    Wrong("the request it is to answer is not there", \.drivers, where: { $0.state == 2 }) {
      $0.request = gone
    },
    Wrong("its life is none", \.adapters, where: { $0.life != 0 }) { $0.life = 3 },
    Wrong("its state is none", \.adapters, where: { $0.life != 0 }) { $0.state = 77 },
    Wrong("adapters[0]: one of its flags", \.adapters, where: { $0.life != 0 }) { $0.held = 2 },
    Wrong("its DMA is registered and was not", \.adapters, where: { $0.life != 0 }) {
      $0.dmaRegistered = 1
      $0.dmaGeneration = 0
    },
    Wrong("its end has no reason", \.adapters, where: { $0.life != 0 }) { $0.haltAction = 77 },
    Wrong("its last FilterId is too great", \.adapters, where: { $0.life != 0 }) {
      $0.lastFilterID = 1 << 20
    },
    Wrong("its failure has no reason", \.adapters, where: { $0.life != 0 }) {
      $0.failure.number = 9_999
    },
    Wrong("its name is another's") { store in
      guard let (one, other) = store.adapters.pair({ $0.life == 0 ? nil : 1 }) else { return false }
      let name = store.adapters[one].name
      store.adapters.update(other) { $0.name = name }
      return true
    },
    Wrong(
      "its driver is not there, or no miniport", \.adapters,
      where: {
        $0.life != 0 && $0.blocks.isNone
      }
    ) { $0.driver = gone },
    Wrong(
      "the call it waits for has no type", \.adapters, where: { $0.upcall == 0 && $0.life != 0 }
    ) {
      $0.upcall = 5
    },
    Wrong("the call it waits for is not there", \.adapters, where: { $0.upcall != 0 }) {
      $0.upcall &+= 1 << 20
    },
    Wrong("the call it waits for is another's") { store in
      guard let one = store.adapters.first(where: { $0.upcall != 0 }),
        let other = store.adapters.first({ $0 != one && $1.life != 0 && $1.upcall == 0 })
      else { return false }
      let record = store.adapters[one]
      store.adapters.update(other) {
        $0.upcall = record.upcall
        $0.upcallOpen = record.upcallOpen
      }
      return true
    },
    Wrong("its list of bindings does not close", \.bindings, where: { $0.kind != 0 }) {
      $0.adapterNext = gone
    },
    Wrong("its kind is none", \.bindings, where: { $0.kind != 0 }) { $0.kind = 3 },
    Wrong("bindings[0]: one of its flags", \.bindings, where: { $0.kind != 0 }) { $0.closing = 2 },
    Wrong("its driver is not there", \.bindings, where: { $0.kind != 0 && $0.blocks.isNone }) {
      $0.driver = gone
    },
    Wrong("its adapter is not there", \.bindings, where: { $0.kind != 0 }) { $0.adapter = gone },
    Wrong("other calls of ProtocolOidRequestComplete", \.bindings, where: { $0.kind != 0 }) {
      $0.completions &+= 1
    },
    Wrong("it is a module and is called", \.bindings, where: { $0.kind == 2 }) {
      $0.registration = Ref(0)
    },
  ]

  // MARK: Registrations, sections

  private static let providers: [Wrong] = [
    Wrong("registrations[0]: its state is none", \.registrations, where: { $0.state != 0 }) {
      $0.state = 9
    },
    Wrong("its level is none", \.registrations, where: { $0.state != 0 }) { $0.level = 6 },
    Wrong("its place in the order is none", \.registrations, where: { $0.state != 0 }) {
      $0.order = 0
    },
    Wrong("its hosted provider's number is in doubt", \.registrations, where: { $0.level == 5 }) {
      $0.hosted &+= 1
    },
    Wrong("it is hosted and a driver's", \.registrations, where: { $0.level == 5 }) {
      $0.driver = Ref(0)
    },
    Wrong(
      "it was set on no handle", \.registrations,
      where: {
        $0.level != 0 && $0.level < 4 && $0.state > 1
      }
    ) {
      $0.owner = .null
    },
    Wrong(
      "its session is not there", \.registrations,
      where: {
        $0.level != 0 && $0.level < 4 && $0.sections.isNone && $0.blocks.isNone
          && $0.freesInFlight &+ $0.allocationsInFlight == 0 && $0.stuckUpcall == 0
      }
    ) { $0.ownerSession = gone },
    Wrong("it is not its driver's", \.registrations, where: { $0.state == 1 && $0.level == 2 }) {
      $0.adapter = Ref(0)
    },
    Wrong("it is not its binding's", \.registrations, where: { $0.state == 1 && $0.level == 1 }) {
      $0.adapter = gone
    },
    Wrong("it counts other calls than are open", \.registrations, where: { $0.state == 1 }) {
      $0.freesInFlight &+= 1
    },
    Wrong("what it owes is in doubt", \.registrations, where: { $0.state == 1 }) {
      $0.stuckUpcall = $0.stuckUpcall == 0 ? 5 : 0
    },
    Wrong("the answer it owes is not there", \.registrations, where: { $0.stuckUpcall != 0 }) {
      $0.stuckUpcall &+= 1
    },
    Wrong("registrations[0]: it counts other blocks", \.registrations, where: { $0.state == 1 }) {
      $0.bytes &+= 1
    },
    Wrong("its list of blocks does not close", \.registrations, where: { !$0.blocks.isNone }) {
      $0.blocks = gone
    },
    Wrong("its list of sections does not close", \.sections, where: { $0.state != 0 }) {
      $0.previous = Ref(9)
    },
    Wrong("its pages have no size", \.sections, where: { $0.state != 0 }) { $0.pageShift = 70 },
    Wrong("it has no pages", \.sections, where: { $0.state != 0 }) { $0.pages = 0 },
    Wrong("it reaches beyond the next section's address", \.sections, where: { $0.state != 0 }) {
      $0.pages = UInt32.max
    },
    Wrong("its addresses are another's") { store in
      guard let (one, other) = store.sections.pair({ $0.state == 0 ? nil : 1 }) else {
        return false
      }
      let base = store.sections[one].physicalBase
      store.sections.update(other) { $0.physicalBase = base }
      return true
    },
    Wrong("its address is at no gigabyte's edge", \.sections, where: { $0.state != 0 }) {
      $0.physicalBase &+= 1
    },
    Wrong("whether its owner has ended is not known", \.sections, where: { $0.state != 0 }) {
      $0.ownerEnded = 2
    },
    Wrong("its keeping is none", \.sections, where: { $0.state != 0 }) { $0.keeping = 3 },
    Wrong("its domain is none", \.sections, where: { $0.state != 0 }) { $0.domain = .null },
    Wrong(
      "its domain has ended unnoticed", \.sections, where: { $0.state != 0 && $0.ownerEnded == 0 }
    ) {
      $0.domain = Handle(rawValue: $0.domain.rawValue ^ 1 << 40)
    },
    Wrong("its registration is not there", \.sections, where: { $0.state != 0 }) {
      $0.registration = gone
    },
    Wrong("it is not of its registration's session", \.sections, where: { $0.state != 0 }) {
      $0.session = gone
    },
    Wrong("its payer is not there", \.sections, where: { $0.state != 0 }) { $0.payer = gone },
    Wrong("sections[0]: it counts other blocks", \.sections, where: { $0.state != 0 }) {
      $0.blocks &+= 1
    },
  ]

  // MARK: Blocks

  private static let memory: [Wrong] = [
    Wrong("its state is none", \.blocks, where: { $0.state != 0 }) { $0.state = 5 },
    Wrong("its usage is none", \.blocks, where: { $0.state != 0 }) { $0.usage = 99 },
    Wrong("its flags are none", \.blocks, where: { $0.state != 0 }) { $0.flags = 0xFF },
    Wrong("it has no length", \.blocks, where: { $0.state != 0 }) { $0.length = 0 },
    Wrong("its registration is not there", \.blocks, where: { $0.state != 0 }) {
      $0.registration = gone
    },
    Wrong("its label is not there", \.blocks, where: { $0.state != 0 }) { $0.site = gone },
    Wrong("it counts other blocks than name it", \.sites, where: { $0.references > 0 }) {
      $0.references &+= 1
    },
    Wrong("it is named and empty", \.sites, where: { $0.references > 0 }) { $0.site = Site() },
    Wrong("whether it is used is not known", \.extents, where: { $0.used == 0 }) { $0.used = 2 },
    Wrong(
      "it is contiguous and has several extents", \.blocks,
      where: {
        $0.state == 2 && $0.extents > 1
      }
    ) { $0.flags |= 1 },
    Wrong(
      "it is of a queue and not of its adapter", \.blocks,
      where: {
        $0.state == 2 && $0.ownerKind != 2 && $0.queueID == 0
      }
    ) { $0.queueID = 3 },
    Wrong("it is no clean text", \.sites, where: { $0.references > 0 }) {
      $0.site = Site("a\u{7}")
    },
    Wrong("its owner is not there", \.blocks, where: { $0.state == 2 }) { $0.owner = gone },
    Wrong("its owner is not there", \.blocks, where: { $0.state == 2 }) { $0.ownerKind = 4 },
    Wrong("it has an owner after its end", \.blocks, where: { $0.state == 3 }) { $0.ownerKind = 1 },
    Wrong("it has memory before its provider has answered", \.blocks, where: { $0.state == 1 }) {
      $0.section = Ref(0)
    },
    Wrong("its section is not there", \.blocks, where: { $0.state == 2 }) { $0.section = gone },
    Wrong("its pages lie outside its section", \.blocks, where: { $0.state == 2 }) {
      $0.firstPage = UInt32.max
    },
    Wrong("its pages lie outside its section, or are another") { store in
      let blocks = store.blocks
      guard let (one, other) = blocks.pair({ $0.state == 2 ? UInt64($0.section.index) : nil })
      else { return false }
      let page = blocks[one].firstPage
      blocks.update(other) { $0.firstPage = page }
      return true
    },
    Wrong("one of its extents is not there", \.extents, where: { $0.used != 0 }) { $0.used = 0 },
    Wrong("its pages lie outside its section") { store in
      guard let index = store.extents.first(where: { $0.used != 0 }) else { return false }
      store.extents.update(index) { $0.next = Ref(index) }
      return true
    },
    Wrong("extents are in use, and", \.extents, where: { $0.used == 0 }) { $0.used = 1 },
    Wrong("it counts other extents than it has", \.blocks, where: { $0.state == 2 }) {
      $0.extents &+= 1
    },
    Wrong("its length is not that of its pages", \.blocks, where: { $0.state == 2 }) {
      $0.length &+= 8_192
    },
    Wrong("it counts other indicated lists", \.blocks, where: { $0.indicated > 0 }) {
      $0.indicated &+= 1
    },
    Wrong("blocks count", \.blocks, where: { $0.state == 2 && $0.indicated == 0 }) {
      $0.indicated = 1
    },
    Wrong("its queue is not there", \.blocks, where: { !$0.place.isNone && $0.queueID != 0 }) {
      $0.place = gone
    },
    Wrong("its VPort is not there", \.blocks, where: { !$0.place.isNone && $0.queueID == 0 }) {
      $0.place = gone
    },
    Wrong(
      "it is counted where it does not belong", \.blocks,
      where: {
        $0.state == 2 && $0.queueID == 0 && $0.vportID == 0
      }
    ) { $0.place = Ref(0) },
    Wrong(
      "its list of blocks does not close", \.blocks,
      where: {
        $0.state == 2 && !$0.ownerNext.isNone
      }
    ) { $0.ownerNext = gone },
    Wrong("its list of blocks does not close", \.blocks, where: { !$0.placeNext.isNone }) {
      $0.placePrevious = $0.placeNext
    },
    Wrong("its generation is too great", \.blocks, where: { $0.state == 0 }) {
      $0.generation = UInt32.max
    },
  ]

  // MARK: Requests and results

  private static let requests: [Wrong] = [
    Wrong("the request it is to answer is not there", \.requests, where: { $0.state == 1 }) {
      $0.state = 2
    },
    Wrong("nobody is to answer it", \.requests, where: { $0.state == 0 }) { $0.state = 1 },
    Wrong("its list of requests does not close", \.requests, where: { !$0.session.isNone }) {
      $0.session = gone
    },
    Wrong("its result has no place", \.requests, where: { $0.state != 0 && !$0.session.isNone }) {
      $0.id &+= 1_000_000
    },
    Wrong("its list of requests does not close", \.requests, where: { !$0.session.isNone }) {
      $0.next = gone
    },
    Wrong("its state is none", \.results, where: { $0.id != 0 }) { $0.state = 3 },
    Wrong("it is of no request", \.results, where: { $0.id == 0 }) { $0.state = 1 },
    Wrong("it stands in another's place", \.results, where: { $0.state == 2 }) { $0.id &+= 1 },
    Wrong("its request was never made", \.results, where: { $0.id != 0 }) { $0.id &+= 64_000 },
    Wrong("its failure has no reason", \.results, where: { $0.id != 0 }) {
      $0.failure.number = 40_000
    },
  ]

  // MARK: Upcalls

  private static let allocating = UInt16(NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY)
  private static let calls: [Wrong] = [
    Wrong("it is free and has an id", \.upcalls, where: { $0.state == 0 }) { $0.id = 5 },
    Wrong("its state is none", \.upcalls, where: { $0.state != 0 }) { $0.state = 4 },
    Wrong("its id is none", \.upcalls, where: { $0.state != 0 }) { $0.id &+= 1 << 50 },
    Wrong("whether it was delivered is not known", \.upcalls, where: { $0.state != 0 }) {
      $0.delivered = 2
    },
    Wrong(
      "it is pending and cannot be", \.upcalls, where: { $0.type == allocating && $0.state == 1 }
    ) {
      $0.state = 3
    },
    Wrong("its session is not there", \.upcalls, where: { !$0.session.isNone }) {
      $0.session = gone
    },
    Wrong("its deadline has passed and it is waited for", \.upcalls, where: { $0.state == 2 }) {
      $0.subject = Ref(0)
    },
    Wrong("the request it is to answer is not there, or another's") { store in
      guard let one = store.upcalls.first(where: { !$0.request.isNone }),
        let other = store.upcalls.first({ $0 != one && $1.state == 1 })
      else { return false }
      let request = store.upcalls[one].request
      store.upcalls.update(other) { $0.request = request }
      return true
    },
    Wrong("its registration is not there", \.upcalls, where: { $0.type == allocating }) {
      $0.registration = gone
    },
    Wrong("its block is not there", \.upcalls, where: { $0.type == allocating && $0.state == 1 }) {
      $0.block = gone
    },
    Wrong("its block is not there, or does not wait") { store in
      guard let one = store.upcalls.first(where: { $0.type == allocating && $0.state == 1 }),
        let block = store.blocks.first(where: { $0.state == 2 })
      else { return false }
      store.upcalls.update(one) { $0.block = Ref(block) }
      return true
    },
    Wrong("it is about another object", \.upcalls, where: { $0.type == allocating }) {
      $0.object = .null
    },
    Wrong("its type is none", \.upcalls, where: { $0.type != 0 && $0.type < 176 }) {
      $0.type = 140
    },
    Wrong("it is of no driver", \.upcalls, where: { $0.type == 128 }) { $0.object = .null },
    Wrong("it is of no adapter", \.upcalls, where: { (129...137).contains($0.type) }) {
      $0.object = .null
    },
    Wrong("it is of no binding", \.upcalls, where: { (145...150).contains($0.type) }) {
      $0.object = .null
    },
    Wrong("it is no provider's", \.upcalls, where: { $0.type != 0 && $0.type < 176 }) {
      $0.block = Ref(0)
    },
    Wrong("it is about something else", \.upcalls, where: { $0.type == 130 && $0.state == 1 }) {
      $0.subject = Ref(0)
    },
    Wrong(
      "its section is another's", \.upcalls,
      where: {
        $0.type == 177 && $0.state == 1 && !$0.block.isNone
      }
    ) { $0.section = .none },
    Wrong("its list of upcalls does not close", \.upcalls, where: { !$0.session.isNone }) {
      $0.next = gone
    },
    Wrong(
      "blocks wait for their providers", \.upcalls,
      where: {
        $0.type == 177 && $0.state == 1 && !$0.block.isNone
      }
    ) { $0.block = .none },
  ]

  // MARK: OID requests

  private static let oids: [Wrong] = [
    Wrong("its state is none", \.oids, where: { $0.state != 0 }) { $0.state = 5 },
    Wrong("its end is none", \.oids, where: { $0.state == 0 }) { $0.end = 4 },
    Wrong("it is free and somebody's", \.oids, where: { $0.state == 0 }) { $0.deadline = 4 },
    Wrong("its kind is none", \.oids, where: { $0.state != 0 }) { $0.kind = 99 },
    Wrong("one of its flags is none", \.oids, where: { $0.state != 0 }) { $0.cancelled = 3 },
    Wrong("its information is too long", \.oids, where: { $0.state != 0 }) {
      $0.inputLength = 5_000
    },
    Wrong("its adapter is not there", \.oids, where: { $0.state != 0 }) { $0.adapter = gone },
    Wrong("its adapter is not there", \.oids, where: { $0.isLinked != 0 }) {
      $0.adapterHandle ^= 4
    },
    Wrong("its binding is not there", \.oids, where: { $0.state != 0 }) { $0.binding = gone },
    Wrong("its session is not there", \.oids, where: { $0.state != 0 }) { $0.session = gone },
    Wrong("its failure has no reason", \.oids, where: { $0.state != 0 }) {
      $0.failure.number = 40_000
    },
    Wrong("its state is not that of its calls", \.oids, where: { $0.state == 1 }) { $0.state = 2 },
    Wrong("its OID request does not know it", \.oids, where: { $0.state == 3 }) { $0.upcall = 0 },
    Wrong("a call about it is not there", \.oids, where: { $0.state == 3 && $0.cancellation == 0 })
    {
      $0.cancellation = 77
    },
    Wrong("the state before it is none", \.oids, where: { $0.state == 3 }) { $0.before = 99 },
    Wrong("what it makes or changes is not there", \.oids, where: { $0.state == 3 }) {
      $0.subject = gone
    },
    Wrong("its last OID request is another", \.adapters, where: { !$0.firstOID.isNone }) {
      $0.lastOID = gone
    },
    Wrong("its list of OID requests does not close", \.oids, where: { $0.isLinked != 0 }) {
      $0.next = gone
    },
  ]

  // MARK: Queues, filters, VPorts

  private static let queues: [Wrong] = [
    Wrong(
      "capabilities[0]: they are longer than any", \.capabilities,
      where: {
        $0.receiveFilterLength != 0
      }
    ) { $0.receiveFilterLength = 9_999 },
    Wrong("it has VFs and no switch", \.capabilities, where: { $0.nicSwitchLength != 0 }) {
      $0.functions = 1
      $0.hasSwitch = 0
    },
    Wrong("the owner of a VF is not there", \.capabilities, where: { $0.nicSwitchLength != 0 }) {
      $0.functionOwners[3] = gone
    },
    Wrong("capabilities[15]: its adapter is not there") { store in
      guard store.adapters[15].life == 0 else { return false }
      store.capabilities.update(15) { $0.hasSwitch = 1 }
      return true
    },
    Wrong("its QueueId is none, or another's", \.queues, where: { !$0.adapter.isNone }) {
      $0.queueID = 0
    },
    Wrong("queues[0]: its state is none", \.queues, where: { !$0.adapter.isNone }) { $0.state = 9 },
    Wrong("it is free and has a state", \.queues, where: { $0.adapter.isNone }) { $0.state = 1 },
    Wrong("queues[0]: one of its flags", \.queues, where: { !$0.adapter.isNone }) { $0.early = 7 },
    Wrong("who allocated it is not there", \.queues, where: { !$0.adapter.isNone }) {
      $0.owner = gone
    },
    Wrong("it was freed and is there", \.queues, where: { $0.state != 0 }) { $0.ending = 1 },
    Wrong("its parameters are another's", \.queues, where: { !$0.adapter.isNone }) {
      $0.parameters.QueueId &+= 1
    },
    Wrong("it counts other filters than it has", \.queues, where: { !$0.adapter.isNone }) {
      $0.filters &+= 1
    },
    Wrong("queues[0]: it counts other blocks", \.queues, where: { !$0.adapter.isNone }) {
      $0.blocks &+= 1
    },
    Wrong("queues[0]: it counts other indicated", \.queues, where: { !$0.adapter.isNone }) {
      $0.indicated &+= 1
    },
    Wrong("its list of queues does not close", \.queues, where: { !$0.adapter.isNone }) {
      $0.next = gone
    },
    Wrong("queues are in use, and", \.queues, where: { $0.adapter.isNone }) { $0.adapter = Ref(0) },
    Wrong("its state is none", \.filters, where: { $0.state != 0 }) { $0.state = 3 },
    Wrong("it has too many fields", \.filters, where: { $0.state != 0 }) { $0.fieldCount = 99 },
    Wrong("its FilterId is none", \.filters, where: { $0.state != 0 }) { $0.filterID = 0 },
    Wrong("its FilterId is another's") { store in
      guard
        let (one, other) = store.filters.pair({ $0.state == 0 ? nil : UInt64($0.adapter.index) })
      else { return false }
      let id = store.filters[one].filterID
      store.filters.update(other) { $0.filterID = id }
      return true
    },
    Wrong("its queue or VPort is not there", \.filters, where: { $0.state != 0 }) {
      $0.queueID = 900
    },
    Wrong("who set it is not there", \.filters, where: { $0.state != 0 }) { $0.owner = gone },
    Wrong("its list of filters does not close", \.filters, where: { $0.state != 0 }) {
      $0.previous = gone
    },
    Wrong(
      "its VPortId is none, or another's", \.vports,
      where: {
        !$0.adapter.isNone && $0.firstBlock.isNone
      }
    ) {
      $0.vportID = 0
    },
    Wrong("vports[0]: its state is none", \.vports, where: { !$0.adapter.isNone }) { $0.state = 3 },
    Wrong("who created it is not there", \.vports, where: { !$0.adapter.isNone }) {
      $0.owner = gone
    },
    Wrong("it was deleted and is there", \.vports, where: { $0.state != 0 }) { $0.ending = 1 },
    Wrong("vports[0]: it counts other filters", \.vports, where: { !$0.adapter.isNone }) {
      $0.filters &+= 1
    },
    Wrong("vports[0]: it counts other blocks", \.vports, where: { !$0.adapter.isNone }) {
      $0.blocks &+= 1
    },
    Wrong("its list of VPorts does not close", \.vports, where: { !$0.adapter.isNone }) {
      $0.next = gone
    },
  ]

  // MARK: What is indicated

  private static let receiving: [Wrong] = [
    Wrong("its state is none", \.statuses, where: { $0.state != 0 }) { $0.state = 2 },
    Wrong("its buffer is too long", \.statuses, where: { $0.state != 0 }) { $0.length = 513 },
    Wrong("it counts other calls than are open", \.statuses, where: { $0.state != 0 }) {
      $0.calls &+= 1
    },
    Wrong("its status is not there", \.statuses, where: { $0.state != 0 }) { $0.state = 0 },
    Wrong("it is over and there", \.indications, where: { $0.state == 0 }) { $0.state = 1 },
    Wrong("its receivers are none", \.indications, where: { $0.state != 0 }) {
      $0.receiverCount = 65
    },
    Wrong("one of its receivers is not there", \.indications, where: { !$0.adapter.isNone }) {
      $0.receivers[0] = gone
    },
    Wrong("it counts other calls than are open", \.indications, where: { $0.state != 0 }) {
      $0.calls &+= 1
    },
    Wrong("it has more lists than it had", \.indications, where: { $0.out > 0 }) { $0.count = 0 },
    Wrong("its list of NET_BUFFER_LISTs does not close", \.indications, where: { $0.out > 0 }) {
      $0.first = gone
    },
    Wrong("it counts other lists than are out", \.indications, where: { $0.out > 0 }) {
      $0.first = .none
    },
    Wrong("its list of indications does not close", \.indications, where: { !$0.adapter.isNone }) {
      $0.previous = gone
    },
    Wrong("its indication is not there") { store in
      guard let index = store.upcalls.first(where: { $0.type == 149 && $0.state == 1 }) else {
        return false
      }
      store.upcalls.update(index) { $0.subject = gone }
      return true
    },
    Wrong("it counts other indicated lists than are out", \.adapters, where: { $0.life != 0 }) {
      $0.indicated &+= 1
    },
    Wrong("it counts other lists than go back", \.adapters, where: { $0.life != 0 }) {
      $0.returning &+= 1
    },
    Wrong("its lists were dropped and are there", \.adapters, where: { !$0.indications.isNone }) {
      $0.dropped = 1
    },
    Wrong("its buffers are none", \.lists, where: { $0.link.state != 0 }) { $0.bufferCount = 5 },
    Wrong("what it is indicated on is none", \.lists, where: { $0.link.state != 0 }) {
      $0.targetKind = 3
    },
    Wrong("its queue is not there", \.lists, where: { $0.link.state != 0 && $0.targetKind == 1 }) {
      $0.target = gone
    },
    Wrong(
      "it is of the default queue and another", \.lists,
      where: {
        $0.link.state != 0 && $0.targetKind == 0
      }
    ) { $0.target = Ref(0) },
    Wrong("its memory is not there", \.lists, where: { $0.link.state != 0 && $0.segmentCount > 0 })
    {
      $0.segments[0].block = gone
    },
    Wrong("it is out and nobody has it", \.lists, where: { $0.link.state == 1 }) {
      $0.link.holders = 0
    },
    Wrong("it goes back and somebody has it", \.lists, where: { $0.link.state == 2 }) {
      $0.link.holders = 1
    },
    Wrong("it is free and somebody's", \.lists, where: { $0.link.state == 0 }) {
      $0.link.holders = 1
    },
    Wrong("its list of returned NET_BUFFER_LISTs does not close") { store in
      guard let index = store.lists.first(where: { $0.link.state == 2 }) else { return false }
      store.lists.update(index) { $0.link.nextReturned = Ref(index) }
      return true
    },
    Wrong("NET_BUFFER_LISTs are in use, and", \.lists, where: { $0.link.state == 0 }) {
      $0.link.state = 2
      $0.bufferCount = 1
      $0.segmentCount = 0
      $0.targetKind = 0
      $0.target = .none
    },
  ]
}
