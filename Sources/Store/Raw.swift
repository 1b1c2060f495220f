// An enum as a record stores it: its raw value. Bytes that were found may be of no case, and a Swift enum
// must never be made of those; so a store is validated when it is opened, and what a record then says of
// itself is read as the enum.

/// An enum that records store. Cases and raw values are part of the store's layout.
@usableFromInline package protocol StoredEnum: RawRepresentable, Equatable, Sendable
where RawValue: FixedWidthInteger & BitwiseCopyable & Sendable {
  /// What bytes of no case are read as. A store that has such bytes is not opened, for the validation looks
  /// at `validated`; that it does not take the record for a free one, this must not be the case of zero.
  static var fallback: Self { get }
}

/// Stores an enum as its raw value.
@propertyWrapper
@usableFromInline package struct Raw<Value: StoredEnum>: BitwiseCopyable, Sendable {
  /// The bytes: those of a case, unless the store has not been validated.
  @usableFromInline package var raw: Value.RawValue

  @inlinable @inline(__always)
  package init(wrappedValue: Value) { raw = wrappedValue.rawValue }

  /// Bytes as they are, for a field that in a free record is of no case.
  @inlinable @inline(__always)
  package init(raw: Value.RawValue) { self.raw = raw }

  @inlinable @inline(__always)
  package var wrappedValue: Value {
    get { Value(rawValue: raw) ?? Value.fallback }
    set { raw = newValue.rawValue }
  }

  /// The stored value itself, to validate it.
  @inlinable @inline(__always)
  package var projectedValue: Raw {
    get { self }
    set { self = newValue }
  }

  /// The case; nil for bytes that are of none.
  @inlinable package var validated: Value? { Value(rawValue: raw) }
}
