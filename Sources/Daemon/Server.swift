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
  let switchboard: Switchboard
  let listener: PacketSocket
  let signals: Signals
  let sink: EventSink
  let link: ServiceManagerLink
  /// Also notified of every event.
  let recorder: EventRecorder
  let management: ManagementSockets?
  let limits: Limits
  var reactor: Reactor
  var spare: Spare
  var peers = PeerTable()
  var connectionsByUser: [UInt32: Int] = [:]
  var acceptPaused = false
  let buffer: UnsafeMutableRawBufferPointer
  /// What happened to peers in the middle of a turn.
  let notes = DeferredPeerEvents()
  var lastStatus = ""
  var lastCounters = Statistics()
  var statusDue: UInt64 = 0
  /// Whether anything happened since the status was computed last.
  var isStatusOld = true
  /// When the watchdog was last pinged.
  var lastPing: UInt64 = 0

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

  static let listenerToken: UInt64 = 1
  static let signalsToken: UInt64 = 2
  static let storedToken: UInt64 = 3

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
  var timeout: Int32 {
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
}
