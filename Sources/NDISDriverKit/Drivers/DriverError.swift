// The one error of the kit: what NDIS answered, or why it could not be asked. A refusal carries the
// rule that was broken and a sentence for people; where the break would have crashed Windows, the
// bug check too. Compare `status` and `rule`; the sentence may change.

public import NDIS

/// Why a call did not succeed.
public struct DriverError: Error, Hashable, Sendable {
  /// Who failed.
  public enum Kind: Hashable, Sendable {
    /// NDIS refused the call, or a driver's handler did.
    case ndis
    /// There is no connection, or it ended.
    case connection
    /// Somebody does not speak the protocol, or the kit was used against its rules.
    case `protocol`
  }

  public var kind: Kind
  public var status: Status
  /// The name of the rule or check, stable: `doubleFree`, `queueUnknown`, ... (`Reason.rule`).
  public var rule: String
  /// One sentence for people.
  public var sentence: String
  /// The bug check this would have been on Windows.
  public var bugCheck: BugCheck?
  /// The routine that was called, empty when none was.
  public var routine: String

  public init(
    _ kind: Kind = .ndis, status: Status, rule: String = "", sentence: String = "",
    bugCheck: BugCheck? = nil, routine: String = ""
  ) {
    self.kind = kind
    self.status = status
    self.rule = rule
    self.sentence = sentence
    self.bugCheck = bugCheck
    self.routine = routine
  }

  /// For a handler that refuses: only the status crosses the wire.
  public static func refusal(_ status: Status) -> DriverError { DriverError(status: status) }

  static func protocolBroken(_ failure: Failure) -> DriverError {
    DriverError(
      .protocol, status: failure.status, rule: failure.reason.rule, sentence: failure.sentence)
  }

  static func misuse(_ sentence: String) -> DriverError {
    DriverError(.protocol, status: .invalidParameter, rule: "misuse", sentence: sentence)
  }

  static func connection(_ sentence: String, rule: String = "connection") -> DriverError {
    DriverError(.connection, status: .failure, rule: rule, sentence: sentence)
  }

  static let closed = connection("The connection is closed.", rule: "closed")
}

extension DriverError: CustomStringConvertible {
  /// `NdisFreeSharedMemory: NDIS_STATUS_INVALID_PARAMETER, doubleFree: AllocationHandle 0x… was …`
  public var description: String {
    var text = routine.isEmpty ? "\(status)" : "\(routine): \(status)"
    if !rule.isEmpty { text += ", \(rule)" }
    if !sentence.isEmpty { text += ": \(sentence)" }
    if let bugCheck { text += " [bug check \(bugCheck)]" }
    return text
  }
}
