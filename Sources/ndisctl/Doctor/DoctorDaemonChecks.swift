// The checks that are about a daemon: who owns its directory and sockets, whether it answers on both
// planes, and whether it is of this program's version.

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
        "\(shown) belongs to somebody else, who can put another socket in the place of the daemon's.",
        command: "ls -ld \(directory.path)")
    }
    guard directory.mode & 0o022 == 0 || directory.mode & 0o1000 != 0 else {
      return DoctorFinding(
        "directory", .problem,
        "\(shown) may be written by others, who can put another socket in the place of the daemon's.",
        command: "chmod go-w \(directory.path)")
    }
    return DoctorFinding("directory", .ok, "\(shown) is safe.")
  }

  static let driverSocket: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let socket = facts.driverSocket else {
      if let path = facts.missingDriverSocket {
        return DoctorFinding(
          "driver socket", .problem,
          "There is no socket at \(path), where $NDISSIM_SOCKET says that the daemon's is.",
          command: path.hasSuffix("/driver")
            ? "ndissimd --runtime-directory \(path.dropLast("/driver".count)) &"
            : "unset NDISSIM_SOCKET")
      }
      return DoctorFinding(
        "driver socket", .problem,
        "No daemon's socket is in any of the places where one is looked for (docs/sockets.md).",
        command: "ndissimd &   # or, for one command: ndisctl run -- COMMAND")
    }
    return judge("driver socket", socket, facts)
  }

  static let managementSocket: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let socket = facts.managementSocket else {
      if let path = facts.missingManagementSocket {
        return DoctorFinding(
          "management socket", .problem,
          "There is no socket at \(path), where --socket or $NDISSIM_MANAGEMENT_SOCKET says that the "
            + "daemon's is.",
          command: "unset NDISSIM_MANAGEMENT_SOCKET")
      }
      // Without any daemon the check before has said so.
      guard facts.driverSocket != nil else { return nil }
      return DoctorFinding(
        "management socket", .problem,
        "There is a driver socket, but no management socket beside it: an old daemon, or "
          + "NDISSIM_MANAGEMENT_SOCKET is missing.",
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
        "\(shown) may not be used by user \(facts.uid). Its group may: join it and log in again.",
        command: "usermod -aG \(socket.groupName ?? "\(socket.group)") "
          + (facts.userName ?? "\(facts.uid)"))
    }
    guard socket.owner == facts.uid || socket.owner == 0 || socket.owner == daemonUser(facts) else {
      return DoctorFinding(
        check, .problem,
        "\(shown) belongs neither to root, nor to you, nor to the daemon's user.",
        command: "ls -l \(socket.path)")
    }
    // Who asks on the management plane is judged by the daemon; whoever reaches the driver plane is a
    // driver.
    guard socket.mode & 0o002 == 0 || check != "driver socket" else {
      return DoctorFinding(
        check, .note, "\(shown) is open to every user of the machine.",
        command: "chmod o-w \(socket.path)")
    }
    return DoctorFinding(check, .ok, "\(shown).")
  }

  static let driverPlane: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let driver = facts.driver else { return nil }
    if let problem = driver.problem {
      return DoctorFinding(
        "drivers", .problem,
        "A driver cannot connect: \(problem) A socket that a daemon left behind when it was killed "
          + "is replaced by the next one.",
        command: "ndissimd &")
    }
    return DoctorFinding("drivers", .ok, "The daemon answers drivers.")
  }

  static let managementPlane: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let management = facts.management else { return nil }
    if let problem = management.problem {
      return DoctorFinding("management", .problem, "The daemon cannot be asked: \(problem)")
    }
    let process = management.pid.map { " as process \($0)" } ?? ""
    return DoctorFinding("management", .ok, "The daemon answers\(process).")
  }

  static let versions: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let version = facts.management?.version else { return nil }
    guard version == facts.ownVersion else {
      return DoctorFinding(
        "versions", .note,
        "The daemon is version \(version), ndisctl is \(facts.ownVersion); install both from one build "
          + "and restart the daemon.",
        command: "systemctl restart ndissimd")
    }
    return DoctorFinding("versions", .ok, "Daemon and ndisctl are version \(version).")
  }

  private static func daemonUser(_ facts: DoctorFacts) -> UInt32? { facts.management?.uid }

  private static func octal(_ mode: UInt32) -> String {
    let digits = String(mode & 0o7777, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
