// The two sockets `ndisctl doctor` looks at, and the question to the management plane.

import NDISManagementInterface
import NDISDriverKit
import NDISVarlink

extension Doctor {
  /// Where drivers and where ndisctl would connect; nil where there is nothing.
  var places: (driver: String?, management: String?) {
    (SocketPath.find(), try? ManagementSocket.find(common.socket))
  }
}

extension DoctorFacts {
  /// Asks a daemon who it is.
  static func askManagement(_ path: String) -> Daemon {
    do throws(VarlinkFailure) {
      let client = try VarlinkClient.connect(path: path, timeoutMilliseconds: 2500)
      let status = try client.call(SimulatorInterface.GetStatus.self, .init()).status
      return Daemon(
        version: status.version, pid: Int32(exactly: status.pid), uid: UInt32(exactly: status.uid))
    } catch { return Daemon(problem: "\(error).") }
  }
}
