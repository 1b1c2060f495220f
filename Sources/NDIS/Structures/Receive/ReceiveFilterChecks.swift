// The checks NDIS makes of a filter before the miniport receives it. "When NDIS receives an OID request to set a
// filter on a receive queue, it verifies the filter parameters" (oid-receive-filter-set-filter): their values, and
// the tests, headers and fields against the capabilities the miniport enabled
// (ns-ntddndis-_ndis_receive_filter_capabilities).

extension ReceiveFilterParameters {
  /// Checks NDIS makes for OID_RECEIVE_FILTER_SET_FILTER besides the structure: a VMQ filter with at least
  /// one test, for a queue or a VPort, not both, without an id. That these exist is checked against the state.
  public func checkSet() throws(Failure) {
    guard filterType == .vmQueue else {
      throw Failure(
        .invalidParameter, .filterType, UInt64(UInt32(bitPattern: filterType.rawValue)))
    }
    guard !fields.isEmpty else { throw Failure(.invalidParameter, .filterEmpty) }
    guard queueID == 0 || vportID == 0 else {
      throw Failure(.invalidParameter, .queueAndVPort, UInt64(queueID), UInt64(vportID))
    }
    // "Starting with NDIS 6.20, this member must be set to zero."
    guard RequestCheck.filterIDBits.passes(requestedFilterIDBitCount == 0) else {
      throw Failure(.invalidParameter, .filterIDBits, UInt64(requestedFilterIDBitCount))
    }
    // A57.
    guard RequestCheck.filterIDGiven.passes(filterID == 0) else {
      throw Failure(.invalidParameter, .filterIDGiven, UInt64(filterID))
    }
  }
}

extension ReceiveFilterCapabilities {
  /// Fails if the adapter does not support a filter's tests.
  public func check(_ fields: [ReceiveFilterField]) throws(Failure) {
    for field in fields { try check(field) }
  }

  private func check(_ field: ReceiveFilterField) throws(Failure) {
    let test = field.test.rawValue
    guard RequestCheck.filterTest.passes(has(test, in: supportedFilterTests)) else {
      throw Failure(
        .invalidParameter, .filterTestUnsupported, UInt64(test), UInt64(supportedFilterTests))
    }
    let header = field.frameHeader.rawValue
    guard RequestCheck.filterHeader.passes(has(header, in: supportedHeaders)) else {
      throw Failure(
        .invalidParameter, .filterHeaderUnsupported, UInt64(header), UInt64(supportedHeaders))
    }
    let fields = supportedFields(of: field.frameHeader)
    guard RequestCheck.filterField.passes(has(field.headerField, in: fields)) else {
      throw Failure(
        .invalidParameter, .filterFieldUnsupported, UInt64(UInt32(bitPattern: field.headerField)),
        UInt64(fields))
    }
  }

  /// Bit n - 1 of each set stands for the number n of its enumeration.
  private func has(_ number: Int32, in set: UInt32) -> Bool {
    number >= 1 && number <= 32 && set & 1 << UInt32(number - 1) != 0
  }

  private func supportedFields(of header: FrameHeader) -> UInt32 {
    switch header {
    case .mac: supportedMACHeaderFields
    case .arp: supportedARPHeaderFields
    case .ipv4: supportedIPv4HeaderFields
    case .ipv6: supportedIPv6HeaderFields
    case .udp: supportedUDPHeaderFields
    }
  }
}
