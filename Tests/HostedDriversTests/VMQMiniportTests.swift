// The hosted miniport alone, with NDIS played by a script: the order of its calls, what it does when memory
// is short, what it waits for.

import NDISDriverInterface
import CNDIS
import NDIS
import NDISSimulator
import Testing

@testable import NDISHostedDrivers

@Suite struct VMQMiniportTests {
  static let short = Failure(.resources, .poolExhausted, 0, 0)

  static func running(_ change: (inout VMQSettings) -> Void = { _ in }) -> ScriptedNDIS {
    var settings = VMQSettings(name: "vmq0", queues: 4, queueMemory: 64 << 10)
    change(&settings)
    let ndis = ScriptedNDIS(settings)
    ndis.bringUp()
    return ndis
  }

  static func parameters(
    _ id: UInt32, lookahead: UInt32 = 0, _ flags: ReceiveQueueFlags = []
  ) -> [UInt8] {
    var parameters = ReceiveQueueParameters(
      queueName: "q\(id)", vmName: "vm", flags: flags, lookaheadSize: lookahead, revision: 1)
    parameters.queueID = id
    return parameters.image()
  }

  static func filter(_ queue: UInt32, _ id: UInt32, vlan: UInt16? = nil) -> [UInt8] {
    var fields: [ReceiveFilterField] = [
      .destinationAddress([2, 0, 0, 0, 0, UInt8(truncatingIfNeeded: id)])
    ]
    if let vlan { fields.append(.vlan(vlan)) } else { fields[0].flags = .vlanUntaggedOrZero }
    var parameters = ReceiveFilterParameters(queueID: queue, fields: fields, revision: 1)
    parameters.filterID = id
    return parameters.image()
  }

  /// Allocates queues, completes them, sets one filter on each.
  static func open(
    _ ndis: ScriptedNDIS, _ ids: [UInt32], lookahead: UInt32 = 0, _ flags: ReceiveQueueFlags = []
  ) {
    for id in ids {
      _ = ndis.request(
        OID_RECEIVE_FILTER_ALLOCATE_QUEUE, .method,
        parameters(id, lookahead: lookahead, flags))
    }
    _ = ndis.request(
      OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE, .method,
      QueueAllocationComplete(queueIDs: ids).image())
    for id in ids {
      _ = ndis.request(OID_RECEIVE_FILTER_SET_FILTER, .method, filter(id, id))
    }
  }

  @Test("MiniportInitializeEx: attributes, what the hardware can do, DMA, memory, in that order")
  func initialization() {
    let ndis = Self.running()
    #expect(
      ndis.calls.map(\.name) == [
        "registerMiniportDriver", "addAdapter", "setMiniportAttributes", "setGeneralAttributes",
        "setHardwareAssist",
        "registerScatterGatherDMA", "allocate",
      ])
    #expect(ndis.calls.map(\.context) == [0, 0, 101, 101, 101, 101, 101])
    #expect(ndis.miniport.isRunning)
    #expect(ndis.allocations.map(\.queueID) == [0])
    #expect(ndis.allocations.map(\.length) == [64 << 10])
    #expect(ndis.allocations[0].header.revision == 2)
  }

  @Test("memory that is refused for want of resources is asked for again at half the size")
  func retrySmaller() {
    let ndis = ScriptedNDIS(VMQSettings(name: "vmq0", queueMemory: 256 << 10))
    ndis.allocate = { $0.length > 64 << 10 ? Self.short : nil }
    ndis.bringUp()
    #expect(ndis.allocations.map(\.length) == [256 << 10, 128 << 10, 64 << 10])
    #expect(ndis.miniport.isRunning)
    #expect(ndis.miniport.counters[0].buffers == (64 << 10) / 1536)
  }

  @Test("without memory for the default queue MiniportInitializeEx fails and leaves nothing")
  func noMemory() {
    let ndis = ScriptedNDIS(VMQSettings(name: "vmq0"))
    ndis.allocate = { _ in Self.short }
    ndis.bringUp()
    // Eight frames of 1514 bytes in buffers of 1536 are the least.
    #expect(ndis.allocations.last.map { $0.length / 2 < 8 * 1536 && $0.length >= 8 * 1536 } == true)
    #expect(ndis.answers[101]?.status == .resources)
    #expect(ndis.calls.last?.name == "deregisterScatterGatherDMA")
    ndis.added(Self.short)
    #expect(ndis.calls.last?.name == "deregisterDriver")
    #expect(ndis.hasEnded && ndis.miniport.isGone)
    #expect(ndis.miniport.failure?.status == .resources)
  }

  @Test(
    "every step of MiniportInitializeEx may fail; what was done is undone",
    arguments: [
      "setMiniportAttributes", "setGeneralAttributes",
      "setHardwareAssist", "registerScatterGatherDMA", "allocate",
    ])
  func initializationFails(name: String) {
    let ndis = ScriptedNDIS(VMQSettings(name: "vmq0"))
    ndis.failures[name] = Failure(.failure, .wrongState)
    ndis.bringUp()
    #expect(ndis.answers[101]?.status == .failure)
    #expect(ndis.live.isEmpty)
    let hadDMA = name == "allocate"
    #expect(ndis.calls.contains { $0.name == "deregisterScatterGatherDMA" } == hadDMA)
  }

  @Test("behaviour 43: memory comes with the completion, and each queue has its own status")
  func oneQueueOfTwo() throws {
    let ndis = Self.running()
    for id: UInt32 in [1, 2] {
      let allocated = ndis.request(
        OID_RECEIVE_FILTER_ALLOCATE_QUEUE, .method, Self.parameters(id))
      let end = try #require(ndis.end(allocated))
      #expect(end.status == .success)
      let answered = try ReceiveQueueParameters(image: end.result.information)
      #expect(answered.msixTableEntry == id)
    }
    #expect(ndis.allocations.count == 1)
    ndis.allocate = { $0.queueID == 1 ? Self.short : nil }
    let completion = ndis.request(
      OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE, .method,
      QueueAllocationComplete(queueIDs: [2, 1]).image())
    #expect(ndis.answers[completion.upcall]?.status == .pending)
    let end = try #require(ndis.end(completion))
    #expect(end.status == .success)
    let array = try QueueAllocationComplete(image: end.result.information)
    #expect(array.queues.map(\.queueID) == [2, 1])
    #expect(array.queues.map(\.completionStatus) == [.success, .resources])
    // Tried at half the size until it made no sense.
    let tried = ndis.allocations.filter { $0.queueID == 1 }.map(\.length)
    #expect(tried == [64 << 10, 32 << 10, 16 << 10])
    // A queue without memory can still be freed.
    let freed = ndis.request(
      OID_RECEIVE_FILTER_FREE_QUEUE, .set, ReceiveQueueFreeParameters(queueID: 1).image())
    #expect(ndis.end(freed)?.status == .success)
  }

  @Test("behaviour 42: a queue is freed in the documented order, and only when its lists are back")
  func freeWithListsOut() throws {
    let ndis = Self.running()
    Self.open(ndis, [1])
    try ndis.generate(1, 3)
    #expect(ndis.out.count == 3)
    _ = ndis.request(
      OID_RECEIVE_FILTER_CLEAR_FILTER, .set,
      ReceiveFilterClearParameters(queueID: 1, filterID: 1).image())
    let freed = ndis.request(
      OID_RECEIVE_FILTER_FREE_QUEUE, .set, ReceiveQueueFreeParameters(queueID: 1).image())
    #expect(ndis.answers[freed.upcall]?.status == .pending)
    #expect(ndis.calls.last?.name == "indicateStatus")
    let state = try ReceiveQueueState(image: try #require(ndis.statuses.first).buffer)
    #expect(state == ReceiveQueueState(queueID: 1, state: .dmaStopped))
    #expect(ndis.end(freed) == nil)
    ndis.returnLists(2)
    #expect(ndis.end(freed) == nil && ndis.live.count == 2)
    ndis.returnLists()
    #expect(ndis.calls.suffix(2).map(\.name) == ["free", "completeOIDRequest"])
    #expect(ndis.end(freed)?.status == .success)
    #expect(ndis.live.values.map(\.queueID) == [0])
  }

  @Test("a request that was cancelled gives back what it had and ends with REQUEST_ABORTED")
  func cancelled() {
    let ndis = Self.running()
    for id: UInt32 in [1, 2] {
      _ = ndis.request(OID_RECEIVE_FILTER_ALLOCATE_QUEUE, .method, Self.parameters(id))
    }
    ndis.holdsAllocations = true
    let completion = ndis.request(
      OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE, .method,
      QueueAllocationComplete(queueIDs: [1, 2]).image())
    ndis.releaseAllocation()
    ndis.cancel(completion.handle)
    #expect(ndis.end(completion) == nil)
    ndis.releaseAllocation()
    #expect(ndis.end(completion)?.status == .requestAborted)
    #expect(ndis.live.values.map(\.queueID) == [0])
    // They are as they were: they can be completed again.
    ndis.holdsAllocations = false
    let again = ndis.request(
      OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE, .method,
      QueueAllocationComplete(queueIDs: [1, 2]).image())
    #expect(ndis.end(again)?.status == .success)
    #expect(ndis.live.count == 3)
  }

  @Test("pause waits for the lists, halt gives everything back and deregisters DMA")
  func pauseAndHalt() throws {
    let ndis = Self.running()
    Self.open(ndis, [1, 2])
    try ndis.generate(2, 5)
    let pause = ndis.upcall(NDISSIM_UPCALL_PAUSE)
    #expect(ndis.answers[pause]?.status == .pending)
    #expect(throws: Failure(.failure, .queueState, 2)) { try ndis.generate(2, 1) }
    #expect(!ndis.calls.contains { $0.name == "pauseComplete" })
    ndis.returnLists()
    #expect(ndis.calls.last?.name == "pauseComplete")
    let halt = ndis.upcall(NDISSIM_UPCALL_HALT_EX)
    #expect(ndis.answers[halt]?.status == .success)
    #expect(ndis.live.isEmpty)
    #expect(
      ndis.calls.suffix(5).map(\.name) == [
        "free", "free", "free", "deregisterScatterGatherDMA", "deregisterDriver",
      ])
    #expect(ndis.hasEnded)
  }

  @Test("after a surprise removal OID requests are answered NOT_ACCEPTED")
  func surpriseRemoval() throws {
    let ndis = Self.running()
    Self.open(ndis, [1])
    try ndis.generate(1, 1)
    let freed = ndis.request(
      OID_RECEIVE_FILTER_FREE_QUEUE, .set, ReceiveQueueFreeParameters(queueID: 1).image())
    #expect(ndis.end(freed) == nil)
    ndis.upcall(
      NDISSIM_UPCALL_DEVICE_PNP_EVENT_NOTIFY, argument: PnPEvent.surpriseRemoved.rawValue)
    ndis.upcall(NDISSIM_UPCALL_PAUSE)
    ndis.returnLists()
    // What frees a queue was done all the same.
    #expect(ndis.end(freed)?.status == .notAccepted)
    #expect(ndis.live.values.map(\.queueID) == [0])
    #expect(ndis.calls.contains { $0.name == "pauseComplete" })
    let refused = ndis.request(
      OID_RECEIVE_FILTER_ALLOCATE_QUEUE, .method, Self.parameters(2))
    #expect(ndis.end(refused)?.status == .notAccepted)
    ndis.upcall(NDISSIM_UPCALL_HALT_EX)
    #expect(ndis.live.isEmpty && ndis.hasEnded)
  }

  @Test("a request NDIS has given up is finished all the same, and never completed")
  func abandoned() throws {
    let ndis = Self.running()
    Self.open(ndis, [1])
    try ndis.generate(1, 1)
    let freed = ndis.request(
      OID_RECEIVE_FILTER_FREE_QUEUE, .set, ReceiveQueueFreeParameters(queueID: 1).image())
    // The next one comes without that one's end: NDIS has stopped waiting for it.
    let allocated = ndis.request(
      OID_RECEIVE_FILTER_ALLOCATE_QUEUE, .method, Self.parameters(2))
    #expect(ndis.end(allocated)?.status == .success)
    ndis.returnLists()
    #expect(ndis.end(freed) == nil)
    #expect(ndis.live.values.map(\.queueID) == [0])
    #expect(ndis.miniport.counters.map(\.id) == [0, 2])
  }

  @Test("what always pends is completed; what never does answers")
  func pends() throws {
    for pends in VMQSettings.Pends.allCases {
      let ndis = Self.running { $0.pends = pends }
      let allocated = ndis.request(
        OID_RECEIVE_FILTER_ALLOCATE_QUEUE, .method, Self.parameters(1))
      #expect((ndis.answers[allocated.upcall]?.status == .pending) == (pends == .always))
      let completion = ndis.request(
        OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE, .method,
        QueueAllocationComplete(queueIDs: [1]).image())
      #expect((ndis.answers[completion.upcall]?.status == .pending) == (pends != .never))
      // Calls are made in the handler as long as it runs.
      #expect(
        ndis.calls.last { $0.name == "allocate" }?.context
          == (pends == .never ? completion.upcall : 0))
      #expect(ndis.end(allocated)?.status == .success && ndis.end(completion)?.status == .success)
      #expect(ndis.miniport.isRunning)
      let freed = ndis.request(
        OID_RECEIVE_FILTER_FREE_QUEUE, .set, ReceiveQueueFreeParameters(queueID: 1).image())
      #expect(ndis.end(freed)?.status == .success)
    }
  }
}
