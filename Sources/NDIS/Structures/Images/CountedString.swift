// NDIS_IF_COUNTED_STRING: names of queues, virtual machines, VPorts and switches. A length in bytes and 257
// UTF-16 units. Text from a peer is validated like every name: whole units, valid UTF-16, no control
// characters; bytes past the length are not read. Text that is too long is truncated at a character boundary.

import CNDIS

/// Limits of a counted string.
public enum CountedString {
  /// UTF-16 units of the longest text.
  public static let capacity = Int(NDISSIM_IF_MAX_STRING)

  /// `text` truncated to what fits.
  public static func fitting(_ text: String) -> String {
    guard text.utf16.count > capacity else { return text }
    var kept = ""
    var used = 0
    for character in text {
      used += character.utf16.count
      guard used <= capacity else { break }
      kept.append(character)
    }
    return kept
  }
}

func text(of counted: NDIS_IF_COUNTED_STRING) throws(Failure) -> String {
  let length = Int(counted.Length)
  guard length % 2 == 0, length <= 2 * CountedString.capacity else {
    throw Failure(
      .invalidParameter, .countedString, UInt64(length), UInt64(2 * CountedString.capacity))
  }
  let units = unsafe withUnsafeBytes(of: counted.String) { bytes in
    (0..<length / 2).map { unsafe bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) }
  }
  guard units.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
    let text = String(validating: units, as: UTF16.self)
  else { throw Failure(.invalidParameter, .badCountedString, UInt64(length)) }
  return text
}

extension NDIS_IF_COUNTED_STRING {
  /// `text`, truncated to what fits.
  init(_ text: String) {
    self.init()
    let units = Array(CountedString.fitting(text).utf16)
    Length = UInt16(truncatingIfNeeded: 2 * units.count)
    unsafe withUnsafeMutableBytes(of: &self.String) { bytes in
      for (index, unit) in units.enumerated() {
        unsafe bytes.storeBytes(of: unit, toByteOffset: 2 * index, as: UInt16.self)
      }
    }
  }
}

/// `GROUP_AFFINITY`: a processor group and a mask of its processors.
public struct GroupAffinity: Hashable, Sendable, BitwiseCopyable {
  public var mask: UInt64
  public var group: UInt16

  public init(mask: UInt64, group: UInt16 = 0) {
    self.mask = mask
    self.group = group
  }

  init(_ image: GROUP_AFFINITY) { self.init(mask: image.Mask, group: image.Group) }
  var image: GROUP_AFFINITY { GROUP_AFFINITY(Mask: mask, Group: group, Reserved: (0, 0, 0)) }
}
