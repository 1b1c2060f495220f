// What machines read: the typed fields of an event, as they stand in the journal. A name means the
// same in every event that has it and its values are words of the interface (NDIS_STATUS_RESOURCES,
// PASSIVE_LEVEL), so that `journalctl NDIS_ADAPTER=…` finds everything about an adapter. What an
// event does not know is left out; no value is empty or longer than a line.

public import NDIS

extension Event {
  /// The fields, named and ordered as they are written; MESSAGE, PRIORITY and MESSAGE_ID are not
  /// among them.
  public var fields: [(name: String, value: String)] {
    var list = FieldList()
    switch self {
    case .started, .ready, .stopping, .stopped, .connectionsPaused, .connectionsResumed,
      .entriesDropped, .configurationReloaded, .configurationRefused, .storeAdopted, .storeRefused,
      .handedOver:
      break
    case .sessionResumed(let party, _), .diedHandling(let party, _, _, _),
      .hostedLost(let party, _):
      list.add(party)
    case .sectionLost(let party, let handle, _), .sectionNotKept(let party, let handle, _):
      list.add(party, isProvider: true)
      list.add(handle)
    case .sessionOpened(let party), .sessionClosed(let party, _):
      list.add(party)
    case .sessionRefused(let party, let failure), .shortage(let party, let failure):
      list.add(party)
      list.add(failure)
    case .driverRegistered(let party, let handle, _), .driverDeregistered(let party, let handle),
      .adapterState(let party, let handle, _, _), .bindingOpened(let party, let handle),
      .bindingClosed(let party, let handle):
      list.add(party)
      list.add(handle)
    case .providerRegistered(let party, let handle, _), .providerReplaced(let party, let handle, _),
      .providerEnded(let party, let handle, _, _), .providerStuck(let party, let handle, _):
      list.add(party, isProvider: true)
      list.add(handle)
    case .violation(let violation):
      list.add(violation, ofProvider: false)
    case .providerLied(let violation):
      list.add(violation, ofProvider: true)
    case .leak(let block):
      list.add(block)
    }
    return list.fields
  }
}

extension BugCheck {
  /// Code and first parameter, which together name the break: `0x7C/0x01`.
  public var name: String { "\(hex(code))/\(hex(parameters.0, digits: 2))" }
}

/// Fields in the making. `add` skips what is unknown.
private struct FieldList {
  var fields: [(name: String, value: String)] = []

  mutating func add(_ name: String, _ value: String) {
    if !value.isEmpty { fields.append((name, singleLine(value))) }
  }

  mutating func add(_ party: Party, isProvider: Bool = false) {
    add("NDIS_DRIVER", "\(party.driver)")
    add("NDIS_ADAPTER", "\(party.adapter)")
    if isProvider { add("NDIS_PROVIDER", "\(party.driver)") }
    if party.pid != 0 { add("NDISSIM_SESSION", "\(party.session)") }
    // No process has number 0, but a user has: the one tells whether the other is known.
    guard party.pid != 0 else { return }
    add("NDISSIM_CLIENT_PID", "\(party.pid)")
    add("NDISSIM_CLIENT_UID", "\(party.uid)")
  }

  mutating func add(_ handle: Handle) {
    if handle != .null { add("NDIS_HANDLE", "\(handle)") }
  }

  mutating func add(_ failure: Failure) {
    add("NDIS_STATUS", "\(failure.status)")
    add("NDIS_RULE", failure.reason.rule)
  }

  mutating func add(_ violation: Violation, ofProvider: Bool) {
    add(violation.party, isProvider: ofProvider)
    add(violation.handle)
    add(violation.failure)
    add("NDIS_IRQL", "\(violation.irql)")
    add("NDIS_ROUTINE", violation.routine)
    guard let bugCheck = violation.bugCheck else { return }
    let (first, second, third, fourth) = bugCheck.parameters
    add("NDIS_BUGCHECK", bugCheck.name)
    add(
      "NDIS_BUGCHECK_PARAMETERS",
      [first, second, third, fourth].map { hex($0) }.joined(separator: ", "))
  }

  mutating func add(_ block: LeakedBlock) {
    add(block.party)
    add(block.handle)
    add("NDIS_QUEUE_ID", "\(block.queueID)")
    add("NDIS_USAGE", "\(block.usage)")
    add("NDIS_LENGTH", "\(block.length)")
    add("NDIS_AGE_MS", "\(block.age)")
    if block.tag != 0 { add("NDIS_TAG", tagText(block.tag)) }
    add("NDIS_SITE", "\(block.site)")
  }
}

/// A pool tag as a debugger shows it, lowest byte first; hexadecimal if it is no text.
public func tagText(_ tag: UInt32) -> String {
  let bytes = (0..<4).map { UInt8(truncatingIfNeeded: tag >> ($0 * 8)) }
  guard bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return hex(tag, digits: 8) }
  return String(decoding: bytes, as: UTF8.self)
}
