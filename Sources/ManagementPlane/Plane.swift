// Varlink front end of the management service: the received calls, their answers in progress, and when each
// can continue. It has no sockets: a VarlinkConnection feeds it, and tests instantiate it directly.
//
// The answer to a call with `more` is a stream from which Varlink pulls the next piece when the client has
// read the previous ones. Any other answer is advanced here, step by step. Suspended answers cost nothing.

package import NDISDriverPlane
import NDISManagementInterface
import NDISPlatform
import NDISSimulator
package import NDISVarlink

/// The management plane without its sockets.
package final class ManagementPlane {
  package let service: ManagementService
  /// Used by connections.
  package let server: VarlinkServer
  private var calls: [UInt64: ActiveCall] = [:]
  private var nextNumber: UInt64 = 0
  /// Numbers of the calls that can continue.
  private var queue: [UInt64] = []
  private var lastStamp: ManagementService.Stamp?
  /// The earliest deadline of a wait, or an earlier time.
  private var earliest: UInt64?

  private final class ActiveCall {
    let call: VarlinkCall
    let answer: ManagementAnswer
    var isIdle = false

    init(_ call: VarlinkCall, _ answer: ManagementAnswer) {
      self.call = call
      self.answer = answer
    }
  }

  package init(_ service: ManagementService) throws(StartFailure) {
    self.service = service
    do throws(VarlinkServer.RegistryError) {
      server = try VarlinkServer(
        VarlinkService.Information(
          vendor: "ndissim", product: "NDIS simulator", version: service.host.version,
          url: ""))
      for description in [SimulatorInterface.description, ServiceInterface.description] {
        try server.add(description)
      }
      try registerMethods()
    } catch { throw StartFailure("\(error)") }
  }

  // MARK: Calls

  /// Starts the answer to a call.
  func begin(_ call: VarlinkCall, _ answer: ManagementAnswer) {
    let number = nextNumber
    nextNumber += 1
    let active = ActiveCall(call, answer)
    calls[number] = active
    call.onCancel = { [weak self] in self?.calls[number] = nil }
    if let deadline = answer.deadline { earliest = min(earliest ?? deadline, deadline) }
    if call.wantsMore {
      call.stream { [weak self] in self?.next(number) ?? .later }
    } else {
      advance(number)
    }
  }

  /// The next piece of a stream.
  private func next(_ number: UInt64) -> StreamStep {
    guard let active = calls[number] else { return .later }
    var budget = ManagementAnswer.stepBudget
    switch active.answer.step(service, budget: &budget) {
    case .reply(let json): return .reply(ManagementPlane.members(json))
    case .last(let json):
      calls[number] = nil
      return .last(ManagementPlane.members(json))
    case .fail(let error):
      calls[number] = nil
      return .failed(type(of: error).name, ManagementPlane.members(error.json))
    case .yield:
      queue.append(number)
      return .later
    case .suspend:
      active.isIdle = true
      return .later
    }
  }

  /// Advances an answer that is a single reply.
  private func advance(_ number: UInt64) {
    guard let active = calls[number] else { return }
    if active.call.wantsMore {
      active.call.resume()
      return
    }
    var budget = ManagementAnswer.stepBudget
    switch active.answer.step(service, budget: &budget) {
    case .reply(let json), .last(let json):
      calls[number] = nil
      active.call.reply(ManagementPlane.members(json))
    case .fail(let error):
      calls[number] = nil
      ManagementPlane.fail(active.call, error)
    case .yield: queue.append(number)
    case .suspend: active.isIdle = true
    }
  }

  private static func members(_ json: JSON) -> JSONObject {
    if case .object(let object) = json { object } else { JSONObject() }
  }

  static func fail(_ call: VarlinkCall, _ error: any VarlinkErrorValue) {
    call.fail(type(of: error).name, members(error.json))
  }

  // MARK: Time

  /// Whether `turn` should be called again immediately.
  package var hasWork: Bool { !queue.isEmpty }

  /// When to call `turn` even without events, in monotonic milliseconds.
  package var deadline: UInt64? { earliest }

  /// Number of calls in progress.
  package var openCalls: Int { calls.count }

  /// Wakes the answers whose condition may have changed, and advances those that can continue until `end`
  /// (monotonic nanoseconds), at least one of them.
  package func turn(until end: UInt64) {
    if service.isReloading { service.finishReload() }
    guard !calls.isEmpty else {
      queue.removeAll()
      earliest = nil
      return
    }
    wake()
    var left = queue.count
    var done = 0
    while done < left {
      advance(queue[done])
      done += 1
      if MonotonicClock.nanoseconds >= end { left = done }
    }
    queue.removeFirst(done)
  }

  private func wake() {
    let stamp = service.stamp
    let old = lastStamp
    lastStamp = stamp
    if stamp != old {
      let somethingHappened = stamp.events != old?.events || stamp.isStopping != old?.isStopping
      for (number, active) in calls
      where active.isIdle && (somethingHappened || active.answer.looksAtCounters) {
        active.isIdle = false
        queue.append(number)
      }
    }
    guard let earliest, service.now >= earliest else { return }
    self.earliest = nil
    for (number, active) in calls {
      guard let deadline = active.answer.deadline else { continue }
      if service.now < deadline {
        self.earliest = min(self.earliest ?? deadline, deadline)
      } else if active.isIdle {
        active.isIdle = false
        queue.append(number)
      }
    }
  }
}
