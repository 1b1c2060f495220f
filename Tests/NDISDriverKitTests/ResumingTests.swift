// A session that resumes after a restart of the daemon with its connection intact: what is retransmitted, in
// which order, and what is not.

import CNDIS
import NDISDriverProtocol
import Glibc
import NDIS
@testable import NDISDriverKit
import NDISPlatform
import Testing

private let block = AllocationHandle(rawValue: 5)

@Suite(.timeLimit(.minutes(1))) struct ResumingTests {
  @Test func helloRequestsTheFeature() throws {
    for (resumes, wanted) in [(true, 15 as UInt64), (false, 14)] {
      let (peer, connection) = try ScriptedPeer.connect(resumes: resumes)
      let hello = try #require(peer.receive())
      #expect(hello.type == NDISSIM_HELLO)
      #expect(hello.number(at: 8) == wanted && hello.number(at: 16) == 0)
      #expect(connection.limits.sessionToken == ScriptedPeer.token)
      #expect(connection.resumptions == 0)
    }
  }

  @Test(arguments: [0, 1, 64])
  func unansweredRequestsAreSentAgainInOrder(count: Int) throws {
    let (peer, connection) = try ScriptedPeer.connect()
    var tickets: [FreeTicket] = []
    for _ in 0..<count {
      tickets.append(try #require(try connection.beginFree(Handle.null, block)))
    }
    let first = peer.receiveAll().dropFirst()
    #expect(first.count == count)
    peer.resumed(2)
    if count == 0 {
      // It must be read.
      let ping = connection.nextRequestID
      peer.reply(ping, type: NDISSIM_PING)
      try connection.ping()
      #expect(peer.receiveAll().map(\.type) == [NDISSIM_PING, NDISSIM_RESUME, NDISSIM_PING])
    } else {
      for id in first.map(\.id).reversed() { peer.reply(id) }
      for ticket in tickets { try connection.finish(ticket) }
      let again = peer.receiveAll()
      #expect(again.first?.type == NDISSIM_RESUME)
      #expect(again.first?.header?.flags == NDISSIM_FLAG_NOTIFICATION)
      #expect(again.first?.body == [2] + [UInt8](repeating: 0, count: 15))
      #expect(Array(again.dropFirst()) == Array(first), "byte for byte and in order")
      #expect(again.dropFirst().map(\.id) == (2..<UInt64(count) + 2).map { $0 })
    }
    #expect(connection.resumptions == 1)
    #expect(connection.limits.instance.first == 2)
  }

  @Test func answeredRequestsAreNotRetransmitted() throws {
    let (peer, connection) = try ScriptedPeer.connect()
    let tickets = try (0..<4).map { _ in
      try #require(try connection.beginFree(Handle.null, block))
    }
    _ = peer.receiveAll()
    // 3 and 5 were answered before; their replies were not processed.
    for id: UInt64 in [5, 3] { peer.reply(id) }
    peer.resumed(2)
    for id: UInt64 in [2, 4] { peer.reply(id) }
    try connection.finish(tickets[0])
    #expect(peer.receiveAll().map(\.id) == [0, 2, 4])
    for ticket in tickets.dropFirst() { try connection.finish(ticket) }
    // Request ids continue.
    peer.reply(6)
    try connection.free(Handle.null, block)
    #expect(peer.receiveAll().map(\.id) == [6])
  }

  @Test func requestsWithoutWaiterAreRetransmitted() throws {
    let (peer, connection) = try ScriptedPeer.connect()
    let indication = ReceiveIndication(
      binding: BindingHandle(rawValue: 3), context: 0, portNumber: 0, flags: [])
    try connection.returnNetBufferLists(indication)
    peer.resumed(2)
    peer.reply(2, type: NDISSIM_RETURN_NET_BUFFER_LISTS)
    peer.reply(3, type: NDISSIM_PING)
    try connection.ping()
    let types = peer.receiveAll().map(\.type)
    #expect(
      types == [
        NDISSIM_HELLO, NDISSIM_RETURN_NET_BUFFER_LISTS, NDISSIM_PING, NDISSIM_RESUME,
        NDISSIM_RETURN_NET_BUFFER_LISTS, NDISSIM_PING,
      ])
  }

  @Test func twoRestartsInARow() throws {
    let (peer, connection) = try ScriptedPeer.connect()
    let ticket = try #require(try connection.beginFree(Handle.null, block))
    _ = peer.receiveAll()
    peer.resumed(2)
    peer.resumed(3)
    peer.reply(2)
    try connection.finish(ticket)
    let packets = peer.receiveAll()
    #expect(
      packets.map(\.type) == [
        NDISSIM_RESUME, NDISSIM_FREE_SHARED_MEMORY, NDISSIM_RESUME, NDISSIM_FREE_SHARED_MEMORY,
      ])
    #expect(
      packets.map { $0.body[0] }.enumerated().filter { $0.offset % 2 == 0 }.map(\.element) == [
        2, 3,
      ])
    #expect(connection.resumptions == 2)
  }

  @Test(arguments: [512 - 48, 513 - 48, 65536 - 48])
  func packetsOfAnySizeAreKept(size: Int) throws {
    let (peer, connection) = try ScriptedPeer.connect()
    let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 7) }
    peer.resumed(2)
    peer.reply(2, type: Int(ScriptedPeer.type)) { $0.append(UInt8(1)) }
    #expect(try connection.request(type: ScriptedPeer.type, body: body) == [1])
    let packets = peer.receiveAll()
    try #require(packets.count == 4)
    #expect(packets[1] == packets[3] && packets[3].body == body)
  }

  @Test func aRawRequestIsRetransmitted() throws {
    let (peer, connection) = try ScriptedPeer.connect()
    var bytes = [UInt8](repeating: 0, count: MessageHeader.size)
    _ = unsafe bytes.withUnsafeMutableBytes { bytes in
      let writer = unsafe MessageWriter(MessageHeader(type: 99, requestID: 2), into: bytes)
      return writer.finish()
    }
    peer.resumed(2)
    peer.reply(2, type: 99)
    _ = try connection.exchangeRaw(bytes)
    #expect(peer.receiveAll().map(\.type) == [NDISSIM_HELLO, 99, NDISSIM_RESUME, 99])
  }

  @Test func anOfferedSectionIsRetransmitted() throws {
    let (peer, connection) = try ScriptedPeer.connect()
    let memory = try SealedMemory(name: "offered", size: 4096)
    peer.resumed(2)
    peer.reply(2, type: NDISSIM_OFFER_SECTION) { writer in
      writer.append(UInt64(77))
      writer.append(UInt64(0))
    }
    _ = try connection.offerSection(Handle.null, domain: 1, memory: memory)
    let offers = peer.receiveAll().filter { $0.type == NDISSIM_OFFER_SECTION }
    try #require(offers.count == 2)
    #expect(offers[0].hasDescriptor)
    #expect(offers[0] == offers[1], "the same file")
  }

  @Test func anAnsweredOfferKeepsNoDescriptor() throws {
    let (peer, connection) = try ScriptedPeer.connect()
    let pipe = try Pipe()
    let reading = try pipe.reading.duplicate()
    let writing = pipe.takeWriteEnd()
    peer.resumed(2)
    peer.reply(2, type: NDISSIM_OFFER_SECTION) { writer in
      writer.append(UInt64(77))
      writer.append(UInt64(0))
    }
    _ = try connection.offerSection(
      Handle.null, domain: 1, size: 4096, descriptor: writing.raw)
    _ = peer.receiveAll()
    _ = consume writing
    // The pipe has no writer left.
    var waited = pollfd(fd: reading.raw, events: Int16(POLLIN), revents: 0)
    #expect(unsafe poll(&waited, 1, 0) == 1)
    #expect(waited.revents & Int16(POLLHUP) != 0)
    withExtendedLifetime(connection) {}
  }

  @Test func withoutTheFeatureTheSessionEnds() throws {
    for (features, token) in [(0 as UInt64, 5 as UInt64), (1, 0)] {
      let (peer, connection) = try ScriptedPeer.connect(features: features, token: token)
      peer.resumed(2)
      peer.reply(2, type: NDISSIM_PING)
      try connection.ping()
      #expect(peer.receiveAll().map(\.type) == [NDISSIM_HELLO, NDISSIM_PING])
      peer.close()
      do throws(DriverError) {
        try connection.ping()
        Issue.record("no error")
      } catch { #expect(error.rule == "closed") }
      #expect(connection.resumptions == 0)
    }
  }

  @Test func aThreadBlockedInSendResumes() throws {
    let (peer, connection) = try ScriptedPeer.connect()
    _ = peer.receive()
    let body = [UInt8](repeating: 3, count: 60_000)
    let done = Monitor<Int>(0)
    let begun = Monitor<Int>(0)
    for _ in 0..<8 {
      _ = try Thread.start(name: "sender") {
        begun.withLock { $0 += 1 }
        begun.broadcast()
        do throws(DriverError) {
          _ = try connection.request(type: ScriptedPeer.type, body: body)
        } catch { Issue.record("\(error)") }
        done.withLock { $0 += 1 }
        done.broadcast()
      }
    }
    // Eight requests exceed the buffer of the socket: the last ones block in `send`, or wait for it.
    _ = begun.wait { $0 == 8 ? 1 : nil }
    peer.resumed(2)
    while let packet = peer.receive(blocking: true), packet.type != NDISSIM_RESUME {}
    var ids: [UInt64] = []
    for _ in 0..<8 {
      let packet = try #require(peer.receive(blocking: true))
      #expect(packet.body == body)
      ids.append(packet.id)
      peer.reply(packet.id, type: Int(ScriptedPeer.type))
    }
    #expect(ids == (2..<10).map { $0 })
    _ = done.wait { $0 == 8 ? 1 : nil }
  }

  @Test func aRepeatedSectionIsClosed() throws {
    let (peer, connection) = try ScriptedPeer.connect()
    let memory = try SealedMemory(name: "again", size: 8192)
    var sections: [MappedSection] = []
    for _ in 0..<2 {
      let ticket = try #require(
        try connection.beginAllocate(Handle.null, SharedMemoryParameters(length: 4096)))
      let id = connection.nextRequestID - 1
      peer.resumed(2)
      peer.replyAllocation(id, memory.descriptor.raw)
      _ = try connection.finish(ticket)
      sections.append(try #require(connection.section(SectionHandle(rawValue: 77))))
    }
    #expect(sections[0] === sections[1])
  }
}
