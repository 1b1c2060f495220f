// The answer to an upcall. It is untrusted: the dispatcher validates every field before using any.

public import NDIS

/// The answer to an upcall.
public struct ProviderAnswer: Sendable, Hashable {
  public var status: Status
  /// IRQL on return from the handler.
  public var irql: UInt8
  public var providerContext: UInt64
  public var section: Handle
  public var extents: ExtentList
  /// Set if the answer could not be decoded.
  public var malformed: Failure?
  /// False if the answer ended before its block was identified: there is none to free.
  public var namesBlock = true

  /// The message type of the answer; nil for a hosted provider's.
  public var type: UInt16?
  /// A miniport's completion of an OID request.
  public var oid: OIDResult?
  /// Why a hosted provider refused, with details; a remote provider only has its status.
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

/// A check of a provider's SUCCESS answer. The dispatcher runs all of them in this order and reports the
/// first failure as the violation.
public enum AnswerCheck: UInt8, CaseIterable, Sendable {
  case decodes, documentedStatus, irqlUnchanged, ownSection, ownDomain, extentCount
  case alignment, range, length, contiguity, overlap
}
