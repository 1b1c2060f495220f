// Reconnection after the peer was restarted: another socket replaces the closed one under the same descriptor
// number. Concurrent users of the number thus never find it closed or reused for another file: a call blocked
// on the old socket stays blocked there (shut it down first), and the next call uses the new one.

import CNDISLinux
import Glibc

extension PacketSocket {
  /// Connects without blocking; throws EAGAIN if the listener's backlog is full. The connected socket is
  /// blocking, as with `connect(path:)`.
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

  /// Replaces this connection with another one, keeping this one's descriptor number.
  public func replace(with other: consuming PacketSocket) throws(SystemError) {
    try SystemCall.run("dup3") { clinux_replace(descriptor.raw, other.descriptor.raw) }
  }

  /// Waits until input, or the end of the connection, can be received; false if the deadline of the monotonic
  /// clock passes first.
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
