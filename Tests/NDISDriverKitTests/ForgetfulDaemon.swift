// A daemon that is killed at random times and restarted. Like the store, it remembers executed requests; packets
// that were read but not executed are lost, and so are replies and answers in flight. It counts how often each
// request was executed and each handler answered, and reports problems.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

/// SplitMix64: reproducible by seed, apart from thread scheduling.
struct Random {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func isOne(in count: UInt64) -> Bool { next() % count == 0 }
}

/// Runs in a thread of its own until the client closes its connection.
final class ForgetfulDaemon: @unchecked Sendable {
  /// The end of this process of the daemon.
  private enum Death: Error {
    /// The connection is kept.
    case restarted
    /// The connection is lost with it.
    case gone
    /// The client has disconnected.
    case noClient
  }

  // Unchecked: owned by the daemon's thread until the test has joined it.
  private let listener: ScriptedListener
  private var peer: ScriptedPeer
  private var random: Random
  private var instance: UInt8 = 1
  /// The cookie of the handler, once it is registered.
  private var handler: UInt64 = 0

  // State that survives a restart.
  private var nextID: UInt64 = 2
  private var results: [UInt64: Packet] = [:]
  private var openUpcalls: [UInt64: UInt64?] = [:]
  private var upcallSerial: UInt64 = 0

  private(set) var carriedOut: [[UInt8]: Int] = [:]
  private(set) var answered: [UInt64: Int] = [:]
  private(set) var problems: [String] = []
  private(set) var restarts = 0
  private(set) var reconnections = 0

  init(_ listener: ScriptedListener, _ peer: ScriptedPeer, seed: UInt64) {
    self.listener = listener
    self.peer = peer
    random = Random(state: seed)
  }

  func run() {
    var death: Death?
    while true {
      do throws(Death) {
        switch death {
        case nil: break
        case .restarted: try resume()
        case .gone: try reconnect()
        case .noClient: return
        }
        while true { try serve(try receive()) }
      } catch { death = error }
    }
  }

  private func receive() throws(Death) -> Packet {
    guard let packet = peer.receive(blocking: true) else { throw .noClient }
    return packet
  }

  /// Kills the daemon at random.
  private func risk(_ odds: UInt64 = 60) throws(Death) {
    guard random.isOne(in: odds) else { return }
    throw random.isOne(in: 3) ? .gone : .restarted
  }

  // MARK: Restart

  private func resume() throws(Death) {
    restarts += 1
    instance &+= 1
    peer.resumed(instance)
    while true {
      // Again, before RESUME was read.
      try risk()
      let packet = try receive()
      guard packet.type == NDISSIM_RESUME else { continue }
      if packet.body[0] == instance { break }
    }
    try callAgain()
  }

  private func reconnect() throws(Death) {
    reconnections += 1
    instance &+= 1
    peer.close()
    do { peer = try listener.accept() } catch { throw .noClient }
    let hello = try receive()
    if hello.type != NDISSIM_HELLO || hello.number(at: 16) != ScriptedPeer.token {
      problems.append("\(hello.type) in place of HELLO")
    }
    if random.isOne(in: 10) { throw .gone }
    peer.sendHello(instance: instance)
    try callAgain()
  }

  private func callAgain() throws(Death) {
    for id in openUpcalls.keys.sorted() {
      peer.upcallFree(id, handler: handler, context: id)
      try risk()
    }
  }

  // MARK: Serving

  private func serve(_ packet: Packet) throws(Death) {
    try risk()
    guard let header = packet.header else { return }
    if header.isUpcall { return try answer(packet.id) }
    if header.isNotification { return }
    if let result = results[packet.id] {
      if result != packet { problems.append("\(packet.id) came again, and was another") }
      return try reply(packet)
    }
    guard packet.id == nextID else {
      if waiting[packet.id] != packet { problems.append("\(packet.id) came before \(nextID)") }
      return
    }
    if packet.type == NDISSIM_SET_OPTIONAL_HANDLERS { handler = packet.number(at: 32) }
    nextID += 1
    // Some replies wait for a handler's answer.
    if handler != 0, header.context == 0, packet.type == Int(ScriptedPeer.type), random.isOne(in: 4)
    {
      upcallSerial += 1
      openUpcalls[upcallSerial] = packet.id
      carriedOut[packet.body, default: 0] += 1
      waiting[packet.id] = packet
      try risk()
      return peer.upcallFree(upcallSerial, handler: handler, context: upcallSerial)
    }
    carriedOut[packet.body, default: 0] += 1
    results[packet.id] = packet
    try reply(packet)
  }

  /// Started requests that wait for a handler.
  private var waiting: [UInt64: Packet] = [:]

  private func answer(_ upcall: UInt64) throws(Death) {
    guard let request = openUpcalls.removeValue(forKey: upcall) else {
      problems.append("upcall \(upcall) was answered, and is not open")
      return
    }
    answered[upcall, default: 0] += 1
    guard let request, let packet = waiting.removeValue(forKey: request) else { return }
    results[request] = packet
    try risk()
    try reply(packet)
  }

  private func reply(_ packet: Packet) throws(Death) {
    try risk()
    peer.reply(packet.id, type: packet.type) { writer in
      guard packet.type == Int(ScriptedPeer.type) else { return }
      for byte in packet.body { writer.append(byte) }
    }
    try risk()
  }
}
