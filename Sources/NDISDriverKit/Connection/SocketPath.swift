// Where the daemon listens. Named by the caller or the environment, else searched in the places
// where a system service, a user's service and a daemon started by hand put it.

import Glibc

/// The search for the daemon's driver socket.
public enum SocketPath {
  /// The socket to connect to: $NDISSIM_SOCKET as it stands, else the first of `candidates` that
  /// exists. Nil when there is none.
  public static func find() -> String? {
    if let named = environment("NDISSIM_SOCKET") { return named }
    return candidates.first { path in unsafe access(path, F_OK) == 0 }
  }

  /// The places that are looked at, first to last.
  public static var candidates: [String] {
    var paths: [String] = []
    if let folders = environment("RUNTIME_DIRECTORY") {
      // The service manager may name several, separated by colons; the first is the daemon's.
      paths.append(folders.prefix { $0 != ":" } + "/driver")
    }
    if let folder = environment("XDG_RUNTIME_DIR") { paths.append("\(folder)/ndissim/driver") }
    paths.append("/run/ndissim/driver")
    paths.append("\(environment("TMPDIR") ?? "/tmp")/ndissim-\(getuid())/driver")
    return paths
  }

  /// A variable that is set and not empty.
  private static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}
