// Connecting again: the daemon has gone without a GOODBYE, and the connection with it. The thread that has
// the reading tries until there is a daemon that knows the session, or time is over; all others wait as
// they would for a slow daemon.
//
// Limits: somebody has to read. A program that neither calls nor serves comes back when it does, and the
// daemon keeps its session for ten minutes only.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

extension Connection {
  /// What became of one try.
  private enum Attempt: Sendable {
    case back
    /// This transport cannot connect again.
    case impossible
    case notYet(DriverError)
  }

  /// Connects again and goes on. False: `isDone` before that, and the reading has been given up. Throws
  /// when the session is over.
  func comeBack(_ isDone: (inout Requests) -> Bool) throws(DriverError) -> Bool {
    let deadline = requests.withLock { requests in
      let deadline = requests.backBefore ?? MonotonicClock.nanoseconds &+ resumeNanoseconds
      requests.backBefore = deadline
      return deadline
    }
    // Who waits in `send` has the sender, and is to let it go.
    transport.close()
    var pause: UInt64 = 5_000_000
    while true {
      let problem: DriverError
      switch try attempt(before: deadline) {
      case .back: return true
      case .impossible: throw .closed
      case .notYet(let error): problem = error
      }
      let now = MonotonicClock.nanoseconds
      guard now < deadline else { throw timeIsOver(problem) }
      if try wait(until: min(now &+ pause, deadline), isDone) { return false }
      pause = min(pause * 2, 200_000_000)
    }
  }

  private var resumeNanoseconds: UInt64 {
    let (seconds, attoseconds) = resumeTimeout.components
    // A day is as good as for ever, and cannot overflow.
    return UInt64(clamping: min(max(seconds, 0), 86_400)) * 1_000_000_000
      + UInt64(clamping: attoseconds / 1_000_000_000)
  }

  /// Waits for the time of the next try, or for the end. True when `isDone`.
  private func wait(
    until time: UInt64, _ isDone: (inout Requests) -> Bool
  ) throws(DriverError) -> Bool {
    enum Turn { case isDone, isClosed }
    let turn: Turn? = requests.wait(deadlineNanoseconds: time) { requests in
      if requests.closed != nil { return .isClosed }
      guard isDone(&requests) else { return nil }
      requests.isReading = false
      return .isDone
    }
    switch turn {
    case nil: return false
    case .isClosed: throw closedBecause ?? .closed
    case .isDone:
      requests.broadcast()
      return true
    }
  }

  /// Connects, says HELLO with the session's token, and sends what has no answer.
  private func attempt(before deadline: UInt64) throws(DriverError) -> Attempt {
    try sender.withLock { (sender) throws(DriverError) -> Attempt in
      do throws(DriverError) {
        guard try transport.reconnect() else { return .impossible }
      } catch { return .notYet(error) }
      // `close` says so before it closes: either it is seen here, or the new connection is closed.
      if let closed = closedBecause {
        transport.close()
        throw closed
      }
      do throws(DriverError) {
        try sayHelloAgain(sender, before: deadline)
        try resend(sender)
      } catch {
        guard error == .closed else { throw error }
        // That daemon has gone too.
        return .notYet(error)
      }
      return .back
    }
  }

  /// HELLO and its reply; the caller has the sender and the reading. Throws `.closed` when the daemon has
  /// gone again.
  private func sayHelloAgain(
    _ sender: borrowing Sender, before deadline: UInt64
  ) throws(DriverError) {
    let header = MessageHeader(type: UInt16(NDISSIM_HELLO), requestID: 1)
    let packet = try unsafe make(header, in: sender.buffer) { writer in
      hello.write(into: &writer, token: said.sessionToken)
    }
    try unsafe transport.send(packet, descriptors: [])
    guard try transport.waitToReceive(until: deadline) else {
      throw timeIsOver(.connection("It was there again, and did not answer HELLO."))
    }
    let (length, raw) = try unsafe transport.receive(into: receiveBuffer)
    _ = Descriptor(owning: raw)
    guard length > 0 else { throw closedBecause ?? .closed }
    let reply = try unsafe helloReply(UnsafeRawBufferPointer(rebasing: receiveBuffer[..<length]))
    guard reply.sessionToken == said.sessionToken else {
      throw over("it went on with another session", rule: "sessionUnknown")
    }
    countResumption(reply.instance)
  }

  private func helloReply(_ packet: UnsafeRawBufferPointer) throws(DriverError) -> SessionLimits {
    let header: MessageHeader
    do throws(Failure) { header = try unsafe MessageHeader(packet: packet) } catch {
      throw .protocolBroken(error)
    }
    if header.isNotification, Int(header.type) == NDISSIM_GOODBYE {
      throw unsafe Connection.goodbye(header, packet)
    }
    guard header.isReply, !header.isUpcall, Int(header.type) == NDISSIM_HELLO else {
      throw over("it said message \(header.type) in place of HELLO", rule: "helloFirst")
    }
    do throws(DriverError) {
      return try unsafe Connection.readReply(header, packet) { reader throws(Failure) in
        SessionLimits(try reader.read(ndissim_hello_reply.self))
      }
    } catch {
      guard error.kind == .ndis else { throw error }
      throw over(error.sentence, rule: error.rule, status: error.status)
    }
  }

  private func over(
    _ why: String, rule: String, status: Status = .failure
  ) -> DriverError {
    DriverError(
      .connection, status: status, rule: rule,
      sentence: "The daemon went and is there again, but does not go on with this session: \(why)")
  }

  private func timeIsOver(_ last: DriverError) -> DriverError {
    .connection(
      "The daemon went without a word and was not back within \(resumeTimeout): \(last.sentence)",
      rule: "resumeTimeout")
  }
}
