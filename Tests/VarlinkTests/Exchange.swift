// A server of the fixture and one connection to it, without a socket: what goes in is said, what
// comes out is looked at.

import NDISPlatform
import Testing
import NDISVarlink

/// What the handlers of the tests share.
final class FixtureServer {
  let server: VarlinkServer
  /// Calls of Wait and Watch that are not finished.
  var waiting: [VarlinkCall] = []
  var cancelled = 0
  var pings = 0
  /// How often a stream was asked for its next piece.
  var steps = 0

  init() throws {
    server = try VarlinkServer(
      .init(vendor: "v", product: "p", version: "1", url: "https://example.org"))
    try server.add(FixtureInterface.description)
    try server.on(FixtureInterface.Ping.self) { [unowned self] call in
      pings += 1
      call.reply(.init())
    }
    try server.on(FixtureInterface.Find.self) { call in
      guard let name = call.input.name else {
        call.fail(FixtureInterface.NotFound(name: "", near: ["a"]))
        return
      }
      guard call.peer.userID == 0 else {
        call.fail(VarlinkService.PermissionDenied())
        return
      }
      call.reply(
        .init(things: [], position: .init(string: .init(value: name, position: .init(z: 1)))))
    }
    try server.on(FixtureInterface.Wait.name) { [unowned self] call in
      waiting.append(call)
      call.onCancel = { [unowned self] in cancelled += 1 }
    }
    try server.on(FixtureInterface.Count.self, needsMore: true) { [unowned self] call in
      var number = 0
      call.stream { [unowned self] in
        steps += 1
        number += 1
        return number < call.input.to ? .reply(.init(number: number)) : .last(.init(number: number))
      }
    }
    try server.on(FixtureInterface.Watch.name) { [unowned self] call in
      waiting.append(call)
      call.onCancel = { [unowned self] in cancelled += 1 }
    }
  }
}

/// A client's view of a connection.
final class Exchange {
  let fixture: FixtureServer
  let connection: VarlinkConnection

  init(limits: VarlinkConnection.Limits = .init(), userID: UInt32 = 0) throws {
    fixture = try FixtureServer()
    connection = VarlinkConnection(
      server: fixture.server,
      peer: StreamSocket.Peer(processID: 1, userID: userID, groupID: 3), limits: limits)
  }

  /// Sends messages, each with its NUL.
  func send(_ messages: String...) {
    for message in messages { connection.receive(Array(message.utf8) + [0]) }
  }

  /// Lets the server work until it has nothing to do.
  func work() {
    while connection.wantsPump { connection.pump() }
  }

  /// What has come out since the last time, message by message.
  func read() -> [String] {
    var all: [UInt8] = []
    connection.drain { bytes in
      all += bytes
      return bytes.count
    }
    #expect(all.isEmpty || all.last == 0)
    return all.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Sends, lets the server work, reads.
  func ask(_ messages: String...) -> [String] {
    for message in messages { send(message) }
    work()
    return read()
  }
}
