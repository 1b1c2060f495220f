// Serves the connections of the driver plane: reads packets within each connection's budget, flushes
// outboxes, and processes the events of peers that occurred during a turn.

import NDIS
import NDISDriverPlane
import NDISEvents
import NDISManagementPlane
import NDISPlatform
import NDISServiceManager
import NDISSimulator

extension Server {
  mutating func serve(_ event: Reactor.Ready, _ received: inout ReceivedDescriptors) {
    guard let (peer, connection) = peers.find(event.token) else { return }
    if event.events.contains(.writable) {
      peer.flush()
      if !peer.isBlocked {
        try? reactor.modify(peer.socket.descriptor.raw, .readable, token: peer.token)
      }
    }
    // Shut down in both directions: a blocked peer will never read its replies.
    if peer.isBlocked, !event.events.isDisjoint(with: [.hungUp, .failed]) {
      end(peer, connection, reason: "the connection was closed")
      return
    }
    if !event.events.isDisjoint(with: [.readable, .hungUp, .failed]) {
      let isReplaying = connection.replayBudget > 0
      read(peer, connection, &received)
      if isReplaying, connection.replayBudget == 0, peer.isBlocked {
        notes.blocked.append(peer.token)
      }
    }
  }

  mutating func read(
    _ peer: SocketPeer, _ connection: DriverConnection, _ received: inout ReceivedDescriptors
  ) {
    isStatusOld = true
    let wanted = peer.readBudget.limit
    if wanted > 1 { notes.isBatching = true }
    var found = 0
    while found < wanted {
      // A peer that does not read its replies is not read from.
      guard !peer.isClosing, !peer.isBlocked || connection.replayBudget > 0 else { return }
      let outcome: PacketSocket.Received
      do throws(SystemError) {
        outcome = try unsafe peer.socket.receive(into: buffer, descriptors: &received)
      } catch {
        end(peer, connection, reason: "\(error)")
        return
      }
      switch outcome {
      case .wouldBlock:
        peer.readBudget.turnEnded(found: found, drained: true)
        return
      case .closed:
        end(peer, connection, reason: "the connection was closed")
        return
      case .message(let length, let truncated, _, let controlTruncated):
        let size = unsafe min(length, buffer.count)
        unsafe switchboard.receive(
          connection, UnsafeRawBufferPointer(rebasing: buffer[..<size]), truncated: truncated,
          controlTruncated: controlTruncated, &received)
        received.clear()
        found += 1
        if connection.replayBudget > 0 { connection.replayBudget -= 1 }
      }
    }
    peer.readBudget.turnEnded(found: found, drained: false)
  }

  func end(_ peer: SocketPeer, _ connection: DriverConnection, reason: String) {
    switchboard.closed(connection, reason: reason)
    notes.closing.append(peer.token)
  }

  /// Processes the peers that became blocked, and the connections to be closed, during a turn.
  mutating func processDeferredEvents() {
    for token in notes.takeBlocked() {
      guard let (peer, connection) = peers.find(token), peer.isBlocked else { continue }
      // Writable only until its outbox is empty: a peer that is not read from must not keep the reactor
      // awake.
      let interest: Reactor.Events =
        connection.replayBudget > 0 ? [.readable, .writable] : .writable
      try? reactor.modify(peer.socket.descriptor.raw, interest, token: token)
    }
    for token in notes.takeClosing() {
      guard let (peer, connection) = peers.find(token) else { continue }
      if peer.overflowed, !connection.isClosed {
        switchboard.closed(
          connection,
          reason: Failure(
            .failure, .outboxFull, UInt64(limits.outboxPackets),
            UInt64(limits.outboxPackets)
          ).sentence)
      }
      switchboard.closed(connection, reason: "the connection was ended")
      try? reactor.remove(peer.socket.descriptor.raw)
      _ = try? peer.socket.shutdown()
      peers.remove(token)
      let left = connectionsByUser[connection.uid, default: 1] - 1
      connectionsByUser[connection.uid] = left > 0 ? left : nil
    }
  }
}
