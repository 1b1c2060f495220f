// What a miniport says about its adapter in MiniportInitializeEx: the general attributes, and attributes of features
// that are not built, whose headers alone are checked. The general ones come directly behind the registration
// attributes; NDIS answers queries from them until the adapter is removed.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// NdisMSetMiniportAttributes with general attributes.
  mutating func setGeneralAttributes(
    _ call: Call, _ handle: Handle, _ attributes: GeneralAttributesCall
  ) throws(Failure) {
    let index = try resolveAdapter(handle, session: call.sessionIndex)
    let version = miniportVersion(adapter: index)
    let known: GeneralAttributes = try self.attributes(attributes.image, version)
    try checkTakesAttributes(index)
    guard store.attributes[index, \.set] != 1 else {
      throw Failure(.failure, .alreadyDone, handle.rawValue)
    }
    let list = attributes.supportedOIDs
    let most = AttributesRecord.maximumOIDs * 4
    guard list.count % 4 == 0, list.count <= most,
      known.supportedOIDListLength == UInt32(clamping: list.count)
    else {
      throw Failure(
        .failure, .supportedOIDList, UInt64(known.supportedOIDListLength), UInt64(most))
    }
    let isLate = store.attributes[index, \.set] == 2
    var record = AttributesRecord()
    record.set = 1
    record.count = UInt32(truncatingIfNeeded: list.count / 4)
    record.image = GeneralAttributesImage(known)
    for row in 0..<list.count / 4 {
      record.oids[row] = list[row * 4..<row * 4 + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    store.attributes.update(index) { $0 = record }
    if isLate {
      let type = UInt64(ObjectType.miniportAdapterHardwareAssistAttributes)
      reportAttributes(adapter: index, Failure(.invalidParameter, .attributesOrder, type))
    }
    finish(call.sessionIndex, call.requestID)
  }

  /// NdisMSetMiniportAttributes with attributes that are not read: their header is checked.
  mutating func setUnreadAttributes(
    _ call: Call, _ handle: Handle, _ header: ObjectHeader, _ structure: AttributesStructure
  ) throws(Failure) {
    let index = try resolveAdapter(handle, session: call.sessionIndex)
    try check(header, structure)
    try checkTakesAttributes(index)
    setOtherAttributes(index)
    finish(call.sessionIndex, call.requestID)
  }

  // MARK: Checks

  /// Fails with BAD_VERSION unless the header is one that NDIS knows.
  func check(_ header: ObjectHeader, _ structure: AttributesStructure) throws(Failure) {
    guard header.type == structure.objectType else {
      throw Failure(.badVersion, .headerType, UInt64(header.type), UInt64(structure.objectType))
    }
    try structure.check(revision: header.revision, size: header.size)
  }

  /// Attributes are set in MiniportInitializeEx, the registration attributes first.
  func checkTakesAttributes(_ index: Index<AdapterRecord>) throws(Failure) {
    guard store.adapters[index, \.state] == .initializing,
      store.adapters[index, \.attributesSet] != 0
    else { throw Failure(.failure, .wrongState, adapterHandle(index).rawValue) }
  }

  /// Reads an image; an invalid header fails with the routine's own BAD_VERSION.
  func attributes<Value: StructureImage>(
    _ bytes: [UInt8], _ version: NDISVersion
  ) throws(Failure) -> Value {
    do throws(Failure) { return try Value(image: bytes, for: version) } catch {
      switch error.reason {
      case .headerType, .headerRevision, .headerRevisionForVersion, .headerSize, .informationBuffer:
        throw Failure(.badVersion, error.reason, error.a, error.b)
      default: throw error
      }
    }
  }

  /// Other attributes have been set; a later call with general attributes is out of order.
  func setOtherAttributes(_ index: Index<AdapterRecord>) {
    guard store.attributes[index, \.set] == 0 else { return }
    store.attributes.update(index) { $0.set = 2 }
  }

  /// Reports a violation in NdisMSetMiniportAttributes.
  mutating func reportAttributes(adapter: Index<AdapterRecord>, _ failure: Failure) {
    reportMiniport(adapter: adapter, failure, routine: "NdisMSetMiniportAttributes")
  }

  /// A violation, with the switch, if MiniportInitializeEx has succeeded without general attributes.
  mutating func checkAttributesSet(adapter index: Index<AdapterRecord>) {
    guard settings.strictAttributes, store.attributes[index, \.set] != 1 else { return }
    reportMiniport(
      adapter: index, Failure(.failure, .attributesMissing), routine: "MiniportInitializeEx")
  }

  // MARK: Use

  /// The general attributes of an adapter with its current link state, nil if none were set.
  func generalAttributes(adapter index: Index<AdapterRecord>) -> GeneralAttributes? {
    guard store.attributes[index, \.set] == 1 else { return nil }
    return try? store.attributes[index, \.image].value()
  }

  /// The OIDs the miniport says it supports.
  func supportedOIDs(adapter index: Index<AdapterRecord>) -> [UInt32] {
    let record = store.attributes[index]
    return (0..<min(Int(record.count), AttributesRecord.maximumOIDs)).map { record.oids[$0] }
  }

  /// NDIS_STATUS_LINK_STATE was indicated.
  mutating func linkStateIndicated(adapter index: Index<AdapterRecord>, _ link: LinkState) {
    guard var attributes = generalAttributes(adapter: index) else { return }
    attributes.link = link
    let image = GeneralAttributesImage(attributes)
    store.attributes.update(index) { $0.image = image }
  }

  /// Whether MiniportShutdownEx is called for a bug check: from NDIS 6.30 on only with
  /// NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK.
  func wantsBugCheckShutdown(adapter index: Index<AdapterRecord>) -> Bool {
    miniportVersion(adapter: index) < .vports
      || store.adapters[index, \.attributeFlags] & MiniportAttributes.registerBugCheckCallback
        != 0
  }

  /// The adapter has been removed.
  func forgetAttributes(adapter index: Index<AdapterRecord>) {
    guard store.attributes[index, \.set] != 0 else { return }
    store.attributes.update(index) { $0 = AttributesRecord() }
  }
}
