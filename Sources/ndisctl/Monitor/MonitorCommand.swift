// `ndisctl monitor`: events as they occur, one per line, until it is interrupted or the daemon exits.
//
// With --since, stored events are printed first. The live stream is opened before they are read, so that no
// event is lost, and duplicates are filtered. If the client is too slow, the daemon drops events and
// reports their number, which is printed.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct MonitorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "monitor",
    abstract: "Shows events as they occur.",
    discussion: """
      With --json each line is a reply of Monitor: first {"status":{...}}, then {"event":{...}}, and \
      {"dropped":N} if N events were dropped because they were not read in time.

      Examples:
        ndisctl monitor
        ndisctl monitor --kind violation --kind leak
        ndisctl monitor --priority warning --json | jq -r .event.message
        ndisctl monitor --since 0 --count 100
      """)
  @OptionGroup var common: CommonOptions
  @OptionGroup var filter: EventFilter

  @Option(
    help: ArgumentHelp(
      "First print the stored events after this one.", valueName: "sequence"))
  var since: Int?

  @Option(name: [.customShort("n"), .long], help: "Exit after this many events.")
  var count: Int?

  func validate() throws {
    if let since, since < 0 { throw ValidationError("--since is \(since); use 0 or more") }
    if let count, count < 1 { throw ValidationError("--count is \(count); use 1 or more") }
  }

  func run() throws {
    var lines = MonitorLines(json: common.json, capabilities: common.capabilities, left: count)
    let live = try DaemonConnection(common)
    let input = SimulatorInterface.Monitor.Input(
      kinds: filter.kind.isEmpty ? nil : filter.kind, priority: filter.priority)
    try live.stream(SimulatorInterface.Monitor.self, input, isEndless: true) {
      reply throws(CommandFailure) in
      if let dropped = reply.dropped { try lines.dropped(dropped, reply) }
      if reply.status != nil {
        try lines.began(reply)
        // The stream is open: now read the stored events, on a second connection.
        if let since { try earlier(than: since, &lines) }
      }
      if let event = reply.event { try lines.event(event, reply) }
      try lines.flush()
      return lines.wantsMore
    }
    // The stream ends only when the daemon exits.
    if lines.wantsMore { throw CommandFailure("the daemon closed the event stream") }
  }

  private func earlier(than since: Int, _ lines: inout MonitorLines) throws(CommandFailure) {
    let daemon = try DaemonConnection(common)
    var isFirst = true
    try daemon.stream(SimulatorInterface.ListEvents.self, .init(after: since)) {
      reply throws(CommandFailure) in
      if isFirst, let first = reply.events.first, first.sequence > since &+ 1 {
        let lost = first.sequence &- since &- 1
        if lost > 0 { try lines.dropped(lost, .init(dropped: lost)) }
      }
      if !reply.events.isEmpty { isFirst = false }
      for event in reply.events where filter.matches(event) && lines.wantsMore {
        try lines.event(event, .init(event: event))
      }
      return lines.wantsMore
    }
  }
}

/// Prints a stream of events.
private struct MonitorLines: ~Copyable {
  private let json: Bool
  private let capabilities: TerminalCapabilities
  private var output = Output()
  /// The sequence number of the last event shown.
  private var last = 0
  private var left: Int?

  init(json: Bool, capabilities: TerminalCapabilities, left: Int?) {
    self.json = json
    self.capabilities = capabilities
    self.left = left
  }

  var wantsMore: Bool { left != 0 }

  mutating func began(_ reply: SimulatorInterface.Monitor.Output) throws(CommandFailure) {
    if json { try output.line(reply.json.text) }
  }

  mutating func dropped(
    _ count: Int, _ reply: SimulatorInterface.Monitor.Output
  ) throws(CommandFailure) {
    if json {
      // A reply that has an event as well is written once, with the event.
      if reply.event == nil { try output.line(reply.json.text) }
    } else {
      let sentence =
        "-- \(HumanFormat.counted(count, "event")) dropped: no longer stored, or not read in time --"
      try output.line(capabilities.paint(sentence, .bad))
    }
  }

  mutating func event(
    _ event: SimulatorInterface.Event, _ reply: SimulatorInterface.Monitor.Output
  ) throws(CommandFailure) {
    guard event.sequence > last, wantsMore else { return }
    last = event.sequence
    left = left.map { $0 - 1 }
    try output.line(json ? reply.json.text : event.line(on: capabilities))
  }

  mutating func flush() throws(CommandFailure) { try output.flush() }
}
