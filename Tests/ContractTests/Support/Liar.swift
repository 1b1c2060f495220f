// The lying provider as a test holds it: in this process or in another, and what it said it saw.

import Glibc
import NDISDriverKit
import NDISPlatform
import Testing

/// A running lying provider.
final class LiarHandle {
  private let child: Child?
  private let connection: Connection?
  private let said = Monitor<[String]>([])
  private(set) var driver = ProtocolDriverHandle.null

  init(child: Child) {
    (self.child, connection) = (child, nil)
  }

  init(connection: Connection) {
    (child, self.connection) = (nil, connection)
  }

  /// Registers it in this process.
  func register(_ name: String) throws {
    let connection = try #require(connection)
    let said = said
    let provider = FaultyProvider(
      say: { line in said.withLock { $0.append(line) } },
      // A process that dies takes its connection with it.
      die: { [weak connection] in connection?.close() })
    driver = try connection.registerProtocolDriver(provider, name: name)
  }

  /// What it said, a line a call.
  var lines: [String] { child?.lines ?? said.withLock { $0 } }

  /// Calls of its allocate handler.
  var allocations: [String] { lines.filter { $0.hasPrefix("allocate ") } }

  /// The contexts its free handler was called with, in order.
  var frees: [UInt64] {
    lines.filter { $0.hasPrefix("free ") }.compactMap { UInt64($0.dropFirst(5)) }
  }

  /// Ends it at once, whatever it is doing.
  func end() {
    connection?.close()
    child?.send(SIGKILL)
    child?.wait()
  }
}
