// Who this process is, and whether another one is there.

import Glibc

/// This process.
public enum CurrentProcess {
  /// Its number.
  public static var id: Int32 { getpid() }
  /// The user it runs as.
  public static var userID: UInt32 { getuid() }

  /// Whether a process of this number is there. One that belongs to another user is.
  public static func exists(_ id: Int32) -> Bool { kill(id, 0) == 0 || errno != ESRCH }
}
