// NDIS in the test's own process: a Switchboard behind a lock, its peers queues, its clock the real
// one. The same bytes travel as over a socket; only the socket is missing.

import NDISDriverInterface
import NDISDriverPlane
import NDISDriverProtocol
import NDISEvents
import Glibc
import NDISHostedDrivers
import NDISDriverKit
import NDISPlatform
import NDISSimulator

/// A Switchboard that many threads may use, and a thread that lets its time pass.
final class Hub: @unchecked Sendable {
  // Unchecked: the switchboard is touched with the lock held only.
  private let lock = Monitor<Bool>(false)
  private let switchboard: Switchboard
  private let log = Monitor<[String]>([])
  private let stop = Monitor<Bool>(false)

  init(settings: Settings, pools: [PoolSettings], miniports: [VMQSettings] = []) throws {
    let log = log
    switchboard = try Switchboard(settings: settings, pools: pools) { event in
      let remark = event.remark.isEmpty ? "" : " [\(event.remark)]"
      log.withLock { $0.append(event.sentence + remark) }
    }
    for miniport in miniports { try switchboard.addMiniport(miniport) }
    _ = try NDISPlatform.Thread.start(name: "hub-clock") { [weak self] in
      while let self, !self.hasStopped() { self.exclusively { $0.tick() } }
    }
  }

  /// What a daemon would have written to its log.
  var lines: [String] { log.withLock { $0 } }

  /// Open sessions.
  var sessions: UInt64 { exclusively { $0.statistics.sessions } }

  func shutDown() {
    exclusively { $0.shutDown() }
    stop.withLock { $0 = true }
    stop.broadcast()
  }

  /// Waits 10 ms or for the end.
  private func hasStopped() -> Bool {
    let deadline = (MonotonicClock.milliseconds + 10) * 1_000_000
    return stop.wait(deadlineNanoseconds: deadline) { $0 ? true : nil } ?? false
  }

  /// Runs `body` with the switchboard to itself, and then all the work it has left.
  func exclusively<Value: Sendable>(_ body: (Switchboard) -> Value) -> Value {
    lock.withLock { _ in
      let value = body(switchboard)
      while switchboard.hasWork { switchboard.tick() }
      return value
    }
  }
}

/// One connection to a hub.
final class HubTransport: Transport, Peer, @unchecked Sendable {
  // Unchecked: `party` is touched with the hub's lock held only.
  private struct Queue {
    var packets: [(bytes: [UInt8], descriptor: Int32)] = []
    var isClosed = false
  }

  private let hub: Hub
  private let queue = Monitor<Queue>(Queue())
  private lazy var party = DriverConnection(peer: WeakPeer(self), pid: getpid(), uid: getuid())

  init(_ hub: Hub) {
    self.hub = hub
    _ = party
  }

  deinit {
    for packet in queue.withLock({ $0.packets }) where packet.descriptor >= 0 {
      _ = Glibc.close(packet.descriptor)
    }
  }

  func send(_ packet: UnsafeRawBufferPointer, descriptors: [Int32]) throws(DriverError) {
    guard !queue.withLock({ $0.isClosed }) else {
      throw DriverError(.connection, status: .failure, rule: "closed")
    }
    var received = ReceivedDescriptors()
    if !descriptors.isEmpty {
      // A packet with descriptors goes through a pair of sockets, which duplicates them.
      do throws(SystemError) {
        try unsafe HubTransport.pass(packet, descriptors, &received)
      } catch { throw DriverError(.connection, status: .failure, sentence: "\(error)") }
    }
    let bytes = unsafe Array(packet)
    hub.exclusively { switchboard in
      unsafe bytes.withUnsafeBytes { bytes in
        unsafe switchboard.receive(
          party, bytes, truncated: false, controlTruncated: false, &received)
      }
    }
  }

  private static func pass(
    _ packet: UnsafeRawBufferPointer, _ descriptors: [Int32],
    _ received: inout ReceivedDescriptors
  ) throws(SystemError) {
    let pair = try PacketSocket.pair()
    _ = try unsafe descriptors.withUnsafeBufferPointer { (numbers) throws(SystemError) in
      try unsafe pair.first.send(header: packet, descriptors: numbers)
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
    defer { unsafe buffer.deallocate() }
    _ = try unsafe pair.second.receive(into: buffer, descriptors: &received)
  }

  func receive(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(DriverError) -> (length: Int, descriptor: Int32) {
    let packet = queue.wait { queue -> (bytes: [UInt8], descriptor: Int32)? in
      if !queue.packets.isEmpty { return queue.packets.removeFirst() }
      return queue.isClosed ? ([], -1) : nil
    }
    unsafe buffer.copyBytes(from: packet.bytes)
    return (packet.bytes.count, packet.descriptor)
  }

  func close() {
    disconnect()
    hub.exclusively { $0.closed(party, reason: "the connection was closed") }
  }

  // MARK: Peer

  func deliver(_ packet: UnsafeRawBufferPointer, descriptor: Int32?) {
    let copy = descriptor.map { fcntl($0, F_DUPFD_CLOEXEC, 0) } ?? -1
    let bytes = unsafe Array(packet)
    queue.withLock { $0.packets.append((bytes, copy)) }
    queue.broadcast()
  }

  func disconnect() {
    queue.withLock { $0.isClosed = true }
    queue.broadcast()
  }
}

/// A peer that does not keep its connection alive.
private final class WeakPeer: Peer {
  private weak var peer: HubTransport?
  init(_ peer: HubTransport) { self.peer = peer }

  func deliver(_ packet: UnsafeRawBufferPointer, descriptor: Int32?) {
    unsafe peer?.deliver(packet, descriptor: descriptor)
  }

  func disconnect() { peer?.disconnect() }
}
