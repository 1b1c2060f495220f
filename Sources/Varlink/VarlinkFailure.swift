// What can go wrong with a call, from the client's side.

public import NDISPlatform

/// Why a call has no answer, or which error was the answer.
public enum VarlinkFailure: Error, Equatable, Sendable {
  /// There is no connection to that path.
  case cannotConnect(SocketPathProblem)
  /// The connection broke, or the server closed it.
  case disconnected
  case system(SystemError)
  /// The answer did not come in time; the connection is closed.
  case timedOut
  /// The server does not speak Varlink as it should; the connection is closed.
  case brokenProtocol(String)
  /// The answer to this method is not what its interface says.
  case mismatch(method: String, JSONMismatch)
  /// The answer is an error, by its full name.
  case error(name: String, JSONObject)

  /// The answer as this error, if it is this one and its parameters are as declared.
  public func declared<Failure: VarlinkErrorValue>(_ error: Failure.Type) -> Failure? {
    guard case .error(Failure.name, let parameters) = self else { return nil }
    return try? Failure(json: .object(parameters))
  }
}

extension VarlinkFailure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cannotConnect(let problem): problem.description
    case .disconnected: "the service has closed the connection"
    case .system(let error): error.description
    case .timedOut: "the service did not answer in time"
    case .brokenProtocol(let reason): "the service does not speak Varlink: \(reason)"
    case .mismatch(let method, let mismatch): "the answer to \(method): \(mismatch)"
    case .error(let name, let parameters):
      parameters.isEmpty
        ? "the service answered \(name)"
        : "the service answered \(name) \(JSON.object(parameters).text)"
    }
  }
}
