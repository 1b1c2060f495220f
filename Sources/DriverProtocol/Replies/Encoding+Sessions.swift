// The reply to HELLO, and the daemon's notifications: RESUMED, GOODBYE, and which sections a process may
// unmap or map.

import CNDIS
package import NDIS

/// The reply to HELLO: the daemon's properties and the granted features.
package struct HelloReply: Sendable {
  package var features: SessionFeatures
  package var token: UInt64
  package var instance: DaemonInstance
  package var pageSize: UInt32
  /// In milliseconds; 0: none.
  package var upcallDeadline: UInt64
  package var maximumBytes: UInt64
  package var maximumBlocks: UInt32
  package var maximumSections: UInt32

  package init(
    features: SessionFeatures, token: UInt64, instance: DaemonInstance, pageSize: UInt32,
    upcallDeadline: UInt64, maximumBytes: UInt64, maximumBlocks: UInt32, maximumSections: UInt32
  ) {
    self.features = features
    self.token = token
    self.instance = instance
    self.pageSize = pageSize
    self.upcallDeadline = upcallDeadline
    self.maximumBytes = maximumBytes
    self.maximumBlocks = maximumBlocks
    self.maximumSections = maximumSections
  }
}

extension Encoding {
  private typealias InstanceBytes = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8,
    UInt8, UInt8, UInt8
  )

  /// The reply to the HELLO with this header.
  package static func hello(
    _ header: MessageHeader, _ reply: HelloReply, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(type: header.type, flags: NDISSIM_FLAG_REPLY, requestID: header.requestID),
      into: buffer)
    writer.append(
      ndissim_hello_reply(
        version: UInt16(NDISSIM_PROTOCOL_VERSION), reserved0: 0, page_size: reply.pageSize,
        features: reply.features.rawValue,
        instance: unsafe unsafeBitCast(reply.instance, to: InstanceBytes.self),
        session_token: reply.token, maximum_message: NDISSIM_MAXIMUM_MESSAGE,
        maximum_outstanding: NDIS.Limits.maximumOutstanding,
        maximum_extents: NDIS.Limits.maximumExtents,
        maximum_call_depth: NDIS.Limits.maximumCallDepth,
        upcall_deadline_ms: UInt32(clamping: reply.upcallDeadline),
        ndis_version: UInt32(NDISVersion.running.major) << 16 | UInt32(NDISVersion.running.minor),
        maximum_bytes: reply.maximumBytes, maximum_blocks: UInt64(reply.maximumBlocks),
        maximum_sections: reply.maximumSections, reserved1: 0))
    return writer.finish()
  }

  /// RESUMED: the connection outlived an earlier process.
  package static func resumed(
    _ instance: DaemonInstance, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: UInt16(NDISSIM_RESUMED), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0),
      into: buffer)
    writer.append(
      ndissim_resumed(instance: unsafe unsafeBitCast(instance, to: InstanceBytes.self)))
    return writer.finish()
  }

  /// GOODBYE: why the daemon closes a connection.
  package static func goodbye(
    _ failure: Failure, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: UInt16(NDISSIM_GOODBYE), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0,
        status: failure.status), into: buffer)
    writer.append(failure, bugCheck: nil)
    return writer.finish()
  }

  /// A section was released and may be unmapped.
  package static func sectionReleased(
    _ handle: Handle, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: UInt16(NDISSIM_SECTION_RELEASED), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0),
      into: buffer)
    writer.append(handle.rawValue)
    return writer.finish()
  }

  /// A process may read a section from now on; its descriptor is sent along. Size 0 without a descriptor: it
  /// could not be opened.
  package static func sectionView(
    _ handle: Handle, size: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: UInt16(NDISSIM_SECTION_VIEW), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0,
        descriptors: size > 0 ? 1 : 0), into: buffer)
    writer.append(ndissim_section_view(section: handle.rawValue, size: size))
    return writer.finish()
  }
}
