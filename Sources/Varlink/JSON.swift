// A JSON value. Integers and floating-point numbers are two things, as they are for Varlink: an
// `int` is 64 bits with a sign and is never rounded. The members of an object keep their order.
//
// Limits: two values are equal when they have the same members in the same order. Strings compare
// as Swift compares them, that is by canonical equivalence.

/// A JSON value.
public enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case array([JSON])
  case object(JSONObject)

  /// What kind of value it is, in Varlink's words; for sentences.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a bool"
    case .int: "an int"
    case .double: "a float"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// The member of that name, if this is an object that has it.
  public subscript(name: String) -> JSON? {
    if case .object(let object) = self { object[name] } else { nil }
  }
}

/// The members of a JSON object, in order. Looking one up walks along them.
public struct JSONObject: Sendable, Hashable {
  /// One member.
  public struct Member: Sendable, Hashable {
    public let name: String
    public var value: JSON

    public init(name: String, value: JSON) {
      self.name = name
      self.value = value
    }
  }

  public private(set) var members: [Member]

  /// An object without members.
  public init() {
    members = []
  }

  /// For the parser, which has seen to it that no name is there twice.
  init(distinct members: [Member]) {
    self.members = members
  }

  public var isEmpty: Bool { members.isEmpty }
  public var count: Int { members.count }

  /// The value of a member. Setting replaces it in its place, or adds it at the end; nil removes it.
  public subscript(name: String) -> JSON? {
    get {
      for member in members where member.name == name { return member.value }
      return nil
    }
    set {
      let index = members.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Member(name: name, value: value))
      case (nil, nil): break
      }
    }
  }
}

extension JSONObject {
  /// Adds a member at the end without looking whether there is one of that name.
  mutating func append(_ member: Member) {
    members.append(member)
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// Of two members with one name the later one stays.
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self.init()
    for (name, value) in elements { self[name] = value }
  }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    var object = JSONObject()
    for (name, value) in elements { object[name] = value }
    self = .object(object)
  }
}
