// A party on the other end of a connection, as the switchboard sees it: something that takes packets and
// can be cut off. In the daemon it is a socket with a bounded outbox; a test may put its own in place.

/// Takes packets for one connection.
package protocol Peer: AnyObject {
  /// Sends a packet with at most one descriptor, which stays the caller's. Never waits.
  func deliver(_ packet: UnsafeRawBufferPointer, descriptor: Int32?)
  /// Ends the connection after what was delivered.
  func disconnect()
  /// Packets delivered and not yet taken by the other end's kernel buffer.
  var waiting: Int { get }
  /// The socket, to be stored for the next process; nil: there is none.
  var descriptor: Int32? { get }
}

extension Peer {
  /// A peer without an outbox has none waiting.
  package var waiting: Int { 0 }
  /// A peer in this process has no socket to store.
  package var descriptor: Int32? { nil }
}

/// One connection and what the switchboard knows of it.
package final class DriverConnection {
  package let peer: any Peer
  package let pid: Int32
  package let uid: UInt32
  /// The session, once HELLO has been accepted.
  package var session: UInt32?
  package var isClosed = false
  /// It has outlived an earlier daemon and has not answered RESUMED yet: nothing else is sent to it, and nothing
  /// else it sends counts.
  var awaitsResume = false
  /// Packets that are read although its outbox waits: a client that asks again for what has no answer may not
  /// read while it does. As many as it can have asked for.
  package var replayBudget = 0
  /// The descriptor store had no space for its socket.
  var cannotBeStored = false
  /// It is of a session that has outlived an earlier daemon.
  var wasResumed = false
  /// The service manager has its socket too.
  var isStored = false
  /// The name it gave itself in HELLO.
  package var name = ""
  /// How long its handlers took; nil while none was called.
  var latency: Histogram?
  /// Sections whose descriptor this process has been sent.
  private var knownSections: Set<UInt64> = []
  /// The one of them that was named last; 0 is no section's handle.
  private var lastSection: UInt64 = 0
  /// Sections this process has been sent a view of.
  private var views: Set<UInt64> = []
  /// The section of the last part of a received list.
  private var lastView: UInt64 = 0

  package init(peer: any Peer, pid: Int32, uid: UInt32) {
    self.peer = peer
    self.pid = pid
    self.uid = uid
  }

  /// Marks a section's descriptor as sent to the process, or as owned by it; false when it
  /// was known.
  @discardableResult
  func markSent(section: UInt64) -> Bool {
    if section == lastSection { return false }
    lastSection = section
    return knownSections.insert(section).inserted
  }

  /// Marks a view of a section as sent to the process, for reading only; false when it
  /// has one, or has the section itself.
  func markSent(view section: UInt64) -> Bool {
    if section == lastView { return false }
    lastView = section
    return !knownSections.contains(section) && views.insert(section).inserted
  }

  /// The view could not be sent.
  func unmarkSent(view section: UInt64) {
    views.remove(section)
    if section == lastView { lastView = 0 }
  }

  /// The section is gone; whether the process had a view of it.
  @discardableResult
  func unmarkSent(section: UInt64) -> Bool {
    knownSections.remove(section)
    if section == lastSection { lastSection = 0 }
    if section == lastView { lastView = 0 }
    return views.remove(section) != nil
  }
}

/// Connections by their session, whose number is a small index.
struct ConnectionTable {
  private var table: [DriverConnection?] = []

  subscript(session: UInt32) -> DriverConnection? {
    get { Int(session) < table.count ? table[Int(session)] : nil }
    set {
      while Int(session) >= table.count { table.append(nil) }
      table[Int(session)] = newValue
    }
  }

  /// In the order of their sessions.
  var all: [DriverConnection] { table.compactMap { $0 } }
}
