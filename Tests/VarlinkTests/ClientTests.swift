// The client against our own server over a socket, and against servers that mean no good.

import NDISPlatform
import Testing
import NDISVarlink

typealias Fixture = FixtureInterface

@Suite struct ClientTests {
  @Test func `calls, errors and several replies come back typed`() throws {
    try withServer(serveFixture) { client in
      _ = try client.call(Fixture.Ping.self, .init())
      let info = try client.call(VarlinkService.GetInfo.self, .init())
      #expect(info.interfaces == ["org.varlink.service", "org.example.fixture"])
      let failure = #expect(throws: VarlinkFailure.self) {
        try client.call(Fixture.Find.self, .init(by: .name))
      }
      #expect(failure?.declared(Fixture.NotFound.self) == Fixture.NotFound(name: "", near: ["a"]))
      #expect(failure?.declared(Fixture.Plain.self) == nil)
      #expect(
        failure?.description
          == #"the service answered org.example.fixture.NotFound {"name":"","near":["a"]}"#)

      var numbers: [Int] = []
      try client.callMore(Fixture.Count.self, .init(to: 20_000)) { output in
        numbers.append(output.number)
        return true
      }
      #expect(numbers == Array(1...20_000))
      try client.callOneway(Fixture.Ping.self, .init())
      _ = try client.call(Fixture.Ping.self, .init())
      #expect(try client.call("org.example.fixture.Ping") == JSONObject())
    }
  }

  @Test func `thousands of calls under way do not lock up both ends`() throws {
    try withServer(serveFixture) { client in
      let calls = try (0..<3000).map { _ throws(VarlinkFailure) in
        try client.start(
          VarlinkService.GetInterfaceDescription.self, .init(interface: "org.varlink.service"))
      }
      for call in calls {
        #expect(try client.finish(call).description == VarlinkService.description)
      }
    }
  }

  @Test func `answers may be fetched in any order, each once`() throws {
    try withServer(serveFixture) { client in
      let ping = try client.start(Fixture.Ping.self, .init())
      let count = try client.startMore(Fixture.Count.self, .init(to: 3))
      let info = try client.start(VarlinkService.GetInfo.self, .init())
      #expect(try client.finish(info).vendor == "v")
      #expect(client.isUnderWay(ping) && client.isUnderWay(count) && !client.isUnderWay(info))
      var numbers: [Int] = []
      while let output = try client.next(count) { numbers.append(output.number) }
      #expect(numbers == [1, 2, 3])
      _ = try client.finish(ping)
      #expect(throws: VarlinkFailure.self) { try client.finish(ping) }
      _ = try client.call(Fixture.Ping.self, .init())
    }
  }

  @Test func `who wants no more replies has its connection closed`() throws {
    try withServer(serveFixture) { client in
      var seen = 0
      try client.callMore(Fixture.Count.self, .init(to: 1_000_000)) { _ in
        seen += 1
        return seen < 3
      }
      #expect(seen == 3)
      #expect(throws: VarlinkFailure.disconnected) { try client.call(Fixture.Ping.self, .init()) }
    }
  }

  @Test func `an answer that does not come in time closes the connection`() throws {
    try withServer(timeoutMilliseconds: 20, serveFixture) { client in
      #expect(throws: VarlinkFailure.timedOut) { try client.call(Fixture.Wait.self, .init()) }
      #expect(throws: VarlinkFailure.disconnected) { try client.call(Fixture.Ping.self, .init()) }
    }
  }

  @Test func `looking for an answer does not wait`() throws {
    try withServer(serveFixture) { client in
      let waiting = try client.start(Fixture.Wait.self, .init())
      #expect(try client.nextIfThere(waiting) == nil)
      #expect(client.isUnderWay(waiting))
    }
    try withServer(serveFixture) { client in
      let ping = try client.start(Fixture.Ping.self, .init())
      while try client.nextIfThere(ping) == nil {}
      #expect(!client.isUnderWay(ping))
    }
  }

  @Test(
    arguments: [
      ("{\"parameters\":{},\"continues\":true}\0", "more than one answer"),
      ("[]\0", "a reply is an object"), ("\0", "the text ends"), ("{\"x\":1}\0", "no member \"x\""),
      ("{\"error\":\"a.b.C\",\"continues\":true}\0", "an error is the last reply"),
      ("{\"parameters\":{\"n\":1e999}}\0", "out of range"),
      ("{\"parameters\":", "in the middle of a message"),
    ])
  func `a server that does not speak Varlink is left`(answer: String, reason: String) throws {
    try withServer { socket in
      try socket.readMessages(1)
      try socket.writeAll(Array(answer.utf8))
    } _: { client in
      let failure = #expect(throws: VarlinkFailure.self) {
        try client.call(Fixture.Ping.self, .init())
      }
      #expect(failure?.description.contains(reason) == true, "\(String(describing: failure))")
      #expect(throws: VarlinkFailure.disconnected) { try client.call(Fixture.Ping.self, .init()) }
    }
  }

  @Test func `an answer of the wrong shape is named, and the connection is still good`() throws {
    try withServer { socket in
      try socket.readMessages(1)
      try socket.writeAll(Array("{\"parameters\":{\"done\":1}}\0".utf8))
      try socket.readMessages(1)
      try socket.writeAll(Array("{\"parameters\":{\"done\":true,\"future\":1}}\0".utf8))
    } _: { client in
      let failure = #expect(throws: VarlinkFailure.self) {
        try client.call(Fixture.Wait.self, .init())
      }
      #expect(
        failure?.description
          == "the answer to org.example.fixture.Wait: done is an int and should be a bool")
      let second = try client.call(Fixture.Wait.self, .init())
      #expect(second.done)
    }
  }

  @Test func `an endless message is not taken`() throws {
    try withServer(maximumMessage: 1 << 20) { socket in
      while try socket.writeAll([UInt8](repeating: UInt8(ascii: " "), count: 1 << 16)) {}
    } _: { client in
      let failure = #expect(throws: VarlinkFailure.self) {
        try client.call(Fixture.Ping.self, .init())
      }
      #expect(failure == .brokenProtocol("a message is longer than 1048576 bytes"))
    }
  }

  @Test func `endless answers to an earlier call are not put aside for ever`() throws {
    try withServer(maximumMessage: 1 << 16) { socket in
      try socket.readMessages(2)
      let answer = Array("{\"parameters\":{},\"continues\":true}\0".utf8)
      while try socket.writeAll(answer) {}
    } _: { client in
      _ = try client.startMore(Fixture.Watch.self, .init())
      let failure = #expect(throws: VarlinkFailure.self) {
        try client.call(Fixture.Ping.self, .init())
      }
      #expect(failure?.description.contains("put aside") == true, "\(String(describing: failure))")
    }
  }

  @Test func `a server that goes away is a plain failure`() throws {
    try withServer { _ in
    } _: { client in
      #expect(throws: VarlinkFailure.disconnected) { try client.call(Fixture.Ping.self, .init()) }
    }
    let path = "/tmp/no-such-directory/varlink"
    let failure = #expect(throws: VarlinkFailure.self) { try VarlinkClient.connect(path: path) }
    #expect(failure?.description.contains("No such file or directory") == true)
  }
}
