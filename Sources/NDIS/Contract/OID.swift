// The one table of OIDs this simulator knows: number, name, and for every kind of request who answers it,
// what travels in its buffer, and which statuses may end it. The statuses are the documents': the OID's
// page, narrowed by the verifier's rule NdisOidComplete for OIDs that free something. A status of a list
// can come from one side only: `byNDIS` is what NDIS answers before or instead of the miniport.

import CNDIS

/// An object identifier: one row of the table.
public struct OID: Sendable {
  public let number: UInt32
  public let name: StaticString
  /// The first NDIS version that has it.
  public let since: NDISVersion
  /// Its kinds of request.
  public let forms: [Form]

  /// Who answers a request.
  public enum Answerer: Sendable, CaseIterable {
    /// NDIS, from what it knows; the miniport never sees it.
    case ndis
    /// The miniport, when NDIS has found nothing wrong.
    case miniport
    /// NDIS checks and assigns an id, then the miniport.
    case both
  }

  /// One kind of request of an OID.
  public struct Form: Sendable {
    public var kind: OIDRequestKind
    public var answeredBy: Answerer
    /// What the requester puts into the buffer; nil = nothing, or something without a header.
    public var input: Structure?
    /// What is in the buffer after SUCCESS; nil = nothing.
    public var output: Structure?
    /// What the miniport's handler may return or, but for PENDING, complete the request with.
    public var byMiniport: [Status]
    /// What NDIS may answer by itself.
    public var byNDIS: [Status]
    /// Whether another end than SUCCESS leaks (0x7C/0x1C): what is to be freed is freed. An adapter that
    /// is resetting or gone may answer NOT_ACCEPTED or REQUEST_ABORTED, where `byMiniport` has them.
    public var mustSucceed: Bool

    /// Whether `status` may end a request: what the rule NdisOidComplete asks.
    public func mayEnd(with status: Status) -> Bool {
      status != .pending && byMiniport.contains(status)
    }

    /// Whether a miniport's handler may return `status`.
    public func mayReturn(_ status: Status) -> Bool { byMiniport.contains(status) }
  }

  /// The row of a number.
  public static func of(number: UInt32) -> OID? {
    byNumber[number].map { table[$0] }
  }

  /// The form of a kind, nil when the OID has none.
  public func form(_ kind: OIDRequestKind) -> Form? { forms.first { $0.kind == kind } }

  /// The form a request means. Fails with NOT_SUPPORTED for an unknown OID and for one that is newer than
  /// the miniport, INVALID_PARAMETER for a kind the OID does not have.
  public static func form(
    number: UInt32, kind: OIDRequestKind, miniport version: NDISVersion
  ) throws(Failure) -> Form {
    guard let oid = of(number: number) else {
      throw Failure(.notSupported, .oidUnknown, UInt64(number))
    }
    guard let form = oid.form(kind) else {
      throw Failure(.invalidParameter, .oidKind, UInt64(number), UInt64(kind.rawValue))
    }
    guard version >= oid.since else {
      throw Failure(.notSupported, .oidVersion, UInt64(number), UInt64(oid.since.minor))
    }
    return form
  }

  private static let byNumber: [UInt32: Int] = {
    var rows: [UInt32: Int] = [:]
    for (row, oid) in table.enumerated() { rows[oid.number] = row }
    return rows
  }()
}

extension OID: CustomStringConvertible {
  public var description: String { "\(name)" }
}
