// The daemon's main thread: an epoll reactor over the listening socket, the connections and the signals. It
// reads a packet, passes it to the switchboard as a turn, and writes the results without ever blocking on a
// peer. When no descriptor is free it stops accepting, serves the existing connections, and tries again; the
// reserve descriptor lets it reject the next client instead of spinning. A noncopyable struct: a class would
// check exclusive access to its properties at run time.

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
  /// Records every event, besides the log.
  let recorder: EventRecorder
  let management: ManagementSockets?
  let limits: Limits
  var reactor: Reactor
  var spare: Spare
  var peers = PeerTable()
  var connectionsByUser: [UInt32: Int] = [:]
  var acceptPaused = false
  let buffer: UnsafeMutableRawBufferPointer
  /// Events of peers that occurred during a turn.
  let notes = DeferredPeerEvents()
  var lastStatus = ""
  var lastCounters = Statistics()
  var statusDue: UInt64 = 0
  /// Whether an event occurred since the status was computed.
  var isStatusOld = true
  /// When the watchdog was last pinged.
  var lastPing: UInt64 = 0

  /// Limits on the server's own resources.
  package struct Limits: Sendable {
    /// Maximum number of connections of one user, with or without a session.
    package var connectionsPerUser: Int
    /// Maximum number of packets queued for one connection.
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
    try reactor.add(link.stored.descriptor.raw, .readable, token: Server.storedToken)
    try management?.watch(&reactor)
    self.init(
      switchboard, listener, signals, sink, link, recorder, management, limits, reactor, spare)
  }

  /// Does not throw: a partially initialized noncopyable value cannot be destroyed on a throw.
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

  /// Why `run` returned.
  package enum End {
    /// SIGTERM or SIGINT, by name: orderly shutdown.
    case stop(String)
    /// SIGUSR2: another process resumes all sessions.
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
          _ = try link.stored.drain()
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

  /// Pending work: 0. Outstanding upcalls with deadlines: a tick. Otherwise no timeout.
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
      // Without a descriptor store it is an ordinary shutdown.
      case .handOver: return link.keepsDescriptors ? .handOver : .stop("SIGUSR2")
      case .hangUp: management?.plane.service.reload()
      }
    }
    return nil
  }
}
