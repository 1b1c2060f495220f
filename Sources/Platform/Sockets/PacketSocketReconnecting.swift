// A connection whose peer has gone and comes back: another socket takes the place of the one that ended,
// under the same descriptor. So nobody who uses the descriptor meanwhile can find it closed, or another
// file in its place: a call that waits on the old socket goes on waiting there (shut it down first), and
// the next call has the new one.

import CNDISLinux
import Glibc

extension PacketSocket {
  /// Connects to a listener without waiting: EAGAIN is thrown when as many connections wait already as the
  /// listener lets wait. The socket is blocking then, as `connect(path:)` makes it.
  public static func connectAtOnce(path: String) throws(SocketPathProblem) -> PacketSocket {
    try LocalSocket.check(path)
    do throws(SystemError) {
      let descriptor = try SystemCall.open("socket") { clinux_packet_socket(1) }
      try SystemCall.run("connect to \(path)") { unsafe clinux_connect(descriptor.raw, path) }
      let flags = fcntl(descriptor.raw, F_GETFL)
      guard flags >= 0, fcntl(descriptor.raw, F_SETFL, flags & ~O_NONBLOCK) == 0 else {
        throw SystemError(errno: errno, operation: "fcntl(F_SETFL)")
      }
      return PacketSocket(adopting: descriptor)
    } catch { throw .system(error) }
  }

  /// Puts another connection in this one's place, under this one's descriptor.
  public func replace(with other: consuming PacketSocket) throws(SystemError) {
    try SystemCall.run("dup3") { clinux_replace(descriptor.raw, other.descriptor.raw) }
  }

  /// Waits until there is something to receive, the end of the connection too; false when the monotonic
  /// clock passes the deadline first.
  public func waitToReceive(until deadline: UInt64) throws(SystemError) -> Bool {
    while true {
      let now = MonotonicClock.nanoseconds
      // Rounded up, so that the last wait does not spin.
      let left = deadline > now ? (deadline - now - 1) / 1_000_000 + 1 : 0
      let answer = clinux_wait_until(descriptor.raw, 0, Int32(clamping: left))
      if answer == -EINTR { continue }
      guard answer >= 0 else { throw SystemError(errno: 0 &- answer, operation: "poll") }
      if answer > 0 { return true }
      if MonotonicClock.nanoseconds >= deadline { return false }
    }
  }
}
