// The table of OIDs this simulator knows: number, name, and for every kind of request who answers it, the
// contents of its buffer, and the statuses that may complete it. The statuses are documented: on the OID's
// page, narrowed by the verifier's rule NdisOidComplete for OIDs that free an object. They are listed by
// side: `byNDIS` are those NDIS returns before or instead of the miniport.

import CNDIS

/// An object identifier: one row of the table.
public struct OID: Sendable {
  public let number: UInt32
  public let name: StaticString
  /// The first NDIS version with this OID.
  public let since: NDISVersion
  /// Its kinds of request.
  public let forms: [Form]

  /// Who answers a request.
  public enum Answerer: Sendable, CaseIterable {
    /// NDIS, from its records; the miniport never receives it.
    case ndis
    /// The miniport, after NDIS has validated the request.
    case miniport
    /// NDIS checks and assigns an id, then the miniport.
    case both
  }

  /// One kind of request of an OID.
  public struct Form: Sendable {
    public var kind: OIDRequestKind
    public var answeredBy: Answerer
    /// The structure in the requester's buffer; nil = none, or data without a header.
    public var input: Structure?
    /// The structure in the buffer after SUCCESS; nil = none.
    public var output: Structure?
    /// Statuses besides SUCCESS with which the miniport may complete the request; nil: it is never asked. Whether
    /// its handler may return PENDING is not an OID's matter: it always may.
    public var byMiniport: HandlerStatuses?
    /// Statuses NDIS itself may return.
    public var byNDIS: [Status]
    /// Whether any status other than SUCCESS is a leak (0x7C/0x1C): the object must be freed. An adapter that
    /// is resetting or has been removed may return NOT_ACCEPTED or REQUEST_ABORTED, where `byMiniport` has
    /// them.
    public var mustSucceed: Bool

    /// Whether the miniport may complete a request with `status`.
    public func mayEnd(with status: Status) -> Bool {
      status == .success || byMiniport?.contains(status) ?? false
    }
  }

  /// The row of a number.
  public static func of(number: UInt32) -> OID? {
    byNumber[number].map { table[$0] }
  }

  /// The form of a kind, nil when the OID has none.
  public func form(_ kind: OIDRequestKind) -> Form? { forms.first { $0.kind == kind } }

  /// The form of a request. Fails with NOT_SUPPORTED for an unknown OID and for one that is newer than the
  /// miniport, INVALID_PARAMETER for a kind the OID does not have.
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
