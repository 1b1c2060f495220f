// The Ethernet frames a hosted miniport generates, so that receivers can check every byte: addresses, an
// optional VLAN tag, an EtherType for local experiments, then a marker, the queue, a sequence number per
// queue, and a pattern that is different at every place of every frame. A missing sequence number is a
// dropped frame.

/// A MAC address.
public struct MACAddress: Hashable, Sendable, BitwiseCopyable {
  /// The address, its first byte in bits 40 to 47.
  public var rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue & 0xFFFF_FFFF_FFFF }

  public static let broadcast = MACAddress(rawValue: 0xFFFF_FFFF_FFFF)

  /// Whether it is the address of a group, broadcast included.
  public var isMulticast: Bool { rawValue & 1 << 40 != 0 }

  /// Its bytes in frame order.
  public var bytes: [UInt8] {
    (0..<6).map { UInt8(truncatingIfNeeded: rawValue >> UInt64(40 - 8 * $0)) }
  }

  /// Reads six bytes; missing ones are zero.
  public init(_ bytes: some Sequence<UInt8>) {
    self.init(rawValue: 0)
    var shift: UInt64 = 40
    for byte in bytes.prefix(6) {
      rawValue |= UInt64(byte) << shift
      shift &-= 8
    }
  }
}

extension MACAddress: CustomStringConvertible {
  public var description: String {
    bytes.map { hex($0, digits: 2).dropFirst(2) }.joined(separator: ":")
  }
}

/// A frame of a hosted miniport.
public struct GeneratedFrame: Hashable, Sendable, BitwiseCopyable {
  public var destination: MACAddress
  public var source: MACAddress
  /// VLAN of an 802.1Q tag; nil = untagged.
  public var vlan: UInt16?
  /// The receive queue, or the VPort.
  public var queueID: UInt32
  /// Incremented with every frame of the queue, dropped ones included.
  public var sequence: UInt64
  /// Length of the frame in bytes.
  public var length: UInt32

  /// Permitted frame lengths, in bytes.
  public static let lengths: ClosedRange<UInt32> = 64...9014

  /// The EtherType for local experiments (IEEE 802, number 1).
  private static let etherType: [UInt8] = [0x88, 0xB5]
  private static let mark: [UInt8] = Array("NSIM".utf8)
  /// Source of the pattern: byte `i` of frame `n` is the low byte of their sum.
  private static let pattern: [UInt8] = (0..<256 + 9014).map { UInt8(truncatingIfNeeded: $0) }

  public init(
    to destination: MACAddress, from source: MACAddress, vlan: UInt16? = nil, queueID: UInt32,
    sequence: UInt64, length: UInt32
  ) {
    self.destination = destination
    self.source = source
    self.vlan = vlan
    self.queueID = queueID
    self.sequence = sequence
    self.length = min(max(length, Self.lengths.lowerBound), Self.lengths.upperBound)
  }

  /// Appends the frame.
  public func append(to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes += destination.bytes
    bytes += source.bytes
    if let vlan {
      bytes += [0x81, 0x00]
      bytes += [UInt8(truncatingIfNeeded: vlan >> 8), UInt8(truncatingIfNeeded: vlan)]
    }
    bytes += Self.etherType
    bytes += Self.mark
    unsafe withUnsafeBytes(of: queueID.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    unsafe withUnsafeBytes(of: sequence.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    let first = bytes.count - start
    let shift = Int(sequence & 0xFF)
    bytes += Self.pattern[(shift + first)..<(shift + Int(length))]
  }

  /// The frame.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(length))
    append(to: &bytes)
    return bytes
  }

  /// Parses a frame; nil when it is not one, or one byte of it is wrong.
  public init?(_ bytes: [UInt8]) {
    guard let frame = unsafe bytes.withUnsafeBytes({ unsafe GeneratedFrame($0) }) else {
      return nil
    }
    self = frame
  }

  /// Parses a frame in place.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Int(Self.lengths.lowerBound), bytes.count <= Int(Self.lengths.upperBound)
    else { return nil }
    var at = 12
    var vlan: UInt16?
    if unsafe bytes[12] == 0x81, unsafe bytes[13] == 0 {
      vlan = unsafe UInt16(bytes[14]) << 8 | UInt16(bytes[15])
      at = 16
    }
    guard unsafe bytes[at..<at + 2].elementsEqual(Self.etherType),
      unsafe bytes[at + 2..<at + 6].elementsEqual(Self.mark)
    else { return nil }
    func integer(_ offset: Int, _ count: Int) -> UInt64 {
      (0..<count).reduce(0) { unsafe $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }
    self.init(
      to: unsafe MACAddress(bytes[0..<6]), from: unsafe MACAddress(bytes[6..<12]), vlan: vlan,
      queueID: UInt32(truncatingIfNeeded: integer(at + 6, 4)), sequence: integer(at + 10, 8),
      length: UInt32(clamping: bytes.count))
    guard unsafe bytes.elementsEqual(self.bytes) else { return nil }
  }
}
