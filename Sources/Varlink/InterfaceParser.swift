// Parses an interface description: the grammar of varlink.org, with `any` as in systemd. A description may
// come from a peer, so its length and nesting are limited.
//
// One extension to the standard: an interface may have no members.

extension InterfaceDescription {
  /// Maximum length of a description in bytes.
  public static var maximumLength: Int { 1 << 20 }
  /// Maximum nesting of types.
  static var maximumDepth: Int { 32 }

  /// Parses a description.
  public init(parsing text: String) throws(InterfaceError) {
    guard text.utf8.count <= Self.maximumLength else {
      throw IDLPosition().error("the description is longer than \(Self.maximumLength) bytes")
    }
    var parser = try InterfaceParser(text)
    self = try parser.interface()
  }
}

private struct InterfaceParser {
  private var lexer: IDLLexer
  private var token: IDLToken
  /// Named types that are used, with the position of the first use.
  private var uses: [(name: String, position: IDLPosition)] = []

  init(_ text: String) throws(InterfaceError) {
    lexer = IDLLexer(text)
    token = try lexer.next()
  }

  // MARK: Interface and members

  mutating func interface() throws(InterfaceError) -> InterfaceDescription {
    let documentation = token.documentation
    guard token.kind == .word("interface") else {
      throw unexpected("a description begins with the word interface")
    }
    try advance()
    guard case .word(let name) = token.kind, Self.isInterfaceName(name) else {
      throw unexpected("an interface is named like org.example.thing")
    }
    try advance()
    var members: [InterfaceDescription.Member] = []
    var names: Set<String> = []
    while token.kind != .end {
      let position = token.position
      let member = try self.member()
      guard names.insert(member.name).inserted else {
        throw position.error("\(member.name) is declared twice")
      }
      members.append(member)
    }
    let interface = InterfaceDescription(
      name: name, documentation: documentation, members: members)
    var types: Set<String> = []
    for member in members {
      if case .type = member.kind { types.insert(member.name) }
    }
    for use in uses where !types.contains(use.name) {
      throw use.position.error("there is no type \(use.name) in this interface")
    }
    return interface
  }

  private mutating func member() throws(InterfaceError) -> InterfaceDescription.Member {
    let documentation = token.documentation
    guard case .word(let keyword) = token.kind, ["type", "method", "error"].contains(keyword) else {
      throw unexpected("a member begins with type, method or error")
    }
    try advance()
    guard case .word(let name) = token.kind, Self.isMemberName(name) else {
      throw unexpected("a \(keyword) is named with letters and digits, the first a capital")
    }
    try advance()
    let kind: InterfaceDescription.Kind
    switch keyword {
    case "type":
      guard token.kind == .sign("(") else { throw unexpected("a type is a struct or an enum") }
      kind = .type(try parenthesized(depth: 0))
    case "method":
      let input = try fields("the input of a method")
      try expect("->", "a method has an arrow between what goes in and what comes out")
      kind = .method(input: input, output: try fields("the output of a method"))
    default:
      kind = .error(token.kind == .sign("(") ? try fields("the parameters of an error") : [])
    }
    return InterfaceDescription.Member(name: name, documentation: documentation, kind: kind)
  }

  private mutating func fields(_ what: String) throws(InterfaceError) -> [InterfaceDescription
    .Field]
  {
    let position = token.position
    guard token.kind == .sign("(") else { throw unexpected("\(what) is in parentheses") }
    guard case .structure(let fields) = try parenthesized(depth: 0) else {
      throw position.error("\(what) is a struct and cannot be an enum")
    }
    return fields
  }

  // MARK: Types

  /// A struct or an enum, determined by the punctuation after the first name.
  private mutating func parenthesized(depth: Int) throws(InterfaceError) -> IDLType {
    try advance()
    var fields: [InterfaceDescription.Field] = []
    var cases: [InterfaceDescription.Case] = []
    var names: Set<String> = []
    if token.kind == .sign(")") {
      try advance()
      return .structure([])
    }
    while true {
      let (documentation, position) = (token.documentation, token.position)
      guard case .word(let name) = token.kind, Self.isFieldName(name) else {
        throw unexpected("a name begins with a letter and has letters, digits and single \"_\"")
      }
      guard names.insert(name).inserted else { throw position.error("\(name) occurs twice") }
      try advance()
      if token.kind == .sign(":") {
        guard cases.isEmpty else { throw unexpected("the value of an enum has no type") }
        try advance()
        let type = try type(depth: depth + 1)
        fields.append(
          InterfaceDescription.Field(name: name, documentation: documentation, type: type))
      } else {
        guard fields.isEmpty else {
          throw unexpected("after \(name) there must be \":\" and a type")
        }
        cases.append(InterfaceDescription.Case(name: name, documentation: documentation))
      }
      if token.kind == .sign(")") { break }
      try expect(",", "after \(name) there must be \",\" or \")\"")
    }
    try advance()
    return cases.isEmpty ? .structure(fields) : .enumeration(cases)
  }

  private mutating func type(depth: Int) throws(InterfaceError) -> IDLType {
    guard depth <= InterfaceDescription.maximumDepth else {
      throw token.position.error(
        "more than \(InterfaceDescription.maximumDepth) types are nested")
    }
    switch token.kind {
    case .sign("?"):
      try advance()
      if token.kind == .sign("?") { throw unexpected("one \"?\" is enough") }
      return .nullable(try type(depth: depth + 1))
    case .sign("["):
      try advance()
      let isDictionary = token.kind == .word("string")
      if isDictionary { try advance() }
      try expect("]", "an array begins with [] and a dictionary with [string]")
      let element = try type(depth: depth + 1)
      return isDictionary ? .dictionary(element) : .array(element)
    case .sign("("):
      return try parenthesized(depth: depth)
    case .word(let word):
      let position = token.position
      try advance()
      switch word {
      case "bool": return .bool
      case "int": return .int
      case "float": return .float
      case "string": return .string
      case "object": return .object
      case "any": return .any
      default:
        guard Self.isMemberName(word) else {
          throw position.error(
            "\"\(word)\" is no type; types are bool, int, float, string, object, any, structs, "
              + "enums, and those declared with a capital letter")
        }
        uses.append((word, position))
        return .named(word)
      }
    default:
      throw unexpected("a type is missing")
    }
  }

  // MARK: Words

  private mutating func advance() throws(InterfaceError) {
    token = try lexer.next()
  }

  private mutating func expect(_ sign: String, _ rule: String) throws(InterfaceError) {
    guard token.kind == .sign(sign) else { throw unexpected(rule) }
    try advance()
  }

  private func unexpected(_ rule: String) -> InterfaceError {
    token.position.error("found \(token.text): \(rule)")
  }

  private static func isMemberName(_ name: String) -> Bool {
    guard let first = name.utf8.first, isCapital(first) else { return false }
    return name.utf8.allSatisfy(isAlphanumeric)
  }

  private static func isFieldName(_ name: String) -> Bool {
    guard let first = name.utf8.first, isLetter(first), name.utf8.last != UInt8(ascii: "_") else {
      return false
    }
    var previous = first
    for byte in name.utf8 {
      guard isAlphanumeric(byte) || (byte == UInt8(ascii: "_") && byte != previous) else {
        return false
      }
      previous = byte
    }
    return true
  }

  /// Whether this is a reverse domain name.
  private static func isInterfaceName(_ name: String) -> Bool {
    let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count > 1, let first = name.utf8.first, isLetter(first) else { return false }
    return parts.allSatisfy { part in
      guard let first = part.first, let last = part.last else { return false }
      return isAlphanumeric(first) && isAlphanumeric(last)
        && part.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
  }

  private static func isCapital(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    isCapital(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
