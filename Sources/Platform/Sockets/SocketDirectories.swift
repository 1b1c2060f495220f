// The search path for the sockets of a running daemon: the directories used by a system service, a user
// service, and a manually started daemon.

import Glibc

/// The search path of clients.
package enum SocketDirectories {
  /// The directories in search order.
  package static var candidates: [String] {
    var directories: [String] = []
    if let named = ProcessEnvironment.value("RUNTIME_DIRECTORY") {
      // systemd may pass several, separated by colons; the daemon uses the first.
      directories.append(String(named.prefix { $0 != ":" }))
    }
    if let runtime = ProcessEnvironment.value("XDG_RUNTIME_DIR") {
      directories.append("\(runtime)/ndissim")
    }
    directories.append("/run/ndissim")
    directories.append("\(ProcessEnvironment.value("TMPDIR") ?? "/tmp")/ndissim-\(getuid())")
    return directories
  }

  /// The first of these paths that exists.
  package static func firstExisting(_ paths: [String]) -> String? {
    paths.first { path in unsafe access(path, F_OK) == 0 }
  }
}
