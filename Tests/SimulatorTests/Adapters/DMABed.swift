// Adapters of one miniport driver, whose MiniportInitializeEx and MiniportHaltEx make the calls a test wants.

import CNDIS
import NDIS
import NDISDriverInterface
import NDISEvents
import NDISHostedDrivers
import NDISStore
import Testing

@testable import NDISSimulator

final class DMABed {
  let host: TestHost
  let miniport: Driver
  let driver: Handle
  /// Made in MiniportInitializeEx, and how they ended; the adapter is the newest.
  var initializing: (Handle) -> [Request] = { _ in [] }
  var results: [RequestResult] = []
  /// What follows in MiniportInitializeEx, by what has ended so far; nil at the end.
  var next: (Handle, [RequestResult]) -> Request? = { _, _ in nil }
  /// Made in MiniportHaltEx.
  var halting: (Handle) -> [Request] = { _ in [] }
  private(set) var adapters: [Handle] = []

  init(pools: [PoolSettings] = TestHost.smallPools) throws {
    host = try TestHost(pools: pools, shadow: true)
    host.afterTurn = { host in
      for problem in inconsistencies(host.simulator) { host.problem(problem) }
    }
    miniport = Driver(host, "mp")
    driver = miniport.handle(host, .registerMiniportDriver(Sample.miniport()))
    miniport.override = { [unowned self] host, id, details in
      switch Int(details.type) {
      case NDISSIM_UPCALL_INITIALIZE_EX:
        self.adapters.append(details.object)
        self.results = []
        for call in self.initializing(details.object) {
          if let made = host.ask(self.miniport.session, call, context: id) {
            self.results.append(made)
          }
        }
        while let call = self.next(details.object, self.results),
          let made = host.ask(self.miniport.session, call, context: id)
        {
          self.results.append(made)
        }
      case NDISSIM_UPCALL_HALT_EX:
        for call in self.halting(details.object) {
          _ = host.ask(self.miniport.session, call, context: id)
        }
      default: return false
      }
      host.answer(self.miniport.session, id, ProviderAnswer(status: .success))
      return true
    }
  }

  /// Adds an adapter; how the calls of its MiniportInitializeEx ended.
  @discardableResult
  func add(_ name: String = "eth0", _ calls: @escaping (Handle) -> [Request]) -> [Failure] {
    initializing = calls
    _ = host.ask(miniport.session, .addAdapter(driver, Name(name)))
    return results.map(\.failure)
  }

  func remove(_ adapter: Handle) { _ = host.ask(miniport.session, .removeAdapter(adapter)) }

  func ask(_ request: Request) -> RequestResult? { host.ask(miniport.session, request) }

  /// Registration attributes.
  func attributes(_ adapter: Handle, flags: UInt32 = 0, interface: Int32 = 5) -> Request {
    .setMiniportAttributes(
      adapter, Sample.attributes, context: 5, flags: flags, interface: interface)
  }

  func channel(_ adapter: Handle, _ description: DMAChannelDescription = .init()) -> Request {
    .registerDMAChannel(adapter, description)
  }

  /// The last handle of a channel.
  var channelHandle: Handle { results.last { $0.value.kind == .dmaChannel }?.value ?? .null }

  var reports: [Violation] {
    host.events.compactMap { if case .violation(let violation) = $0 { violation } else { nil } }
  }

  var violations: [Reason] { reports.map(\.failure.reason) }

  /// The physical addresses at which the sections of a domain begin.
  func bases(_ domain: Handle) -> [UInt64] {
    let store = host.simulator.store
    return store.sections.indices.filter {
      store.sections[$0].state == .live && store.sections[$0].domain == domain
    }.map { store.sections[$0].physicalBase }
  }
}
