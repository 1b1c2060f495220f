// A session with NDIS. Any number of threads may call at once; a call blocks its thread. One of the waiting
// threads is the reader of the connection (leader/followers); the others wait for their reply or to become
// the reader. Upcalls run in the thread that read them, as NDIS calls a driver in an arbitrary thread, so a
// program that only calls needs no other thread. A program that waits for upcalls serves: `serve()` in this
// thread, `startServing()` in one of the kit's.
//
// A session resumes after a restart of the daemon if the daemon permits it: see Connection+Resume.
//
// Limits: 64 outstanding requests. A handler may call, on the same connection, too. After the end of a
// connection every call throws a DriverError of kind `.connection`.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

/// The limits of a session, from the daemon's HELLO.
public struct SessionLimits: Hashable, Sendable {
  public var pageSize: UInt32 = 4096
  public var features: UInt64 = 0
  /// Identifies the session after a restart of the daemon; 0 = the session ends with its connection.
  public var sessionToken: UInt64 = 0
  /// The instance id of the daemon process, 16 bytes. A resumed session has the new one; all other members
  /// keep their first value.
  public var instance: [UInt8] = []
  public var maximumOutstanding: UInt32 = 0
  public var maximumExtents: UInt32 = 0
  public var maximumCallDepth: UInt32 = 0
  /// Milliseconds, 0 = no deadline.
  public var upcallDeadline: UInt32 = 0
  /// The NDIS version that runs, as `NdisGetVersion` returns it.
  public var ndisVersion: UInt32 = 0
  public var maximumBytes: UInt64 = 0
  public var maximumBlocks: UInt64 = 0
  public var maximumSections: UInt32 = 0
}

extension SessionLimits {
  init(_ reply: ndissim_hello_reply) {
    pageSize = reply.page_size
    features = reply.features
    sessionToken = reply.session_token
    instance = unsafe withUnsafeBytes(of: reply.instance) { unsafe Array($0) }
    maximumOutstanding = reply.maximum_outstanding
    maximumExtents = reply.maximum_extents
    maximumCallDepth = reply.maximum_call_depth
    upcallDeadline = reply.upcall_deadline_ms
    ndisVersion = reply.ndis_version
    maximumBytes = reply.maximum_bytes
    maximumBlocks = reply.maximum_blocks
    maximumSections = reply.maximum_sections
  }
}

/// The body of HELLO.
struct Hello: Sendable {
  var name: Name
  var features: UInt64
  var versions: ClosedRange<UInt16>

  func write(into writer: inout MessageWriter, token: UInt64) {
    writer.append(versions.lowerBound)
    writer.append(versions.upperBound)
    writer.append(UInt32(0))
    writer.append(features)
    writer.append(token)
    writer.append(name)
  }
}

/// A connection to the daemon.
@safe public final class Connection: @unchecked Sendable {
  // Unchecked: `helloLimits` and `isResumable` change only before the connection is shared; the receive buffer
  // belongs to the reader, a reply's buffer to the owner of the slot, the send buffer to the sender.
  let transport: any Transport
  let requests = Monitor<Requests>(Requests())
  let sender: Monitor<Sender>
  let sections = Sections()
  let views = SectionViews()
  let miniportBlocks = MiniportBlocks()
  let registry = Registry()
  let receiveBuffer: UnsafeMutableRawBufferPointer
  let replies: UnsafeMutableRawBufferPointer

  /// The limits from the first HELLO.
  private(set) var helloLimits = SessionLimits()
  let resumes: Bool
  let resumeTimeout: Duration
  /// Makes the pages of freed blocks inaccessible, if that was asked for.
  private(set) var freedGuard: FreedGuard?
  /// The HELLO that was sent, for a reconnect.
  private(set) var hello = Hello(name: Name(""), features: 0, versions: 1...1)
  /// The daemon permits this session to resume after a restart.
  private(set) var isResumable = false

  /// The limits of this session.
  public var limits: SessionLimits {
    var limits = helloLimits
    if isResumable { limits.instance = requests.withLock { $0.instance } }
    return limits
  }

  static let packetSize = Int(NDISSIM_MAXIMUM_MESSAGE)

  /// Connects to the daemon and sends HELLO.
  ///
  /// - Parameters:
  ///   - path: the driver socket, by default what `SocketPath.find()` finds.
  ///   - name: the client's name in the daemon's reports; at most 31 bytes.
  ///   - features: requested feature bits; the granted ones are in `limits`.
  ///   - resumes: whether the session resumes after a restart of the daemon; see `resumptions`. Otherwise,
  ///     or if the daemon does not grant it, the connection ends with the daemon.
  ///   - resumeTimeout: how long to try to reconnect to a lost daemon. The daemon itself keeps a session for
  ///     ten minutes.
  ///   - guardsFreedMemory: whether the pages of a block become inaccessible when it is freed, so that an access
  ///     to them faults; the block and the calls that led there are written to standard error. By default
  ///     if the environment has NDISSIM_GUARD_FREED=1.
  public convenience init(
    path: String? = nil, name: String, features: UInt64 = 0, resumes: Bool = true,
    resumeTimeout: Duration = .seconds(10), guardsFreedMemory: Bool? = nil
  ) throws(DriverError) {
    let transport = try SocketTransport(path: path)
    try self.init(
      transport: transport, name: name, features: features, resumes: resumes,
      resumeTimeout: resumeTimeout, guardsFreedMemory: guardsFreedMemory)
  }

  /// Sends HELLO over any transport, which is closed with the connection. With a nil `name` nothing is sent,
  /// for tests of the time before HELLO.
  public init(
    transport: any Transport, name: String?, features: UInt64 = 0, resumes: Bool = true,
    resumeTimeout: Duration = .seconds(10), guardsFreedMemory: Bool? = nil
  ) throws(DriverError) {
    self.transport = transport
    self.resumes = resumes
    self.resumeTimeout = resumeTimeout
    let size = Connection.packetSize
    let slots = Int(NDIS.Limits.maximumOutstanding)
    // Untouched pages take no memory, and replies are small.
    unsafe receiveBuffer = .allocate(byteCount: size, alignment: 16)
    unsafe replies = .allocate(byteCount: size * slots, alignment: 16)
    unsafe sender = Monitor(Sender(buffer: .allocate(byteCount: size, alignment: 16)))
    if let name { try sendHello(name: name, features: features) }
    if guardsFreedMemory ?? FreedGuard.isRequested { freedGuard = try makeFreedGuard() }
  }

  deinit {
    transport.close()
    unsafe receiveBuffer.deallocate()
    unsafe replies.deallocate()
    requests.withLock { requests in
      for index in requests.slots.indices { requests.closeDescriptor(index) }
    }
    sender.withLock { sender in
      unsafe sender.buffer.deallocate()
      sender.retransmits?.deallocate()
      sender.replays?.deallocate()
    }
  }

  /// Sends HELLO; only for connections that were created without a name.
  public func sendHello(
    name: String, features: UInt64 = 0, versions: ClosedRange<UInt16> = 1...1
  ) throws(DriverError) {
    let wanted =
      features
      | UInt64(
        NDISSIM_FEATURE_8021Q | NDISSIM_FEATURE_M_SHARED_MEMORY
          | NDISSIM_FEATURE_BUG_CHECK_EXTENSION)
      | (resumes ? UInt64(NDISSIM_FEATURE_RESUME) : 0)
    hello = Hello(name: Name(name), features: wanted, versions: versions)
    helloLimits = try call(NDISSIM_HELLO) { writer in
      hello.write(into: &writer, token: 0)
    } read: { reader throws(Failure) in
      SessionLimits(try reader.read(ndissim_hello_reply.self))
    }
    guard resumes, helloLimits.features & UInt64(NDISSIM_FEATURE_RESUME) != 0,
      helloLimits.sessionToken != 0
    else { return }
    sender.withLock { sender in
      sender.retransmits = RetransmitQueue()
      sender.replays = ReplayCache()
    }
    let instance = helloLimits.instance
    requests.withLock { requests in
      requests.upcalls.prepare()
      requests.instance = instance
    }
    isResumable = true
  }

  /// Ends the connection, also one that is being resumed. Waiting calls throw; `serve` returns.
  public func close() {
    // In this order, so that a thread that notices the end finds the reason.
    end(.closed)
    transport.close()
  }

  /// How often this session was resumed after a restart of the daemon. It is transparent to calls and
  /// handlers: every call is executed and answered exactly once, every handler is called exactly once.
  public var resumptions: Int { requests.withLock { Int(clamping: $0.upcalls.epoch) } }

  /// Replies without an outstanding request: a correct daemon sends none.
  public var strayReplies: Int { requests.withLock { $0.strayReplies } }

  /// Why the connection ended, nil while it is open.
  public var closedBecause: DriverError? { requests.withLock { $0.closed } }

  /// A section this process has mapped.
  public func section(_ handle: SectionHandle) -> MappedSection? {
    sections.find(handle.rawValue)
  }

  /// Stores the reason of the end and wakes all waiters.
  func end(_ error: DriverError) {
    let tasks = requests.withLock { requests in
      if requests.closed == nil { requests.closed = error }
      var tasks = requests.waitingTasks
      requests.waitingTasks = []
      for index in requests.slots.indices {
        if let task = requests.slots[index].continuation { tasks.append(task) }
        requests.slots[index].continuation = nil
      }
      return tasks
    }
    requests.broadcast()
    for task in tasks { task.resume() }
  }
}
