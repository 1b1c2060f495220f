// NdisMSetMiniportAttributes: which structures and revisions it takes, in which order, and what NDIS answers from them.

import CNDIS
import NDIS
import NDISDriverInterface
import NDISEvents
import NDISStore
import Testing

@testable import NDISSimulator

@Suite struct AttributesTests {
  private static let supported: [UInt32] = [
    OID_GEN_SUPPORTED_LIST, OID_GEN_STATISTICS, OID_GEN_CURRENT_PACKET_FILTER,
  ]
  private static let general = GeneralAttributesCall(
    GeneralAttributes(address: [2, 0, 0, 0, 0, 1]), supported: supported)

  /// Calls in MiniportInitializeEx and how they ended, and what was reported of the miniport.
  private func initializing(
    version: NDISVersion = NDISVersion(6, 30), settings: Settings = TestHost.smallSettings,
    _ calls: @escaping (Handle) -> [Request]
  ) throws -> (results: [Failure], reports: [Reason], host: TestHost) {
    let host = try TestHost(settings, shadow: true)
    let driver = Driver(host, "mp")
    var results: [Failure] = []
    host.afterTurn = { host in
      for problem in inconsistencies(host.simulator) { host.problem(problem) }
    }
    let handle = driver.handle(host, .registerMiniportDriver(Sample.miniport(version: version)))
    driver.override = { host, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_INITIALIZE_EX else { return false }
      for call in calls(details.object) {
        let made = host.ask(driver.session, call, context: id)
        results.append(made?.failure ?? Failure(.pending, .none))
      }
      host.answer(driver.session, id, ProviderAnswer(status: .success))
      return true
    }
    _ = driver.adapter(host, handle, "eth0")
    return (results, reports(host), host)
  }

  private func reports(_ host: TestHost) -> [Reason] {
    host.violations.map(\.failure.reason)
  }

  private func registration(_ adapter: Handle, revision: UInt8 = 1, flags: UInt32 = 0x40)
    -> Request
  {
    let header = ObjectHeader(type: 0x9E, revision: revision, size: 28)
    return .setMiniportAttributes(adapter, header, context: 5, flags: flags)
  }

  private func attributes(_ adapter: Handle, type: UInt8, revision: UInt8 = 1, size: UInt16 = 40)
    -> Request
  {
    let header = ObjectHeader(type: type, revision: revision, size: size)
    return .setMiniportAttributes(adapter, header, context: 0, flags: 0)
  }

  @Test("NdisMSetMiniportAttributes: an unknown revision is BAD_VERSION, revision 2 of 6.30 is not")
  func revisions() throws {
    let made = try initializing { adapter in
      [
        registration(adapter, revision: 0), registration(adapter, revision: 3),
        registration(adapter, revision: 9), registration(adapter, revision: 2),
      ]
    }
    let bad = [0, 3, 9].map { Failure(.badVersion, .headerRevision, $0, 2) }
    #expect(made.results == bad + [Failure(.success, .none)])
    #expect(made.reports == [] && made.host.problems == [])
  }

  @Test("NdisMRegisterScatterGatherDma: an unknown revision is BAD_VERSION, revision 2 is not")
  func dmaRevisions() throws {
    func dma(_ adapter: Handle, _ revision: UInt8, _ size: UInt16) -> Request {
      let header = ObjectHeader(type: 0x83, revision: revision, size: size)
      return .registerScatterGatherDMA(adapter, header)
    }
    let made = try initializing { adapter in
      [registration(adapter)]
        + [(0, 36), (3, 48), (9, 48), (2, 40), (1, 35)].map { dma(adapter, $0.0, $0.1) }
        + [dma(adapter, 2, 48)]
    }
    #expect(
      made.results.map(\.reason) == [
        .none, .headerRevision, .headerRevision, .headerRevision, .headerSize, .headerSize, .none,
      ])
    #expect(made.results.dropFirst().dropLast().allSatisfy { $0.status == .badVersion })
  }

  @Test(
    "NdisMRegisterScatterGatherDma: NOT_SUPPORTED without BUS_MASTER, in MiniportInitializeEx only")
  func dmaBusMaster() throws {
    let made = try initializing { adapter in
      [registration(adapter, flags: 1), .registerScatterGatherDMA(adapter, Sample.dma)]
    }
    #expect(made.results.last == Failure(.notSupported, .busMaster))
    let bed = try QueueBed()
    let late = bed.host.ask(
      bed.miniport.session, .registerScatterGatherDMA(bed.adapter, Sample.dma))
    #expect(late?.failure.reason == .wrongState)
  }

  @Test("REGISTER_BUGCHECK_CALLBACK: from NDIS 6.30 a bug check is notified only with this flag")
  func bugCheckShutdown() throws {
    for (minor, flags, wants) in [
      (20, 0x40, true), (30, 0x40, false), (30, 0x440, true),
    ] as [(UInt8, UInt32, Bool)] {
      let made = try initializing(version: NDISVersion(6, minor)) {
        [registration($0, revision: 2, flags: flags)]
      }
      #expect(made.host.simulator.wantsBugCheckShutdown(adapter: Index(0)) == wants)
    }
  }

  @Test(
    "offload, 802.11, NDK and packet direct attributes are accepted, unknown revisions BAD_VERSION")
  func unread() throws {
    let types: [UInt8] = [0xA0, 0xA1, 0xAF, 0xB3, 0xC5]
    let made = try initializing { adapter in
      [attributes(adapter, type: 0xA0), registration(adapter)]
        + types.map { attributes(adapter, type: $0) }
        + types.map { attributes(adapter, type: $0, revision: 7) }
        + [attributes(adapter, type: 0xA4), attributes(adapter, type: 0xA0, size: 39)]
    }
    #expect(
      made.results.map(\.reason) == [.wrongState, .none] + types.map { _ in Reason.none }
        + types.map { _ in Reason.headerRevision } + [.headerType, .headerSize])
    #expect(made.results.suffix(7).allSatisfy { $0.status == .badVersion })
    #expect(made.reports == [])
  }

  @Test("general attributes come after the registration attributes and before any additional ones")
  func order() throws {
    let right = try initializing {
      [
        .setGeneralAttributes($0, Self.general), registration($0),
        .setGeneralAttributes($0, Self.general), .setGeneralAttributes($0, Self.general),
        attributes($0, type: 0xA0),
      ]
    }
    #expect(
      right.results.map(\.reason) == [.wrongState, .none, .none, .alreadyDone, .none])
    #expect(right.reports == [])
    let late = try initializing {
      [
        registration($0), .setHardwareAssist($0, HardwareAssist()),
        .setGeneralAttributes($0, Self.general),
      ]
    }
    #expect(late.results.map(\.reason) == [.none, .none, .none])
    #expect(late.reports == [.attributesOrder] && late.host.problems == [])
  }

  @Test(
    "hardware-assist attributes of QoS come in a call of their own, before or behind the capabilities"
  )
  func hardwareAssistAlone() throws {
    let filters = HardwareAssist(
      receiveFilter: ReceiveFilterCapabilities.vmQueues(4, filters: 8, for: NDISVersion(6, 30))
        .image())
    let made = try initializing {
      [
        registration($0), .setGeneralAttributes($0, Self.general),
        .setHardwareAssist($0, HardwareAssist()), .setHardwareAssist($0, filters),
        .setHardwareAssist($0, HardwareAssist()), .setHardwareAssist($0, filters),
      ]
    }
    #expect(made.results.map(\.reason) == [.none, .none, .none, .none, .none, .alreadyDone])
    #expect(made.reports == [])
  }

  @Test("general attributes with a wrong header or list are refused")
  func wrongGeneral() throws {
    func changed(_ change: (inout [UInt8]) -> Void) -> GeneralAttributesCall {
      var call = Self.general
      change(&call.image)
      return call
    }
    func listing(_ list: [UInt8], says: UInt32? = nil) -> GeneralAttributesCall {
      var attributes = GeneralAttributes()
      attributes.supportedOIDListLength = says ?? UInt32(list.count)
      return GeneralAttributesCall(image: attributes.image(), supportedOIDs: list)
    }
    let most = AttributesRecord.maximumOIDs * 4
    let wrong: [(GeneralAttributesCall, Status, Reason)] = [
      (changed { $0[0] = 0x9E }, .badVersion, .headerType),
      (changed { $0[1] = 3 }, .badVersion, .headerRevision),
      (changed { $0[1] = 0 }, .badVersion, .headerRevision),
      (changed { $0[2] = 223 }, .badVersion, .headerSize),
      (changed { $0 = Array($0.prefix(100)) }, .badVersion, .informationBuffer),
      (changed { $0[92] = 33 }, .invalidParameter, .macAddressLength),
      (listing([1, 2, 3]), .failure, .supportedOIDList),
      (listing([1, 2, 3, 4], says: 8), .failure, .supportedOIDList),
      (listing([UInt8](repeating: 1, count: most + 4)), .failure, .supportedOIDList),
    ]
    let made = try initializing { adapter in
      [registration(adapter)] + wrong.map { .setGeneralAttributes(adapter, $0.0) }
        + [.setGeneralAttributes(adapter, listing([UInt8](repeating: 1, count: most)))]
    }
    #expect(made.results.map(\.reason) == [.none] + wrong.map(\.2) + [.none])
    #expect(made.results.dropFirst().dropLast().map(\.status) == wrong.map(\.1))
    #expect(made.host.problems == [])
  }

  @Test("general attributes are mandatory: with the switch their absence is a violation")
  func mandatory() throws {
    var settings = TestHost.smallSettings
    #expect(try initializing(settings: settings) { [registration($0)] }.reports == [])
    settings.strictAttributes = true
    let missing = try initializing(settings: settings) { [registration($0)] }
    #expect(missing.reports == [.attributesMissing])
    let set = try initializing(settings: settings) {
      [registration($0), .setGeneralAttributes($0, Self.general)]
    }
    #expect(set.reports == [])
  }

  // MARK: Capabilities

  @Test("a shipped miniport's VM_QUEUE and LOOKAHEAD_SPLIT without MSI_X are reported and accepted")
  func shipped() throws {
    for minor in [20, 30] as [UInt8] {
      var filter = ReceiveFilterCapabilities.vmQueues(7, filters: 16, for: NDISVersion(6, 20))
      filter.supportedQueueProperties = 0x6 | (minor == 30 ? 0x18 : 0)
      (filter.minLookaheadSplitSize, filter.maxLookaheadSplitSize) = (64, 128)
      let assist = HardwareAssist(
        receiveFilter: filter.image(), nicSwitch: NICSwitchCapabilities(revision: 1).image())
      let made = try initializing(version: NDISVersion(6, minor)) {
        [registration($0), .setHardwareAssist($0, assist)]
      }
      #expect(made.results.map(\.status) == [.success, .success])
      let newer: [Reason] = minor == 30 ? [.capabilityLookahead, .capabilityLookaheadSizes] : []
      #expect(made.reports == [.capabilityMSIX] + newer)
      #expect(
        made.host.violations.allSatisfy { $0.bugCheck == nil && $0.party.adapter == Name("eth0") })

      var settings = TestHost.smallSettings
      settings.strictCapabilities = true
      let strict = try initializing(version: NDISVersion(6, minor), settings: settings) {
        [registration($0), .setHardwareAssist($0, assist)]
      }
      #expect(
        strict.results.last
          == Failure(.invalidParameter, .capabilityMSIX, UInt64(filter.supportedQueueProperties)))
      #expect(strict.reports == [])
    }
  }

  @Test("hardware and current capabilities are kept apart, and each OID returns its own")
  func hardwareAndCurrent() throws {
    let hardware = ReceiveFilterCapabilities.vmQueues(64, filters: 128).image()
    let current = ReceiveFilterCapabilities.vmQueues(4, filters: 8).image()
    let nicSwitch = NICSwitchCapabilities.vports(8, functions: 4).image()
    let header = ObjectHeader(type: 0xAF, revision: 2, size: 48)
    let bed = try QueueBed(
      version: NDISVersion(6, 30),
      assist: HardwareAssist(
        header: header, hardwareReceiveFilter: hardware, receiveFilter: current,
        hardwareNICSwitch: nicSwitch, nicSwitch: []))
    #expect(bed.request(.query, OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES).bytes == hardware)
    #expect(bed.request(.query, OID_RECEIVE_FILTER_CURRENT_CAPABILITIES).bytes == current)
    #expect(bed.request(.query, OID_NIC_SWITCH_HARDWARE_CAPABILITIES).bytes == nicSwitch)
    let missing = bed.request(.query, OID_NIC_SWITCH_CURRENT_CAPABILITIES)
    #expect(missing.reason == .capabilityMissing)
    // What is not enabled cannot be used.
    let parameters = NICSwitchParameters(friendlyName: "sw")
    #expect(
      bed.request(.method, OID_NIC_SWITCH_CREATE_SWITCH, parameters.image()).reason
        == .capabilityMissing)
    #expect(bed.host.violations.isEmpty && bed.host.problems == [])
  }

  @Test("hardware-assist attributes of an unknown revision are BAD_VERSION")
  func assistRevisions() throws {
    func assist(_ revision: UInt8, _ size: UInt16) -> HardwareAssist {
      HardwareAssist(
        header: ObjectHeader(type: 0xAF, revision: revision, size: size),
        hardwareReceiveFilter: [], receiveFilter: [], hardwareNICSwitch: [], nicSwitch: [])
    }
    let made = try initializing { adapter in
      [registration(adapter)]
        + [(0, 48), (5, 96), (2, 47), (3, 80)].map {
          .setHardwareAssist(adapter, assist($0.0, $0.1))
        }
    }
    #expect(
      made.results.map(\.reason) == [.none, .headerRevision, .headerRevision, .headerSize, .none])
  }

  @Test(
    "ProtocolBindAdapterEx: NDIS_BIND_PARAMETERS has the general attributes and the current capabilities"
  )
  func bindParameters() throws {
    let bed = try QueueBed(version: NDISVersion(6, 30), general: Self.general)
    let made = bed.host.ask(bed.binder.session, .getBindParameters(bed.binding))
    #expect(made?.failure.status == .success && made?.value == bed.adapter && made?.value2 == 4)
    let told = bed.host.simulator.bindParameters(adapter: bed.adapter, revision: 4)
    let images = try #require(told)
    let parameters = try BindParameters(image: images.parameters)
    #expect(parameters.attributes.currentAddress == [2, 0, 0, 0, 0, 1])
    #expect(parameters.attributes.mtuSize == 1500)
    #expect(images.receiveFilter == QueueBed.capabilities(version: NDISVersion(6, 30)).image())
    let nobody = bed.host.simulator.bindParameters(adapter: bed.binding, revision: 4)
    #expect(nobody?.parameters == nil)
    let foreign = bed.host.ask(bed.miniport.session, .getBindParameters(bed.binding))
    #expect(foreign?.failure.reason == .foreignHandle)
    let wrong = bed.host.ask(bed.binder.session, .getBindParameters(bed.adapter))
    #expect(wrong?.failure.status == .invalidParameter)
    // In ProtocolBindAdapterEx, by its BindContext; without attributes all is zero.
    let plain = try TestHost(shadow: true)
    let miniport = Driver(plain, "mp")
    let driver = miniport.handle(plain, .registerMiniportDriver(Sample.miniport()))
    let adapter = miniport.adapter(plain, driver, "eth0")
    let binder = Driver(plain, "binder")
    let protocolDriver = binder.handle(plain, .registerProtocolDriver(Sample.protocolDriver()))
    var seen: RequestResult?
    binder.override = { host, id, details in
      if Int(details.type) == NDISSIM_UPCALL_BIND_ADAPTER_EX {
        seen = host.ask(binder.session, .getBindParameters(details.bindContext), context: id)
      }
      return false
    }
    _ = binder.handle(plain, .bindAdapter(protocolDriver, Name("eth0")))
    #expect(seen?.failure.status == .success && seen?.value == adapter)
    let unset = plain.simulator.bindParameters(adapter: adapter, revision: 4)
    let none = try #require(unset)
    #expect(try BindParameters(image: none.parameters).attributes == .unset)
    #expect(none.receiveFilter.isEmpty && plain.problems == [])
  }

  // MARK: OIDs

  @Test(
    "OID_GEN_SUPPORTED_LIST: miniport drivers do not receive it, NDIS answers with a cached value")
  func supportedList() throws {
    let bed = try QueueBed(general: Self.general)
    let answer = bed.request(.query, OID_GEN_SUPPORTED_LIST)
    #expect(answer.status == .success && answer.bytes == [1, 1, 1, 0, 0xE, 1, 1, 0])
    let short = bed.request(.query, OID_GEN_SUPPORTED_LIST, room: 7)
    #expect(short.failure == Failure(.invalidLength, .informationBuffer, 7, 8))
    #expect(bed.request(.query, OID_GEN_MAXIMUM_FRAME_SIZE).bytes == [0xDC, 5, 0, 0])
    #expect(bed.seen.isEmpty && bed.host.problems == [])
    // A set reaches the miniport; so does a query without general attributes.
    bed.request(.set, OID_GEN_CURRENT_LOOKAHEAD, [0, 1, 0, 0])
    #expect(bed.seen.map(\.call.oid) == [OID_GEN_CURRENT_LOOKAHEAD])
    let without = try QueueBed()
    without.request(.query, OID_GEN_SUPPORTED_LIST)
    #expect(without.seen.map(\.call.oid) == [OID_GEN_SUPPORTED_LIST])
  }

  @Test("OID_GEN_DRIVER_VERSION: NDIS handles this OID, the high byte is the major version")
  func driverVersion() throws {
    let bed = try QueueBed(version: NDISVersion(6, 30))
    #expect(bed.request(.query, OID_GEN_DRIVER_VERSION).bytes == [30, 6])
    #expect(bed.seen.isEmpty)
  }

  @Test("NDIS_STATUS_LINK_STATE updates what NDIS answers about the link")
  func linkState() throws {
    let bed = try QueueBed(general: Self.general)
    #expect(bed.request(.query, OID_GEN_MEDIA_CONNECT_STATUS).bytes == [0, 0, 0, 0])
    let down = LinkState(connectState: 2, xmitSpeed: 1, rcvSpeed: 2).image()
    let indication = StatusIndication(
      from: bed.adapter, .linkState, bufferSize: UInt32(down.count))
    bed.host.call(
      bed.miniport.session,
      .indicateStatus(bed.adapter, IndicatedStatus(indication: indication, buffer: down)))
    #expect(bed.request(.query, OID_GEN_MEDIA_CONNECT_STATUS).bytes == [1, 0, 0, 0])
    #expect(bed.request(.query, OID_GEN_LINK_STATE).bytes == down)
    #expect(bed.host.problems == [])
  }

  @Test("an OID outside of the list reaches the miniport; with the switch only private ones do")
  func unlisted() throws {
    let unlisted: UInt32 = 0x0001_010C
    let open = try QueueBed(general: Self.general)
    open.request(.query, unlisted)
    #expect(open.seen.map(\.call.oid) == [unlisted])
    var settings = TestHost.smallSettings
    settings.strictOIDList = true
    let strict = try QueueBed(general: Self.general, settings: settings)
    let refused = strict.request(.query, unlisted)
    #expect(refused.failure == Failure(.notSupported, .oidNotListed, UInt64(unlisted)))
    strict.request(.query, 0xFF00_0001)
    strict.request(.set, OID_GEN_CURRENT_PACKET_FILTER, [1, 0, 0, 0])
    #expect(strict.seen.map(\.call.oid) == [0xFF00_0001, OID_GEN_CURRENT_PACKET_FILTER])
  }
}

extension TestHost {
  fileprivate var violations: [Violation] {
    events.compactMap { event in
      if case .violation(let violation) = event { return violation }
      return nil
    }
  }
}
