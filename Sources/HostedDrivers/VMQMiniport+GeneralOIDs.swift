// vmq's completion of the OIDs that every miniport handles (mandatory-oids-for-miniport-drivers). There is no link and
// nothing is sent: link parameters and interrupt moderation are kept and have no effect, the counters of transmission
// are zero. The packet filter is kept and does not select frames (A55): a queue's frames are selected by its receive
// filters. A query that NDIS itself answers on Windows is answered here.

import NDISDriverInterface
import NDIS

extension VMQMiniport {
  /// NDIS_PACKET_TYPE_DIRECTED, _MULTICAST, _ALL_MULTICAST, _BROADCAST, _PROMISCUOUS and _ALL_LOCAL.
  static let packetFilters: UInt32 = 0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x80

  /// Completes a request for a general OID; returns nil for every other OID.
  mutating func serveGeneral(_ call: OIDCall) throws(Failure) -> Outcome? {
    switch OIDRequestKind(rawValue: call.kind) {
    case .query, .queryStatistics:
      guard let information = known(call.oid, call) else { return nil }
      return try answered(call, information)
    case .set: return try setGeneral(call)
    default: return nil
    }
  }

  // MARK: Queries

  private func known(_ oid: UInt32, _ call: OIDCall) -> [UInt8]? {
    switch oid {
    case GeneralOIDNumber.currentPacketFilter: bytes(state.packetFilter)
    case GeneralOIDNumber.currentLookahead:
      bytes(state.lookahead == 0 ? settings.frameLength : state.lookahead)
    case GeneralOIDNumber.maximumTotalSize, GeneralOIDNumber.transmitBlockSize,
      GeneralOIDNumber.transmitBufferSpace:
      bytes(settings.frameLength)
    case GeneralOIDNumber.receiveBlockSize: bytes(settings.bufferStride)
    case GeneralOIDNumber.receiveBufferSpace: bytes(settings.queueMemory)
    // "Vendors without an IEEE-registered code should use the value 0xFFFFFF."
    case GeneralOIDNumber.vendorID: bytes(0xFF_FFFF)
    case GeneralOIDNumber.vendorDescription:
      // "A null-terminated Unicode string."
      "ndissim virtual adapter\0".utf16.flatMap { [UInt8(truncatingIfNeeded: $0), 0] }
    // "The low-order half of the return value specifies the minor version."
    case GeneralOIDNumber.vendorDriverVersion: bytes(1 << 16)
    case GeneralOIDNumber.interruptModeration: moderation.image
    case GeneralOIDNumber.receivedFrames: counter(state.received.frames, call)
    case GeneralOIDNumber.transmittedFrames: counter(0, call)
    case GeneralOIDNumber.statistics: statistics.image
    default: nil
    }
  }

  private var moderation: GeneralInterruptModeration { state.isUnmoderated ? .disabled : .enabled }

  private var statistics: StatisticsInfo {
    var result = StatisticsInfo()
    result.inDiscards = queues.reduce(state.discarded) { $0 &+ $1.dropped }
    result.inUnicastPackets = state.received.directed.frames
    result.inMulticastPackets = state.received.multicast.frames
    result.inBroadcastPackets = state.received.broadcast.frames
    result.inUnicastOctets = state.received.directed.octets
    result.inMulticastOctets = state.received.multicast.octets
    result.inBroadcastOctets = state.received.broadcast.octets
    return result
  }

  private func bytes(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) }
  }

  /// A counter of 64 bits, or its low 32 bits in a buffer that holds no more.
  private func counter(_ number: UInt64, _ call: OIDCall) -> [UInt8] {
    (0..<(call.outputLength < 8 ? 4 : 8)).map {
      UInt8(truncatingIfNeeded: number >> UInt64(8 * $0))
    }
  }

  // MARK: Sets

  private mutating func setGeneral(_ call: OIDCall) throws(Failure) -> Outcome? {
    switch call.oid {
    case GeneralOIDNumber.currentPacketFilter:
      let filter = try number(call)
      guard filter & ~Self.packetFilters == 0 else {
        throw Failure(.notSupported, .unknownFlags, UInt64(filter), UInt64(Self.packetFilters))
      }
      state.packetFilter = filter
    case GeneralOIDNumber.currentLookahead: state.lookahead = try number(call)
    case GeneralOIDNumber.interruptModeration:
      try checkLength(call, GeneralInterruptModeration.size)
      // "Only the NdisInterruptModerationEnabled and NdisInterruptModerationDisabled values ... apply to set
      // operations."
      switch GeneralInterruptModeration(image: call.input) {
      case .enabled: state.isUnmoderated = false
      case .disabled: state.isUnmoderated = true
      default: throw Failure(.invalidData, .interruptModeration)
      }
    case GeneralOIDNumber.linkParameters:
      try checkLength(call, LinkParameters.size)
      guard LinkParameters(image: call.input) != nil else {
        throw Failure(.invalidData, .malformedMessage)
      }
    case GeneralOIDNumber.multicastList: try setMulticastList(call)
    default: return nil
    }
    return .success
  }

  /// "Each address is an array of 6 bytes"; an empty list clears the old one.
  private mutating func setMulticastList(_ call: OIDCall) throws(Failure) {
    let count = call.input.count / 6
    guard call.input.count == count * 6 else {
      throw Failure(
        .invalidLength, .informationBuffer, UInt64(call.input.count), UInt64(count * 6 + 6))
    }
    guard count <= VMQState.maximumMulticastAddresses else {
      throw Failure(
        .multicastFull, .elementCount, UInt64(count), UInt64(VMQState.maximumMulticastAddresses))
    }
    for index in 0..<count {
      state.multicastList[index] = MACAddress(call.input[index * 6..<index * 6 + 6])
    }
    state.multicastCount = UInt32(clamping: count)
  }

  private func number(_ call: OIDCall) throws(Failure) -> UInt32 {
    try checkLength(call, 4)
    return (0..<4).reduce(0) { $0 | UInt32(call.input[$1]) << UInt32(8 * $1) }
  }

  private func checkLength(_ call: OIDCall, _ needed: Int) throws(Failure) {
    guard call.input.count >= needed else {
      throw Failure(
        .invalidLength, .informationBuffer, UInt64(call.input.count), UInt64(needed))
    }
  }
}
