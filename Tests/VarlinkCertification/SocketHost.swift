// The smallest host of a Varlink server: one thread, one epoll. It shows what a host owes to its
// connections; the daemon's own does the same among its other work.

import NDISPlatform
import NDISVarlink

/// Serves a listener until it fails.
final class SocketHost {
  /// A client.
  private final class Client {
    let socket: StreamSocket
    let connection: VarlinkConnection
    var interest: Reactor.Events = .readable

    init(_ socket: consuming StreamSocket, _ server: VarlinkServer) throws {
      let peer = try socket.peerCredentials()
      self.socket = socket
      connection = VarlinkConnection(server: server, peer: peer)
    }
  }

  private let listener: StreamSocket
  private let server: VarlinkServer
  private var clients: [UInt64: Client] = [:]
  private var nextToken: UInt64 = 1
  private var reactor: Reactor

  init(listener: consuming StreamSocket, server: VarlinkServer) throws {
    self.listener = listener
    self.server = server
    reactor = try Reactor()
    try reactor.add(self.listener.descriptor.raw, .readable, token: 0)
  }

  /// Runs for ever.
  func run() throws -> Never {
    var ready: [Reactor.Ready] = []
    while true {
      let hasWork = clients.values.contains { $0.connection.wantsPump }
      try reactor.wait(timeoutMilliseconds: hasWork ? 0 : -1, into: &ready)
      for event in ready {
        if event.token == 0 {
          while let socket = try listener.accept() { try add(socket) }
        } else if let client = clients[event.token] {
          try read(client)
        }
      }
      for (token, client) in clients { try work(client, token) }
    }
  }

  private func add(_ socket: consuming StreamSocket) throws {
    let client = try Client(socket, server)
    let token = nextToken
    nextToken += 1
    try reactor.add(client.socket.descriptor.raw, .readable, token: token)
    clients[token] = client
  }

  private func read(_ client: Client) throws {
    guard client.connection.wantsInput else { return }
    let read = try client.connection.receive { (bytes) throws(SystemError) in
      try client.socket.read(appendingTo: &bytes)
    }
    if read == .closed { client.connection.inputDidEnd() }
  }

  private func work(_ client: Client, _ token: UInt64) throws {
    let connection = client.connection
    connection.pump()
    var isGone = false
    try connection.drain { (bytes) throws(SystemError) in
      guard !bytes.isEmpty else { return 0 }
      switch try client.socket.write(bytes) {
      case .bytes(let count): return count
      case .wouldBlock: return 0
      case .closed:
        isGone = true
        return 0
      }
    }
    guard !isGone, connection.endReason == nil else {
      connection.close()
      try reactor.remove(client.socket.descriptor.raw)
      clients[token] = nil
      return
    }
    var interest: Reactor.Events = []
    if connection.wantsInput { interest.insert(.readable) }
    if connection.pendingOutput > 0 { interest.insert(.writable) }
    if interest != client.interest {
      try reactor.modify(client.socket.descriptor.raw, interest, token: token)
      client.interest = interest
    }
  }
}
