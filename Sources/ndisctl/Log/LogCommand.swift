// `ndisctl log`: what the daemon has logged, with handles as names, and on demand as it goes on. It
// is read from the journal, which keeps what earlier daemons said; where the daemon does not write
// there, from the events the daemon itself keeps, the newest 4096.

import ArgumentParser
import NDISDrawing
import NDISEvents
import NDISManagementInterface
import NDISPlatform
import NDISVarlink

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Shows the log, with the names of what it speaks of.",
    discussion: """
      It reads the journal (journalctl must be there), or the daemon's own memory where the daemon does \
      not write to the journal. Floods are summarised in the journal and whole in the daemon's memory. \
      With --json each line is {"event":{...}}, with "object" where a handle has a name.

      Examples:
        ndisctl log
        ndisctl log -f --priority warning
        ndisctl log --kind violation --kind leak --boot
        ndisctl log --driver netvsc --since -10min
        ndisctl log --adapter vmq0 -n 20 --json
        ndisctl log --source daemon
      """)

  /// Where events are read from.
  enum Source: String, CaseIterable, ExpressibleByArgument {
    case auto, journal, daemon
  }

  @OptionGroup var common: CommonOptions
  @OptionGroup var filter: EventFilter

  @Option(
    name: [.customShort("n"), .long],
    help: "At most this many, the newest. 100 unless given; with --since or --boot: all.")
  var lines: Int?

  @Flag(name: .shortAndLong, help: "Go on with what happens, until it is interrupted.")
  var follow = false

  // A time may begin with a minus.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Only what happened since then: -10min, @1700000000, or with the journal whatever journalctl knows.",
      valueName: "time"))
  var since: String?

  @Flag(name: .shortAndLong, help: "Only what happened since this machine was started.")
  var boot = false

  @Option(help: "Only what is about this driver.")
  var driver: String?

  @Option(help: "Only what is about this adapter.", completion: .adapters)
  var adapter: String?

  @Option(
    name: .shortAndLong,
    help: "Only what this unit logged. Without it: every ndissimd, also one at a terminal.")
  var unit: String?

  @Option(help: "Where to read: auto, journal or daemon.")
  var source: Source = .auto

  func validate() throws {
    if let lines, lines < 0 { throw ValidationError("--lines is \(lines); use 0 or more") }
    if let wrong = filter.kind.first(where: { kind in !Event.kinds.contains { $0.name == kind } }) {
      let known = Event.kinds.map(\.name).joined(separator: ", ")
      throw ValidationError("--kind is '\(wrong)'; use one of \(known)")
    }
    if source == .daemon, unit != nil {
      throw ValidationError("--unit is for the journal; leave it out with --source daemon")
    }
  }

  /// How many are shown; nil: all.
  var count: Int? { lines ?? (since != nil || boot ? nil : 100) }

  /// What journalctl cannot be asked for.
  func concerns(_ event: SimulatorInterface.Event) -> Bool {
    if let driver, event.fields["NDIS_DRIVER"] != driver { return false }
    if let adapter, event.fields["NDIS_ADAPTER"] != adapter { return false }
    return filter.matches(event)
  }

  func run() throws {
    switch try chosenSource() {
    case .daemon: try showMemory()
    case .journal, .auto: try showJournal()
    }
  }

  /// The journal, unless a daemon runs that has not written there.
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
        "there is no journalctl and no daemon runs, so nobody can tell; start one with `ndissimd`, or say where it is with --socket",
        status: .noDaemon)
    }
  }

  private func showJournal() throws(CommandFailure) {
    var lines = LogLines(json: common.json, surface: common.surface)
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
    var lines = LogLines(json: common.json, surface: common.surface)
    let names = LogNames(common)
    // Everything it keeps is the running daemon's own.
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
        event.realtimeUs >= earliest ?? 0 && concerns(event)
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
      // The stream is open: nothing falls between what was and what comes.
      if reply.status != nil { try earlier() }
      if let event = reply.event, concerns(event) { try show(event) }
      try lines.flush()
      return true
    }
    throw CommandFailure("the daemon ended, and with it the events")
  }
}

/// Writes events as lines, or as JSON.
struct LogLines: ~Copyable {
  private let json: Bool
  private let surface: Surface
  private var output = Output()

  init(json: Bool, surface: Surface) {
    self.json = json
    self.surface = surface
  }

  /// - Parameter object: what the event's handle names.
  mutating func event(
    _ event: SimulatorInterface.Event, object: String?
  ) throws(CommandFailure) {
    try output.line(json ? LogLines.document(event, object) : LogLines.line(event, object, surface))
  }

  mutating func missing(_ count: Int) throws(CommandFailure) {
    if json {
      try output.line(SimulatorInterface.Monitor.Output(dropped: count).json.text)
    } else {
      try output.line(
        surface.paint("-- \(Readable.counted(count, "event")) not read in time --", .bad))
    }
  }

  mutating func flush() throws(CommandFailure) { try output.flush() }

  /// The line of `monitor`, and behind it the object unless the sentence has named it.
  static func line(
    _ event: SimulatorInterface.Event, _ object: String?, _ surface: Surface
  ) -> String {
    let line = event.line(on: surface)
    guard let name = object ?? event.fields["NDIS_HANDLE"] else { return line }
    guard !event.message.lowercased().contains(name.lowercased()) else { return line }
    let shown = TerminalText.printable(name, unicode: surface.unicode)
    return "\(line) \(surface.paint("(\(shown))", .faint))"
  }

  static func document(_ event: SimulatorInterface.Event, _ object: String?) -> String {
    var members = JSONObject()
    guard case .object(var body) = event.json else { return event.json.text }
    // The journal has no numbers.
    if event.sequence == 0 { body["sequence"] = nil }
    members["event"] = .object(body)
    if let object { members["object"] = .string(object) }
    return JSON.object(members).text
  }
}
