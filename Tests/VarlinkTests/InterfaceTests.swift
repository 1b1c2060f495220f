// The interface description language: what it means, what is wrong with a wrong one and where.

import Testing
import NDISVarlink

@Suite struct InterfaceTests {
  @Test func `the fixture is read with its comments where they belong`() throws {
    let interface = try InterfaceDescription(parsing: FixtureInterface.description)
    #expect(interface.name == "org.example.fixture")
    #expect(interface.documentation.hasSuffix("\\(more).\n\nThe second paragraph."))
    let colour = try #require(interface.members.first)
    #expect(colour.documentation == "What a thing is like.")
    guard case .type(.enumeration(let cases)) = colour.kind else {
      Issue.record("Colour is no enum")
      return
    }
    #expect(cases.map(\.name) == ["red", "dark_green", "BLUE", "default", "self"])
    #expect(cases.map(\.documentation) == ["Like blood.", "", "", "", ""])
    guard case .structure(let fields)? = interface.type(named: "Thing") else {
      Issue.record("Thing is no struct")
      return
    }
    #expect(fields[0].documentation == "Its name.")
    #expect(fields[1].type == .nullable(.int))
    #expect(fields[2].documentation.isEmpty)
    #expect(fields[9].type == .array(.array(.int)))
    #expect(interface.members.last?.kind == .error([]))
  }

  @Test func `what is printed reads back the same`() throws {
    let interface = try InterfaceDescription(parsing: FixtureInterface.description)
    let again = try InterfaceDescription(parsing: interface.text)
    #expect(again == interface)
    #expect(again.text == interface.text)
  }

  @Test func `the least that can be written is enough`() throws {
    let interface = try InterfaceDescription(
      parsing: "interface a.b method A()->()method B(x:?[]?[string](y:(u,v)))->()error E()#end")
    #expect(interface.members.map(\.name) == ["A", "B", "E"])
    guard case .method(let input, _) = interface.members[1].kind else {
      Issue.record("B is no method")
      return
    }
    let inner = InterfaceDescription.Field(
      name: "y", type: .enumeration([.init(name: "u"), .init(name: "v")]))
    #expect(input.first?.type == .nullable(.array(.nullable(.dictionary(.structure([inner]))))))
    #expect(try InterfaceDescription(parsing: interface.text) == interface)
  }

  @Test func `carriage returns at the ends of lines are white space`() throws {
    let interface = try InterfaceDescription(
      parsing: "# A\r\ninterface a.b\r\n\r\n# B\r\nmethod C() -> ()\r\n")
    #expect(interface.documentation == "A")
    #expect(interface.members.first?.documentation == "B")
  }

  @Test(
    arguments: [
      ("", 1, 1, "begins with the word interface"), ("interface foo", 1, 11, "named like"),
      ("interface a.b\ntype x (a: int)", 2, 6, "the first a capital"),
      ("interface a.b\ntype X int", 2, 8, "a struct or an enum"),
      ("interface a.b\ntype X (a: itn)", 2, 12, "is no type"),
      ("interface a.b\ntype X (a: Y)", 2, 12, "there is no type Y"),
      ("interface a.b\nmethod Y() -> ()\ntype X (a: Y)", 3, 12, "there is no type Y"),
      ("interface a.b\ntype X (a: ??int)", 2, 13, "one \"?\" is enough"),
      ("interface a.b\ntype X (a: int, a: int)", 2, 17, "a occurs twice"),
      ("interface a.b\ntype X (a: int, b)", 2, 18, "there must be \":\" and a type"),
      ("interface a.b\ntype X (b, a: int)", 2, 13, "has no type"),
      ("interface a.b\ntype X (a: int,)", 2, 16, "a name begins with a letter"),
      ("interface a.b\ntype X (a: int", 2, 15, "must be \",\" or \")\""),
      ("interface a.b\ntype X (a_: int)", 2, 9, "a name begins"),
      ("interface a.b\ntype X (a__b: int)", 2, 9, "a name begins"),
      ("interface a.b\ntype X (a: [int]int)", 2, 13, "an array begins with []"),
      ("interface a.b\nmethod X() ()", 2, 12, "an arrow"),
      ("interface a.b\nmethod X(a, b) -> ()", 2, 9, "cannot be an enum"),
      ("interface a.b\ntype X (a: int)\nerror X ()", 3, 1, "declared twice"),
      ("interface a.b\ntype X (ä: int)", 2, 9, "plain ASCII"),
      ("interface a.b\ntype X (a: int;)", 2, 15, "has no meaning"),
      ("interface a.b\n# \u{1B}[31m", 2, 3, "control character"),
      ("interface a..b", 1, 11, "named like"), ("interface a.-b", 1, 11, "named like"),
      ("interface 1.b", 1, 11, "named like"),
    ])
  func `what is wrong is named with its place`(text: String, line: Int, column: Int, reason: String)
  {
    let error = #expect(throws: InterfaceError.self) { try InterfaceDescription(parsing: text) }
    #expect(error?.line == line && error?.column == column, "\(String(describing: error))")
    #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
  }

  @Test func `nesting has its limit`() {
    let arrays = String(repeating: "[]", count: 100_000)
    let structs = String(repeating: "(a:", count: 100_000)
    for text in [arrays, structs] {
      let error = #expect(throws: InterfaceError.self) {
        try InterfaceDescription(parsing: "interface a.b type X (a: \(text)int)")
      }
      #expect(error?.reason.contains("are nested") == true)
    }
  }

  @Test(arguments: 1...300) func `a description with one byte changed is read or refused`(
    seed: UInt64
  ) {
    var generator = Generator64(seed: seed)
    var bytes = Array(FixtureInterface.description.utf8)
    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
      in: 0..<128, using: &generator)
    let text = String(decoding: bytes, as: UTF8.self)
    if let interface = try? InterfaceDescription(parsing: text) {
      #expect((try? InterfaceDescription(parsing: interface.text)) == interface)
    }
  }
}
