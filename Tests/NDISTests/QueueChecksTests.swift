// What NDIS checks of queues, filters and VPorts before a miniport sees them, and what a set changes.

import NDIS
import Testing

@Suite struct QueueChecksTests {
  private func reason(_ body: () throws(Failure) -> Void) -> Reason {
    do throws(Failure) {
      try body()
      return .none
    } catch { return error.reason }
  }

  @Test("an allocation is for a VM queue with a processor and no CHANGED flag")
  func allocation() {
    func check(_ change: (inout ReceiveQueueParameters) -> Void) -> Reason {
      var queue = ReceiveQueueParameters(queueName: "q", vmName: "vm")
      change(&queue)
      return reason { () throws(Failure) in try queue.checkAllocation() }
    }
    #expect(check { _ in } == .none)
    #expect(check { $0.flags = [] } == .none)
    #expect(check { $0.queueType = .unspecified } == .queueType)
    #expect(check { $0.processorAffinity.mask = 0 } == .processorAffinity)
    #expect(check { $0.flags = .nameChanged } == .unknownFlags)
    #expect(check { $0.lookaheadSize = 64 } == .lookahead)
    #expect(
      check {
        $0.lookaheadSize = 64
        $0.flags = .lookaheadSplitRequired
      } == .none)
  }

  @Test("lookahead split exists in NDIS 6.20 only")
  func lookahead() {
    let split = ReceiveQueueParameters(
      queueName: "q", vmName: "vm", flags: .lookaheadSplitRequired, lookaheadSize: 64)
    #expect(split.lookahead(for: NDISVersion(6, 20)) == 64)
    #expect(split.lookahead(for: NDISVersion(6, 30)) == 0)
    #expect(
      ReceiveQueueParameters(queueName: "q", vmName: "vm").lookahead(for: NDISVersion(6, 20)) == 0)
  }

  @Test("a set changes what its flags name and nothing else")
  func queueChange() throws {
    let queue = Samples.queue(3)
    var change = ReceiveQueueParameters(
      queueName: "new", vmName: "new vm", processorAffinity: GroupAffinity(mask: 2),
      numSuggestedReceiveBuffers: 99, revision: 3)
    change.qosSQID = 98
    change.interruptCoalescingDomainID = 97
    let flags: [(ReceiveQueueFlags, (inout ReceiveQueueParameters) -> Void)] = [
      (.flagsChanged, { $0.flags = .perQueueReceiveIndication }),
      (.processorAffinityChanged, { $0.processorAffinity = GroupAffinity(mask: 2) }),
      (.suggestedReceiveBuffersChanged, { $0.numSuggestedReceiveBuffers = 99 }),
      (.nameChanged, { $0.queueName = "new" }),
      (.interruptCoalescingDomainChanged, { $0.interruptCoalescingDomainID = 97 }),
      (.qosSQChanged, { $0.qosSQID = 98 }),
    ]
    for (flag, expect) in flags {
      change.flags = [.perQueueReceiveIndication, flag]
      var expected = queue
      expect(&expected)
      #expect(try queue.applying(change) == expected, "\(flag)")
    }
    change.flags = .perQueueReceiveIndication
    #expect(reason { () throws(Failure) in _ = try queue.applying(change) } == .nothingChanged)
    change.flags = .processorAffinityChanged
    change.processorAffinity.mask = 0
    #expect(reason { () throws(Failure) in _ = try queue.applying(change) } == .processorAffinity)
    for (revision, flag) in [(1, .interruptCoalescingDomainChanged), (2, .qosSQChanged)]
      as [(UInt8, ReceiveQueueFlags)]
    {
      change.revision = revision
      change.flags = flag
      #expect(reason { () throws(Failure) in _ = try queue.applying(change) } == .unknownFlags)
    }
  }

  @Test("an allocation is completed once for each queue, never for the default queue")
  func completion() {
    func check(_ ids: [UInt32]) -> Reason {
      reason { () throws(Failure) in try QueueAllocationComplete(queueIDs: ids).check() }
    }
    #expect(check([]) == .none)
    #expect(check([1, 2, 3]) == .none)
    #expect(check([1, 0]) == .defaultQueue)
    #expect(check([1, 2, 1]) == .queueTwice)
  }

  @Test("a filter is of VMQ, tests something, and is for a queue or a VPort")
  func filter() {
    func check(_ filter: ReceiveFilterParameters) -> Reason {
      reason { () throws(Failure) in try filter.checkSet() }
    }
    let fields = [ReceiveFilterField.destinationAddress([2, 0, 0, 0, 0, 1])]
    #expect(check(ReceiveFilterParameters(queueID: 1, fields: fields)) == .none)
    #expect(check(ReceiveFilterParameters(vportID: 1, fields: fields)) == .none)
    #expect(check(ReceiveFilterParameters(queueID: 1, fields: [])) == .filterEmpty)
    #expect(
      check(ReceiveFilterParameters(queueID: 1, vportID: 1, fields: fields)) == .queueAndVPort)
    for type in [ReceiveFilterType.undefined, .packetCoalescing] {
      var other = ReceiveFilterParameters(queueID: 1, fields: fields)
      other.filterType = type
      #expect(check(other) == .filterType)
    }
  }

  @Test("a VPort is created on the default switch without an id")
  func vportCreation() {
    func check(_ change: (inout VPortParameters) -> Void) -> Reason {
      var vport = VPortParameters(name: "v")
      change(&vport)
      return reason { () throws(Failure) in try vport.checkCreation() }
    }
    #expect(check { _ in } == .none)
    #expect(check { $0.switchID = 1 } == .switchUnknown)
    #expect(check { $0.vportID = 1 } == .vportIDGiven)
    #expect(check { $0.lookaheadSize = 1 } == .lookahead)
    #expect(check { $0.flags = .stateChanged } == .unknownFlags)
    #expect(FunctionID.physical.rawValue == 0xFFFF)
  }

  @Test("a VPort's set can activate it, and cannot do anything else to its state")
  func vportChange() throws {
    let vport = Samples.vport(2)
    var change = VPortParameters(
      name: "new", numQueuePairs: 9, processorAffinity: GroupAffinity(mask: 4), revision: 2)
    change.interruptModeration = .low
    change.state = .activated
    change.qosSQID = 8
    let flags: [(VPortFlags, (inout VPortParameters) -> Void)] = [
      (.flagsChanged, { $0.flags = [] }),
      (.nameChanged, { $0.name = "new" }),
      (.interruptModerationChanged, { $0.interruptModeration = .low }),
      (.stateChanged, { $0.state = .activated }),
      (.processorAffinityChanged, { $0.processorAffinity = GroupAffinity(mask: 4) }),
      (.qosSQChanged, { $0.qosSQID = 8 }),
      (.numQueuePairsChanged, { $0.numQueuePairs = 9 }),
      (.ndkParametersChanged, { _ in }),
    ]
    for (flag, expect) in flags {
      change.flags = flag
      var expected = vport
      expect(&expected)
      #expect(try vport.applying(change) == expected, "\(flag)")
    }
    for state in [VPortOperationalState.undefined, .deactivated] {
      change.flags = .stateChanged
      change.state = state
      #expect(reason { () throws(Failure) in _ = try vport.applying(change) } == .vportState)
    }
    change.flags = []
    #expect(reason { () throws(Failure) in _ = try vport.applying(change) } == .nothingChanged)
    change.revision = 1
    change.flags = .qosSQChanged
    #expect(reason { () throws(Failure) in _ = try vport.applying(change) } == .unknownFlags)
  }

  @Test("a switch is the default one, external, with nothing changed")
  func switchCreation() {
    func check(_ change: (inout NICSwitchParameters) -> Void) -> Reason {
      var parameters = NICSwitchParameters(friendlyName: "s")
      change(&parameters)
      return reason { () throws(Failure) in try parameters.checkCreation() }
    }
    #expect(check { _ in } == .none)
    #expect(check { $0.switchID = 1 } == .switchUnknown)
    #expect(check { $0.switchType = .unspecified } == .switchType)
    #expect(check { $0.flags = .nameChanged } == .unknownFlags)
  }

  @Test("a VF is asked for without ids, on the default switch")
  func functions() {
    func check(_ change: (inout VFParameters) -> Void) -> Reason {
      var function = VFParameters(vmName: "vm")
      change(&function)
      return reason { () throws(Failure) in try function.checkAllocation() }
    }
    #expect(check { _ in } == .none)
    #expect(check { $0.switchID = 1 } == .switchUnknown)
    #expect(check { $0.function = FunctionID(rawValue: 0) } == .functionGiven)
    #expect(check { $0.requestorID = 0 } == .functionGiven)
    var image = VFParameters(vmName: "vm").image()
    image[1560] = 33
    #expect(
      reason { () throws(Failure) in _ = try VFParameters(image: image) } == .macAddressLength)
  }
}
