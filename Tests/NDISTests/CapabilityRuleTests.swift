// Every "must" of the capability pages, broken alone: its reason is reported, and no other. The sets everything starts
// from keep all of them.

import CNDIS
import NDIS
import Testing

@Suite struct CapabilityRuleTests {
  static let v620 = NDISVersion(6, 20)
  static let v630 = NDISVersion(6, 30)

  /// The reasons that a change of VMQ capabilities causes, as the hardware's and the current ones.
  private func vmq(
    _ version: NDISVersion = v630, _ change: (inout ReceiveFilterCapabilities) -> Void
  ) -> [Reason] {
    var filter = ReceiveFilterCapabilities.vmQueues(8, filters: 16, for: version)
    change(&filter)
    return reasons(CapabilitySet(receiveFilter: filter), version)
  }

  /// The reasons that a change of SR-IOV capabilities causes.
  private func sriov(
    _ version: NDISVersion = v630,
    _ change: (inout ReceiveFilterCapabilities, inout NICSwitchCapabilities) -> Void
  ) -> [Reason] {
    var filter = ReceiveFilterCapabilities.vports(filters: 16, for: version)
    var nicSwitch = NICSwitchCapabilities.vports(8, functions: 4)
    change(&filter, &nicSwitch)
    return reasons(CapabilitySet(receiveFilter: filter, nicSwitch: nicSwitch), version)
  }

  private func reasons(_ set: CapabilitySet, _ version: NDISVersion) -> [Reason] {
    ReportedCapabilities(hardware: set, current: set, version: version).violations().map(\.reason)
  }

  @Test("NDIS_RECEIVE_FILTER_CAPABILITIES: capabilities of VMQ and SR-IOV that keep every must")
  func kept() {
    #expect(vmq(Self.v620) { _ in } == [] && vmq { _ in } == [])
    #expect(sriov { _, _ in } == [])
    #expect(reasons(CapabilitySet(), Self.v630) == [])
    #expect(reasons(CapabilitySet(receiveFilter: ReceiveFilterCapabilities()), Self.v630) == [])
  }

  @Test(
    "MSI_X_SUPPORTED is mandatory for miniport drivers that support the VMQ or SR-IOV interface")
  func msix() {
    #expect(vmq { $0.supportedQueueProperties &= ~0x1 } == [.capabilityMSIX])
    #expect(vmq(Self.v620) { $0.supportedQueueProperties &= ~0x1 } == [.capabilityMSIX])
    #expect(sriov { filter, _ in filter.supportedQueueProperties &= ~0x1 } == [.capabilityMSIX])
  }

  @Test("VM_QUEUE_SUPPORTED must be set with the VMQ or SR-IOV interface")
  func vmQueue() {
    #expect(vmq { $0.supportedQueueProperties &= ~0x2 } == [.capabilityVMQueue])
    #expect(sriov { filter, _ in filter.supportedQueueProperties &= ~0x2 } == [.capabilityVMQueue])
  }

  @Test("LOOKAHEAD_SPLIT_SUPPORTED must not be set by miniport drivers of NDIS 6.30")
  func lookaheadSplit() {
    #expect(vmq { $0.supportedQueueProperties |= 0x4 } == [.capabilityLookahead])
    #expect(vmq(Self.v620) { $0.supportedQueueProperties |= 0x4 } == [])
  }

  @Test("MinLookaheadSplitSize and MaxLookaheadSplitSize must be zero from NDIS 6.30")
  func lookaheadSizes() {
    #expect(vmq { $0.minLookaheadSplitSize = 1 } == [.capabilityLookaheadSizes])
    #expect(vmq { $0.maxLookaheadSplitSize = 1 } == [.capabilityLookaheadSizes])
    #expect(
      vmq(Self.v620) {
        $0.minLookaheadSplitSize = 64
        $0.maxLookaheadSplitSize = 128
      } == [])
  }

  @Test("DYNAMIC_PROCESSOR_AFFINITY_CHANGE_SUPPORTED must be set from NDIS 6.30")
  func processorAffinity() {
    #expect(vmq { $0.supportedQueueProperties &= ~0x8 } == [.capabilityAffinity])
    #expect(sriov { filter, _ in filter.supportedQueueProperties &= ~0x8 } == [.capabilityAffinity])
    #expect(vmq(Self.v620) { $0.supportedQueueProperties = 0x3 } == [])
  }

  @Test("INTERRUPT_VECTOR_COALESCING_SUPPORTED must be set from NDIS 6.30")
  func vectorCoalescing() {
    #expect(vmq { $0.supportedQueueProperties &= ~0x10 } == [.capabilityVectorCoalescing])
  }

  @Test("the IMPLAT queue modes are not set for miniports")
  func teaming() {
    #expect(vmq { $0.supportedQueueProperties |= 0x40 } == [.capabilityTeaming])
    #expect(vmq { $0.supportedQueueProperties |= 0x80 } == [.capabilityTeaming])
  }

  @Test("TEST_HEADER_FIELD_EQUAL_SUPPORTED must be set with the VMQ or SR-IOV interface")
  func equalTest() {
    #expect(vmq { $0.supportedFilterTests = 0x6 } == [.capabilityEqualTest])
    #expect(sriov { filter, _ in filter.supportedFilterTests = 0 } == [.capabilityEqualTest])
  }

  @Test("a VMQ miniport driver must set MAC_HEADER_SUPPORTED")
  func macHeader() {
    #expect(vmq { $0.supportedHeaders = 0x2 } == [.capabilityMACHeader])
  }

  @Test("MAC_HEADER_DEST_ADDR_SUPPORTED must be set with the VMQ or SR-IOV interface")
  func destinationAddress() {
    #expect(vmq { $0.supportedMACHeaderFields = 0x8 } == [.capabilityDestinationAddress])
    #expect(vmq(Self.v620) { $0.supportedMACHeaderFields = 0x8 } == [.capabilityDestinationAddress])
  }

  @Test("VMQ_FILTERS_ENABLED must be set if either the VMQ or SR-IOV interface is enabled")
  func filterTypes() {
    #expect(vmq { $0.enabledFilterTypes = 0 } == [.capabilityFilterTypes])
    #expect(sriov { filter, _ in filter.enabledFilterTypes = 0 } == [.capabilityFilterTypes])
    #expect(
      vmq {
        $0.enabledFilterTypes = 0
        $0.enabledQueueTypes = 0
      } == [])
  }

  @Test("VM_QUEUES_ENABLED must not be set if only the SR-IOV interface is enabled")
  func queueTypes() {
    #expect(sriov { filter, _ in filter.enabledQueueTypes = 1 } == [.capabilityQueueTypes])
    #expect(
      sriov {
        $0.enabledQueueTypes = 1
        $0.numQueues = 4
        $1.capabilities = NDIS_NIC_SWITCH_CAPS_NIC_SWITCH_WITHOUT_IOV_SUPPORTED
      } == [])
  }

  @Test("NumQueues must be zero with the SR-IOV interface, and nonzero with the VMQ interface")
  func numQueues() {
    #expect(sriov { filter, _ in filter.numQueues = 4 } == [.capabilityNumQueues])
    #expect(vmq { $0.numQueues = 0 } == [.capabilityNumQueues])
  }

  @Test("NumQueues must be at most the number of unicast MAC addresses")
  func queueAddresses() {
    func check(_ addresses: UInt32) -> [Reason] {
      var old = NICSwitchCapabilities(revision: 1)
      old.numTotalMACAddresses = addresses
      let filter = ReceiveFilterCapabilities.vmQueues(8, filters: 16, for: Self.v620)
      return reasons(CapabilitySet(receiveFilter: filter, nicSwitch: old), Self.v620)
    }
    #expect(check(7) == [.capabilityQueueAddresses] && check(8) == [] && check(0) == [])
  }

  @Test("PACKET_COALESCING_SUPPORTED_ON_DEFAULT_QUEUE must be set if packet coalescing is enabled")
  func coalescingQueue() {
    #expect(vmq { $0.enabledFilterTypes |= 0x2 } == [.capabilityCoalescingQueue])
  }

  @Test("packet coalescing: five or more fields and ten or more filters, without it zero")
  func coalescingCounts() {
    func check(_ fields: UInt32, _ filters: UInt32, coalesces: Bool) -> [Reason] {
      vmq {
        if coalesces { $0.supportedQueueProperties |= 0x100 }
        $0.maxFieldTestsPerPacketCoalescingFilter = fields
        $0.maxPacketCoalescingFilters = filters
      }
    }
    #expect(check(5, 10, coalesces: true) == [])
    #expect(check(4, 10, coalesces: true) == [.capabilityCoalescingFields])
    #expect(check(5, 9, coalesces: true) == [.capabilityCoalescingFilters])
    #expect(check(1, 0, coalesces: false) == [.capabilityCoalescingFields])
    #expect(check(0, 1, coalesces: false) == [.capabilityCoalescingFilters])
  }

  @Test("NdisReserved of NDIS_RECEIVE_FILTER_CAPABILITIES: set to 0")
  func reserved() {
    #expect(vmq { $0.ndisReserved = 1 } == [.capabilityReserved])
  }

  @Test("MaxNumSwitches must always be set to one")
  func numSwitches() {
    #expect(sriov { $1.maxNumSwitches = 2 } == [.capabilityNumSwitches])
    #expect(sriov { $1.maxNumSwitches = 0 } == [.capabilityNumSwitches])
  }

  @Test("the NIC switch must support at least MaxNumVFs + 1 VPorts")
  func numVPorts() {
    #expect(sriov { $1.maxNumVFs = 8 } == [.capabilityNumVPorts])
    #expect(sriov { $1.maxNumVFs = 7 } == [])
    #expect(sriov { $1.maxNumVFs = .max } == [.capabilityNumVPorts])
  }

  @Test("MaxNumQueuePairs must be greater than or equal to MaxNumVPorts")
  func queuePairs() {
    #expect(sriov { $1.maxNumQueuePairs = 7 } == [.capabilityQueuePairs])
  }

  @Test("the numbers of queue pairs of one VPort are specified in powers of 2")
  func queuePairsPerVPort() {
    #expect(sriov { $1.maxNumQueuePairsPerNonDefaultVPort = 3 } == [.capabilityQueuePairsPerVPort])
    #expect(sriov { $1.maxNumQueuePairsPerNonDefaultVPort = 4 } == [])
  }

  @Test("MaxNumMacAddresses must be greater than or equal to MaxNumVPorts")
  func macAddresses() {
    #expect(sriov { $1.maxNumMACAddresses = 7 } == [.capabilityMACAddresses])
  }

  @Test(
    "NumTotalMacAddresses, NumMacAddressesPerPort and NumVlansPerPort must be zero from revision 2")
  func olderMembers() {
    #expect(sriov { $1.numTotalMACAddresses = 8 } == [.capabilityOlderMembers])
    #expect(sriov { $1.numMACAddressesPerPort = 8 } == [.capabilityOlderMembers])
    #expect(sriov { $1.numVLANsPerPort = 8 } == [.capabilityOlderMembers])
  }

  @Test("HASH_KEY_SUPPORTED must be set if HASH_FUNCTION_SUPPORTED is set")
  func hashKey() {
    #expect(sriov { $1.capabilities = 0x200 } == [.capabilityHashKey])
    #expect(sriov { $1.capabilities = 0xA00 } == [] && sriov { $1.capabilities = 0x800 } == [])
  }

  @Test("the hardware capabilities must not be NULL if the current ones are not")
  func pairs() {
    let filter = CapabilitySet(receiveFilter: .vmQueues(8, filters: 16))
    let nicSwitch = CapabilitySet(nicSwitch: .vports(8))
    func check(_ hardware: CapabilitySet, _ current: CapabilitySet) -> [Reason] {
      ReportedCapabilities(hardware: hardware, current: current, version: Self.v630)
        .violations().map(\.reason)
    }
    #expect(check(CapabilitySet(), filter) == [.capabilityPair])
    #expect(check(CapabilitySet(), nicSwitch) == [.capabilityPair])
    #expect(check(filter, CapabilitySet()) == [] && check(nicSwitch, CapabilitySet()) == [])
  }

  @Test("what is not enabled is a rule of the current capabilities only")
  func hardware() {
    var both = ReceiveFilterCapabilities.vmQueues(8, filters: 16)
    let nicSwitch = NICSwitchCapabilities.vports(8, functions: 4)
    let hardware = CapabilitySet(receiveFilter: both, nicSwitch: nicSwitch)
    both.enabledQueueTypes = 0
    both.numQueues = 0
    let current = CapabilitySet(receiveFilter: both, nicSwitch: nicSwitch)
    let reported = ReportedCapabilities(hardware: hardware, current: current, version: Self.v630)
    #expect(reported.violations() == [])
  }
}
