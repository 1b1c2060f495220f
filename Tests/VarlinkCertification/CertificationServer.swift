// Our server for somebody else's client: answers what the certification says and refuses what comes
// out of turn or is not what it answered before.

import NDISVarlink

/// The certification's clients and how far each one is.
final class CertificationServer {
  private var expected: [String: String] = [:]
  private var clients = 0

  private static let pi = 3.141592653589793
  private static let text = "a lot of string"
  private static let replies = (1...10).map { "Reply number \($0)" }
  private static let map = ["foo": "Foo", "bar": "Bar"]
  private static var mytype: Certification.MyType {
    Certification.MyType(
      object: [
        "method": "org.varlink.certification.Test09",
        "parameters": ["map": ["foo": "Foo", "bar": "Bar"]],
      ],
      enum: .two, struct: .init(first: 1, second: "2"), array: ["one", "two", "three"],
      dictionary: map, stringset: ["one": .init(), "two": .init(), "three": .init()],
      interface: .init(
        foo: [nil, ["foo": .foo, "bar": .bar], nil, ["one": .foo, "two": .bar]],
        anon: .init(foo: true, bar: false)))
  }

  /// Makes the server; `self` must live as long.
  func makeServer() throws -> VarlinkServer {
    let server = try VarlinkServer(
      .init(
        vendor: "ndissim", product: "Varlink certification", version: "1",
        url: "https://varlink.org"))
    try server.add(Certification.description)
    try server.on(Certification.Start.self) { [self] call in
      clients += 1
      let id = "client-\(clients)"
      expected[id] = "Test01"
      call.reply(.init(clientId: id))
    }
    try register(server, Certification.Test01.self, "Test02", \.clientId) { _ in
      true
    } answer: {
      .init(bool: true)
    }
    try register(server, Certification.Test02.self, "Test03", \.clientId) {
      $0.bool
    } answer: {
      .init(int: 1)
    }
    try register(server, Certification.Test03.self, "Test04", \.clientId) {
      $0.int == 1
    } answer: {
      .init(float: 1)
    }
    try register(server, Certification.Test04.self, "Test05", \.clientId) {
      $0.float == 1
    } answer: {
      .init(string: "ping")
    }
    try register(server, Certification.Test05.self, "Test06", \.clientId) {
      $0.string == "ping"
    } answer: {
      .init(bool: false, int: 2, float: Self.pi, string: Self.text)
    }
    try register(server, Certification.Test06.self, "Test07", \.clientId) {
      !$0.bool && $0.int == 2 && $0.float == Self.pi && $0.string == Self.text
    } answer: {
      .init(struct: .init(bool: false, int: 2, float: Self.pi, string: Self.text))
    }
    try register(server, Certification.Test07.self, "Test08", \.clientId) {
      $0.struct == .init(bool: false, int: 2, float: Self.pi, string: Self.text)
    } answer: {
      .init(map: Self.map)
    }
    try register(server, Certification.Test08.self, "Test09", \.clientId) {
      $0.map == Self.map
    } answer: {
      .init(set: ["one": .init(), "two": .init(), "three": .init()])
    }
    try register(server, Certification.Test09.self, "Test10", \.clientId) {
      Set($0.set.keys) == ["one", "two", "three"]
    } answer: {
      .init(mytype: Self.mytype)
    }
    try server.on(Certification.Test10.self, needsMore: true) { [self] call in
      guard take(call, call.input.clientId, "Test10", "Test11", call.input.mytype == Self.mytype)
      else { return }
      var left = Self.replies[...]
      call.stream {
        guard let next = left.popFirst() else { return .later }
        return left.isEmpty ? .last(.init(string: next)) : .reply(.init(string: next))
      }
    }
    try server.on(Certification.Test11.self) { [self] call in
      let isRight = call.call.isOneway && call.input.lastMoreReplies == Self.replies
      guard take(call, call.input.clientId, "Test11", "End", isRight) else { return }
      call.reply(.init())
    }
    try register(server, Certification.End.self, nil, \.clientId) { _ in
      true
    } answer: {
      .init(allOk: true)
    }
    return server
  }

  private func register<Method: VarlinkMethod>(
    _ server: VarlinkServer, _ method: Method.Type, _ next: String?,
    _ id: KeyPath<Method.Input, String>, isRight: @escaping (Method.Input) -> Bool,
    answer: @escaping () -> Method.Output
  ) throws {
    let name = String(Method.name.split(separator: ".").last ?? "")
    try server.on(method) { [self] call in
      guard take(call, call.input[keyPath: id], name, next, isRight(call.input)) else { return }
      call.reply(answer())
    }
  }

  /// Whether it is this client's turn to call this method, with these parameters; if not the call is
  /// answered and the client has to start again.
  private func take<Method: VarlinkMethod>(
    _ call: TypedCall<Method>, _ id: String, _ name: String, _ next: String?, _ isRight: Bool
  ) -> Bool {
    guard let turn = expected[id] else {
      call.fail(Certification.ClientIdError())
      return false
    }
    guard turn == name, isRight else {
      expected[id] = nil
      call.fail(
        Certification.CertificationError(
          wants: ["method": .string(turn)],
          got: ["method": .string(name), "parameters": .object(call.call.parameters)]))
      return false
    }
    expected[id] = next
    return true
  }
}
