// `ndisctl log`: the log of the daemon with handles resolved to names. It is read from the journal, which
// has the messages of earlier daemons too, or, if the daemon does not log there, from the most recent
// 4096 events that the daemon stores itself.

import ArgumentParser
import NDISDrawing
import NDISEvents
import NDISManagementInterface
import NDISPlatform
import NDISVarlink

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Shows the log with handles resolved to names.",
    discussion: """
      Reads the journal (requires journalctl), or the daemon's event buffer if the daemon does not log \
      to the journal. Rate-limited events are summarised in the journal, but complete in the buffer. \
      With --json each line is {"event":{...}}, with "object" if its handle has a name.

      Examples:
        ndisctl log
        ndisctl log -f --priority warning
        ndisctl log --kind violation --kind leak --boot
        ndisctl log --driver netvsc --since -10min
        ndisctl log --adapter vmq0 -n 20 --json
        ndisctl log --source daemon
      """)

  /// The source of events.
  enum Source: String, CaseIterable, ExpressibleByArgument {
    case auto, journal, daemon
  }

  @OptionGroup var common: CommonOptions
  @OptionGroup var filter: EventFilter

  @Option(
    name: [.customShort("n"), .long],
    help: "At most this many of the most recent entries. Default: 100; with --since or --boot: all."
  )
  var lines: Int?

  @Flag(name: .shortAndLong, help: "Follow: print new entries until interrupted.")
  var follow = false

  // A time may begin with a minus.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Only entries since this time: -10min, @1700000000, or with the journal any format of journalctl.",
      valueName: "time"))
  var since: String?

  @Flag(name: .shortAndLong, help: "Only entries of the current boot.")
  var boot = false

  @Option(
    name: .shortAndLong,
    help: "Only entries of this unit. Default: every ndissimd, with or without a unit.")
  var unit: String?

  @Option(help: "The source: auto, journal or daemon.")
  var source: Source = .auto

  func validate() throws {
    if let lines, lines < 0 { throw ValidationError("--lines is \(lines); use 0 or more") }
    if let wrong = filter.kind.first(where: { kind in !Event.kinds.contains { $0.name == kind } }) {
      let known = Event.kinds.map(\.name).joined(separator: ", ")
      throw ValidationError("--kind is '\(wrong)'; use one of \(known)")
    }
    if source == .daemon, unit != nil {
      throw ValidationError("--unit cannot be combined with --source daemon")
    }
  }

  /// The maximum number of entries; nil: all.
  var count: Int? { lines ?? (since != nil || boot ? nil : 100) }

  func run() throws {
    switch try chosenSource() {
    case .daemon: try showMemory()
    case .journal, .auto: try showJournal()
    }
  }

  /// The journal, unless the running daemon has not logged there.
  private func chosenSource() throws(CommandFailure) -> Source {
    guard source == .auto else { return source }
    if unit != nil { return .journal }
    let pid = LogNames.daemon(common)
    let entries = JournalReader.hasEntries(ofProcess: pid)
    switch (pid, entries) {
    case (_, true?): return .journal
    case (nil, .some): return .journal
    case (.some, _): return .daemon
    case (nil, nil):
      throw CommandFailure(
        "there is no journalctl and no running daemon; start one with `ndissimd`, or select its socket with --socket",
        status: .noDaemon)
    }
  }

  private func showJournal() throws(CommandFailure) {
    var lines = LogLines(json: common.json, capabilities: common.capabilities)
    let names = LogNames(common)
    let reader = try JournalReader.start(JournalReader.arguments(self))
    defer { reader.stop() }
    while let entry = try reader.next(beforeWaiting: { () throws(CommandFailure) in
      try lines.flush()
    }) {
      try lines.event(entry.event, object: names.object(entry.event, ofProcess: entry.pid))
    }
    try lines.flush()
    try reader.finish()
  }

  private func showMemory() throws(CommandFailure) {
    let earliest = try since.map { text throws(CommandFailure) in try LogTime.microseconds(text) }
    var lines = LogLines(json: common.json, capabilities: common.capabilities)
    let names = LogNames(common)
    // All stored events are of the running daemon.
    let pid = LogNames.daemon(common)
    var last = 0
    func show(_ event: SimulatorInterface.Event) throws(CommandFailure) {
      guard event.sequence > last else { return }
      last = event.sequence
      try lines.event(event, object: names.object(event, ofProcess: pid))
    }
    func earlier() throws(CommandFailure) {
      let daemon = try DaemonConnection(common)
      let kept = try daemon.newestEvents(count ?? .max) { event in
        event.realtimeUs >= earliest ?? 0 && filter.matches(event)
      }
      for event in kept { try show(event) }
      try lines.flush()
    }
    guard follow else { return try earlier() }
    let live = try DaemonConnection(common)
    let input = SimulatorInterface.Monitor.Input(
      kinds: filter.kind.isEmpty ? nil : filter.kind, priority: filter.priority)
    try live.stream(SimulatorInterface.Monitor.self, input, isEndless: true) {
      reply throws(CommandFailure) in
      if let dropped = reply.dropped { try lines.missing(dropped) }
      // The stream is open: no event is lost between the stored and the new ones.
      if reply.status != nil { try earlier() }
      if let event = reply.event, filter.matches(event) { try show(event) }
      try lines.flush()
      return true
    }
    throw CommandFailure("the daemon closed the event stream")
  }
}

/// Prints events as lines or as JSON.
struct LogLines: ~Copyable {
  private let json: Bool
  private let capabilities: TerminalCapabilities
  private var output = Output()

  init(json: Bool, capabilities: TerminalCapabilities) {
    self.json = json
    self.capabilities = capabilities
  }

  /// - Parameter object: the name of the event's handle.
  mutating func event(
    _ event: SimulatorInterface.Event, object: String?
  ) throws(CommandFailure) {
    try output.line(
      json ? LogLines.document(event, object) : LogLines.line(event, object, capabilities))
  }

  mutating func missing(_ count: Int) throws(CommandFailure) {
    if json {
      try output.line(SimulatorInterface.Monitor.Output(dropped: count).json.text)
    } else {
      try output.line(
        capabilities.paint(
          "-- \(HumanFormat.counted(count, "event")) dropped: not read in time --", .bad))
    }
  }

  mutating func flush() throws(CommandFailure) { try output.flush() }

  /// The line of `monitor`, followed by the object unless the message contains it.
  static func line(
    _ event: SimulatorInterface.Event, _ object: String?, _ capabilities: TerminalCapabilities
  ) -> String {
    let line = event.line(on: capabilities)
    guard let name = object ?? event.fields["NDIS_HANDLE"] else { return line }
    guard !event.message.lowercased().contains(name.lowercased()) else { return line }
    let shown = TerminalText.printable(name, unicode: capabilities.unicode)
    return "\(line) \(capabilities.paint("(\(shown))", .faint))"
  }

  static func document(_ event: SimulatorInterface.Event, _ object: String?) -> String {
    var members = JSONObject()
    guard case .object(var body) = event.json else { return event.json.text }
    // Entries of the journal have no sequence numbers.
    if event.sequence == 0 { body["sequence"] = nil }
    members["event"] = .object(body)
    if let object { members["object"] = .string(object) }
    return JSON.object(members).text
  }
}
