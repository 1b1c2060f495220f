// Validates parameters against an interface: no unknown members, none missing, all of the declared types. The
// types generated from the interface can decode whatever passes. Recursion follows the value, whose depth the
// parser has limited.

/// An interface with its types by name.
struct InterfaceCheck {
  private let types: [String: IDLType]

  init(_ interface: InterfaceDescription) {
    var types: [String: IDLType] = [:]
    for member in interface.members {
      if case .type(let type) = member.kind { types[member.name] = type }
    }
    self.types = types
  }

  /// Throws for the first violation.
  func check(
    _ object: JSONObject, _ fields: [InterfaceDescription.Field]
  ) throws(JSONMismatch) {
    var present = 0
    for member in object.members {
      guard let field = fields.first(where: { $0.name == member.name }) else {
        throw JSONMismatch(path: [.member(String(member.name.prefix(64)))], problem: "is unknown")
      }
      present += 1
      do throws(JSONMismatch) { try check(member.value, field.type) } catch {
        throw error.inside(.member(field.name))
      }
    }
    if present == fields.count { return }
    for field in fields where object[field.name] == nil {
      switch field.type {
      case .nullable, .any: break
      default: throw JSONMismatch(path: [.member(field.name)], problem: "is missing")
      }
    }
  }

  private func check(_ value: JSON, _ type: IDLType) throws(JSONMismatch) {
    switch (type, value) {
    case (.any, _), (.bool, .bool), (.int, .int), (.float, .double), (.float, .int),
      (.string, .string), (.object, .object), (.nullable, .null):
      return
    case (.nullable(let type), _): try check(value, type)
    case (.named(let name), _):
      guard let type = types[name] else {
        throw JSONMismatch(problem: "is of a type \(name) that is not declared")
      }
      try check(value, type)
    case (.array(let type), .array(let elements)):
      for (index, element) in elements.enumerated() {
        do throws(JSONMismatch) { try check(element, type) } catch {
          throw error.inside(.element(index))
        }
      }
    case (.dictionary(let type), .object(let object)):
      for member in object.members {
        do throws(JSONMismatch) { try check(member.value, type) } catch {
          throw error.inside(.member(String(member.name.prefix(64))))
        }
      }
    case (.structure(let fields), .object(let object)): try check(object, fields)
    case (.enumeration(let cases), .string(let name)):
      guard cases.contains(where: { $0.name == name }) else {
        throw JSONMismatch(unknown: name, known: cases.map(\.name))
      }
    default: throw JSONMismatch(expected: Self.word(type), found: value)
    }
  }

  private static func word(_ type: IDLType) -> String {
    switch type {
    case .bool: "a bool"
    case .int: "an int"
    case .float: "a float"
    case .string, .enumeration: "a string"
    case .array: "an array"
    default: "an object"
    }
  }
}
