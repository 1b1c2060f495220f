// The checks of a daemon: the owners of its directory and sockets, whether it replies on both planes, and
// whether its version is that of ndisctl.

import NDISManagementInterface

extension DoctorChecks {
  static let socketDirectory: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let directory = facts.socketDirectory else { return nil }
    let shown = "\(directory.path) (user \(directory.owner), mode \(octal(directory.mode)))"
    guard
      directory.owner == facts.uid || directory.owner == 0 || directory.owner == daemonUser(facts)
    else {
      return DoctorFinding(
        "directory", .problem,
        "\(shown) is owned by another user, who can replace the daemon's socket.",
        command: "ls -ld \(directory.path)")
    }
    guard directory.mode & 0o022 == 0 || directory.mode & 0o1000 != 0 else {
      return DoctorFinding(
        "directory", .problem,
        "\(shown) is writable for other users, who can replace the daemon's socket.",
        command: "chmod go-w \(directory.path)")
    }
    return DoctorFinding("directory", .ok, "\(shown) has safe permissions.")
  }

  static let driverSocket: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let socket = facts.driverSocket else {
      if let path = facts.missingDriverSocket {
        return DoctorFinding(
          "driver socket", .problem,
          "There is no socket at \(path), which $NDISSIM_SOCKET names.",
          command: path.hasSuffix("/driver")
            ? "ndissimd --runtime-directory \(path.dropLast("/driver".count)) &"
            : "unset NDISSIM_SOCKET")
      }
      return DoctorFinding(
        "driver socket", .problem,
        "No daemon was found: there is no socket in the searched directories (docs/sockets.md).",
        command: "ndissimd &   # or, for one command: ndisctl run -- COMMAND")
    }
    return judge("driver socket", socket, facts)
  }

  static let managementSocket: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let socket = facts.managementSocket else {
      if let path = facts.missingManagementSocket {
        return DoctorFinding(
          "management socket", .problem,
          "There is no socket at \(path), which --socket or $NDISSIM_MANAGEMENT_SOCKET names.",
          command: "unset NDISSIM_MANAGEMENT_SOCKET")
      }
      // Without any daemon the previous check has reported it.
      guard facts.driverSocket != nil else { return nil }
      return DoctorFinding(
        "management socket", .problem,
        "There is a driver socket but no management socket in its directory: the daemon is too old, or "
          + "NDISSIM_MANAGEMENT_SOCKET is not set.",
        command: "export NDISSIM_MANAGEMENT_SOCKET=DIRECTORY/\(ManagementSocket.fileName)")
    }
    return judge("management socket", socket, facts)
  }

  private static func judge(
    _ check: String, _ socket: DoctorFacts.Path, _ facts: DoctorFacts
  ) -> DoctorFinding {
    let shown = "\(socket.path) (user \(socket.owner), mode \(octal(socket.mode)))"
    guard socket.mayUse else {
      return DoctorFinding(
        check, .problem,
        "User \(facts.uid) has no permission for \(shown), but its group has: join the group and log in again.",
        command: "usermod -aG \(socket.groupName ?? "\(socket.group)") "
          + (facts.userName ?? "\(facts.uid)"))
    }
    guard socket.owner == facts.uid || socket.owner == 0 || socket.owner == daemonUser(facts) else {
      return DoctorFinding(
        check, .problem,
        "\(shown) is owned neither by root, nor by you, nor by the daemon's user.",
        command: "ls -l \(socket.path)")
    }
    // On the management plane the daemon checks permissions; on the driver plane every client is a driver.
    guard socket.mode & 0o002 == 0 || check != "driver socket" else {
      return DoctorFinding(
        check, .note, "\(shown) is accessible to all users.",
        command: "chmod o-w \(socket.path)")
    }
    return DoctorFinding(check, .ok, "\(shown).")
  }

  static let driverPlane: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let driver = facts.driver else { return nil }
    if let problem = driver.problem {
      return DoctorFinding(
        "drivers", .problem,
        "A driver cannot connect: \(problem) A stale socket of a killed daemon is replaced by the next "
          + "daemon.",
        command: "ndissimd &")
    }
    return DoctorFinding("drivers", .ok, "The daemon accepts drivers.")
  }

  static let managementPlane: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let management = facts.management else { return nil }
    if let problem = management.problem {
      return DoctorFinding("management", .problem, "The daemon cannot be queried: \(problem)")
    }
    let process = management.pid.map { " (process \($0))" } ?? ""
    return DoctorFinding("management", .ok, "The daemon replies\(process).")
  }

  static let versions: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let version = facts.management?.version else { return nil }
    guard version == facts.ownVersion else {
      return DoctorFinding(
        "versions", .note,
        "The daemon has version \(version), ndisctl \(facts.ownVersion); install both from the same build "
          + "and restart the daemon.",
        command: "systemctl restart ndissimd")
    }
    return DoctorFinding("versions", .ok, "The daemon and ndisctl have version \(version).")
  }

  private static func daemonUser(_ facts: DoctorFacts) -> UInt32? { facts.management?.uid }

  private static func octal(_ mode: UInt32) -> String {
    let digits = String(mode & 0o7777, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
