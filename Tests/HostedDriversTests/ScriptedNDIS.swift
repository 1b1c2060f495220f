// NDIS as far as a hosted miniport sees it, played by a script: it answers calls at once with what a test
// says, keeps everything that was said, and calls handlers.

import NDISDriverInterface
import CNDIS
import NDIS

@testable import NDISHostedDrivers
@testable import NDISSimulator

final class ScriptedNDIS {
  var miniport: VMQMiniport
  /// Calls in order, by the name of their case, with the handler they were made in.
  private(set) var calls: [(name: String, context: UInt64)] = []
  private(set) var allocations: [SharedMemoryParameters] = []
  private(set) var live: [Handle: SharedMemoryParameters] = [:]
  private(set) var answers: [UInt64: ProviderAnswer] = [:]
  private(set) var completions: [(oid: Handle, status: Status, result: OIDResult)] = []
  private(set) var indications: [Indication] = []
  private(set) var statuses: [IndicatedStatus] = []
  private(set) var writes: [MemoryWrite] = []
  private(set) var hasEnded = false
  /// Numbers of lists that are out.
  private(set) var out: [UInt64] = []

  /// Whether an allocation succeeds; a failure else.
  var allocate: (SharedMemoryParameters) -> Failure? = { _ in nil }
  /// What another call fails with, by its name.
  var failures: [String: Failure] = [:]
  /// Replies to allocations are kept back.
  var holdsAllocations = false
  private var held: [DriverCall] = []

  static let driver = Handle(kind: .miniportDriver, generation: 7, index: 1)
  static let adapter = Handle(kind: .adapter, generation: 7, index: 2)
  static let dma = Handle(kind: .dma, generation: 7, index: 2)

  private var nextUpcall: UInt64 = 100
  private var nextBlock: UInt32 = 0
  private var nextOID: UInt32 = 0

  init(_ settings: VMQSettings) { miniport = VMQMiniport(settings) }

  // MARK: Handlers

  @discardableResult
  func upcall(
    _ type: Int, argument: UInt32 = 0, oid: OIDDetails? = nil, returned: [UInt64] = []
  ) -> UInt64 {
    nextUpcall += 1
    carryOut(
      miniport.called(
        DriverUpcall(
          id: nextUpcall, type: UInt16(type), object: Self.adapter, argument: argument, oid: oid,
          returned: returned)))
    return nextUpcall
  }

  /// DriverEntry to a running adapter.
  func bringUp() {
    carryOut(miniport.start())
    let id = upcall(NDISSIM_UPCALL_INITIALIZE_EX)
    guard answers[id]?.status == .success else { return }
    upcall(NDISSIM_UPCALL_RESTART)
    added()
  }

  /// ADD_ADAPTER ends.
  func added(_ failure: Failure = Failure(.success, .none)) {
    carryOut(
      miniport.replied(
        DriverReply(tag: VMQCall.addAdapter.tag(), failure: failure, value: Self.adapter)))
  }

  /// MiniportOidRequest: its upcall, and the request's handle.
  func request(
    _ oid: UInt32, _ kind: OIDRequestKind, _ input: [UInt8], room: UInt32 = 4096
  ) -> (upcall: UInt64, handle: Handle) {
    nextOID += 1
    let handle = Handle(kind: .adapter, generation: 50, index: nextOID)
    let details = OIDDetails(
      handle: handle,
      call: OIDCall(kind: kind.rawValue, oid: oid, input: input, outputLength: room),
      failure: Failure(.pending, .none), result: OIDResult())
    return (upcall(NDISSIM_UPCALL_OID_REQUEST, oid: details), handle)
  }

  func cancel(_ handle: Handle) {
    let details = OIDDetails(
      handle: handle, call: OIDCall(kind: 0, oid: 0), failure: Failure(.pending, .none),
      result: OIDResult())
    upcall(NDISSIM_UPCALL_CANCEL_OID_REQUEST, oid: details)
  }

  /// How a request ended, whichever way it did; nil while it has not.
  func end(_ request: (upcall: UInt64, handle: Handle)) -> (status: Status, result: OIDResult)? {
    if let answer = answers[request.upcall], answer.status != .pending {
      return (answer.status, answer.oid ?? OIDResult())
    }
    return completions.first { $0.oid == request.handle }.map { ($0.status, $0.result) }
  }

  /// Lists go back to it, oldest first.
  func returnLists(_ count: Int = .max) {
    let returned = Array(out.prefix(count))
    out.removeFirst(returned.count)
    upcall(NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS, returned: returned)
  }

  func pass(to now: UInt64) { carryOut(miniport.passed(now: now)) }

  func generate(_ queue: UInt32, _ count: UInt32, length: UInt32 = 0) throws(Failure) {
    carryOut(try miniport.generate(queueID: queue, count: count, length: length))
  }

  func stop() { carryOut(miniport.stop()) }

  // MARK: Routines

  /// Replies to the oldest allocation that was kept back.
  func releaseAllocation() {
    guard !held.isEmpty else { return }
    reply(to: held.removeFirst())
  }

  private func carryOut(_ steps: [DriverStep]) {
    for step in steps {
      switch step {
      case .end: hasEnded = true
      case .answer(let id, let answer): answers[id] = answer
      case .call(let call):
        writes += call.writes
        calls.append(("\(call.request)".prefix { $0 != "(" }.description, call.context))
        if case .addAdapter = call.request { continue }
        if case .allocate = call.request, holdsAllocations {
          held.append(call)
          continue
        }
        reply(to: call)
      }
    }
  }

  private func reply(to call: DriverCall) {
    var reply = DriverReply(tag: call.tag, failure: Failure(.success, .none))
    let name = "\(call.request)".prefix { $0 != "(" }.description
    if let failure = failures[name] {
      reply.failure = failure
    } else {
      answer(call, &reply)
    }
    carryOut(miniport.replied(reply))
  }

  private func answer(_ call: DriverCall, _ reply: inout DriverReply) {
    switch call.request {
    case .registerMiniportDriver: reply.value = Self.driver
    case .registerScatterGatherDMA: reply.value = Self.dma
    case .allocate(_, let parameters, _, _):
      allocations.append(parameters)
      if let failure = allocate(parameters) {
        reply.failure = failure
      } else {
        nextBlock += 1
        reply.value = Handle(kind: .allocation, generation: 9, index: nextBlock)
        reply.value2 = Handle(kind: .sharedMemory, generation: 9, index: nextBlock).rawValue
        live[reply.value] = parameters
      }
    case .free(_, let allocation): live[allocation] = nil
    case .indicateStatus(_, let status): statuses.append(status)
    case .indicateReceive(_, let indication):
      indications.append(indication)
      out += indication.lists.map(\.context)
    case .completeOIDRequest(_, let oid, let status, let result):
      completions.append((oid, status, result))
    default: break
    }
  }
}
