// VPorts against the NIC switch's capabilities, the default VPort, and VPorts that receive: what
// ns-ntddndis-_ndis_nic_switch_vport_parameters, oid-nic-switch-vport-parameters, nondefault-virtual-ports-and-vmq and
// oid-receive-filter-set-filter say.

import NDISDriverInterface
import CNDIS
import NDIS
import Testing

@testable import NDISSimulator

@Suite struct VPortLimitTests {
  typealias Bed = QueueBed

  /// With a switch.
  static func bed(
    vports: UInt32 = 8, functions: UInt32 = 0, queuePairs: UInt32 = 8, flags: UInt32 = 0,
    change: (inout NICSwitchCapabilities) -> Void = { _ in }
  ) throws -> Bed {
    var capabilities = Bed.switchCapabilities(
      vports: vports, functions: functions, queuePairs: queuePairs, flags: flags)
    change(&capabilities)
    let bed = try Bed(
      assist: HardwareAssist(
        receiveFilter: Bed.capabilities().image(), nicSwitch: capabilities.image()))
    let made = bed.request(
      .method, OID_NIC_SWITCH_CREATE_SWITCH, NICSwitchParameters(friendlyName: "s").image())
    #expect(made.status == .success)
    return bed
  }

  static func create(_ bed: Bed, pairs: UInt32) -> Failure {
    bed.request(
      .method, OID_NIC_SWITCH_CREATE_VPORT,
      VPortParameters(name: "v", numQueuePairs: pairs).image()
    ).failure
  }

  @Test("without SINGLE_VPORT_POOL the PF has MaxNumVPorts - MaxNumVFs nondefault VPorts")
  func share() throws {
    let reserved = try Self.bed(vports: 5, functions: 3)
    #expect(reserved.createVPort() == 1 && reserved.createVPort() == 2)
    #expect(reserved.create().failure == Failure(.failure, .vportShare, 2, 2))
    let pool = try Self.bed(
      vports: 5, functions: 3, flags: NICSwitchCapabilityFlags.singleVPortPool)
    for id in 1...4 as ClosedRange<UInt32> { #expect(pool.createVPort() == id) }
    #expect(pool.create().failure == Failure(.failure, .noSwitch, 5, 5))
    #expect(reserved.host.problems == [] && pool.host.problems == [])
  }

  @Test("a nondefault VPort has one or more queue pairs, and all together MaxNumQueuePairs")
  func queuePairs() throws {
    let bed = try Self.bed(
      queuePairs: 6, flags: NICSwitchCapabilityFlags.asymmetricQueuePairsSupported)
    let count = bed.seen.count
    #expect(Self.create(bed, pairs: 0).reason == .queuePairs)
    // The default VPort has one.
    #expect(Self.create(bed, pairs: 6) == Failure(.invalidParameter, .queuePairs, 6, 5))
    #expect(bed.seen.count == count)
    #expect(Self.create(bed, pairs: 3).status == .success)
    #expect(Self.create(bed, pairs: 3) == Failure(.invalidParameter, .queuePairs, 3, 2))
    #expect(Self.create(bed, pairs: 2).status == .success)
    func change(_ id: UInt32, _ pairs: UInt32) -> Failure {
      bed.change(id) {
        $0.flags = .numQueuePairsChanged
        $0.numQueuePairs = pairs
      }.failure
    }
    #expect(change(1, 4) == Failure(.invalidParameter, .queuePairs, 4, 3))
    #expect(change(0, 2) == Failure(.invalidParameter, .queuePairs, 2, 1))
    #expect(change(2, 1).status == .success && change(1, 4).status == .success)
    #expect(bed.delete(1).status == .success && change(0, 5).status == .success)
    #expect(bed.host.problems == [])
    let few = try Self.bed(queuePairs: 0) { $0.maxNumQueuePairsPerNonDefaultVPort = 2 }
    #expect(Self.create(few, pairs: 3) == Failure(.invalidParameter, .queuePairs, 3, 2))
    #expect(Self.create(few, pairs: 2).status == .success)
  }

  @Test("without ASYMMETRIC_QUEUE_PAIRS all nondefault VPorts have the same number of them")
  func symmetric() throws {
    let bed = try Self.bed()
    #expect(Self.create(bed, pairs: 2).status == .success)
    #expect(Self.create(bed, pairs: 1) == Failure(.invalidParameter, .queuePairsUneven, 1, 2))
    #expect(Self.create(bed, pairs: 2).status == .success)
    let change = bed.change(1) {
      $0.flags = .numQueuePairsChanged
      $0.numQueuePairs = 1
    }
    #expect(change.reason == .queuePairsUneven)
    #expect(bed.delete(2).status == .success && bed.host.problems == [])
  }

  @Test(
    "ENUM_SWITCHES counts VPorts, queue pairs, MAC addresses and VLAN identifiers as NDIS_NIC_SWITCH_INFO has them"
  )
  func switchInfo() throws {
    let bed = try Self.bed()
    func info() throws -> NICSwitchInfo {
      let answer = bed.request(.query, OID_NIC_SWITCH_ENUM_SWITCHES)
      return try #require(try NICSwitchInfoArray(image: answer.bytes).switches.first)
    }
    var known = try info()
    #expect(known.numVPorts == 8 && known.numActiveVPorts == 1)
    #expect(known.numQueuePairsForDefaultVPort == 1)
    #expect(Self.create(bed, pairs: 2).status == .success)
    #expect(Self.create(bed, pairs: 2).status == .success)
    _ = [bed.setFilter(vport: 1), bed.setFilter(), bed.setFilter()]
    let both = ReceiveFilterParameters(
      vportID: 2,
      fields: [.destinationAddress([2, 0, 0, 0, 0, 2]), .vlan(5)])
    #expect(bed.request(.method, OID_RECEIVE_FILTER_SET_FILTER, both.image()).status == .success)
    let group = ReceiveFilterParameters(fields: [.destinationAddress([1, 0, 0x5E, 0, 0, 1])])
    #expect(bed.request(.method, OID_RECEIVE_FILTER_SET_FILTER, group.image()).status == .success)
    known = try info()
    #expect(known.numVPorts == 8 && known.numActiveVPorts == 3)
    #expect(known.numQueuePairsForNonDefaultVPorts == 4)
    #expect(known.numActiveDefaultVPortMACAddresses == 2)
    #expect(known.numActiveNonDefaultVPortMACAddresses == 2)
    #expect(known.numActiveDefaultVPortVLANs == 0 && known.numActiveNonDefaultVPortVLANs == 1)
    #expect(bed.host.problems == [])
  }

  @Test("the switch is created with queue pairs for the default VPort that there are")
  func switchQueuePairs() throws {
    let capabilities = Bed.switchCapabilities(queuePairs: 4)
    let bed = try Bed(
      version: NDISVersion(6, 60),
      assist: HardwareAssist(
        receiveFilter: Bed.capabilities().image(), nicSwitch: capabilities.image()))
    var asked = NICSwitchParameters(friendlyName: "s", revision: 2)
    asked.numQueuePairsForDefaultVPort = 5
    let refused = bed.request(.method, OID_NIC_SWITCH_CREATE_SWITCH, asked.image())
    #expect(refused.failure == Failure(.invalidParameter, .queuePairs, 5, 4))
    asked.numQueuePairsForDefaultVPort = 4
    #expect(bed.request(.method, OID_NIC_SWITCH_CREATE_SWITCH, asked.image()).status == .success)
    #expect(bed.create().reason == .queuePairs && bed.host.problems == [])
  }

  @Test("OID_NIC_SWITCH_VPORT_PARAMETERS updates the default VPort, for every overlying driver")
  func defaultVPort() throws {
    let bed = try Self.bed()
    func known() throws -> VPortParameters {
      var asked = VPortParameters(name: "")
      asked.vportID = 0
      let answer = bed.request(.method, OID_NIC_SWITCH_VPORT_PARAMETERS, asked.image())
      return try VPortParameters(image: answer.bytes)
    }
    #expect(try known().processorAffinity.mask == 1)
    let count = bed.seen.count
    let changed = bed.change(0) {
      $0.flags = [.processorAffinityChanged, .nameChanged, .interruptModerationChanged]
      $0.processorAffinity = GroupAffinity(mask: 6)
      $0.interruptModeration = .low
    }
    #expect(changed.status == .success && bed.seen.count == count + 1)
    var after = try known()
    #expect(after.processorAffinity.mask == 6 && after.name == "new")
    #expect(after.interruptModeration == .low && after.state == .activated)
    #expect(after.attachedFunction == .physical && after.numQueuePairs == 1)
    // The miniport refuses: nothing changes.
    bed.onRequest = { _ in (.failure, OIDResult()) }
    #expect(
      bed.change(0) {
        $0.flags = .processorAffinityChanged
        $0.processorAffinity = GroupAffinity(mask: 1)
      }.status == .failure)
    bed.onRequest = { _ in nil }
    #expect(try known().processorAffinity.mask == 6)
    // Its state "must always be set to" Activated.
    #expect(bed.activate(0).status == .success)
    #expect(
      bed.change(0) {
        $0.flags = .stateChanged
        $0.state = .deactivated
      }.reason == .vportState)
    #expect(bed.change(0) { $0.flags = [] }.reason == .nothingChanged)
    let other = bed.otherBinding()
    var theirs = VPortParameters(name: "theirs")
    theirs.flags = .nameChanged
    let answer = bed.request(
      .set, OID_NIC_SWITCH_VPORT_PARAMETERS, theirs.image(), from: other.driver,
      binding: other.binding)
    #expect(answer.status == .success)
    after = try known()
    #expect(after.name == "theirs" && after.processorAffinity.mask == 6)
    let all = bed.request(
      .method, OID_NIC_SWITCH_ENUM_VPORTS, VPortInfoArray(of: 0).image())
    #expect(try VPortInfoArray(image: all.bytes).vports.map(\.name) == ["theirs"])
    #expect(bed.host.problems == [])
  }

  @Test("a VF's VPort: its state is Activated for ever, its affinity cannot be updated")
  func ofFunction() throws {
    let bed = try VPortTests.bed()
    let id = bed.createVPort(on: VPortTests.function)
    #expect(bed.activate(id).status == .success && bed.vportState(id) == .activated)
    let affinity = bed.change(id) { $0.flags = .processorAffinityChanged }
    #expect(affinity.failure == Failure(.invalidParameter, .vportOfFunction, UInt64(id), 1))
    #expect(bed.change(id) { $0.flags = .nameChanged }.status == .success)
    #expect(bed.host.problems == [])
  }

  @Test(
    "no packet is indicated on a VPort before its first SET_FILTER nor after its last CLEAR_FILTER")
  func filters() throws {
    let bed = try Self.bed()
    let first = bed.createVPort()
    let second = bed.createVPort()
    #expect(bed.activate(first).status == .success && bed.activate(second).status == .success)
    func indicate(_ id: UInt32, context: UInt64 = 0) -> Reason? {
      var list = IndicatedList(context: 1, queueID: UInt16(id))
      try? list.append(dataLength: 60, [])
      let request = Request.indicateReceive(
        adapter: bed.adapter, Indication(flags: ReceivePath.resources, lists: [list]))
      return bed.host.ask(bed.miniport.session, request, context: context)?.failure.reason
    }
    #expect(indicate(first) == .vportWithoutFilter)
    #expect(bed.violations == [.vportWithoutFilter])
    // From the request on it may.
    var early: [Reason?] = []
    bed.inHandler = { bed, id, oid in
      guard oid.call.oid == OID_RECEIVE_FILTER_SET_FILTER else { return }
      early.append(indicate(first, context: id))
    }
    let filter = bed.setFilter(vport: first)
    #expect(filter == 1 && early == [Reason.none] && bed.violations.count == 1)
    bed.inHandler = { bed, id, oid in
      guard oid.call.oid == OID_RECEIVE_FILTER_MOVE_FILTER else { return }
      early.append(indicate(second, context: id))
    }
    let move = ReceiveFilterMoveParameters(
      filterID: filter, from: .init(vportID: first), to: .init(vportID: second))
    #expect(bed.request(.set, OID_RECEIVE_FILTER_MOVE_FILTER, move.image()).status == .success)
    #expect(early == [Reason.none, Reason.none] && bed.violations.count == 1)
    #expect(indicate(first) == .vportWithoutFilter && indicate(second) == Reason.none)
    #expect(bed.clear(filter).status == .success && indicate(second) == .vportWithoutFilter)
    #expect(bed.violations == Array(repeating: .vportWithoutFilter, count: 3))
    // A request in which it has indicated must complete with SUCCESS.
    bed.inHandler = { bed, id, oid in
      guard oid.call.oid == OID_RECEIVE_FILTER_SET_FILTER else { return }
      #expect(indicate(second, context: id) == Reason.none)
    }
    bed.onRequest = { oid in
      oid.call.oid == OID_RECEIVE_FILTER_SET_FILTER ? (.failure, OIDResult()) : nil
    }
    #expect(bed.setFilter(vport: second) == 0)
    #expect(bed.violations.last == .indicatedEarly && bed.violations.count == 4)
    #expect(bed.host.problems == [])
  }
}
