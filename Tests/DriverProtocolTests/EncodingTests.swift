// Holds the daemon's encoders to the golden bytes: the same messages, from the simulator's values instead of field
// by field. Ids, contexts and types are those of the golden headers.

import CNDIS
import NDIS
import NDISDriverInterface
import NDISDriverProtocol
import Testing

@Suite struct EncodingTests {
  private typealias Buffer = UnsafeMutableRawBufferPointer

  private let golden = Dictionary(
    uniqueKeysWithValues: GoldenList.all().map { ($0.name, $0.bytes) })

  private func expect(
    _ name: String, _ encode: (MessageHeader, Buffer) -> Int
  ) throws {
    let wanted = try #require(golden[name], "\(name)")
    let header = try unsafe wanted.withUnsafeBytes { try unsafe MessageHeader(packet: $0) }
    var buffer = [UInt8](repeating: 0xEE, count: MessageHeader.maximumMessage)
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe encode(header, $0) }
    #expect(Array(buffer[..<count]) == wanted, "\(name)")
  }

  /// A request that was decoded from its golden bytes.
  private func request(_ name: String) throws -> Request {
    let packet = try #require(golden[name], "\(name)")
    return try unsafe packet.withUnsafeBytes {
      try unsafe Decoding.request(MessageHeader(packet: $0), $0)
    }
  }

  private func details(
    _ header: MessageHeader, object: UInt64, context: UInt64, handler: UInt64,
    name: String = "", argument: UInt32 = 0
  ) -> UpcallDetails {
    UpcallDetails(
      type: header.type, parent: header.context, object: Handle(rawValue: object),
      context: context, handler: handler, name: Name(name), argument: argument,
      bindContext: Handle(rawValue: Example.bindContext),
      providerContext: Example.sharedMemoryProviderContext,
      section: Handle(rawValue: Example.section),
      parameters: SharedMemoryParameters(
        header: ObjectHeader(type: 0, revision: 0, size: 0), flags: 0, queueID: 0,
        preferredNode: 0, usage: 0, length: 0, sgListBufferLength: 0, vportID: 0), tag: Example.tag,
      site: Site("Golden/Queue.swift:42"))
  }

  private func result(
    _ header: MessageHeader, _ value: UInt64 = 0, _ value2: UInt64 = 0
  ) -> RequestResult {
    RequestResult(
      type: header.type, failure: Failure(.success, .none), bugCheck: nil,
      value: Handle(rawValue: value), value2: value2)
  }

  // MARK: Sessions

  @Test func helloAndItsReply() throws {
    let packet = try #require(golden["hello.request"])
    let hello = try unsafe packet.withUnsafeBytes {
      try unsafe Decoding.hello(MessageHeader(packet: $0), $0)
    }
    #expect(hello.features.rawValue == 3 && hello.token == 0 && "\(hello.name)" == "golden")
    let instance = unsafe unsafeBitCast(Example.instance, to: DaemonInstance.self)
    try unsafe expect("hello.reply") { header, buffer in
      unsafe Encoding.hello(
        header,
        HelloReply(
          features: SessionFeatures(rawValue: 2), token: 0x7777, instance: instance,
          pageSize: 4096, upcallDeadline: 5000, maximumBytes: 1 << 32, maximumBlocks: 1 << 20,
          maximumSections: 256), into: buffer)
    }
    try unsafe expect("resumed.notification") { unsafe Encoding.resumed(instance, into: $1) }
    let resume = try #require(golden["resume.notification"])
    let named = try #require(unsafe resume.withUnsafeBytes { unsafe Decoding.resume($0) })
    #expect(named == instance)
  }

  @Test func notifications() throws {
    let section = Handle(rawValue: Example.section)
    try unsafe expect("goodbye.notification") {
      unsafe Encoding.goodbye(Failure(.failure, .daemonStopping), into: $1)
    }
    try unsafe expect("section_released.notification") {
      unsafe Encoding.sectionReleased(section, into: $1)
    }
    try unsafe expect("section_view.notification") {
      unsafe Encoding.sectionView(section, size: 0x10_0000, into: $1)
    }
  }

  @Test func aBugCheckOfOurOwnIsMarkedForWhoReadsIt() throws {
    let failure = Failure(.failure, .nullHandle)
    for isExtension in [false, true] {
      let check = BugCheck(code: BugCheck.ndisDriver, 3, isExtension: isExtension)
      for isMarked in [false, true] {
        var bytes = [UInt8](repeating: 0, count: 512)
        let length = unsafe bytes.withUnsafeMutableBytes {
          unsafe Encoding.failure(
            1, 66, failure, bugCheck: check, marksExtension: isMarked, into: $0)
        }
        let read = try unsafe bytes[..<length].withUnsafeBytes {
          var reader = unsafe BodyReader(packet: $0)
          return try reader.readFailure()
        }
        #expect(read.reason == UInt32(Reason.nullHandle.rawValue))
        #expect(read.bugCheck?.isExtension == (isExtension && isMarked))
      }
    }
  }

  @Test func aRefusedHeader() throws {
    let short = unsafe [UInt8](repeating: 0, count: 47).withUnsafeBytes {
      unsafe RefusedHeader(packet: $0)
    }
    #expect(!short.isComplete && short.requestID == 0 && !short.isForeign)
    var packet = try #require(golden["ping.request"])
    packet[8] = 1
    let flagged = unsafe packet.withUnsafeBytes { unsafe RefusedHeader(packet: $0) }
    #expect(flagged.isComplete && !flagged.isForeign && flagged.flags == 1)
    #expect(flagged.requestID == 2 && Int(flagged.type) == NDISSIM_PING)
    packet[0] = 0
    #expect(unsafe packet.withUnsafeBytes { unsafe RefusedHeader(packet: $0) }.isForeign)
  }

  @Test func onlyAnOfferHasADescriptor() throws {
    for (name, bytes) in golden where name.hasSuffix(".request") && !name.hasPrefix("upcall_") {
      let header = try unsafe bytes.withUnsafeBytes { try unsafe MessageHeader(packet: $0) }
      #expect(Int(header.descriptors) == header.requestDescriptors, "\(name)")
    }
  }

  // MARK: Replies

  @Test func replies() throws {
    for (name, value, value2) in [
      ("ping", 0, 0), ("register_miniport_driver", Example.miniport, 0),
      ("register_scatter_gather_dma", Example.dma, 424), ("add_adapter", Example.adapter, 0),
      ("offer_section", Example.section, 0x1_0000_0000), ("free_shared_memory", 0, 0),
    ] as [(String, UInt64, UInt64)] {
      try unsafe expect(name + ".reply") { header, buffer in
        let result = result(header, value, value2)
        #expect(result.replyBody == .values)
        return unsafe Encoding.reply(header.requestID, result, into: buffer)
      }
    }
    try unsafe expect("failure.reply") { header, buffer in
      unsafe Encoding.failure(
        header.requestID, header.type, Failure(.failure, .doubleFree, Example.allocation),
        bugCheck: BugCheck(
          code: BugCheck.ndisDriver, 3, Example.adapter, 0, Example.allocation,
          isExtension: true), into: buffer)
    }
  }

  @Test func allocationsAndCounters() throws {
    try unsafe expect("allocate_shared_memory.reply") { header, buffer in
      let made = result(header, Example.allocation, Example.sharedMemory)
      #expect(made.replyBody == .allocation)
      return unsafe Encoding.allocation(
        header.requestID, made,
        AllocationDetails(
          section: Handle(rawValue: Example.section), sectionIndex: 0, sectionSize: 0x10_0000,
          physicalBase: 0x1_0000_0000, extentCount: 2, length: 6144), withDescriptor: true,
        into: buffer
      ) { append in
        append(Extent(offset: 0x3000, length: 4096))
        append(Extent(offset: 0x8000, length: 2048))
      }
    }
    var counters = Statistics()
    counters.sessions = 1
    counters.drivers = 2
    counters.adapters = 3
    counters.bindings = 4
    counters.registrations = 5
    counters.sections = 6
    counters.blocks = 7
    counters.bytes = 8
    counters.openRequests = 9
    counters.openUpcalls = 10
    counters.allocations = 11
    counters.frees = 12
    counters.failedAllocations = 13
    counters.violations = 14
    counters.leakedBlocks = 15
    counters.sessionBlocks = 16
    counters.sessionBytes = 17
    counters.sessionViolations = 18
    counters.sessionLeakedBlocks = 19
    try unsafe expect("statistics.reply") { header, buffer in
      #expect(result(header).replyBody == .statistics)
      return unsafe Encoding.statistics(
        header.requestID, counters, descriptors: 20, into: buffer)
    }
  }

  // MARK: Upcalls

  @Test func upcallsOfDetails() throws {
    let adapter = (Example.adapter, Example.adapterContext)
    let binding = (Example.binding, Example.bindingContext)
    for (name, (object, context), handler, text, argument) in [
      ("set_options", (Example.miniport, Example.driverContext), 1, "", 0),
      ("initialize_ex", (Example.adapter, Example.driverContext), 2, "golden0", 0),
      ("halt_ex", adapter, 3, "", 1), ("pause", adapter, 5, "", 2), ("restart", adapter, 6, "", 0),
      ("bind_adapter_ex", (Example.binding, Example.driverContext), 22, "golden0", 0),
      ("unbind_adapter_ex", binding, 23, "", 0),
      ("free_shared_memory", (0, Example.providerContext), 62, "", 0),
      ("shutdown_ex", adapter, 12, "", 1), ("device_pnp_event_notify", adapter, 11, "", 2),
      ("net_pnp_event", binding, 26, "", 8),
    ] as [(String, (UInt64, UInt64), UInt64, String, UInt32)] {
      try unsafe expect("upcall_\(name).request") { header, buffer in
        let upcall = details(
          header, object: object, context: context, handler: handler, name: text,
          argument: argument)
        #expect(upcall.body == .details, "\(name)")
        return unsafe Encoding.upcall(header.requestID, upcall, into: buffer)
      }
    }
  }

  @Test func theUpcallOfAnAllocation() throws {
    guard case .allocate(_, let parameters, _, _) = try request("allocate_shared_memory.request")
    else {
      Issue.record("not an allocation")
      return
    }
    try unsafe expect("upcall_allocate_shared_memory.request") { header, buffer in
      var upcall = details(
        header, object: Example.domain, context: Example.providerContext, handler: 61)
      upcall.parameters = parameters
      return unsafe Encoding.upcall(header.requestID, upcall, into: buffer)
    }
  }

  @Test func theUpcallOfAStatus() throws {
    guard case .indicateStatus(_, let status) = try request("indicate_status_ex.request") else {
      Issue.record("not a status")
      return
    }
    try unsafe expect("upcall_status_ex.request") { header, buffer in
      let upcall = details(
        header, object: Example.binding, context: Example.bindingContext, handler: 28)
      #expect(upcall.body == .status)
      return unsafe Encoding.upcall(header.requestID, upcall, status, into: buffer)
    }
  }

  @Test func upcallsOfLists() throws {
    let memory = Handle(rawValue: Example.sharedMemory)
    let section = Handle(rawValue: Example.section)
    func part(_ offset: UInt64, _ length: UInt32) -> ReceivedPiece {
      .part(sharedMemory: memory, section: section, offset: offset, length: length)
    }
    func list(_ handle: UInt64, _ buffers: UInt32) -> ReceivedPiece {
      .list(Handle(rawValue: handle), filterID: 3, queueID: 2, buffers: buffers)
    }
    let pieces: [ReceivedPiece] = [
      list(Example.netBufferList, 2), .buffer(dataLength: 1514), part(0x3FA0, 96),
      part(0x8000, 32), part(0x8200, 1386), .buffer(dataLength: 60), part(0x3000, 60),
      list(Example.netBufferList + 1, 1), .buffer(dataLength: 64), part(0x3800, 64),
    ]
    try unsafe expect("upcall_receive_net_buffer_lists.request") { header, buffer in
      let upcall = details(
        header, object: Example.binding, context: Example.bindingContext, handler: 29)
      #expect(upcall.body == .receivedLists)
      return unsafe Encoding.upcall(
        header.requestID, upcall, port: 0,
        flags: NDIS_RECEIVE_FLAGS_SHARED_MEMORY_INFO_VALID | NDIS_RECEIVE_FLAGS_SINGLE_QUEUE,
        count: 2, into: buffer
      ) { append in for piece in pieces { append(piece) } }
    }
    // With NDISSIM_LIST_INFORMATION_8021Q a tag for each list follows the last one.
    let upcall = details(
      MessageHeader(
        type: UInt16(NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS), flags: 0, requestID: 5),
      object: Example.binding, context: Example.bindingContext, handler: 29)
    var bytes = [UInt8](repeating: 0xEE, count: 4096)
    let tags = [5, 0].map { Ieee8021QInformation(vlanID: $0) }
    let length = unsafe bytes.withUnsafeMutableBytes {
      unsafe Encoding.upcall(
        5, upcall, port: 0, flags: 0, count: 2, hasTags: true, into: $0
      ) { append in
        for piece in pieces { append(piece) }
        for tag in tags { append(.tag(tag)) }
      }
    }
    #expect(bytes[48 + 36..<48 + 40] == [1, 0, 0, 0])
    #expect(bytes[length - 8..<length] == [0x50, 0, 0, 0, 0, 0, 0, 0])
    try unsafe expect("upcall_return_net_buffer_lists.request") { header, buffer in
      let upcall = details(
        header, object: Example.adapter, context: Example.adapterContext, handler: 9,
        argument: NDIS_RETURN_FLAGS_DISPATCH_LEVEL)
      #expect(upcall.body == .returnedLists)
      return unsafe Encoding.upcall(header.requestID, upcall, into: buffer) { append in
        append(Example.listContext)
        append(Example.listContext + 1)
      }
    }
  }
}
