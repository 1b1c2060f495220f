// One client of a server, as a state machine without a socket. The host appends what it reads, calls
// `pump`, and writes what comes out; all handlers are called from `pump`. Calls are answered in
// order, one at a time: the next one is looked at when the current one is finished and there is
// room for its answer, so that neither a client that never reads nor one that sends thousands of
// calls at once costs more than the limits say.
//
// The host's duties: read while `wantsInput`, write while `pendingOutput` is not 0, call `pump` in
// its turns while `wantsPump`, close the socket when `endReason` is there, and call `close` when the
// client is gone. `onWork` tells it when a reply was made outside of `pump`.

public import NDISPlatform

/// One client's connection. Belongs to one thread.
public final class VarlinkConnection {
  /// What a client can make the server hold.
  public struct Limits: Sendable, Equatable {
    /// Bytes of a message.
    public var message: Int
    /// Bytes of calls that wait; beyond it the host is told not to read on.
    public var waiting: Int
    /// Streams and new calls wait while more bytes of replies than this are unread.
    public var lowWater: Int
    /// Pushes are left out, and `reply(continues:)` ends the connection, beyond this.
    public var output: Int
    /// Values of a message's JSON.
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
  /// Why the connection is to be closed; nil while it is not.
  public private(set) var endReason: String?
  /// Told when there is something to do that came from outside of `pump`: output, or a turn to take.
  public var onWork: (() -> Void)?

  private let server: VarlinkServer
  private let limits: Limits
  private var input: MessageBuffer
  private var output = ByteQueue()
  private var current: VarlinkCall?
  private var inputEnded = false
  private var hasFirst = false
  private var isPumping = false

  /// - Parameter server: is kept.
  public init(server: VarlinkServer, peer: StreamSocket.Peer, limits: Limits = Limits()) {
    self.server = server
    self.peer = peer
    self.limits = limits
    input = MessageBuffer(maximumMessage: limits.message)
  }

  // MARK: Input

  /// Whether the host shall read on.
  public var wantsInput: Bool {
    endReason == nil && !inputEnded && (!hasFirst || input.byteCount < limits.waiting)
  }

  /// Takes what was read; calls no handler.
  ///
  /// - Parameter body: appends to the buffer, as `StreamSocket.read` does. Not more than the host
  ///   reads at once, since nothing is looked at before it returns.
  public func receive<Failure: Error, Result>(
    _ body: (inout [UInt8]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result = try input.append(body)
    lookAtFirst()
    return result
  }

  /// Takes what was read; calls no handler.
  public func receive(_ bytes: some Sequence<UInt8>) {
    receive { $0.append(contentsOf: bytes) }
  }

  /// The client will send no more, and may still read. Calls that have come are answered; then the
  /// connection ends.
  public func inputDidEnd() {
    inputEnded = true
    endIfDone()
  }

  // MARK: Output

  /// Bytes to be written.
  public var pendingOutput: Int { output.count }

  /// Lets the host write: `write` gets all that waits and answers how much of it is written.
  public func drain<Failure: Error>(
    _ write: (ArraySlice<UInt8>) throws(Failure) -> Int
  ) throws(Failure) {
    output.removeFirst(try write(output.bytes))
    // Half of it, so that what was left out is not told reply by reply.
    if output.count <= min(limits.lowWater, limits.output) / 2 { current?.roomAgain() }
    endIfDone()
  }

  // MARK: Turns

  /// Whether `pump` has something to do now.
  public var wantsPump: Bool {
    guard endReason == nil, output.count < limits.lowWater else { return false }
    guard let current else { return hasFirst }
    return current.nextStep != nil && !current.streamRests
  }

  /// Answers calls and goes on with streams.
  ///
  /// - Parameter budget: how many calls and pieces of streams in this turn.
  public func pump(budget: Int = 64) {
    // A handler that gets back here has nothing to gain.
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

  /// The client is gone, or the service ends: what is being answered is cancelled.
  public func close() {
    end("closed")
  }

  // MARK: For calls

  /// Whether a push has room.
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
    // Only now: whatever follows, this call was given to its handler.
    lookAtFirst()
  }

  private func endIfDone() {
    guard inputEnded, !hasFirst, current == nil, output.isEmpty, endReason == nil else { return }
    end(input.isEmpty ? "closed" : "the client ended in the middle of a message")
  }
}
