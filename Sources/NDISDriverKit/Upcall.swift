// An upcall as it was read: values only, so that the receive buffer is free again before a handler
// runs. An upcall that cannot be read is kept as one, to be answered as refused.

import CNDIS
import DriverProtocol
import NDIS

/// A call from NDIS to a driver of this process.
struct Upcall {
  enum Call {
    case setOptions(ndissim_upcall_set_options)
    case initialize(NamedUpcallHead, name: Name)
    case adapter(ndissim_upcall_adapter)
    case bind(NamedUpcallHead, name: Name)
    case unbind(ndissim_upcall_unbind)
    case allocate(ndissim_upcall_allocate, SharedMemoryParameters)
    case free(ndissim_upcall_free)
    case unreadable(Failure)
  }

  var type: UInt16
  var id: UInt64
  var call: Call

  init(_ header: MessageHeader, _ packet: UnsafeRawBufferPointer) {
    type = header.type
    id = header.requestID
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
    case NDISSIM_UPCALL_HALT_EX, NDISSIM_UPCALL_PAUSE, NDISSIM_UPCALL_RESTART:
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
    default:
      return .unreadable(Failure(.notSupported, .unknownMessage, UInt64(type)))
    }
  }
}

/// The three numbers before the name in `ndissim_upcall_initialize` (adapter, driver's context,
/// handler) and in `ndissim_upcall_bind` (driver's context, bind context, handler).
struct NamedUpcallHead: BitwiseCopyable {
  var first: UInt64
  var second: UInt64
  var handler: UInt64
}
