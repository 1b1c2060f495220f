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
      return reason { () throws(Failure) in
        try queue.checkAllocation(for: NDISVersion(6, 30), ReceiveFilterCapabilities())
      }
    }
    #expect(check { _ in } == .none)
    #expect(check { $0.flags = [] } == .none)
    #expect(check { $0.queueType = .unspecified } == .queueType)
    #expect(check { $0.processorAffinity.mask = 0 } == .processorAffinity)
    #expect(check { $0.flags = .nameChanged } == .unknownFlags)
  }

  @Test(
    "LOOKAHEAD_SPLIT_REQUIRED: 6.20 needs the adapter's support, 6.30 ignores it and LookaheadSize must be zero"
  )
  func lookaheadRequests() {
    func check(
      _ minor: UInt8, supported: Bool = true, _ flags: ReceiveQueueFlags, size: UInt32
    ) -> [Reason] {
      var capabilities = ReceiveFilterCapabilities()
      if supported {
        capabilities.supportedQueueProperties =
          ReceiveFilterCapabilityFlags.lookaheadSplitSupported
      }
      var queue = ReceiveQueueParameters(
        queueName: "q", vmName: "vm", flags: flags, lookaheadSize: size)
      let allocation = reason { () throws(Failure) in
        try queue.checkAllocation(for: NDISVersion(6, minor), capabilities)
      }
      queue.flags.insert(.flagsChanged)
      let set = reason { () throws(Failure) in
        try queue.checkSet(for: NDISVersion(6, minor), capabilities)
      }
      return [allocation, set]
    }
    let split = ReceiveQueueFlags.lookaheadSplitRequired
    #expect(check(20, split, size: 64) == [.none, .none])
    #expect(check(20, split, size: 0) == [.none, .none])
    #expect(check(20, [], size: 64) == [.lookahead, .lookahead])
    #expect(
      check(20, supported: false, split, size: 64)
        == [.lookaheadUnsupported, .lookaheadUnsupported])
    #expect(check(20, supported: false, [], size: 0) == [.none, .none])
    #expect(check(30, supported: false, split, size: 0) == [.none, .none])
    #expect(check(30, split, size: 64) == [.lookahead, .lookahead])
    // Without FLAGS_CHANGED a set requests no split.
    var named = ReceiveQueueParameters(
      queueName: "q", vmName: "vm", flags: [split, .nameChanged], lookaheadSize: 64)
    let none = ReceiveFilterCapabilities()
    #expect(
      reason { () throws(Failure) in try named.checkSet(for: NDISVersion(6, 20), none) } == .none)
    // A set that ends the split ends its size.
    named.flags = .flagsChanged
    var queue = Samples.queue(3)
    queue.lookaheadSize = 64
    #expect((try? queue.applying(named))?.lookaheadSize == 0)
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
      (
        .flagsChanged,
        {
          $0.flags = .perQueueReceiveIndication
          $0.lookaheadSize = 0
        }
      ),
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

  @Test("RequestedFilterIdBitCount must be set to zero, and NDIS assigns the FilterId")
  func filterIDs() {
    var filter = ReceiveFilterParameters(
      queueID: 1, fields: [.destinationAddress([2, 0, 0, 0, 0, 1])])
    filter.requestedFilterIDBitCount = 8
    #expect(reason { () throws(Failure) in try filter.checkSet() } == .filterIDBits)
    filter.requestedFilterIDBitCount = 0
    filter.filterID = 1
    #expect(reason { () throws(Failure) in try filter.checkSet() } == .filterIDGiven)
  }

  @Test("NDIS_RECEIVE_FILTER_PACKET_ENCAPSULATION is known and stays in the image")
  func encapsulation() throws {
    var filter = ReceiveFilterParameters(
      queueID: 1, fields: [.destinationAddress([2, 0, 0, 0, 0, 1])])
    filter.flags = .packetEncapsulation
    #expect(filter.image()[4] == 2)
    #expect(try ReceiveFilterParameters(image: filter.image()) == filter)
    var unknown = filter.image()
    unknown[4] = 1
    #expect(
      reason { () throws(Failure) in _ = try ReceiveFilterParameters(image: unknown) }
        == .unknownFlags)
  }

  @Test("a filter's tests, headers and fields are those that the adapter's capabilities support")
  func filterCapabilities() {
    var capabilities = ReceiveFilterCapabilities()
    capabilities.supportedFilterTests = 0x1
    capabilities.supportedHeaders = 0x1
    capabilities.supportedMACHeaderFields = 0x1
    func check(_ change: (inout ReceiveFilterField) -> Void) -> Reason {
      var field = ReceiveFilterField.destinationAddress([2, 0, 0, 0, 0, 1])
      change(&field)
      let fields = [ReceiveFilterField.destinationAddress([2, 0, 0, 0, 0, 2]), field]
      return reason { () throws(Failure) in try capabilities.check(fields) }
    }
    #expect(check { _ in } == .none)
    #expect(check { $0.test = .notEqual } == .filterTestUnsupported)
    #expect(check { $0.test = .maskEqual } == .filterTestUnsupported)
    #expect(
      check { $0.headerField = MACHeaderField.sourceAddress.rawValue } == .filterFieldUnsupported)
    #expect(check { $0.headerField = MACHeaderField.vlanID.rawValue } == .filterFieldUnsupported)
    for header in [FrameHeader.arp, .ipv4, .ipv6, .udp] {
      #expect(check { $0.frameHeader = header } == .filterHeaderUnsupported)
    }
    capabilities.supportedFilterTests = 0x7
    capabilities.supportedHeaders = 0x1F
    capabilities.supportedMACHeaderFields = 0x3F
    capabilities.supportedARPHeaderFields = 0x2
    #expect(check { $0.test = .notEqual } == .none)
    #expect(check { $0.headerField = MACHeaderField.packetType.rawValue } == .none)
    #expect(check { $0.frameHeader = .arp } == .filterFieldUnsupported)
    #expect(
      check {
        $0.frameHeader = .arp
        $0.headerField = 2
      } == .none)
    #expect(check { $0.frameHeader = .udp } == .filterFieldUnsupported)
  }

  @Test("the VLAN identifier of a filter is in network byte order")
  func vlanOrder() {
    let field = ReceiveFilterField.vlan(0x123)
    #expect(field.fieldValue[0] == 0x01 && field.fieldValue[1] == 0x23 && field.vlanID == 0x123)
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
    #expect(check { $0.numQueuePairs = 0 } == .queuePairs)
    #expect(FunctionID.physical.rawValue == 0xFFFF)
  }

  @Test("a nondefault PF VPort is created Deactivated, with a GROUP_AFFINITY of only one processor")
  func vportOfThePF() {
    func check(_ change: (inout VPortParameters) -> Void) -> Reason {
      var vport = VPortParameters(name: "v")
      change(&vport)
      return reason { () throws(Failure) in try vport.checkCreation() }
    }
    #expect(check { $0.state = .deactivated } == .none)
    #expect(check { $0.state = .activated } == .vportState)
    #expect(check { $0.processorAffinity.mask = 0 } == .vportProcessor)
    #expect(check { $0.processorAffinity.mask = 3 } == .vportProcessor)
    #expect(check { $0.processorAffinity = GroupAffinity(mask: 1 << 63, group: 2) } == .none)
  }

  @Test("a VPort of a VF is activated, and ProcessorAffinity is not valid for it")
  func vportOfAVF() {
    let function = FunctionID(rawValue: 1)
    func check(_ change: (inout VPortParameters) -> Void) -> Reason {
      var vport = VPortParameters(name: "v", attachedTo: function)
      change(&vport)
      return reason { () throws(Failure) in try vport.checkCreation() }
    }
    #expect(check { $0.processorAffinity.mask = 0 } == .none)
    #expect(check { $0.state = .activated } == .none)
    #expect(check { $0.state = .deactivated } == .vportState)
    var change = VPortParameters(name: "v")
    change.flags = .processorAffinityChanged
    let vport = VPortParameters(name: "v", attachedTo: function)
    #expect(
      reason { () throws(Failure) in _ = try vport.applying(change) } == .vportOfFunction)
    change.processorAffinity.mask = 0
    #expect(
      reason { () throws(Failure) in _ = try VPortParameters(name: "v").applying(change) }
        == .processorAffinity)
    change.lookaheadSize = 1
    #expect(reason { () throws(Failure) in _ = try vport.applying(change) } == .lookahead)
  }

  @Test("a VPort's set can activate it, and cannot do anything else to its state")
  func vportChange() throws {
    var vport = Samples.vport(2)
    vport.attachedFunction = .physical
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
