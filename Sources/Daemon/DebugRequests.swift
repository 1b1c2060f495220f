// Requests that do to the daemon what no request may do, so that tests can see what becomes of it then: an
// allocation with one of these tags, in a daemon that was started with NDISSIM_DEBUG_REQUESTS=1. In any
// other the tags mean nothing.

import NDISDriverInterface
import Glibc
import NDIS
import NDISSimulator

/// What a request does to the daemon.
enum DebugRequests {
  /// Crashes it: a defect that a request runs into.
  static let crash = tag("BOOM")
  /// Stands still in the reactor's thread for ever: only a watchdog ends that.
  static let block = tag("HALT")

  /// Whether this daemon has them.
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
