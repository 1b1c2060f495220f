// Varlink values as Swift types: the protocols that generated code conforms to, and the conformances of basic
// types. Decoding is lenient where the standard requires it, so that interfaces can evolve: unknown members
// are ignored, and an absent member equals null.

/// A type that corresponds to a Varlink type.
public protocol VarlinkValue: Sendable {
  /// Decodes the value; throws if it is of another kind.
  init(json: JSON) throws(JSONMismatch)
  var json: JSON { get }
}

/// A method of an interface, with its input and output types.
public protocol VarlinkMethod {
  associatedtype Input: VarlinkValue
  associatedtype Output: VarlinkValue
  /// Fully qualified: interface, dot, method.
  static var name: String { get }
}

/// An error of an interface, with its parameters.
public protocol VarlinkErrorValue: VarlinkValue, Error {
  /// Fully qualified: interface, dot, error.
  static var name: String { get }
}

extension JSON: VarlinkValue {
  public init(json: JSON) { self = json }
  public var json: JSON { self }
}

extension JSONObject: VarlinkValue {
  public init(json: JSON) throws(JSONMismatch) {
    guard case .object(let object) = json else {
      throw JSONMismatch(expected: "an object", found: json)
    }
    self = object
  }

  public var json: JSON { .object(self) }

  /// A required member.
  public func required<Value: VarlinkValue>(_ name: String) throws(JSONMismatch) -> Value {
    guard let value = self[name] else {
      throw JSONMismatch(path: [.member(name)], problem: "is missing")
    }
    do throws(JSONMismatch) { return try Value(json: value) } catch {
      throw error.inside(.member(name))
    }
  }

  /// A member that may be absent or null.
  public func optional<Value: VarlinkValue>(_ name: String) throws(JSONMismatch) -> Value? {
    guard let value = self[name], value != .null else { return nil }
    do throws(JSONMismatch) { return try Value(json: value) } catch {
      throw error.inside(.member(name))
    }
  }

  /// Appends a member; its name must not have been added before.
  public mutating func append<Value: VarlinkValue>(_ name: String, _ value: Value) {
    append(Member(name: name, value: value.json))
  }

  /// Appends a member if there is a value.
  public mutating func append<Value: VarlinkValue>(_ name: String, _ value: Value?) {
    if let value { append(Member(name: name, value: value.json)) }
  }
}

extension Bool: VarlinkValue {
  public init(json: JSON) throws(JSONMismatch) {
    guard case .bool(let value) = json else { throw JSONMismatch(expected: "a bool", found: json) }
    self = value
  }

  public var json: JSON { .bool(self) }
}

extension Int64: VarlinkValue {
  public init(json: JSON) throws(JSONMismatch) {
    guard case .int(let value) = json else { throw JSONMismatch(expected: "an int", found: json) }
    self = value
  }

  public var json: JSON { .int(self) }
}

extension Int: VarlinkValue {
  public init(json: JSON) throws(JSONMismatch) {
    self = Int(try Int64(json: json))
  }

  public var json: JSON { .int(Int64(self)) }
}

extension Double: VarlinkValue {
  /// An integer is accepted.
  public init(json: JSON) throws(JSONMismatch) {
    switch json {
    case .double(let value): self = value
    case .int(let value): self = Double(value)
    default: throw JSONMismatch(expected: "a float", found: json)
    }
  }

  public var json: JSON { .double(self) }
}

extension String: VarlinkValue {
  public init(json: JSON) throws(JSONMismatch) {
    guard case .string(let value) = json else {
      throw JSONMismatch(expected: "a string", found: json)
    }
    self = value
  }

  public var json: JSON { .string(self) }
}

extension Optional: VarlinkValue where Wrapped: VarlinkValue {
  public init(json: JSON) throws(JSONMismatch) {
    self = json == .null ? nil : try Wrapped(json: json)
  }

  public var json: JSON { self?.json ?? .null }
}

extension Array: VarlinkValue where Element: VarlinkValue {
  public init(json: JSON) throws(JSONMismatch) {
    guard case .array(let elements) = json else {
      throw JSONMismatch(expected: "an array", found: json)
    }
    self.init()
    reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      do throws(JSONMismatch) { append(try Element(json: element)) } catch {
        throw error.inside(.element(index))
      }
    }
  }

  public var json: JSON { .array(map(\.json)) }
}

extension Dictionary: VarlinkValue where Key == String, Value: VarlinkValue {
  /// Of keys that are equal in Swift, the last one is used.
  public init(json: JSON) throws(JSONMismatch) {
    let object = try JSONObject(json: json)
    self.init(minimumCapacity: object.count)
    for member in object.members {
      do throws(JSONMismatch) { self[member.name] = try Value(json: member.value) } catch {
        throw error.inside(.member(member.name))
      }
    }
  }

  /// Sorted by name, for a deterministic encoding.
  public var json: JSON {
    var object = JSONObject()
    for (name, value) in sorted(by: { $0.key < $1.key }) { object.append(name, value) }
    return .object(object)
  }
}

/// The conformance of enums, which generated code declares with the names of the standard as raw
/// values.
extension VarlinkValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  public init(json: JSON) throws(JSONMismatch) {
    guard case .string(let name) = json else {
      throw JSONMismatch(expected: "a string", found: json)
    }
    guard let value = Self(rawValue: name) else {
      throw JSONMismatch(unknown: name, known: Self.allCases.map(\.rawValue))
    }
    self = value
  }

  public var json: JSON { .string(rawValue) }
}
