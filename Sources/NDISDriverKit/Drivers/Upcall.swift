// A decoded upcall: values only, so that the receive buffer is free before a handler runs. An upcall that
// cannot be decoded is stored as such, and refused.

import CNDIS
import NDISDriverProtocol
import NDIS

/// A call from NDIS to a driver of this process.
struct Upcall {
  enum Call {
    case setOptions(ndissim_upcall_set_options)
    case initialize(NamedUpcallHead, name: Name)
    case adapter(ndissim_upcall_adapter)
    case bind(NamedUpcallHead, name: Name)
    case unbind(ndissim_upcall_unbind)
    case netPnPEvent(ndissim_upcall_net_pnp_event)
    case oidRequest(ndissim_upcall_oid_request, OIDRequest)
    case cancelOIDRequest(ndissim_upcall_cancel_oid_request)
    case oidRequestComplete(OIDCompletion, context: UInt64, handler: UInt64)
    case status(ndissim_upcall_status, StatusIndication, buffer: [UInt8])
    case receive(ReceiveIndication, handler: UInt64)
    case returned(ndissim_upcall_return, lists: [UInt64])
    case allocate(ndissim_upcall_allocate, SharedMemoryParameters)
    case free(ndissim_upcall_free)
    case allocateComplete(ndissim_upcall_shared_memory_allocate_complete)
    case unreadable(Failure)
  }

  var type: UInt16
  var id: UInt64
  /// The level NDIS calls the handler at.
  var irql: IRQL
  var call: Call

  init(_ header: MessageHeader, _ packet: UnsafeRawBufferPointer) {
    type = header.type
    id = header.requestID
    irql = IRQL(rawValue: header.irql) ?? .passive
    var reader = unsafe BodyReader(packet: packet)
    do throws(Failure) {
      call = try Upcall.read(header.type, &reader)
    } catch { call = .unreadable(error) }
  }

  private static func read(
    _ type: UInt16, _ reader: inout BodyReader
  ) throws(Failure) -> Call {
    switch Int(type) {
    case NDISSIM_UPCALL_SET_OPTIONS:
      return .setOptions(try reader.read(ndissim_upcall_set_options.self))
    case NDISSIM_UPCALL_INITIALIZE_EX:
      let head = try reader.read(NamedUpcallHead.self)
      return .initialize(head, name: try reader.readName())
    case NDISSIM_UPCALL_HALT_EX, NDISSIM_UPCALL_PAUSE, NDISSIM_UPCALL_RESTART,
      NDISSIM_UPCALL_SHUTDOWN_EX, NDISSIM_UPCALL_DEVICE_PNP_EVENT_NOTIFY:
      return .adapter(try reader.read(ndissim_upcall_adapter.self))
    case NDISSIM_UPCALL_BIND_ADAPTER_EX:
      let head = try reader.read(NamedUpcallHead.self)
      return .bind(head, name: try reader.readName())
    case NDISSIM_UPCALL_UNBIND_ADAPTER_EX:
      return .unbind(try reader.read(ndissim_upcall_unbind.self))
    case NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY:
      let raw = try reader.read(ndissim_upcall_allocate.self)
      let site = unsafe withUnsafeBytes(of: raw.site) { unsafe Site(bytes: $0) } ?? Site()
      let image = try reader.readImage(NDIS_SHARED_MEMORY_PARAMETERS())
      return .allocate(raw, SharedMemoryParameters(image: image, tag: raw.tag, site: site))
    case NDISSIM_UPCALL_FREE_SHARED_MEMORY:
      return .free(try reader.read(ndissim_upcall_free.self))
    case NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE:
      return .allocateComplete(
        try reader.read(ndissim_upcall_shared_memory_allocate_complete.self))
    default: return try readData(type, &reader)
    }
  }

  /// OID requests, statuses and indications.
  private static func readData(
    _ type: UInt16, _ reader: inout BodyReader
  ) throws(Failure) -> Call {
    switch Int(type) {
    case NDISSIM_UPCALL_NET_PNP_EVENT:
      return .netPnPEvent(try reader.read(ndissim_upcall_net_pnp_event.self))
    case NDISSIM_UPCALL_OID_REQUEST:
      let raw = try reader.read(ndissim_upcall_oid_request.self)
      return .oidRequest(raw, try OIDRequest(&reader))
    case NDISSIM_UPCALL_CANCEL_OID_REQUEST:
      return .cancelOIDRequest(try reader.read(ndissim_upcall_cancel_oid_request.self))
    case NDISSIM_UPCALL_OID_REQUEST_COMPLETE:
      return try readCompletion(&reader)
    case NDISSIM_UPCALL_STATUS_EX:
      let raw = try reader.read(ndissim_upcall_status.self)
      let image = try reader.readBytes(StatusIndication.structure.size(1))
      let indication = try StatusIndication(image: image)
      return .status(raw, indication, buffer: try reader.readBytes(reader.remaining))
    case NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS:
      let raw = try reader.read(ndissim_upcall_receive.self)
      return .receive(try ReceiveIndication(raw, &reader), handler: raw.handler)
    case NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS:
      let raw = try reader.read(ndissim_upcall_return.self)
      var lists: [UInt64] = []
      lists.reserveCapacity(min(Int(raw.count), reader.remaining / 8))
      for _ in 0..<raw.count { lists.append(try reader.read(UInt64.self)) }
      return .returned(raw, lists: lists)
    default:
      return .unreadable(Failure(.notSupported, .unknownMessage, UInt64(type)))
    }
  }

  private static func readCompletion(_ reader: inout BodyReader) throws(Failure) -> Call {
    let raw = try reader.read(ndissim_upcall_oid_request_complete.self)
    let status = Status(rawValue: raw.status)
    let answer = try reader.readAnswer(status)
    var error: DriverError?
    if status != .success, reader.remaining > 0 {
      let failure = try reader.readFailure()
      error = DriverError(
        status: status, rule: "\(failure.rule)", sentence: failure.sentence,
        bugCheck: failure.bugCheck, routine: "NdisOidRequest")
    }
    return .oidRequestComplete(
      OIDCompletion(
        binding: BindingHandle(rawValue: raw.binding_handle),
        handle: OIDRequestHandle(rawValue: raw.oid_handle),
        requestContext: raw.request_context, answer: answer, error: error),
      context: raw.binding_context, handler: raw.handler)
  }
}

/// The three numbers before the name in `ndissim_upcall_initialize` (adapter, driver's context,
/// handler) and in `ndissim_upcall_bind` (driver's context, bind context, handler).
struct NamedUpcallHead: BitwiseCopyable {
  var first: UInt64
  var second: UInt64
  var handler: UInt64
}
