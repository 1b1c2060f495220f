// A connection that is lost without a GOODBYE: it is restored with the session's token, or the session ends with
// a reason.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISDriverKit
import NDISPlatform
import Testing

private let block = AllocationHandle(rawValue: 5)

@Suite(.timeLimit(.minutes(1))) struct ReconnectTests {
  /// Runs `body` in a thread and returns the error it threw.
  private func ending(
    of body: @escaping @Sendable () throws(DriverError) -> Void, while meanwhile: () throws -> Void
  ) throws -> DriverError? {
    let end = Monitor<DriverError??>(.none)
    _ = try Thread.start(name: "caller") {
      var result: DriverError?
      do throws(DriverError) { try body() } catch { result = error }
      end.withLock { $0 = .some(result) }
      end.broadcast()
    }
    try meanwhile()
    return end.wait { $0 }
  }

  @Test func withTheTokenTheSessionResumes() throws {
    let listener = try ScriptedListener()
    let (first, connection) = try listener.connect()
    let tickets = try (0..<3).map { _ in
      try #require(try connection.beginFree(Handle.null, block))
    }
    let sent = first.receiveAll()
    first.reply(3)
    first.close()
    // Requests started now are not sent, which is no error.
    let late = try #require(try connection.beginFree(Handle.null, block))
    let error = try ending {
      () throws(DriverError) in
      for ticket in tickets + [late] { try connection.finish(ticket) }
      try connection.ping()
    } while: {
      let second = try listener.accept()
      let hello = try #require(second.receive(blocking: true))
      #expect(hello.type == NDISSIM_HELLO)
      #expect(
        hello.number(at: 8)
          == UInt64(
            NDISSIM_FEATURE_RESUME | NDISSIM_FEATURE_8021Q | NDISSIM_FEATURE_M_SHARED_MEMORY
              | NDISSIM_FEATURE_BUG_CHECK_EXTENSION))
      #expect(hello.number(at: 16) == ScriptedPeer.token)
      second.sendHello(instance: 2)
      let again = (0..<3).compactMap { _ in second.receive(blocking: true) }
      #expect(again.map(\.id) == [2, 4, 5])
      #expect(again.prefix(2) == [sent[0], sent[2]])
      for id in again.map(\.id) { second.reply(id) }
      let ping = try #require(second.receive(blocking: true))
      #expect(ping.type == NDISSIM_PING && ping.id == 6)
      second.reply(6, type: NDISSIM_PING)
    }
    #expect(error == nil)
    #expect(connection.resumptions == 1)
    #expect(connection.limits.instance.first == 2)
  }

  @Test func lostAnswersAreRetransmitted() throws {
    final class Provider: SharedMemoryProvider {
      let calls = Monitor<Int>(0)
      func allocateSharedMemory(_ request: ProviderRequest) -> ProviderAnswer { .suppressed }
      func freeSharedMemory(_ block: ProviderBlock) { calls.withLock { $0 += 1 } }
    }
    let listener = try ScriptedListener()
    let (first, connection) = try listener.connect()
    let provider = Provider()
    first.reply(2, type: NDISSIM_SET_OPTIONAL_HANDLERS)
    try connection.setOptionalHandlers(Handle.null, provider: provider)
    let free = try #require(first.receive()).number(at: 32)
    first.upcallFree(40, handler: free, context: 1)
    first.reply(3, type: NDISSIM_PING)
    try connection.ping()
    first.close()
    let error = try ending {
      () throws(DriverError) in
      try connection.ping()
    } while: {
      let second = try listener.accept()
      _ = second.receive(blocking: true)
      second.sendHello(instance: 2)
      second.upcallFree(40, handler: free, context: 1)
      second.upcallFree(40, handler: free, context: 1)
      #expect(second.receive(blocking: true)?.type == NDISSIM_PING)
      #expect(second.receive(blocking: true)?.id == 40)
      second.reply(4, type: NDISSIM_PING)
    }
    #expect(error == nil)
    #expect(provider.calls.withLock { $0 } == 1)
  }

  @Test func aDaemonThatIsLostAgainIsAwaited() throws {
    let listener = try ScriptedListener()
    let (first, connection) = try listener.connect()
    first.close()
    let error = try ending {
      () throws(DriverError) in
      try connection.ping()
    } while: {
      for instance: UInt8 in 2...5 {
        let next = try listener.accept()
        _ = next.receive(blocking: true)
        // Before its HELLO, after it, after the request, and not at all.
        if instance == 2 {
          next.close()
          continue
        }
        next.sendHello(instance: instance)
        if instance == 3 {
          next.close()
          continue
        }
        #expect(next.receive(blocking: true)?.type == NDISSIM_PING)
        if instance == 4 {
          next.close()
        } else {
          next.reply(2, type: NDISSIM_PING)
        }
      }
    }
    #expect(error == nil)
    #expect(connection.resumptions == 3)
  }

  @Test func aRefusedTokenEndsTheSessionForAll() throws {
    let listener = try ScriptedListener()
    let (first, connection) = try listener.connect()
    let serving = Monitor<DriverError?>(nil)
    _ = try Thread.start(name: "server") {
      do throws(DriverError) { try connection.serve() } catch {
        serving.withLock { $0 = error }
        serving.broadcast()
      }
    }
    first.close()
    let error = try ending {
      () throws(DriverError) in
      try connection.ping()
    } while: {
      let second = try listener.accept()
      _ = second.receive(blocking: true)
      second.refuse(1, type: NDISSIM_HELLO, .sessionUnknown)
    }
    #expect(error?.kind == .connection && error?.rule == "sessionUnknown")
    #expect(error?.sentence.contains("does not resume this session") == true)
    #expect(serving.wait { $0 } == error)
    #expect(connection.closedBecause == error)
  }

  @Test func anotherTokenEndsTheSession() throws {
    let listener = try ScriptedListener()
    let (first, connection) = try listener.connect()
    first.close()
    let error = try ending {
      () throws(DriverError) in
      try connection.ping()
    } while: {
      let second = try listener.accept()
      _ = second.receive(blocking: true)
      second.sendHello(instance: 2, token: 8)
    }
    #expect(error?.rule == "sessionUnknown")
  }

  @Test func theTimeoutEndsTheSession() throws {
    let listener = try ScriptedListener()
    let (first, connection) = try listener.connect(resumeTimeout: .milliseconds(30))
    listener.remove()
    first.close()
    do throws(DriverError) {
      try connection.ping()
      Issue.record("no error")
    } catch {
      #expect(error.kind == .connection && error.rule == "resumeTimeout")
      #expect(error.sentence.contains("0.03 seconds") && error.sentence.contains("connect to"))
    }
  }

  @Test func aHelloWithoutReplyTimesOut() throws {
    let listener = try ScriptedListener()
    let (first, connection) = try listener.connect(resumeTimeout: .milliseconds(30))
    first.close()
    do throws(DriverError) {
      try connection.ping()
      Issue.record("no error")
    } catch {
      #expect(error.rule == "resumeTimeout")
      #expect(error.sentence.contains("did not reply to HELLO"))
    }
  }

  @Test(arguments: [true, false]) func closeEndsTheWaiting(isListening: Bool) throws {
    let listener = try ScriptedListener()
    let (first, connection) = try listener.connect()
    if !isListening { listener.remove() }
    first.close()
    let error = try ending {
      () throws(DriverError) in
      try connection.ping()
    } while: {
      // Its HELLO gets no reply, or is not received.
      if isListening { _ = try listener.accept().receive(blocking: true) }
      connection.close()
    }
    #expect(error?.rule == "closed")
    #expect(connection.resumptions == 0)
  }

  @Test func stopEndsServingMeanwhile() throws {
    let listener = try ScriptedListener()
    let (first, connection) = try listener.connect()
    listener.remove()
    first.close()
    let error = try ending { () throws(DriverError) in
      try connection.serve()
    } while: {
      connection.stop()
    }
    #expect(error == nil)
  }

  @Test(arguments: [true, false]) func aGoodbyeIsTheEnd(isRead: Bool) throws {
    let listener = try ScriptedListener()
    var (first, connection): (ScriptedPeer?, Connection) = try listener.connect()
    let ticket = try #require(try connection.beginFree(Handle.null, block))
    if isRead { _ = first?.receive() }
    first?.goodbye()
    // With unread data it is a reset, which Linux reports before the GOODBYE.
    first = nil
    do throws(DriverError) {
      try connection.finish(ticket)
      Issue.record("no error")
    } catch { #expect(error.rule == "daemonStopping") }
  }

  @Test func aTransportThatCannotReconnectEnds() throws {
    let (peer, connection) = try ScriptedPeer.connect()
    peer.close()
    do throws(DriverError) {
      try connection.ping()
      Issue.record("no error")
    } catch { #expect(error.rule == "closed") }
  }
}
