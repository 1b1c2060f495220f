// An event loop over epoll. Level-triggered: unread input is reported again, so a handler may stop early
// without losing anything. Errors and hang-ups are always reported.
//
// Rules: a descriptor that has duplicates must be removed before it is closed, else the kernel continues to
// report it. A batch may contain events of a token whose owner was removed while the batch was being handled;
// tokens must therefore not be reused immediately.

import CNDISLinux
import Glibc

/// An epoll instance.
@safe
public struct Reactor: ~Copyable, @unchecked Sendable {
  /// The events to watch for, and those reported.
  public struct Events: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let readable = Events(rawValue: UInt32(CLINUX_READABLE))
    public static let writable = Events(rawValue: UInt32(CLINUX_WRITABLE))
    /// The peer has shut down its sending side. Unread messages may remain.
    public static let hungUp = Events(rawValue: UInt32(CLINUX_HUNG_UP))
    /// An error is pending on the descriptor. Always reported.
    public static let failed = Events(rawValue: UInt32(CLINUX_FAILED))
  }

  /// A ready descriptor.
  public struct Ready: Equatable, Sendable {
    public let token: UInt64
    public let events: Events

    public init(token: UInt64, events: Events) {
      self.token = token
      self.events = events
    }
  }

  private let epoll: Descriptor
  // Allocated once, so that waiting allocates nothing.
  private let batch: UnsafeMutablePointer<clinux_ready>

  public init() throws(SystemError) {
    epoll = try SystemCall.open("epoll_create1") { clinux_epoll_create() }
    unsafe batch = .allocate(capacity: Int(CLINUX_READY_MAX))
    unsafe batch.initialize(repeating: clinux_ready(), count: Int(CLINUX_READY_MAX))
  }

  deinit {
    unsafe batch.deallocate()
  }

  /// Starts watching a descriptor; its events carry `token`.
  public func add(_ descriptor: Int32, _ interest: Events, token: UInt64) throws(SystemError) {
    try control(CLINUX_EPOLL_ADD, descriptor, interest, token)
  }

  /// Changes the watched events of a descriptor.
  public func modify(_ descriptor: Int32, _ interest: Events, token: UInt64) throws(SystemError) {
    try control(CLINUX_EPOLL_MODIFY, descriptor, interest, token)
  }

  /// Stops watching a descriptor.
  public func remove(_ descriptor: Int32) throws(SystemError) {
    try control(CLINUX_EPOLL_REMOVE, descriptor, [], 0)
  }

  private func control(
    _ operation: Int, _ descriptor: Int32, _ interest: Events, _ token: UInt64
  ) throws(SystemError) {
    try SystemCall.run("epoll_ctl") {
      clinux_epoll_control(epoll.raw, Int32(operation), descriptor, interest.rawValue, token)
    }
  }

  /// Waits until a descriptor is ready, at most `timeoutMilliseconds` (negative: no timeout), and replaces
  /// the contents of `ready` with at most 64 events; the next call returns the rest. An interrupted wait
  /// returns no events, since the caller knows the remaining time.
  public mutating func wait(
    timeoutMilliseconds: Int32, into ready: inout [Ready]
  ) throws(SystemError) {
    ready.removeAll(keepingCapacity: true)
    let count = unsafe clinux_epoll_wait(epoll.raw, batch, timeoutMilliseconds)
    if count == -EINTR { return }
    guard count >= 0 else { throw SystemError(errno: 0 &- count, operation: "epoll_wait") }
    for index in 0..<Int(count) {
      let event = unsafe batch[index]
      ready.append(Ready(token: event.token, events: Events(rawValue: event.events)))
    }
  }
}
