// The text of a chain: one line for each step, indented by its depth.

import NDISDrawing
import NDISManagementInterface

struct PendingPage {
  var chain: SimulatorInterface.PendingChain

  func lines(on capabilities: TerminalCapabilities) -> [String] {
    chain.steps.map { step in
      let branch = capabilities.unicode ? "\u{2514}\u{2500} " : "`- "
      let indent =
        step.depth == 0 ? "" : String(repeating: "   ", count: step.depth - 1) + branch
      return indent
        + TerminalText.printable(PendingPage.sentence(step), unicode: capabilities.unicode)
    }
  }

  /// `OID_GEN_LINK_SPEED of driver netvsc, adapter eth0: pended for 3s`.
  static func sentence(_ step: SimulatorInterface.PendingStep) -> String {
    var text = ""
    switch step.kind {
    case "adapter": text = "adapter \(step.name)"
    case "lists":
      let lists = HumanFormat.counted(step.lists ?? 0, "NET_BUFFER_LIST")
      text = "return of \(lists)"
    default: text = step.name
    }
    var whose: [String] = []
    if let driver = step.driverName {
      whose.append("driver \(driver)")
    } else if step.kind == "oid" {
      whose.append("NDIS")
    }
    if step.kind != "adapter", let adapter = step.adapterName { whose.append("adapter \(adapter)") }
    if let binding = step.binding { whose.append("binding \(binding)") }
    if let pid = step.pid { whose.append("process \(pid)") }
    if !whose.isEmpty { text += step.kind == "lists" ? " by " : " of " }
    text += whose.joined(separator: ", ") + ": " + step.state
    if let age = step.ageMs { text += " for \(HumanFormat.milliseconds(age))" }
    if let remaining = step.remainingMs {
      text += ", deadline in \(HumanFormat.milliseconds(remaining))"
    }
    return text
  }
}
