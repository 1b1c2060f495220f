// The management plane's sockets: a listener and its connections in the daemon's reactor. Nothing here
// blocks; a client that does not read its replies is no longer read from, and the input of a client is
// limited.
//
// Limits: the number of connections is limited for each user and in total, further ones are closed
// immediately; the memory used for one connection is limited by `limits`. In one turn of the reactor the
// management plane gets about a millisecond, so that drivers are not delayed.

package import NDISManagementPlane
import NDISManagementInterface
package import NDISPlatform
package import NDISVarlink

/// Serves the management plane.
package final class ManagementSockets {
  let plane: ManagementPlane
  /// Runs in the turns of this plane.
  package var metrics: MetricsSocket?
  /// Nil: no client can connect, and only SIGHUP reaches the service.
  private let listener: StreamSocket?
  private let wakeup: Wakeup
  private var clients: [UInt64: Client] = [:]
  private var clientsByUser: [UInt32: Int] = [:]
  private var nextToken = ManagementSockets.firstClient
  /// Clients with pending work, in round-robin order.
  private var ready: [UInt64] = []
  /// Clients whose watched events may have changed.
  private var touched: [UInt64] = []
  /// When to resume accepting, in monotonic milliseconds; nil while accepting.
  private var resumeAt: UInt64?

  /// This bit is set in all tokens of this plane.
  static let bit: UInt64 = 1 << 63
  private static let listenerToken = bit | 1
  private static let wakeupToken = bit | 2
  private static let firstClient = bit | 16

  /// Maximum number of connections, for each user and in total.
  package static let clientsPerUser = 128
  package static let clientLimit = 512
  /// Calls are small, replies may be large.
  package static let limits = VarlinkConnection.Limits(
    message: 1 << 16, waiting: 1 << 16, lowWater: 1 << 16, output: 1 << 20, values: 1 << 12)
  /// The time slice in one turn of the reactor, in nanoseconds.
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

  /// Milliseconds until `turn` is due: 0 if immediately, nil if only after an event.
  var timeout: UInt64? {
    // Fast path: this is evaluated in every turn of the reactor, and most turns serve drivers.
    if isIdle, metrics?.deadline == nil { return nil }
    if !ready.isEmpty || !touched.isEmpty || plane.hasWork { return 0 }
    let now = MonotonicClock.milliseconds
    return [plane.deadline, resumeAt, metrics?.deadline].compactMap { $0 }.min().map {
      $0 > now ? $0 - now : 0
    }
  }

  /// No client is connected and no answer is in progress: apart from metrics, `turn` is idle.
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
        // There is no client to receive an answer.
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
        // No free descriptor or no memory: what remains is for drivers, and clients wait in the listen queue.
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
      // Any error ends the connection.
      (try? client.socket.read(appendingTo: &bytes, limit: 1 << 14)) ?? .closed
    }
    if outcome == .closed { client.connection.inputDidEnd() }
  }

  /// Marks a client as having pending work.
  private func note(_ token: UInt64) {
    guard let client = clients[token], !client.isReady else { return }
    client.isReady = true
    ready.append(token)
  }

  // MARK: Turns

  /// Advances answers, for at most about a millisecond.
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
        // Requeued behind the others if it has more work.
        if client.connection.wantsPump { note(token) }
        touched.append(token)
      }
      if MonotonicClock.nanoseconds >= end { break }
    }
    ready.removeFirst(done)
    flush(&reactor)
  }

  /// Writes pending output, and updates the events watched for each client.
  private func flush(_ reactor: inout Reactor) {
    let tokens = touched
    touched.removeAll(keepingCapacity: true)
    for token in tokens {
      guard let client = clients[token] else { continue }
      guard write(client), client.connection.endReason == nil else {
        drop(token, &reactor)
        continue
      }
      // Written output may have made space for more.
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

  /// Returns false if the client has disconnected.
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

  /// Sends final replies to waiting and monitoring clients as far as their socket buffers allow, and closes.
  func shutDown(_ reactor: inout Reactor) {
    plane.service.isStopping = true
    for _ in 0..<8 { turn(&reactor) }
    for token in Array(clients.keys) { drop(token, &reactor) }
  }
}
