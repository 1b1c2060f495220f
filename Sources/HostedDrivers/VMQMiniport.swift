// `vmq`, a miniport that runs in the daemon, so that an overlying driver can be developed without another
// process. It uses the same interface as every miniport: handlers that are called, routines that it calls. It
// is a value that only reacts to events: a handler is called, a call completes, time passes; each returns the
// driver's next steps.
//
// Every turn ends with `taken`, which reads the state and does what is possible now. So nothing depends on a
// program counter, and the state, which is plain bytes, is all that has to be saved.

import NDISDriverInterface
public import NDIS

/// A hosted miniport: one driver with one adapter.
public struct VMQMiniport: Sendable {
  public let settings: VMQSettings
  var state = VMQState()
  /// The default queue, then the nondefault queues or VPorts.
  var queues: [VMQQueue]
  var filters: [VMQFilter] = []
  /// The steps of the current turn.
  var steps: [DriverStep] = []
  /// Calls without a reply.
  var openCalls = 0
  /// Limit of concurrent calls for memory and frames: it never exceeds the host's limit for one driver, and
  /// deferred work is state, not a queued step.
  static let maximumOpenCalls = 40

  /// A miniport that has not started. Settings out of bounds are clamped.
  public init(_ settings: VMQSettings) {
    self.settings = settings.clamped
    let count = Int(self.settings.hasSwitch ? self.settings.vports : self.settings.queues)
    queues = Array(repeating: VMQQueue(), count: 1 + count)
  }

  // MARK: Events

  /// DriverEntry.
  public mutating func start() -> [DriverStep] {
    guard state.driverState == .new else { return [] }
    state.driverState = .registering
    call(.register, .registerMiniportDriver(characteristics))
    return taken()
  }

  /// Unloads the driver.
  public mutating func stop() -> [DriverStep] {
    state.isToLeave = true
    return taken()
  }

  /// One of its handlers is called.
  public mutating func called(_ upcall: DriverUpcall) -> [DriverStep] {
    switch UpcallType(rawValue: upcall.type) {
    case .initializeEx: initialize(upcall)
    case .restart: restart(upcall)
    case .pause: pause(upcall)
    case .haltEx: halt(upcall)
    case .shutdownEx:
      // From here on no NDIS routine may be called.
      state.adapterState = .shutdown
      answer(upcall.id, .success)
    case .devicePnPEventNotify:
      if upcall.argument == PnPEvent.surpriseRemoved.rawValue { state.isRemoved = true }
      answer(upcall.id, .success)
    case .oidRequest: request(upcall)
    case .cancelOIDRequest:
      if let oid = upcall.oid, oid.handle == state.request.handle {
        state.request.isCancelled = true
      }
      answer(upcall.id, .success)
    case .returnNetBufferLists:
      for number in upcall.returned { returned(number) }
      answer(upcall.id, .success)
    default: answer(upcall.id, .success)
    }
    return taken()
  }

  /// A call it made has completed.
  public mutating func replied(_ reply: DriverReply) -> [DriverStep] {
    openCalls = max(0, openCalls - 1)
    let index = Int(truncatingIfNeeded: reply.tag >> 8)
    guard let made = VMQCall(rawValue: UInt8(truncatingIfNeeded: reply.tag)) else { return [] }
    switch made {
    case .register, .addAdapter, .deregister: driverReplied(made, reply)
    case .setAttributes, .setGeneral, .setHardwareAssist, .registerDMA, .deregisterDMA:
      setUpReplied(made, reply)
    case .memory: if queues.indices.contains(index) { memoryReplied(index, reply) }
    case .indicateStatus: stopIndicated()
    case .indicateReceive: if queues.indices.contains(index) { indicated(index, reply) }
    // NDIS rejects a completion only if it has ended the call itself.
    case .completeOID, .completePause, .completeRestart: break
    }
    return taken()
  }

  /// Time has passed; `now` in milliseconds.
  public mutating func passed(now: UInt64) -> [DriverStep] {
    for index in queues.indices { letFramesComeDue(index, now) }
    return taken()
  }

  // MARK: Inspection

  /// Whether its adapter is up and running.
  public var isRunning: Bool { state.isUp && state.adapterState == .running }

  /// Whether its adapter was added and has not been removed, in any state.
  public var isUp: Bool { state.isUp }

  /// Why its adapter could not be added.
  public var failure: Failure? { state.failure.status == .success ? nil : state.failure }

  /// Whether its driver has deregistered: the last event.
  public var isGone: Bool { state.driverState == .gone }

  /// Whether `passed` should be called soon.
  public var needsTime: Bool {
    settings.framesPerSecond > 0 && state.adapterState == .running
      && queues.contains { $0.receives }
  }

  /// The adapter, null before it is initialized and after it has been halted.
  public var adapter: Handle { state.adapter }

  /// Counters of one queue or VPort.
  public struct Counters: Sendable, Hashable {
    public var id: UInt32
    /// Whether it receives frames.
    public var receives: Bool
    /// Buffers in its memory, and those that are indicated and not returned.
    public var buffers: UInt32
    public var out: UInt32
    /// Frames indicated, and frames dropped for lack of a buffer.
    public var indicated: UInt64
    public var dropped: UInt64
  }

  /// Counters of the default queue and of allocated ones, unordered.
  public var counters: [Counters] {
    queues.filter { $0.kind != .free }.map {
      Counters(
        id: $0.id, receives: state.adapterState == .running && $0.receives, buffers: $0.buffers,
        out: $0.out.count, indicated: $0.indicated, dropped: $0.dropped)
    }
  }

  // MARK: Steps

  /// Does what is possible now and returns the turn's steps.
  mutating func taken() -> [DriverStep] {
    var isMoving = true
    while isMoving {
      isMoving = false
      for index in queues.indices where advanceMemory(index) { isMoving = true }
      if advanceRequest() { isMoving = true }
      if advanceAdapter() { isMoving = true }
    }
    for index in queues.indices { receive(index) }
    defer { steps.removeAll() }
    return steps
  }

  mutating func call(
    _ kind: VMQCall, of queue: Int = 0, in context: UInt64 = 0, _ request: Request,
    writes: [MemoryWrite] = []
  ) {
    openCalls += 1
    steps.append(
      .call(
        DriverCall(tag: kind.tag(queue), context: context, request: request, writes: writes)))
  }

  mutating func answer(_ upcall: UInt64, _ status: Status) {
    steps.append(.answer(upcall: upcall, ProviderAnswer(status: status)))
  }
}

/// State of a hosted miniport, apart from its queues.
struct VMQState: BitwiseCopyable {
  enum Driver: UInt8 { case new, registering, registered, leaving, gone }
  enum Adapter: UInt8 {
    case halted, initializing, paused, running, pausing, halting, shutdown
  }
  /// Progress of MiniportInitializeEx.
  enum SetUp: UInt8 { case none, attributes, hardwareAssist, dma, memory, undoing, general }

  var driverState = Driver.new
  var adapterState = Adapter.halted
  var setUp = SetUp.none
  /// To be unloaded as soon as possible.
  var isToLeave = false
  /// ADD_ADAPTER has succeeded.
  var isUp = false
  /// Removed by surprise.
  var isRemoved = false
  /// Not in D0.
  var isAsleep = false
  /// DMA is being deregistered.
  var isDeregistering = false
  /// OID_NIC_SWITCH_CREATE_SWITCH has succeeded.
  var hasSwitch = false
  var driver = Handle.null
  var adapter = Handle.null
  var dma = Handle.null
  /// The open MiniportInitializeEx or MiniportHaltEx.
  var handler: UInt64 = 0
  /// The open MiniportPause; 0 after PENDING.
  var pauseUpcall: UInt64 = 0
  var request = VMQRequest()
  var failure = Failure(.success, .none)

  // General objects.
  static let maximumMulticastAddresses = 16
  /// Interrupt moderation is disabled.
  var isUnmoderated = false
  var packetFilter: UInt32 = 0
  /// 0: not set.
  var lookahead: UInt32 = 0
  var multicastCount: UInt32 = 0
  var multicastList = InlineArray<16, MACAddress>(repeating: MACAddress(rawValue: 0))
  var received = VMQReceived()
  /// Frames dropped by queues that are gone.
  var discarded: UInt64 = 0
}

/// Frames received without an error, by their destination.
struct VMQReceived: BitwiseCopyable {
  struct Counter: BitwiseCopyable {
    var frames: UInt64 = 0
    var octets: UInt64 = 0
    mutating func add(_ other: Counter) {
      frames &+= other.frames
      octets &+= other.octets
    }
  }
  var directed = Counter()
  var multicast = Counter()
  var broadcast = Counter()

  var frames: UInt64 { directed.frames &+ multicast.frames &+ broadcast.frames }

  /// A frame of `octets` to this address.
  mutating func count(_ destination: MACAddress, octets: UInt32) {
    let one = Counter(frames: 1, octets: UInt64(octets))
    if destination == .broadcast {
      broadcast.add(one)
    } else if destination.isMulticast {
      multicast.add(one)
    } else {
      directed.add(one)
    }
  }

  mutating func add(_ other: VMQReceived) {
    directed.add(other.directed)
    multicast.add(other.multicast)
    broadcast.add(other.broadcast)
  }
}
