// A handle on the command line.

import ArgumentParser
import NDIS

/// A handle: 0x and hexadecimal digits, as in all output.
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
