// The server without a socket: what is answered to what, in which order, and when nothing is.

import Testing
import NDISVarlink

private let prefix = #"{"method":"org.example.fixture."#

@Suite struct ServerTests {
  @Test func `org varlink service says what there is`() throws {
    let exchange = try Exchange()
    #expect(
      exchange.ask(#"{"method":"org.varlink.service.GetInfo","parameters":{}}"#) == [
        #"{"parameters":{"vendor":"v","product":"p","version":"1","url":"https://example.org","#
          + #""interfaces":["org.varlink.service","org.example.fixture"]}}"#
      ])
    let answer = exchange.ask(
      #"{"method":"org.varlink.service.GetInterfaceDescription","#
        + #""parameters":{"interface":"org.example.fixture"}}"#)
    let reply = try JSON(parsing: try #require(answer.first))
    #expect(reply["parameters"]?["description"] == .string(FixtureInterface.description))
    #expect(
      exchange.ask(
        #"{"method":"org.varlink.service.GetInterfaceDescription","#
          + #""parameters":{"interface":"a.b"}}"#) == [
          #"{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"a.b"}}"#
        ])
    let own = try InterfaceDescription(parsing: VarlinkService.description)
    #expect(own.members.count == 8)
  }

  @Test(
    arguments: [
      (#"{"method":"a.b.C"}"#, #"InterfaceNotFound","parameters":{"interface":"a.b"}}"#),
      (#"{"method":"nodot"}"#, #"InterfaceNotFound","parameters":{"interface":"nodot"}}"#),
      (
        prefix + #"None"}"#, #"MethodNotFound","parameters":{"method":"org.example.fixture.None"}}"#
      ),
      (
        prefix + #"Missing"}"#,
        #"MethodNotImplemented","parameters":{"method":"org.example.fixture.Missing"}}"#
      ),
      (
        prefix + #"Ping","upgrade":true}"#,
        #"MethodNotImplemented","parameters":{"method":"org.example.fixture.Ping"}}"#
      ),
      (
        prefix + #"Ping","parameters":{"x":1}}"#,
        #"InvalidParameter","parameters":{"parameter":"x"}}"#
      ),
      (prefix + #"Find","parameters":{}}"#, #"InvalidParameter","parameters":{"parameter":"by"}}"#),
      (prefix + #"Find"}"#, #"InvalidParameter","parameters":{"parameter":"by"}}"#),
      (
        prefix + #"Find","parameters":{"by":"x"}}"#,
        #"InvalidParameter","parameters":{"parameter":"by"}}"#
      ),
      (
        prefix + #"Find","parameters":{"by":"name","name":1}}"#,
        #"InvalidParameter","parameters":{"parameter":"name"}}"#
      ),
      (
        prefix + #"Count","parameters":{"to":1.5},"more":true}"#,
        #"InvalidParameter","parameters":{"parameter":"to"}}"#
      ),
      (prefix + #"Count","parameters":{"to":1}}"#, #"ExpectedMore"}"#),
    ])
  func `a call that cannot be served is told why`(call: String, answer: String) throws {
    #expect(try Exchange().ask(call) == [#"{"error":"org.varlink.service."# + answer])
  }

  @Test func `a declared error carries its parameters, and permission depends on the peer`() throws
  {
    let find = prefix + #"Find","parameters":{"by":"name","name":null}}"#
    #expect(
      try Exchange().ask(find) == [
        #"{"error":"org.example.fixture.NotFound","parameters":{"name":"","near":["a"]}}"#
      ])
    let named = prefix + #"Find","parameters":{"by":"name","name":"n"}}"#
    #expect(
      try Exchange().ask(named) == [
        #"{"parameters":{"things":[],"position":{"string":{"value":"n","position":{"z":1}}}}}"#
      ])
    #expect(
      try Exchange(userID: 7).ask(named) == [#"{"error":"org.varlink.service.PermissionDenied"}"#])
  }

  @Test func `calls are answered in order, and a call that waits holds up those behind it`() throws
  {
    let exchange = try Exchange()
    #expect(exchange.ask(prefix + #"Wait"}"#, prefix + #"Ping"}"#, prefix + #"None"}"#).isEmpty)
    #expect(exchange.fixture.pings == 0)
    var told = 0
    exchange.connection.onWork = { told += 1 }
    let call = try #require(exchange.fixture.waiting.first)
    call.reply(["done": true])
    #expect(told > 0 && exchange.connection.wantsPump)
    exchange.work()
    #expect(
      exchange.read() == [
        #"{"parameters":{"done":true}}"#, "{}",
        #"{"error":"org.varlink.service.MethodNotFound","#
          + #""parameters":{"method":"org.example.fixture.None"}}"#,
      ])
    // Answered is answered.
    #expect(call.isFinished && call.reply([:]) == .refused && call.fail("a.b.C") == .refused)
    #expect(exchange.read().isEmpty)
  }

  @Test func `an answer from a handler's own turn does not run the next call inside it`() throws {
    let exchange = try Exchange()
    for _ in 0..<10 { exchange.send(prefix + #"Ping"}"#) }
    exchange.connection.pump(budget: 4)
    #expect(exchange.fixture.pings == 4)
    #expect(exchange.connection.wantsPump)
    exchange.connection.pump(budget: 100)
    #expect(exchange.fixture.pings == 10)
    #expect(!exchange.connection.wantsPump)
  }

  @Test func `a oneway call gets no answer, not even an error`() throws {
    let exchange = try Exchange()
    #expect(
      exchange.ask(
        prefix + #"Ping","oneway":true}"#, prefix + #"None","oneway":true}"#,
        prefix + #"Wait","oneway":true}"#
      ).isEmpty)
    #expect(exchange.fixture.pings == 1)
    exchange.fixture.waiting.first?.reply(["done": true])
    #expect(exchange.ask(prefix + #"Ping"}"#) == ["{}"])
  }

  @Test func `several replies go only to a client that asked for more`() throws {
    let exchange = try Exchange()
    #expect(exchange.ask(prefix + #"Watch"}"#).isEmpty)
    let single = try #require(exchange.fixture.waiting.first)
    #expect(single.reply(["number": 1], continues: true) == .refused)
    #expect(single.push { _ in ["number": 1] } == .refused)
    #expect(single.reply(["number": 2]) == .accepted)
    #expect(exchange.read() == [#"{"parameters":{"number":2}}"#])

    #expect(exchange.ask(prefix + #"Watch","more":true}"#).isEmpty)
    let several = try #require(exchange.fixture.waiting.last)
    #expect(several.reply(["number": 1], continues: true) == .accepted)
    #expect(several.push { _ in ["number": 2] } == .accepted)
    #expect(several.reply(["number": 3]) == .accepted)
    #expect(
      exchange.read() == [
        #"{"parameters":{"number":1},"continues":true}"#,
        #"{"parameters":{"number":2},"continues":true}"#, #"{"parameters":{"number":3}}"#,
      ])
  }

  @Test func `a stream is produced only as it is read`() throws {
    let limits = VarlinkConnection.Limits(lowWater: 1000)
    let exchange = try Exchange(limits: limits)
    exchange.send(prefix + #"Count","parameters":{"to":1000000},"more":true}"#)
    exchange.work()
    let first = exchange.fixture.steps
    #expect(first > 1 && first < 50)
    #expect(exchange.connection.pendingOutput < 1100)
    // Not asked again before somebody reads.
    exchange.connection.pump()
    #expect(exchange.fixture.steps == first)

    var seen = exchange.read().count
    while seen < 5000 {
      exchange.work()
      #expect(exchange.connection.pendingOutput < 1100)
      let replies = exchange.read()
      #expect(!replies.isEmpty)
      seen += replies.count
    }
    exchange.connection.close()
    #expect(exchange.connection.endReason == "closed")
  }

  @Test func `a stream that ends lets the next call through`() throws {
    let exchange = try Exchange()
    let answers = exchange.ask(
      prefix + #"Count","parameters":{"to":3},"more":true}"#, prefix + #"Ping"}"#)
    #expect(
      answers == [
        #"{"parameters":{"number":1},"continues":true}"#,
        #"{"parameters":{"number":2},"continues":true}"#, #"{"parameters":{"number":3}}"#, "{}",
      ])
  }

  @Test func `a stream that has nothing rests until it is told to go on`() throws {
    let exchange = try Exchange()
    var items: [JSONObject] = []
    var asked = 0
    try exchange.fixture.server.on(FixtureInterface.Watch.name) { call in
      exchange.fixture.waiting.append(call)
      call.stream {
        asked += 1
        return items.isEmpty ? .later : .reply(items.removeFirst())
      }
    }
    #expect(exchange.ask(prefix + #"Watch","more":true}"#).isEmpty)
    #expect(asked == 1 && !exchange.connection.wantsPump)
    items = [["number": 1]]
    exchange.fixture.waiting.first?.resume()
    #expect(exchange.connection.wantsPump)
    exchange.work()
    #expect(exchange.read() == [#"{"parameters":{"number":1},"continues":true}"#])
    #expect(asked == 3)
    exchange.connection.close()
  }

  @Test func `a client that goes cancels its call`() throws {
    let exchange = try Exchange()
    _ = exchange.ask(prefix + #"Wait"}"#)
    let call = try #require(exchange.fixture.waiting.first)
    exchange.connection.close()
    #expect(exchange.fixture.cancelled == 1)
    #expect(call.isFinished && call.reply(["done": true]) == .refused)
    #expect(exchange.connection.pendingOutput == 0)
  }

  @Test func `a connection that is let go leaves a harmless call behind`() throws {
    var exchange: Exchange? = try Exchange()
    let fixture = try #require(exchange?.fixture)
    _ = exchange?.ask(prefix + #"Wait"}"#)
    exchange = nil
    #expect(fixture.waiting.first?.reply(["done": true]) == .refused)
  }

  @Test func `a client that will send no more gets its answers first`() throws {
    let exchange = try Exchange()
    exchange.send(prefix + #"Ping"}"#, prefix + #"Wait"}"#)
    exchange.connection.inputDidEnd()
    exchange.work()
    #expect(exchange.connection.endReason == nil)
    exchange.fixture.waiting.first?.reply(["done": true])
    #expect(exchange.connection.endReason == nil)
    #expect(exchange.read() == ["{}", #"{"parameters":{"done":true}}"#])
    #expect(exchange.connection.endReason == "closed")

    let cut = try Exchange()
    cut.connection.receive(Array("{".utf8))
    cut.connection.inputDidEnd()
    #expect(cut.connection.endReason == "the client ended in the middle of a message")
  }

  @Test func `what cannot be registered is named`() throws {
    let server = try FixtureServer().server
    func message(_ body: () throws(VarlinkServer.RegistryError) -> Void) -> String {
      do throws(VarlinkServer.RegistryError) {
        try body()
        return ""
      } catch { return error.description }
    }
    #expect(
      message { () throws(VarlinkServer.RegistryError) in
        try server.add(FixtureInterface.description)
      }.contains("served already"))
    #expect(
      message { () throws(VarlinkServer.RegistryError) in try server.add("interface x") }.contains(
        "line 1, column 11"))
    #expect(
      message { () throws(VarlinkServer.RegistryError) in try server.on("a.b.C") { _ in } }
        .contains("a.b.C"))
  }
}
