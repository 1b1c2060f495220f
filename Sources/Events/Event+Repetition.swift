// Which events are rate-limited, and when two of them are considered equal. A driver can violate a rule a
// hundred thousand times a second; the log shows the first events and then counts (`Repeats` in
// ServiceManager). Lifecycle and session events are always written.

import NDIS

/// The key that makes events equal: kind, party, and the rule or queue concerned.
public struct RepetitionSubject: Hashable, Sendable {
  public var kind: EventKind
  public var party: Party
  /// The violated rule, or the reason of a refusal; empty for a leak.
  public var rule: String
  /// The queue of a leaked block.
  public var queueID: UInt32?

  public init(kind: EventKind, party: Party, rule: String, queueID: UInt32? = nil) {
    self.kind = kind
    self.party = party
    self.rule = rule
    self.queueID = queueID
  }
}

/// Events that were suppressed and counted.
public struct Repetition: Hashable, Sendable {
  /// Their common kind.
  public var kind: EventKind
  /// Their common subject; nil if they have several clients and only the kind in common.
  public var subject: RepetitionSubject?
  public var count: UInt64
  /// Total size of leaked blocks in bytes.
  public var bytes: UInt64
  /// The interval in which they occurred.
  public var milliseconds: UInt64

  public init(
    kind: EventKind, subject: RepetitionSubject?, count: UInt64, bytes: UInt64,
    milliseconds: UInt64
  ) {
    self.kind = kind
    self.subject = subject
    self.count = count
    self.bytes = bytes
    self.milliseconds = milliseconds
  }
}

extension Event {
  /// The key for counting repetitions of this event; nil for an event that is always written.
  public var repetitionSubject: RepetitionSubject? {
    switch self {
    case .started, .ready, .stopping, .stopped, .connectionsPaused, .connectionsResumed,
      .entriesDropped, .configurationReloaded, .configurationRefused, .sessionOpened,
      .sessionClosed, .driverRegistered, .driverDeregistered, .adapterState, .bindingOpened,
      .bindingClosed, .providerRegistered, .providerReplaced, .providerEnded, .providerStuck,
      .storeRestored, .storeRejected, .sessionResumed, .sectionLost, .sectionNotPersisted,
      .handedOver,
      .crashedWhileHandling, .hostedDriverNotRestored, .repeated:
      return nil
    case .sessionRefused(var party, let failure):
      // Each attempt would have a session of its own.
      party.session = 0
      return RepetitionSubject(kind: kind, party: party, rule: failure.reason.rule)
    case .shortage(let party, let failure, _):
      return RepetitionSubject(kind: kind, party: party, rule: failure.reason.rule)
    case .violation(let violation), .advice(let violation), .invalidProviderAnswer(let violation):
      return RepetitionSubject(
        kind: kind, party: violation.party, rule: violation.failure.reason.rule)
    case .listsAwaited(let holder):
      return RepetitionSubject(
        kind: kind, party: holder.party, rule: "", queueID: holder.queueID)
    case .leak(let block):
      return RepetitionSubject(kind: kind, party: block.party, rule: "", queueID: block.queueID)
    }
  }

  /// Bytes leaked by this event.
  public var leakedBytes: UInt64 {
    if case .leak(let block) = self { UInt64(block.length) } else { 0 }
  }
}
