// The checks of `ndisctl doctor`. Each looks at the facts and answers one finding: all is well, worth
// knowing, or a problem, in a sentence with the value that was found, and with the command that mends
// it where there is one. A fact that could not be learned is never a problem.

import NDISManagementInterface
import NDIS

/// What a check found.
struct DoctorFinding: Hashable, Sendable {
  enum Level: String, Sendable { case ok, note, problem }

  /// What was looked at, in a word or two.
  var check: String
  var level: Level
  var sentence: String
  /// What mends it, for a shell.
  var command: String?

  init(_ check: String, _ level: Level, _ sentence: String, command: String? = nil) {
    self.check = check
    self.level = level
    self.sentence = sentence
    self.command = command
  }
}

/// The checks, in the order in which they are shown.
enum DoctorChecks {
  /// All of them; a check without facts to judge answers nothing.
  static let all: [@Sendable (DoctorFacts) -> DoctorFinding?] = [
    kernel, memoryFiles, memory, controlGroup, hugePages, mappings, descriptors, connections,
    processors, systemd, journal, coreDumps, userRuntimeDirectory, temporaryDirectory,
    socketDirectory, driverSocket, managementSocket, driverPlane, managementPlane, versions,
  ]

  static func run(_ facts: DoctorFacts) -> [DoctorFinding] { all.compactMap { $0(facts) } }

  static let kernel: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let release = facts.kernelRelease else { return nil }
    let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    guard numbers.count == 2 else {
      return DoctorFinding("kernel", .note, "The kernel's version '\(release)' is not understood.")
    }
    func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
      (numbers[0], numbers[1]) >= (major, minor)
    }
    guard isAtLeast(5, 10) else {
      return DoctorFinding(
        "kernel", .problem,
        "Linux \(release) is older than what this is made for; Debian 12 has 6.1.")
    }
    guard isAtLeast(6, 5) else {
      return DoctorFinding(
        "kernel", .note,
        "Linux \(release) has no SO_PEERPIDFD (6.5 has): a client is known by its process id, which "
          + "another process may have by the time you look.")
    }
    return DoctorFinding("kernel", .ok, "Linux \(release).")
  }

  static let memoryFiles: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    if let problem = facts.memoryFileProblem {
      return DoctorFinding(
        "memfd", .problem,
        "No sealed memory file can be made (\(problem)), and every section is one. A sandbox, for "
          + "instance a container's seccomp filter, is the usual reason; allow memfd_create in it.")
    }
    let noExecute =
      facts.memoryFilesNoExecute.map { " vm.memfd_noexec is \($0), which is fine." } ?? ""
    return DoctorFinding(
      "memfd", .ok,
      "Sections are sealed memory files; the size of /dev/shm does not matter.\(noExecute)")
  }

  /// The default pool alone may grow to this.
  static let usualPool: UInt64 = 256 << 20

  static let memory: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let available = facts.memoryAvailable else { return nil }
    let total = facts.memoryTotal.map { " of \(size($0))" } ?? ""
    guard available >= usualPool else {
      return DoctorFinding(
        "memory", .problem,
        "\(size(available))\(total) of memory are available, less than a hosted provider of "
          + "\(size(usualPool)) may hand out; a kernel that runs out kills, it does not refuse. Give "
          + "the providers less capacity.",
        command: "ndissimd --no-default-pool --pool name=small,capacity=16M")
    }
    return DoctorFinding("memory", .ok, "\(size(available))\(total) of memory are available.")
  }

  static let controlGroup: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let limit = facts.controlGroupLimit else {
      return DoctorFinding("cgroup", .ok, "No control group limits the memory.")
    }
    let group = facts.controlGroup.map { " (\($0))" } ?? ""
    guard limit >= usualPool else {
      return DoctorFinding(
        "cgroup", .problem,
        "The control group\(group) may have \(size(limit)) of memory; blocks of \(size(usualPool)) "
          + "would have the daemon or its clients killed. Raise MemoryMax, or give the providers "
          + "less capacity.",
        command: "systemctl set-property ndissimd.service MemoryMax=1G")
    }
    return DoctorFinding(
      "cgroup", .note,
      "The control group\(group) may have \(size(limit)) of memory. Keep the capacities of all "
        + "providers together below it.")
  }

  static let hugePages: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let total = facts.hugePagesTotal, let free = facts.hugePagesFree else { return nil }
    guard total > 0 else {
      return DoctorFinding(
        "huge pages", .note,
        "None are reserved: a hosted provider with pages=2M cannot serve. Others do not need them.",
        command: "sysctl vm.nr_hugepages=64")
    }
    guard free > 0 else {
      return DoctorFinding(
        "huge pages", .note,
        "All \(total) are in use: a hosted provider with pages=2M cannot grow.",
        command: "sysctl vm.nr_hugepages=\(total &+ 64)")
    }
    return DoctorFinding("huge pages", .ok, "\(free) of \(total) are free.")
  }

  static let mappings: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let maximum = facts.maximumMappings else { return nil }
    let extents = UInt64(NDIS.Limits.maximumExtents)
    let worst = maximum / extents
    let sentence =
      "A process may have \(maximum) mappings (vm.max_map_count). A block of one extent needs none "
      + "of its own, one of several needs one an extent, \(extents) at most: "
    guard worst >= 16 else {
      return DoctorFinding(
        "mappings", .problem, sentence + "\(worst) such blocks a process are all there can be.",
        command: "sysctl vm.max_map_count=1048576")
    }
    guard maximum >= 262_144 else {
      return DoctorFinding(
        "mappings", .note,
        sentence + "\(worst) such blocks a process. For a fragmented provider raise it.",
        command: "sysctl vm.max_map_count=1048576")
    }
    return DoctorFinding("mappings", .ok, sentence + "\(worst) such blocks a process.")
  }

  static let descriptors: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let soft = facts.descriptorsSoft, let hard = facts.descriptorsHard else { return nil }
    let sentence =
      "A process may have \(count(soft)) descriptors open, and may raise that to \(count(hard)); the "
      + "daemon does, and needs one a session and one a section"
    guard hard >= 1024 else {
      return DoctorFinding(
        "descriptors", .problem, sentence + ". That is too few for a test of any size.",
        command: "ulimit -Hn 65536")
    }
    guard hard >= 16_384 else {
      return DoctorFinding(
        "descriptors", .note, sentence + ". Thousands of sessions need more.",
        command: "ulimit -Hn 65536")
    }
    return DoctorFinding("descriptors", .ok, sentence + ".")
  }

  static let connections: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let maximum = facts.maximumConnections else { return nil }
    guard maximum >= 1024 else {
      return DoctorFinding(
        "connections", .note,
        "At most \(maximum) clients may wait to be accepted (net.core.somaxconn); of more that come "
          + "at once, some wait in connect.",
        command: "sysctl net.core.somaxconn=4096")
    }
    return DoctorFinding(
      "connections", .ok, "\(maximum) clients may wait to be accepted (net.core.somaxconn).")
  }

  static let processors: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let allowed = facts.allowedProcessors else { return nil }
    let all = facts.processors ?? allowed
    let sentence =
      allowed == all
      ? "\(all) processor\(all == 1 ? "" : "s")."
      : "\(allowed) of \(all) processors may be used."
    guard allowed >= 2 else {
      return DoctorFinding(
        "processors", .note,
        sentence + " A benchmark then shows a daemon and its client taking turns on one.")
    }
    return DoctorFinding("processors", .ok, sentence)
  }

  static let systemd: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let version = facts.systemdVersion else {
      return DoctorFinding(
        "systemd", .note, "There is no systemd; start ndissimd by hand, it needs nothing around it."
      )
    }
    guard version >= 252 else {
      return DoctorFinding(
        "systemd", .problem,
        "systemd \(version) is older than 252, for which the units are written; start ndissimd by "
          + "hand.")
    }
    guard facts.systemdRuns else {
      return DoctorFinding(
        "systemd", .note,
        "systemd \(version) is installed but does not run here, as in most containers; start "
          + "ndissimd by hand.")
    }
    return DoctorFinding("systemd", .ok, "systemd \(version).")
  }

  static let journal: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let socket = facts.journalSocket else {
      return DoctorFinding(
        "journal", .note, "No journal listens; the daemon's log goes to its standard error.")
    }
    guard socket.mayUse else {
      return DoctorFinding(
        "journal", .note,
        "\(socket.path) may not be written by this user; the daemon's log goes to its standard "
          + "error.")
    }
    return DoctorFinding("journal", .ok, "The journal listens on \(socket.path).")
  }

  static let coreDumps: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let pattern = facts.corePattern else { return nil }
    if pattern.hasPrefix("|") {
      let handler = pattern.dropFirst().prefix { $0 != " " }
      return DoctorFinding("core dumps", .ok, "Crashes are taken by \(handler).")
    }
    guard !pattern.isEmpty, facts.coreLimit ?? 0 > 0 else {
      return DoctorFinding(
        "core dumps", .note, "A driver that crashes leaves no core file.",
        command: "ulimit -c unlimited")
    }
    return DoctorFinding("core dumps", .ok, "Crashes leave files named '\(pattern)'.")
  }

  static let userRuntimeDirectory: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    if let path = facts.userRuntimeDirectory {
      return DoctorFinding("XDG_RUNTIME_DIR", .ok, "It is \(path).")
    }
    guard facts.uid != 0 else {
      return DoctorFinding("XDG_RUNTIME_DIR", .ok, "It is not set, which is usual for root.")
    }
    return DoctorFinding(
      "XDG_RUNTIME_DIR", .note,
      "It is not set: a daemon started by hand listens in the temporary directory, and one of a user "
        + "service is not found from here.",
      command: "export XDG_RUNTIME_DIR=/run/user/\(facts.uid)")
  }

  static let temporaryDirectory: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    let path = facts.temporaryDirectory
    guard facts.temporaryDirectoryIsWritable else {
      return DoctorFinding(
        "TMPDIR", .problem,
        "\(path) cannot be written, and private daemons (ndisctl run) live there.",
        command: "export TMPDIR=/tmp")
    }
    let name = "/ndisctl-run-XXXXXX/" + ManagementSocket.fileName
    guard path.utf8.count + name.utf8.count <= facts.socketPathLimit else {
      return DoctorFinding(
        "TMPDIR", .note,
        "\(path) is too long for a socket in it, which may have \(facts.socketPathLimit) bytes; "
          + "another directory is used for private daemons.",
        command: "export TMPDIR=/tmp")
    }
    return DoctorFinding("TMPDIR", .ok, "\(path) can hold private daemons.")
  }
}

/// Bytes for people.
private func size(_ bytes: UInt64) -> String {
  bytes >= 10 << 30
    ? "\(bytes >> 30) GiB" : bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
}

/// A limit for people.
private func count(_ limit: UInt64) -> String {
  limit >= UInt64(Int64.max) ? "any number of" : "\(limit)"
}
