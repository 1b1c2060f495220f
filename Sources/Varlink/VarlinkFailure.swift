// Errors of a call on the client side.

public import NDISPlatform

/// Why a call has no reply, or the error reply.
public enum VarlinkFailure: Error, Equatable, Sendable {
  /// Connecting to the path failed.
  case cannotConnect(SocketPathProblem)
  /// The connection was lost, or the server closed it.
  case disconnected
  case system(SystemError)
  /// The reply did not arrive in time; the connection is closed.
  case timedOut
  /// The server violated the protocol; the connection is closed.
  case brokenProtocol(String)
  /// The reply does not match the method's declaration.
  case mismatch(method: String, JSONMismatch)
  /// An error reply, with the error's full name.
  case error(name: String, JSONObject)

  /// The reply as this error, if it is this one and its parameters match its declaration.
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
