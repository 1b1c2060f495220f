// What a session keeps so that it can go on after a restart of the daemon: the packets of requests that
// have no answer yet, and the last 1,024 answers to upcalls. Both belong to whoever has the sender: they
// are written when a packet goes out, and read when it goes out again.
//
// Nothing is allocated for a packet of usual size: requests of up to 512 bytes and answers of up to 128
// lie side by side, so that keeping one is a copy of a few lines. Larger requests have a place of their
// own, whose pages cost nothing until they are written; larger answers are arrays.

import NDIS

/// The packets of unanswered requests, by slot.
@safe struct KeptRequests {
  private static let smallSize = 512

  private struct Entry {
    var id: UInt64 = 0
    var length = 0
  }

  private let small: UnsafeMutableRawBufferPointer
  private let large: UnsafeMutableRawBufferPointer
  private let entries: UnsafeMutableBufferPointer<Entry>

  init() {
    let slots = Int(NDIS.Limits.maximumOutstanding)
    unsafe small = .allocate(byteCount: slots * KeptRequests.smallSize, alignment: 64)
    unsafe large = .allocate(byteCount: slots * Connection.packetSize, alignment: 64)
    unsafe entries = .allocate(capacity: slots)
    unsafe entries.initialize(repeating: Entry())
  }

  func deallocate() {
    unsafe small.deallocate()
    unsafe large.deallocate()
    unsafe entries.deallocate()
  }

  /// Keeps a packet until the slot's next request.
  func keep(_ packet: UnsafeRawBufferPointer, id: UInt64, slot: Int) {
    unsafe entries[slot] = Entry(id: id, length: packet.count)
    unsafe place(slot, packet.count).copyMemory(from: packet)
  }

  /// The packet of a request; nil when it has not been sent yet, or was not kept.
  func packet(id: UInt64, slot: Int) -> UnsafeRawBufferPointer? {
    let entry = unsafe entries[slot]
    guard entry.id == id, entry.length > 0 else { return nil }
    return unsafe UnsafeRawBufferPointer(place(slot, entry.length))
  }

  private func place(_ slot: Int, _ length: Int) -> UnsafeMutableRawBufferPointer {
    let isSmall = length <= KeptRequests.smallSize
    let start = slot * (isSmall ? KeptRequests.smallSize : Connection.packetSize)
    return unsafe UnsafeMutableRawBufferPointer(
      rebasing: (isSmall ? small : large)[start..<start + length])
  }
}

/// The packets of the last answers to upcalls, by their place in `UpcallTurns`.
@safe struct RememberedAnswers {
  private static let smallSize = 128

  private let small: UnsafeMutableRawBufferPointer
  private let lengths: UnsafeMutableBufferPointer<Int>
  private var large: [Int: [UInt8]] = [:]

  init() {
    let count = UpcallTurns.remembered
    unsafe small = .allocate(byteCount: count * RememberedAnswers.smallSize, alignment: 64)
    unsafe lengths = .allocate(capacity: count)
    unsafe lengths.initialize(repeating: 0)
  }

  func deallocate() {
    unsafe small.deallocate()
    unsafe lengths.deallocate()
  }

  mutating func keep(_ packet: UnsafeRawBufferPointer, place: Int) {
    if !large.isEmpty { large[place] = nil }
    unsafe lengths[place] = packet.count
    guard packet.count <= RememberedAnswers.smallSize else {
      large[place] = unsafe Array(packet)
      return
    }
    let start = place * RememberedAnswers.smallSize
    unsafe UnsafeMutableRawBufferPointer(rebasing: small[start..<start + packet.count])
      .copyMemory(from: packet)
  }

  /// Calls `body` with an answer that is remembered at a place.
  func withPacket(
    place: Int, _ body: (UnsafeRawBufferPointer) throws(DriverError) -> Void
  ) throws(DriverError) {
    if let packet = large[place] {
      try unsafe packet.withUnsafeBufferPointer { (packet) throws(DriverError) in
        try unsafe body(UnsafeRawBufferPointer(packet))
      }
      return
    }
    let start = place * RememberedAnswers.smallSize
    try unsafe body(UnsafeRawBufferPointer(rebasing: small[start..<start + lengths[place]]))
  }
}
