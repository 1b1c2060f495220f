// The directory of the driver socket, found in the same order by the daemon and its clients (see the README):
// the flag, $RUNTIME_DIRECTORY, $XDG_RUNTIME_DIR/ndissim, and finally a private directory under the temporary
// one.

import NDISDriverPlane
import Glibc

/// Finds and creates the runtime directory.
package enum RuntimeDirectory {
  /// The directory to use: `explicit` if given, else from the environment.
  package static func find(explicit: String?) -> String {
    if let explicit { return explicit }
    if let directory = environment("RUNTIME_DIRECTORY") {
      // systemd may pass several, separated by colons; the daemon uses the first.
      return String(directory.prefix { $0 != ":" })
    }
    if let directory = environment("XDG_RUNTIME_DIR") { return directory + "/ndissim" }
    return (environment("TMPDIR") ?? "/tmp") + "/ndissim-\(getuid())"
  }

  /// Creates the directory, mode 0700, unless it exists; a directory of another user is refused.
  package static func make(_ path: String) throws(StartFailure) {
    if unsafe mkdir(path, 0o700) != 0, errno != EEXIST {
      throw StartFailure("cannot make \(path): \(unsafe String(cString: strerror(errno)))")
    }
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw StartFailure("\(path) is not a directory")
    }
    guard status.st_uid == getuid() else {
      throw StartFailure("\(path) belongs to user \(status.st_uid); choose --runtime-directory")
    }
    // A user who may write to the directory could replace our socket.
    guard status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0 else {
      throw StartFailure("\(path) may be written by others; chmod go-w it, or choose another")
    }
  }

  private static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
    return unsafe String(cString: value)
  }
}
