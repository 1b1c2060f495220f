// The doctor's checks on constructed machines: a good one, and the same with one problem.

import Testing
import NDISVarlink

@testable import ndisctl

@Suite struct DoctorTests {
  /// A machine without problems.
  private static var good: DoctorFacts {
    var facts = DoctorFacts()
    facts.ownVersion = "1.0"
    facts.uid = 1000
    facts.kernelRelease = "6.12.3-arch1"
    (facts.processors, facts.allowedProcessors) = (8, 8)
    (facts.memoryTotal, facts.memoryAvailable) = (16 << 30, 8 << 30)
    (facts.hugePagesTotal, facts.hugePagesFree) = (64, 64)
    (facts.descriptorsSoft, facts.descriptorsHard) = (1024, 524_288)
    (facts.maximumMappings, facts.maximumConnections) = (1_048_576, 4096)
    facts.memoryFilesNoExecute = 0
    (facts.coreLimit, facts.corePattern) = (0, "|/usr/lib/systemd/systemd-coredump %P")
    facts.journalSocket = .init(
      path: "/run/systemd/journal/socket", owner: 0, mode: 0o666, mayUse: true)
    (facts.systemdVersion, facts.systemdRuns) = (252, true)
    facts.userRuntimeDirectory = "/run/user/1000"
    facts.socketDirectory = .init(
      path: "/run/user/1000/ndissim", owner: 1000, mode: 0o700, mayUse: true)
    facts.driverSocket = .init(
      path: "/run/user/1000/ndissim/driver", owner: 1000, mode: 0o660, mayUse: true)
    facts.managementSocket = .init(
      path: "/run/user/1000/ndissim/m", owner: 1000, mode: 0o666, mayUse: true)
    facts.driver = .init()
    facts.management = .init(version: "1.0", pid: 7, uid: 1000)
    return facts
  }

  @Test func `A good machine has only ok findings`() {
    let findings = DoctorChecks.run(DoctorTests.good)
    #expect(findings.count == DoctorChecks.all.count)
    for finding in findings { #expect(finding.level == .ok, "\(finding)") }
  }

  @Test func `Unknown facts are no problem`() {
    var nothing = DoctorFacts()
    nothing.uid = 1000
    let problems = DoctorChecks.run(nothing).filter { $0.level == .problem }
    // Only the missing daemon is known.
    #expect(problems.map(\.check) == ["driver socket"])
  }

  /// One problem of the good machine.
  struct Case: Sendable, CustomTestStringConvertible {
    var check: String
    var level: DoctorFinding.Level
    var command: String?
    var change: @Sendable (inout DoctorFacts) -> Void
    var testDescription: String { "\(check) \(command ?? "")" }

    init(
      _ check: String, _ level: DoctorFinding.Level, _ command: String? = nil,
      _ change: @escaping @Sendable (inout DoctorFacts) -> Void
    ) {
      (self.check, self.level, self.command, self.change) = (check, level, command, change)
    }
  }

  @Test(arguments: [
    Case("kernel", .problem) { $0.kernelRelease = "4.19.0-25-amd64" },
    Case("kernel", .note) { $0.kernelRelease = "6.1.0-18-amd64" },
    Case("kernel", .note) { $0.kernelRelease = "unknown" },
    Case("memfd", .problem) { $0.memoryFileProblem = "memfd_create: EPERM" },
    Case("memory", .problem, "ndissimd --no-default-pool --pool name=small,capacity=16M") {
      $0.memoryAvailable = 100 << 20
    },
    Case("cgroup", .problem, "systemctl set-property ndissimd.service MemoryMax=1G") {
      $0.controlGroupLimit = 64 << 20
    },
    Case("cgroup", .note) { $0.controlGroupLimit = 2 << 30 },
    Case("huge pages", .note, "sysctl vm.nr_hugepages=64") {
      ($0.hugePagesTotal, $0.hugePagesFree) = (0, 0)
    },
    Case("huge pages", .note, "sysctl vm.nr_hugepages=128") { $0.hugePagesFree = 0 },
    Case("mappings", .note, "sysctl vm.max_map_count=1048576") { $0.maximumMappings = 65530 },
    Case("mappings", .problem, "sysctl vm.max_map_count=1048576") { $0.maximumMappings = 4096 },
    Case("descriptors", .note, "ulimit -Hn 65536") { $0.descriptorsHard = 4096 },
    Case("descriptors", .problem, "ulimit -Hn 65536") { $0.descriptorsHard = 256 },
    Case("connections", .note, "sysctl net.core.somaxconn=4096") { $0.maximumConnections = 128 },
    Case("processors", .note) { $0.allowedProcessors = 1 },
    Case("systemd", .note) { $0.systemdVersion = nil },
    Case("systemd", .note) { $0.systemdRuns = false },
    Case("systemd", .problem) { $0.systemdVersion = 247 },
    Case("journal", .note) { $0.journalSocket = nil },
    Case("journal", .note) { $0.journalSocket?.mayUse = false },
    Case("core dumps", .note, "ulimit -c unlimited") { $0.corePattern = "core" },
    Case("XDG_RUNTIME_DIR", .note, "export XDG_RUNTIME_DIR=/run/user/1000") {
      $0.userRuntimeDirectory = nil
    },
    Case("TMPDIR", .problem, "export TMPDIR=/tmp") { $0.temporaryDirectoryIsWritable = false },
    Case("TMPDIR", .note, "export TMPDIR=/tmp") {
      $0.temporaryDirectory = "/" + String(repeating: "x", count: 80)
    },
    Case("directory", .problem) { $0.socketDirectory?.owner = 4242 },
    Case("directory", .problem, "chmod go-w /run/user/1000/ndissim") {
      $0.socketDirectory?.mode = 0o777
    },
    Case("driver socket", .problem) { $0.driverSocket?.owner = 4242 },
    Case("driver socket", .problem, "usermod -aG ndissim alice") {
      $0.driverSocket?.mayUse = false
      $0.driverSocket?.groupName = "ndissim"
      $0.userName = "alice"
    },
    Case("driver socket", .note, "chmod o-w /run/user/1000/ndissim/driver") {
      $0.driverSocket?.mode = 0o666
    },
    Case("driver socket", .problem, "ndissimd --runtime-directory /tmp/ndissim &") {
      ($0.driverSocket, $0.socketDirectory, $0.driver) = (nil, nil, nil)
      $0.missingDriverSocket = "/tmp/ndissim/driver"
    },
    Case("driver socket", .problem, "unset NDISSIM_SOCKET") {
      ($0.driverSocket, $0.socketDirectory, $0.driver) = (nil, nil, nil)
      $0.missingDriverSocket = "/tmp/ndissim"
    },
    Case("management socket", .problem) { $0.managementSocket = nil },
    Case("management socket", .problem, "unset NDISSIM_MANAGEMENT_SOCKET") {
      ($0.managementSocket, $0.management) = (nil, nil)
      $0.missingManagementSocket = "/tmp/ndissim/m"
    },
    Case("drivers", .problem, "ndissimd &") { $0.driver?.problem = "connection refused." },
    Case("management", .problem) { $0.management?.problem = "connection refused." },
    Case("versions", .note, "systemctl restart ndissimd") { $0.management?.version = "0.9" },
  ])
  func `A problem is found, and nothing else`(one: Case) {
    var facts = DoctorTests.good
    one.change(&facts)
    let wrong = DoctorChecks.run(facts).filter { $0.level != .ok }
    #expect(wrong.map(\.check) == [one.check])
    #expect(wrong.first?.level == one.level)
    if let command = one.command { #expect(wrong.first?.command == command) }
    #expect(wrong.first?.sentence.hasSuffix(".") == true)
  }

  @Test func `A daemon of another user is trusted if it reports that user`() {
    var facts = DoctorTests.good
    facts.driverSocket?.owner = 990
    facts.managementSocket?.owner = 990
    facts.socketDirectory?.owner = 990
    facts.management?.uid = 990
    #expect(DoctorChecks.run(facts).allSatisfy { $0.level == .ok })
  }

  @Test func `A named socket that does not exist is one problem, and is not queried`() {
    let facts = DoctorFacts.gather(driverSocket: "/nothing/driver", managementSocket: nil)
    #expect(facts.driver == nil && facts.missingDriverSocket == "/nothing/driver")
    let about = DoctorChecks.run(facts).filter { $0.sentence.contains("/nothing") }
    #expect(about.map(\.check) == ["driver socket"])
  }

  @Test(arguments: [("0-3", 4), ("0", 1), ("0-1,4,6-7", 5), ("", 0)])
  func `A kernel's list of processors is counted`(text: String, count: Int) {
    #expect(DoctorFacts.countOfList(text[...]) == count)
  }

  @Test(arguments: ["x", "3-1", "0-99999999"])
  func `An invalid list of processors has no count`(text: String) {
    #expect(DoctorFacts.countOfList(text[...]) == nil)
  }

  @Test func `The document counts problems and names each finding`() {
    var facts = DoctorTests.good
    facts.systemdVersion = 247
    let json = Doctor.json(DoctorChecks.run(facts))
    #expect(json["problems"] == 1)
    guard case .array(let findings)? = json["findings"] else {
      Issue.record("no findings in \(json)")
      return
    }
    #expect(findings.count == DoctorChecks.all.count)
  }
}
