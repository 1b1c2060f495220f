// The client end of a connection, blocking. Calls may be pipelined; replies arrive in the order of the calls,
// and those that precede the requested one are buffered. Servers are untrusted: their output is limited, and
// a protocol violation closes the connection, after which every call fails with `disconnected`.

public import NDISPlatform

/// A connection to a service. Confined to one thread.
public final class VarlinkClient {
  /// A call that was sent and whose reply has not been fetched.
  public struct Pending<Method: VarlinkMethod>: Sendable {
    fileprivate let id: UInt64
  }

  /// A reply as received.
  public struct Reply: Equatable, Sendable {
    public let parameters: JSONObject
    /// More replies to the same call follow.
    public let continues: Bool
  }

  /// Timeout of a call, or of each of several replies; nil: none.
  public var timeoutMilliseconds: Int?

  private let socket: StreamSocket
  private let maximumMessage: Int
  private var input: MessageBuffer
  private var isOpen = true
  private var nextID: UInt64 = 1
  /// Calls with outstanding replies, oldest first.
  private var underWay: [UInt64] = []
  /// Replies received before they were requested.
  private var aside: [UInt64: [(message: ReplyMessage, bytes: Int)]] = [:]
  private var asideBytes = 0

  /// Takes ownership of a connection.
  ///
  /// - Parameter maximumMessage: maximum length of a reply in bytes.
  public init(
    adopting socket: consuming StreamSocket, timeoutMilliseconds: Int? = nil,
    maximumMessage: Int = 1 << 22
  ) {
    self.socket = socket
    self.timeoutMilliseconds = timeoutMilliseconds
    self.maximumMessage = maximumMessage
    input = MessageBuffer(maximumMessage: maximumMessage)
  }

  /// Connects to the service on a path.
  public static func connect(
    path: String, timeoutMilliseconds: Int? = nil
  ) throws(VarlinkFailure) -> VarlinkClient {
    do throws(SocketPathProblem) {
      let socket = try StreamSocket.connect(
        path: path, timeoutMilliseconds: timeoutMilliseconds.map { Int32(clamping: $0) })
      return VarlinkClient(adopting: socket, timeoutMilliseconds: timeoutMilliseconds)
    } catch { throw .cannotConnect(error) }
  }

  // MARK: Calls

  /// Calls a method and waits for its reply.
  public func call<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input
  ) throws(VarlinkFailure) -> Method.Output {
    try finish(try start(method, input))
  }

  /// Calls a method by its full name and waits for its reply.
  public func call(
    _ method: String, _ parameters: JSONObject = JSONObject()
  ) throws(VarlinkFailure) -> JSONObject {
    try last(of: try send(CallMessage(method: method, parameters: parameters)))
  }

  /// Sends a call without waiting; `finish` fetches the reply. Other calls may be sent in between.
  public func start<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input
  ) throws(VarlinkFailure) -> Pending<Method> {
    Pending(id: try send(CallMessage(method: Method.name, parameters: Self.members(input))))
  }

  /// Waits for the reply to a call, once.
  public func finish<Method: VarlinkMethod>(
    _ pending: Pending<Method>
  ) throws(VarlinkFailure) -> Method.Output {
    try Self.output(Method.self, try last(of: pending.id))
  }

  /// Sends a call without a reply.
  public func callOneway<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input
  ) throws(VarlinkFailure) {
    let message = CallMessage(
      method: Method.name, parameters: Self.members(input), isOneway: true)
    try send(message)
  }

  /// Calls a method with several replies.
  ///
  /// - Parameter each: receives every reply on arrival, and returns whether to continue. If it returns false
  ///   before the last reply, the connection is closed: Varlink has no other way to cancel.
  public func callMore<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input,
    _ each: (Method.Output) throws(VarlinkFailure) -> Bool
  ) throws(VarlinkFailure) {
    let pending = try startMore(method, input)
    while let output = try next(pending) {
      let goesOn: Bool
      do throws(VarlinkFailure) { goesOn = try each(output) } catch {
        if isUnderWay(pending) { close() }
        throw error
      }
      if !goesOn {
        if isUnderWay(pending) { close() }
        return
      }
    }
  }

  /// Sends a call with several replies; `next` fetches them.
  public func startMore<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input
  ) throws(VarlinkFailure) -> Pending<Method> {
    let message = CallMessage(
      method: Method.name, parameters: Self.members(input), wantsMore: true)
    return Pending(id: try send(message))
  }

  /// Waits for the next reply to a call; nil after the last one.
  public func next<Method: VarlinkMethod>(
    _ pending: Pending<Method>
  ) throws(VarlinkFailure) -> Method.Output? {
    guard let reply = try reply(to: pending.id, deadline: deadline()) else { return nil }
    return try Self.output(Method.self, reply.parameters)
  }

  /// The next reply if it has arrived, without waiting; nil if it has not, or after the last one
  /// (`isUnderWay` distinguishes them).
  public func nextIfThere<Method: VarlinkMethod>(
    _ pending: Pending<Method>
  ) throws(VarlinkFailure) -> Method.Output? {
    do throws(VarlinkFailure) {
      guard let reply = try reply(to: pending.id, deadline: 0) else { return nil }
      return try Self.output(Method.self, reply.parameters)
    } catch {
      if error == .timedOut { return nil }
      throw error
    }
  }

  /// Whether replies are outstanding or buffered.
  public func isUnderWay<Method: VarlinkMethod>(_ pending: Pending<Method>) -> Bool {
    isOpen && (underWay.contains(pending.id) || aside[pending.id] != nil)
  }

  /// Closes the connection; outstanding calls fail.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    // A failure cannot be handled; the descriptor is closed with this object.
    try? socket.shutdown()
  }

  // MARK: Replies

  private func last(of id: UInt64) throws(VarlinkFailure) -> JSONObject {
    guard let reply = try reply(to: id, deadline: deadline()) else {
      throw .brokenProtocol("there is no answer to be fetched")
    }
    guard !reply.continues else {
      close()
      throw .brokenProtocol("more than one answer to a call that asked for one")
    }
    return reply.parameters
  }

  /// The next reply to a call, which ends with its last reply; nil if it has ended. A deadline of 0 has
  /// passed, but available input is still read.
  private func reply(
    to id: UInt64, deadline: UInt64?
  ) throws(VarlinkFailure) -> Reply? {
    while true {
      if var replies = aside[id], !replies.isEmpty {
        let (reply, bytes) = replies.removeFirst()
        asideBytes -= bytes
        aside[id] = replies.isEmpty ? nil : replies
        if let name = reply.error { throw .error(name: name, reply.parameters) }
        return Reply(parameters: reply.parameters, continues: reply.continues)
      }
      guard underWay.contains(id) else { return nil }
      guard let oldest = underWay.first else { return nil }
      let received = try receive(deadline: deadline)
      if !received.message.continues { underWay.removeFirst() }
      aside[oldest, default: []].append(received)
      asideBytes += received.bytes
      guard asideBytes <= 4 * maximumMessage else {
        close()
        throw .brokenProtocol("\(asideBytes) bytes of answers to earlier calls were put aside")
      }
    }
  }

  private func receive(
    deadline: UInt64?
  ) throws(VarlinkFailure) -> (message: ReplyMessage, bytes: Int) {
    while true {
      switch input.first() {
      case .message(let length):
        defer { input.removeFirst(length) }
        do {
          let limits = JSON.Limits(bytes: maximumMessage, values: 1 << 18)
          let json = try JSON(parsing: input.bytes(ofFirst: length), limits: limits)
          return (try ReplyMessage(json), length)
        } catch let problem as MessageProblem {
          close()
          throw .brokenProtocol(problem.reason)
        } catch {
          close()
          throw .brokenProtocol("\(error)")
        }
      case .tooLong:
        close()
        throw .brokenProtocol("a message is longer than \(maximumMessage) bytes")
      case .incomplete:
        guard isOpen else { throw .disconnected }
        if try readSome() { continue }
        guard try !wait(for: .readable, until: deadline).isEmpty else {
          // A late reply would be mistaken for that of the next call, so a timeout closes the connection; a
          // deadline of 0 only polls.
          if deadline != 0 { close() }
          throw .timedOut
        }
      }
    }
  }

  /// Returns whether input was available.
  private func readSome() throws(VarlinkFailure) -> Bool {
    let read: StreamSocket.Read
    do throws(SystemError) {
      read = try input.append { (bytes) throws(SystemError) in
        try socket.read(appendingTo: &bytes)
      }
    } catch { throw .system(error) }
    switch read {
    case .bytes: return true
    case .wouldBlock: return false
    case .closed:
      let cut = !input.isEmpty && input.first() == .incomplete
      close()
      throw cut ? .brokenProtocol("the connection ended in the middle of a message") : .disconnected
    }
  }

  // MARK: Sending

  @discardableResult
  private func send(_ message: CallMessage) throws(VarlinkFailure) -> UInt64 {
    guard isOpen else { throw .disconnected }
    var bytes: [UInt8] = []
    message.write(to: &bytes)
    let deadline = deadline()
    var rest = bytes[...]
    while !rest.isEmpty {
      let written: StreamSocket.Written
      do throws(SystemError) { written = try socket.write(rest) } catch { throw .system(error) }
      switch written {
      case .bytes(let count): rest = rest.dropFirst(count)
      case .closed:
        close()
        throw .disconnected
      case .wouldBlock: try makeRoom(until: deadline)
      }
    }
    let id = nextID
    nextID &+= 1
    if !message.isOneway { underWay.append(id) }
    return id
  }

  /// Waits until more can be sent. Reads replies meanwhile, since the server may wait for that.
  private func makeRoom(until deadline: UInt64?) throws(VarlinkFailure) {
    // Valid replies are limited by the calls sent; excess input is not read.
    let mayRead = input.byteCount < 2 * maximumMessage
    let ready = try wait(for: mayRead ? [.readable, .writable] : .writable, until: deadline)
    guard !ready.isEmpty else {
      // Part of a message was sent: the connection is unusable.
      close()
      throw .timedOut
    }
    if ready.contains(.readable), mayRead { _ = try readSome() }
  }

  private func wait(
    for wanted: StreamSocket.Readiness, until deadline: UInt64?
  ) throws(VarlinkFailure) -> StreamSocket.Readiness {
    do throws(SystemError) { return try socket.wait(for: wanted, until: deadline) } catch {
      throw .system(error)
    }
  }

  private func deadline() -> UInt64? {
    guard let timeoutMilliseconds else { return nil }
    let nanoseconds = UInt64(clamping: timeoutMilliseconds).multipliedReportingOverflow(
      by: 1_000_000)
    guard !nanoseconds.overflow else { return nil }
    let end = MonotonicClock.nanoseconds.addingReportingOverflow(nanoseconds.partialValue)
    return end.overflow ? nil : max(1, end.partialValue)
  }

  // MARK: Types

  private static func members<Value: VarlinkValue>(_ value: Value) -> JSONObject {
    if case .object(let object) = value.json { object } else { JSONObject() }
  }

  private static func output<Method: VarlinkMethod>(
    _ method: Method.Type, _ parameters: JSONObject
  ) throws(VarlinkFailure) -> Method.Output {
    do throws(JSONMismatch) { return try Method.Output(json: .object(parameters)) } catch {
      throw .mismatch(method: Method.name, error)
    }
  }
}
