// Sessions of the switchboard: HELLO, GOODBYE, and closed connections.

import NDISPlatform
import NDISDriverProtocol
import NDISEvents
import NDIS
import NDISSimulator

extension SwitchboardState {
  mutating func hello(
    _ connection: DriverConnection, _ header: MessageHeader, _ packet: UnsafeRawBufferPointer
  ) {
    do throws(Failure) {
      let hello = try unsafe Decoding.hello(header, packet)
      guard hello.token == 0 else { return try reconnect(connection, header, hello) }
      let resumption = persistence.features(of: hello.features)
      let granted =
        resumption.union(
          hello.features.intersection([.ieee8021Q, .miniportMemory, .bugCheckExtension]))
      let newToken = resumption.isEmpty ? 0 : try freshToken()
      let session = try simulator.begin(
        name: hello.name, pid: connection.pid, uid: connection.uid,
        firstRequestID: header.requestID &+ 1,
        token: newToken, replyFeatures: granted.replyFeatures, now: now)
      connection.session = session
      connection.name = "\(hello.name)"
      connections[session] = connection
      send(helloReply(header, features: granted, token: newToken), to: connection)
    } catch {
      if error.reason == .quotaSessions || error.reason == .tableFull {
        onEvent(.sessionRefused(Party(pid: connection.pid, uid: connection.uid), error))
      }
      refuse(connection, header.requestID, header.type, error)
    }
  }

  mutating func helloReply(
    _ header: MessageHeader, features: SessionFeatures, token: UInt64
  ) -> Int {
    let quotas = settings.quotas
    return unsafe Encoding.hello(
      header,
      HelloReply(
        features: features, token: token, instance: instance, pageSize: settings.pageSize,
        upcallDeadline: settings.upcallDeadline, maximumBytes: quotas.sessionBytes,
        maximumBlocks: quotas.sessionBlocks, maximumSections: quotas.sessionSections),
      into: buffer)
  }

  /// The connection was closed, by either end.
  mutating func closed(_ connection: DriverConnection, reason: String) {
    guard !connection.isClosed else { return }
    connection.isClosed = true
    persistence.closed(connection)
    if let histogram = connection.latency {
      latencies.keep(histogram, of: connection.name)
      connection.latency = nil
    }
    if let session = connection.session {
      readClock()
      simulator.end(session: session, reason: reason, now: now)
      drain()
    }
  }

  /// Sends GOODBYE with the reason to a peer and closes its connection.
  mutating func sendGoodbye(_ connection: DriverConnection, _ failure: Failure) {
    guard !connection.isClosed else { return }
    connection.awaitsResume = false
    unsafe send(Encoding.goodbye(failure, into: buffer), to: connection)
    connection.peer.disconnect()
    closed(connection, reason: failure.sentence)
  }
}

extension SessionFeatures {
  /// What they say of messages to the client.
  var replyFeatures: ReplyFeatures {
    var features: ReplyFeatures = contains(.ieee8021Q) ? .tags : []
    if contains(.bugCheckExtension) { features.insert(.bugCheckExtension) }
    return features
  }

  init(_ features: ReplyFeatures) {
    self = features.contains(.tags) ? .ieee8021Q : []
    if features.contains(.bugCheckExtension) { insert(.bugCheckExtension) }
  }
}
