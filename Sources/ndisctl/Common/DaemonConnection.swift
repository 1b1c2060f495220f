// The connection to the daemon's management plane, as the commands use it: finds the socket, makes the
// calls, and maps every error to a message and an exit status.
//
// An ordinary reply times out after half a minute, which only a stopped daemon exceeds; events and
// conditions have no timeout. One connection is enough for a command; leaving a stream closes it.

import NDISManagementInterface
import NDISVarlink

/// A connection to a daemon.
struct DaemonConnection: ~Copyable {
  /// The socket.
  let path: String
  private let client: VarlinkClient

  /// The timeout of an ordinary reply, in milliseconds.
  private static let timeout = 30_000

  /// Connects to the daemon that the options select.
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
      return try VarlinkClient.connect(path: path, timeoutMilliseconds: timeout)
    } catch {
      throw CommandFailure(
        "cannot reach a daemon at \(path): \(error). Start one with `ndissimd`, or select another socket with --socket.",
        status: .noDaemon)
    }
  }

  /// Calls a method with one reply.
  func call<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input
  ) throws(CommandFailure) -> Method.Output {
    do throws(VarlinkFailure) { return try client.call(method, input) } catch {
      throw failure(error, input.json)
    }
  }

  /// Calls a method with several replies.
  ///
  /// - Parameters:
  ///   - isEndless: the replies report events, so the next one has no timeout.
  ///   - each: receives every reply, and returns whether to continue.
  func stream<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input, isEndless: Bool = false,
    _ each: (Method.Output) throws(CommandFailure) -> Bool
  ) throws(CommandFailure) {
    client.timeoutMilliseconds = isEndless ? nil : DaemonConnection.timeout
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
        // The remaining replies would be mistaken for those of the next call.
        if client.isUnderWay(pending) { client.close() }
        return
      }
    }
  }

  /// The newest stored events that match, oldest first. At most the last `count` are buffered.
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
  /// - Parameter milliseconds: the timeout that was sent to the daemon; nil: none.
  func call<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input, waiting milliseconds: Int?
  ) throws(CommandFailure) -> Method.Output {
    // The daemon reports the timeout; the client's own one only detects a stopped daemon.
    client.timeoutMilliseconds = milliseconds.map { $0 + DaemonConnection.timeout }
    defer { client.timeoutMilliseconds = DaemonConnection.timeout }
    do throws(VarlinkFailure) { return try client.call(method, input) } catch {
      if let late = error.declared(SimulatorInterface.TimedOut.self) {
        throw CommandFailure("timed out: \(late.found)", status: .timedOut)
      }
      throw failure(error, input.json)
    }
  }

  /// - Parameter input: the parameters, so that a message can show the value that was refused.
  private func failure(_ error: VarlinkFailure, _ input: JSON) -> CommandFailure {
    switch error {
    case .disconnected:
      CommandFailure(
        "the daemon at \(path) closed the connection; check `ndisctl status` or its log for whether it exited"
      )
    case .timedOut:
      CommandFailure(
        "the daemon at \(path) did not reply within \(DaemonConnection.timeout / 1000) seconds; is it stopped?"
      )
    case .mismatch, .brokenProtocol:
      CommandFailure(
        "invalid reply from \(path): \(error). Is it an ndissimd of the same version?"
      )
    case .error: CommandFailure(DaemonConnection.sentence(error, input))
    default: CommandFailure("\(error)")
    }
  }

  /// The message for an error that the daemon returned.
  private static func sentence(_ failure: VarlinkFailure, _ input: JSON) -> String {
    if let error = failure.declared(SimulatorInterface.NoSuchObject.self) { return error.message }
    if let error = failure.declared(SimulatorInterface.AmbiguousName.self) {
      let handles = error.handles.joined(separator: ", ")
      return "the name '\(error.object)' is ambiguous; use a handle: \(handles)"
    }
    if let error = failure.declared(SimulatorInterface.Refused.self) {
      return "\(error.message) (\(error.status)\(error.rule.isEmpty ? "" : ", \(error.rule)"))"
    }
    if let error = failure.declared(SimulatorInterface.InvalidConfiguration.self) {
      let problems = error.problems.map { "\n  \($0)" }.joined()
      return "the configuration is invalid; the previous one stays in effect:\(problems)"
    }
    if let error = failure.declared(SimulatorInterface.TooManyWaiting.self) {
      return
        "the daemon allows at most \(error.limit) waiting or monitoring clients at a time; end one of them"
    }
    if let error = failure.declared(VarlinkService.InvalidParameter.self) {
      let value = error.parameter.split(separator: ".").reduce(input as JSON?) { value, name in
        value?[String(name)]
      }
      return "the daemon does not accept \(error.parameter)"
        + (value.map { " as \($0.text)" } ?? "") + "; see docs/ndisctl.md for the accepted values"
    }
    if failure.declared(VarlinkService.PermissionDenied.self) != nil {
      return "permission denied: only root and the daemon's own user may do this"
    }
    if let error = failure.declared(VarlinkService.MethodNotFound.self) {
      return "the daemon has no method \(error.method); its version differs from this ndisctl's"
    }
    if let error = failure.declared(VarlinkService.MethodNotImplemented.self) {
      return "the daemon does not support \(error.method) in its configuration"
    }
    return "\(failure)"
  }
}
