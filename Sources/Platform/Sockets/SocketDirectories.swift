// Where the sockets of a running daemon are searched: in the directories in which a system service, the
// service of a user, and a daemon started manually put them.

import Glibc

/// The search path of clients.
package enum SocketDirectories {
  /// The directories, in the order of the search.
  package static var candidates: [String] {
    var directories: [String] = []
    if let named = ProcessEnvironment.value("RUNTIME_DIRECTORY") {
      // The service manager may name several, separated by colons; the first is the daemon's.
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
