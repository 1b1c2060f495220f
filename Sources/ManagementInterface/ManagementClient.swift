// Connecting to the daemon's management plane: the socket is found, and when nobody is there the sentence
// says where it was looked for and how to start a daemon. Calls are Varlink's own, with the types of this
// module: `client.call(SimulatorInterface.GetStatus.self, .init())`.

public import NDISVarlink

/// Connects to the management plane.
public enum ManagementClient {
  /// A connection to the daemon at `socket`, or at the one that is found.
  ///
  /// - Parameter timeoutMilliseconds: how long connecting, and then each reply, may take; nil: for ever.
  public static func connect(
    socket: String? = nil, timeoutMilliseconds: Int? = nil
  ) throws(ManagementUnreachable) -> VarlinkClient {
    let path: String
    do throws(ManagementSocketMissing) { path = try ManagementSocket.find(socket) } catch {
      throw .noSocket(error)
    }
    do throws(VarlinkFailure) {
      return try VarlinkClient.connect(path: path, timeoutMilliseconds: timeoutMilliseconds)
    } catch { throw .notAnswering(path: path, error) }
  }
}

/// Why there is no connection to the daemon.
public enum ManagementUnreachable: Error, Sendable, CustomStringConvertible {
  case noSocket(ManagementSocketMissing)
  /// There is a path, and nobody answers there.
  case notAnswering(path: String, VarlinkFailure)

  public var description: String {
    switch self {
    case .noSocket(let missing): missing.description
    case .notAnswering(let path, let failure):
      "no daemon answers at \(path): \(failure). Start one with `ndissimd`, or say where it is with "
        + "$NDISSIM_MANAGEMENT_SOCKET."
    }
  }
}
