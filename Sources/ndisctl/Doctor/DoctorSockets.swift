// The two sockets that `ndisctl doctor` checks, and the query to the management plane.

import NDISManagementInterface
import NDISDriverKit
import NDISVarlink

extension Doctor {
  /// Where drivers and ndisctl would connect; nil if no socket was found.
  var sockets: (driver: String?, management: String?) {
    (SocketPath.find(), try? ManagementSocket.find(common.socket))
  }
}

extension DoctorFacts {
  /// Queries the version and the process of a daemon.
  static func queryManagement(_ path: String) -> Daemon {
    do throws(VarlinkFailure) {
      let client = try VarlinkClient.connect(path: path, timeoutMilliseconds: 2500)
      let status = try client.call(SimulatorInterface.GetStatus.self, .init()).status
      return Daemon(
        version: status.version, pid: Int32(exactly: status.pid), uid: UInt32(exactly: status.uid))
    } catch { return Daemon(problem: "\(error).") }
  }
}
