// The adapter's state table, cell by cell, driven through real calls where a call exists: a legal event
// moves the adapter to where the table says, an illegal one is refused or a violation and moves nothing.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct AdapterCellTests {
  /// Events that are a call of somebody's.
  static let events: [AdapterEvent] = [
    .initialize, .initializeComplete, .initializeFailed, .restart, .restartComplete,
    .restartFailed, .pause, .pauseComplete, .halt, .shutdown, .oidRequest,
  ]
  static let stops = [
    NDISSIM_UPCALL_INITIALIZE_EX, NDISSIM_UPCALL_RESTART, NDISSIM_UPCALL_PAUSE,
    NDISSIM_UPCALL_HALT_EX, NDISSIM_UPCALL_SHUTDOWN_EX, NDISSIM_UPCALL_OID_REQUEST,
  ]

  @Test(
    "behaviour 46: the machine does what every cell of the adapter's table says",
    arguments: AdapterState.allCases)
  func cells(state: AdapterState) throws {
    // Receiving and the end of the process have tests of their own.
    #expect(Self.events.count + 2 == AdapterEvent.allCases.count)
    for event in Self.events {
      let bed = try bed(in: state)
      #expect(bed.state == state)
      let before = bed.violations.count
      bed.host.settlesAtOnce = false
      try cell(bed, state, event)
      // Of the illegal ones those that have no status to refuse them with are violations.
      let isVoid = [
        .initializeComplete, .initializeFailed, .restartComplete, .restartFailed, .pauseComplete,
      ].contains(event)
      #expect(
        (bed.violations.count > before) == (isVoid && state.after(event) == nil),
        "\(event) in \(state.name): \(bed.violations.map(\.failure.sentence))")
      bed.host.settlesAtOnce = true
      bed.finish()
    }
  }

  private func bed(in state: AdapterState) throws -> LifeBed {
    let bed = try LifeBed(adds: state != .initializing, binds: state != .halted)
    switch state {
    case .running: break
    case .initializing:
      bed.held = [NDISSIM_UPCALL_INITIALIZE_EX]
      bed.host.call(bed.miniport.session, .addAdapter(bed.driver, Name("eth0")))
    case .paused: bed.change(.pause([]))
    case .restarting:
      bed.change(.pause([]))
      bed.held = [NDISSIM_UPCALL_RESTART]
      bed.change(.restart)
    case .pausing:
      bed.held = [NDISSIM_UPCALL_PAUSE]
      bed.change(.pause([]))
    case .shutdown: bed.change(.shutdown(.powerOff))
    case .halted:
      bed.held = [NDISSIM_UPCALL_HALT_EX]
      bed.change(.halt(.deviceDisabled))
      bed.host.settlesAtOnce = false
      bed.answer(NDISSIM_UPCALL_HALT_EX)
    }
    return bed
  }

  private func cell(_ bed: LifeBed, _ state: AdapterState, _ event: AdapterEvent) throws {
    let host = bed.host
    let session = bed.miniport.session
    let next = state.after(event)
    switch event {
    case .initialize:
      // While a record of the name exists it is taken; Halted is where the next life begins.
      let taken = host.ask(session, .addAdapter(bed.driver, Name("eth0")))
      #expect(taken?.failure.reason == .nameTaken)
      #expect(bed.state == state)
      guard next != nil else { return }
      host.settle()
      bed.held = [NDISSIM_UPCALL_INITIALIZE_EX]
      host.call(session, .addAdapter(bed.driver, Name("eth0")))
    case .initializeComplete, .initializeFailed:
      guard next != nil else {
        // No call of MiniportInitializeEx is open that could be answered.
        host.answer(session, 1 << 20 | 63, ProviderAnswer(status: .success))
        break
      }
      bed.answer(
        NDISSIM_UPCALL_INITIALIZE_EX, event == .initializeComplete ? .success : .failure)
    case .restart, .pause, .shutdown:
      bed.held.formUnion(Self.stops)
      let change: AdapterChange =
        event == .restart ? .restart : event == .pause ? .pause([]) : .shutdown(.powerOff)
      let result = bed.result(bed.change(change))
      #expect(next == nil ? result?.failure.status == .failure : result == nil)
      host.settle()
    case .halt:
      bed.held.formUnion(Self.stops)
      let result = bed.result(bed.change(.halt(.deviceDisabled)))
      // Refused where nothing comes any more; elsewhere NDIS first takes the adapter to Paused.
      #expect((result != nil) == (state == .shutdown || state == .halted))
      host.settle()
      let called = bed.waiting.contains { Int($0.details.type) == NDISSIM_UPCALL_HALT_EX }
      #expect(called == (next != nil))
      guard called else { return }
      #expect(bed.state == .paused)
      bed.answer(NDISSIM_UPCALL_HALT_EX)
    case .restartComplete, .restartFailed:
      let status: Status = event == .restartComplete ? .success : .failure
      if next != nil { _ = try bed.pend(NDISSIM_UPCALL_RESTART) }
      complete(bed, .restartComplete(bed.adapter, status), isLegal: next != nil, 2)
    case .pauseComplete:
      if next != nil { _ = try bed.pend(NDISSIM_UPCALL_PAUSE) }
      complete(bed, .pauseComplete(bed.adapter), isLegal: next != nil, 1)
    case .oidRequest:
      // Without a binding there is nobody to ask.
      guard bed.binding != .null else { return #expect(next == nil) }
      bed.held.insert(NDISSIM_UPCALL_OID_REQUEST)
      let call = OIDCall(kind: 0, oid: 0xFF00_0001, outputLength: 4, requestContext: 1)
      let result = host.ask(bed.binder.session, .oidRequest(binding: bed.binding, call))
      #expect(result?.failure.status == (next != nil ? .pending : .failure))
    case .receive, .processEnded: return
    }
    // An adapter that is gone is Halted.
    #expect((bed.state ?? .halted) == next ?? state, "\(event) in \(state.name)")
  }

  @Test(
    "when its process ends an adapter goes to Halted along rows of the table",
    arguments: AdapterState.allCases)
  func processEnds(state: AdapterState) throws {
    let bed = try bed(in: state)
    let count = bed.host.events.count
    bed.host.settlesAtOnce = true
    bed.host.end(bed.miniport.session)
    #expect(bed.state == nil)
    var now = state
    for case .adapterState(_, _, let from, let to) in bed.host.events.suffix(from: count) {
      let row = AdapterState.table.rows.first { $0.from.name == from && $0.to.name == to }
      #expect(now.name == from && row != nil, "\(from) to \(to)")
      now = row?.to ?? now
    }
    #expect(now == (state == .shutdown ? .shutdown : .halted))
    bed.finish()
  }

  private func complete(
    _ bed: LifeBed, _ request: Request, isLegal: Bool, _ completion: UInt64
  ) {
    let result = bed.host.ask(bed.miniport.session, request)
    #expect((result?.failure.status == .success) == isLegal)
    if !isLegal {
      #expect(result?.failure.reason == .completionUnexpected)
      #expect(
        result?.bugCheck
          == BugCheck(
            code: 0x7C, 0x1F, completion, bed.adapter.rawValue, isExtension: false))
    }
  }
}
