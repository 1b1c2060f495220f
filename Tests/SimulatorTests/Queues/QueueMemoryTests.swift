// Which queue may have memory, and what the hardware has to say before there are queues at all.

import NDISDriverInterface
import CNDIS
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct QueueMemoryTests {
  typealias Bed = QueueBed

  @Test("behaviour 29, A28: a queue has memory from its allocation until FREE_QUEUE")
  func states() throws {
    for state in QueueState.allCases {
      let bed = try Bed()
      let id = bed.queue(in: state)
      let made = try #require(bed.memory(queue: id))
      #expect((made.failure.status == .success) == state.mayAllocateMemory, "\(state.name)")
      if !state.mayAllocateMemory {
        #expect(made.failure == Failure(.invalidParameter, .queueUnknown, UInt64(id)))
      }
      #expect(bed.host.problems == [])
    }
  }

  @Test("behaviour 29, A28: not yet while ALLOCATE_QUEUE is with the miniport")
  func duringAllocation() throws {
    let bed = try Bed()
    bed.inHandler = { bed, context, _ in
      #expect(bed.memory(queue: 1, context: context)?.failure.reason == .queueUnknown)
    }
    #expect(bed.allocate() == 1)
    bed.inHandler = { bed, context, _ in
      #expect(bed.memory(queue: 1, context: context)?.failure.status == .success)
    }
    bed.complete(1)
    #expect(bed.host.problems == [])
  }

  @Test("behaviour 30, A29: a queue that is not allocated has no memory, for nobody")
  func unknown() throws {
    let bed = try Bed()
    let id = bed.queue(in: .paused)
    for wrong in [id + 1, 4, 5, UInt32.max] {
      #expect(
        bed.memory(queue: wrong)?.failure
          == Failure(.invalidParameter, .queueUnknown, UInt64(wrong)))
    }
    // The queue's memory is the miniport's: only the adapter's own handle names it.
    let driver = try #require(bed.host.clients[bed.miniport.session]?.handles.first)
    let sessions = [
      (bed.binding, bed.binder.session), (bed.protocolHandle, bed.binder.session),
      (driver, bed.miniport.session),
    ]
    for (handle, session) in sessions {
      let made = bed.memory(queue: id, handle: handle, session: session)
      #expect(made?.failure.reason == .queueUnknown)
    }
    #expect(bed.memory(queue: id)?.failure.status == .success && bed.host.problems == [])
  }

  @Test("behaviour 33: blocks are counted by queue, pending ones too")
  func counts() throws {
    let bed = try Bed(pools: false)
    let id = bed.queue(in: .paused)
    let index = try #require(bed.record(id))
    let provider = Driver(bed.host, "provider", provides: true)
    _ = provider.protocolDriver(bed.host)
    var asked: (id: UInt64, details: UpcallDetails)?
    provider.override = { _, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY else { return false }
      asked = (id, details)
      return true
    }
    #expect(bed.memory(queue: id) == nil)
    #expect(bed.host.simulator.store.queues[index, \.blocks] == 1)
    let open = try #require(asked)
    bed.host.answer(provider.session, open.id, ProviderAnswer(status: .resources))
    #expect(bed.host.simulator.store.queues[index, \.blocks] == 0)
    provider.override = { _, _, _ in false }
    let block = try #require(bed.memory(queue: id)?.value)
    #expect(bed.memory(queue: id)?.failure.status == .success)
    #expect(bed.host.simulator.store.queues[index, \.blocks] == 2)
    bed.freeMemory(block)
    #expect(bed.host.simulator.store.queues[index, \.blocks] == 1)
    #expect(bed.host.problems == [])
  }

  // MARK: Capabilities

  @Test("capabilities are answered as the miniport wrote them")
  func capabilities() throws {
    let filters = Bed.capabilities().image()
    let switches = Bed.switchCapabilities().image()
    // Bytes behind the revision are not kept.
    let bed = try Bed(
      assist: HardwareAssist(receiveFilter: filters + [9, 9], nicSwitch: switches + [9]))
    for oid in [
      OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES, OID_RECEIVE_FILTER_CURRENT_CAPABILITIES,
    ] {
      #expect(bed.request(.query, oid).bytes == filters)
      let short = bed.request(.query, oid, room: 83)
      #expect(short.failure == Failure(.invalidLength, .informationBuffer, 83, 84))
    }
    for oid in [OID_NIC_SWITCH_HARDWARE_CAPABILITIES, OID_NIC_SWITCH_CURRENT_CAPABILITIES] {
      #expect(bed.request(.query, oid).bytes == switches)
    }
    let global = bed.request(.query, OID_RECEIVE_FILTER_GLOBAL_PARAMETERS)
    let read = try ReceiveFilterGlobalParameters(image: global.bytes)
    #expect(read.enabledFilterTypes == 1 && read.enabledQueueTypes == 1)
    #expect(bed.seen.isEmpty && bed.host.problems == [])
  }

  @Test("without capabilities every OID of queues, filters and VPorts is NOT_SUPPORTED")
  func withoutCapabilities() throws {
    var disabled = Bed.capabilities()
    disabled.enabledFilterTypes = 0
    disabled.enabledQueueTypes = 0
    for assist in [HardwareAssist(), HardwareAssist(receiveFilter: disabled.image())] {
      let bed = try Bed(assist: assist)
      for oid in OID.table where oid.number < 0xFD00_0000 {
        let isKnown = [
          OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES, OID_RECEIVE_FILTER_CURRENT_CAPABILITIES,
          OID_RECEIVE_FILTER_GLOBAL_PARAMETERS,
        ].contains(oid.number)
        if isKnown, !assist.receiveFilter.isEmpty { continue }
        for form in oid.forms {
          let answer = bed.request(form.kind, oid.number, [UInt8](repeating: 0, count: 64))
          #expect(
            answer.failure == Failure(.notSupported, .capabilityMissing, UInt64(oid.number)),
            "\(oid)")
        }
      }
      #expect(bed.seen.isEmpty && bed.host.problems == [])
    }
  }

  @Test("hardware-assist attributes are set once, in MiniportInitializeEx, and are checked")
  func attributes() throws {
    let bed = try Bed()
    let assist = HardwareAssist(receiveFilter: Bed.capabilities().image())
    let late = bed.host.ask(bed.miniport.session, .setHardwareAssist(bed.adapter, assist))
    #expect(late?.failure == Failure(.failure, .wrongState, bed.adapter.rawValue))
    let wrong: [(HardwareAssist, Status, Reason)] = [
      (HardwareAssist(receiveFilter: [1]), .badVersion, .informationBuffer),
      (HardwareAssist(nicSwitch: [1, 2, 3, 4, 5]), .badVersion, .headerType),
    ]
    let other = Driver(bed.host, "mp2")
    let driver = other.handle(
      bed.host, .registerMiniportDriver(Sample.miniport("mp2", version: NDISVersion(6, 30))))
    var results: [Failure] = []
    other.override = { host, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_INITIALIZE_EX else { return false }
      func set(_ assist: HardwareAssist) {
        let result = host.ask(
          other.session, .setHardwareAssist(details.object, assist), context: id)
        results.append(result?.failure ?? Failure(.pending, .none))
      }
      set(assist)  // before the registration attributes
      host.call(
        other.session,
        .setMiniportAttributes(details.object, Sample.attributes, context: 0x55, flags: 0x40),
        context: id)
      for (assist, _, _) in wrong { set(assist) }
      set(assist)
      set(assist)
      host.answer(other.session, id, ProviderAnswer(status: .success))
      return true
    }
    _ = other.adapter(bed.host, driver, "eth1")
    #expect(results.map(\.reason) == [.wrongState] + wrong.map(\.2) + [.none, .alreadyDone])
    #expect(results.dropFirst().prefix(2).map(\.status) == wrong.map(\.1))
    #expect(bed.host.problems == [])
  }

  @Test("A lookahead split is asked of miniports below NDIS 6.30 only")
  func lookahead() throws {
    var capabilities = Bed.capabilities(version: NDISVersion(6, 20))
    capabilities.supportedQueueProperties |= NDIS_RECEIVE_FILTER_LOOKAHEAD_SPLIT_SUPPORTED
    capabilities.maxLookaheadSplitSize = 128
    let old = try Bed(
      version: NDISVersion(6, 20), assist: HardwareAssist(receiveFilter: capabilities.image()))
    var asked = Bed.parameters()
    asked.flags = .lookaheadSplitRequired
    asked.lookaheadSize = 64
    let made = old.request(.method, OID_RECEIVE_FILTER_ALLOCATE_QUEUE, asked.image())
    #expect(made.status == .success)
    #expect(try ReceiveQueueParameters(image: made.bytes).lookaheadSize == 64)
    #expect(old.host.problems == [])
  }
}
