// Upcalls common to all drivers: options, adapter lifecycle, bindings, shared memory.

package import NDISDriverInterface
import CNDIS
import NDIS

extension Encoding {
  /// An upcall whose body consists of its details.
  package static func upcall(
    _ id: UInt64, _ upcall: UpcallDetails, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe begin(id, upcall, buffer)
    switch Int(upcall.type) {
    case NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY, NDISSIM_UPCALL_FREE_SHARED_MEMORY:
      append(memory: upcall, to: &writer)
    default: append(life: upcall, to: &writer)
    }
    return writer.finish()
  }

  /// An upcall whose subject was removed: type and ID only, so that a late answer can be repeated.
  package static func upcall(
    _ id: UInt64, withoutSubject type: UInt16, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    unsafe MessageWriter(
      MessageHeader(type: type, flags: NDISSIM_FLAG_UPCALL, requestID: id), into: buffer
    ).finish()
  }

  /// The header of an upcall.
  static func begin(
    _ id: UInt64, _ upcall: UpcallDetails, _ buffer: UnsafeMutableRawBufferPointer
  ) -> MessageWriter {
    unsafe MessageWriter(
      MessageHeader(
        type: upcall.type, flags: NDISSIM_FLAG_UPCALL, requestID: id, context: upcall.parent,
        irql: upcall.irql.rawValue),
      into: buffer)
  }

  /// The beginning of most upcalls: the object, its owner's context, and the handler.
  static func appendHead(_ upcall: UpcallDetails, to writer: inout MessageWriter) {
    writer.append(upcall.object.rawValue)
    writer.append(upcall.context)
    writer.append(upcall.handler)
  }

  private static func append(life upcall: UpcallDetails, to writer: inout MessageWriter) {
    switch Int(upcall.type) {
    case NDISSIM_UPCALL_SET_OPTIONS, NDISSIM_UPCALL_UNBIND_ADAPTER_EX:
      appendHead(upcall, to: &writer)
    case NDISSIM_UPCALL_INITIALIZE_EX:
      appendHead(upcall, to: &writer)
      writer.append(upcall.name)
    case NDISSIM_UPCALL_BIND_ADAPTER_EX:
      writer.append(upcall.context)
      writer.append(upcall.bindContext.rawValue)
      writer.append(upcall.handler)
      writer.append(upcall.name)
    default:
      // HALT_EX, PAUSE, RESTART, SHUTDOWN_EX, DEVICE_PNP_EVENT_NOTIFY, NET_PNP_EVENT: with an action, a
      // reason or an event.
      appendHead(upcall, to: &writer)
      writer.append(upcall.argument)
      writer.append(UInt32(0))
    }
  }

  private static func append(memory upcall: UpcallDetails, to writer: inout MessageWriter) {
    writer.append(upcall.context)
    writer.append(upcall.handler)
    guard Int(upcall.type) == NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY else {
      writer.append(upcall.providerContext)
      writer.append(upcall.section.rawValue)
      return
    }
    writer.append(upcall.object.rawValue)
    // A header of 16 bytes, then 24 per element; space for one was checked.
    let room = upcall.parameters.sgListBufferLength.subtractingReportingOverflow(16)
    writer.append(min(NDIS.Limits.maximumExtents, room.overflow ? 0 : room.partialValue / 24))
    writer.append(upcall.tag)
    writer.append(upcall.site)
    append(upcall.parameters, to: &writer)
  }

  /// The image of the caller's parameters, with the length of its revision.
  private static func append(
    _ parameters: SharedMemoryParameters, to writer: inout MessageWriter
  ) {
    var image = NDIS_SHARED_MEMORY_PARAMETERS()
    image.Header = NDIS_OBJECT_HEADER(
      Type: parameters.header.type, Revision: parameters.header.revision,
      Size: parameters.header.size)
    image.Flags = parameters.flags
    image.QueueId = parameters.queueID
    image.PreferredNode = parameters.preferredNode
    image.Usage = parameters.usage
    image.Length = parameters.length
    image.SGListBufferLength = parameters.sgListBufferLength
    image.VPortId = parameters.vportID
    unsafe withUnsafeBytes(of: &image) { bytes in
      unsafe writer.append(
        bytes: UnsafeRawBufferPointer(rebasing: bytes[..<Int(parameters.header.size)]))
    }
  }
}

extension MessageWriter {
  /// Appends the bytes of an array.
  mutating func append(bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe append(bytes: $0) }
  }
}
