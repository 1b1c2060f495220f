// The error of the kit: a refusal of NDIS, or a failure of the connection. A refusal has the violated rule
// and a message; if the violation would crash Windows, the bug check, too. Compare `status` and `rule`; the
// message may change.

public import NDIS

/// Why a call failed.
public struct DriverError: Error, Hashable, Sendable {
  /// The source of the failure.
  public enum Kind: Hashable, Sendable {
    /// NDIS refused the call, or a driver's handler did.
    case ndis
    /// There is no connection, or it ended.
    case connection
    /// A protocol error, or a misuse of the kit.
    case `protocol`
  }

  public var kind: Kind
  public var status: Status
  /// The name of the rule or check, stable: `doubleFree`, `queueUnknown`, ... (`Reason.rule`).
  public var rule: String
  /// A message, one sentence.
  public var sentence: String
  /// The bug check that Windows would raise.
  public var bugCheck: BugCheck?
  /// The routine that was called, empty if none.
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

  /// For a handler that refuses: only the status is sent.
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
