// Clients that mean no good: whatever they send or do not read costs bounded memory and ends at most
// their own connection, with a reason.

import Testing
import NDISVarlink

private let ping = #"{"method":"org.example.fixture.Ping"}"#

@Suite struct HostileClientTests {
  @Test func `a message without an end ends the connection at the limit`() throws {
    let exchange = try Exchange()
    let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
    var sent = 0
    while exchange.connection.wantsInput, sent < 1 << 24 {
      exchange.connection.receive(chunk)
      sent += chunk.count
    }
    #expect(exchange.connection.endReason == "a message is longer than 1048576 bytes")
    #expect(sent <= (1 << 20) + 2 * chunk.count)
  }

  @Test func `a message of exactly the limit is read`() throws {
    let limits = VarlinkConnection.Limits(message: ping.utf8.count)
    #expect(try Exchange(limits: limits).ask(ping) == ["{}"])
    let over = try Exchange(limits: limits)
    #expect(over.ask(ping + " ").isEmpty)
    #expect(over.connection.endReason != nil)
  }

  @Test(
    arguments: [
      ("", "the text ends"), ("[]", "a call is an object"), ("{}", "without a method"),
      (#"{"method":1}"#, "\"method\" of a call is an int"),
      (#"{"method":"a.b.C","x":1}"#, "a call has no member \"x\""),
      (#"{"method":"a.b.C","parameters":[]}"#, "\"parameters\" of a call is an array"),
      (#"{"method":"a.b.C","more":1}"#, "\"more\" of a call is an int"),
      (#"{"method":"a.b.C","more":true,"oneway":true}"#, "more than one of"),
      (#"{"method":"a.b.C","method":"a.b.D"}"#, "twice"),
      (#"{"method":"a.b.C","parameters":{"n":9223372036854775808}}"#, "out of range"),
      (#"{"method":"a.b.C"} trailing"#, "something follows"),
      (
        "{\"method\":\"" + String(repeating: "x", count: 513) + "\"}",
        "the name of a method has 513"
      ),
      (String(repeating: "[", count: 65), "are nested"),
      (String(repeating: "{\"a\":", count: 200_000), "are nested"),
      ("[" + String(repeating: "{},", count: 100_000) + "{}]", "more than 16384 values"),
    ])
  func `what is no call ends the connection, and the good ones before it are answered`(
    message: String, reason: String
  ) throws {
    let exchange = try Exchange()
    #expect(exchange.ask(ping, message, ping) == ["{}"])
    let end = try #require(exchange.connection.endReason)
    #expect(end.contains(reason), "\(end)")
    #expect(exchange.fixture.pings == 1)
    #expect(!exchange.connection.wantsInput && !exchange.connection.wantsPump)
  }

  @Test func `bad UTF-8 ends the connection`() throws {
    let exchange = try Exchange()
    exchange.connection.receive(Array(#"{"method":""#.utf8) + [0xC0, 0xAF] + Array("\"}\0".utf8))
    exchange.work()
    #expect(exchange.connection.endReason?.contains("UTF-8") == true)
  }

  @Test func `members with a dot in their names are extensions and passed over`() throws {
    #expect(
      try Exchange().ask(#"{"method":"org.example.fixture.Ping","io.systemd.x":1}"#) == ["{}"])
  }

  @Test func `a flood of NULs ends with the first`() throws {
    let exchange = try Exchange()
    exchange.connection.receive([UInt8](repeating: 0, count: 1 << 20))
    exchange.work()
    #expect(exchange.connection.endReason != nil)
    #expect(exchange.read().isEmpty)
  }

  @Test func `thousands of calls at once are served in turns, within the limits`() throws {
    let exchange = try Exchange()
    let burst = Array((ping + "\0").utf8)
    let total = 40_000
    var sent = 0
    var answered = 0
    var turns = 0
    while answered < total {
      turns += 1
      while sent < total, exchange.connection.wantsInput {
        exchange.connection.receive(burst)
        sent += 1
      }
      let before = exchange.fixture.pings
      exchange.connection.pump(budget: 64)
      #expect(exchange.fixture.pings - before <= 64)
      answered += exchange.read().count
    }
    #expect(exchange.fixture.pings == total && turns >= total / 64)
  }

  @Test func `calls that nobody reads the answers of are not made`() throws {
    let exchange = try Exchange()
    let call =
      #"{"method":"org.varlink.service.GetInterfaceDescription","#
      + #""parameters":{"interface":"org.example.fixture"}}"#
    var sent = 0
    while exchange.connection.wantsInput {
      exchange.send(call)
      sent += 1
      exchange.work()
    }
    #expect(sent > 1000)
    #expect(
      exchange.connection.pendingOutput < (1 << 16) + 2 * FixtureInterface.description.utf8.count)
    // And all of it is answered once it is read.
    var answered = 0
    while answered < sent {
      exchange.work()
      answered += exchange.read().count
    }
    #expect(answered == sent && exchange.connection.wantsInput)
  }

  @Test func `events for a client that does not read are counted and it is told`() throws {
    let limits = VarlinkConnection.Limits(output: 1000)
    let exchange = try Exchange(limits: limits)
    exchange.send(#"{"method":"org.example.fixture.Watch","more":true}"#)
    exchange.work()
    let call = try #require(exchange.fixture.waiting.first)
    func push(_ number: Int64) -> VarlinkCall.Outcome {
      call.push { dropped in
        dropped == 0
          ? ["number": .int(number)] : ["number": .int(number), "dropped": .int(Int64(dropped))]
      }
    }
    var room = 0
    call.onRoom = { room += 1 }
    var accepted = 0
    for number in 0..<100_000 where push(Int64(number)) == .accepted { accepted += 1 }
    #expect(accepted > 5 && accepted < 50)
    #expect(call.dropped == 100_000 - accepted)
    #expect(exchange.connection.pendingOutput < 1100)
    #expect(room == 0)
    #expect(exchange.read().count == accepted)
    #expect(room == 1)
    #expect(push(7) == .accepted)
    #expect(
      exchange.read()
        == [#"{"parameters":{"number":7,"dropped":\#(100_000 - accepted)},"continues":true}"#])
    #expect(call.dropped == 0)
  }

  @Test func `replies for a client that does not read end its connection`() throws {
    let exchange = try Exchange(limits: .init(output: 1000))
    exchange.send(#"{"method":"org.example.fixture.Watch","more":true}"#)
    exchange.work()
    let call = try #require(exchange.fixture.waiting.first)
    var accepted = 0
    while call.reply(["number": 1], continues: true) == .accepted, accepted < 1000 { accepted += 1 }
    #expect(accepted < 50)
    #expect(exchange.connection.endReason?.contains("does not read") == true)
    #expect(exchange.fixture.cancelled == 1 && call.isFinished)
  }

  @Test(arguments: 1...300) func `random bytes never do more than end the connection`(seed: UInt64)
    throws
  {
    var generator = Generator64(seed: seed)
    let exchange = try Exchange()
    var bytes = Array((ping + "\0").utf8)
    for _ in 0..<8 {
      // A call with a few bytes changed, or noise.
      if Bool.random(using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[index] = UInt8.random(in: 0...255, using: &generator)
      } else {
        bytes = (0..<Int.random(in: 1..<80, using: &generator)).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        }
      }
      exchange.connection.receive(bytes)
      exchange.work()
      for reply in exchange.read() { _ = try JSON(parsing: reply) }
      if exchange.connection.endReason != nil { return }
    }
  }

  @Test func `splitting a call anywhere makes no difference`() throws {
    let bytes = Array((ping + "\0" + ping + "\0").utf8)
    for split in 0...bytes.count {
      let exchange = try Exchange()
      exchange.connection.receive(bytes[..<split])
      exchange.work()
      exchange.connection.receive(bytes[split...])
      exchange.work()
      #expect(exchange.read() == ["{}", "{}"])
    }
  }
}
