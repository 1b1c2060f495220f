// The newest events with sequence numbers, for ListEvents and Monitor. A ring of fixed length: recording an
// event costs a copy, and its text is formatted only on request. Sequence numbers begin at 1 without gaps, so
// that a slow reader can determine how many events it has missed.

import NDISEvents

/// A ring of events with their numbers and times.
struct EventLog {
  /// One recorded event.
  struct Entry {
    var sequence: UInt64
    /// In microseconds since 1970.
    var realtime: UInt64
    var event: Event
  }

  let capacity: Int
  private var entries: [Entry] = []
  /// The index of the oldest entry, overwritten next, once the ring is full.
  private var head = 0
  /// The sequence number of the newest event; 0 if there is none.
  private(set) var newest: UInt64 = 0
  /// Number of events of each kind since the start, including those no longer in the ring.
  private(set) var totals: [String: UInt64] = [:]

  init(capacity: Int = 4096) { self.capacity = max(1, capacity) }

  /// The sequence number of the oldest event in the ring; `newest` + 1 if it is empty.
  var oldest: UInt64 { newest &+ 1 &- UInt64(entries.count) }

  mutating func append(_ event: Event, at realtime: UInt64) {
    newest &+= 1
    totals[event.kind.name, default: 0] &+= 1
    let entry = Entry(sequence: newest, realtime: realtime, event: event)
    if entries.count < capacity {
      entries.append(entry)
      return
    }
    entries[head] = entry
    head = (head + 1) % capacity
  }

  /// The event with this sequence number; nil if it is not in the ring.
  subscript(sequence: UInt64) -> Entry? {
    guard sequence >= oldest, sequence <= newest else { return nil }
    let place = Int(sequence &- oldest)
    return entries[(head + place) % entries.count]
  }

  /// Number of events after `sequence` that are no longer in the ring.
  func missed(after sequence: UInt64) -> UInt64 {
    let next = sequence &+ 1
    return oldest > next ? oldest &- next : 0
  }

  /// Number of events of a kind after `after`, of those in the ring.
  func count(of kind: String, after: UInt64) -> UInt64 {
    var count: UInt64 = 0
    var sequence = max(oldest, after &+ 1)
    while sequence <= newest {
      if self[sequence]?.event.kind.name == kind { count += 1 }
      sequence &+= 1
    }
    return count
  }
}
