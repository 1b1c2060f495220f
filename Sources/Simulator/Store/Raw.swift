// An enum as a record stores it: its raw value. Bytes that were found may be of no case, and a Swift enum
// must never be made of those; so a store is validated when it is opened, and what a record then says of
// itself is read as the enum.

/// An enum that records store. Cases and raw values are part of the store's layout.
protocol StoredEnum: RawRepresentable, Equatable, Sendable
where RawValue: FixedWidthInteger & BitwiseCopyable & Sendable {
  /// What bytes of no case are read as. A store that has such bytes is not opened, for the validation looks
  /// at `validated`; that it does not take the record for a free one, this must not be the case of zero.
  static var fallback: Self { get }
}

/// Stores an enum as its raw value.
@propertyWrapper
struct Raw<Value: StoredEnum>: BitwiseCopyable, Sendable {
  /// The bytes: those of a case, unless the store has not been validated.
  var raw: Value.RawValue

  @inline(__always)
  init(wrappedValue: Value) { raw = wrappedValue.rawValue }

  /// Bytes as they are, for a field that in a free record is of no case.
  @inline(__always)
  init(raw: Value.RawValue) { self.raw = raw }

  @inline(__always)
  var wrappedValue: Value {
    get { Value(rawValue: raw) ?? Value.fallback }
    set { raw = newValue.rawValue }
  }

  /// The stored value itself, to validate it.
  @inline(__always)
  var projectedValue: Raw {
    get { self }
    set { self = newValue }
  }

  /// The case; nil for bytes that are of none.
  var validated: Value? { Value(rawValue: raw) }
}
