// The directory, the environment and the log of a private daemon.

import Glibc
import NDISManagementInterface
import NDISPlatform

extension PrivateDaemon {
  /// Creates a directory in which the paths of sockets are short enough for Linux.
  static func makeDirectory() throws(PrivateDaemonFailure) -> String {
    let folders = [
      ProcessEnvironment.value("TMPDIR"), ProcessEnvironment.value("XDG_RUNTIME_DIR"), "/tmp",
    ]
    let prefix = "ndissim-private-"
    let longest = prefix.utf8.count + 6 + ManagementSocket.fileName.utf8.count + 2
    for folder in folders.compactMap({ $0 }) where folder.utf8.count + longest <= 107 {
      do throws(SystemError) {
        return try TemporaryDirectory.make(in: folder, prefix: prefix)
      } catch {
        throw PrivateDaemonFailure(
          "cannot create a directory: \(error); set TMPDIR to a writable directory")
      }
    }
    throw PrivateDaemonFailure("there is no directory for temporary files")
  }

  /// The environment of this process without the variables that a service manager set for it, and without
  /// those that select a daemon.
  static func environment(notify: String) -> [String] {
    let foreign = [
      "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "RUNTIME_DIRECTORY", "STATE_DIRECTORY",
      "CONFIGURATION_DIRECTORY", "LOGS_DIRECTORY", "CACHE_DIRECTORY", "CREDENTIALS_DIRECTORY",
      "JOURNAL_STREAM", "INVOCATION_ID", "FDSTORE",
    ]
    return ProcessEnvironment.entries { name in
      !foreign.contains(String(name)) && !name.hasPrefix("NDISSIM_") && !name.hasPrefix("LISTEN_")
    } + ["NOTIFY_SOCKET=\(notify)"]
  }

  /// The last lines of a file, at most 64 KiB of it.
  package static func lastLines(of path: String, _ count: Int) -> [String] {
    let file = Descriptor(owning: unsafe open(path, O_RDONLY | O_CLOEXEC))
    guard file.raw >= 0 else { return [] }
    let end = lseek(file.raw, 0, SEEK_END)
    _ = lseek(file.raw, max(0, end - 65536), SEEK_SET)
    var bytes = [UInt8](repeating: 0, count: 65536)
    let length = unsafe read(file.raw, &bytes, bytes.count)
    guard length > 0 else { return [] }
    let lines = String(decoding: bytes[..<length], as: UTF8.self).split(separator: "\n")
    return lines.suffix(count).map { String($0) }
  }
}
