// What can be wrong with sessions, drivers, adapters, bindings, providers and sections. Each is found and said: see StoreCheckTests.

import NDISDriverInterface
import NDIS

@testable import NDISSimulator
import NDISStore

extension Ref {
  /// A reference to a record outside every table.
  static var gone: Ref { Ref(Index(1_000_000)) }
}

extension StoreCheckTests {
  // MARK: Sessions, drivers, adapters, bindings

  static let objects: [Wrong] = [
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
    Wrong("sessions[0]: its state has no case", \.sessions, where: { $0.$state.raw != 0 }) {
      $0.$state.raw = 9
    },
    Wrong("its generation is too great", \.sessions, where: { $0.$state.raw == 0 }) {
      $0.generation = UInt32.max
    },
    Wrong("whether it is hosted is not known", \.sessions, where: { $0.$state.raw != 0 }) {
      $0.isHosted = 2
    },
    Wrong("its name is no clean text", \.clients, where: { $0.number != 0 }) {
      $0.name = Name("a\u{1}b")
    },
    Wrong("its number has not been given out", \.clients, where: { $0.number != 0 }) {
      $0.number = UInt32.max
    },
    Wrong("its next request has no id", \.sessions, where: { $0.$state.raw != 0 }) {
      $0.nextRequestID = 0
    },
    Wrong("its reset is not there", \.sessions, where: { $0.$state.raw == 1 }) {
      $0.$state.raw = 2
    },
    Wrong("it counts other blocks than its drivers have", \.sessions, where: { $0.$state.raw != 0 })
    {
      $0.blocks &+= 1
    },
    Wrong("it counts other sections than it pays for", \.sessions, where: { $0.$state.raw != 0 }) {
      $0.sections &+= 1
    },
    Wrong("it counts other objects than it has", \.sessions, where: { $0.$state.raw != 0 }) {
      $0.objects &+= 1
    },
    Wrong("it counts other OID requests than it has", \.sessions, where: { $0.$state.raw != 0 }) {
      $0.oids &+= 1
    },
    Wrong("its list of drivers does not close", \.sessions, where: { !$0.drivers.isNone }) {
      $0.drivers = .gone
    },
    Wrong("drivers are in use, and", \.sessions, where: { !$0.drivers.isNone }) {
      $0.drivers = .none
    },
    // A circle, a way back that leads elsewhere.
    Wrong("its list of drivers does not close") { store in
      guard let index = store.drivers.first(where: { $0.$state.raw != 0 }) else { return false }
      store.drivers.update(index) { $0.next = Ref(index) }
      return true
    },
    Wrong("its list of drivers does not close", \.drivers, where: { !$0.next.isNone }) {
      $0.previous = $0.next
    },
    Wrong("its state has no case", \.drivers, where: { $0.$state.raw != 0 }) { $0.$state.raw = 7 },
    Wrong("its kind has no case", \.drivers, where: { $0.$state.raw != 0 && $0.$kind.raw != 1 }) {
      $0.$kind.raw = 9
    },
    Wrong("its NDIS version is none", \.drivers, where: { $0.$state.raw != 0 }) {
      $0.version = NDISVersion(9, 9)
    },
    Wrong(
      "its session is not there", \.drivers,
      where: { $0.$state.raw != 0 && $0.blocks.isNone && $0.children.isNone }
    ) {
      $0.session = .gone
    },
    Wrong("its call of SetOptions is not there", \.drivers, where: { $0.$state.raw == 2 }) {
      $0.upcallOpen = 1
    },
    Wrong("its registration has ended", \.drivers, where: { $0.$state.raw == 2 }) {
      $0.$state.raw = 1
    },
    Wrong("its provider is not its own", \.drivers, where: { $0.$state.raw == 2 }) {
      $0.registration = Ref(0)
    },
    Wrong("the request it is to answer is not there", \.drivers, where: { $0.$state.raw == 2 }) {
      $0.request = .gone
    },
    Wrong("its life has no case", \.adapters, where: { $0.life != .free }) {
      overwrite(&$0, \.storedLife.raw, 3)
    },
    Wrong("its state has no case", \.adapters, where: { $0.life != .free }) {
      overwrite(&$0, \.storedState.raw, 77)
    },
    Wrong(
      "the call of its state is not open", \.adapters,
      where: { $0.life != .free && $0.upcallOpen == nil }
    ) {
      overwrite(&$0, \.storedState, Raw(wrappedValue: AdapterState.pausing))
    },
    Wrong("adapters[0]: one of its flags", \.adapters, where: { $0.life != .free }) { $0.held = 2 },
    Wrong("its DMA is registered and was not", \.adapters, where: { $0.life != .free }) {
      $0.dmaRegistered = 1
      $0.dmaGeneration = 0
    },
    Wrong("its end has no reason", \.adapters, where: { $0.life != .free }) { $0.haltAction = 77 },
    Wrong(
      "it waits for other allocations than are pending", \.adapters, where: { $0.life != .free }
    ) { $0.allocationsPending &+= 1 },
    Wrong("its last FilterId is too great", \.adapters, where: { $0.life != .free }) {
      $0.lastFilterID = 1 << 20
    },
    Wrong("its failure has no reason", \.adapters, where: { $0.life != .free }) {
      $0.failure.number = 9_999
    },
    Wrong("its name is another's") { store in
      guard let (one, other) = store.adapters.pair({ $0.life == .free ? nil : 1 }) else {
        return false
      }
      let name = store.adapters[one].name
      store.adapters.update(other) { $0.name = name }
      return true
    },
    Wrong(
      "its driver is not there, or no miniport", \.adapters,
      where: {
        $0.life != .free && $0.blocks.isNone
      }
    ) { $0.driver = .gone },
    Wrong(
      "the call it waits for has no type", \.adapters, where: { $0.upcall == 0 && $0.life != .free }
    ) {
      $0.upcall = 5
    },
    Wrong("the call it waits for is not there", \.adapters, where: { $0.upcall != 0 }) {
      $0.upcall &+= 1 << 20
    },
    Wrong("the call it waits for is another's") { store in
      guard let one = store.adapters.first(where: { $0.upcall != 0 }),
        let other = store.adapters.first({ $0 != one && $1.life != .free && $1.upcall == 0 })
      else { return false }
      let record = store.adapters[one]
      store.adapters.update(other) {
        $0.upcall = record.upcall
        $0.$upcallOpen = record.$upcallOpen
      }
      return true
    },
    Wrong("its list of bindings does not close", \.bindings, where: { $0.$kind.raw != 0 }) {
      $0.adapterNext = .gone
    },
    Wrong("its kind has no case", \.bindings, where: { $0.$kind.raw != 0 }) { $0.$kind.raw = 3 },
    Wrong("bindings[0]: one of its flags", \.bindings, where: { $0.$kind.raw != 0 }) {
      $0.closing = 2
    },
    Wrong("its driver is not there", \.bindings, where: { $0.$kind.raw != 0 && $0.blocks.isNone }) {
      $0.driver = .gone
    },
    Wrong("its adapter is not there", \.bindings, where: { $0.$kind.raw != 0 }) {
      $0.adapter = .gone
    },
    Wrong("other calls of ProtocolOidRequestComplete", \.bindings, where: { $0.$kind.raw != 0 }) {
      $0.completions &+= 1
    },
    Wrong("it is a module and is called", \.bindings, where: { $0.$kind.raw == 2 }) {
      $0.registration = Ref(0)
    },
  ]

  // MARK: Registrations, sections

  static let providers: [Wrong] = [
    Wrong("registrations[0]: its state has no case", \.registrations, where: { $0.$state.raw != 0 })
    {
      $0.$state.raw = 9
    },
    Wrong("its level has no case", \.registrations, where: { $0.$state.raw != 0 }) {
      $0.$level.raw = 6
    },
    Wrong("its place in the order is none", \.registrations, where: { $0.$state.raw != 0 }) {
      $0.order = 0
    },
    Wrong(
      "its hosted provider's number is in doubt", \.registrations, where: { $0.$level.raw == 5 }
    ) {
      $0.hosted &+= 1
    },
    Wrong("it is hosted and a driver's", \.registrations, where: { $0.$level.raw == 5 }) {
      $0.driver = Ref(0)
    },
    Wrong(
      "it was set on no handle", \.registrations,
      where: {
        $0.$level.raw != 0 && $0.$level.raw < 4 && $0.$state.raw > 1
      }
    ) {
      $0.owner = .null
    },
    Wrong(
      "its session is not there", \.registrations,
      where: {
        $0.$level.raw != 0 && $0.$level.raw < 4 && $0.sections.isNone && $0.blocks.isNone
          && $0.freesInFlight &+ $0.allocationsInFlight == 0 && $0.stuckUpcall == 0
      }
    ) { $0.ownerSession = .gone },
    Wrong(
      "it is not its driver's", \.registrations, where: { $0.$state.raw == 1 && $0.$level.raw == 2 }
    ) {
      $0.adapter = Ref(0)
    },
    Wrong(
      "it is not its binding's", \.registrations,
      where: { $0.$state.raw == 1 && $0.$level.raw == 1 }
    ) {
      $0.adapter = .gone
    },
    Wrong("it counts other calls than are open", \.registrations, where: { $0.$state.raw == 1 }) {
      $0.freesInFlight &+= 1
    },
    Wrong("what it owes is in doubt", \.registrations, where: { $0.$state.raw == 1 }) {
      $0.stuckUpcall = $0.stuckUpcall == 0 ? 5 : 0
    },
    Wrong("the answer it owes is not there", \.registrations, where: { $0.stuckUpcall != 0 }) {
      $0.stuckUpcall &+= 1
    },
    Wrong(
      "registrations[0]: it counts other blocks", \.registrations, where: { $0.$state.raw == 1 }
    ) {
      $0.bytes &+= 1
    },
    Wrong("its list of blocks does not close", \.registrations, where: { !$0.blocks.isNone }) {
      $0.blocks = .gone
    },
    Wrong("its list of sections does not close", \.sections, where: { $0.$state.raw != 0 }) {
      $0.previous = Ref(9)
    },
    Wrong("its pages have no size", \.sections, where: { $0.$state.raw != 0 }) {
      $0.pageShift = 70
    },
    Wrong("it has no pages", \.sections, where: { $0.$state.raw != 0 }) { $0.pages = 0 },
    Wrong("it reaches beyond the next section's address", \.sections, where: { $0.$state.raw != 0 })
    {
      $0.pages = UInt32.max
    },
    Wrong("its addresses are another's") { store in
      guard let (one, other) = store.sections.pair({ $0.$state.raw == 0 ? nil : 1 }) else {
        return false
      }
      let base = store.sections[one].physicalBase
      store.sections.update(other) { $0.physicalBase = base }
      return true
    },
    Wrong("its address is at no gigabyte's edge", \.sections, where: { $0.$state.raw != 0 }) {
      $0.physicalBase &+= 1
    },
    Wrong("whether its owner has ended is not known", \.sections, where: { $0.$state.raw != 0 }) {
      $0.ownerEnded = 2
    },
    Wrong("its keeping has no case", \.sections, where: { $0.$state.raw != 0 }) {
      $0.$keeping.raw = 3
    },
    Wrong("its domain is none", \.sections, where: { $0.$state.raw != 0 }) { $0.domain = .null },
    Wrong(
      "its domain has ended unnoticed", \.sections,
      where: { $0.$state.raw != 0 && $0.ownerEnded == 0 }
    ) {
      $0.domain = Handle(rawValue: $0.domain.rawValue ^ 1 << 40)
    },
    Wrong("its registration is not there", \.sections, where: { $0.$state.raw != 0 }) {
      $0.registration = .gone
    },
    Wrong("it is not of its registration's session", \.sections, where: { $0.$state.raw != 0 }) {
      $0.session = .gone
    },
    Wrong("its payer is not there", \.sections, where: { $0.$state.raw != 0 }) { $0.payer = .gone },
    Wrong("sections[0]: it counts other blocks", \.sections, where: { $0.$state.raw != 0 }) {
      $0.blocks &+= 1
    },
  ]
}
