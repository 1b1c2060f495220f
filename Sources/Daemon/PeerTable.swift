// The server's connections by token. A token contains a slot and a serial number: lookup needs no search, and
// a pending event of a closed connection finds nothing.

import NDISDriverPlane

/// Events of peers that occur during a turn; the server processes them after it.
final class DeferredPeerEvents {
  /// Peers whose outbox has become nonempty.
  var blocked: [UInt64] = []
  /// Connections to be closed.
  var closing: [UInt64] = []

  /// Packets are batched for each peer, because more are expected in this turn.
  var isBatching = false
  /// Peers with batched packets.
  private var gathered: [SocketPeer] = []

  func gathered(_ peer: SocketPeer) { gathered.append(peer) }

  /// Sends the batched packets and ends batching.
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
  /// Incremented for every connection, so that no token is reused.
  private var serial: UInt64 = 1
  private(set) var count = 0

  /// Number of bits of a token that contain the slot.
  private static let slotBits: UInt64 = 20

  /// The token of the next connection to be inserted; nil if the table is full.
  var nextToken: UInt64? {
    let slot = free.last ?? slots.count
    guard slot < 1 << Self.slotBits else { return nil }
    return serial << Self.slotBits | UInt64(slot)
  }

  /// Inserts a connection whose peer has the token that `nextToken` returned.
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

  /// Removes all connections after calling `body` with each peer.
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
