// The daemon's one thread: an epoll reactor over the listening socket, the connections and the signals.
// It reads a packet, lets the switchboard do its turn, writes what comes of it, and never waits for a
// peer. When descriptors run out it stops accepting, answers those it has, and tries again; the spare
// descriptor lets it turn the next caller away instead of spinning. A struct that is never copied: of a
// class's properties every use would be checked for exclusivity while the daemon runs.

import NDISDriverInterface
package import NDISManagementPlane
package import NDISDriverPlane
import CNDIS
package import NDISConfiguration
import NDISEvents
import NDIS
package import NDISPlatform
package import NDISServiceManager
import NDISSimulator

/// Serves the driver plane until a signal ends it.
@safe package struct Server: ~Copyable {
  private let switchboard: Switchboard
  private let listener: PacketSocket
  private let signals: Signals
  private let sink: EventSink
  private let link: ServiceManagerLink
  /// Also notified of every event.
  private let recorder: EventRecorder
  private let management: ManagementSockets?
  private let limits: Limits
  private var reactor: Reactor
  private var spare: Spare
  private var peers = PeerTable()
  private var connectionsByUser: [UInt32: Int] = [:]
  private var acceptPaused = false
  private let buffer: UnsafeMutableRawBufferPointer
  /// What happened to peers in the middle of a turn.
  private let notes = DeferredPeerEvents()
  private var lastStatus = ""
  private var lastCounters = Statistics()
  private var statusDue: UInt64 = 0
  /// Whether anything happened since the status was computed last.
  private var isStatusOld = true
  /// When the watchdog was last pinged.
  private var lastPing: UInt64 = 0

  /// How much one user or connection may have of the server itself.
  package struct Limits: Sendable {
    /// Connections of one user, with or without a session.
    package var connectionsPerUser: Int
    /// Packets that may wait for one connection.
    package var outboxPackets: Int

    package init(_ values: ConfigurationValues) {
      connectionsPerUser = Int(clamping: values.connectionsPerUser)
      outboxPackets = Int(clamping: values.outboxPackets)
    }
  }

  private static let listenerToken: UInt64 = 1
  private static let signalsToken: UInt64 = 2
  private static let storedToken: UInt64 = 3

  package init(
    switchboard: Switchboard, listener: consuming PacketSocket, signals: consuming Signals,
    sink: EventSink, link: ServiceManagerLink, recorder: EventRecorder,
    management: ManagementSockets? = nil, limits: Limits = Limits(ConfigurationValues())
  ) throws(SystemError) {
    var reactor = try Reactor()
    let spare = try Spare()
    try reactor.add(listener.descriptor.raw, .readable, token: Server.listenerToken)
    try reactor.add(signals.descriptor.raw, .readable, token: Server.signalsToken)
    try reactor.add(link.kept.descriptor.raw, .readable, token: Server.storedToken)
    try management?.watch(&reactor)
    self.init(
      switchboard, listener, signals, sink, link, recorder, management, limits, reactor, spare)
  }

  /// Cannot fail: what may not be copied is not taken apart again when something throws.
  private init(
    _ switchboard: Switchboard, _ listener: consuming PacketSocket, _ signals: consuming Signals,
    _ sink: EventSink, _ link: ServiceManagerLink, _ recorder: EventRecorder,
    _ management: ManagementSockets?,
    _ limits: Limits, _ reactor: consuming Reactor, _ spare: consuming Spare
  ) {
    self.recorder = recorder
    self.management = management
    self.limits = limits
    self.switchboard = switchboard
    self.listener = listener
    self.signals = signals
    self.sink = sink
    self.link = link
    self.reactor = reactor
    self.spare = spare
    unsafe buffer = .allocate(byteCount: Int(NDISSIM_MAXIMUM_MESSAGE), alignment: 64)
  }

  deinit { unsafe buffer.deallocate() }

  /// Why `run` has ended.
  package enum End {
    /// SIGTERM or SIGINT, by name: everything is to be ended in order.
    case stop(String)
    /// SIGUSR2: another process resumes with everything.
    case handOver
  }

  /// Runs until a signal ends it.
  package mutating func run() throws(SystemError) -> End {
    var ready: [Reactor.Ready] = []
    ready.reserveCapacity(64)
    var received = ReceivedDescriptors(closesInBackground: true)
    while true {
      try reactor.wait(timeoutMilliseconds: timeout, into: &ready)
      notes.isBatching = ready.count > 1
      for event in ready {
        switch event.token {
        case Server.listenerToken: try acceptAll()
        case Server.signalsToken:
          if let end = try nextSignal() { return end }
        case Server.storedToken:
          _ = try link.kept.drain()
          switchboard.descriptorsStored()
        case let token where token & ManagementSockets.bit != 0:
          management?.serve(event, &reactor)
        default: serve(event, &received)
        }
      }
      notes.flushBatch()
      switchboard.tick()
      if !notes.isEmpty { processDeferredEvents() }
      management?.turn(&reactor)
      if acceptPaused { resumeAccepting() }
      reportStatus()
      pingWatchdog()
    }
  }

  /// Work left: at once. Open upcalls have deadlines: a tick. Else until something happens.
  private var timeout: Int32 {
    let nextWakeup = switchboard.nextWakeup
    if nextWakeup == .immediate || !notes.isEmpty { return 0 }
    let own: Int32 = nextWakeup == .timer || acceptPaused || statusDue > 0 ? 20 : -1
    var waits = [own]
    if let due = management?.timeout { waits.append(Int32(clamping: due)) }
    if let silence = link.watchdogMilliseconds { waits.append(Int32(clamping: silence / 3)) }
    return waits.filter { $0 >= 0 }.min() ?? -1
  }

  private mutating func nextSignal() throws(SystemError) -> End? {
    while let signal = try signals.next() {
      switch signal {
      case .terminate: return .stop("SIGTERM")
      case .interrupt: return .stop("SIGINT")
      // Without somebody to hand over to it is an end like any other.
      case .handOver: return link.keepsDescriptors ? .handOver : .stop("SIGUSR2")
      case .hangUp: management?.plane.service.reload()
      }
    }
    return nil
  }

  // MARK: Accepting

  private mutating func acceptAll() throws(SystemError) {
    for _ in 0..<64 {
      do throws(SystemError) {
        guard let socket = try listener.accept() else { return }
        adopt(socket)
      } catch {
        // No descriptor or no memory; the listener would stay readable and keep the reactor awake.
        try pauseAccepting()
        return
      }
    }
  }

  /// Takes over a connection that has outlived an earlier process. One whose session is not known is ended: the
  /// service manager drops it then.
  package mutating func adopt(connection descriptor: consuming Descriptor, inode: UInt64) {
    let socket = PacketSocket(adopting: descriptor)
    guard let credentials = try? socket.peerCredentials(), let token = peers.nextToken else {
      _ = try? socket.shutdown()
      link.remove(DescriptorName.connection)
      return
    }
    let peer = SocketPeer(
      socket: socket, token: token, outboxLimit: limits.outboxPackets, notes: notes)
    let connection = DriverConnection(
      peer: peer, pid: credentials.processID, uid: credentials.userID)
    guard (try? reactor.add(peer.socket.descriptor.raw, .readable, token: token)) != nil,
      switchboard.adopt(connection, socket: inode)
    else {
      try? reactor.remove(peer.socket.descriptor.raw)
      _ = try? peer.socket.shutdown()
      link.remove(DescriptorName.connection)
      return
    }
    peers.insert(peer, connection)
    connectionsByUser[credentials.userID, default: 0] += 1
  }

  private mutating func adopt(_ socket: consuming PacketSocket) {
    guard let credentials = try? socket.peerCredentials() else { return }
    let open = connectionsByUser[credentials.userID, default: 0]
    guard open < limits.connectionsPerUser else {
      tell(
        .sessionRefused(
          Party(pid: credentials.processID, uid: credentials.userID),
          Failure(
            .resources, .quotaSessions, UInt64(open), UInt64(limits.connectionsPerUser))))
      return
    }
    guard let token = peers.nextToken else { return }
    let peer = SocketPeer(
      socket: socket, token: token, outboxLimit: limits.outboxPackets, notes: notes)
    let connection = DriverConnection(
      peer: peer, pid: credentials.processID, uid: credentials.userID)
    guard (try? reactor.add(peer.socket.descriptor.raw, .readable, token: token)) != nil else {
      return
    }
    peers.insert(peer, connection)
    connectionsByUser[credentials.userID] = open + 1
  }

  /// No descriptor is left: callers wait in the listening socket's queue until some are free again.
  private mutating func pauseAccepting() throws(SystemError) {
    guard !acceptPaused else { return }
    acceptPaused = true
    try reactor.remove(listener.descriptor.raw)
    let count = UInt64(peers.count)
    tell(.connectionsPaused(open: count, limit: count))
  }

  private mutating func resumeAccepting() {
    // Somebody must have gone, else the next accept would fail as the last one did.
    guard spare.isHeld || spare.refill() else { return }
    let probe = spare.spend { (try? listener.accept()) ?? nil }
    if let probe { adopt(probe) }
    guard spare.refill() else { return }
    guard
      (try? reactor.add(listener.descriptor.raw, .readable, token: Server.listenerToken)) != nil
    else { return }
    acceptPaused = false
    tell(.connectionsResumed)
  }

  private func tell(_ event: Event) {
    sink.post(event)
    recorder.record(event)
  }

  // MARK: Connections

  private mutating func serve(_ event: Reactor.Ready, _ received: inout ReceivedDescriptors) {
    guard let (peer, connection) = peers.find(event.token) else { return }
    if event.events.contains(.writable) {
      peer.flush()
      if !peer.isBlocked {
        try? reactor.modify(peer.socket.descriptor.raw, .readable, token: peer.token)
      }
    }
    // Both directions are shut: a peer that is blocked will never take its answers.
    if peer.isBlocked, !event.events.isDisjoint(with: [.hungUp, .failed]) {
      end(peer, connection, reason: "the connection was closed")
      return
    }
    if !event.events.isDisjoint(with: [.readable, .hungUp, .failed]) {
      let isReplaying = connection.replayBudget > 0
      read(peer, connection, &received)
      if isReplaying, connection.replayBudget == 0, peer.isBlocked {
        notes.blocked.append(peer.token)
      }
    }
  }

  private mutating func read(
    _ peer: SocketPeer, _ connection: DriverConnection, _ received: inout ReceivedDescriptors
  ) {
    isStatusOld = true
    let wanted = peer.readBudget.limit
    if wanted > 1 { notes.isBatching = true }
    var found = 0
    while found < wanted {
      // A peer that does not take its answers is not asked for more questions.
      guard !peer.isClosing, !peer.isBlocked || connection.replayBudget > 0 else { return }
      let outcome: PacketSocket.Received
      do throws(SystemError) {
        outcome = try unsafe peer.socket.receive(into: buffer, descriptors: &received)
      } catch {
        end(peer, connection, reason: "\(error)")
        return
      }
      switch outcome {
      case .wouldBlock:
        peer.readBudget.turnEnded(found: found, drained: true)
        return
      case .closed:
        end(peer, connection, reason: "the connection was closed")
        return
      case .message(let length, let truncated, _, let controlTruncated):
        let size = unsafe min(length, buffer.count)
        unsafe switchboard.receive(
          connection, UnsafeRawBufferPointer(rebasing: buffer[..<size]), truncated: truncated,
          controlTruncated: controlTruncated, &received)
        received.clear()
        found += 1
        if connection.replayBudget > 0 { connection.replayBudget -= 1 }
      }
    }
    peer.readBudget.turnEnded(found: found, drained: false)
  }

  private func end(_ peer: SocketPeer, _ connection: DriverConnection, reason: String) {
    switchboard.closed(connection, reason: reason)
    notes.closing.append(peer.token)
  }

  /// Peers that were blocked, and connections whose end was decided, in the middle of a turn.
  private mutating func processDeferredEvents() {
    for token in notes.takeBlocked() {
      guard let (peer, connection) = peers.find(token), peer.isBlocked else { continue }
      // Only until it takes its answers: a peer that is not read from must not keep the reactor awake.
      let interest: Reactor.Events =
        connection.replayBudget > 0 ? [.readable, .writable] : .writable
      try? reactor.modify(peer.socket.descriptor.raw, interest, token: token)
    }
    for token in notes.takeClosing() {
      guard let (peer, connection) = peers.find(token) else { continue }
      if peer.overflowed, !connection.isClosed {
        switchboard.closed(
          connection,
          reason: Failure(
            .failure, .outboxFull, UInt64(limits.outboxPackets),
            UInt64(limits.outboxPackets)
          ).sentence)
      }
      switchboard.closed(connection, reason: "the connection was ended")
      try? reactor.remove(peer.socket.descriptor.raw)
      _ = try? peer.socket.shutdown()
      peers.remove(token)
      let left = connectionsByUser[connection.uid, default: 1] - 1
      connectionsByUser[connection.uid] = left > 0 ? left : nil
    }
  }

  // MARK: Status and end

  /// At most twice a second: a status that nobody could read would cost more than the work it describes.
  private mutating func reportStatus() {
    guard isStatusOld || statusDue > 0 || switchboard.hasWork else { return }
    let now = MonotonicClock.milliseconds
    if statusDue == 0 { statusDue = now + 500 }
    guard now >= statusDue else { return }
    statusDue = 0
    isStatusOld = false
    let counters = switchboard.statistics
    guard counters != lastCounters else { return }
    lastCounters = counters
    let text =
      "\(counters.sessions) sessions, \(counters.adapters) adapters, "
      + "\(counters.blocks) blocks, \(counters.violations) violations, "
      + "\(counters.leakedBlocks) leaks"
    guard text != lastStatus else { return }
    lastStatus = text
    link.status(text)
  }

  /// Pings the service manager's watchdog: this thread alone does, for a daemon whose reactor is
  /// stuck is to be killed, whatever else still runs.
  private mutating func pingWatchdog() {
    guard let silence = link.watchdogMilliseconds else { return }
    let now = MonotonicClock.milliseconds
    guard now &- lastPing >= silence / 4 else { return }
    lastPing = now
    link.pingWatchdog()
  }

  /// Notifies every client, reclaims what they held, closes.
  package mutating func shutDown() {
    let link = link
    var said = MonotonicClock.milliseconds
    switchboard.shutDown {
      let now = MonotonicClock.milliseconds
      guard now &- said >= 1_000 else { return }
      said = now
      // Still ending: two seconds more from now, if the time allowed should be over.
      link.extend(milliseconds: 2_000)
      link.pingWatchdog()
    }
    management?.shutDown(&reactor)
    peers.removeAll { _ = try? $0.socket.shutdown() }
  }
}
