// Who waits for whom: chains from what was requested first to the handler that has not returned. A chain is found from
// its end, because everything that waits has at most one cause, while one call may cause several others.
//
// Limits: a chain has at most `maximumSteps` steps; what is beyond is left out. Nothing here changes state.

public import NDISEvents
public import NDIS
import NDISStore

/// A part of a chain.
public struct PendingStep: Sendable, Equatable {
  /// `request`: a call of a driver that has not completed. `adapter`: a change of its state. `oid`: an OID request.
  /// `handler`: a call of a driver's handler. `lists`: NET_BUFFER_LISTs that were not returned.
  public enum Kind: String, Sendable { case request, adapter, oid, handler, lists }
  public var kind: Kind
  /// The routine, state, OID or handler by its documented name.
  public var name: String
  /// Steps between this one and the first.
  public var depth: Int = 0
  /// Who made or is to end it.
  public var party = Party()
  public var handle = Handle.null
  /// An adapter's or a request's state; of a handler "running", or "pended" when it has returned PENDING.
  public var state: String
  /// When it began, and its deadline; nil if unknown or none.
  public var since: UInt64?
  public var deadline: UInt64?
  /// The number of lists.
  public var lists: UInt64?
}

extension Simulator {
  static let maximumSteps = 32

  /// The chain that ends with the open call at a used index; nil for one that has expired.
  public func pendingChain(upcall index: UInt32) -> [PendingStep]? {
    let index = Index<UpcallRecord>(index)
    guard isPending(index) else { return nil }
    var steps: [PendingStep] = []
    add(upcall: index, to: &steps)
    steps = ordered(steps)
    addHolders(waitedForBy: store.upcalls[index], to: &steps)
    return steps
  }

  /// The chain that ends with the open request at a used index.
  public func pendingChain(request index: UInt32) -> [PendingStep] {
    var steps: [PendingStep] = []
    add(request: Index(index), to: &steps)
    return ordered(steps)
  }

  /// The chain that ends with the OID request at a used index; nil for one that is at its miniport, or has ended.
  public func pendingChain(oid index: UInt32) -> [PendingStep]? {
    guard store.oids[Index(index), \.state] == .queued else { return nil }
    var steps: [PendingStep] = []
    add(oid: Index(index), to: &steps)
    return ordered(steps)
  }

  /// The calls in whose handlers the call at a used index was caused, and the request that waits for it.
  public func pendingCauses(upcall index: UInt32) -> (handler: UInt64, request: UInt32?) {
    let index = Index<UpcallRecord>(index)
    guard isPending(index) else { return (0, nil) }
    let request = self.request(waitingFor: store.upcalls[index])
    return (store.upcalls[index, \.parent], request.optional?.raw)
  }

  /// The call in whose handler the request at a used index was made; 0 for none.
  public func pendingCause(request index: UInt32) -> UInt64 {
    store.requests[Index(index), \.context]
  }

  /// The call in whose handler the OID request at a used index was made; 0 for none.
  public func pendingCause(oid index: UInt32) -> UInt64 {
    store.oids[Index(index), \.state] == .ended ? 0 : store.oids[Index(index), \.parent]
  }

  /// The id of the call at a used index.
  public func upcallID(_ index: UInt32) -> UInt64 { store.upcalls[Index(index), \.id] }

  private func isPending(_ index: Index<UpcallRecord>) -> Bool {
    store.upcalls[index, \.state] == .open || store.upcalls[index, \.state] == .pended
  }

  /// First to last, with their depths.
  private func ordered(_ steps: [PendingStep]) -> [PendingStep] {
    var ordered = [PendingStep](steps.reversed())
    for at in ordered.indices { ordered[at].depth = at }
    return ordered
  }

  // MARK: From the end to the beginning

  private func add(upcall index: Index<UpcallRecord>, to steps: inout [PendingStep]) {
    guard steps.count < Simulator.maximumSteps else { return }
    let upcall = store.upcalls[index]
    steps.append(
      PendingStep(
        kind: .handler, name: upcall.type.handler, party: party(called: upcall),
        handle: upcall.object, state: upcall.state == .pended ? "pended" : "running",
        since: upcall.startedAt, deadline: upcall.deadline == 0 ? nil : upcall.deadline))
    if let oid = oid(of: upcall) { return add(oid: oid, to: &steps) }
    if let adapter = adapterChanged(by: upcall) {
      steps.append(
        PendingStep(
          kind: .adapter, name: "\(store.adapters[adapter, \.name])",
          party: party(adapter: adapter), handle: adapterHandle(adapter),
          state: store.adapters[adapter, \.state].name))
    }
    if let request = request(waitingFor: upcall).optional {
      return add(request: request, to: &steps)
    }
    if let parent = openUpcall(upcall.parent) { add(upcall: parent, to: &steps) }
  }

  private func add(request index: Index<RequestRecord>, to steps: inout [PendingStep]) {
    guard steps.count < Simulator.maximumSteps, store.requests[index, \.state] == .open else {
      return
    }
    let request = store.requests[index]
    steps.append(
      PendingStep(
        kind: .request, name: Routine.of(message: request.type).map { "\($0.name)" } ?? "request",
        party: request.session.optional.map { party(of: request.object, session: $0) } ?? Party(),
        handle: request.object, state: "open"))
    if let parent = openUpcall(request.context) { add(upcall: parent, to: &steps) }
  }

  private func add(oid index: Index<OIDRecord>, to steps: inout [PendingStep]) {
    guard steps.count < Simulator.maximumSteps else { return }
    let oid = store.oids[index]
    steps.append(
      PendingStep(
        kind: .oid, name: OID.name(of: oid.oid),
        party: oid.binding.optional.map { party(binding: $0) }
          ?? Party(adapter: oid.adapter.optional.map { store.adapters[$0, \.name] } ?? Name()),
        handle: oidHandle(index), state: oidSnapshot(index.raw).state.rawValue,
        since: oid.issuedAt))
    if let parent = openUpcall(oid.parent) { add(upcall: parent, to: &steps) }
  }

  // MARK: Causes

  /// Whose handler is called.
  private func party(called upcall: UpcallRecord) -> Party {
    if let registration = upcall.registration.optional { return party(registration: registration) }
    guard let session = upcall.session.optional else { return Party() }
    return party(of: upcall.object, session: session)
  }

  private func oid(of upcall: UpcallRecord) -> Index<OIDRecord>? {
    switch upcall.type {
    case .oidRequest, .cancelOIDRequest, .oidRequestComplete: upcall.oid.optional
    default: nil
    }
  }

  /// The adapter whose change of state the call is a part of.
  private func adapterChanged(by upcall: UpcallRecord) -> Index<AdapterRecord>? {
    guard isLiveOwner(upcall.object) else { return nil }
    switch upcall.type {
    case .initializeEx, .haltEx, .pause, .restart, .shutdownEx, .devicePnPEventNotify:
      return Index(upcall.object)
    case .netPnPEvent: return store.bindings[Index(upcall.object), \.adapter].optional
    default: return nil
    }
  }

  /// The request that waits for the end of a call.
  private func request(waitingFor upcall: UpcallRecord) -> Ref<RequestRecord> {
    if !upcall.request.isNone { return upcall.request }
    if let adapter = adapterChanged(by: upcall) {
      let record = store.adapters[adapter]
      if !record.changeRequest.isNone { return record.changeRequest }
      return record.removeRequest.isNone ? record.addRequest : record.removeRequest
    }
    switch upcall.type {
    case .receiveNetBufferLists:
      return upcall.indication.optional.map { store.indications[$0, \.request] } ?? .none
    case .bindAdapterEx, .unbindAdapterEx:
      return isLiveOwner(upcall.object)
        ? store.bindings[Index(upcall.object), \.request] : .none
    default: return .none
    }
  }

  /// The bindings whose lists the handler waits for: those of its adapter in a pause, those of the queue or VPort that
  /// it is to end.
  private func addHolders(waitedForBy upcall: UpcallRecord, to steps: inout [PendingStep]) {
    var awaited = AwaitedLists.all
    guard isLiveOwner(upcall.object), upcall.object.kind == .adapter else { return }
    let adapter = Index<AdapterRecord>(upcall.object)
    switch upcall.type {
    case .pause: break
    case .oidRequest:
      guard let oid = upcall.oid.optional, let lists = awaitedLists(store.oids[oid]) else { return }
      awaited = lists
    default: return
    }
    let depth = steps.count
    for holder in holders(adapter: adapter, awaited) {
      var step = PendingStep(
        kind: .lists, name: "NdisReturnNetBufferLists", party: party(binding: holder.binding),
        handle: bindingHandle(holder.binding), state: "held")
      step.depth = depth
      step.lists = holder.lists
      steps.append(step)
    }
  }
}
