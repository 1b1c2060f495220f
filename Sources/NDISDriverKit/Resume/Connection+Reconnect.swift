// Reconnecting: the connection ended without a GOODBYE. The reader retries until a daemon knows the session or
// the timeout expires; all other threads wait as for a slow daemon.
//
// Limits: a reader is required. A program that neither calls nor serves reconnects on its next call, and the
// daemon keeps its session for only ten minutes.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

extension Connection {
  /// The result of one attempt.
  private enum Attempt: Sendable {
    case back
    /// This transport cannot reconnect.
    case impossible
    case notYet(DriverError)
  }

  /// Reconnects and resumes the session. False: `isDone` before that, and the thread is no longer the reader.
  /// Throws if the session has ended.
  func reconnect(_ isDone: (inout Requests) -> Bool) throws(DriverError) -> Bool {
    let deadline = requests.withLock { requests in
      let deadline = requests.reconnectDeadline ?? MonotonicClock.nanoseconds &+ resumeNanoseconds
      requests.reconnectDeadline = deadline
      return deadline
    }
    // A thread that blocks in `send` holds the sender and must release it.
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
    // A day is long enough, and cannot overflow.
    return UInt64(clamping: min(max(seconds, 0), 86_400)) * 1_000_000_000
      + UInt64(clamping: attoseconds / 1_000_000_000)
  }

  /// Waits for the next attempt, or for the end of the connection. True if `isDone`.
  private func wait(
    until time: UInt64, _ isDone: (inout Requests) -> Bool
  ) throws(DriverError) -> Bool {
    enum Turn { case isDone, isClosed }
    let turn: Turn? = requests.wait(deadlineNanoseconds: time) { requests in
      if requests.closed != nil { return .isClosed }
      guard isDone(&requests) else { return nil }
      requests.hasReader = false
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

  /// Connects, sends HELLO with the session's token, and retransmits the outstanding requests.
  private func attempt(before deadline: UInt64) throws(DriverError) -> Attempt {
    try sender.withLock { (sender) throws(DriverError) -> Attempt in
      do throws(DriverError) {
        guard try transport.reconnect() else { return .impossible }
      } catch { return .notYet(error) }
      // `close` stores the reason before it closes: either it is noticed here, or the new connection is
      // closed.
      if let closed = closedBecause {
        transport.close()
        throw closed
      }
      do throws(DriverError) {
        try resendHello(sender, before: deadline)
        try resend(sender)
      } catch {
        guard error == .closed else { throw error }
        // That daemon is lost, too.
        return .notYet(error)
      }
      return .back
    }
  }

  /// HELLO and its reply; the caller holds the sender and is the reader. Throws `.closed` if the connection is
  /// lost again.
  private func resendHello(
    _ sender: borrowing Sender, before deadline: UInt64
  ) throws(DriverError) {
    let header = MessageHeader(type: UInt16(NDISSIM_HELLO), requestID: 1)
    let packet = try unsafe make(header, in: sender.buffer) { writer in
      hello.write(into: &writer, token: helloLimits.sessionToken)
    }
    try unsafe transport.send(packet, descriptors: [])
    guard try transport.waitToReceive(until: deadline) else {
      throw timeIsOver(.connection("It is reachable again, but did not reply to HELLO."))
    }
    let (length, raw) = try unsafe transport.receive(into: receiveBuffer)
    _ = Descriptor(owning: raw)
    guard length > 0 else { throw closedBecause ?? .closed }
    let reply = try unsafe helloReply(UnsafeRawBufferPointer(rebasing: receiveBuffer[..<length]))
    guard reply.sessionToken == helloLimits.sessionToken else {
      throw over("it resumed another session", rule: "sessionUnknown")
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
      throw over("it sent message \(header.type) instead of HELLO", rule: "helloFirst")
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
      sentence: "The daemon was restarted but does not resume this session: \(why)")
  }

  private func timeIsOver(_ last: DriverError) -> DriverError {
    .connection(
      "The connection to the daemon was lost and could not be restored within \(resumeTimeout): \(last.sentence)",
      rule: "resumeTimeout")
  }
}
