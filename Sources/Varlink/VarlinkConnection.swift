// The server end of a connection as a state machine without a socket. The host appends its input, calls
// `pump`, and writes the output; handlers are called only from `pump`. Calls are handled in order, one at a
// time: the next one is parsed when the current one is finished and there is space for its reply, so that a
// client that never reads, or sends thousands of calls at once, stays within the limits.
//
// The host must read while `wantsInput`, write while `pendingOutput` is not 0, call `pump` in its turns while
// `wantsPump`, close the socket when `endReason` is set, and call `close` when the client disconnects.
// `onWork` notifies it of replies made outside `pump`.

public import NDISPlatform

/// A client's connection. Confined to one thread.
public final class VarlinkConnection {
  /// Limits on what a client can make the server store.
  public struct Limits: Sendable, Equatable {
    /// Length of a message in bytes.
    public var message: Int
    /// Bytes of queued calls; above it the host stops reading.
    public var waiting: Int
    /// Streams and new calls are suspended while more bytes of replies than this are unread.
    public var lowWater: Int
    /// Above this number of unread bytes pushes are dropped, and `reply(continues:)` closes the connection.
    public var output: Int
    /// Number of JSON values in a message.
    public var values: Int

    public init(
      message: Int = 1 << 20, waiting: Int = 1 << 20, lowWater: Int = 1 << 16,
      output: Int = 1 << 20,
      values: Int = 1 << 14
    ) {
      self.message = message
      self.waiting = waiting
      self.lowWater = lowWater
      self.output = output
      self.values = values
    }
  }

  public let peer: StreamSocket.Peer
  /// Why the connection should be closed; nil while it is open.
  public private(set) var endReason: String?
  /// Called when work was added outside `pump`: output, or a call to continue.
  public var onWork: (() -> Void)?

  private let server: VarlinkServer
  private let limits: Limits
  private var input: MessageBuffer
  private var output = ByteQueue()
  private var current: VarlinkCall?
  private var inputEnded = false
  private var hasFirst = false
  private var isPumping = false

  /// - Parameter server: is retained.
  public init(server: VarlinkServer, peer: StreamSocket.Peer, limits: Limits = Limits()) {
    self.server = server
    self.peer = peer
    self.limits = limits
    input = MessageBuffer(maximumMessage: limits.message)
  }

  // MARK: Input

  /// Whether the host should continue to read.
  public var wantsInput: Bool {
    endReason == nil && !inputEnded && (!hasFirst || input.byteCount < limits.waiting)
  }

  /// Appends input; calls no handler.
  ///
  /// - Parameter body: appends to the buffer, as `StreamSocket.read` does, at most what the host reads at
  ///   once, since limits are checked after it returns.
  public func receive<Failure: Error, Result>(
    _ body: (inout [UInt8]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result = try input.append(body)
    lookAtFirst()
    return result
  }

  /// Appends input; calls no handler.
  public func receive(_ bytes: some Sequence<UInt8>) {
    receive { $0.append(contentsOf: bytes) }
  }

  /// The client has shut down its sending side and may still read. Received calls get replies; then the
  /// connection ends.
  public func inputDidEnd() {
    inputEnded = true
    endIfDone()
  }

  // MARK: Output

  /// Number of bytes to write.
  public var pendingOutput: Int { output.count }

  /// Writes output: `write` gets all pending bytes and returns how many it has written.
  public func drain<Failure: Error>(
    _ write: (ArraySlice<UInt8>) throws(Failure) -> Int
  ) throws(Failure) {
    output.removeFirst(try write(output.bytes))
    // Hysteresis, so that drops are not reported in every reply.
    if output.count <= min(limits.lowWater, limits.output) / 2 { current?.roomAgain() }
    endIfDone()
  }

  // MARK: Turns

  /// Whether `pump` has work.
  public var wantsPump: Bool {
    guard endReason == nil, output.count < limits.lowWater else { return false }
    guard let current else { return hasFirst }
    return current.nextStep != nil && !current.streamRests
  }

  /// Handles calls and continues streams.
  ///
  /// - Parameter budget: maximum number of calls and pieces of streams in this turn.
  public func pump(budget: Int = 64) {
    // Reentered from a handler.
    guard !isPumping else { return }
    isPumping = true
    defer { isPumping = false }
    var left = budget
    while left > 0, wantsPump {
      left -= 1
      if let current { current.takeStep() } else { dispatchFirst() }
    }
    endIfDone()
  }

  /// The client has disconnected, or the service ends: cancels the current call.
  public func close() {
    end("closed")
  }

  // MARK: For calls

  /// Whether there is space for a push.
  var hasRoom: Bool { output.count < limits.output }

  func send(_ reply: ReplyMessage) {
    guard endReason == nil else { return }
    output.append { reply.write(to: &$0) }
    noteWork()
  }

  func callFinished() {
    current = nil
    noteWork()
  }

  func end(_ reason: String) {
    guard endReason == nil else { return }
    endReason = reason
    let call = current
    current = nil
    call?.cancel()
    noteWork()
  }

  func noteWork() {
    if !isPumping { onWork?() }
  }

  // MARK: Calls

  private func lookAtFirst() {
    guard endReason == nil else { return }
    switch input.first() {
    case .message: hasFirst = true
    case .incomplete: hasFirst = false
    case .tooLong: end("a message is longer than \(limits.message) bytes")
    }
  }

  private func dispatchFirst() {
    guard case .message(let length) = input.first() else { return }
    let message: CallMessage
    do {
      let bounds = JSON.Limits(bytes: limits.message, values: limits.values)
      message = try CallMessage(JSON(parsing: input.bytes(ofFirst: length), limits: bounds))
    } catch let problem as MessageProblem {
      end("not a Varlink message: \(problem.reason)")
      return
    } catch {
      end("not a Varlink message: \(error)")
      return
    }
    input.removeFirst(length)
    let call = VarlinkCall(message, peer: peer, connection: self)
    current = call
    server.dispatch(call, wantsUpgrade: message.wantsUpgrade)
    // Only after the call was passed to its handler, whatever this finds.
    lookAtFirst()
  }

  private func endIfDone() {
    guard inputEnded, !hasFirst, current == nil, output.isEmpty, endReason == nil else { return }
    end(input.isEmpty ? "closed" : "the client ended in the middle of a message")
  }
}
