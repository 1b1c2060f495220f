// The server's connections by token. A token names a slot and how often the slot was used, so that finding
// one takes no search, and an event that is still under way for a connection that is gone finds nothing.

import NDISDriverPlane

/// What happened to peers in the middle of a turn; the server processes it when the turn is over.
final class DeferredPeerEvents {
  /// Peers whose outbox has become nonempty.
  var blocked: [UInt64] = []
  /// Connections that are to be ended.
  var closing: [UInt64] = []

  /// Packets to a peer are gathered, to go out together: more of the same are about to come.
  var isBatching = false
  /// Peers with gathered packets.
  private var gathered: [SocketPeer] = []

  func gathered(_ peer: SocketPeer) { gathered.append(peer) }

  /// What was gathered goes out, and nothing is gathered any more.
  func flushBatch() {
    isBatching = false
    guard !gathered.isEmpty else { return }
    for peer in gathered { peer.flushBatch() }
    gathered.removeAll(keepingCapacity: true)
  }

  var isEmpty: Bool { blocked.isEmpty && closing.isEmpty }

  func takeBlocked() -> [UInt64] {
    defer { blocked = [] }
    return blocked
  }

  func takeClosing() -> [UInt64] {
    defer { closing = [] }
    return closing
  }
}

/// Connections by token.
struct PeerTable: ~Copyable {
  private typealias Entry = (peer: SocketPeer, connection: DriverConnection)
  private var slots: [Entry?] = []
  private var free: [Int] = []
  /// Grows with every connection, so that no token comes twice.
  private var serial: UInt64 = 1
  private(set) var count = 0

  /// Bits of a token that are the slot.
  private static let slotBits: UInt64 = 20

  /// The token for the connection that is inserted next; nil when the table is full.
  var nextToken: UInt64? {
    let slot = free.last ?? slots.count
    guard slot < 1 << Self.slotBits else { return nil }
    return serial << Self.slotBits | UInt64(slot)
  }

  /// Keeps a connection whose peer has the token that was `nextToken`.
  mutating func insert(_ peer: SocketPeer, _ connection: DriverConnection) {
    let slot = slot(of: peer.token)
    if free.last == slot { free.removeLast() }
    if slot == slots.count { slots.append(nil) }
    slots[slot] = (peer, connection)
    serial += 1
    count += 1
  }

  func find(_ token: UInt64) -> (SocketPeer, DriverConnection)? {
    let slot = slot(of: token)
    guard slot < slots.count, let entry = slots[slot], entry.peer.token == token else { return nil }
    return entry
  }

  mutating func remove(_ token: UInt64) {
    guard find(token) != nil else { return }
    let slot = slot(of: token)
    slots[slot] = nil
    free.append(slot)
    count -= 1
  }

  /// Forgets every connection, after `body` has seen its peer.
  mutating func removeAll(_ body: (SocketPeer) -> Void) {
    for entry in slots { if let entry { body(entry.peer) } }
    slots = []
    free = []
    count = 0
  }

  private func slot(of token: UInt64) -> Int {
    Int(token & (1 << Self.slotBits - 1))
  }
}
