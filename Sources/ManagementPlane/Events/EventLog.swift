// The newest events, numbered: what ListEvents shows and Monitor continues from. A ring of fixed length;
// an event costs a copy of it when it happens, and becomes text only when somebody asks. Numbers begin
// at 1 and none is left out, so that a reader who comes too late knows how many it has missed.

import NDISEvents

/// A ring of events with their numbers and times.
struct EventLog {
  /// One recorded event.
  struct Entry {
    var sequence: UInt64
    /// Microseconds since 1970.
    var realtime: UInt64
    var event: Event
  }

  let capacity: Int
  private var entries: [Entry] = []
  /// Where in `entries` the next one goes, once they are all in use.
  private var head = 0
  /// The number of the newest event; 0 before the first.
  private(set) var newest: UInt64 = 0
  /// How many of each kind there were since the start, in the ring or not.
  private(set) var totals: [String: UInt64] = [:]

  init(capacity: Int = 4096) { self.capacity = max(1, capacity) }

  /// The number of the oldest event in the ring; one more than `newest` when there is none.
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

  /// The event with this number; nil when it is no longer in the ring, or has not happened.
  subscript(sequence: UInt64) -> Entry? {
    guard sequence >= oldest, sequence <= newest else { return nil }
    let place = Int(sequence &- oldest)
    return entries[(head + place) % entries.count]
  }

  /// How many events after `sequence` are no longer in the ring.
  func missed(after sequence: UInt64) -> UInt64 {
    let next = sequence &+ 1
    return oldest > next ? oldest &- next : 0
  }

  /// Events of one kind with a number above `after`, of those in the ring.
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
