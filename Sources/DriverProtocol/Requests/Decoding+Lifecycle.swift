// Decodes requests about an adapter's lifecycle: capabilities, completions, administrative changes, and
// status indications.

import NDISDriverInterface
import CNDIS
import NDIS

extension Decoding {
  static func life(_ type: Int, _ body: inout BodyReader) throws(Failure) -> Request {
    switch type {
    case NDISSIM_SET_HARDWARE_ASSIST_ATTRIBUTES: return try hardwareAssist(&body)
    case NDISSIM_SET_GENERAL_ATTRIBUTES: return try generalAttributes(&body)
    case NDISSIM_SET_HARDWARE_CAPABILITIES: return try hardwareCapabilities(&body)
    case NDISSIM_PAUSE_COMPLETE: return .pauseComplete(try handle(&body))
    case NDISSIM_RESTART_COMPLETE:
      let (adapter, status) = try completion(&body)
      return .restartComplete(adapter, status)
    case NDISSIM_COMPLETE_BIND_ADAPTER_EX:
      let (context, status) = try completion(&body)
      return .completeBind(bindContext: context, status)
    case NDISSIM_COMPLETE_UNBIND_ADAPTER_EX:
      let (binding, status) = try completion(&body)
      return .completeUnbind(binding: binding, status)
    case NDISSIM_COMPLETE_NET_PNP_EVENT:
      let (binding, status) = try completion(&body)
      return .completeNetPnPEvent(binding: binding, status)
    case NDISSIM_GET_BIND_PARAMETERS: return .getBindParameters(try handle(&body))
    case NDISSIM_CHANGE_ADAPTER:
      let raw = try body.read(ndissim_change_adapter.self)
      return .changeAdapter(
        Handle(rawValue: raw.adapter_handle),
        try AdapterChange(change: raw.change, argument: raw.argument))
    default:
      throw Failure(.notSupported, .unknownMessage, UInt64(truncatingIfNeeded: type))
    }
  }

  private static func completion(
    _ body: inout BodyReader
  ) throws(Failure) -> (Handle, Status) {
    let raw = try body.read(ndissim_completion.self)
    try zero(UInt64(raw.reserved))
    return (Handle(rawValue: raw.handle), Status(rawValue: raw.status))
  }

  private static func hardwareAssist(_ body: inout BodyReader) throws(Failure) -> Request {
    let raw = try body.read(ndissim_hardware_assist.self)
    for length in [raw.receive_filter_length, raw.nic_switch_length] { try bound(length) }
    return .setHardwareAssist(
      Handle(rawValue: raw.adapter_handle),
      HardwareAssist(
        receiveFilter: try body.readBytes(Int(raw.receive_filter_length)),
        nicSwitch: try body.readBytes(Int(raw.nic_switch_length))))
  }

  private static func generalAttributes(_ body: inout BodyReader) throws(Failure) -> Request {
    let raw = try body.read(ndissim_general_attributes.self)
    for length in [raw.image_length, raw.oid_list_length] { try bound(length) }
    return .setGeneralAttributes(
      Handle(rawValue: raw.adapter_handle),
      GeneralAttributesCall(
        image: try body.readBytes(Int(raw.image_length)),
        supportedOIDs: try body.readBytes(Int(raw.oid_list_length))))
  }

  private static func hardwareCapabilities(_ body: inout BodyReader) throws(Failure) -> Request {
    let raw = try body.read(ndissim_hardware_capabilities.self)
    try zero(UInt64(raw.reserved))
    for length in [
      raw.image_length, raw.hardware_receive_filter_length, raw.current_receive_filter_length,
      raw.hardware_nic_switch_length, raw.current_nic_switch_length,
    ] { try bound(length) }
    let image = try body.readBytes(Int(raw.image_length))
    guard image.count >= MemoryLayout<NDIS_OBJECT_HEADER>.size else {
      throw Failure(.badVersion, .headerSize, UInt64(image.count), 16)
    }
    let size = UInt16(image[2]) | UInt16(image[3]) << 8
    guard Int(size) <= image.count else {
      throw Failure(.badVersion, .headerSize, UInt64(size), UInt64(image.count))
    }
    let hardwareFilter = try body.readBytes(Int(raw.hardware_receive_filter_length))
    let currentFilter = try body.readBytes(Int(raw.current_receive_filter_length))
    let hardwareSwitch = try body.readBytes(Int(raw.hardware_nic_switch_length))
    return .setHardwareAssist(
      Handle(rawValue: raw.adapter_handle),
      HardwareAssist(
        header: ObjectHeader(type: image[0], revision: image[1], size: size),
        hardwareReceiveFilter: hardwareFilter, receiveFilter: currentFilter,
        hardwareNICSwitch: hardwareSwitch,
        nicSwitch: try body.readBytes(Int(raw.current_nic_switch_length))))
  }

  static func status(_ body: inout BodyReader) throws(Failure) -> Request {
    let adapter = try handle(&body)
    let size = try body.imageSize()
    let indication = try unsafe StatusIndication(image: try body.take(size), for: .running)
    // A wrong StatusBufferSize is a violation with a bug check, which the turn reports.
    return .indicateStatus(
      adapter,
      IndicatedStatus(indication: indication, buffer: try body.readBytes(body.remaining)))
  }

  /// Fails if the length exceeds the maximum of an information buffer.
  static func bound(
    _ length: UInt32, _ most: UInt32 = NDIS.Limits.maximumInformation
  ) throws(Failure) {
    guard length <= most else {
      throw Failure(.invalidLength, .informationTooLong, UInt64(length), UInt64(most))
    }
  }

  static func registerDMAChannel(_ body: inout BodyReader) throws(Failure) -> Request {
    let raw = try body.read(ndissim_register_dma_channel.self)
    let image = try body.read(NDIS_DMA_DESCRIPTION.self)
    try body.end()
    return .registerDMAChannel(
      Handle(rawValue: raw.adapter_handle),
      DMAChannelDescription(
        has32BitAddresses: raw.dma_32bit_addresses != 0, maximumLength: raw.maximum_length,
        demandMode: image.DemandMode != 0, autoInitialize: image.AutoInitialize != 0,
        channel: image.DmaChannelSpecified != 0 ? image.DmaChannel : nil, width: image.DmaWidth,
        speed: image.DmaSpeed, port: image.DmaPort))
  }
}
