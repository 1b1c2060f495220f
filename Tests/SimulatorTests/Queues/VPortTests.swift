// The NIC switch, its virtual functions and VPorts through real OID requests, and the memory of VPorts.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator

extension QueueBed {
  func create(on function: FunctionID = .physical) -> Answer {
    request(
      .method, OID_NIC_SWITCH_CREATE_VPORT,
      VPortParameters(name: "v", attachedTo: function).image())
  }

  func createVPort(on function: FunctionID = .physical) -> UInt32 {
    (try? VPortParameters(image: create(on: function).bytes))?.vportID ?? 0
  }

  func change(_ id: UInt32, _ body: (inout VPortParameters) -> Void) -> Answer {
    var change = VPortParameters(name: "new")
    change.vportID = id
    body(&change)
    return request(.set, OID_NIC_SWITCH_VPORT_PARAMETERS, change.image())
  }

  func activate(_ id: UInt32) -> Answer {
    change(id) {
      $0.flags = .stateChanged
      $0.state = .activated
    }
  }

  func delete(_ id: UInt32) -> Answer {
    request(.set, OID_NIC_SWITCH_DELETE_VPORT, VPortDeleteParameters(vportID: id).image())
  }
}

@Suite struct VPortTests {
  typealias Bed = QueueBed
  static let function = FunctionID(rawValue: 1)

  /// With a switch and VF 1.
  static func bed(
    settings: Settings = TestHost.smallSettings, pools: Bool = true
  ) throws -> Bed {
    let bed = try Bed(settings: settings, pools: pools)
    let made = bed.request(
      .method, OID_NIC_SWITCH_CREATE_SWITCH,
      NICSwitchParameters(friendlyName: "switch", numVFs: 2).image())
    #expect(made.status == .success)
    #expect(allocateVF(bed, function).status == .success)
    return bed
  }

  /// The miniport gives the VF this number.
  static func allocateVF(_ bed: Bed, _ function: FunctionID?) -> Bed.Answer {
    bed.onRequest = { oid in
      guard let function, var answer = try? VFParameters(image: oid.call.input) else { return nil }
      answer.function = function
      answer.requestorID = 0x100
      return (.success, OIDResult(information: answer.image()))
    }
    defer { bed.onRequest = { _ in nil } }
    return bed.request(.method, OID_NIC_SWITCH_ALLOCATE_VF, VFParameters(vmName: "vm").image())
  }

  @Test("the default switch is made once, renamed, enumerated, and deleted when it is empty")
  func nicSwitch() throws {
    let bed = try Bed()
    func create(_ change: (inout NICSwitchParameters) -> Void = { _ in }) -> Bed.Answer {
      var asked = NICSwitchParameters(friendlyName: "s", numVFs: 2)
      change(&asked)
      return bed.request(.method, OID_NIC_SWITCH_CREATE_SWITCH, asked.image())
    }
    func enumerated() throws -> [NICSwitchInfo] {
      let answer = bed.request(.query, OID_NIC_SWITCH_ENUM_SWITCHES)
      return try NICSwitchInfoArray(image: answer.bytes).switches
    }
    let deletion = NICSwitchDeleteParameters().image()
    #expect(try enumerated().isEmpty)
    #expect(create { $0.switchID = 1 }.reason == .switchUnknown)
    #expect(create { $0.numVFs = 3 }.failure == Failure(.invalidParameter, .functionCount, 3, 2))
    #expect(bed.request(.set, OID_NIC_SWITCH_DELETE_SWITCH, deletion).reason == .noSwitch)
    #expect(bed.create().reason == .noSwitch)
    #expect(Self.allocateVF(bed, Self.function).reason == .noSwitch)
    #expect(bed.seen.filter { $0.call.oid != OID_NIC_SWITCH_CREATE_SWITCH }.isEmpty)
    bed.onRequest = { _ in (.failure, OIDResult()) }
    #expect(create().status == .failure)
    bed.onRequest = { _ in nil }
    #expect(create().status == .success && create().reason == .alreadyDone)
    var change = NICSwitchParameters(friendlyName: "renamed")
    #expect(
      bed.request(.set, OID_NIC_SWITCH_PARAMETERS, change.image()).reason == .nothingChanged)
    change.flags = .nameChanged
    #expect(bed.request(.set, OID_NIC_SWITCH_PARAMETERS, change.image()).status == .success)
    let known = bed.request(.method, OID_NIC_SWITCH_PARAMETERS, NICSwitchParameters().image())
    let read = try NICSwitchParameters(image: known.bytes)
    #expect(read.friendlyName == "renamed" && read.numVFs == 2)
    #expect(bed.createVPort() == 1)
    let info = try enumerated()
    #expect(info.map(\.numVPorts) == [4] && info.map(\.numActiveVPorts) == [2])
    let full = bed.request(.set, OID_NIC_SWITCH_DELETE_SWITCH, deletion)
    #expect(full.failure == Failure(.fileNotFound, .switchInUse, 1, 0))
    #expect(bed.delete(1).status == .success)
    #expect(bed.request(.set, OID_NIC_SWITCH_DELETE_SWITCH, deletion).status == .success)
    #expect(try enumerated().isEmpty && bed.violations == [] && bed.host.problems == [])
  }

  @Test("VFs have the numbers the miniport gives them, and are freed by who allocated them")
  func functions() throws {
    let bed = try Self.bed()
    for wrong in [Self.function, FunctionID(rawValue: 2), .physical] {
      let answer = Self.allocateVF(bed, wrong)
      #expect(answer.failure == Failure(.failure, .functionAnswered, UInt64(wrong.rawValue), 2))
    }
    // Without an answer the number is still the invalid one of the request.
    #expect(Self.allocateVF(bed, nil).reason == .functionAnswered)
    #expect(bed.violations == Array(repeating: .functionAnswered, count: 4))
    #expect(Self.allocateVF(bed, FunctionID(rawValue: 0)).status == .success)
    #expect(
      Self.allocateVF(bed, FunctionID(rawValue: 0)).failure == Failure(.failure, .noFunctions, 2))
    let other = bed.otherBinding()
    let free = VFFreeParameters(function: Self.function).image()
    let theirs = bed.request(
      .set, OID_NIC_SWITCH_FREE_VF, free, from: other.driver, binding: other.binding)
    #expect(theirs.failure == Failure(.fileNotFound, .functionOwner, 1))
    let id = bed.createVPort(on: Self.function)
    let used = bed.request(.set, OID_NIC_SWITCH_FREE_VF, free)
    #expect(used.failure == Failure(.fileNotFound, .functionInUse, 1, UInt64(id)))
    #expect(bed.delete(id).status == .success)
    #expect(bed.request(.set, OID_NIC_SWITCH_FREE_VF, free).status == .success)
    #expect(bed.request(.set, OID_NIC_SWITCH_FREE_VF, free).reason == .functionUnknown)
    #expect(bed.host.problems == [])
  }

  @Test("a VPort gets an id below MaxNumVPorts; a VF has one; what is wrong reaches no miniport")
  func creation() throws {
    let bed = try Self.bed()
    func refusal(_ change: (inout VPortParameters) -> Void) -> Reason {
      var asked = VPortParameters(name: "v")
      change(&asked)
      return bed.request(.method, OID_NIC_SWITCH_CREATE_VPORT, asked.image()).reason
    }
    let count = bed.seen.count
    #expect(refusal { $0.vportID = 1 } == .vportIDGiven)
    #expect(refusal { $0.switchID = 1 } == .switchUnknown)
    #expect(refusal { $0.attachedFunction = FunctionID(rawValue: 0) } == .functionUnknown)
    #expect(bed.seen.count == count)
    #expect(bed.createVPort(on: Self.function) == 1 && bed.vportState(1) == .activated)
    #expect(
      bed.create(on: Self.function).failure == Failure(.invalidParameter, .functionInUse, 1, 1))
    #expect(bed.createVPort() == 2 && bed.vportState(2) == .deactivated)
    #expect(try VPortParameters(image: bed.seen.last?.call.input ?? []).vportID == 2)
    bed.onRequest = { _ in (.failure, OIDResult()) }
    #expect(bed.create().status == .failure && bed.vportState(3) == .deleted)
    bed.onRequest = { _ in nil }
    let third = try VPortParameters(image: bed.create().bytes)
    #expect(third.vportID == 3 && third.state == .deactivated)
    #expect(bed.create().failure == Failure(.failure, .vportShare, 2, 2))
    #expect(bed.delete(2).status == .success && bed.createVPort() == 2)
    #expect(bed.host.problems == [])
  }

  @Test("VPorts are enumerated with the default one, by switch and by function")
  func enumeration() throws {
    let bed = try Self.bed()
    _ = [bed.createVPort(), bed.createVPort(on: Self.function)]
    #expect(bed.setFilter(vport: 1) == 1 && bed.setFilter() == 2)
    func vports(_ array: VPortInfoArray) throws -> [VPortInfo] {
      let answer = bed.request(.method, OID_NIC_SWITCH_ENUM_VPORTS, array.image())
      return try VPortInfoArray(image: answer.bytes).vports
    }
    let all = try vports(VPortInfoArray(of: 0))
    #expect(all.map(\.vportID) == [0, 1, 2])
    #expect(all.map(\.state) == [.activated, .deactivated, .activated])
    #expect(all.map(\.numFilters) == [1, 1, 0])
    #expect(try vports(VPortInfoArray(on: Self.function)).map(\.vportID) == [2])
    #expect(try vports(VPortInfoArray(on: .physical)).map(\.vportID) == [0, 1])
    let other = bed.request(
      .method, OID_NIC_SWITCH_ENUM_VPORTS, VPortInfoArray(of: 1).image())
    #expect(other.reason == .switchUnknown)
    var asked = VPortParameters(name: "")
    asked.vportID = 2
    let one = bed.request(.method, OID_NIC_SWITCH_VPORT_PARAMETERS, asked.image())
    #expect(try VPortParameters(image: one.bytes).attachedFunction == Self.function)
    asked.vportID = 0
    let none = bed.request(.method, OID_NIC_SWITCH_VPORT_PARAMETERS, asked.image())
    #expect(try VPortParameters(image: none.bytes).state == .activated)
    asked.vportID = 3
    #expect(
      bed.request(.method, OID_NIC_SWITCH_VPORT_PARAMETERS, asked.image()).reason == .vportUnknown)
    #expect(bed.host.problems == [])
  }

  @Test("only who created a VPort changes, filters or deletes it, and not while it has filters")
  func owners() throws {
    let bed = try Self.bed()
    let id = bed.createVPort()
    let other = bed.otherBinding()
    func refused(_ kind: OIDRequestKind, _ oid: UInt32, _ input: [UInt8]) -> Bool {
      bed.request(kind, oid, input, from: other.driver, binding: other.binding).failure
        == Failure(.invalidParameter, .vportOwner, UInt64(id))
    }
    var change = VPortParameters(name: "new")
    change.vportID = id
    change.flags = .nameChanged
    #expect(refused(.set, OID_NIC_SWITCH_VPORT_PARAMETERS, change.image()))
    #expect(
      refused(.set, OID_NIC_SWITCH_DELETE_VPORT, VPortDeleteParameters(vportID: id).image()))
    #expect(
      refused(
        .method, OID_RECEIVE_FILTER_SET_FILTER,
        ReceiveFilterParameters(vportID: id, fields: Bed.fields).image()))
    let filter = bed.setFilter(vport: id)
    #expect(bed.delete(id).failure == Failure(.invalidParameter, .filtersLeft, 1))
    #expect(bed.delete(0).failure == Failure(.invalidParameter, .defaultVPort))
    #expect(bed.clear(filter).status == .success)
    bed.onRequest = { _ in (.failure, OIDResult()) }
    #expect(bed.delete(id).status == .failure && bed.vportState(id) == .deactivated)
    bed.onRequest = { _ in nil }
    #expect(bed.delete(id).status == .success && bed.vportState(id) == .deleted)
    #expect(bed.host.problems == [])
  }

  @Test("MOVE_FILTER between VPorts moves their counts")
  func moving() throws {
    let bed = try Self.bed()
    let first = bed.createVPort()
    let second = bed.createVPort()
    let filter = bed.setFilter(vport: first)
    let move = ReceiveFilterMoveParameters(
      filterID: filter, from: .init(vportID: first), to: .init(vportID: second))
    #expect(bed.request(.set, OID_RECEIVE_FILTER_MOVE_FILTER, move.image()).status == .success)
    #expect(bed.delete(first).status == .success)
    #expect(bed.delete(second).reason == .filtersLeft)
    #expect(bed.clear(filter).status == .success && bed.delete(second).status == .success)
    #expect(bed.host.problems == [])
  }

  @Test(
    "behaviour 31, A31: memory is for an activated nondefault VPort of the PF, until its deletion")
  func memory() throws {
    let bed = try Self.bed()
    let refused = Failure(.invalidParameter, .vportUnknown, 1)
    #expect(bed.memory(vport: 1)?.failure == refused)
    let id = bed.createVPort()
    #expect(bed.memory(vport: id)?.failure == refused)
    #expect(bed.activate(id).status == .success)
    let block = try #require(bed.memory(vport: id))
    #expect(block.failure.status == .success)
    let onVF = bed.createVPort(on: Self.function)
    #expect(bed.memory(vport: onVF)?.failure.reason == .vportUnknown)
    // The adapter's own handle, no other.
    let binding = bed.memory(vport: id, handle: bed.binding, session: bed.binder.session)
    #expect(binding?.failure.reason == .vportUnknown)
    bed.freeMemory(block.value)
    bed.inHandler = { bed, context, oid in
      guard oid.call.oid == OID_NIC_SWITCH_DELETE_VPORT else { return }
      #expect(bed.memory(vport: id, context: context)?.failure.reason == .vportUnknown)
    }
    #expect(bed.delete(id).status == .success && bed.memory(vport: id)?.failure == refused)
    #expect(bed.violations == [] && bed.host.problems == [])
  }

  @Test("behaviour 31: memory left at DELETE_VPORT is a violation and reclaimed")
  func memoryLeft() throws {
    let bed = try Self.bed()
    let id = bed.createVPort()
    _ = bed.activate(id)
    for _ in 0..<2 { #expect(bed.memory(vport: id)?.failure.status == .success) }
    #expect(bed.delete(id).status == .success)
    #expect(bed.violations == [.vportMemoryLeft] && bed.leaks.count == 2)
    #expect(bed.createVPort() == id && bed.host.problems == [])
  }

  @Test("A30, A33: QueueId and VPortId both, and NDIS_INVALID_VPORT_ID")
  func combinations() throws {
    let bed = try Self.bed()
    let vport = bed.createVPort()
    _ = bed.activate(vport)
    let queue = bed.allocate()
    #expect(bed.memory(queue: queue, vport: vport)?.failure.reason == .queueAndVPort)
    #expect(bed.memory(queue: queue, vport: NDIS_INVALID_VPORT_ID)?.failure.status == .success)
    #expect(bed.memory(vport: NDIS_INVALID_VPORT_ID)?.failure.status == .success)
    var settings = TestHost.smallSettings
    settings.strictVPorts = true
    let strict = try Self.bed(settings: settings)
    #expect(strict.memory(vport: NDIS_INVALID_VPORT_ID)?.failure.reason == .vportUnknown)
    #expect(bed.host.problems == [] && strict.host.problems == [])
  }

  @Test("A40: a provider that does not say it serves PF VPorts is not asked for their memory")
  func providers() throws {
    let bed = try Self.bed(pools: false)
    let id = bed.createVPort()
    _ = bed.activate(id)
    let provider = Driver(bed.host, "provider", provides: true)
    _ = provider.protocolDriver(bed.host)
    #expect(bed.memory()?.failure.status == .success)
    #expect(bed.memory(vport: id)?.failure.reason == .noProvider)
    #expect(provider.allocations.count == 1)
    let able = Driver(bed.host, "able", provides: true)
    able.providerFlags = UInt32(NDIS_SHARED_MEMORY_PROVIDER_CHAR_SUPPORTS_PF_VPORTS)
    _ = able.protocolDriver(bed.host)
    #expect(bed.memory(vport: id)?.failure.status == .success)
    #expect(able.allocations.map(\.parameters.vportID) == [id])
    #expect(bed.host.problems == [])
  }
}
