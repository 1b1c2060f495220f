// Repeated upcalls after a restart of the daemon: a handler is called once, and its answer is retransmitted only
// if it may have been lost.

import CNDIS
import NDISDriverProtocol
import NDIS
@testable import NDISDriverKit
import NDISPlatform
import Testing

/// Counts its calls; the test defines their body.
private final class Provider: SharedMemoryProvider {
  let freed = Monitor<[UInt64]>([])
  let allocated = Monitor<Int>(0)
  let callsBack: Bool

  init(callsBack: Bool = false) { self.callsBack = callsBack }

  func allocateSharedMemory(_ request: ProviderRequest) -> ProviderAnswer {
    allocated.withLock { $0 += 1 }
    return .suppressed
  }

  func freeSharedMemory(_ block: ProviderBlock) {
    freed.withLock { $0.append(block.sharedMemoryProviderContext) }
    guard callsBack else { return }
    do throws(DriverError) { try block.connection.ping() } catch { Issue.record("\(error)") }
  }
}

private let answer = Int(NDISSIM_UPCALL_FREE_SHARED_MEMORY)

@Suite(.timeLimit(.minutes(1))) struct RepeatedUpcallTests {
  /// A connection with a provider, the cookie of its free handler, and the next request's id.
  private func start(
    _ provider: Provider
  ) throws -> (ScriptedPeer, Connection, allocate: UInt64, free: UInt64) {
    let (peer, connection) = try ScriptedPeer.connect()
    peer.reply(2, type: NDISSIM_SET_OPTIONAL_HANDLERS)
    try connection.setOptionalHandlers(Handle.null, provider: provider)
    let packets = peer.receiveAll()
    let handlers = try #require(packets.last)
    return (peer, connection, handlers.number(at: 24), handlers.number(at: 32))
  }

  @Test func aNewUpcallIsCalled() throws {
    let provider = Provider()
    let (peer, connection, _, free) = try start(provider)
    peer.resumed(2)
    peer.upcallFree(40, handler: free, context: 1)
    peer.reply(3, type: NDISSIM_PING)
    try connection.ping()
    #expect(provider.freed.withLock { $0 } == [1])
    #expect(
      peer.receiveAll().map(\.type) == [NDISSIM_PING, NDISSIM_RESUME, NDISSIM_PING, answer])
  }

  @Test func aLostAnswerIsRetransmittedOnce() throws {
    let provider = Provider()
    let (peer, connection, _, free) = try start(provider)
    peer.upcallFree(40, handler: free, context: 1)
    peer.resumed(2)
    peer.upcallFree(40, handler: free, context: 1)
    peer.upcallFree(40, handler: free, context: 1)
    peer.resumed(3)
    peer.upcallFree(40, handler: free, context: 1)
    peer.reply(3, type: NDISSIM_PING)
    try connection.ping()
    #expect(provider.freed.withLock { $0 } == [1])
    let packets = peer.receiveAll()
    #expect(
      packets.map(\.type) == [
        NDISSIM_PING, answer, NDISSIM_RESUME, NDISSIM_PING, answer, NDISSIM_RESUME, NDISSIM_PING,
        answer,
      ])
    let answers = packets.filter { $0.type == answer }
    #expect(answers.allSatisfy { $0 == answers[0] && $0.id == 40 }, "byte for byte")
  }

  @Test func anAnswerInFlightIsNotRetransmitted() throws {
    let provider = Provider()
    let (peer, connection, _, free) = try start(provider)
    peer.resumed(2)
    peer.upcallFree(40, handler: free, context: 1)
    peer.upcallFree(40, handler: free, context: 1)
    peer.reply(3, type: NDISSIM_PING)
    try connection.ping()
    #expect(provider.freed.withLock { $0 } == [1])
    #expect(peer.receiveAll().filter { $0.type == answer }.count == 1)
  }

  @Test func aRunningUpcallIsNotCalledAgain() throws {
    let provider = Provider(callsBack: true)
    let (peer, connection, _, free) = try start(provider)
    // All but the last reply is read in the handler.
    peer.upcallFree(40, handler: free, context: 1)
    peer.resumed(2)
    peer.upcallFree(40, handler: free, context: 1)
    peer.reply(4, type: NDISSIM_PING)
    peer.upcallFree(40, handler: free, context: 1)
    peer.reply(3, type: NDISSIM_PING)
    try connection.ping()
    #expect(provider.freed.withLock { $0 } == [1])
    let packets = peer.receiveAll()
    #expect(
      packets.map(\.type) == [
        NDISSIM_PING, NDISSIM_PING, NDISSIM_RESUME, NDISSIM_PING, NDISSIM_PING, answer,
      ])
    #expect(packets.map(\.id) == [3, 4, 0, 3, 4, 40])
    #expect(packets[4].header?.context == 40)
  }

  @Test func anUpcallWithSuppressedAnswerIsNotCalledAgain() throws {
    let provider = Provider()
    let (peer, connection, allocate, _) = try start(provider)
    func call() {
      let header = MessageHeader(
        type: UInt16(NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY), flags: NDISSIM_FLAG_UPCALL,
        requestID: 40)
      peer.send(header) { writer in
        var raw = ndissim_upcall_allocate()
        raw.handler = allocate
        raw.maximum_extents = 4
        writer.append(raw)
        let parameters = SharedMemoryParameters(length: 4096)
        writer.append(
          image: parameters.image(pageSize: 4096), size: parameters.imageBytes())
      }
    }
    let type = Int(NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY)
    call()
    peer.resumed(2)
    call()
    peer.reply(3, type: NDISSIM_PING)
    try connection.ping()
    #expect(provider.allocated.withLock { $0 } == 1)
    #expect(!peer.receiveAll().contains { $0.type == type })
    connection.answer(
      40,
      with: ProviderAnswer(
        context: 6, section: SectionHandle(rawValue: 9),
        extents: (0..<32).map { Extent(offset: $0 * 4096, length: 4096) }))
    let first = peer.receiveAll()
    #expect(first.map(\.type) == [type])
    call()
    peer.resumed(3)
    call()
    peer.reply(4, type: NDISSIM_PING)
    try connection.ping()
    #expect(provider.allocated.withLock { $0 } == 1)
    #expect(
      peer.receiveAll().filter { $0.type == type } == first, "a long answer is kept whole")
  }

  @Test func theLast1024AnswersAreCached() throws {
    let provider = Provider()
    let (peer, connection, _, free) = try start(provider)
    for id: UInt64 in 1...1025 {
      peer.upcallFree(id, handler: free, context: id)
      if id % 64 == 0 || id == 1025 {
        peer.reply(connection.nextRequestID, type: NDISSIM_PING)
        try connection.ping()
        _ = peer.receiveAll()
      }
    }
    peer.resumed(2)
    for id: UInt64 in [2, 1025, 1] { peer.upcallFree(id, handler: free, context: id) }
    peer.reply(connection.nextRequestID, type: NDISSIM_PING)
    try connection.ping()
    #expect(peer.receiveAll().filter { $0.type == answer }.map(\.id) == [2, 1025, 1])
    #expect(provider.freed.withLock { $0.count } == 1026, "the oldest was forgotten")
  }
}
