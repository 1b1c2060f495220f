// A miniport with an adapter and a protocol driver bound to it, for tests of an adapter's life. Both keep
// what they are called with, in order, and hold the calls they are told to hold.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

final class LifeBed {
  let host: TestHost
  let miniport: Driver
  let binder: Driver
  let driver: Handle
  let prot: Handle
  var adapter = Handle.null
  var binding = Handle.null
  /// Every call of a handler, as `name(of:)` writes it.
  private(set) var calls: [String] = []
  /// Upcall types that are not answered until the test does.
  var held: Set<Int> = []
  private(set) var waiting: [(session: UInt32, id: UInt64, details: UpcallDetails)] = []
  /// MiniportHaltEx calls that found the adapter in another state than Paused.
  private(set) var wrongHalts = 0

  init(
    adds: Bool = true, binds: Bool = true, isHosted: Bool = false, shadow: Bool = true,
    version: NDISVersion = NDISVersion(6, 30), attributeFlags: UInt32? = nil
  ) throws {
    host = try TestHost(shadow: shadow)
    host.stepLimit = 100
    miniport = Driver(host, "mp", isHosted: isHosted)
    binder = Driver(host, "binder")
    if let attributeFlags { miniport.attributeFlags = attributeFlags }
    driver = miniport.handle(host, .registerMiniportDriver(Sample.miniport(version: version)))
    prot = binder.protocolDriver(host)
    for party in [miniport, binder] {
      party.override = { [unowned self] host, id, details in
        self.saw(party.session, id, details)
      }
    }
    if adds { adapter = miniport.adapter(host, driver, "eth0") }
    if adds, binds { binding = bind() }
    calls = []
  }

  func bind() -> Handle { binder.handle(host, .bindAdapter(prot, Name("eth0"))) }

  private func saw(_ session: UInt32, _ id: UInt64, _ details: UpcallDetails) -> Bool {
    let type = Int(details.type)
    calls.append(Self.name(of: details))
    if type == NDISSIM_UPCALL_INITIALIZE_EX { adapter = details.object }
    if type == NDISSIM_UPCALL_HALT_EX, state != .paused { wrongHalts += 1 }
    guard held.contains(type) else { return false }
    waiting.append((session, id, details))
    return true
  }

  static func name(of details: UpcallDetails) -> String {
    let argument = details.argument
    switch Int(details.type) {
    case NDISSIM_UPCALL_INITIALIZE_EX: return "MiniportInitializeEx"
    case NDISSIM_UPCALL_HALT_EX:
      return "MiniportHaltEx \(HaltAction(rawValue: argument).map { "\($0)" } ?? "?")"
    case NDISSIM_UPCALL_PAUSE: return "MiniportPause \(argument)"
    case NDISSIM_UPCALL_RESTART: return "MiniportRestart"
    case NDISSIM_UPCALL_SHUTDOWN_EX:
      return "MiniportShutdownEx \(ShutdownAction(rawValue: argument).map { "\($0)" } ?? "?")"
    case NDISSIM_UPCALL_DEVICE_PNP_EVENT_NOTIFY:
      return PnPEvent(rawValue: argument).map { "\($0)" } ?? "?"
    case NDISSIM_UPCALL_NET_PNP_EVENT:
      return NetPnPEvent(rawValue: argument).map { "\($0)" } ?? "?"
    case NDISSIM_UPCALL_BIND_ADAPTER_EX: return "ProtocolBindAdapterEx"
    case NDISSIM_UPCALL_UNBIND_ADAPTER_EX: return "ProtocolUnbindAdapterEx"
    case NDISSIM_UPCALL_STATUS_EX: return "ProtocolStatusEx"
    case NDISSIM_UPCALL_OID_REQUEST: return "MiniportOidRequest"
    case NDISSIM_UPCALL_OID_REQUEST_COMPLETE: return "ProtocolOidRequestComplete"
    default: return "upcall \(details.type)"
    }
  }

  /// The calls since the last look.
  func newCalls() -> [String] {
    defer { calls = [] }
    return calls
  }

  /// Nil when the adapter is gone.
  var state: AdapterState? {
    let record = host.simulator.store.adapters[Index(adapter)]
    guard record.life != .free, host.simulator.adapterHandle(Index(adapter)) == adapter else {
      return nil
    }
    return record.state
  }

  var advice: [Violation] {
    host.events.compactMap { if case .advice(let advice) = $0 { advice } else { nil } }
  }

  var violations: [Violation] {
    host.events.compactMap { if case .violation(let violation) = $0 { violation } else { nil } }
  }

  var leaks: Int {
    host.events.count { if case .leak = $0 { true } else { false } }
  }

  /// CHANGE_ADAPTER; its number, for the answer may come later.
  @discardableResult
  func change(_ change: AdapterChange) -> UInt64 {
    host.call(miniport.session, .changeAdapter(adapter, change))
  }

  func result(_ id: UInt64) -> RequestResult? { host.result(miniport.session, id) }

  /// Answers the call of this type that has been held longest.
  func answer(_ type: Int, _ status: Status = .success) {
    guard let index = waiting.firstIndex(where: { Int($0.details.type) == type }) else {
      return host.problem("no call of type \(type) is held")
    }
    let call = waiting.remove(at: index)
    held.remove(type)
    var answer = ProviderAnswer(status: status)
    if status == .success {
      let party = call.session == miniport.session ? miniport : binder
      answer = party.honest(host, call.id, call.details)
    }
    host.answer(call.session, call.id, answer)
  }

  /// The id of a held call.
  func id(of type: Int) throws -> UInt64 {
    try #require(waiting.first { Int($0.details.type) == type }).id
  }

  /// Holds the handler's call, makes it answer PENDING, and returns the call's id.
  func pend(_ type: Int) throws -> UInt64 {
    let id = try id(of: type)
    answer(type, .pending)
    return id
  }

  /// Nothing is left when both parties have gone.
  func finish() {
    for session in [miniport.session, binder.session] where host.clients[session] != nil {
      host.end(session)
    }
    host.settle()
    let left = host.simulator.statistics(session: nil)
    #expect(
      left.adapters + left.bindings + left.blocks + left.openRequests + left.openUpcalls == 0)
    #expect(wrongHalts == 0)
    #expect(host.problems == [])
    for wrong in inconsistencies(host.simulator) { Issue.record("\(wrong)") }
  }
}
