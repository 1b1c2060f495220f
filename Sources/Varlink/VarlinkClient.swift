// The client's end of a connection, blocking. Several calls may be under way; their answers come in
// the order of the calls, and one that is fetched out of order has those before it put aside. A
// server is trusted with nothing: what it sends is bounded, and what is not Varlink closes the
// connection, after which every call fails with `disconnected`.

public import NDISPlatform

/// A connection to a service. Belongs to one thread.
public final class VarlinkClient {
  /// A call that was sent and whose answer was not fetched yet.
  public struct Pending<Method: VarlinkMethod>: Sendable {
    fileprivate let id: UInt64
  }

  /// One reply, as it came.
  public struct Reply: Equatable, Sendable {
    public let parameters: JSONObject
    /// There will be another one to the same call.
    public let continues: Bool
  }

  /// How long one call, or one reply of several, may take; nil: for ever.
  public var timeoutMilliseconds: Int?

  private let socket: StreamSocket
  private let maximumMessage: Int
  private var input: MessageBuffer
  private var isOpen = true
  private var nextID: UInt64 = 1
  /// Calls whose answers have not come, the oldest first.
  private var underWay: [UInt64] = []
  /// Answers that came before somebody asked for them.
  private var aside: [UInt64: [(message: ReplyMessage, bytes: Int)]] = [:]
  private var asideBytes = 0

  /// Takes over a connection.
  ///
  /// - Parameter maximumMessage: bytes of a reply that are taken.
  public init(
    adopting socket: consuming StreamSocket, timeoutMilliseconds: Int? = nil,
    maximumMessage: Int = 1 << 22
  ) {
    self.socket = socket
    self.timeoutMilliseconds = timeoutMilliseconds
    self.maximumMessage = maximumMessage
    input = MessageBuffer(maximumMessage: maximumMessage)
  }

  /// Connects to the service at a path.
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

  /// Calls a method and waits for its answer.
  public func call<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input
  ) throws(VarlinkFailure) -> Method.Output {
    try finish(try start(method, input))
  }

  /// Calls a method by its full name and waits for its answer.
  public func call(
    _ method: String, _ parameters: JSONObject = JSONObject()
  ) throws(VarlinkFailure) -> JSONObject {
    try last(of: try send(CallMessage(method: method, parameters: parameters)))
  }

  /// Sends a call and does not wait; `finish` fetches the answer. Other calls may be sent before.
  public func start<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input
  ) throws(VarlinkFailure) -> Pending<Method> {
    Pending(id: try send(CallMessage(method: Method.name, parameters: Self.members(input))))
  }

  /// Waits for the answer to a call, once.
  public func finish<Method: VarlinkMethod>(
    _ pending: Pending<Method>
  ) throws(VarlinkFailure) -> Method.Output {
    try Self.output(Method.self, try last(of: pending.id))
  }

  /// Sends a call that is not answered.
  public func callOneway<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input
  ) throws(VarlinkFailure) {
    let message = CallMessage(
      method: Method.name, parameters: Self.members(input), isOneway: true)
    try send(message)
  }

  /// Calls a method that answers more than once.
  ///
  /// - Parameter each: gets every answer, as it comes, and says whether it wants another one. If not
  ///   while there are more to come the connection is closed: Varlink has no other way to say so.
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

  /// Sends a call that is answered more than once; `next` fetches the answers.
  public func startMore<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input
  ) throws(VarlinkFailure) -> Pending<Method> {
    let message = CallMessage(
      method: Method.name, parameters: Self.members(input), wantsMore: true)
    return Pending(id: try send(message))
  }

  /// Waits for the next answer to a call; nil after the last one.
  public func next<Method: VarlinkMethod>(
    _ pending: Pending<Method>
  ) throws(VarlinkFailure) -> Method.Output? {
    guard let reply = try reply(to: pending.id, deadline: deadline()) else { return nil }
    return try Self.output(Method.self, reply.parameters)
  }

  /// The next answer if it has come, without waiting; nil if not, or if there was the last one
  /// before (`isUnderWay` tells them apart).
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

  /// Whether there are answers to come or to be fetched.
  public func isUnderWay<Method: VarlinkMethod>(_ pending: Pending<Method>) -> Bool {
    isOpen && (underWay.contains(pending.id) || aside[pending.id] != nil)
  }

  /// To be watched for reading by whoever has other things to wait for. What was read with an
  /// earlier answer does not show there: call `nextIfThere` until it is nil before waiting.
  public var pollDescriptor: Int32 { socket.descriptor.raw }

  /// Ends the connection; calls that are under way fail.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    // Nothing could be done about a failure, and the descriptor goes with this object.
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

  /// The next reply to a call, after which the call is over if it was the last one; nil if it was
  /// over. A deadline of 0 has passed, and what is there is read all the same.
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
          // An answer that comes late would be taken for the next one's; only looking is harmless.
          if deadline != 0 { close() }
          throw .timedOut
        }
      }
    }
  }

  /// Whether there was something to read.
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

  /// Waits until more can be sent. A server that waits for its answers to be read gets them read.
  private func makeRoom(until deadline: UInt64?) throws(VarlinkFailure) {
    // What it has answered already is bounded by what was asked; what it makes up is not taken.
    let mayRead = input.byteCount < 2 * maximumMessage
    let ready = try wait(for: mayRead ? [.readable, .writable] : .writable, until: deadline)
    guard !ready.isEmpty else {
      // Half a message was sent: the connection is good for nothing more.
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
