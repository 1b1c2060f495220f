// Accepts, restores or refuses connections of the driver plane. When no descriptor is free the listener is
// not watched, until reopening the reserve descriptor succeeds.

import NDIS
import NDISDriverPlane
import NDISEvents
import NDISManagementPlane
package import NDISPlatform
import NDISServiceManager
import NDISSimulator

extension Server {
  mutating func acceptAll() throws(SystemError) {
    for _ in 0..<64 {
      do throws(SystemError) {
        guard let socket = try listener.accept() else { return }
        adopt(socket)
      } catch {
        // No descriptor or no memory; the listener would stay readable and keep the reactor awake.
        try pauseAccepting()
        return
      }
    }
  }

  /// Adopts a connection that outlived an earlier process. A connection without a known session is closed,
  /// and the service manager then removes it.
  package mutating func adopt(connection descriptor: consuming Descriptor, inode: UInt64) {
    let socket = PacketSocket(adopting: descriptor)
    guard let credentials = try? socket.peerCredentials(), let token = peers.nextToken else {
      _ = try? socket.shutdown()
      link.remove(DescriptorName.connection)
      return
    }
    let peer = SocketPeer(
      socket: socket, token: token, outboxLimit: limits.outboxPackets, notes: notes)
    let connection = DriverConnection(
      peer: peer, pid: credentials.processID, uid: credentials.userID)
    guard (try? reactor.add(peer.socket.descriptor.raw, .readable, token: token)) != nil,
      switchboard.adopt(connection, socket: inode)
    else {
      try? reactor.remove(peer.socket.descriptor.raw)
      _ = try? peer.socket.shutdown()
      link.remove(DescriptorName.connection)
      return
    }
    peers.insert(peer, connection)
    connectionsByUser[credentials.userID, default: 0] += 1
  }

  mutating func adopt(_ socket: consuming PacketSocket) {
    guard let credentials = try? socket.peerCredentials() else { return }
    let open = connectionsByUser[credentials.userID, default: 0]
    guard open < limits.connectionsPerUser else {
      report(
        .sessionRefused(
          Party(pid: credentials.processID, uid: credentials.userID),
          Failure(
            .resources, .quotaSessions, UInt64(open), UInt64(limits.connectionsPerUser))))
      return
    }
    guard let token = peers.nextToken else { return }
    let peer = SocketPeer(
      socket: socket, token: token, outboxLimit: limits.outboxPackets, notes: notes)
    let connection = DriverConnection(
      peer: peer, pid: credentials.processID, uid: credentials.userID)
    guard (try? reactor.add(peer.socket.descriptor.raw, .readable, token: token)) != nil else {
      return
    }
    peers.insert(peer, connection)
    connectionsByUser[credentials.userID] = open + 1
  }

  /// No free descriptor: clients wait in the listen queue until some are free.
  mutating func pauseAccepting() throws(SystemError) {
    guard !acceptPaused else { return }
    acceptPaused = true
    try reactor.remove(listener.descriptor.raw)
    let count = UInt64(peers.count)
    report(.connectionsPaused(open: count, limit: count))
  }

  mutating func resumeAccepting() {
    // Without a free descriptor the next accept would fail like the last one.
    guard spare.isHeld || spare.refill() else { return }
    let probe = spare.spend { (try? listener.accept()) ?? nil }
    if let probe { adopt(probe) }
    guard spare.refill() else { return }
    guard
      (try? reactor.add(listener.descriptor.raw, .readable, token: Server.listenerToken)) != nil
    else { return }
    acceptPaused = false
    report(.connectionsResumed)
  }

  func report(_ event: Event) {
    sink.post(event)
    recorder.record(event)
  }
}
