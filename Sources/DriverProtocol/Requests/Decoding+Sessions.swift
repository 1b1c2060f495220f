// Decodes the messages that start and resume a session, HELLO and RESUME, and headers that are refused.

import CNDIS
package import NDIS

/// Features that a client and the daemon negotiate.
package struct SessionFeatures: OptionSet, Sendable {
  package let rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The session outlives the daemon's process.
  package static let resume = SessionFeatures(rawValue: UInt64(NDISSIM_FEATURE_RESUME))
  package static let ieee8021Q = SessionFeatures(rawValue: UInt64(NDISSIM_FEATURE_8021Q))
  /// NdisMAllocateSharedMemory and what belongs to it; granted to whoever asks.
  package static let miniportMemory = SessionFeatures(
    rawValue: UInt64(NDISSIM_FEATURE_M_SHARED_MEMORY))
  /// A bug check that is an extension is marked in failures.
  package static let bugCheckExtension = SessionFeatures(
    rawValue: UInt64(NDISSIM_FEATURE_BUG_CHECK_EXTENSION))
}

/// The ID of one start of the daemon.
package typealias DaemonInstance = (UInt64, UInt64)

/// HELLO.
package struct Hello: Sendable {
  /// The requested features.
  package var features: SessionFeatures
  /// The token of the session to resume; 0: a new session.
  package var token: UInt64
  package var name: Name
}

/// The known part of a message whose header is invalid.
package struct RefusedHeader: Sendable {
  /// The message is at least as long as a header; otherwise nothing is known.
  package var isComplete = false
  package var requestID: UInt64 = 0
  package var type: UInt16 = 0
  package var flags: UInt32 = 0
  /// The message belongs to another protocol, or to another version of this one.
  package var isForeign = false

  /// Reads the available fields.
  package init(packet: UnsafeRawBufferPointer) {
    guard packet.count >= MessageHeader.size else { return }
    let raw = unsafe packet.loadUnaligned(as: ndissim_header.self)
    isComplete = true
    requestID = raw.request_id
    type = raw.type
    flags = raw.flags
    isForeign = raw.magic != NDISSIM_MAGIC || raw.version != UInt16(NDISSIM_PROTOCOL_VERSION)
  }
}

extension Decoding {
  /// Decodes the first request of a connection, which must be HELLO.
  package static func hello(
    _ header: MessageHeader, _ packet: UnsafeRawBufferPointer
  ) throws(Failure) -> Hello {
    guard header.isHello, header.flags == 0 else {
      throw Failure(.failure, .helloFirst, UInt64(header.type))
    }
    var body = unsafe BodyReader(packet: packet)
    let minimum = try body.read(UInt16.self)
    let maximum = try body.read(UInt16.self)
    let reserved = try body.read(UInt32.self)
    let features = try body.read(UInt64.self)
    let token = try body.read(UInt64.self)
    let name = try body.readName()
    try body.end()
    try zero(UInt64(reserved))
    guard minimum <= 1, maximum >= 1 else {
      throw Failure(.notSupported, .versionMismatch, UInt64(minimum), UInt64(maximum))
    }
    // IDs are incremented from here and must not wrap around.
    guard header.requestID <= UInt64(Int64.max) else {
      throw Failure(.invalidParameter, .requestIDOutOfOrder, header.requestID, 1)
    }
    return Hello(features: SessionFeatures(rawValue: features), token: token, name: name)
  }

  /// The instance in the body of RESUME; nil if the body is too short.
  package static func resume(_ packet: UnsafeRawBufferPointer) -> DaemonInstance? {
    var body = unsafe BodyReader(packet: packet)
    return (try? body.read(ndissim_resumed.self)).map {
      unsafe unsafeBitCast($0.instance, to: DaemonInstance.self)
    }
  }
}
