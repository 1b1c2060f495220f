// Debug requests that crash or block the daemon, for tests of recovery: an allocation with one of these tags,
// in a daemon started with NDISSIM_DEBUG_REQUESTS=1. Otherwise the tags have no meaning.

import NDISDriverInterface
import Glibc
import NDIS
import NDISSimulator

/// The tags of debug requests.
enum DebugRequests {
  /// Crashes the daemon, as a defect in handling the request would.
  static let crash = tag("BOOM")
  /// Blocks the reactor's thread forever; only the watchdog ends it.
  static let block = tag("HALT")

  /// Whether debug requests are enabled.
  static let areWanted: Bool = {
    guard let value = unsafe getenv("NDISSIM_DEBUG_REQUESTS") else { return false }
    return unsafe String(cString: value) == "1"
  }()

  static func carryOut(_ request: Request) {
    guard case .allocate(_, _, let tag, _) = request else { return }
    if tag == crash { abort() }
    while tag == block { pause() }
  }

  private static func tag(_ text: StaticString) -> UInt32 {
    var value: UInt32 = 0
    for place in 0..<4 where place < text.utf8CodeUnitCount {
      value |= unsafe UInt32(text.utf8Start[place]) << (8 * UInt32(place))
    }
    return value
  }
}
