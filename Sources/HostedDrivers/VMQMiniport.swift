// `vmq`, a miniport that lives in the daemon, so that one program, an overlying driver, finds everything it
// can talk to. It is written against the interface every miniport has: handlers that are called, routines
// that it calls. It is a value and does nothing by itself: a handler is called, a call is answered, time
// passes; each gives the driver's next steps.
//
// Every turn ends with `advance`, which looks at the state and does what can be done now. So nothing
// depends on a program counter, and the state, which is plain bytes, is all there is to keep.

import NDISDriverInterface
public import NDIS

/// A hosted miniport: one driver with one adapter.
public struct VMQMiniport: Sendable {
  public let settings: VMQSettings
  var state = VMQState()
  /// The default queue, then the nondefault queues or VPorts.
  var queues: [VMQQueue]
  var filters: [VMQFilter] = []
  /// Of the current turn.
  var steps: [DriverStep] = []
  /// Calls without a reply.
  var openCalls = 0
  /// So many at a time for memory and frames: what its host can have under way at once is never exceeded, and
  /// what has to wait is state, not a step that somebody would have to remember.
  static let maximumOpenCalls = 40

  /// A miniport that has not started. Settings out of bounds are brought within them.
  public init(_ settings: VMQSettings) {
    self.settings = settings.clamped
    let count = Int(self.settings.hasSwitch ? self.settings.vports : self.settings.queues)
    queues = Array(repeating: VMQQueue(), count: 1 + count)
  }

  // MARK: What happens to it

  /// DriverEntry.
  public mutating func start() -> [DriverStep] {
    guard state.driverState == .new else { return [] }
    state.driverState = .registering
    call(.register, .registerMiniportDriver(characteristics))
    return taken()
  }

  /// The driver is to be unloaded.
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
      // From here on no routine of NDIS may be called.
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

  /// A call it made has ended.
  public mutating func replied(_ reply: DriverReply) -> [DriverStep] {
    openCalls = max(0, openCalls - 1)
    let index = Int(truncatingIfNeeded: reply.tag >> 8)
    guard let made = VMQCall(rawValue: UInt8(truncatingIfNeeded: reply.tag)) else { return [] }
    switch made {
    case .register, .addAdapter, .deregister: driverReplied(made, reply)
    case .setAttributes, .setHardwareAssist, .registerDMA, .deregisterDMA:
      setUpReplied(made, reply)
    case .memory: if queues.indices.contains(index) { memoryReplied(index, reply) }
    case .indicateStatus: stopIndicated()
    case .indicateReceive: if queues.indices.contains(index) { indicated(index, reply) }
    // NDIS refuses a completion only when it has ended the matter itself.
    case .completeOID, .completePause, .completeRestart: break
    }
    return taken()
  }

  /// Time has passed; milliseconds.
  public mutating func passed(now: UInt64) -> [DriverStep] {
    for index in queues.indices { letFramesComeDue(index, now) }
    return taken()
  }

  // MARK: What can be seen of it

  /// Whether its adapter has come up.
  public var isRunning: Bool { state.isUp && state.adapterState == .running }

  /// Whether its adapter has come up and has not gone, whatever state it is in.
  public var isUp: Bool { state.isUp }

  /// Why its adapter did not come up.
  public var failure: Failure? { state.failure.status == .success ? nil : state.failure }

  /// Whether its driver has deregistered: nothing more will come of it.
  public var isGone: Bool { state.driverState == .gone }

  /// Whether `passed` should be called soon.
  public var needsTime: Bool {
    settings.framesPerSecond > 0 && state.adapterState == .running
      && queues.contains { $0.receives }
  }

  /// The adapter, null before it is initialized and after it has been halted.
  public var adapter: Handle { state.adapter }

  /// What it has made of one queue or VPort.
  public struct Counters: Sendable, Hashable {
    public var id: UInt32
    /// Whether frames reach it.
    public var receives: Bool
    /// Buffers its memory has, and those that are indicated and not returned.
    public var buffers: UInt32
    public var out: UInt32
    /// Frames indicated, and frames dropped for want of a buffer.
    public var indicated: UInt64
    public var dropped: UInt64
  }

  /// Counters of the default queue and of those that are allocated, in no order.
  public var counters: [Counters] {
    queues.filter { $0.kind != .free }.map {
      Counters(
        id: $0.id, receives: state.adapterState == .running && $0.receives, buffers: $0.buffers,
        out: $0.out.count, indicated: $0.indicated, dropped: $0.dropped)
    }
  }

  // MARK: Steps

  /// Does what can be done now and hands over the turn's steps.
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

/// What a hosted miniport remembers beside its queues.
struct VMQState: BitwiseCopyable {
  enum Driver: UInt8 { case new, registering, registered, leaving, gone }
  enum Adapter: UInt8 {
    case halted, initializing, paused, running, pausing, halting, shutdown
  }
  /// What MiniportInitializeEx is about.
  enum SetUp: UInt8 { case none, attributes, hardwareAssist, dma, memory, undoing }

  var driverState = Driver.new
  var adapterState = Adapter.halted
  var setUp = SetUp.none
  /// To be unloaded as soon as that can be.
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
}
