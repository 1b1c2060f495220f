// Indications: what one must carry, who gets it, in which order. Every turn is done twice, once by a
// simulator that was adopted from its bytes.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDISHostedDrivers
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct ReceiveTests {
  // MARK: Behaviour 44: shared memory

  @Test("behaviour 44: a receiver is told where each frame lies, and the list comes back once")
  func whereFramesLie() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    let memory = try path.memory()
    let list = try path.list(memory, offset: 4096 + 100, length: 200, frame: 150)
    #expect(path.indicate([list])?.failure.status == .success)
    let told = try #require(receiver.told.first)
    #expect(told.count == 1)
    #expect(told.flags == ReceivePath.memoryValid)
    let block = path.host.simulator.store.blocks[Index(memory.allocation)]
    let section = path.host.simulator.sectionHandle(block.section.index)
    #expect(
      told.pieces == [
        .list(told.handles[0], filterID: 0, queueID: 0, buffers: 1), .buffer(dataLength: 150),
        .part(
          sharedMemory: memory.shared, section: section,
          offset: UInt64(block.firstPage) * 4096 + 4196, length: 150),
      ])
    #expect(path.indicated(memory) == 1 && path.indicated == 1)
    #expect(path.returned == [])
    #expect(receiver.returnAll(path.host)?.failure.status == .success)
    #expect(path.returned == [[list.context]])
    #expect(path.indicated(memory) == 0 && path.indicated == 0)
    #expect(path.host.problems == [])
  }

  @Test("behaviour 44: a segment over several extents of its block is as many parts")
  func partsOfExtents() throws {
    let path = try ReceivePath(
      pools: [
        PoolSettings(name: "default", level: .pool, capacity: 48 * 4096, fragmentationSeed: 3)
      ])
    let receiver = Receiver(path.host, "up")
    let memory = try path.memory(12 * 4096)
    let extents = path.host.simulator.store.blocks[Index(memory.allocation)].extents
    // No run of this pool is longer than eight pages.
    try #require(extents > 1)
    let list = try path.list(
      memory, offset: 1000, length: 12 * 4096 - 2000, frame: 12 * 4096 - 2000)
    #expect(path.indicate([list])?.failure.status == .success)
    var parts: [(UInt64, UInt32)] = []
    for case .part(_, _, let offset, let length) in receiver.told[0].pieces {
      parts.append((offset, length))
    }
    var expected: [(UInt64, UInt32)] = []
    path.host.simulator.forEachExtent(of: memory.allocation) {
      expected.append(($0.offset, $0.length))
    }
    expected[0].0 += 1000
    expected[0].1 -= 1000
    expected[expected.count - 1].1 -= 1000
    #expect(parts.map(\.0) == expected.map(\.0))
    #expect(parts.map(\.1) == expected.map(\.1))
    #expect(path.host.problems == [])
  }

  @Test("behaviour 44: a chain of none or of two segments is refused without lookahead split")
  func chainLength() throws {
    let path = try ReceivePath()
    let memory = try path.memory()
    let good = try path.list(memory)
    path.expectRefused([good, try path.list(nil)], .sharedMemoryChain)
    let segment = NetBufferSharedMemory(sharedMemoryHandle: memory.shared, offset: 0, length: 64)
    path.expectRefused([try path.list([segment, segment])], .sharedMemoryChain)
  }

  @Test(
    "behaviour 44: a handle that is not live, not this adapter's or not of the queue is refused")
  func unknownMemory() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    path.queue(5, owner: receiver)
    path.queue(6, owner: receiver)
    let memory = try path.memory()
    let ofQueue = try path.memory(queue: 5)
    let gone = try path.memory()
    _ = path.host.ask(
      path.miniport.session, .free(ndisHandle: path.adapter, allocation: gone.allocation))
    path.expectRefused([try path.list(gone)], .sharedMemoryUnknown, "freed")
    path.expectRefused([try path.list(ofQueue)], .sharedMemoryUnknown, "another queue's")
    path.expectRefused([try path.list(memory, queue: 5)], .sharedMemoryUnknown, "the default's")
    path.expectRefused([try path.list(ofQueue, queue: 6)], .sharedMemoryUnknown, "5's in 6")
    var wrong = memory
    wrong.shared = memory.allocation
    path.expectRefused([try path.list(wrong)], .sharedMemoryUnknown, "an AllocationHandle")
    wrong.shared = .null
    path.expectRefused([try path.list(wrong)], .sharedMemoryUnknown, "NULL")
    wrong.shared = Handle(kind: .sharedMemory, generation: 1, index: 0x3FF_FFFF)
    path.expectRefused([try path.list(wrong)], .sharedMemoryUnknown, "beyond the table")
    let other = receiver.driver.handle(path.host, Sample.allocate(receiver.binding))
    wrong.shared = Handle(
      kind: .sharedMemory, generation: other.generation, index: other.index)
    path.expectRefused([try path.list(wrong)], .sharedMemoryUnknown, "a binding's")
    // The driver's own is the adapter's too.
    let driver = try #require(
      path.host.clients[path.miniport.session]?.handles.first { $0.kind == .miniportDriver })
    #expect(
      path.indicate([try path.list(try path.memory(owner: driver))])?.failure.status == .success)
    #expect(path.indicate([try path.list(ofQueue, queue: 5)])?.failure.status == .success)
    #expect(path.indicated(queue: 5) == 1 && path.indicated(queue: 6) == 0)
    #expect(path.host.problems == [])
  }

  @Test("A78: memory of the HAL is indicated by its AllocationHandle, on the default queue only")
  func halMemory() throws {
    let path = try ReceivePath(pools: [TestHost.smallPools[1]])
    let memory = try path.memory()
    let receiver = Receiver(path.host, "up")
    path.queue(5, owner: receiver)
    #expect(memory.shared == .null)
    path.expectRefused([try path.list(memory)], .sharedMemoryUnknown, "NULL")
    var named = memory
    named.shared = memory.allocation
    #expect(path.indicate([try path.list(named)])?.failure.status == .success)
    #expect(receiver.kept.count == 1 && path.indicated(memory) == 1)
    receiver.returnAll(path.host)
    var ofQueue = try path.memory(queue: 5)
    ofQueue.shared = ofQueue.allocation
    path.expectRefused(
      [try path.list(ofQueue, queue: 5)], .sharedMemoryUnknown, "memory of a queue")
    var guessed = memory
    guessed.shared = Handle(
      kind: .sharedMemory, generation: memory.allocation.generation,
      index: memory.allocation.index)
    path.expectRefused([try path.list(guessed)], .sharedMemoryUnknown)
  }

  @Test("behaviour 44: offset and length lie inside the block, the frame inside its segment")
  func ranges() throws {
    let path = try ReceivePath()
    let memory = try path.memory(8192)
    let receiver = Receiver(path.host, "up")
    path.expectRefused([try path.list(memory, offset: 8192, length: 1)], .sharedMemoryRange)
    path.expectRefused([try path.list(memory, offset: 8000, length: 193)], .sharedMemoryRange)
    path.expectRefused([try path.list(memory, length: 0, frame: 0)], .sharedMemoryRange)
    path.expectRefused(
      [try path.list(memory, offset: UInt32.max, length: UInt32.max)], .sharedMemoryRange)
    path.expectRefused([try path.list(memory, length: 64, frame: 65)], .dataLength)
    let whole = [try path.list(memory, offset: 8000, length: 192, frame: 192)]
    #expect(path.indicate(whole)?.failure.status == .success)
    #expect(receiver.kept.count == 1)
  }

  @Test("behaviour 44: without the flag the information is ignored; the receiver sees lengths only")
  func withoutTheFlag() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    let memory = try path.memory()
    var nonsense = memory
    nonsense.shared = Handle(rawValue: 77)
    let list = try path.list(nonsense, offset: 9999, length: 1, frame: 1500)
    #expect(path.indicate([list], flags: 0)?.failure.status == .success)
    #expect(
      receiver.told[0].pieces == [
        .list(receiver.kept[0], filterID: 0, queueID: 0, buffers: 1), .buffer(dataLength: 1500),
      ])
    #expect(path.indicated(memory) == 0 && path.indicated == 1)
    receiver.returnAll(path.host)
    #expect(path.returned == [[list.context]])
    #expect(path.host.problems == [])
  }

  @Test("an Ethernet miniport assigns exactly one NET_BUFFER to a NET_BUFFER_LIST")
  func oneNetBuffer() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    let memory = try path.memory()
    let segment = NetBufferSharedMemory(sharedMemoryHandle: memory.shared, offset: 0, length: 64)
    for count in [0, 2, 4] {
      var list = IndicatedList(context: 7, queueID: 0)
      for _ in 0..<count { try list.append(dataLength: 60, [segment]) }
      path.expectRefused([try path.framed(), list], .netBuffersOfList, "\(count)")
      var bare = IndicatedList(context: 7, queueID: 0)
      for _ in 0..<count { try bare.append(dataLength: 60, []) }
      path.expectRefused([bare], flags: 0, .netBuffersOfList, "\(count) without memory")
    }
    #expect(receiver.kept.isEmpty)
  }

  @Test("an indication on a VM queue defines shared memory information and sets the flag")
  func sharedMemoryInfo() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    path.queue(5, owner: receiver)
    let (framed, common) = (try path.framed(5), try path.framed())
    // The flag is not set, with the information and without.
    path.expectRefused([framed], flags: 0, .sharedMemoryInfo)
    path.expectRefused([try path.list(nil, queue: 5)], flags: 0, .sharedMemoryInfo)
    path.expectRefused([common, framed], flags: 0, .sharedMemoryInfo)
    path.expectRefused([try path.list(nil, queue: 5)], .sharedMemoryChain)
    #expect(path.indicate([common, framed])?.failure.status == .success)
    // The default queue and a VPort need none (A70).
    #expect(path.indicate([try path.list(nil)], flags: 0)?.failure.status == .success)
    let other = try ReceivePath()
    let above = Receiver(other.host, "up")
    other.vport(3, owner: above)
    #expect(other.indicate([try other.list(nil, queue: 3)], flags: 0)?.failure.status == .success)
    #expect(receiver.kept.count == 3 && above.kept.count == 1)
    #expect(path.host.problems == [] && other.host.problems == [])
  }

  @Test("a receiver gets the DataLength bytes of a frame, and no more of its buffer")
  func dataLength() throws {
    let path = try ReceivePath(version: NDISVersion(6, 20))
    let receiver = Receiver(path.host, "up")
    let memory = try path.memory(8192)
    func lengths(_ lists: [IndicatedList]) throws -> [UInt32] {
      #expect(path.indicate(lists)?.failure.status == .success)
      return try #require(receiver.told.last).pieces.compactMap {
        if case .part(_, _, _, let length) = $0 { length } else { nil }
      }
    }
    // A frame that is shorter than an Ethernet header, or empty, is indicated unchanged (A71).
    for frame: UInt32 in [60, 2048, 13, 1, 0] {
      #expect(try lengths([try path.list(memory, length: 2048, frame: frame)]) == [frame])
    }
    path.queue(5, owner: receiver, flags: .lookaheadSplitRequired, lookahead: 64)
    let ahead = try path.memory(queue: 5, usage: .receiveLookahead)
    let rest = try path.memory(queue: 5, usage: .receivePostLookahead)
    let chain = [(ahead, UInt32(64)), (rest, 1500)].map {
      NetBufferSharedMemory(sharedMemoryHandle: $0.0.shared, offset: 128, length: $0.1)
    }
    for (frame, expected) in [(1000, [64, 936]), (64, [64, 0]), (20, [20, 0])]
      as [(UInt32, [UInt32])]
    {
      #expect(try lengths([try path.list(chain, queue: 5, frame: frame)]) == expected)
    }
    #expect(path.host.problems == [])
  }

  @Test("behaviour 44: lookahead split of a 6.20 driver: two segments of the right usage")
  func lookaheadSplit() throws {
    let path = try ReceivePath(version: NDISVersion(6, 20))
    let receiver = Receiver(path.host, "up")
    path.queue(5, owner: receiver, flags: .lookaheadSplitRequired, lookahead: 64)
    let ahead = try path.memory(queue: 5, usage: .receiveLookahead)
    let rest = try path.memory(queue: 5, usage: .receivePostLookahead)
    func segment(_ memory: ReceivePath.Memory, _ length: UInt32) -> NetBufferSharedMemory {
      NetBufferSharedMemory(sharedMemoryHandle: memory.shared, offset: 0, length: length)
    }
    func split(_ chain: [NetBufferSharedMemory], frame: UInt32 = 1000) throws -> IndicatedList {
      try path.list(chain, queue: 5, frame: frame)
    }
    path.expectRefused([try split([segment(ahead, 64)])], .lookaheadSplit, "one")
    path.expectRefused([try split([])], .sharedMemoryChain, "none")
    path.expectRefused(
      [try split([segment(ahead, 63), segment(rest, 2000)])], .lookaheadSplit, "too short")
    path.expectRefused(
      [try split([segment(rest, 64), segment(ahead, 2000)])], .lookaheadSplit, "turned round")
    path.expectRefused(
      [try split([segment(ahead, 64), segment(ahead, 2000)])], .lookaheadSplit, "twice lookahead")
    path.expectRefused(
      [try split([segment(ahead, 64), segment(rest, 900)])], .dataLength, "too little room")
    let lists = [
      try split([segment(ahead, 64), segment(rest, 2000)]),
      try split([segment(ahead, 128), segment(rest, 2000)]),
      try split([segment(ahead, 40), segment(rest, 2000)], frame: 40),
    ]
    #expect(path.indicate(lists)?.failure.status == .success)
    #expect(receiver.kept.count == 3)
    #expect(path.indicated(ahead) == 3 && path.indicated(rest) == 3)
    // The default queue has no split.
    let plain = try path.memory()
    #expect(path.indicate([try path.list(plain)])?.failure.status == .success)
    #expect(path.host.problems == [])
  }

  @Test("behaviour 44: from NDIS 6.30 there is no lookahead split, whatever the queue's flags are")
  func noSplitFrom630() throws {
    let path = try ReceivePath(version: NDISVersion(6, 30))
    let receiver = Receiver(path.host, "up")
    path.queue(5, owner: receiver, flags: .lookaheadSplitRequired, lookahead: 64)
    let memory = try path.memory(queue: 5)
    let segment = NetBufferSharedMemory(sharedMemoryHandle: memory.shared, offset: 0, length: 64)
    path.expectRefused([try path.list([segment, segment], queue: 5)], .sharedMemoryChain)
    #expect(path.indicate([try path.list(memory, queue: 5)])?.failure.status == .success)
    #expect(receiver.kept.count == 1)
  }

  // MARK: Behaviour 45: one queue

  @Test("behaviour 45: SINGLE_QUEUE is required for a queue with per-queue indication")
  func singleQueueRequired() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    path.queue(5, owner: receiver, flags: .perQueueReceiveIndication)
    let memory = try path.memory(queue: 5)
    let list = try path.list(memory, queue: 5)
    path.expectRefused([list], .receiveFlags)
    let flags = ReceivePath.memoryValid | ReceivePath.single
    #expect(path.indicate([list], flags: flags)?.failure.status == .success)
    #expect(receiver.told.map(\.flags) == [flags])
  }

  @Test(
    "behaviour 45: queues are not mixed where one has per-queue indication, or the flag says so")
  func queuesMixed() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    path.queue(5, owner: receiver, flags: .perQueueReceiveIndication)
    path.queue(6, owner: receiver)
    let single = ReceivePath.single | ReceivePath.memoryValid
    let five = try path.framed(5)
    let six = try path.framed(6)
    let none = try path.framed()
    path.expectRefused([five, six], flags: single, .queuesMixed)
    path.expectRefused([six, five], flags: single, .queuesMixed)
    path.expectRefused([none, five], flags: single, .queuesMixed)
    path.expectRefused([none, six], flags: single, .queuesMixed, "the flag is not true")
    #expect(path.indicate([none, six])?.failure.status == .success)
  }

  // MARK: Behaviours 40 and 46: states

  @Test(
    "behaviour 46: receiving is legal in Restarting, Running and Pausing",
    arguments: AdapterState.allCases)
  func adapterStates(state: AdapterState) throws {
    let path = try ReceivePath()
    path.host.settlesAtOnce = false
    let receiver = Receiver(path.host, "up")
    let list = try path.list(nil)
    path.state(state)
    switch state {
    case .restarting, .running, .pausing:
      #expect(path.indicate([list], flags: 0)?.failure.status == .success)
      #expect(receiver.kept.count == 1)
    default: path.expectRefused([list], flags: 0, .wrongState)
    }
    #expect(path.host.problems == [])
  }

  @Test("behaviour 46: a miniport may indicate inside MiniportRestart")
  func duringRestart() throws {
    let host = try TestHost(shadow: true)
    let miniport = Driver(host, "mp")
    let handle = miniport.miniport(host)
    var results: [RequestResult] = []
    miniport.override = { host, id, details in
      let type = Int(details.type)
      guard type == NDISSIM_UPCALL_RESTART || type == NDISSIM_UPCALL_INITIALIZE_EX else {
        return false
      }
      var list = IndicatedList(context: 9, queueID: 0)
      try? list.append(dataLength: 60, [])
      let request = Request.indicateReceive(
        adapter: details.object, Indication(flags: 0, lists: [list]))
      if let result = host.ask(miniport.session, request, context: id) { results.append(result) }
      return false
    }
    _ = miniport.adapter(host, handle, "eth0")
    #expect(results.map(\.failure.status) == [.failure, .success])
    #expect(results.first?.failure.reason == .wrongState)
    #expect(host.problems == [])
  }

  @Test("behaviour 40: a queue receives in Running only", arguments: QueueState.allCases)
  func queueStates(state: QueueState) throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    path.queue(5, state, owner: receiver)
    if state == .running {
      #expect(path.indicate([try path.framed(5)])?.failure.status == .success)
    } else {
      path.expectRefused([try path.list(nil, queue: 5)], flags: 0, .queueState)
    }
    path.expectRefusedUnknownQueue(try path.list(nil, queue: 4))
  }

  @Test("behaviour 40: a Paused queue receives while its SET_FILTER is with the miniport")
  func duringSetFilter() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    path.queue(5, .paused, owner: receiver)
    let framed = try path.framed(5)
    path.queue(6, .paused, owner: receiver)
    path.queue(7, .allocated, owner: receiver)
    func request(_ state: OIDState, queue: UInt32) {
      path.poke { store in
        store.filters.update(2) {
          $0.adapter = Ref(path.index)
          $0.queueID = queue
          $0.state = .setting
        }
        store.oids.update(1) {
          $0.state = state
          $0.oid = UInt32(OID_RECEIVE_FILTER_SET_FILTER)
          $0.adapter = Ref(path.index)
          $0.subject = Ref(2)
        }
        store.adapters.update(path.index) { $0.firstOID = Ref(1) }
      }
    }
    path.host.settlesAtOnce = false
    request(.queued, queue: 5)
    path.expectRefused([try path.list(nil, queue: 5)], flags: 0, .queueState)
    request(.pended, queue: 5)
    path.expectRefused([try path.list(nil, queue: 6)], flags: 0, .queueState)
    #expect(!path.isRemembered)
    #expect(path.indicate([framed])?.failure.status == .success)
    #expect(path.isRemembered)
    #expect(receiver.kept.count == 1)
    receiver.returnAll(path.host)
    request(.sent, queue: 7)
    path.expectRefused([try path.list(nil, queue: 7)], flags: 0, .queueState)
  }

  @Test("an indication that crosses FREE_QUEUE on its way is refused, and no violation")
  func crossesFreeQueue() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    path.queue(5, .stopDMA, owner: receiver)
    path.host.settlesAtOnce = false
    func request(_ state: OIDState) {
      path.poke { store in
        store.oids.update(1) {
          $0.state = state
          $0.oid = UInt32(OID_RECEIVE_FILTER_FREE_QUEUE)
          $0.adapter = Ref(path.index)
        }
        store.adapters.update(path.index) { $0.firstOID = Ref(1) }
      }
    }
    let list = try path.list(nil, queue: 5)
    request(.sent)
    path.expectRefused([list], flags: 0, .queueState, isViolation: false)
    // Once the miniport has answered PENDING or indicated DmaStopped it knows.
    request(.pended)
    path.expectRefused([list], flags: 0, .queueState)
    request(.sent)
    path.poke { store in store.queues.update(5) { $0.dmaStopped = 1 } }
    path.expectRefused([list], flags: 0, .queueState)
  }

  @Test("VPorts: an activated one of the PF receives for its creator, with memory of its own")
  func vports() throws {
    let path = try ReceivePath()
    let first = Receiver(path.host, "a")
    let second = Receiver(path.host, "b")
    path.vport(3, owner: second)
    path.vport(4, .deactivated, owner: second)
    path.vport(6, owner: second, filters: 0)
    let memory = try path.memory(vport: 3)
    let plain = try path.memory(vport: UInt32(NDIS_INVALID_VPORT_ID))
    path.expectRefused([try path.list(nil, queue: 4)], flags: 0, .vportUnknown)
    path.expectRefused([try path.list(nil, queue: 5)], flags: 0, .vportUnknown)
    path.expectRefused([try path.list(nil, queue: 6)], flags: 0, .vportWithoutFilter)
    path.expectRefused([try path.list(memory)], .sharedMemoryUnknown)
    path.expectRefused([try path.list(plain, queue: 3)], .sharedMemoryUnknown)
    let lists = [try path.list(memory, queue: 3), try path.list(plain)]
    #expect(path.indicate(lists)?.failure.status == .success)
    #expect(path.host.simulator.store.vports[3].indicated == 1)
    #expect(first.kept.count == 1 && second.kept.count == 2)
    second.returnAll(path.host)
    #expect(path.host.simulator.store.vports[3].indicated == 0)
    #expect(path.host.problems == [])
  }

  @Test("Ieee8021QNetBufferListInfo of a list reaches its receiver, after the lists")
  func tags() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "a")
    func told() -> [Ieee8021QInformation] {
      path.host.told.values.flatMap(\.pieces).compactMap {
        if case .tag(let tag) = $0 { tag } else { nil }
      }
    }
    var tagged = try path.list(nil)
    tagged.tag = Ieee8021QInformation(vlanID: 5, userPriority: 3)
    #expect(tagged.tag.vlanID == 5 && tagged.tag.userPriority == 3)
    #expect(path.indicate([try path.list(nil), tagged], flags: 0)?.failure.status == .success)
    #expect(told() == [.none, tagged.tag])
    receiver.returnAll(path.host)
    #expect(path.indicate([try path.list(nil)], flags: 0)?.failure.status == .success)
    #expect(path.host.problems == [])
  }

  // MARK: The call itself

  @Test("unknown flags, a filter id, no lists, too many and a wrong IRQL flag are refused")
  func badCalls() throws {
    let path = try ReceivePath()
    let list = try path.list(nil)
    path.expectRefused([list], flags: 0x10000, .unknownFlags)
    path.expectRefused([list], flags: 0x4, .unknownFlags)
    path.expectRefused([], flags: 0, .netBufferListCount)
    path.expectRefused([IndicatedList](repeating: list, count: 257), flags: 0, .netBufferListCount)
    var filtered = list
    filtered.filterID = 3
    path.expectRefused([list, filtered], flags: 0, .reservedNotZero)
    let dispatch = ReceiveFlags.dispatchLevel.rawValue
    path.expectRefused([list], flags: dispatch, .irqlFlag)
    #expect(path.indicate([list], flags: dispatch, irql: .dispatch)?.failure.status == .success)
    #expect(path.indicate([list], flags: 0, irql: .dispatch)?.failure.status == .success)
    #expect(path.indicate([list], flags: 0, irql: .high)?.failure.reason == .wrongIRQL)
  }

  @Test("the flag that says DISPATCH_LEVEL is not passed on: handlers are called at PASSIVE_LEVEL")
  func dispatchFlagStays() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    let flags: ReceiveFlags = [.dispatchLevel, .perfectFiltered]
    _ = path.indicate([try path.list(nil)], flags: flags.rawValue, irql: .dispatch)
    #expect(receiver.told.map(\.flags) == [ReceiveFlags.perfectFiltered.rawValue])
  }

  @Test("an adapter may have so many lists out; more are a shortage and no violation")
  func tooManyOut() throws {
    var settings = TestHost.smallSettings
    settings.maximumIndicated = 5
    let path = try ReceivePath(settings)
    let receiver = Receiver(path.host, "up")
    let lists = try (0..<6).map { _ in try path.list(nil) }
    path.expectRefused(lists, flags: 0, .tooManyIndicated, isViolation: false)
    #expect(path.indicate(Array(lists[..<4]), flags: 0)?.failure.status == .success)
    #expect(path.indicate(Array(lists[..<2]), flags: 0)?.failure.status == .resources)
    path.holdsReturns = true
    receiver.returnAll(path.host)
    // They are on their way back until MiniportReturnNetBufferLists has returned.
    #expect(path.indicate(Array(lists[..<2]), flags: 0)?.failure.reason == .tooManyIndicated)
    for id in path.held {
      path.host.answer(path.miniport.session, id, ProviderAnswer(status: .success))
    }
    #expect(path.indicate(Array(lists[..<5]), flags: 0)?.failure.status == .success)
    #expect(path.host.problems == [])
  }

  @Test("full tables are a shortage: nothing is indicated")
  func fullTables() throws {
    let path = try ReceivePath()
    let receivers = (0..<3).map { Receiver(path.host, "up\($0)") }
    for receiver in receivers { receiver.holdsCalls = true }
    let lists = try (0..<33).map { _ in try path.list(nil) }
    path.expectRefused(lists, flags: 0, .tableFull, isViolation: false)
    // Each takes a record of an indication and three calls: the calls are full first.
    var made = 0
    while path.indicate([try path.list(nil)], flags: 0)?.failure.status == .success { made += 1 }
    #expect(made == 16)
    #expect(path.indicated == 16)
    for receiver in receivers {
      receiver.holdsCalls = false
      for id in receiver.held {
        path.host.answer(receiver.driver.session, id, ProviderAnswer(status: .success))
      }
      receiver.returnAll(path.host)
    }
    #expect(path.back.count == 16)
    #expect(path.indicate(Array(lists[..<32]), flags: 0)?.failure.status == .success)
    #expect(path.host.problems == [])
  }

  @Test("lists in more parts than a message holds, or for too many receivers, are a shortage")
  func tooMuchToTell() throws {
    var settings = TestHost.smallSettings
    settings.capacities.lists = 512
    let path = try ReceivePath(
      settings,
      pools: [
        PoolSettings(name: "default", level: .pool, capacity: 96 * 4096, fragmentationSeed: 3)
      ])
    let length: UInt32 = 80 * 4096
    let memory = try path.memory(length)
    let parts = path.host.simulator.store.blocks[Index(memory.allocation)].extents
    let whole = NetBufferSharedMemory(
      sharedMemoryHandle: memory.shared, offset: 0, length: length)
    let fits = NDIS.Limits.maximumParts / parts
    try #require(fits < NDIS.Limits.maximumLists)
    let lists = try (0...fits).map { number in
      var list = IndicatedList(context: UInt64(number), queueID: 0)
      try list.append(dataLength: length, [whole])
      return list
    }
    path.expectRefused(lists, .tooManyParts, isViolation: false)
    #expect(path.indicate(Array(lists.dropLast()))?.failure.status == .success)

    settings.capacities.bindings = 80
    settings.capacities.upcalls = 80
    settings.adapterBindings = 80
    let crowd = try ReceivePath(settings)
    let driver = Driver(crowd.host, "up")
    let handle = driver.protocolDriver(crowd.host)
    for _ in 0..<64 { _ = driver.handle(crowd.host, .bindAdapter(handle, Name("eth0"))) }
    let list = try crowd.list(nil)
    #expect(crowd.indicate([list], flags: ReceivePath.resources)?.failure.status == .success)
    _ = driver.handle(crowd.host, .bindAdapter(handle, Name("eth0")))
    crowd.expectRefused([list], flags: 0, .tooManyReceivers, isViolation: false)
    #expect(path.host.problems == [] && crowd.host.problems == [])
  }

  // MARK: Receivers and order

  @Test("lists go to who allocated the queue, of the default queue to every open binding")
  func whoReceives() throws {
    let path = try ReceivePath()
    let first = Receiver(path.host, "a")
    let second = Receiver(path.host, "b")
    path.queue(5, owner: first)
    path.queue(6, owner: second)
    let lists = [
      try path.framed(5), try path.framed(), try path.framed(),
      try path.framed(6), try path.framed(5),
    ]
    #expect(path.indicate(lists)?.failure.status == .success)
    func ids(_ told: ToldLists) -> [UInt16] {
      told.pieces.compactMap {
        guard case .list(_, _, let queue, _) = $0 else { return nil }
        return queue
      }
    }
    // One call for each run of neighbours.
    #expect(first.told.map(ids) == [[5, 0, 0], [5]])
    #expect(second.told.map(ids) == [[0, 0, 6]])
    #expect(first.told.map(\.count) == [3, 1])
    #expect(path.indicated(queue: 5) == 2 && path.indicated(queue: 6) == 1)
    // A list goes back with its last receiver.
    first.returnAll(path.host)
    #expect(path.returned == [[lists[0].context, lists[4].context]])
    #expect(path.indicated(queue: 5) == 0 && path.indicated == 3)
    second.returnAll(path.host)
    #expect(path.returned.last == lists[1...3].map(\.context))
    #expect(path.indicated == 0)
    #expect(path.host.problems == [])
  }

  @Test("order within a queue is kept, over several indications")
  func order() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    path.queue(5, owner: receiver)
    var sent: [UInt64] = []
    for size in [3, 1, 5] {
      let lists = try (0..<size).map { _ in try path.framed(5) }
      sent += lists.map(\.context)
      #expect(path.indicate(lists)?.failure.status == .success)
    }
    #expect(receiver.told.map(\.count) == [3, 1, 5])
    receiver.returnAll(path.host)
    #expect(path.returned == [sent])
    #expect(path.host.problems == [])
  }

  @Test("nobody receives: the lists come back at once")
  func noReceiver() throws {
    let path = try ReceivePath()
    path.queue(5)
    let memory = try path.memory(queue: 5)
    let lists = [try path.list(memory, queue: 5), try path.list(memory, queue: 5)]
    #expect(path.indicate(lists)?.failure.status == .success)
    #expect(path.returned == [lists.map(\.context)])
    #expect(path.indicated(memory) == 0 && path.indicated == 0)
    // Some are received, some are not.
    let receiver = Receiver(path.host, "up")
    let mixed = [try path.framed(), try path.list(memory, queue: 5), try path.framed()]
    #expect(path.indicate(mixed)?.failure.status == .success)
    #expect(path.returned.last == [mixed[1].context])
    #expect(receiver.told.map(\.count) == [1, 1])
    receiver.returnAll(path.host)
    #expect(path.returned.last == [mixed[0].context, mixed[2].context])
    #expect(path.host.problems == [])
  }

  // MARK: NDIS_RECEIVE_FLAGS_RESOURCES

  @Test("RESOURCES: the call returns when every handler has returned, and nothing comes back")
  func resources() throws {
    let path = try ReceivePath()
    let first = Receiver(path.host, "a")
    let second = Receiver(path.host, "b")
    first.holdsCalls = true
    second.holdsCalls = true
    let memory = try path.memory()
    let flags = ReceivePath.memoryValid | ReceivePath.resources
    #expect(path.indicate([try path.list(memory)], flags: flags) == nil)
    #expect(path.indicated(memory) == 1)
    let request = path.host.clients[path.miniport.session]?.pending.first ?? 0
    // The lists are not the receivers' to return.
    #expect(first.give(path.host, first.kept)?.failure.reason == .notIndicated)
    #expect(path.violations == 1)
    path.host.answer(first.driver.session, first.held[0], ProviderAnswer(status: .success))
    #expect(path.host.result(path.miniport.session, request) == nil)
    #expect(path.indicated(memory) == 1)
    path.host.answer(second.driver.session, second.held[0], ProviderAnswer(status: .success))
    #expect(
      path.host.result(path.miniport.session, request)?.failure.status == .success)
    #expect(path.indicated(memory) == 0 && path.returned == [])
    #expect(second.give(path.host, second.kept)?.failure.reason == .notIndicated)
    #expect(path.host.problems == [])
  }

  @Test("RESOURCES: a receiver that dies or is late holds the miniport up no longer")
  func resourcesWithoutAnswer() throws {
    let path = try ReceivePath()
    let late = Receiver(path.host, "a")
    let dying = Receiver(path.host, "b")
    late.holdsCalls = true
    dying.holdsCalls = true
    #expect(path.indicate([try path.list(nil)], flags: ReceivePath.resources) == nil)
    let request = path.host.clients[path.miniport.session]?.pending.first ?? 0
    path.host.end(dying.driver.session)
    #expect(path.host.result(path.miniport.session, request) == nil)
    let before = path.violations
    path.host.expire(after: 6_000)
    #expect(path.violations == before + 1)
    #expect(
      path.host.result(path.miniport.session, request)?.failure.status == .success)
    #expect(path.indicated == 0)
    #expect(path.host.problems == [])
  }

  @Test("RESOURCES with nobody to receive is answered at once")
  func resourcesWithoutReceiver() throws {
    let path = try ReceivePath()
    let result = path.indicate([try path.list(nil)], flags: ReceivePath.resources)
    #expect(result?.failure.status == .success)
    #expect(path.returned == [])
    #expect(path.host.problems == [])
  }
}

extension ReceivePath {
  /// The SET_FILTER of queue 5 must end with SUCCESS now.
  var isRemembered: Bool { host.simulator.store.queues[5].early != 0 }

  func expectRefusedUnknownQueue(
    _ list: IndicatedList, location: SourceLocation = #_sourceLocation
  ) {
    let before = violations
    #expect(
      indicate([list], flags: 0)?.failure.reason == .queueState, sourceLocation: location)
    #expect(violations == before + 1, sourceLocation: location)
  }
}
