// The frames a hosted miniport makes: where they lie, when they come, which are dropped.

import NDISDriverInterface
import CNDIS
import NDIS
import NDISSimulator
import Testing

@testable import NDISHostedDrivers

@Suite struct VMQReceiveTests {
  /// The bytes of a list, put together from what was written.
  static func frame(_ list: IndicatedList, _ ndis: ScriptedNDIS) -> [UInt8] {
    var memory: [UInt32: [UInt8]] = [:]
    for write in ndis.writes {
      var block = memory[write.allocation.index] ?? []
      let end = Int(write.offset) + write.bytes.count
      if block.count < end {
        block.append(contentsOf: repeatElement(0, count: end - block.count))
      }
      block.replaceSubrange(Int(write.offset)..<end, with: write.bytes)
      memory[write.allocation.index] = block
    }
    var bytes: [UInt8] = []
    for index in 0..<Int(list.segmentCount) {
      let segment = list.segments[index]
      let block = memory[segment.sharedMemoryHandle.index] ?? []
      let end = min(block.count, Int(segment.offset + segment.length))
      bytes += block[min(end, Int(segment.offset))..<end]
    }
    return bytes
  }

  @Test("frames go to the address of a filter, in order, each in a buffer of its own")
  func frames() throws {
    let ndis = VMQMiniportTests.running()
    VMQMiniportTests.open(ndis, [1], [.perQueueReceiveIndication])
    _ = ndis.request(
      OID_RECEIVE_FILTER_SET_FILTER, .method, VMQMiniportTests.filter(1, 9, vlan: 77))
    try ndis.generate(1, 4, length: 100)
    let indication = try #require(ndis.indications.first)
    #expect(
      ReceiveFlags(rawValue: indication.flags) == [.sharedMemoryInfoValid, .singleQueue])
    #expect(indication.lists.count == 4)
    for (number, list) in indication.lists.enumerated() {
      #expect(list.queueID == 1 && list.filterID == 0)
      #expect(list.bufferCount == 1 && list.segmentCount == 1 && list.dataLengths[0] == 100)
      let frame = try #require(GeneratedFrame(Self.frame(list, ndis)))
      #expect(frame.sequence == UInt64(number) && frame.queueID == 1)
      #expect(frame.destination.bytes == [2, 0, 0, 0, 0, number % 2 == 0 ? 1 : 9])
      // The tag is out of band.
      #expect(frame.vlan == nil && list.tag.vlanID == (number % 2 == 0 ? 0 : 77))
    }
    // Buffers that follow one another are written in one piece.
    #expect(ndis.writes.count == 1)
    #expect(Set(indication.lists.map(\.context)).count == 4)
  }

  @Test("6.20: the VLAN tag, in network byte order in the filter, stays in the frame")
  func taggedFrames() throws {
    let ndis = VMQMiniportTests.running { $0.version = NDISVersion(6, 20) }
    VMQMiniportTests.open(ndis, [1])
    var field = ReceiveFilterField(.vlanID, SIMD16<UInt8>())
    field.fieldValue[1] = 5
    var filter = ReceiveFilterParameters(
      queueID: 1, fields: [.destinationAddress([2, 0, 0, 0, 0, 9]), field], revision: 1)
    filter.filterID = 2
    let set = ndis.request(OID_RECEIVE_FILTER_SET_FILTER, .method, filter.image())
    #expect(ndis.end(set)?.status == .success)
    try ndis.generate(1, 2, length: 100)
    let lists = try #require(ndis.indications.first).lists
    let frames = lists.compactMap { GeneratedFrame(Self.frame($0, ndis)) }
    #expect(frames.map(\.vlan) == [nil, 5] && lists.allSatisfy { $0.tag == .none })
  }

  @Test("6.20: a filter of a MAC address without a VLAN or VLAN_UNTAGGED_OR_ZERO fails")
  func untestedVLAN() throws {
    func status(_ minor: UInt8, _ change: (inout ReceiveFilterParameters) -> Void) -> Status? {
      let ndis = VMQMiniportTests.running { $0.version = NDISVersion(6, minor) }
      VMQMiniportTests.open(ndis, [1])
      var filter = ReceiveFilterParameters(
        queueID: 1, fields: [.destinationAddress([2, 0, 0, 0, 0, 9])], revision: 1)
      filter.filterID = 2
      change(&filter)
      let set = ndis.request(OID_RECEIVE_FILTER_SET_FILTER, .method, filter.image())
      return ndis.end(set)?.status
    }
    #expect(status(20) { _ in } == .invalidParameter && status(30) { _ in } == .success)
    #expect(status(20) { $0.fields[0].flags = .vlanUntaggedOrZero } == .success)
    #expect(status(20) { $0.fields.append(.vlan(7)) } == .success)
    #expect(status(20) { $0.fields = [.vlan(7)] } == .success)
    #expect(status(30) { $0.flags = .packetEncapsulation } == .notSupported)
  }

  @Test("the default queue gets broadcasts from the restart on, without a filter")
  func defaultQueue() throws {
    let ndis = VMQMiniportTests.running()
    try ndis.generate(0, 1)
    let indication = try #require(ndis.indications.first)
    #expect(ReceiveFlags(rawValue: indication.flags) == .sharedMemoryInfoValid)
    let frame = try #require(GeneratedFrame(Self.frame(indication.lists[0], ndis)))
    #expect(frame.destination == .broadcast && frame.length == 1514)
  }

  @Test("a buffer is used again when its list is back; without one a frame is dropped and counted")
  func dropped() throws {
    let ndis = VMQMiniportTests.running()
    VMQMiniportTests.open(ndis, [1])
    let buffers = (64 << 10) / 1536
    try ndis.generate(1, UInt32(buffers) + 5)
    #expect(ndis.out.count == buffers)
    var counters = try #require(ndis.miniport.counters.last)
    #expect(counters.indicated == UInt64(buffers) && counters.dropped == 5)
    try ndis.generate(1, 1)
    #expect(ndis.out.count == buffers)
    let third = ndis.out[2]
    ndis.upcall(NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS, returned: [third, third, 1 << 60])
    try ndis.generate(1, 2)
    counters = try #require(ndis.miniport.counters.last)
    #expect(counters.indicated == UInt64(buffers) + 1 && counters.dropped == 7)
    let last = try #require(ndis.indications.last)
    #expect(last.lists.map(\.context) == [third])
    // The number says how many were lost before it: 5, then 1.
    let frame = try #require(GeneratedFrame(Self.frame(last.lists[0], ndis)))
    #expect(frame.sequence == UInt64(buffers) + 6)
  }

  @Test("lists NDIS did not take are free again, and their frames lost")
  func refused() throws {
    let ndis = VMQMiniportTests.running()
    ndis.failures["indicateReceive"] = Failure(.resources, .tooManyIndicated, 1, 1)
    try ndis.generate(0, 7)
    #expect(ndis.miniport.counters[0].dropped == 7 && ndis.miniport.counters[0].out == 0)
    ndis.failures = [:]
    try ndis.generate(0, 1)
    #expect(ndis.out.count == 1)
  }

  @Test("at a set rate frames come by the time that is handed in, from every queue that receives")
  func rate() throws {
    let ndis = VMQMiniportTests.running { $0.framesPerSecond = 300 }
    VMQMiniportTests.open(ndis, [1])
    #expect(ndis.miniport.needsTime)
    ndis.pass(to: 10_000)
    #expect(ndis.out.isEmpty)
    ndis.pass(to: 10_000)
    ndis.pass(to: 10_010)
    #expect(ndis.out.count == 6)
    // What is left over of a frame is not lost.
    for now: UInt64 in [10_011, 10_012, 10_013, 10_014] { ndis.pass(to: now) }
    #expect(ndis.out.count == 8)
    _ = ndis.request(
      OID_RECEIVE_FILTER_CLEAR_FILTER, .set,
      ReceiveFilterClearParameters(queueID: 1, filterID: 1).image())
    ndis.returnLists()
    ndis.pass(to: 10_024)
    #expect(ndis.out.count == 3)
    #expect(ndis.out.allSatisfy { $0 >> 32 == 0 })
  }

  @Test("6.20: a frame is split at the lookahead size, with backfill before the rest")
  func split() throws {
    let ndis = VMQMiniportTests.running { $0.version = NDISVersion(6, 20) }
    VMQMiniportTests.open(ndis, [1], lookahead: 40, [.lookaheadSplitRequired])
    let memory = ndis.allocations.filter { $0.queueID == 1 }
    #expect(
      memory.map(\.usage) == [
        Int32(SharedMemoryUsage.receivePostLookahead.rawValue),
        Int32(SharedMemoryUsage.receiveLookahead.rawValue),
      ])
    #expect(memory.allSatisfy { $0.header.revision == 1 })
    try ndis.generate(1, 2)
    for list in try #require(ndis.indications.first).lists {
      #expect(list.bufferCount == 1 && list.segmentCount == 2 && list.dataLengths[0] == 1514)
      // 40 was raised to the least, 64.
      #expect(list.segments[0].length == 64 && list.segments[1].length == 1450)
      #expect(list.segments[0].sharedMemoryHandle != list.segments[1].sharedMemoryHandle)
      #expect(list.segments[1].offset % 1536 == 64)
      #expect(GeneratedFrame(Self.frame(list, ndis)) != nil)
    }
    // A frame that fits into the lookahead has a second segment all the same.
    try ndis.generate(1, 1, length: 64)
    let small = try #require(ndis.indications.last).lists[0]
    #expect(small.segmentCount == 2 && small.dataLengths[0] == 64)
    #expect(GeneratedFrame(Array(Self.frame(small, ndis).prefix(64))) != nil)
    let tooMuch = ndis.request(
      OID_RECEIVE_FILTER_ALLOCATE_QUEUE, .method,
      VMQMiniportTests.parameters(2, lookahead: 129, [.lookaheadSplitRequired]))
    #expect(ndis.end(tooMuch)?.status == .notSupported)
  }

  @Test("6.20: without lookahead memory the queue gives the rest back and reports RESOURCES")
  func splitWithoutLookahead() throws {
    let ndis = VMQMiniportTests.running { $0.version = NDISVersion(6, 20) }
    _ = ndis.request(
      OID_RECEIVE_FILTER_ALLOCATE_QUEUE, .method,
      VMQMiniportTests.parameters(1, lookahead: 64, [.lookaheadSplitRequired]))
    ndis.allocate = {
      $0.usage == Int32(SharedMemoryUsage.receiveLookahead.rawValue)
        ? VMQMiniportTests.short : nil
    }
    let completion = ndis.request(
      OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE, .method,
      QueueAllocationComplete(queueIDs: [1]).image())
    let end = try #require(ndis.end(completion))
    let array = try QueueAllocationComplete(image: end.result.information)
    #expect(array.queues.map(\.completionStatus) == [.resources])
    #expect(ndis.live.values.map(\.queueID) == [0])
  }

  @Test("a VPort has memory from its activation to its deletion")
  func vports() throws {
    let ndis = VMQMiniportTests.running { $0.vports = 2 }
    let made = ndis.request(
      OID_NIC_SWITCH_CREATE_SWITCH, .method, NICSwitchParameters().image())
    #expect(ndis.end(made)?.status == .success)
    var vport = VPortParameters(name: "v")
    vport.vportID = 1
    let created = ndis.request(OID_NIC_SWITCH_CREATE_VPORT, .method, vport.image())
    #expect(ndis.end(created)?.status == .success)
    #expect(ndis.allocations.count == 1)
    vport.flags = .stateChanged
    vport.state = .activated
    let activated = ndis.request(OID_NIC_SWITCH_VPORT_PARAMETERS, .set, vport.image())
    #expect(ndis.end(activated)?.status == .success)
    let memory = try #require(ndis.allocations.last)
    #expect(memory.vportID == 1 && memory.queueID == 0)
    // Not in the handler: the VPort is activated when the request has ended.
    #expect(ndis.calls.last?.context == 0)
    var filter = ReceiveFilterParameters(
      vportID: 1, fields: [.destinationAddress([2, 1, 1, 1, 1, 1])])
    filter.filterID = 5
    _ = ndis.request(OID_RECEIVE_FILTER_SET_FILTER, .method, filter.image())
    let generated = ndis.request(
      OID_NDISSIM_GENERATE, .set, GenerateParameters(vportID: 1, count: 2).image())
    #expect(ndis.end(generated)?.status == .success)
    #expect(ndis.out.count == 2)
    let deleted = ndis.request(
      OID_NIC_SWITCH_DELETE_VPORT, .set, VPortDeleteParameters(vportID: 1).image())
    #expect(ndis.answers[deleted.upcall]?.status == .pending)
    ndis.returnLists()
    #expect(ndis.end(deleted)?.status == .success)
    #expect(ndis.live.values.map(\.vportID) == [0])
    #expect(ndis.statuses.isEmpty)
    let queue = ndis.request(
      OID_RECEIVE_FILTER_ALLOCATE_QUEUE, .method, VMQMiniportTests.parameters(1))
    #expect(ndis.end(queue)?.status == .notSupported)
  }

  @Test("memory is written within its own blocks, piece by piece where they are scattered")
  func pieces() throws {
    var memory = HostedMemory()
    let block = Handle(kind: .allocation, generation: 1, index: 1)
    let section = Handle(kind: .section, generation: 1, index: 1)
    memory.learn(
      block, section: section,
      extents: [Extent(offset: 8192, length: 4096), Extent(offset: 0, length: 100)], length: 4196)
    func pieces(_ offset: UInt32, _ count: Int) throws -> [HostedMemory.Piece] {
      try memory.pieces(
        of: MemoryWrite(
          allocation: block, offset: offset, bytes: [UInt8](repeating: 1, count: count)))
    }
    #expect(
      try pieces(4090, 10) == [
        HostedMemory.Piece(section: section, offset: 8192 + 4090, bytes: 0..<6),
        HostedMemory.Piece(section: section, offset: 0, bytes: 6..<10),
      ])
    #expect(try pieces(4096, 100).map(\.offset) == [0])
    #expect(throws: Failure.self) { try pieces(4096, 101) }
    #expect(throws: Failure.self) { try pieces(.max, 1) }
    memory.forget(block)
    #expect(throws: Failure.self) { try pieces(0, 1) }
  }
}
