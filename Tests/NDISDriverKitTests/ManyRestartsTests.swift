// Many threads call while the daemon is killed repeatedly at random times: every call is executed and answered
// exactly once, every handler is called exactly once and its answer processed exactly once.

import NDISDriverProtocol
import NDIS
@testable import NDISDriverKit
import NDISPlatform
import Testing

/// Counts the calls of each upcall; every other one calls NDIS itself.
private final class Counting: SharedMemoryProvider {
  let calls = Monitor<[UInt64: Int]>([:])

  func allocateSharedMemory(_ request: ProviderRequest) -> ProviderAnswer { .suppressed }

  func freeSharedMemory(_ block: ProviderBlock) {
    let number = block.sharedMemoryProviderContext
    calls.withLock { $0[number, default: 0] += 1 }
    guard number % 2 == 0 else { return }
    do throws(DriverError) {
      let body = [255] + (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
      #expect(try block.connection.request(type: ScriptedPeer.type, body: body) == body)
    } catch { Issue.record("\(error)") }
  }
}

@Suite(.timeLimit(.minutes(2))) struct ManyRestartsTests {
  private static let threads = 8
  private static let calls = 250

  @Test(arguments: 0..<12) func everyCallIsCarriedOutOnce(seed: Int) throws {
    let listener = try ScriptedListener()
    let (peer, connection) = try listener.connect()
    let daemon = ForgetfulDaemon(listener, peer, seed: UInt64(seed))
    let running = try Thread.start(name: "daemon") { daemon.run() }
    let provider = Counting()
    try connection.setOptionalHandlers(Handle.null, provider: provider)
    if seed % 3 == 0 { try connection.startServing() }

    let done = Monitor<Int>(0)
    for thread in 0..<ManyRestartsTests.threads {
      _ = try Thread.start(name: "caller") {
        do throws(DriverError) {
          if thread % 2 == 0 {
            try Self.callOneByOne(connection, thread)
          } else {
            try Self.callAhead(connection, thread)
          }
        } catch { Issue.record("\(error)") }
        done.withLock { $0 += 1 }
        done.broadcast()
      }
    }
    done.wait { $0 == ManyRestartsTests.threads ? () : nil }
    #expect(connection.closedBecause == nil)
    let resumptions = connection.resumptions
    connection.close()
    // A daemon that waits for a reconnect waits for no other client.
    let nobody = try SocketTransport(path: listener.path)
    nobody.close()
    running.join()

    #expect(daemon.problems == [])
    let bodies = (0..<ManyRestartsTests.threads).flatMap { thread in
      (0..<ManyRestartsTests.calls).map { Self.body(thread, $0) }
    }
    #expect(bodies.allSatisfy { daemon.carriedOut[$0] == 1 })
    #expect(daemon.carriedOut.values.allSatisfy { $0 == 1 })
    let called = provider.calls.withLock { $0 }
    #expect(called.values.allSatisfy { $0 == 1 })
    #expect(daemon.answered.values.allSatisfy { $0 == 1 })
    #expect(Set(called.keys) == Set(daemon.answered.keys))
    // There were restarts.
    #expect(daemon.restarts > 10 && daemon.reconnections > 5 && resumptions > 15)
  }

  private static func body(_ thread: Int, _ number: Int) -> [UInt8] {
    // Of different lengths, some longer than a small entry of the cache.
    [UInt8(thread), UInt8(number)] + [UInt8](repeating: 7, count: number % 16 * 40)
  }

  private static func callOneByOne(
    _ connection: Connection, _ thread: Int
  ) throws(DriverError) {
    for number in 0..<calls {
      let body = body(thread, number)
      let answer = try connection.request(type: ScriptedPeer.type, body: body)
      #expect(answer == body)
    }
  }

  /// Has several requests in flight.
  private static func callAhead(_ connection: Connection, _ thread: Int) throws(DriverError) {
    var tickets: [(Ticket, [UInt8])] = []
    for number in 0..<calls {
      let body = body(thread, number)
      let ticket = try connection.beginWaiting(Int(ScriptedPeer.type)) { writer in
        for byte in body { writer.append(byte) }
      }
      tickets.append((ticket, body))
      if tickets.count == 6 || number == calls - 1 {
        for (ticket, body) in tickets {
          let answer = try connection.finish(ticket) { reader throws(Failure) in
            try reader.readBytes(reader.remaining)
          }
          #expect(answer == body)
        }
        tickets = []
      }
    }
  }
}
