// The connection to the daemon's management plane, as the commands use it: it finds the socket, calls,
// and turns whatever goes wrong into a sentence and an exit status.
//
// An ordinary answer may take half a minute, which only a stopped daemon takes; events and conditions
// may take for ever. One connection is enough for a command, and a stream that is left ends it.

import NDISManagementInterface
import NDISVarlink

/// A connection to a daemon.
struct DaemonConnection: ~Copyable {
  /// The socket.
  let path: String
  private let client: VarlinkClient

  /// How long an ordinary answer may take.
  private static let patience = 30_000

  /// Connects to the daemon the options mean.
  init(_ common: CommonOptions) throws(CommandFailure) {
    let found = try DaemonConnection.find(common.socket)
    let connected = try DaemonConnection.connect(found)
    path = found
    client = connected
  }

  private static func find(_ explicit: String?) throws(CommandFailure) -> String {
    do throws(ManagementSocketMissing) { return try ManagementSocket.find(explicit) } catch {
      throw CommandFailure("\(error)", status: .noDaemon)
    }
  }

  private static func connect(_ path: String) throws(CommandFailure) -> VarlinkClient {
    do throws(VarlinkFailure) {
      return try VarlinkClient.connect(path: path, timeoutMilliseconds: patience)
    } catch {
      throw CommandFailure(
        "no daemon answers at \(path): \(error). Start one with `ndissimd`, or say where it is with --socket.",
        status: .noDaemon)
    }
  }

  /// Calls a method with one answer.
  func call<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input
  ) throws(CommandFailure) -> Method.Output {
    do throws(VarlinkFailure) { return try client.call(method, input) } catch {
      throw failure(error, input.json)
    }
  }

  /// Calls a method with many answers.
  ///
  /// - Parameters:
  ///   - isEndless: the answers tell what happens: there is no telling when the next one comes.
  ///   - each: gets every answer, and says whether it wants another one.
  func stream<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input, isEndless: Bool = false,
    _ each: (Method.Output) throws(CommandFailure) -> Bool
  ) throws(CommandFailure) {
    client.timeoutMilliseconds = isEndless ? nil : DaemonConnection.patience
    let pending: VarlinkClient.Pending<Method>
    do throws(VarlinkFailure) { pending = try client.startMore(method, input) } catch {
      throw failure(error, input.json)
    }
    while true {
      let output: Method.Output?
      do throws(VarlinkFailure) { output = try client.next(pending) } catch {
        throw failure(error, input.json)
      }
      guard let output else { return }
      guard try each(output) else {
        // What is still to come would be taken for the answer to the next call.
        if client.isUnderWay(pending) { client.close() }
        return
      }
    }
  }

  /// The newest events that the daemon keeps and that are wanted, the oldest of them first. What is not
  /// among the last `count` is not held either.
  func newestEvents(
    _ count: Int, where isWanted: (SimulatorInterface.Event) -> Bool
  ) throws(CommandFailure) -> [SimulatorInterface.Event] {
    var newest: [SimulatorInterface.Event] = []
    try stream(SimulatorInterface.ListEvents.self, .init()) { reply throws(CommandFailure) in
      newest = (newest + reply.events.filter(isWanted)).suffix(count)
      return true
    }
    return newest
  }

  /// Waits until a condition holds.
  func wait(
    _ condition: SimulatorInterface.Condition, timeout: TimeSpan?
  ) throws(CommandFailure) -> SimulatorInterface.WaitFor.Output {
    let input = SimulatorInterface.WaitFor.Input(
      condition: condition, timeoutMs: timeout?.milliseconds)
    return try call(SimulatorInterface.WaitFor.self, input, waiting: timeout?.milliseconds)
  }

  /// Calls a method that waits for something.
  ///
  /// - Parameter milliseconds: how long the daemon was told to wait; nil: for ever.
  func call<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input, waiting milliseconds: Int?
  ) throws(CommandFailure) -> Method.Output {
    // The daemon says when the time is up; we only notice when it does not say anything any more.
    client.timeoutMilliseconds = milliseconds.map { $0 + DaemonConnection.patience }
    defer { client.timeoutMilliseconds = DaemonConnection.patience }
    do throws(VarlinkFailure) { return try client.call(method, input) } catch {
      if let late = error.declared(SimulatorInterface.TimedOut.self) {
        throw CommandFailure("timed out: \(late.found)", status: .timedOut)
      }
      throw failure(error, input.json)
    }
  }

  /// - Parameter input: what was sent, so that a sentence can show the value the daemon dislikes.
  private func failure(_ error: VarlinkFailure, _ input: JSON) -> CommandFailure {
    switch error {
    case .disconnected:
      CommandFailure(
        "the daemon at \(path) closed the connection; did it end? `ndisctl status` or its log tells"
      )
    case .timedOut:
      CommandFailure(
        "the daemon at \(path) did not answer within \(DaemonConnection.patience / 1000) seconds; is it stopped?"
      )
    case .mismatch, .brokenProtocol:
      CommandFailure(
        "cannot understand what answers at \(path): \(error). Is it ndissimd, and of the same version?"
      )
    case .error: CommandFailure(DaemonConnection.sentence(error, input))
    default: CommandFailure("\(error)")
    }
  }

  /// An error that the daemon answered, as a sentence.
  private static func sentence(_ failure: VarlinkFailure, _ input: JSON) -> String {
    if let error = failure.declared(SimulatorInterface.NoSuchObject.self) { return error.message }
    if let error = failure.declared(SimulatorInterface.AmbiguousName.self) {
      let handles = error.handles.joined(separator: ", ")
      return "several objects are called '\(error.object)'; use a handle: \(handles)"
    }
    if let error = failure.declared(SimulatorInterface.Refused.self) {
      return "\(error.message) (\(error.status)\(error.rule.isEmpty ? "" : ", \(error.rule)"))"
    }
    if let error = failure.declared(SimulatorInterface.InvalidConfiguration.self) {
      let problems = error.problems.map { "\n  \($0)" }.joined()
      return "the configuration is wrong, and the old one stays in force:\(problems)"
    }
    if let error = failure.declared(SimulatorInterface.TooManyWaiting.self) {
      return
        "the daemon lets no more than \(error.limit) clients wait or watch at a time; end one of them"
    }
    if let error = failure.declared(VarlinkService.InvalidParameter.self) {
      let value = error.parameter.split(separator: ".").reduce(input as JSON?) { value, name in
        value?[String(name)]
      }
      return "the daemon does not accept \(error.parameter)"
        + (value.map { " as \($0.text)" } ?? "") + "; see docs/ndisctl.md for what it may be"
    }
    if failure.declared(VarlinkService.PermissionDenied.self) != nil {
      return "only root and the daemon's own user may do this; run it as one of them"
    }
    if let error = failure.declared(VarlinkService.MethodNotFound.self) {
      return "the daemon has no \(error.method); it is another version than this ndisctl"
    }
    if let error = failure.declared(VarlinkService.MethodNotImplemented.self) {
      return "the daemon does not do \(error.method) as it is set up"
    }
    return "\(failure)"
  }
}
