// Waiting for many descriptors at once. Level-triggered: what is not read now is reported again, so
// a handler may stop half-way and nothing is lost. Errors and hang-ups are reported unasked.
//
// Rules: a descriptor must be removed before it is closed if it has duplicates, else the kernel goes
// on reporting it. A batch may hold events of a token whose owner was removed while the batch was
// being handled; tokens must therefore not be used again at once.

import CNDISLinux
import Glibc

/// An epoll instance.
@safe
public struct Reactor: ~Copyable, @unchecked Sendable {
  /// What to be told of, and what was told.
  public struct Events: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let readable = Events(rawValue: UInt32(CLINUX_READABLE))
    public static let writable = Events(rawValue: UInt32(CLINUX_WRITABLE))
    /// The peer has closed or will send no more. There may still be messages to read.
    public static let hungUp = Events(rawValue: UInt32(CLINUX_HUNG_UP))
    /// An error is pending on the descriptor. Reported unasked.
    public static let failed = Events(rawValue: UInt32(CLINUX_FAILED))
  }

  /// One descriptor that is ready.
  public struct Ready: Equatable, Sendable {
    public let token: UInt64
    public let events: Events

    public init(token: UInt64, events: Events) {
      self.token = token
      self.events = events
    }
  }

  private let epoll: Descriptor
  // Made once, so that waiting allocates nothing.
  private let batch: UnsafeMutablePointer<clinux_ready>

  public init() throws(SystemError) {
    epoll = try SystemCall.open("epoll_create1") { clinux_epoll_create() }
    unsafe batch = .allocate(capacity: Int(CLINUX_READY_MAX))
    unsafe batch.initialize(repeating: clinux_ready(), count: Int(CLINUX_READY_MAX))
  }

  deinit {
    unsafe batch.deallocate()
  }

  /// Starts watching a descriptor; `token` comes back with its events.
  public func add(_ descriptor: Int32, _ interest: Events, token: UInt64) throws(SystemError) {
    try control(CLINUX_EPOLL_ADD, descriptor, interest, token)
  }

  /// Changes what a watched descriptor is watched for.
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

  /// Waits until something is ready, at most `timeoutMilliseconds` (negative: for ever), and
  /// replaces the contents of `ready`, at most 64 of them; the rest come with the next call. An
  /// interrupted wait ends with nothing ready, for the caller knows how much time is left.
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
