// Registers every method of org.ndissim.Simulator and io.systemd.service by its type, with the permissions it
// requires: queries are open to every client that can connect, streams also require `more`, control methods
// require root or the daemon's user.

import NDISEvents
import NDISManagementInterface
import NDISPlatform
import NDISSimulator
import NDISVarlink

/// How a method was called.
struct ManagementCaller {
  /// The caller's user.
  var uid: UInt32
  /// `more`: the caller accepts several replies.
  var wantsMore: Bool
}

extension ManagementPlane {
  /// Registers all methods of the interfaces.
  func registerMethods() throws(VarlinkServer.RegistryError) {
    try registerQueries()
    try registerLists()
    try registerQueueLists()
    try registerMonitoring()
    try registerControl()
    try registerAdapterControl()
  }

  // MARK: Queries

  private func registerQueries() throws(VarlinkServer.RegistryError) {
    try query(ServiceInterface.Ping.self) { _, _ in .init() }
    try query(Interface.GetStatus.self) { service, _ in .init(status: service.status()) }
    try query(Interface.ListViolations.self) { service, input in
      .init(
        violations: service.violationCounts(
          ViolationBook.Filter(driver: input.driver, adapter: input.adapter)))
    }
    try query(Interface.GetMetrics.self) { service, _ in .init(text: service.metrics()) }
    try query(Interface.GetConfiguration.self) { service, _ in
      .init(settings: service.settings())
    }
    try register(Interface.ListEvents.self) { (_, input, caller) throws(ManagementFailure) in
      guard input.after ?? 0 >= 0 else { throw .invalid("after") }
      return EventsAnswer(after: UInt64(input.after ?? 0), inPieces: caller.wantsMore)
    }
    try register(Interface.Describe.self) { _, input, _ in DescribeAnswer(input.object) }
    try register(Interface.SummarizeBlocks.self) {
      (service, input, _) throws(ManagementFailure) in
      SummaryAnswer(by: input.by, try service.query(input.filter))
    }
  }

  private func registerLists() throws(VarlinkServer.RegistryError) {
    try stream(Interface.ListSessions.self) { _, _ in
      ListAnswer(Listings.sessions) { Interface.ListSessions.Output(sessions: $0) }
    }
    try stream(Interface.ListDrivers.self) { _, _ in
      CountedListAnswer(Listings.drivers) { Interface.ListDrivers.Output(drivers: $0) }
    }
    try stream(Interface.ListAdapters.self) { _, _ in
      CountedListAnswer(Listings.adapters) { Interface.ListAdapters.Output(adapters: $0) }
    }
    try stream(Interface.ListBindings.self) { _, _ in
      CountedListAnswer(Listings.bindings) { Interface.ListBindings.Output(bindings: $0) }
    }
    try stream(Interface.ListProviders.self) { _, _ in
      ListAnswer(Listings.providers) { Interface.ListProviders.Output(providers: $0) }
    }
    try stream(Interface.ListSections.self) { _, _ in
      ListAnswer(Listings.sections) { Interface.ListSections.Output(sections: $0) }
    }
    try stream(Interface.ListBlocks.self) { (service, input) throws(ManagementFailure) in
      let query = try service.query(input.filter)
      return ListAnswer(Listings.blocks(query, extents: input.withExtents ?? false)) {
        Interface.ListBlocks.Output(blocks: $0)
      }
    }
  }

  private func registerQueueLists() throws(VarlinkServer.RegistryError) {
    try stream(Interface.ListQueues.self) { (service, input) throws(ManagementFailure) in
      ListAnswer(Listings.queues(try service.wanted(input.filter, .queue))) {
        Interface.ListQueues.Output(queues: $0)
      }
    }
    try stream(Interface.ListVPorts.self) { (service, input) throws(ManagementFailure) in
      ListAnswer(Listings.vports(try service.wanted(input.filter, .vport))) {
        Interface.ListVPorts.Output(vports: $0)
      }
    }
    try stream(Interface.ListFilters.self) { (service, input) throws(ManagementFailure) in
      ListAnswer(Listings.filters(try service.wanted(input.filter, .filter))) {
        Interface.ListFilters.Output(filters: $0)
      }
    }
    try stream(Interface.ListOids.self) { (service, input) throws(ManagementFailure) in
      ListAnswer(Listings.oids(try service.wanted(input.filter, .oid))) {
        Interface.ListOids.Output(oids: $0)
      }
    }
    try stream(Interface.ListLists.self) { (service, input) throws(ManagementFailure) in
      ListAnswer(Listings.lists(try service.wantedLists(input.filter))) {
        Interface.ListLists.Output(lists: $0.flatMap { $0 })
      }
    }
    try stream(Interface.ListPending.self) { _, input in
      PendingAnswer(driver: input.driver, adapter: input.adapter)
    }
  }

  // MARK: Monitoring

  private func registerMonitoring() throws(VarlinkServer.RegistryError) {
    try stream(Interface.DumpState.self) { _, _ in DumpAnswer() }
    try register(Interface.Monitor.self, needsMore: true) {
      (service, input, caller) throws(ManagementFailure) in
      let answer = try MonitorAnswer(kinds: input.kinds, priority: input.priority)
      return WaitingAnswer(answer, try service.waitSlots.acquire(caller.uid))
    }
    try register(Interface.WaitFor.self) { (service, input, caller) throws(ManagementFailure) in
      let answer = try WaitAnswer(input.condition, timeoutMs: input.timeoutMs, service)
      return WaitingAnswer(answer, try service.waitSlots.acquire(caller.uid))
    }
  }

  // MARK: Control

  private func registerControl() throws(VarlinkServer.RegistryError) {
    try control(Interface.AddProvider.self) { (service, input) throws(ManagementFailure) in
      .init(provider: try service.addProvider(input.provider))
    }
    try control(Interface.RemoveProvider.self) { (service, input) throws(ManagementFailure) in
      .init(provider: try service.removeProvider(input.name))
    }
    try control(Interface.Expect.self) { (service, input) throws(ManagementFailure) in
      try service.expect(input.code, input.times)
      return .init()
    }
    try control(Interface.ForgetExpectations.self) { service, _ in
      service.recorder.violations.forgetExpectations()
      return .init()
    }
    try control(ServiceInterface.SetLogLevel.self) { (service, input) throws(ManagementFailure) in
      try service.setLogLevel(input.level)
      return .init()
    }
    try controlAnswer(Interface.Reload.self) { _, _, _ in
      ReloadAnswer { Interface.Reload.Output(changes: $0).json }
    }
    try controlAnswer(ServiceInterface.Reload.self) { _, _, _ in
      ReloadAnswer { _ in ServiceInterface.Reload.Output().json }
    }
  }

  private func registerAdapterControl() throws(VarlinkServer.RegistryError) {
    try controlAnswer(Interface.AddMiniport.self) {
      (service, input, caller) throws(ManagementFailure) in
      let answer = try service.add(input.miniport, timeoutMs: input.timeoutMs)
      return try service.waiting(answer, caller.uid)
    }
    try controlAnswer(Interface.RemoveMiniport.self) {
      (service, input, caller) throws(ManagementFailure) in
      let answer = try service.removeMiniport(input.name, timeoutMs: input.timeoutMs)
      return try service.waiting(answer, caller.uid)
    }
    try controlAnswer(Interface.ChangeAdapter.self) {
      (service, input, caller) throws(ManagementFailure) in
      try service.waiting(try service.change(input), caller.uid)
    }
    try control(Interface.Generate.self) { (service, input) throws(ManagementFailure) in
      try service.generate(input)
    }
  }
}

// MARK: Registration

extension ManagementPlane {
  private typealias MakeAnswer<Method: VarlinkMethod> = (
    ManagementService, Method.Input, ManagementCaller
  ) throws(ManagementFailure) -> ManagementAnswer

  /// A read-only method with one immediate reply.
  private func query<Method: VarlinkMethod>(
    _ method: Method.Type,
    _ output: @escaping (ManagementService, Method.Input) throws(ManagementFailure) -> Method.Output
  ) throws(VarlinkServer.RegistryError) {
    try register(method) { (service, input, _) throws(ManagementFailure) in
      ImmediateAnswer(.last(try output(service, input).json))
    }
  }

  /// A read-only method with several replies.
  private func stream<Method: VarlinkMethod>(
    _ method: Method.Type,
    _ answer:
      @escaping (ManagementService, Method.Input) throws(ManagementFailure) -> ManagementAnswer
  ) throws(VarlinkServer.RegistryError) {
    try register(method, needsMore: true) { (service, input, _) throws(ManagementFailure) in
      try answer(service, input)
    }
  }

  /// A control method with one immediate reply.
  private func control<Method: VarlinkMethod>(
    _ method: Method.Type,
    _ output: @escaping (ManagementService, Method.Input) throws(ManagementFailure) -> Method.Output
  ) throws(VarlinkServer.RegistryError) {
    try controlAnswer(method) { (service, input, _) throws(ManagementFailure) in
      ImmediateAnswer(.last(try output(service, input).json))
    }
  }

  /// A control method with a deferred reply.
  private func controlAnswer<Method: VarlinkMethod>(
    _ method: Method.Type, _ answer: @escaping MakeAnswer<Method>
  ) throws(VarlinkServer.RegistryError) {
    try register(method) { (service, input, caller) throws(ManagementFailure) in
      guard service.mayChange(caller.uid) else {
        throw ManagementFailure(VarlinkService.PermissionDenied())
      }
      return try answer(service, input, caller)
    }
  }

  /// A method of any kind.
  private func register<Method: VarlinkMethod>(
    _ method: Method.Type, needsMore: Bool = false, _ answer: @escaping MakeAnswer<Method>
  ) throws(VarlinkServer.RegistryError) {
    try server.on(method, needsMore: needsMore) { [weak self] (typed: TypedCall<Method>) in
      guard let self else { return }
      let caller = ManagementCaller(uid: typed.peer.userID, wantsMore: typed.wantsMore)
      do throws(ManagementFailure) {
        begin(typed.call, try answer(service, typed.input, caller))
      } catch { ManagementPlane.fail(typed.call, error.error) }
    }
  }
}
