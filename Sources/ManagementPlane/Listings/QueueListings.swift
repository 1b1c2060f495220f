// Receive queues, VPorts, filters and OID requests as values of the interface, iteration over them, and
// clients' filters for them.

import NDISDriverPlane
import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

extension Interface.Queue {
  init(_ queue: QueueSnapshot) {
    let parameters = queue.parameters
    self.init(
      name: "\(queue.place.adapterName)/\(queue.queueID)", adapter: "\(queue.place.adapter)",
      adapterName: "\(queue.place.adapterName)", queueId: Int(queue.queueID),
      state: queue.state.name, dmaStopped: queue.dmaStopped,
      owner: queue.place.owner.map { "\($0)" }, driverName: queue.place.driverName.map { "\($0)" },
      session: queue.place.session.map { Int($0) }, queueType: "\(parameters.queueType)",
      queueName: parameters.queueName, vmName: parameters.vmName,
      flags: ReceiveQueueFlags.named(in: parameters.flags),
      queueGroupId: Int(parameters.queueGroupID), portId: Int(parameters.portID),
      suggestedBuffers: Int(parameters.numSuggestedReceiveBuffers),
      msixTableEntry: Int(parameters.msixTableEntry),
      lookaheadSize: Int(parameters.lookaheadSize),
      affinityMask: hex(parameters.processorAffinity.mask, digits: 1),
      affinityGroup: Int(parameters.processorAffinity.group),
      interruptCoalescingDomainId: Int(parameters.interruptCoalescingDomainID),
      qosSqId: Int(parameters.qosSQID), filters: Int(queue.filters),
      indicated: Int(queue.indicated), blocks: Int(queue.blocks))
  }
}

extension ReceiveQueueFlags {
  /// The flags of a single queue, by the part of their names that differs.
  fileprivate static func named(in flags: ReceiveQueueFlags) -> [String] {
    let names: [(ReceiveQueueFlags, String)] = [
      (.perQueueReceiveIndication, "PER_QUEUE_RECEIVE_INDICATION"),
      (.lookaheadSplitRequired, "LOOKAHEAD_SPLIT_REQUIRED"),
    ]
    return names.filter { flags.contains($0.0) }.map(\.1)
  }
}

extension Interface.VPort {
  init(_ vport: VPortSnapshot) {
    let parameters = vport.parameters
    self.init(
      name: "vport:\(vport.place.adapterName)/\(vport.vportID)",
      adapter: "\(vport.place.adapter)", adapterName: "\(vport.place.adapterName)",
      vportId: Int(vport.vportID), state: vport.state.name,
      owner: vport.place.owner.map { "\($0)" }, driverName: vport.place.driverName.map { "\($0)" },
      session: vport.place.session.map { Int($0) }, vportName: parameters.name,
      flags: VPortFlags.named(in: parameters.flags), switchId: Int(parameters.switchID),
      attachedFunction: parameters.attachedFunction == .physical
        ? "PF" : "VF \(parameters.attachedFunction.rawValue)",
      queuePairs: Int(parameters.numQueuePairs),
      interruptModeration: "\(parameters.interruptModeration)",
      lookaheadSize: Int(parameters.lookaheadSize),
      affinityMask: hex(parameters.processorAffinity.mask, digits: 1),
      affinityGroup: Int(parameters.processorAffinity.group), qosSqId: Int(parameters.qosSQID),
      filters: Int(vport.filters), indicated: Int(vport.indicated), blocks: Int(vport.blocks))
  }
}

extension VPortFlags {
  fileprivate static func named(in flags: VPortFlags) -> [String] {
    let names: [(VPortFlags, String)] = [
      (.lookaheadSplitEnabled, "LOOKAHEAD_SPLIT_ENABLED"),
      (.packetDirectRXOnly, "PACKET_DIRECT_RX_ONLY"),
      (.enforceMaxSGList, "ENFORCE_MAX_SG_LIST"),
    ]
    return names.filter { flags.contains($0.0) }.map(\.1)
  }
}

extension Interface.Filter {
  init(_ filter: FilterSnapshot) {
    let type =
      switch filter.filterType {
      case .undefined: "Undefined"
      case .vmQueue: "VMQueue"
      case .packetCoalescing: "PacketCoalescing"
      }
    self.init(
      name: "filter:\(filter.place.adapterName)/\(filter.filterID)",
      adapter: "\(filter.place.adapter)", adapterName: "\(filter.place.adapterName)",
      filterId: Int(filter.filterID), state: filter.state.rawValue, filterType: type,
      queueId: Int(filter.queueID), vportId: filter.vportID == 0 ? nil : Int(filter.vportID),
      owner: filter.place.owner.map { "\($0)" },
      driverName: filter.place.driverName.map { "\($0)" },
      session: filter.place.session.map { Int($0) },
      tests: filter.fields.map { Interface.FilterTest($0) })
  }
}

extension Interface.FilterTest {
  init(_ field: ReceiveFilterField) {
    let header =
      switch field.frameHeader {
      case .mac: "Mac"
      case .arp: "Arp"
      case .ipv4: "IPv4"
      case .ipv6: "IPv6"
      case .udp: "Udp"
      }
    let test =
      switch field.test {
      case .equal: "Equal"
      case .maskEqual: "MaskEqual"
      case .notEqual: "NotEqual"
      }
    let shape = Shape(field)
    self.init(
      header: header, field: shape.name, test: test, value: shape.text(field.fieldValue),
      result: field.test == .maskEqual ? shape.text(field.resultValue) : nil,
      untaggedOrZero: field.flags.contains(.vlanUntaggedOrZero))
  }

  /// A field's name and the format of its value.
  private struct Shape {
    enum Writing { case address, number(bytes: Int), bytes }
    var name: String
    var writing = Writing.bytes

    init(_ field: ReceiveFilterField) {
      switch (field.frameHeader, field.headerField) {
      case (.mac, 1): (name, writing) = ("DestinationAddress", .address)
      case (.mac, 2): (name, writing) = ("SourceAddress", .address)
      case (.mac, 3): (name, writing) = ("Protocol", .number(bytes: 2))
      case (.mac, 4): (name, writing) = ("VlanId", .number(bytes: 2))
      case (.mac, 5): (name, writing) = ("Priority", .number(bytes: 1))
      case (.mac, 6): (name, writing) = ("PacketType", .number(bytes: 1))
      case (.arp, 1): (name, writing) = ("Operation", .number(bytes: 2))
      case (.arp, 2): name = "SPA"
      case (.arp, 3): name = "TPA"
      case (.ipv4, 1), (.ipv6, 1): (name, writing) = ("Protocol", .number(bytes: 1))
      case (.udp, 1): (name, writing) = ("DestinationPort", .number(bytes: 2))
      default: name = "\(field.headerField)"
      }
    }

    func text(_ value: SIMD16<UInt8>) -> String {
      func digits(_ count: Int, _ separator: String) -> String {
        (0..<count).map {
          let text = String(value[$0], radix: 16, uppercase: true)
          return text.count < 2 ? "0" + text : text
        }.joined(separator: separator)
      }
      switch writing {
      case .address: return digits(6, "-")
      case .number(let count):
        // Integers are in network byte order (A56).
        let number = (0..<count).reduce(0) { $0 << 8 | Int(value[$1]) }
        return "\(number)"
      case .bytes: return digits(16, "")
      }
    }
  }
}

extension Interface.OidRequest {
  init(_ oid: OIDSnapshot) {
    self.init(
      handle: "\(oid.handle)",
      oid: OID.name(of: oid.oid),
      number: hex(oid: oid.oid),
      kind: OIDRequestKind(rawValue: UInt32(oid.kind)).map { "\($0)" } ?? "\(oid.kind)",
      state: oid.state.rawValue, adapter: "\(oid.place.adapter)",
      adapterName: "\(oid.place.adapterName)", binding: oid.place.owner.map { "\($0)" },
      driverName: oid.place.driverName.map { "\($0)" }, session: oid.place.session.map { Int($0) },
      requestId: oid.requestID == 0 ? nil : hex(oid.requestID, digits: 1),
      portNumber: Int(oid.port), timeout: oid.timeout == 0 ? nil : Int(oid.timeout),
      inputLength: Int(oid.inputLength), outputLength: Int(oid.outputLength),
      cancelled: oid.isCancelled)
  }
}

private func hex(oid number: UInt32) -> String { hex(UInt64(number), digits: 8) }

extension Listings {
  static func queues(_ wanted: WantedObjects = WantedObjects()) -> Listing<Interface.Queue> {
    wanted.listing(.queue) {
      Interface.Queue($0.queueSnapshot($1))
    } state: {
      $0.state
    }
  }

  static func vports(_ wanted: WantedObjects = WantedObjects()) -> Listing<Interface.VPort> {
    wanted.listing(.vport) {
      Interface.VPort($0.vportSnapshot($1))
    } state: {
      $0.state
    }
  }

  static func filters(_ wanted: WantedObjects = WantedObjects()) -> Listing<Interface.Filter> {
    wanted.listing(.filter) {
      Interface.Filter($0.filterSnapshot($1))
    } state: {
      $0.state
    }
  }

  static func oids(_ wanted: WantedObjects = WantedObjects()) -> Listing<Interface.OidRequest> {
    wanted.listing(.oid) {
      Interface.OidRequest($0.oidSnapshot($1))
    } state: {
      $0.state
    }
  }
}

/// An ObjectFilter with its names resolved.
struct WantedObjects {
  var query = ObjectQuery()
  var state: String?

  func listing<Item>(
    _ kind: ListedKind, make: @escaping (borrowing Simulator, UInt32) -> Item,
    state itemState: @escaping (Item) -> String
  ) -> Listing<Item> {
    Listing(kind) { [self] service, index, budget in
      guard service.switchboard.simulator.matches(kind, index, query) else { return nil }
      let item = make(service.switchboard.simulator, index)
      guard let state, itemState(item) != state else { return item }
      // Encoded although it does not match.
      budget -= ManagementAnswer.replyCost
      return nil
    }
  }
}

extension ManagementService {
  /// Resolves the names in a filter of queues, VPorts, filters or OID requests.
  func wanted(
    _ filter: Interface.ObjectFilter?, _ kind: ListedKind
  ) throws(ManagementFailure) -> WantedObjects {
    var wanted = WantedObjects()
    guard let filter else { return wanted }
    if let adapter = filter.adapter {
      wanted.query.adapter = try self.adapter(adapter)
    }
    if let owner = filter.owner {
      let object = try object(owner)
      wanted.query.owners = switchboard.simulator.owners(object.kind, object.index)
    }
    wanted.query.queueID = try number(filter.queueId, "filter.queueId")
    wanted.query.vportID = try number(filter.vportId, "filter.vportId")
    if let state = filter.state {
      guard ManagementService.states(of: kind).contains(state) else {
        throw .invalid("filter.state")
      }
      wanted.state = state
    }
    // Kinds without such a number match no filter that has one.
    let hasQueue = kind == .queue || kind == .filter || kind == .list
    let hasVPort = kind == .vport || kind == .filter || kind == .list
    if !hasQueue, filter.queueId != nil { throw .invalid("filter.queueId") }
    if !hasVPort, filter.vportId != nil { throw .invalid("filter.vportId") }
    return wanted
  }

  /// The state names that a list can show.
  static func states(of kind: ListedKind) -> [String] {
    switch kind {
    case .queue: QueueState.allCases.map(\.name)
    case .vport: VPortState.allCases.map(\.name)
    case .filter: FilterSnapshot.State.allCases.map(\.rawValue)
    case .oid: OIDSnapshot.State.allCases.map(\.rawValue)
    case .adapter: AdapterState.allCases.map(\.name)
    case .session, .driver, .binding, .provider, .section, .block, .list, .upcall, .request: []
    }
  }
}
