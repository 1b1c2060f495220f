// Holding blocks: waiting for Enter, a signal, or the end of the connection, whichever comes first.
// Upcalls are served meanwhile by a thread of the kit.

import Glibc
import NDISDriverKit
import NDISPlatform

enum AllocHold {
  /// Waits; throws when the connection to the daemon ends.
  static func wait(_ signals: borrowing SignalQueue, _ connection: Connection) throws {
    let ended = try Wakeup()
    _ = try Thread.start(name: "upcalls") {
      // The reason of the end is in `closedBecause`.
      do throws(DriverError) { try connection.serve() } catch {}
      ended.wake()
    }
    var input: Int32 = 0
    while true {
      var waited = [
        pollfd(fd: signals.descriptor.raw, events: Int16(POLLIN), revents: 0),
        pollfd(fd: ended.descriptor.raw, events: Int16(POLLIN), revents: 0),
        pollfd(fd: input, events: Int16(POLLIN), revents: 0),
      ]
      _ = unsafe poll(&waited, 3, -1)
      if let problem = connection.closedBecause { throw problem }
      if try signals.next() != nil { break }
      if waited[2].revents != 0 {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = unsafe read(0, &bytes, bytes.count)
        if count > 0, bytes[..<count].contains(UInt8(ascii: "\n")) { break }
        // Standard input is closed: only a signal ends the wait.
        if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { input = -1 }
      }
    }
    connection.stop()
  }
}
