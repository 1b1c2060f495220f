// Stored enums: a record stores the raw value. Bytes found in a store may match no case, and a Swift enum
// must never be made of those; so a store is validated when it is opened, and afterwards the field is read as
// the enum.

/// An enum that records store. Cases and raw values are part of the store's layout.
@usableFromInline package protocol StoredEnum: RawRepresentable, Equatable, Sendable
where RawValue: FixedWidthInteger & BitwiseCopyable & Sendable {
  /// The case that invalid bytes read as. Validation reads `validated` and rejects a store with such bytes;
  /// the fallback must not be the case of zero, so that the record is not taken for a free one.
  static var fallback: Self { get }
}

/// Stores an enum as its raw value.
@propertyWrapper
@usableFromInline package struct Raw<Value: StoredEnum>: BitwiseCopyable, Sendable {
  /// The raw value: a valid one, unless the store has not been validated.
  @usableFromInline package var raw: Value.RawValue

  @inlinable @inline(__always)
  package init(wrappedValue: Value) { raw = wrappedValue.rawValue }

  /// From a raw value, for a field that has no valid case in a free record.
  @inlinable @inline(__always)
  package init(raw: Value.RawValue) { self.raw = raw }

  @inlinable @inline(__always)
  package var wrappedValue: Value {
    get { Value(rawValue: raw) ?? Value.fallback }
    set { raw = newValue.rawValue }
  }

  /// The raw value, to be validated.
  @inlinable @inline(__always)
  package var projectedValue: Raw {
    get { self }
    set { self = newValue }
  }

  /// The case; nil for an invalid raw value.
  @inlinable package var validated: Value? { Value(rawValue: raw) }
}
