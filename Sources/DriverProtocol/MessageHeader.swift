// The 48-byte header of every message of the driver plane, as a Swift value. Decoding validates all fields
// that do not depend on the message: magic, version, length, reserved fields, flags. The error distinguishes
// another protocol from an invalid message.

import CNDIS
public import NDIS

/// The decoded header of a message.
public struct MessageHeader: Sendable, BitwiseCopyable {
  public var type: UInt16
  public var flags: UInt32
  /// Length of the body in bytes.
  public var length: UInt32
  /// The request ID, or the upcall ID if `isUpcall`.
  public var requestID: UInt64
  /// The ID of the upcall whose handler made the call; 0: none.
  public var context: UInt64
  public var status: Status
  public var irql: UInt8
  public var descriptors: UInt8

  /// Length of a header in bytes.
  public static let size = 48

  public init(
    type: UInt16, flags: UInt32 = 0, requestID: UInt64, context: UInt64 = 0,
    status: Status = .success, irql: UInt8 = 0, descriptors: UInt8 = 0
  ) {
    self.type = type
    self.flags = flags
    self.length = 0
    self.requestID = requestID
    self.context = context
    self.status = status
    self.irql = irql
    self.descriptors = descriptors
  }

  public var isReply: Bool { flags & NDISSIM_FLAG_REPLY != 0 }
  public var isUpcall: Bool { flags & NDISSIM_FLAG_UPCALL != 0 }
  public var isNotification: Bool { flags & NDISSIM_FLAG_NOTIFICATION != 0 }

  /// Decodes the header of a packet, whose length must be the one in the header.
  public init(packet: UnsafeRawBufferPointer) throws(Failure) {
    guard packet.count >= MessageHeader.size else {
      throw Failure(
        .invalidParameter, .malformedMessage, UInt64(packet.count), UInt64(MessageHeader.size))
    }
    let raw = unsafe packet.loadUnaligned(as: ndissim_header.self)
    guard raw.magic == NDISSIM_MAGIC else {
      throw Failure(.invalidParameter, .malformedMessage, UInt64(raw.magic), 0)
    }
    type = raw.type
    flags = raw.flags
    length = raw.length
    requestID = raw.request_id
    context = raw.context
    status = Status(rawValue: raw.status)
    irql = raw.irql
    descriptors = raw.descriptors
    guard raw.version == UInt16(NDISSIM_PROTOCOL_VERSION) else {
      throw Failure(
        .notSupported, .versionMismatch, UInt64(raw.version), UInt64(raw.version))
    }
    guard Int(raw.length) == packet.count - MessageHeader.size else {
      throw Failure(
        .invalidParameter, .malformedMessage, UInt64(packet.count - MessageHeader.size),
        UInt64(raw.length))
    }
    guard raw.reserved0 == 0, raw.reserved1 == 0 else {
      throw Failure(.invalidParameter, .reservedNotZero, raw.reserved1 | UInt64(raw.reserved0))
    }
    let known = NDISSIM_FLAG_REPLY | NDISSIM_FLAG_UPCALL | NDISSIM_FLAG_NOTIFICATION
    guard flags & ~known == 0 else {
      throw Failure(.invalidParameter, .unknownFlags, UInt64(flags), UInt64(known))
    }
  }

  /// The encoded header for a body of `length` bytes.
  func image(length: UInt32) -> ndissim_header {
    ndissim_header(
      magic: NDISSIM_MAGIC, version: UInt16(NDISSIM_PROTOCOL_VERSION), type: type, flags: flags,
      length: length, request_id: requestID, context: context, status: status.rawValue,
      irql: irql, descriptors: descriptors, reserved0: 0, reserved1: 0)
  }
}
