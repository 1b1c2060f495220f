// The generator: its output for the fixture is compiled into these tests and used here; that it is
// what the generator writes today, `make varlink-check` sees to.

import Testing
import NDISVarlink

@testable import ndissim_varlink_generate

@Suite struct GeneratedCodeTests {
  private let thing = FixtureInterface.Thing(
    name: "n", weight: 1.5, colour: .darkGreen, shade: .light, position: .init(x: 1, y: 2),
    tags: ["a"], parts: [], attributes: ["k": "v"], matrix: [[1], []],
    history: [nil, .init(at: 1, what: "w")],
    in: true, members: 3)

  @Test func `a value is written under the names of its interface and reads back`() throws {
    #expect(
      thing.json.text
        == #"{"name":"n","weight":1.5,"colour":"dark_green","shade":"light","position":{"x":1,"y":2},"#
        + #""tags":["a"],"parts":[],"attributes":{"k":"v"},"matrix":[[1],[]],"#
        + #""history":[null,{"at":1,"what":"w"}],"in":true,"members":3}"#)
    #expect(try FixtureInterface.Thing(json: thing.json) == thing)
  }

  @Test func `members nobody knows are passed over, and null is the same as absent`() throws {
    var object = try JSONObject(json: thing.json)
    object["future"] = ["x": 1]
    object["snake_case"] = .null
    #expect(try FixtureInterface.Thing(json: .object(object)) == thing)
  }

  @Test func `what is missing or wrong is named with its path`() throws {
    var object = try JSONObject(json: thing.json)
    object["history"] = [nil, ["at": "x"]]
    object["position"] = ["x": 1]
    #expect(message(object) == "position.y is missing")
    object["position"] = ["x": 1, "y": 2]
    #expect(message(object) == "history[1].at is a string and should be an int")
    object["colour"] = "pi\u{1B}nk"
    #expect(
      message(object)
        == "colour is \"pi\\u001bnk\" and should be one of red, dark_green, BLUE, default, self")
    object["colour"] = nil
    #expect(message(object) == "colour is missing")
  }

  private func message(_ object: JSONObject) -> String {
    do throws(JSONMismatch) {
      _ = try FixtureInterface.Thing(json: .object(object))
      return ""
    } catch { return error.description }
  }

  @Test func `methods and errors carry their full names`() {
    #expect(FixtureInterface.Find.name == "org.example.fixture.Find")
    #expect(FixtureInterface.TypeValue.name == "org.example.fixture.Type")
    #expect(FixtureInterface.NotFound.name == "org.example.fixture.NotFound")
    #expect(FixtureInterface.Find.Input(by: .weight).json.text == #"{"by":"weight"}"#)
  }

  @Test(
    arguments: [
      ("type A (b: B) type B (a: ?A)", "contains itself"),
      ("type A (a_b: int, aB: int)", "become aB"), ("type A (a_b, aB)", "become aB"),
      ("type Type () error TypeValue ()", "become TypeValue"),
    ])
  func `what has no counterpart in Swift is refused`(members: String, reason: String) throws {
    let interface = try InterfaceDescription(parsing: "interface a.b \(members)")
    let error = #expect(throws: GeneratorError.self) {
      try Generator.swift(for: interface, source: "", fileName: "x", access: "public")
    }
    #expect(error?.description.contains(reason) == true)
  }

  @Test func `a type may contain itself in an array`() throws {
    let interface = try InterfaceDescription(
      parsing: "interface a.b type A (b: ?[]A, c: [string]A)")
    _ = try Generator.swift(for: interface, source: "", fileName: "x", access: "public")
  }

  @Test(
    arguments: [
      ("log_level", "logLevel"), ("URL", "url"), ("URLPath", "urlPath"), ("NO_SUCH", "noSuch"),
      ("in", "`in`"), ("json", "jsonValue"), ("a_1", "a1"), ("x", "x"),
    ])
  func `names become Swift's`(name: String, expected: String) {
    #expect(SwiftNames.value(name) == expected)
  }
}
