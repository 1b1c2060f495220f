// What a party answers to an upcall. It is not trusted: the dispatcher checks every field before any of
// it counts.

public import NDIS

/// The answer to an upcall.
public struct ProviderAnswer: Sendable, Hashable {
  public var status: Status
  /// IRQL on return from the handler.
  public var irql: UInt8
  public var providerContext: UInt64
  public var section: Handle
  public var extents: ExtentList
  /// Set when the answer could not be decoded.
  public var malformed: Failure?
  /// False when the answer ended before it said which block it is about: there is none to give back.
  public var namesBlock = true

  /// The message type the answer came with; nil for a hosted provider's.
  public var type: UInt16?
  /// What a miniport made of an OID request.
  public var oid: OIDResult?
  /// Why a hosted provider refused, with its numbers; a remote one has only its status.
  public var explanation: Failure?

  /// A hosted provider's refusal.
  public static func refused(_ explanation: Failure) -> ProviderAnswer {
    var answer = ProviderAnswer(status: explanation.status)
    answer.explanation = explanation
    return answer
  }

  public init(
    status: Status, irql: UInt8 = 0, providerContext: UInt64 = 0, section: Handle = .null,
    extents: ExtentList = ExtentList(), malformed: Failure? = nil
  ) {
    self.status = status
    self.irql = irql
    self.providerContext = providerContext
    self.section = section
    self.extents = extents
    self.malformed = malformed
  }
}

/// One thing that must hold of a provider's answer of SUCCESS. The dispatcher runs all of them in this
/// order; the first that fails is the violation.
public enum AnswerCheck: UInt8, CaseIterable, Sendable {
  case decodes, documentedStatus, irqlUnchanged, ownSection, ownDomain, extentCount
  case alignment, range, length, contiguity, overlap
}
