// The input of the checks of `ndisctl doctor`: plain values, each nil if it could not be determined. The
// checks are functions of these alone, so that a test can construct a machine.

/// The relevant facts of a machine and of a daemon on it.
struct DoctorFacts: Sendable {
  /// A file or directory as its permissions show it.
  struct Path: Hashable, Sendable {
    var path: String
    var owner: UInt32
    var group: UInt32 = 0
    /// The group's name; nil when it has none.
    var groupName: String?
    /// The nine permission bits and the sticky bit.
    var mode: UInt32
    /// Whether this process may connect to the socket, or enter the directory.
    var mayUse: Bool
  }

  /// A daemon that replied, or why none did.
  package struct Daemon: Hashable, Sendable {
    var version: String?
    var pid: Int32?
    var uid: UInt32?
    /// The error, if it did not reply.
    var problem: String?
  }

  /// This program's version.
  var ownVersion = ""
  var uid: UInt32 = 0
  /// The user's name; nil when it has none.
  var userName: String?

  var kernelRelease: String?
  var processors: Int?
  /// Processors this process may run on.
  var allowedProcessors: Int?
  var pageSize: UInt64 = 4096
  var memoryTotal: UInt64?
  var memoryAvailable: UInt64?
  var hugePagesTotal: UInt64?
  var hugePagesFree: UInt64?
  /// The lowest limit of the control groups the daemon is in; nil when there is none.
  var controlGroupLimit: UInt64?
  var controlGroup: String?

  var descriptorsSoft: UInt64?
  var descriptorsHard: UInt64?
  var maximumMappings: UInt64?
  var maximumConnections: UInt64?
  /// Why no sealed memfd could be created; nil if one could.
  var memoryFileProblem: String?
  var memoryFilesNoExecute: Int?
  var coreLimit: UInt64?
  var corePattern: String?

  var journalSocket: Path?
  /// 252 for systemd 252; nil if it is not installed.
  var systemdVersion: Int?
  /// systemd is process 1.
  var systemdRuns = false

  var userRuntimeDirectory: String?
  var temporaryDirectory = "/tmp"
  var temporaryDirectoryIsWritable = true
  /// The longest path of a socket.
  var socketPathLimit = 107

  var driverSocket: Path?
  var managementSocket: Path?
  /// The path of a variable or an option at which there is no socket.
  var missingDriverSocket: String?
  var missingManagementSocket: String?
  /// The directory of the driver socket.
  var socketDirectory: Path?
  var management: Daemon?
  /// The result of a HELLO on the driver socket.
  var driver: Daemon?
}
