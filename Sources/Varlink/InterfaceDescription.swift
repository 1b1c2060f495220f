// A Varlink interface as a syntax tree, with its documentation comments. A tree from the parser is
// consistent: names are unique and all named types are defined.

/// An interface: its name and its members in order.
public struct InterfaceDescription: Sendable, Hashable {
  /// Reverse domain name, such as `org.varlink.service`.
  public var name: String
  /// The comment above it, without the `#`; lines are separated by line breaks.
  public var documentation: String
  public var members: [Member]

  public init(name: String, documentation: String = "", members: [Member] = []) {
    self.name = name
    self.documentation = documentation
    self.members = members
  }

  /// A type, a method or an error.
  public struct Member: Sendable, Hashable {
    public var name: String
    public var documentation: String
    public var kind: Kind

    public init(name: String, documentation: String = "", kind: Kind) {
      self.name = name
      self.documentation = documentation
      self.kind = kind
    }
  }

  /// The kind of a member.
  public enum Kind: Sendable, Hashable {
    /// A struct or an enum.
    case type(IDLType)
    case method(input: [Field], output: [Field])
    case error([Field])
  }

  /// A member of a struct, or a parameter of a method or error.
  public struct Field: Sendable, Hashable {
    public var name: String
    public var documentation: String
    public var type: IDLType

    public init(name: String, documentation: String = "", type: IDLType) {
      self.name = name
      self.documentation = documentation
      self.type = type
    }
  }

  /// A value of an enum.
  public struct Case: Sendable, Hashable {
    public var name: String
    public var documentation: String

    public init(name: String, documentation: String = "") {
      self.name = name
      self.documentation = documentation
    }
  }

  /// The type declared with that name.
  public func type(named name: String) -> IDLType? {
    for member in members where member.name == name {
      if case .type(let type) = member.kind { return type }
    }
    return nil
  }
}

/// A type of the interface description language.
public indirect enum IDLType: Sendable, Hashable {
  case bool
  case int
  case float
  case string
  /// Any JSON object.
  case object
  /// Any JSON value.
  case any
  case named(String)
  /// `?`: may be null or absent.
  case nullable(IDLType)
  case array(IDLType)
  /// `[string]`.
  case dictionary(IDLType)
  case structure([InterfaceDescription.Field])
  case enumeration([InterfaceDescription.Case])
}
