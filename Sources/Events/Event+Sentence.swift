// The human-readable message of each event: one sentence that says what happened to which object. Handles,
// statuses and bug checks are fields of the entry, not part of the message. Untrusted text (names, reasons)
// is sanitised to one line, so that no client can inject lines or colours into the log.

import NDIS

extension Event {
  /// The event in one sentence, a single line with a full stop.
  public var sentence: String { singleLine(wording) }

  /// Details appended to the log line: rule and bug check of a violation, else empty.
  public var remark: String {
    switch self {
    case .violation(let violation), .advice(let violation), .invalidProviderAnswer(let violation):
      let bugCheck = violation.bugCheck.map { ", \($0.name)" } ?? ""
      return violation.failure.reason.rule + bugCheck
    default: return ""
    }
  }

  private var wording: String {
    switch self {
    case .started(let version, let pid, let seed):
      "The simulator, version \(version), started as process \(pid) with seed \(seed)."
    case .ready(let socket): "The simulator serves drivers on \(socket)."
    case .stopping(let reason): "The simulator is stopping: \(reason)".withFullStop()
    case .stopped: "The simulator stopped."
    case .connectionsPaused(let open, let limit):
      "Accepting connections is paused: \(open) of at most \(limit) are open."
    case .connectionsResumed: "Accepting connections is resumed."
    case .sessionRefused(let party, let failure):
      "A session of \(party.client) was refused: \(failure.sentence)"
    case .entriesDropped(let count):
      "\(count.pluralized("log entry", "log entries")) could not be delivered and "
        + (count == 1 ? "was dropped." : "were dropped.")
    case .configurationReloaded(let changed, let waiting):
      "The configuration was read again: \(changed.pluralized("key")) changed"
        + (waiting == 0
          ? "."
          : ", and \(waiting.pluralized("key")) \(waiting == 1 ? "needs" : "need") a restart.")
    case .configurationRefused(let problem, let more):
      "The configuration was refused and the old one stays in effect: \(problem)".withFullStop()
        + (more == 0
          ? "" : " There \(more == 1 ? "is" : "are") \(more.pluralized("problem")) more.")
    case .storeRestored(let sessions, let connections, let blocks, let milliseconds):
      "The simulator resumed from the previous process's state: \(sessions.pluralized("session")), "
        + "\(connections.pluralized("connection")), \(blocks.pluralized("block")), in \(milliseconds) ms."
    case .storeRejected(let problem, let keptAs):
      "The previous process's store was rejected; starting with an empty one: \(problem)"
        .withFullStop()
        + (keptAs.isEmpty ? "" : " The rejected store was saved as \(keptAs).")
    case .sessionResumed(let party, let reconnected):
      "\(party.client.capitalised) resumed session \(party.session)"
        + (reconnected ? " on a new connection." : ".")
    case .sectionLost(let party, let handle, let blocks):
      "The memory of section \(handle) of \(party.client) could not be restored; "
        + "\(blocks.pluralized("block")) in it can be used only by processes that have mapped it."
    case .sectionNotPersisted(let party, let handle, let limit):
      "Section \(handle) of \(party.client) is not persisted and will not survive a restart: the service "
        + "manager stores at most \(limit.pluralized("descriptor")) (FileDescriptorStoreMax=)."
    case .handedOver(let reason): "Handing over to the next process: \(reason)".withFullStop()
    case .crashedWhileHandling(let party, let what, let id, let refused):
      "The previous process crashed while handling \(what)" + (id == 0 ? "" : " \(id)")
        + (party.pid == 0 ? "" : " of \(party.client)")
        + (refused
          ? ", for the second time in a row; it is not retried and fails with FAILURE." : ".")
    case .hostedDriverNotRestored(let party, let problem):
      "Hosted \(party.client) could not be restored: \(problem)".withFullStop()
    case .sessionOpened(let party): "\(party.client.capitalised) opened session \(party.session)."
    case .sessionClosed(let party, let reason):
      "Session \(party.session) of \(party.client) was closed: \(reason)".withFullStop()
    case .driverRegistered(let party, let handle, let version):
      "\(party.client.capitalised) registered \(role(handle)) for NDIS \(version)."
    case .driverDeregistered(let party, let handle):
      "\(party.client.capitalised) deregistered \(role(handle))."
    case .adapterState(let party, _, let from, let to):
      "\(party.adapterOfDriver.capitalised) changed state from \(from) to \(to)."
    case .bindingOpened(let party, _):
      "\(party.client.capitalised) opened a binding to \(party.target)."
    case .bindingClosed(let party, _):
      "\(party.client.capitalised) closed its binding to \(party.target)."
    case .listsAwaited(let holder): holder.wording
    case .providerRegistered(let party, _, _):
      "\(party.provider) now provides shared memory\(party.scope)."
    case .providerReplaced(let party, _, _):
      "\(party.provider) replaced its shared-memory provider handlers\(party.adapter.isEmpty ? "" : " for adapter \(party.adapter)")."
    case .providerEnded(let party, _, let blocks, let died):
      "\(party.provider) \(died ? "died" : "ended") as a provider of shared "
        + "memory\(party.scope), with \(blocks.pluralized("block")) live."
    case .providerStuck(let party, _, let upcall):
      "Provider \(party.client) did not answer upcall \(upcall) before its deadline and is not called "
        + "until it does."
    case .violation(let violation): violation.wording("violated the NDIS contract in")
    case .advice(let violation): violation.wording("did otherwise than advised in")
    case .leak(let block):
      "\(block.party.actor.capitalised) did not free a block of \(block.length.pluralized("byte")) "
        + "(queue \(block.queueID), \(block.usage)"
        + block.origin.parts("allocated at ").map { ", \($0)" }.joined()
        + "), which was \(block.age) ms old."
    case .invalidProviderAnswer(let violation): violation.wording("returned an invalid result from")
    case .shortage(let party, let failure, let origin):
      "A request of \(party.actor) failed, insufficient resources\(origin.remark): \(failure.sentence)"
    case .repeated(let repetition): repetition.wording
    }
  }
}

extension Violation {
  fileprivate func wording(_ verb: String) -> String {
    let place = routine.isEmpty ? "a call" : routine
    return "\(party.actor.capitalised) \(verb) \(place)\(origin.remark): \(failure.sentence)"
  }
}

extension AwaitedHolder {
  fileprivate var wording: String {
    let place =
      queueID.map { "queue \($0) of " } ?? vportID.map { "VPort \($0) of " } ?? ""
    return
      "\(waiter) waits for \(lists.pluralized("NET_BUFFER_LIST")) of \(place)\(party.target) that "
      + "\(party.client) holds (binding \(party.binding))."
  }
}

extension AllocationOrigin {
  /// What is known of it.
  fileprivate func parts(_ verb: String = "") -> [String] {
    (tag == 0 ? [] : ["tag \(tagText(tag))"]) + (site.isEmpty ? [] : [verb + "\(site)"])
  }

  /// The same in parentheses, with a space before them; empty if nothing is known.
  fileprivate var remark: String { isEmpty ? "" : " (\(parts().joined(separator: ", ")))" }
}

extension Repetition {
  fileprivate var wording: String {
    let (one, many) = kind.noun
    let what = count.pluralized("more \(one)", "more \(many)")
    var whose = " of several clients"
    if let subject {
      whose = subject.rule.isEmpty ? "" : " (\(subject.rule))"
      if subject.party != Party() { whose += " of \(subject.party.client)" }
      if !subject.party.adapter.isEmpty { whose += ", adapter \(subject.party.adapter)" }
      if let queueID = subject.queueID { whose += ", queue \(queueID)" }
    }
    let size = bytes == 0 ? "" : ", \(bytes.pluralized("byte")) in all"
    let time = milliseconds < 1000 ? "\(milliseconds) ms" : "\(milliseconds / 1000) s"
    return "\(what)\(whose)\(size), suppressed in \(time)."
  }
}

extension EventKind {
  /// Singular and plural of the kind, for the middle of a sentence.
  fileprivate var noun: (one: String, many: String) {
    switch name {
    case "sessionRefused": ("refused session", "refused sessions")
    case "violation": ("violation", "violations")
    case "advice": ("piece of advice", "pieces of advice")
    case "leak": ("leaked block", "leaked blocks")
    case "invalidProviderAnswer":
      ("invalid provider answer", "invalid provider answers")
    case "shortage": ("resource shortage", "resource shortages")
    default: ("event of kind \(name)", "events of kind \(name)")
    }
  }
}

extension Party {
  /// The driver by name, else its process.
  fileprivate var client: String {
    if !driver.isEmpty { return "driver \(driver)" }
    return pid != 0 ? "the unnamed client in process \(pid)" : "an unnamed client"
  }

  /// The driver and its adapter, if one is set.
  fileprivate var actor: String {
    adapter.isEmpty ? client : "\(client), adapter \(adapter),"
  }

  fileprivate var adapterOfDriver: String {
    adapter.isEmpty ? "an adapter of \(client)" : "adapter \(adapter) of \(client)"
  }

  fileprivate var target: String { adapter.isEmpty ? "an adapter" : "adapter \(adapter)" }

  /// The adapter that a provider serves.
  fileprivate var scope: String { adapter.isEmpty ? "" : " to adapter \(adapter)" }

  /// A provider without a process is hosted by the daemon.
  fileprivate var provider: String {
    pid == 0 && !driver.isEmpty ? "Hosted provider \(driver)" : client.capitalised
  }
}

extension String {
  fileprivate var capitalised: String { prefix(1).uppercased() + dropFirst() }
}

/// The kind of driver that a registration handle belongs to.
private func role(_ handle: Handle) -> String {
  switch handle.kind {
  case .miniportDriver: "as a miniport driver"
  case .protocolDriver: "as a protocol driver"
  case .filterDriver: "as a filter driver"
  default: "as a driver"
  }
}

extension BinaryInteger {
  /// The number and what is counted: "1 key", "2 keys".
  fileprivate func pluralized(_ one: String, _ many: String? = nil) -> String {
    "\(self) \(self == 1 ? one : many ?? one + "s")"
  }
}

extension String {
  /// The text with a full stop, unless it has one.
  fileprivate func withFullStop() -> String { hasSuffix(".") ? self : self + "." }
}

/// `text` with everything that ends, reorders or colours a line replaced by spaces: control characters, line
/// and paragraph separators, and bidirectional marks.
public func singleLine(_ text: String) -> String {
  // The common case needs one pass over the bytes: ASCII without control characters.
  if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
  var line = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar.value {
    case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: line.append(" ")
    default: line.append(scalar)
    }
  }
  return String(line)
}
