// The two sockets `ndisctl doctor` looks at, and the question to the management plane.

import ArgumentParser
import Management
import NDISDriverKit
import Varlink

extension Doctor {
  /// Where drivers and where ndisctl would connect; nil where there is nothing.
  var places: (driver: String?, management: String?) {
    (SocketPath.find(), try? ManagementSocket.find(socket))
  }
}

extension DoctorFacts {
  /// Asks a daemon who it is.
  static func askManagement(_ path: String) -> Daemon {
    do {
      let daemon = try DaemonConnection(try CommonOptions.parse(["--socket", path]))
      let status = try daemon.call(SimulatorInterface.GetStatus.self, .init()).status
      return Daemon(
        version: status.version, pid: Int32(exactly: status.pid), uid: UInt32(exactly: status.uid))
    } catch let failure as CommandFailure {
      return Daemon(problem: failure.sentence ?? "there is no answer.")
    } catch { return Daemon(problem: "\(error)") }
  }
}
