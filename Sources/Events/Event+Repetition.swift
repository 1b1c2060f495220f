// Which events may come in floods, and when two of them are the same to a reader. A driver can break
// a rule a hundred thousand times a second; the log shows the first ones and then counts (`Repeats`
// in ServiceManager). What people count on, life cycle and sessions, is never left out.

import NDIS

/// What makes events the same: kind, party, and the rule or the queue they are about.
public struct RepetitionSubject: Hashable, Sendable {
  public var kind: EventKind
  public var party: Party
  /// The rule that was broken, or why it was refused; empty for a leak.
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

/// Events that were counted instead of being written one by one.
public struct Repetition: Hashable, Sendable {
  /// The kind of all of them.
  public var kind: EventKind
  /// What they have in common; nil when they are several clients' and have only the kind.
  public var subject: RepetitionSubject?
  public var count: UInt64
  /// Bytes of the leaked blocks among them.
  public var bytes: UInt64
  /// The time in which they happened.
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
  /// What a flood of this event is counted by; nil for an event that is always written.
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
      // Every attempt would be a session of its own.
      party.session = 0
      return RepetitionSubject(kind: kind, party: party, rule: failure.reason.rule)
    case .shortage(let party, let failure):
      return RepetitionSubject(kind: kind, party: party, rule: failure.reason.rule)
    case .violation(let violation), .invalidProviderAnswer(let violation):
      return RepetitionSubject(
        kind: kind, party: violation.party, rule: violation.failure.reason.rule)
    case .leak(let block):
      return RepetitionSubject(kind: kind, party: block.party, rule: "", queueID: block.queueID)
    }
  }

  /// Bytes that are lost with it.
  public var leakedBytes: UInt64 {
    if case .leak(let block) = self { UInt64(block.length) } else { 0 }
  }
}
