// The machine-readable fields of an event, as stored in the journal. A field name has the same meaning in all
// events, and its values are those of the interface (NDIS_STATUS_RESOURCES, PASSIVE_LEVEL), so that
// `journalctl NDIS_ADAPTER=…` finds everything about an adapter. Unknown values are omitted; no value is
// empty or longer than a line.

public import NDIS

extension Event {
  /// The fields in output order, without MESSAGE, PRIORITY and MESSAGE_ID.
  public var fields: [(name: String, value: String)] {
    var list = FieldList()
    switch self {
    case .stopped, .connectionsResumed:
      break
    case .started(let version, _, let seed):
      list.add("NDISSIM_VERSION", version)
      list.add("NDISSIM_SEED", "\(seed)")
    case .ready(let socket):
      list.add("NDISSIM_SOCKET", socket)
    case .stopping(let reason):
      list.add("NDISSIM_REASON", reason)
    case .connectionsPaused(let open, let limit):
      list.add("NDISSIM_COUNT", "\(open)")
      list.add("NDISSIM_LIMIT", "\(limit)")
    case .entriesDropped(let count):
      list.add("NDISSIM_COUNT", "\(count)")
    case .configurationReloaded(let changed, let waiting):
      list.add("NDISSIM_CHANGED", "\(changed)")
      list.add("NDISSIM_WAITING", "\(waiting)")
    case .configurationRefused(let problem, let more):
      list.add("NDISSIM_REASON", problem)
      list.add("NDISSIM_COUNT", "\(more &+ 1)")
    case .storeRestored(let sessions, let connections, let blocks, let milliseconds):
      list.add("NDISSIM_SESSIONS", "\(sessions)")
      list.add("NDISSIM_CONNECTIONS", "\(connections)")
      list.add("NDISSIM_BLOCKS", "\(blocks)")
      list.add("NDISSIM_MILLISECONDS", "\(milliseconds)")
    case .storeRejected(let problem, let keptAs):
      list.add("NDISSIM_REASON", problem)
      list.add("NDISSIM_FILE", keptAs)
    case .handedOver(let reason):
      list.add("NDISSIM_REASON", reason)
    case .crashedWhileHandling(let party, _, let id, let refused):
      list.add(party)
      list.add("NDISSIM_REQUEST", "\(id)")
      list.add("NDISSIM_REFUSED", refused ? "yes" : "no")
    case .hostedDriverNotRestored(let party, let problem):
      list.add(party)
      list.add("NDISSIM_REASON", problem)
    case .sectionLost(let party, let handle, let blocks):
      list.add(party, isProvider: true)
      list.add(handle)
      list.add("NDISSIM_COUNT", "\(blocks)")
    case .sectionNotPersisted(let party, let handle, let limit):
      list.add(party, isProvider: true)
      list.add(handle)
      list.add("NDISSIM_LIMIT", "\(limit)")
    case .sessionOpened(let party), .sessionResumed(let party, _): list.add(party)
    case .sessionClosed(let party, let reason):
      list.add(party)
      list.add("NDISSIM_REASON", reason)
    case .sessionRefused(let party, let failure):
      list.add(party, failure, AllocationOrigin())
    case .shortage(let party, let failure, let origin):
      list.add(party, failure, origin)
    case .driverRegistered(let party, let handle, let version):
      list.add(party, handle)
      list.add("NDIS_VERSION", "\(version)")
    case .driverDeregistered(let party, let handle), .bindingOpened(let party, let handle),
      .bindingClosed(let party, let handle):
      list.add(party, handle)
    case .adapterState(let party, let handle, let from, let to):
      list.add(party, handle)
      list.add("NDIS_STATE_BEFORE", from)
      list.add("NDIS_STATE", to)
    case .listsAwaited(let holder): list.add(holder)
    case .providerRegistered(let party, let handle, let context),
      .providerReplaced(let party, let handle, let context):
      list.add(party, isProvider: true)
      list.add(handle)
      list.add("NDIS_PROVIDER_CONTEXT", hex(context, digits: 16))
    case .providerEnded(let party, let handle, let blocks, let died):
      list.add(party, isProvider: true)
      list.add(handle)
      list.add("NDIS_STATE", died ? "dead" : "ended")
      list.add("NDISSIM_COUNT", "\(blocks)")
    case .providerStuck(let party, let handle, let upcall):
      list.add(party, isProvider: true)
      list.add(handle)
      list.add("NDISSIM_UPCALL", "\(upcall)")
    case .violation(let violation), .advice(let violation):
      list.add(violation, ofProvider: false)
    case .invalidProviderAnswer(let violation):
      list.add(violation, ofProvider: true)
    case .leak(let block):
      list.add(block)
    case .repeated(let repetition):
      list.add(repetition)
    }
    return list.fields
  }
}

extension BugCheck {
  /// Code and first parameter, which together identify the violation: `0x7C/0x01`.
  public var name: String { "\(hex(code))/\(hex(parameters.0, digits: 2))" }
}

/// Builds the list of fields. `add` skips unknown values.
private struct FieldList {
  var fields: [(name: String, value: String)] = []

  mutating func add(_ name: String, _ value: String) {
    if !value.isEmpty { fields.append((name, singleLine(value))) }
  }

  mutating func add(_ party: Party, isProvider: Bool = false) {
    add("NDIS_DRIVER", "\(party.driver)")
    add("NDIS_ADAPTER", "\(party.adapter)")
    if isProvider { add("NDIS_PROVIDER", "\(party.driver)") }
    if party.binding != .null { add("NDIS_BINDING", "\(party.binding)") }
    if party.pid != 0 { add("NDISSIM_SESSION", "\(party.session)") }
    // Process ID 0 means unknown; user ID 0 is valid, so it depends on the process ID.
    guard party.pid != 0 else { return }
    add("NDISSIM_CLIENT_PID", "\(party.pid)")
    add("NDISSIM_CLIENT_UID", "\(party.uid)")
  }

  mutating func add(_ party: Party, _ handle: Handle) {
    add(party)
    add(handle)
  }

  mutating func add(_ party: Party, _ failure: Failure, _ origin: AllocationOrigin) {
    add(party)
    add(failure)
    add(origin)
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
    add(violation.origin)
    guard let bugCheck = violation.bugCheck else { return }
    let (first, second, third, fourth) = bugCheck.parameters
    add("NDIS_BUGCHECK", bugCheck.name)
    add(
      "NDIS_BUGCHECK_PARAMETERS",
      [first, second, third, fourth].map { hex($0) }.joined(separator: ", "))
    if bugCheck.isExtension { add("NDIS_BUGCHECK_EXTENSION", "yes") }
  }

  mutating func add(_ holder: AwaitedHolder) {
    add(holder.party)
    add("NDIS_ROUTINE", holder.waiter)
    if let queueID = holder.queueID { add("NDIS_QUEUE_ID", "\(queueID)") }
    if let vportID = holder.vportID { add("NDIS_VPORT_ID", "\(vportID)") }
    add("NDISSIM_COUNT", "\(holder.lists)")
  }

  mutating func add(_ block: LeakedBlock) {
    add(block.party)
    add(block.handle)
    add("NDIS_QUEUE_ID", "\(block.queueID)")
    add("NDIS_USAGE", "\(block.usage)")
    add("NDIS_LENGTH", "\(block.length)")
    add("NDIS_AGE_MS", "\(block.age)")
    add(block.origin)
  }

  mutating func add(_ origin: AllocationOrigin) {
    if origin.tag != 0 { add("NDIS_TAG", tagText(origin.tag)) }
    add("NDIS_SITE", "\(origin.site)")
  }
}

extension FieldList {
  fileprivate mutating func add(_ repetition: Repetition) {
    if let subject = repetition.subject {
      add(subject.party)
      add("NDIS_RULE", subject.rule)
      if let queueID = subject.queueID { add("NDIS_QUEUE_ID", "\(queueID)") }
    }
    add("NDISSIM_REPEATED", repetition.kind.name)
    add("NDISSIM_REPEATED_ID", repetition.kind.messageID)
    add("NDISSIM_COUNT", "\(repetition.count)")
    if repetition.bytes != 0 { add("NDISSIM_BYTES", "\(repetition.bytes)") }
    add("NDISSIM_WINDOW_MS", "\(repetition.milliseconds)")
  }
}

/// A pool tag as a debugger shows it, lowest byte first; hexadecimal if it is not printable.
public func tagText(_ tag: UInt32) -> String {
  let bytes = (0..<4).map { UInt8(truncatingIfNeeded: tag >> ($0 * 8)) }
  guard bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return hex(tag, digits: 8) }
  return String(decoding: bytes, as: UTF8.self)
}
