// Collects the facts: /proc, /sys, limits, sockets, and a query to each plane of the daemon. The checks are
// elsewhere. A stopped daemon never replies, so the queries run in threads of their own with a timeout.

import ArgumentParser
import Glibc
import NDISDriverKit
import NDISPlatform

extension DoctorFacts {
  /// This machine, and the daemon whose sockets are at these paths.
  static func gather(driverSocket: String?, managementSocket: String?) -> DoctorFacts {
    var facts = DoctorFacts()
    facts.ownVersion = Ndisctl.configuration.version
    facts.uid = getuid()
    if let user = unsafe getpwuid(facts.uid) {
      facts.userName = unsafe String(cString: user.pointee.pw_name)
    }
    facts.collectMachineFacts()
    facts.collectLimits()
    facts.collectServices()
    facts.collectPaths(driverSocket, managementSocket)
    // Without a socket there is nothing to query.
    if let socket = facts.driverSocket { facts.driver = queryDriverPlane(socket.path) }
    if let socket = facts.managementSocket { facts.management = queryManagementPlane(socket.path) }
    facts.collectControlGroup(of: facts.management?.pid)
    return facts
  }

  private mutating func collectMachineFacts() {
    kernelRelease = firstLine("/proc/sys/kernel/osrelease")
    pageSize = NDISPlatform.Limits.pageSize
    processors = Int(clamping: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    for line in lines("/proc/self/status") where line.hasPrefix("Cpus_allowed_list:") {
      allowedProcessors = DoctorFacts.countOfList(line.dropFirst("Cpus_allowed_list:".count))
    }
    for line in lines("/proc/meminfo") {
      let words = line.split(separator: " ")
      guard words.count >= 2, let value = UInt64(words[1]) else { continue }
      switch words[0] {
      case "MemTotal:": memoryTotal = DoctorFacts.kibibytes(value)
      case "MemAvailable:": memoryAvailable = DoctorFacts.kibibytes(value)
      case "HugePages_Total:": hugePagesTotal = value
      case "HugePages_Free:": hugePagesFree = value
      default: break
      }
    }
    memoryFilesNoExecute = firstLine("/proc/sys/vm/memfd_noexec").flatMap { Int($0) }
    do throws(SystemError) {
      _ = try SealedMemory(name: "ndisctl-doctor", size: pageSize)
    } catch { memoryFileProblem = "\(error)" }
  }

  private mutating func collectLimits() {
    (descriptorsSoft, descriptorsHard) = DoctorFacts.limits("Max open files")
    coreLimit = DoctorFacts.limits("Max core file size").soft
    corePattern = firstLine("/proc/sys/kernel/core_pattern") ?? ""
    maximumMappings = firstLine("/proc/sys/vm/max_map_count").flatMap { UInt64($0) }
    maximumConnections = firstLine("/proc/sys/net/core/somaxconn").flatMap { UInt64($0) }
  }

  private mutating func collectServices() {
    systemdRuns = unsafe access("/run/systemd/system", F_OK) == 0
    systemdVersion = output(of: "systemctl", ["--version"]).flatMap { text in
      // "systemd 252 (252.36-1~deb12u1)"
      let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
      return words.count >= 2 && words[0] == "systemd" ? Int(words[1].prefix { $0.isNumber }) : nil
    }
    journalSocket = Path(at: "/run/systemd/journal/socket")
  }

  private mutating func collectPaths(_ driver: String?, _ management: String?) {
    userRuntimeDirectory = ProcessEnvironment.value("XDG_RUNTIME_DIR")
    temporaryDirectory = ProcessEnvironment.value("TMPDIR") ?? "/tmp"
    temporaryDirectoryIsWritable = unsafe access(temporaryDirectory, W_OK | X_OK) == 0
    driverSocket = driver.flatMap { Path(at: $0) }
    managementSocket = management.flatMap { Path(at: $0) }
    missingDriverSocket = driverSocket == nil ? driver : nil
    missingManagementSocket = managementSocket == nil ? management : nil
    if let socket = driverSocket?.path, let slash = socket.lastIndex(of: "/") {
      socketDirectory = Path(at: slash == socket.startIndex ? "/" : String(socket[..<slash]))
    }
  }

  /// The lowest memory.max on the way from a process's control group to the root.
  private mutating func collectControlGroup(of pid: Int32?) {
    let process = pid.map { "\($0)" } ?? "self"
    for line in lines("/proc/\(process)/cgroup") where line.hasPrefix("0::/") {
      var path = line.dropFirst("0::".count)
      while true {
        if let text = firstLine("/sys/fs/cgroup\(path)/memory.max"), let limit = UInt64(text),
          limit < controlGroupLimit ?? .max
        {
          controlGroupLimit = limit
          controlGroup = path.isEmpty ? "/" : String(path)
        }
        guard let slash = path.lastIndex(of: "/") else { break }
        path = path[..<slash]
      }
    }
  }

  /// How many numbers "0-3,8" names.
  static func countOfList(_ text: Substring) -> Int? {
    var count = 0
    for part in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      let ends = part.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first <= last, last < 1 << 20 else {
        return nil
      }
      count += last - first + 1
    }
    return count
  }

  private static func kibibytes(_ value: UInt64) -> UInt64 {
    value.multipliedReportingOverflow(by: 1024).overflow ? .max : value * 1024
  }

  /// A line of /proc/self/limits; "unlimited" is the greatest number.
  private static func limits(_ name: String) -> (soft: UInt64?, hard: UInt64?) {
    for line in lines("/proc/self/limits") where line.hasPrefix(name) {
      let words = line.dropFirst(name.count).split(separator: " ")
      guard words.count >= 2 else { break }
      func value(_ word: Substring) -> UInt64? { word == "unlimited" ? .max : UInt64(word) }
      return (value(words[0]), value(words[1]))
    }
    return (nil, nil)
  }

  private static func queryDriverPlane(_ path: String) -> Daemon {
    ask { () -> Daemon in
      do throws(DriverError) {
        let connection = try Connection(path: path, name: "ndisctl doctor")
        connection.close()
        return Daemon()
      } catch {
        // The sentence alone: it has the path and the errno. It ends as sentences do.
        let sentence = error.sentence.isEmpty ? "\(error)" : error.sentence
        return Daemon(problem: sentence.hasSuffix(".") ? sentence : sentence + ".")
      }
    }
  }

  private static func queryManagementPlane(_ path: String) -> Daemon {
    ask { DoctorFacts.queryManagement(path) }
  }

  /// Runs a query in a thread of its own, for at most three seconds.
  private static func ask(_ question: @escaping @Sendable () -> Daemon) -> Daemon {
    let answer = Monitor<Daemon?>(nil)
    do throws(SystemError) {
      _ = try Thread.start(name: "question") {
        let found = question()
        answer.withLock { $0 = found }
        answer.broadcast()
      }
    } catch { return Daemon(problem: "\(error)") }
    let end = MonotonicClock.nanoseconds &+ 3_000_000_000
    return answer.wait(deadlineNanoseconds: end) { $0 }
      ?? Daemon(
        problem: "no reply within 3 s; the daemon is stopped or hangs. Check its log.")
  }
}

extension DoctorFacts.Path {
  /// The permissions of a path; nil if it does not exist.
  init?(at path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    self.init(
      path: path, owner: status.st_uid, group: status.st_gid,
      groupName: unsafe getgrgid(status.st_gid).map { unsafe String(cString: $0.pointee.gr_name) },
      mode: status.st_mode & 0o7777,
      mayUse: unsafe access(path, isDirectory ? X_OK : W_OK) == 0)
  }
}

/// The lines of a small file of /proc or /sys; none if it cannot be read.
private func lines(_ path: String) -> [Substring] {
  let file = Descriptor(owning: unsafe open(path, O_RDONLY | O_CLOEXEC))
  guard file.raw >= 0 else { return [] }
  return read(file.raw).split(separator: "\n")
}

private func firstLine(_ path: String) -> String? { lines(path).first.map { String($0) } }

/// Up to 64 KiB.
private func read(_ descriptor: Int32) -> String {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 8192)
  while bytes.count < 65536 {
    let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { break }
    bytes += buffer[..<count]
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// The standard output of a program; nil if it cannot be started.
private func output(of program: String, _ arguments: [String]) -> String? {
  var ends: [Int32] = [-1, -1]
  guard unsafe pipe(&ends) == 0 else { return nil }
  let reading = Descriptor(owning: ends[0])
  let writing = Descriptor(owning: ends[1])
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  var how = ChildProcess.Options(
    program: program, arguments: arguments, environment: ProcessEnvironment.entries { _ in true })
  how.standardOutput = ends[1]
  let nothing = Descriptor(owning: unsafe open("/dev/null", O_RDWR | O_CLOEXEC))
  how.standardInput = nothing.raw
  how.standardError = nothing.raw
  let child: ChildProcess
  do throws(SystemError) { child = try ChildProcess.start(how) } catch { return nil }
  // End of file is reported only when all write ends are closed.
  _ = close(writing.release())
  let text = read(reading.raw)
  var status: Int32 = 0
  while unsafe waitpid(child.pid, &status, 0) < 0, errno == EINTR {}
  return text
}
