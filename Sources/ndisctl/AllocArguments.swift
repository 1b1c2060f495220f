// Values on a command line: amounts of bytes, usages, nodes and handles. Each is checked where it is
// read, and a mistake is answered with what would be right.

import ArgumentParser
import NDIS

/// Bytes, with an optional K, M or G (powers of 1024).
struct ByteCount: ExpressibleByArgument, Hashable, Sendable {
  var bytes: UInt32

  init(bytes: UInt32) { self.bytes = bytes }

  init?(argument: String) {
    let shifts: [Character: UInt32] = ["K": 10, "M": 20, "G": 30]
    let shift = argument.last.flatMap { shifts[$0] } ?? 0
    let digits = shift == 0 ? Substring(argument) : argument.dropLast()
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let value = UInt32(digits),
      value <= UInt32.max >> shift
    else { return nil }
    bytes = value << shift
  }

  var defaultValueDescription: String {
    bytes >= 1024 && bytes % 1024 == 0 ? "\(bytes / 1024)K" : "\(bytes)"
  }
}

/// An NDIS_SHARED_MEMORY_USAGE by the end of its documented name.
struct UsageName: ExpressibleByArgument, Hashable, Sendable {
  var usage: SharedMemoryUsage

  init(usage: SharedMemoryUsage) { self.usage = usage }

  /// `receive`, `Receive` and `NdisSharedMemoryUsageReceive` are the same.
  init?(argument: String) {
    let wanted = argument.lowercased()
    guard
      let usage = SharedMemoryUsage.allCases.first(where: {
        let full = "\($0)".lowercased()
        return full == wanted || UsageName(usage: $0).shortName.lowercased() == wanted
      })
    else { return nil }
    self.usage = usage
  }

  /// `receiveHeader` for NdisSharedMemoryUsageReceiveHeader.
  var shortName: String {
    let end = "\(usage)".dropFirst("NdisSharedMemoryUsage".count)
    return end.prefix(1).lowercased() + end.dropFirst()
  }

  var defaultValueDescription: String { shortName }

  static var allValueStrings: [String] {
    SharedMemoryUsage.allCases.map { UsageName(usage: $0).shortName }
  }
}

/// A handle: 0x and hexadecimal digits, as all reports show it.
struct HandleArgument: ExpressibleByArgument, Hashable, Sendable {
  var handle: Handle

  init?(argument: String) {
    let lower = argument.lowercased()
    guard lower.hasPrefix("0x"), lower.count <= 18,
      lower.dropFirst(2).allSatisfy({ $0.isHexDigit }),
      let value = UInt64(lower.dropFirst(2), radix: 16)
    else { return nil }
    handle = Handle(rawValue: value)
  }
}
