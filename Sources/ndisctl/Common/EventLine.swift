// An event as a line: time, priority, kind and message, in the same form in `monitor`, `list events`,
// `status` and `show`.

import NDISDrawing
import Glibc
import NDISManagementInterface

extension SimulatorInterface.Event {
  /// The style of the priority.
  var style: TextStyle {
    switch priority {
    case "error": .bad
    case "warning": .notable
    case "notice": .strong
    case "debug": .faint
    default: .plain
    }
  }

  /// The line, without a line feed. It may be wider than the terminal.
  ///
  /// - Parameter isCut: the line is truncated to the width of the terminal; a very narrow one omits the kind.
  func line(on capabilities: TerminalCapabilities, isCut: Bool = false) -> String {
    func shown(_ text: String, _ cells: Int) -> String {
      TerminalText.fill(
        TerminalText.printable(text, unicode: capabilities.unicode), to: cells, .left)
    }
    var parts = [
      (localTime(microseconds: realtimeUs), TextStyle.faint), (shown(priority, 7), style),
      (shown(kind, 18), .name), (shown(message, 0), .plain),
    ]
    if isCut, let edge = capabilities.width {
      if edge < 72 { parts.remove(at: 2) }
      var width = edge
      for index in parts.indices {
        parts[index].0 = TerminalText.cut(
          parts[index].0, to: max(0, width), unicode: capabilities.unicode)
        width -= TerminalText.width(parts[index].0) + 1
      }
    }
    return parts.filter { !$0.0.isEmpty }.map { capabilities.paint($0.0, $0.1) }.joined(
      separator: " ")
  }
}

extension SimulatorInterface.Event: Listed {
  static var plural: String { "events" }

  static var columns: [ListColumn<Self>] {
    [
      .number("SEQUENCE") { $0.sequence },
      .text("TIME", .faint) { localTime(microseconds: $0.realtimeUs) },
      .text("PRIORITY") { $0.priority },
      .text("KIND", .name) { $0.kind },
      .sentence("MESSAGE") { $0.message },
    ]
  }
}

/// The number of a priority as in syslog, nil for an unknown word.
func priorityNumber(_ word: String) -> Int? {
  ["error": 3, "warning": 4, "notice": 5, "info": 6, "debug": 7][word]
}

/// `Nov 21 09:26:24.123` in local time, as in journalctl.
func localTime(microseconds: Int) -> String {
  var seconds = time_t(microseconds / 1_000_000)
  let rest = microseconds / 1000 % 1000
  var parts = unsafe tm()
  guard unsafe localtime_r(&seconds, &parts) != nil else { return "(no time)" }
  let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  func padded(_ number: some BinaryInteger, _ width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
  let (month, day) = unsafe (Int(parts.tm_mon), parts.tm_mday)
  let (hour, minute, second) = unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec)
  let name = months.indices.contains(month) ? months[month] : "???"
  return "\(name) \(padded(day, 2)) \(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
    + ".\(padded(max(0, rest), 3))"
}
