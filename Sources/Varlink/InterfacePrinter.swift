// Formats a syntax tree as text, which parses to the same tree. Comments that are attached to nothing are not
// in the tree and are lost; keep the text if they are needed.

extension InterfaceDescription {
  /// The description in the interface description language.
  public var text: String {
    var text = ""
    Self.printComment(documentation, "", &text)
    text += "interface \(name)\n"
    for member in members {
      text += "\n"
      Self.printComment(member.documentation, "", &text)
      switch member.kind {
      case .type(let type):
        text += "type \(member.name) "
        Self.printType(type, "", &text)
      case .method(let input, let output):
        text += "method \(member.name)"
        Self.printFields(input, "", &text)
        text += " -> "
        Self.printFields(output, "", &text)
      case .error(let fields):
        text += "error \(member.name) "
        Self.printFields(fields, "", &text)
      }
      text += "\n"
    }
    return text
  }

  private static func printComment(_ comment: String, _ indentation: String, _ text: inout String) {
    guard !comment.isEmpty else { return }
    for line in comment.split(separator: "\n", omittingEmptySubsequences: false) {
      text += line.isEmpty ? "\(indentation)#\n" : "\(indentation)# \(line)\n"
    }
  }

  private static func printType(_ type: IDLType, _ indentation: String, _ text: inout String) {
    switch type {
    case .bool: text += "bool"
    case .int: text += "int"
    case .float: text += "float"
    case .string: text += "string"
    case .object: text += "object"
    case .any: text += "any"
    case .named(let name): text += name
    case .nullable(let type):
      text += "?"
      printType(type, indentation, &text)
    case .array(let type):
      text += "[]"
      printType(type, indentation, &text)
    case .dictionary(let type):
      text += "[string]"
      printType(type, indentation, &text)
    case .structure(let fields): printFields(fields, indentation, &text)
    case .enumeration(let cases):
      printList(cases, indentation, &text) {
        $0.documentation
      } print: { one, _, text in
        text += one.name
      }
    }
  }

  private static func printFields(
    _ fields: [Field], _ indentation: String, _ text: inout String
  ) {
    printList(fields, indentation, &text) {
      $0.documentation
    } print: { field, inner, text in
      text += "\(field.name): "
      printType(field.type, inner, &text)
    }
  }

  /// On one line if it is short and no item has documentation, else one item per line.
  private static func printList<Item>(
    _ items: [Item], _ indentation: String, _ text: inout String,
    documentation: (Item) -> String, print: (Item, String, inout String) -> Void
  ) {
    var line = "("
    for (index, item) in items.enumerated() {
      if index > 0 { line += ", " }
      print(item, indentation, &line)
    }
    line += ")"
    if line.utf8.count <= 60, !line.contains("\n"), items.allSatisfy({ documentation($0).isEmpty })
    {
      text += line
      return
    }
    let inner = indentation + "  "
    text += "(\n"
    for (index, item) in items.enumerated() {
      printComment(documentation(item), inner, &text)
      text += inner
      print(item, inner, &text)
      text += index + 1 < items.count ? ",\n" : "\n"
    }
    text += "\(indentation))"
  }
}
