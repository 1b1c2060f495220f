// The checks of `ndisctl doctor`. Each is a function of the collected facts and returns one finding: ok, a
// note or a problem, with a sentence that contains the value found, and with a command that fixes it
// where there is one. A fact that could not be determined is never a problem.

import NDISManagementInterface
import NDIS

/// The result of a check.
struct DoctorFinding: Hashable, Sendable {
  enum Level: String, Sendable { case ok, note, problem }

  /// The subject of the check, in a word or two.
  var check: String
  var level: Level
  var sentence: String
  /// A shell command that fixes it.
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
  /// All results; a check without facts returns none.
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
      return DoctorFinding("kernel", .note, "The kernel version '\(release)' cannot be parsed.")
    }
    func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
      (numbers[0], numbers[1]) >= (major, minor)
    }
    guard isAtLeast(5, 10) else {
      return DoctorFinding(
        "kernel", .problem,
        "Linux \(release) is not supported; 6.1 (Debian 12) or later is required.")
    }
    guard isAtLeast(6, 5) else {
      return DoctorFinding(
        "kernel", .note,
        "Linux \(release) has no SO_PEERPIDFD (added in 6.5): clients are identified by process id, "
          + "which can be reused by another process.")
    }
    return DoctorFinding("kernel", .ok, "Linux \(release).")
  }

  static let memoryFiles: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    if let problem = facts.memoryFileProblem {
      return DoctorFinding(
        "memfd", .problem,
        "Sealed memfds, which sections consist of, cannot be created (\(problem)). The usual cause is "
          + "a sandbox such as the seccomp filter of a container; allow memfd_create in it.")
    }
    let noExecute =
      facts.memoryFilesNoExecute.map { " vm.memfd_noexec is \($0), which is supported." } ?? ""
    return DoctorFinding(
      "memfd", .ok,
      "Sealed memfds can be created; the size of /dev/shm does not matter.\(noExecute)")
  }

  /// The capacity of the default pool.
  static let usualPool: UInt64 = 256 << 20

  static let memory: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let available = facts.memoryAvailable else { return nil }
    let total = facts.memoryTotal.map { " of \(size($0))" } ?? ""
    guard available >= usualPool else {
      return DoctorFinding(
        "memory", .problem,
        "\(size(available))\(total) of memory are available, less than the \(size(usualPool)) that a "
          + "hosted provider may allocate; when memory runs out, the OOM killer terminates processes. "
          + "Reduce the capacity of the providers.",
        command: "ndissimd --no-default-pool --pool name=small,capacity=16M")
    }
    return DoctorFinding("memory", .ok, "\(size(available))\(total) of memory are available.")
  }

  static let controlGroup: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let limit = facts.controlGroupLimit else {
      return DoctorFinding("cgroup", .ok, "No control group limits memory.")
    }
    let group = facts.controlGroup.map { " (\($0))" } ?? ""
    guard limit >= usualPool else {
      return DoctorFinding(
        "cgroup", .problem,
        "The control group\(group) is limited to \(size(limit)) of memory; with \(size(usualPool)) of "
          + "blocks the OOM killer would terminate the daemon or its clients. Raise MemoryMax or "
          + "reduce the capacity of the providers.",
        command: "systemctl set-property ndissimd.service MemoryMax=1G")
    }
    return DoctorFinding(
      "cgroup", .note,
      "The control group\(group) is limited to \(size(limit)) of memory. Keep the total capacity of all "
        + "providers below it.")
  }

  static let hugePages: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let total = facts.hugePagesTotal, let free = facts.hugePagesFree else { return nil }
    guard total > 0 else {
      return DoctorFinding(
        "huge pages", .note,
        "None are reserved: a hosted provider with pages=2M cannot allocate. Others do not need them.",
        command: "sysctl vm.nr_hugepages=64")
    }
    guard free > 0 else {
      return DoctorFinding(
        "huge pages", .note,
        "All \(total) are in use: a hosted provider with pages=2M cannot allocate more.",
        command: "sysctl vm.nr_hugepages=\(total &+ 64)")
    }
    return DoctorFinding("huge pages", .ok, "\(free) of \(total) are free.")
  }

  static let mappings: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let maximum = facts.maximumMappings else { return nil }
    let extents = UInt64(NDIS.Limits.maximumExtents)
    let worst = maximum / extents
    let sentence =
      "A process may have \(maximum) mappings (vm.max_map_count). A block with one extent needs no "
      + "mapping of its own, others need one per extent, at most \(extents): "
    guard worst >= 16 else {
      return DoctorFinding(
        "mappings", .problem, sentence + "a process can have only \(worst) such blocks.",
        command: "sysctl vm.max_map_count=1048576")
    }
    guard maximum >= 262_144 else {
      return DoctorFinding(
        "mappings", .note,
        sentence + "\(worst) such blocks per process. Raise it for a fragmented provider.",
        command: "sysctl vm.max_map_count=1048576")
    }
    return DoctorFinding("mappings", .ok, sentence + "\(worst) such blocks per process.")
  }

  static let descriptors: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let soft = facts.descriptorsSoft, let hard = facts.descriptorsHard else { return nil }
    let sentence =
      "A process may have \(count(soft)) open descriptors and may raise the limit to \(count(hard)); the "
      + "daemon does, and needs one per session and one per section"
    guard hard >= 1024 else {
      return DoctorFinding(
        "descriptors", .problem, sentence + ". That is too few for larger tests.",
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
        "The listen backlog is at most \(maximum) (net.core.somaxconn); further clients that connect at "
          + "the same time block in connect.",
        command: "sysctl net.core.somaxconn=4096")
    }
    return DoctorFinding(
      "connections", .ok, "The listen backlog is at most \(maximum) (net.core.somaxconn).")
  }

  static let processors: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let allowed = facts.allowedProcessors else { return nil }
    let all = facts.processors ?? allowed
    let sentence =
      allowed == all
      ? "\(all) processor\(all == 1 ? "" : "s")."
      : "\(allowed) of \(all) processors are allowed by the affinity mask."
    guard allowed >= 2 else {
      return DoctorFinding(
        "processors", .note,
        sentence + " In benchmarks the daemon and its client then share one processor.")
    }
    return DoctorFinding("processors", .ok, sentence)
  }

  static let systemd: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let version = facts.systemdVersion else {
      return DoctorFinding(
        "systemd", .note,
        "There is no systemd; start ndissimd manually, it does not need a service manager."
      )
    }
    guard version >= 252 else {
      return DoctorFinding(
        "systemd", .problem,
        "systemd \(version) is older than 252, which the units require; start ndissimd manually.")
    }
    guard facts.systemdRuns else {
      return DoctorFinding(
        "systemd", .note,
        "systemd \(version) is installed but not running, as in most containers; start ndissimd "
          + "manually.")
    }
    return DoctorFinding("systemd", .ok, "systemd \(version).")
  }

  static let journal: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let socket = facts.journalSocket else {
      return DoctorFinding(
        "journal", .note, "There is no journal; the daemon logs to its standard error.")
    }
    guard socket.mayUse else {
      return DoctorFinding(
        "journal", .note,
        "\(socket.path) is not writable for this user; the daemon logs to its standard error.")
    }
    return DoctorFinding("journal", .ok, "The journal listens on \(socket.path).")
  }

  static let coreDumps: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    guard let pattern = facts.corePattern else { return nil }
    if pattern.hasPrefix("|") {
      let handler = pattern.dropFirst().prefix { $0 != " " }
      return DoctorFinding("core dumps", .ok, "Core dumps are piped to \(handler).")
    }
    guard !pattern.isEmpty, facts.coreLimit ?? 0 > 0 else {
      return DoctorFinding(
        "core dumps", .note, "Core dumps are disabled: a crashing driver leaves none.",
        command: "ulimit -c unlimited")
    }
    return DoctorFinding("core dumps", .ok, "Core dumps are written to '\(pattern)'.")
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
      "It is not set: a daemon started manually listens in the temporary directory, and the daemon of a "
        + "user service is not found.",
      command: "export XDG_RUNTIME_DIR=/run/user/\(facts.uid)")
  }

  static let temporaryDirectory: @Sendable (DoctorFacts) -> DoctorFinding? = { facts in
    let path = facts.temporaryDirectory
    guard facts.temporaryDirectoryIsWritable else {
      return DoctorFinding(
        "TMPDIR", .problem,
        "\(path) is not writable; private daemons (ndisctl run) need it.",
        command: "export TMPDIR=/tmp")
    }
    let name = "/ndissim-private-XXXXXX/" + ManagementSocket.fileName
    guard path.utf8.count + name.utf8.count <= facts.socketPathLimit else {
      return DoctorFinding(
        "TMPDIR", .note,
        "\(path) is too long: the path of a socket has at most \(facts.socketPathLimit) bytes. Private "
          + "daemons use another directory.",
        command: "export TMPDIR=/tmp")
    }
    return DoctorFinding("TMPDIR", .ok, "\(path) is suitable for private daemons.")
  }
}

/// A size, readable.
private func size(_ bytes: UInt64) -> String {
  bytes >= 10 << 30
    ? "\(bytes >> 30) GiB" : bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
}

/// A limit, readable.
private func count(_ limit: UInt64) -> String {
  limit >= UInt64(Int64.max) ? "any number of" : "\(limit)"
}
