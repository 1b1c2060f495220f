// From a method's name to its answer: the one table of what the interfaces org.ndissim.Simulator and
// io.systemd.service can do.

import NDISEvents
import NDISManagementInterface
import NDISSimulator
import NDISVarlink

/// A call as the management plane sees it.
struct ManagementCall {
  /// Fully qualified.
  var method: String
  var parameters: JSON
  /// The caller wants more than one reply.
  var wantsMore: Bool
  /// Who calls.
  var uid: UInt32
}

extension ManagementService {
  /// Every method that is answered, by its full name.
  static let methods: [String] = [
    Interface.GetStatus.name, Interface.ListSessions.name, Interface.ListDrivers.name,
    Interface.ListAdapters.name, Interface.ListBindings.name, Interface.ListProviders.name,
    Interface.ListSections.name, Interface.ListBlocks.name, Interface.SummarizeBlocks.name,
    Interface.ListQueues.name, Interface.ListVPorts.name, Interface.ListFilters.name,
    Interface.ListOids.name, Interface.Describe.name, Interface.ListEvents.name,
    Interface.ListViolations.name,
    Interface.WaitFor.name, Interface.Monitor.name, Interface.DumpState.name,
    Interface.GetMetrics.name, Interface.GetConfiguration.name, Interface.AddProvider.name,
    Interface.RemoveProvider.name, Interface.Expect.name, Interface.ForgetExpectations.name,
    Interface.Reload.name, Interface.AddMiniport.name, Interface.RemoveMiniport.name,
    Interface.ChangeAdapter.name, Interface.Generate.name, ServiceInterface.Ping.name,
    ServiceInterface.Reload.name,
    ServiceInterface.SetLogLevel.name,
  ]

  /// Begins to answer a call.
  func answer(_ call: ManagementCall) throws(ManagementFailure) -> ManagementAnswer {
    if let answer = try seeing(call) { return answer }
    if let answer = try listing(call) { return answer }
    if let answer = try watching(call) { return answer }
    if let answer = try steering(call) { return answer }
    if let answer = try steeringAdapters(call) { return answer }
    throw ManagementFailure(VarlinkService.MethodNotFound(method: call.method))
  }

  private func seeing(_ call: ManagementCall) throws(ManagementFailure) -> ManagementAnswer? {
    switch call.method {
    case ServiceInterface.Ping.name:
      return ImmediateAnswer(.last(ServiceInterface.Ping.Output().json))
    case Interface.GetStatus.name:
      return ImmediateAnswer(.last(Interface.GetStatus.Output(status: status()).json))
    case Interface.ListEvents.name:
      let input: Interface.ListEvents.Input = try read(call)
      guard input.after ?? 0 >= 0 else { throw .invalid("after") }
      return EventsAnswer(after: UInt64(input.after ?? 0), inPieces: call.wantsMore)
    case Interface.ListViolations.name:
      return ImmediateAnswer(
        .last(Interface.ListViolations.Output(violations: violationCounts()).json))
    case Interface.GetMetrics.name:
      return ImmediateAnswer(.last(Interface.GetMetrics.Output(text: metrics()).json))
    case Interface.GetConfiguration.name:
      return ImmediateAnswer(.last(Interface.GetConfiguration.Output(settings: settings()).json))
    case Interface.Describe.name:
      let input: Interface.Describe.Input = try read(call)
      return DescribeAnswer(input.object)
    case Interface.SummarizeBlocks.name:
      let input: Interface.SummarizeBlocks.Input = try read(call)
      return SummaryAnswer(by: input.by, try query(input.filter))
    default: return nil
    }
  }

  private func listing(_ call: ManagementCall) throws(ManagementFailure) -> ManagementAnswer? {
    switch call.method {
    case Interface.ListSessions.name:
      try needsMore(call)
      return ListAnswer(Walks.sessions) { Interface.ListSessions.Output(sessions: $0) }
    case Interface.ListDrivers.name:
      try needsMore(call)
      return CountedListAnswer(Walks.drivers) { Interface.ListDrivers.Output(drivers: $0) }
    case Interface.ListAdapters.name:
      try needsMore(call)
      return CountedListAnswer(Walks.adapters) { Interface.ListAdapters.Output(adapters: $0) }
    case Interface.ListBindings.name:
      try needsMore(call)
      return CountedListAnswer(Walks.bindings) { Interface.ListBindings.Output(bindings: $0) }
    case Interface.ListProviders.name:
      try needsMore(call)
      return ListAnswer(Walks.providers) { Interface.ListProviders.Output(providers: $0) }
    case Interface.ListSections.name:
      try needsMore(call)
      return ListAnswer(Walks.sections) { Interface.ListSections.Output(sections: $0) }
    case Interface.ListBlocks.name:
      try needsMore(call)
      let input: Interface.ListBlocks.Input = try read(call)
      let walk = Walks.blocks(try query(input.filter), extents: input.withExtents ?? false)
      return ListAnswer(walk) { Interface.ListBlocks.Output(blocks: $0) }
    case Interface.ListQueues.name:
      try needsMore(call)
      let input: Interface.ListQueues.Input = try read(call)
      let walk = Walks.queues(try wanted(input.filter, .queue))
      return ListAnswer(walk) { Interface.ListQueues.Output(queues: $0) }
    case Interface.ListVPorts.name:
      try needsMore(call)
      let input: Interface.ListVPorts.Input = try read(call)
      let walk = Walks.vports(try wanted(input.filter, .vport))
      return ListAnswer(walk) { Interface.ListVPorts.Output(vports: $0) }
    case Interface.ListFilters.name:
      try needsMore(call)
      let input: Interface.ListFilters.Input = try read(call)
      let walk = Walks.filters(try wanted(input.filter, .filter))
      return ListAnswer(walk) { Interface.ListFilters.Output(filters: $0) }
    case Interface.ListOids.name:
      try needsMore(call)
      let input: Interface.ListOids.Input = try read(call)
      let walk = Walks.oids(try wanted(input.filter, .oid))
      return ListAnswer(walk) { Interface.ListOids.Output(oids: $0) }
    default: return nil
    }
  }

  private func watching(_ call: ManagementCall) throws(ManagementFailure) -> ManagementAnswer? {
    switch call.method {
    case Interface.DumpState.name:
      try needsMore(call)
      return DumpAnswer()
    case Interface.Monitor.name:
      try needsMore(call)
      let input: Interface.Monitor.Input = try read(call)
      return HeldAnswer(
        try MonitorAnswer(kinds: input.kinds, priority: input.priority), uid: call.uid,
        self: try place(self, call.uid))
    case Interface.WaitFor.name:
      let input: Interface.WaitFor.Input = try read(call)
      return HeldAnswer(
        try WaitAnswer(input.condition, timeoutMs: input.timeoutMs, self), uid: call.uid,
        self: try place(self, call.uid))
    default: return nil
    }
  }

  private func steering(_ call: ManagementCall) throws(ManagementFailure) -> ManagementAnswer? {
    let known = [
      Interface.AddProvider.name, Interface.RemoveProvider.name, Interface.Expect.name,
      Interface.ForgetExpectations.name, Interface.Reload.name, ServiceInterface.Reload.name,
      ServiceInterface.SetLogLevel.name,
    ]
    guard known.contains(call.method) else { return nil }
    try needsRight(call)
    switch call.method {
    case Interface.AddProvider.name:
      let input: Interface.AddProvider.Input = try read(call)
      let output = Interface.AddProvider.Output(provider: try addProvider(input.provider))
      return ImmediateAnswer(.last(output.json))
    case Interface.RemoveProvider.name:
      let input: Interface.RemoveProvider.Input = try read(call)
      let output = Interface.RemoveProvider.Output(provider: try removeProvider(input.name))
      return ImmediateAnswer(.last(output.json))
    case Interface.Expect.name:
      let input: Interface.Expect.Input = try read(call)
      try expect(input.code, input.times)
      return ImmediateAnswer(.last(Interface.Expect.Output().json))
    case Interface.ForgetExpectations.name:
      recorder.violations.forgetExpectations()
      return ImmediateAnswer(.last(Interface.ForgetExpectations.Output().json))
    case Interface.Reload.name: return ReloadAnswer { Interface.Reload.Output(changes: $0).json }
    case ServiceInterface.Reload.name:
      return ReloadAnswer { _ in ServiceInterface.Reload.Output().json }
    default:
      let input: ServiceInterface.SetLogLevel.Input = try read(call)
      try setLogLevel(input.level)
      return ImmediateAnswer(.last(ServiceInterface.SetLogLevel.Output().json))
    }
  }

  private func steeringAdapters(
    _ call: ManagementCall
  ) throws(ManagementFailure) -> ManagementAnswer? {
    switch call.method {
    case Interface.AddMiniport.name:
      try needsRight(call)
      let input: Interface.AddMiniport.Input = try read(call)
      let answer = try add(input.miniport, timeoutMs: input.timeoutMs)
      return try held(answer, call)
    case Interface.RemoveMiniport.name:
      try needsRight(call)
      let input: Interface.RemoveMiniport.Input = try read(call)
      return try held(try removeMiniport(input.name, timeoutMs: input.timeoutMs), call)
    case Interface.ChangeAdapter.name:
      try needsRight(call)
      return try held(try change(try read(call)), call)
    case Interface.Generate.name:
      try needsRight(call)
      let output = try generate(try read(call))
      return ImmediateAnswer(.last(output.json))
    default: return nil
    }
  }

  private func needsRight(_ call: ManagementCall) throws(ManagementFailure) {
    guard mayChange(call.uid) else { throw ManagementFailure(VarlinkService.PermissionDenied()) }
  }

  /// An answer that waits takes a place among those who wait before it changes anything.
  private func held(
    _ answer: AdapterAnswer, _ call: ManagementCall
  ) throws(ManagementFailure) -> ManagementAnswer {
    guard answer.waits else { return answer }
    return HeldAnswer(answer, uid: call.uid, self: try place(self, call.uid))
  }

  private func needsMore(_ call: ManagementCall) throws(ManagementFailure) {
    guard call.wantsMore else { throw ManagementFailure(VarlinkService.ExpectedMore()) }
  }

  private func place(
    _ service: ManagementService, _ uid: UInt32
  ) throws(ManagementFailure) -> ManagementService {
    try service.beginWaiting(uid)
    return service
  }

  private func read<Input: VarlinkValue>(_ call: ManagementCall) throws(ManagementFailure) -> Input
  {
    do throws(JSONMismatch) { return try Input(json: call.parameters) } catch {
      throw .invalid(error.pathText.isEmpty ? "parameters" : error.pathText)
    }
  }
}

/// An answer that holds one of the places for those who wait, however it ends.
final class HeldAnswer: ManagementAnswer {
  private let inner: ManagementAnswer
  private let uid: UInt32
  private let service: ManagementService

  /// The place has been taken.
  init(_ inner: ManagementAnswer, uid: UInt32, self service: ManagementService) {
    self.inner = inner
    self.uid = uid
    self.service = service
  }

  deinit { service.endWaiting(uid) }

  override var deadline: UInt64? { inner.deadline }
  override var looksAtCounters: Bool { inner.looksAtCounters }

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    inner.step(service, budget: &budget)
  }
}
