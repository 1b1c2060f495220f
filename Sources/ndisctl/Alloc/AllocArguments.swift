// Usages on the command line.

import ArgumentParser
import NDIS

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
