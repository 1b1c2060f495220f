// IDs of this process, and whether another process exists.

import Glibc

/// This process.
public enum CurrentProcess {
  /// The process ID.
  public static var id: Int32 { getpid() }
  /// The user ID.
  public static var userID: UInt32 { getuid() }

  /// Whether a process with this ID exists, including processes of other users.
  public static func exists(_ id: Int32) -> Bool { kill(id, 0) == 0 || errno != ESRCH }
}
