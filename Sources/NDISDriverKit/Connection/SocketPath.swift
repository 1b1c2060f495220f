// The driver socket of the daemon: named by the caller or the environment, else searched.

import NDISPlatform

/// The search for the daemon's driver socket.
public enum SocketPath {
  /// The socket to connect to: $NDISSIM_SOCKET if it is set, else the first of `candidates` that exists.
  /// Nil if there is none.
  public static func find() -> String? {
    ProcessEnvironment.value("NDISSIM_SOCKET") ?? SocketDirectories.firstExisting(candidates)
  }

  /// The searched paths, in order.
  public static var candidates: [String] { SocketDirectories.candidates.map { $0 + "/driver" } }
}
