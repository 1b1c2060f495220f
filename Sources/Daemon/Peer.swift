// A party on the other end of a connection, as the switchboard sees it: something that takes packets and
// can be cut off. In the daemon it is a socket with a bounded outbox; a test may put its own in place.

/// Takes packets for one connection.
public protocol Peer: AnyObject {
  /// Sends a packet with at most one descriptor, which stays the caller's. Never waits.
  func deliver(_ packet: UnsafeRawBufferPointer, descriptor: Int32?)
  /// Ends the connection after what was delivered.
  func disconnect()
}

/// One connection and what the switchboard knows of it.
public final class DriverConnection {
  let peer: any Peer
  let pid: Int32
  let uid: UInt32
  /// The session, once HELLO has been said.
  var session: UInt32?
  /// Sections whose descriptor this process has been sent.
  var knownSections: Set<UInt64> = []
  var isClosed = false

  public init(peer: any Peer, pid: Int32, uid: UInt32) {
    self.peer = peer
    self.pid = pid
    self.uid = uid
  }
}
