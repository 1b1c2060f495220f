// The management plane's sockets: a listener and its connections in the daemon's reactor. Nothing here
// waits; a client that does not read is not asked, and one that sends without end is not read from.
//
// Limits: connections of one user and of all are bounded, what is above is closed at once; what one
// connection can make the daemon hold is in `limits`. In one turn of the reactor all of management gets
// about a millisecond, so that drivers are not held up.

package import NDISManagementPlane
import NDISManagementInterface
package import NDISPlatform
package import NDISVarlink

/// Serves the management plane.
package final class ManagementSockets {
  let plane: ManagementPlane
  /// Shares the turns of this plane.
  package var metrics: MetricsSocket?
  /// None: nobody can connect, and only SIGHUP reaches the service.
  private let listener: StreamSocket?
  private let wakeup: Wakeup
  private var clients: [UInt64: Client] = [:]
  private var clientsByUser: [UInt32: Int] = [:]
  private var nextToken = ManagementSockets.firstClient
  /// Clients with a turn to take, in the order they are to have it.
  private var ready: [UInt64] = []
  /// Clients whose interest may have changed.
  private var touched: [UInt64] = []
  /// When to accept again: monotonic milliseconds; nil while accepting.
  private var resumeAt: UInt64?

  /// Tokens of this plane have this bit.
  static let bit: UInt64 = 1 << 63
  private static let listenerToken = bit | 1
  private static let wakeupToken = bit | 2
  private static let firstClient = bit | 16

  /// Connections of one user, and of all.
  package static let clientsPerUser = 128
  package static let clientLimit = 512
  /// Calls are small; replies are what is long.
  package static let limits = VarlinkConnection.Limits(
    message: 1 << 16, waiting: 1 << 16, lowWater: 1 << 16, output: 1 << 20, values: 1 << 12)
  /// Of one turn of the reactor, in nanoseconds.
  private static let turn: UInt64 = 1_000_000

  private final class Client {
    let socket: StreamSocket
    let connection: VarlinkConnection
    let uid: UInt32
    var interest: Reactor.Events = .readable
    var isReady = false

    init(_ socket: consuming StreamSocket, _ connection: VarlinkConnection, uid: UInt32) {
      self.socket = socket
      self.connection = connection
      self.uid = uid
    }
  }

  package init(plane: ManagementPlane, listener: consuming StreamSocket?) throws(SystemError) {
    self.plane = plane
    self.listener = listener
    let wakeup = try Wakeup()
    self.wakeup = wakeup
    plane.service.host.wake = { wakeup.wake() }
  }

  func watch(_ reactor: inout Reactor) throws(SystemError) {
    if let listener = listeningDescriptor {
      try reactor.add(listener, .readable, token: ManagementSockets.listenerToken)
    }
    try metrics?.watch(&reactor)
    try reactor.add(wakeup.descriptor.raw, .readable, token: ManagementSockets.wakeupToken)
  }

  private var listeningDescriptor: Int32? {
    switch listener {
    case .some(let listener): listener.descriptor.raw
    case .none: nil
    }
  }

  private func nextConnection() throws(SystemError) -> StreamSocket? {
    switch listener {
    case .some(let listener): try listener.accept()
    case .none: nil
    }
  }

  // MARK: Time

  /// Milliseconds until `turn` has something to do: 0 for at once, nil for when something happens.
  var timeout: UInt64? {
    // Asked at every turn of the reactor, which are the drivers' mostly.
    if isIdle, metrics?.deadline == nil { return nil }
    if !ready.isEmpty || !touched.isEmpty || plane.hasWork { return 0 }
    let now = MonotonicClock.milliseconds
    return [plane.deadline, resumeAt, metrics?.deadline].compactMap { $0 }.min().map {
      $0 > now ? $0 - now : 0
    }
  }

  /// No client is connected and nothing is outstanding: but for the metrics, `turn` has nothing to do.
  private var isIdle: Bool {
    clients.isEmpty && resumeAt == nil && !plane.service.isReloading
  }

  // MARK: Events

  func serve(_ event: Reactor.Ready, _ reactor: inout Reactor) {
    switch event.token {
    case let token where token & MetricsSocket.bit != 0: metrics?.serve(event, &reactor)
    case ManagementSockets.listenerToken: accept(&reactor)
    case ManagementSockets.wakeupToken: _ = try? wakeup.drain()
    default:
      guard let client = clients[event.token] else { return }
      if !event.events.isDisjoint(with: [.hungUp, .failed]) {
        // There is no client to read an answer.
        drop(event.token, &reactor)
        return
      }
      if event.events.contains(.readable) { read(client) }
      touched.append(event.token)
      note(event.token)
    }
  }

  private func accept(_ reactor: inout Reactor) {
    for _ in 0..<16 {
      do throws(SystemError) {
        guard let socket = try nextConnection() else { return }
        try adopt(socket, &reactor)
      } catch {
        // No descriptor, no memory: drivers need what there is; callers wait in the queue.
        if let listener = listeningDescriptor { try? reactor.remove(listener) }
        resumeAt = MonotonicClock.milliseconds + 100
        return
      }
    }
  }

  private func adopt(
    _ socket: consuming StreamSocket, _ reactor: inout Reactor
  ) throws(SystemError) {
    guard let peer = try? socket.peerCredentials() else { return }
    let open = clientsByUser[peer.userID, default: 0]
    guard open < ManagementSockets.clientsPerUser, clients.count < ManagementSockets.clientLimit
    else { return }
    let token = nextToken
    nextToken += 1
    let connection = VarlinkConnection(
      server: plane.server, peer: peer, limits: ManagementSockets.limits)
    connection.onWork = { [weak self] in self?.note(token) }
    let client = Client(socket, connection, uid: peer.userID)
    try reactor.add(client.socket.descriptor.raw, .readable, token: token)
    clients[token] = client
    clientsByUser[peer.userID] = open + 1
  }

  private func read(_ client: Client) {
    guard client.connection.wantsInput else { return }
    let outcome = client.connection.receive { bytes in
      // Any error is the end of the connection.
      (try? client.socket.read(appendingTo: &bytes, limit: 1 << 14)) ?? .closed
    }
    if outcome == .closed { client.connection.inputDidEnd() }
  }

  /// A client has something to do.
  private func note(_ token: UInt64) {
    guard let client = clients[token], !client.isReady else { return }
    client.isReady = true
    ready.append(token)
  }

  // MARK: Turns

  /// Continues answers, for about a millisecond at most.
  func turn(_ reactor: inout Reactor) {
    metrics?.turn(&reactor)
    guard !isIdle else { return }
    resume(&reactor)
    let end = MonotonicClock.nanoseconds + ManagementSockets.turn
    plane.turn(until: end)
    var done = 0
    while done < ready.count {
      let token = ready[done]
      done += 1
      if let client = clients[token] {
        client.isReady = false
        client.connection.pump(budget: 1)
        // Behind the others, if it has more to do.
        if client.connection.wantsPump { note(token) }
        touched.append(token)
      }
      if MonotonicClock.nanoseconds >= end { break }
    }
    ready.removeFirst(done)
    flush(&reactor)
  }

  /// Writes what there is to write, and watches for what each client needs next.
  private func flush(_ reactor: inout Reactor) {
    let tokens = touched
    touched.removeAll(keepingCapacity: true)
    for token in tokens {
      guard let client = clients[token] else { continue }
      guard write(client), client.connection.endReason == nil else {
        drop(token, &reactor)
        continue
      }
      // What was written may have freed space for more.
      if client.connection.wantsPump { note(token) }
      var interest: Reactor.Events = []
      if client.connection.wantsInput { interest.insert(.readable) }
      if client.connection.pendingOutput > 0 { interest.insert(.writable) }
      guard interest != client.interest else { continue }
      client.interest = interest
      do throws(SystemError) {
        try reactor.modify(client.socket.descriptor.raw, interest, token: token)
      } catch { drop(token, &reactor) }
    }
  }

  /// False when the client is gone.
  private func write(_ client: Client) -> Bool {
    guard client.connection.pendingOutput > 0 else { return true }
    var isThere = true
    client.connection.drain { bytes in
      switch try? client.socket.write(bytes) {
      case .bytes(let count): return count
      case .wouldBlock: return 0
      case .closed, nil:
        isThere = false
        return 0
      }
    }
    return isThere
  }

  private func drop(_ token: UInt64, _ reactor: inout Reactor) {
    guard let client = clients.removeValue(forKey: token) else { return }
    client.connection.close()
    try? reactor.remove(client.socket.descriptor.raw)
    let left = clientsByUser[client.uid, default: 1] - 1
    clientsByUser[client.uid] = left > 0 ? left : nil
  }

  private func resume(_ reactor: inout Reactor) {
    guard let at = resumeAt, MonotonicClock.milliseconds >= at,
      let listener = listeningDescriptor
    else { return }
    let added: Void? = try? reactor.add(
      listener, .readable, token: ManagementSockets.listenerToken)
    resumeAt = added == nil ? MonotonicClock.milliseconds + 100 : nil
  }

  /// Lets those who wait and watch see the end, as far as their sockets take it, and closes.
  func shutDown(_ reactor: inout Reactor) {
    plane.service.isStopping = true
    for _ in 0..<8 { turn(&reactor) }
    for token in Array(clients.keys) { drop(token, &reactor) }
  }
}
