// Reads the journal with journalctl, which finds the journals, checks permissions and follows. One entry is
// one line of JSON. Invalid lines are skipped; all text is untrusted until it is printed.

import NDISEvents
import Glibc
import NDISManagementInterface
import NDISPlatform
import NDISVarlink

/// One entry of a daemon.
struct JournalRecord {
  var event: SimulatorInterface.Event
  /// The daemon's process.
  var pid: Int?

  /// Nil for an invalid entry.
  init?(line: ArraySlice<UInt8>) {
    guard let entry = try? JSON(parsing: line, limits: .init(bytes: 16 << 20)) else { return nil }
    self.init(entry)
  }

  init?(_ entry: JSON) {
    guard case .object(let object) = entry, let message = JournalRecord.text(object["MESSAGE"])
    else { return nil }
    let id = JournalRecord.text(object["MESSAGE_ID"]) ?? ""
    // A line from standard error, or an event of another version.
    let kind = Event.kinds.first { $0.messageID == id }?.name ?? "other"
    let priority = JournalRecord.text(object["PRIORITY"]).flatMap { UInt8($0) } ?? 6
    var fields: [String: String] = [:]
    for member in object.members where member.name.hasPrefix("NDIS") {
      fields[member.name] = JournalRecord.text(member.value)
    }
    let time = JournalRecord.text(object["__REALTIME_TIMESTAMP"]).flatMap { Int($0) } ?? 0
    event = SimulatorInterface.Event(
      sequence: 0, realtimeUs: time, kind: kind, messageId: id,
      priority: Priority(rawValue: max(3, priority))?.name ?? "info", message: message,
      fields: fields)
    pid = JournalRecord.text(object["_PID"]).flatMap { Int($0) }
  }

  /// A value as text: journalctl encodes invalid UTF-8 as an array of numbers and a repeated field as an
  /// array of values.
  private static func text(_ value: JSON?) -> String? {
    switch value {
    case .string(let text): return text
    case .array(let elements):
      var bytes: [UInt8] = []
      for element in elements {
        guard case .int(let number) = element, let byte = UInt8(exactly: number) else {
          return elements.lazy.compactMap { text($0) }.first
        }
        bytes.append(byte)
      }
      return String(decoding: bytes, as: UTF8.self)
    default: return nil
    }
  }
}

/// A running journalctl.
final class JournalReader {
  private let child: ChildProcess
  private let output: Descriptor
  private var bytes: [UInt8] = []
  /// The start of the next line in `bytes`, and where to continue the search for its end.
  private var begin = 0
  private var looked = 0
  private var hasEnded = false

  private init(_ child: ChildProcess, _ output: consuming Descriptor) {
    self.child = child
    self.output = output
  }

  /// The arguments of journalctl.
  static func arguments(_ command: LogCommand) -> [String] {
    var arguments = ["--output=json", "--all", "--no-pager", "--quiet"]
    arguments.append("--identifier=ndissimd")
    if let unit = command.unit { arguments.append("--unit=\(unit)") }
    // Without a number journalctl prints all entries, but only ten with --follow.
    arguments.append("--lines=\(command.count.map { "\($0)" } ?? "all")")
    if command.follow { arguments.append("--follow") }
    if command.boot { arguments.append("--boot") }
    if let since = command.since { arguments.append("--since=\(since)") }
    if let priority = command.filter.priority { arguments.append("--priority=\(priority)") }
    if let driver = command.filter.driver { arguments.append("NDIS_DRIVER=\(driver)") }
    if let adapter = command.filter.adapter { arguments.append("NDIS_ADAPTER=\(adapter)") }
    for kind in Event.kinds where command.filter.kind.contains(kind.name) {
      arguments.append("MESSAGE_ID=\(kind.messageID)")
    }
    return arguments
  }

  static func start(_ arguments: [String]) throws(CommandFailure) -> JournalReader {
    do throws(SystemError) { return try launch(arguments, quietly: false) } catch {
      throw CommandFailure(
        "cannot read the journal: \(error); `ndisctl log --source daemon` shows the events stored in the daemon",
        status: .failure)
    }
  }

  /// Whether the journal has an entry of this process, or of any daemon; nil if there is no journalctl.
  static func hasEntries(ofProcess pid: Int?) -> Bool? {
    let match = pid.map { ["_PID=\($0)"] } ?? []
    let arguments = ["--output=json", "--quiet", "--identifier=ndissimd", "--lines=1"]
    guard let reader = try? launch(arguments + match, quietly: true) else { return nil }
    defer { reader.stop() }
    return (try? reader.next {}) != nil
  }

  private static func launch(
    _ arguments: [String], quietly: Bool
  ) throws(SystemError) -> JournalReader {
    let pipe = try Pipe()
    let nothing = Descriptor(owning: unsafe open("/dev/null", O_RDWR | O_CLOEXEC))
    var how = ChildProcess.Options(
      program: "journalctl", arguments: arguments,
      environment: ProcessEnvironment.entries { _ in true })
    how.standardInput = nothing.raw
    how.standardOutput = pipe.writing.raw
    if quietly { how.standardError = nothing.raw }
    // If this process ends on a broken pipe, journalctl must not continue to follow.
    how.deathSignal = SIGTERM
    let child = try ChildProcess.start(how)
    return JournalReader(child, pipe.takeReadEnd())
  }

  /// The next entry, nil at the end.
  ///
  /// - Parameter beforeWaiting: called before a read that may block.
  func next(
    beforeWaiting: () throws(CommandFailure) -> Void
  ) throws(CommandFailure) -> JournalRecord? {
    while true {
      if let end = bytes[looked...].firstIndex(of: UInt8(ascii: "\n")) {
        let record = JournalRecord(line: bytes[begin..<end])
        begin = end + 1
        looked = begin
        if let record { return record }
        continue
      }
      bytes.removeFirst(begin)
      begin = 0
      looked = bytes.count
      try beforeWaiting()
      guard try fill() else { return nil }
    }
  }

  /// Reads once; false at the end.
  private func fill() throws(CommandFailure) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe read(output.raw, $0.baseAddress, $0.count)
      }
      if count > 0 {
        bytes += buffer[..<count]
        return true
      }
      if count == 0 { return false }
      if errno != EINTR {
        throw CommandFailure(
          "cannot read from journalctl: \(unsafe String(cString: strerror(errno)))")
      }
    }
  }

  /// After the last entry: throws if journalctl failed, which has printed the reason.
  func finish() throws(CommandFailure) {
    guard !hasEnded else { return }
    hasEnded = true
    guard let change = (try? child.waitForEnd()) ?? nil else { return }
    if case .exited(0) = change { return }
    throw CommandFailure("journalctl \(change)")
  }

  /// Terminates it if it is running.
  func stop() {
    guard !hasEnded else { return }
    hasEnded = true
    try? child.end(timeoutMilliseconds: 1000)
  }
}
