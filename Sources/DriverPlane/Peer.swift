// The other end of a connection, as the switchboard sees it: it receives packets and can be disconnected. In
// the daemon it is a socket with a bounded outbox; tests substitute their own.

/// Receives the packets of one connection.
package protocol Peer: AnyObject {
  /// Sends a packet with at most one descriptor, which the caller keeps. Never blocks.
  func deliver(_ packet: UnsafeRawBufferPointer, descriptor: Int32?)
  /// Closes the connection after the queued packets.
  func disconnect()
  /// Packets queued and not yet in the kernel's socket buffer.
  var waiting: Int { get }
  /// The socket, to be stored for the next process; nil if there is none.
  var descriptor: Int32? { get }
}

extension Peer {
  /// A peer without an outbox queues no packets.
  package var waiting: Int { 0 }
  /// A peer in this process has no socket to store.
  package var descriptor: Int32? { nil }
}

/// A connection with the state the switchboard keeps for it.
package final class DriverConnection {
  package let peer: any Peer
  package let pid: Int32
  package let uid: UInt32
  /// The session, set when HELLO has been accepted.
  package var session: UInt32?
  package var isClosed = false
  /// It has outlived an earlier daemon and has not answered RESUMED yet: nothing else is sent to it, and
  /// everything else it sends is ignored.
  var awaitsResume = false
  /// Packets that are read although its outbox is not empty: a client that repeats its outstanding requests
  /// may not read meanwhile. The number of requests it can have outstanding.
  package var replayBudget = 0
  /// The descriptor store had no space for its socket.
  var cannotBeStored = false
  /// Its session has outlived an earlier daemon.
  var wasResumed = false
  /// Its socket is in the descriptor store.
  var isStored = false
  /// The client's name in HELLO.
  package var name = ""
  /// Latency of its handlers; nil if none has been called.
  var latency: Histogram?
  /// Sections whose descriptor the process has received.
  private var knownSections: Set<UInt64> = []
  /// The most recent of them; 0 is not a valid section handle.
  private var lastSection: UInt64 = 0
  /// Sections that the process has a view of.
  private var views: Set<UInt64> = []
  /// The section of the most recent part of a received list.
  private var lastView: UInt64 = 0

  package init(peer: any Peer, pid: Int32, uid: UInt32) {
    self.peer = peer
    self.pid = pid
    self.uid = uid
  }

  /// Marks a section's descriptor as sent to the process, or as owned by it; false if it already was.
  @discardableResult
  func markSent(section: UInt64) -> Bool {
    if section == lastSection { return false }
    lastSection = section
    return knownSections.insert(section).inserted
  }

  /// Marks a read-only view of a section as sent to the process; false if the process has one, or has the
  /// section itself.
  func markSent(view section: UInt64) -> Bool {
    if section == lastView { return false }
    lastView = section
    return !knownSections.contains(section) && views.insert(section).inserted
  }

  /// Sending the view failed.
  func unmarkSent(view section: UInt64) {
    views.remove(section)
    if section == lastView { lastView = 0 }
  }

  /// The section was released. Returns whether the process had a view of it.
  @discardableResult
  func unmarkSent(section: UInt64) -> Bool {
    knownSections.remove(section)
    if section == lastSection { lastSection = 0 }
    if section == lastView { lastView = 0 }
    return views.remove(section) != nil
  }
}

/// Connections by session number, which is a small index.
struct ConnectionTable {
  private var table: [DriverConnection?] = []

  subscript(session: UInt32) -> DriverConnection? {
    get { Int(session) < table.count ? table[Int(session)] : nil }
    set {
      while Int(session) >= table.count { table.append(nil) }
      table[Int(session)] = newValue
    }
  }

  /// In the order of session numbers.
  var all: [DriverConnection] { table.compactMap { $0 } }
}
