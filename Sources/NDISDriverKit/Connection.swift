// A session with NDIS. Any number of threads may call at once; a call blocks its thread, and while
// it waits that thread reads the connection for all (one reads, the others wait to be handed their
// reply or the reading). Upcalls run in the thread that read them, as NDIS calls a driver in
// whatever thread it has, so a program that only calls needs no other thread. A program that waits
// for upcalls serves: `serve()` in this thread, `startServing()` in one of the kit's.
//
// Limits: 64 requests may be unanswered. A handler may call, on the same connection too. After the
// end of a connection every call throws a DriverError of kind `.connection`.

import CNDIS
import DriverProtocol
import NDIS
import Platform

/// What the daemon said in its HELLO.
public struct SessionLimits: Hashable, Sendable {
  public var pageSize: UInt32 = 4096
  public var features: UInt64 = 0
  public var sessionToken: UInt64 = 0
  /// A number that changes with every start of the daemon, 16 bytes.
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

/// A connection to the daemon.
@safe public final class Connection: @unchecked Sendable {
  // Unchecked: `limits` changes only before the connection is shared; the receive buffer belongs to
  // the reading thread, a reply's buffer to whoever holds the slot, the send buffer to the sender.
  let transport: any Transport
  let requests = Monitor<Requests>(Requests())
  let sender: Monitor<Sender>
  let sections = Sections()
  let views = SectionViews()
  let registry = Registry()
  let receiveBuffer: UnsafeMutableRawBufferPointer
  let replies: UnsafeMutableRawBufferPointer

  /// What the daemon said about itself and this session.
  public internal(set) var limits = SessionLimits()

  static let packetSize = Int(NDISSIM_MAXIMUM_MESSAGE)

  /// Connects to the daemon and says HELLO.
  ///
  /// - Parameters:
  ///   - path: the driver socket, by default what `SocketPath.find()` finds.
  ///   - name: who speaks, for the daemon's reports; at most 31 bytes.
  ///   - features: wanted feature bits; what was granted is in `limits`.
  public convenience init(
    path: String? = nil, name: String, features: UInt64 = 0
  ) throws(DriverError) {
    let transport = try SocketTransport(path: path)
    try self.init(transport: transport, name: name, features: features)
  }

  /// Says HELLO over any transport, which is closed with the connection. With a nil `name` nothing
  /// is said: for tests of what happens before HELLO.
  public init(
    transport: any Transport, name: String?, features: UInt64 = 0
  ) throws(DriverError) {
    self.transport = transport
    let size = Connection.packetSize
    let slots = Int(NDIS.Limits.maximumOutstanding)
    // Pages nobody writes cost nothing, and replies are small.
    unsafe receiveBuffer = .allocate(byteCount: size, alignment: 16)
    unsafe replies = .allocate(byteCount: size * slots, alignment: 16)
    unsafe sender = Monitor(Sender(buffer: .allocate(byteCount: size, alignment: 16)))
    if let name { try sayHello(name: name, features: features) }
  }

  deinit {
    transport.close()
    unsafe receiveBuffer.deallocate()
    unsafe replies.deallocate()
    sender.withLock { unsafe $0.buffer.deallocate() }
  }

  /// Says HELLO; only for connections that were made without a name.
  public func sayHello(
    name: String, features: UInt64 = 0, versions: ClosedRange<UInt16> = 1...1
  ) throws(DriverError) {
    limits = try call(NDISSIM_HELLO) { writer in
      writer.append(versions.lowerBound)
      writer.append(versions.upperBound)
      writer.append(UInt32(0))
      writer.append(features)
      writer.append(UInt64(0))
      writer.append(Name(name))
    } read: { reader throws(Failure) in
      let reply = try reader.read(ndissim_hello_reply.self)
      var limits = SessionLimits()
      limits.pageSize = reply.page_size
      limits.features = reply.features
      limits.sessionToken = reply.session_token
      limits.instance = unsafe withUnsafeBytes(of: reply.instance) { unsafe Array($0) }
      limits.maximumOutstanding = reply.maximum_outstanding
      limits.maximumExtents = reply.maximum_extents
      limits.maximumCallDepth = reply.maximum_call_depth
      limits.upcallDeadline = reply.upcall_deadline_ms
      limits.ndisVersion = reply.ndis_version
      limits.maximumBytes = reply.maximum_bytes
      limits.maximumBlocks = reply.maximum_blocks
      limits.maximumSections = reply.maximum_sections
      return limits
    }
  }

  /// Ends the connection. Waiting calls throw; `serve` returns.
  public func close() {
    transport.close()
    end(.closed)
  }

  /// Why the connection ended, nil while it lives.
  public var closedBecause: DriverError? { requests.withLock { $0.closed } }

  /// A section this process has mapped.
  public func section(_ handle: SectionHandle) -> MappedSection? {
    sections.find(handle.rawValue)
  }

  /// Records the end and wakes everybody.
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
