// Sessions at the switchboard: HELLO, GOODBYE, and a connection that is gone.

import NDISPlatform
import CNDIS
import NDISDriverProtocol
import NDISEvents
import NDIS
import NDISSimulator

extension SwitchboardState {
  mutating func hello(
    _ connection: DriverConnection, _ header: MessageHeader, _ packet: UnsafeRawBufferPointer
  ) {
    do throws(Failure) {
      guard Int(header.type) == NDISSIM_HELLO, header.flags == 0 else {
        throw Failure(.failure, .helloFirst, UInt64(header.type))
      }
      var body = unsafe BodyReader(packet: packet)
      let minimum = try body.read(UInt16.self)
      let maximum = try body.read(UInt16.self)
      let reserved = try body.read(UInt32.self)
      let features = try body.read(UInt64.self)
      let token = try body.read(UInt64.self)
      let name = try body.readName()
      try body.end()
      guard reserved == 0 else {
        throw Failure(.invalidParameter, .reservedNotZero, UInt64(reserved))
      }
      guard minimum <= 1, maximum >= 1 else {
        throw Failure(.notSupported, .versionMismatch, UInt64(minimum), UInt64(maximum))
      }
      // Ids grow by one from here and must not come round.
      guard header.requestID <= UInt64(Int64.max) else {
        throw Failure(.invalidParameter, .requestIDOutOfOrder, header.requestID, 1)
      }
      guard token == 0 else { return try comeBack(connection, header, token: token) }
      let granted = keeper == nil ? 0 : features & UInt64(NDISSIM_FEATURE_RESUME)
      let newToken = granted == 0 ? 0 : try freshToken()
      let session = try simulator.begin(
        name: name, pid: connection.pid, uid: connection.uid, firstRequestID: header.requestID &+ 1,
        token: newToken, now: now, &actions)
      connection.session = session
      connection.name = "\(name)"
      connections[session] = connection
      send(helloReply(header, features: granted, token: newToken), to: connection)
    } catch {
      if error.reason == .quotaSessions || error.reason == .tableFull {
        onEvent(.sessionRefused(Party(pid: connection.pid, uid: connection.uid), error))
      }
      refuse(connection, header.requestID, header.type, error)
    }
  }

  mutating func helloReply(_ header: MessageHeader, features: UInt64, token: UInt64) -> Int {
    let quotas = settings.quotas
    let reply = ndissim_hello_reply(
      version: UInt16(NDISSIM_PROTOCOL_VERSION), reserved0: 0, page_size: settings.pageSize,
      features: features, instance: unsafe unsafeBitCast(instance, to: InstanceBytes.self),
      session_token: token, maximum_message: NDISSIM_MAXIMUM_MESSAGE,
      maximum_outstanding: NDIS.Limits.maximumOutstanding,
      maximum_extents: NDIS.Limits.maximumExtents,
      maximum_call_depth: NDIS.Limits.maximumCallDepth,
      upcall_deadline_ms: UInt32(clamping: settings.upcallDeadline),
      ndis_version: UInt32(NDISVersion.running.major) << 16 | UInt32(NDISVersion.running.minor),
      maximum_bytes: quotas.sessionBytes, maximum_blocks: UInt64(quotas.sessionBlocks),
      maximum_sections: quotas.sessionSections, reserved1: 0)
    var writer = unsafe MessageWriter(
      MessageHeader(type: header.type, flags: NDISSIM_FLAG_REPLY, requestID: header.requestID),
      into: buffer)
    writer.append(reply)
    return writer.finish()
  }

  typealias InstanceBytes = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8,
    UInt8, UInt8, UInt8
  )

  /// The connection is gone, whoever ended it.
  mutating func closed(_ connection: DriverConnection, reason: String) {
    guard !connection.isClosed else { return }
    connection.isClosed = true
    if connection.isKept {
      connection.isKept = false
      keptConnections -= 1
      keeper?.drop(KeptName.connection)
    }
    if let histogram = connection.latency {
      latencies.keep(histogram, of: connection.name)
      connection.latency = nil
    }
    if let session = connection.session {
      readClock()
      simulator.end(session: session, reason: reason, now: now, &actions)
      drain()
    }
  }

  /// Tells a peer why and ends its connection.
  mutating func sayGoodbye(_ connection: DriverConnection, _ failure: Failure) {
    guard !connection.isClosed else { return }
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: UInt16(NDISSIM_GOODBYE), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0,
        status: failure.status), into: buffer)
    writer.append(failure, bugCheck: nil)
    connection.awaitsResume = false
    send(writer.finish(), to: connection)
    connection.peer.disconnect()
    closed(connection, reason: failure.sentence)
  }
}
