// Why a call failed, as returned, stored and sent: a status, a reason and the reason's two arguments.

/// A failure: status, reason and the reason's two arguments.
public struct Failure: Error, Hashable, Sendable, BitwiseCopyable {
  public var status: Status
  /// The reason's number. Swift stores an enum as the position of its case, which may change in the next
  /// version; in the store, and in untrusted bytes, it must be a number.
  public var number: UInt16
  public var a: UInt64
  public var b: UInt64

  /// `none` for a number that is not a reason.
  public var reason: Reason {
    get { Reason(rawValue: number) ?? .none }
    set { number = newValue.rawValue }
  }

  public init(_ status: Status, _ reason: Reason, _ a: UInt64 = 0, _ b: UInt64 = 0) {
    self.status = status
    number = reason.rawValue
    self.a = a
    self.b = b
  }

  public var sentence: String { reason.sentence(a, b) }
}
