// A bound protocol driver, its miniport, and what passes between them about OID requests.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

/// One adapter and one binding, or more.
final class OIDScene {
  /// Of no row of the table of OIDs.
  static let number: UInt32 = 0xFF01_0203

  let host: TestHost
  let miniport: Driver
  let prot: Driver
  let adapter: Handle
  let binding: Handle
  let protocolHandle: Handle
  /// Calls of MiniportOidRequest, MiniportCancelOidRequest and ProtocolOidRequestComplete, in order.
  private(set) var asked: [(upcall: UInt64, details: OIDDetails)] = []
  private(set) var cancelled: [OIDDetails] = []
  private(set) var told: [OIDDetails] = []
  /// What MiniportOidRequest answers; nil: it does not return.
  var onRequest: (OIDScene, UInt64, OIDDetails) -> ProviderAnswer? = { _, _, _ in
    ProviderAnswer(status: .success)
  }
  var onCancel: (OIDScene, UInt64, OIDDetails) -> Void = { _, _, _ in }
  /// What ProtocolOidRequestComplete answers; nil: it does not return.
  var onTold: (OIDScene, UInt64, OIDDetails) -> ProviderAnswer? = { _, _, _ in
    ProviderAnswer(status: .success)
  }
  private var nextContext: UInt64 = 100

  init(
    _ settings: Settings = TestHost.smallSettings,
    miniportVersion: NDISVersion = NDISVersion(6, 50),
    version: NDISVersion = NDISVersion(6, 50), shadow: Bool = true
  ) throws {
    host = try TestHost(settings, shadow: shadow)
    miniport = Driver(host, "mp")
    let driver = miniport.handle(
      host, .registerMiniportDriver(Sample.miniport(version: miniportVersion)))
    adapter = miniport.adapter(host, driver, "eth0")
    prot = Driver(host, "prot")
    protocolHandle = prot.handle(
      host, .registerProtocolDriver(Sample.protocolDriver(version: version)))
    binding = prot.handle(host, .bindAdapter(protocolHandle, Name("eth0")))
    miniport.override = { [unowned self] in self.seesMiniport($0, $1, $2) }
    prot.override = { [unowned self] in self.seesProtocol($0, $1, $2) }
    host.afterTurn = { host in
      for wrong in inconsistencies(host.simulator) { host.problem(wrong) }
    }
  }

  private func seesMiniport(_ host: TestHost, _ id: UInt64, _ details: UpcallDetails) -> Bool {
    let type = Int(details.type)
    guard type == NDISSIM_UPCALL_OID_REQUEST || type == NDISSIM_UPCALL_CANCEL_OID_REQUEST else {
      return false
    }
    guard let oid = host.clients[miniport.session]?.oids[id] else {
      host.problem("a call of the miniport without its OID request")
      return true
    }
    if type == NDISSIM_UPCALL_CANCEL_OID_REQUEST {
      cancelled.append(oid)
      onCancel(self, id, oid)
      host.answer(miniport.session, id, ProviderAnswer(status: .success))
      return true
    }
    asked.append((id, oid))
    if let answer = onRequest(self, id, oid) { host.answer(miniport.session, id, answer) }
    return true
  }

  private func seesProtocol(_ host: TestHost, _ id: UInt64, _ details: UpcallDetails) -> Bool {
    guard Int(details.type) == NDISSIM_UPCALL_OID_REQUEST_COMPLETE else { return false }
    guard let oid = host.clients[prot.session]?.oids[id] else {
      host.problem("a completion without its OID request")
      return true
    }
    told.append(oid)
    if let answer = onTold(self, id, oid) { host.answer(prot.session, id, answer) }
    return true
  }

  // MARK: What the parties do

  /// NdisOidRequest, each with a context of its own.
  @discardableResult
  func request(
    _ kind: OIDRequestKind = .query, _ number: UInt32 = OIDScene.number, input: [UInt8] = [],
    outputLength: UInt32 = 16, id: UInt64 = 0, context: UInt64 = 0,
    _ change: (inout OIDCall) -> Void = { _ in }
  ) -> RequestResult? {
    nextContext += 1
    var call = OIDCall(
      kind: kind.rawValue, oid: number, input: input, outputLength: outputLength, requestID: id,
      requestContext: nextContext)
    change(&call)
    return host.ask(prot.session, .oidRequest(binding: binding, call), context: context)
  }

  /// NdisMOidRequestComplete.
  @discardableResult
  func complete(
    _ oid: Handle, _ status: Status = .success, _ result: OIDResult = OIDResult(),
    context: UInt64 = 0
  ) -> RequestResult? {
    host.ask(
      miniport.session, .completeOIDRequest(adapter: adapter, oid: oid, status, result),
      context: context)
  }

  @discardableResult
  func cancel(_ id: UInt64) -> RequestResult? {
    host.ask(prot.session, .cancelOIDRequest(binding: binding, requestID: id))
  }

  func pend() { onRequest = { _, _, _ in ProviderAnswer(status: .pending) } }

  func answer(_ status: Status, _ result: OIDResult? = nil, irql: UInt8 = 0) -> ProviderAnswer {
    var answer = ProviderAnswer(status: status, irql: irql)
    answer.oid = result
    return answer
  }

  var violations: [Violation] {
    host.events.compactMap {
      if case .violation(let violation) = $0 { return violation }
      return nil
    }
  }

  /// One violation, with its reason and bug check.
  func expectViolation(
    _ reason: Reason, _ check: (code: UInt32, first: UInt64)?, routine: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(violations.map(\.failure.reason) == [reason], sourceLocation: sourceLocation)
    #expect(violations.first?.routine == routine, sourceLocation: sourceLocation)
    #expect(violations.first?.bugCheck?.code == check?.code, sourceLocation: sourceLocation)
    #expect(
      violations.first?.bugCheck?.parameters.0 == check?.first, sourceLocation: sourceLocation)
    #expect(host.problems == [], sourceLocation: sourceLocation)
  }

  /// No OID request is left anywhere.
  func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) {
    let store = host.simulator.store
    let left = (store.oids.indices).count { store.oids[$0].state != .free }
    #expect(left == 0, sourceLocation: sourceLocation)
    #expect(host.problems == [], sourceLocation: sourceLocation)
  }
}
