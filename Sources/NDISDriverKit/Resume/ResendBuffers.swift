// The packets that a session needs to resume after a restart of the daemon: those of outstanding requests, and
// the last 1,024 answers to upcalls. Both belong to the holder of the sender: they are stored when a packet is
// sent, and read when it is retransmitted.
//
// Nothing is allocated for a packet of usual size: requests of up to 512 bytes and answers of up to 128 are
// stored contiguously, so that storing one is a copy of a few cache lines. Larger requests have a separate
// area, whose pages take no memory until they are written; larger answers are arrays.

import NDIS

/// The packets of outstanding requests, by slot.
@safe struct RetransmitQueue {
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
    unsafe small = .allocate(byteCount: slots * RetransmitQueue.smallSize, alignment: 64)
    unsafe large = .allocate(byteCount: slots * Connection.packetSize, alignment: 64)
    unsafe entries = .allocate(capacity: slots)
    unsafe entries.initialize(repeating: Entry())
  }

  func deallocate() {
    unsafe small.deallocate()
    unsafe large.deallocate()
    unsafe entries.deallocate()
  }

  /// Stores a packet until the slot's next request.
  func keep(_ packet: UnsafeRawBufferPointer, id: UInt64, slot: Int) {
    unsafe entries[slot] = Entry(id: id, length: packet.count)
    unsafe place(slot, packet.count).copyMemory(from: packet)
  }

  /// The packet of a request; nil if it was not sent yet, or not stored.
  func packet(id: UInt64, slot: Int) -> UnsafeRawBufferPointer? {
    let entry = unsafe entries[slot]
    guard entry.id == id, entry.length > 0 else { return nil }
    return unsafe UnsafeRawBufferPointer(place(slot, entry.length))
  }

  private func place(_ slot: Int, _ length: Int) -> UnsafeMutableRawBufferPointer {
    let isSmall = length <= RetransmitQueue.smallSize
    let start = slot * (isSmall ? RetransmitQueue.smallSize : Connection.packetSize)
    return unsafe UnsafeMutableRawBufferPointer(
      rebasing: (isSmall ? small : large)[start..<start + length])
  }
}

/// The packets of the last answers to upcalls, by their index in `UpcallDeduplicator`.
@safe struct ReplayCache {
  private static let smallSize = 128

  private let small: UnsafeMutableRawBufferPointer
  private let lengths: UnsafeMutableBufferPointer<Int>
  private var large: [Int: [UInt8]] = [:]

  init() {
    let count = UpcallDeduplicator.remembered
    unsafe small = .allocate(byteCount: count * ReplayCache.smallSize, alignment: 64)
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
    guard packet.count <= ReplayCache.smallSize else {
      large[place] = unsafe Array(packet)
      return
    }
    let start = place * ReplayCache.smallSize
    unsafe UnsafeMutableRawBufferPointer(rebasing: small[start..<start + packet.count])
      .copyMemory(from: packet)
  }

  /// Calls `body` with the cached answer at an index.
  func withPacket(
    place: Int, _ body: (UnsafeRawBufferPointer) throws(DriverError) -> Void
  ) throws(DriverError) {
    if let packet = large[place] {
      try unsafe packet.withUnsafeBufferPointer { (packet) throws(DriverError) in
        try unsafe body(UnsafeRawBufferPointer(packet))
      }
      return
    }
    let start = place * ReplayCache.smallSize
    try unsafe body(UnsafeRawBufferPointer(rebasing: small[start..<start + lengths[place]]))
  }
}
