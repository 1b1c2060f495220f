// Memory of hosted providers between its free and its next use, while freed memory is watched: it is filled, kept
// out of use for a while and then compared. A queue, oldest first; bytes are written and compared in portions, within
// the budget of a turn. A state machine: what touches the memory is handed in.

import NDIS
import NDISSimulator

/// Reads and writes the bytes of freed memory.
protocol FreedMemoryAccess {
  associatedtype Memory
  /// Fills bytes; false if that fails.
  func fill(_ memory: Memory, offset: UInt64, length: UInt64) -> Bool
  /// The first offset whose byte is not the fill's; nil if there is none, or it cannot be read.
  func firstChange(_ memory: Memory, offset: UInt64, length: UInt64) -> UInt64?
}

/// The freed blocks of all hosted providers.
struct FreedMemory<Access: FreedMemoryAccess> {
  /// Freed memory of one block, in whole pages.
  struct Block {
    var freed: FreedBlock
    var provider: Int
    var section: Handle
    /// SharedMemoryProviderContext, for the provider.
    var context: UInt64
    var memory: Access.Memory
    var extents: [Extent]

    var bytes: UInt64 { extents.reduce(0) { $0 &+ UInt64($1.length) } }
  }

  struct Limits {
    /// Bytes that are filled or compared in a turn.
    var turn: UInt64 = 1 << 20
    /// Bytes that are kept out of use; beyond, the oldest block is looked at before its time.
    var kept: UInt64 = 64 << 20
    /// Blocks that one allocation may take back from those kept.
    var givenUp = 1_024
    /// Milliseconds that a block is kept.
    var time: UInt64 = 1_000
  }

  /// What became of a block.
  enum Outcome {
    /// A byte at this offset of the block is not what it was filled with.
    case changed(FreedBlock, offset: UInt64)
    /// The provider may use the memory again.
    case released(provider: Int, section: Handle, context: UInt64)
  }

  private struct Entry {
    var block: Block
    /// When it has been kept long enough.
    var due: UInt64
    /// Bytes done: filled first, compared later.
    var done: UInt64 = 0
  }

  let limits: Limits
  let access: Access
  /// Blocks that are not filled yet.
  private var unfilled = Queue<Entry>()
  /// Filled blocks, due in this order.
  private var kept = Queue<Entry>()
  private(set) var bytes: UInt64 = 0

  init(_ access: Access, _ limits: Limits = Limits()) {
    self.access = access
    self.limits = limits
  }

  var isEmpty: Bool { unfilled.isEmpty && kept.isEmpty }

  /// Whether `work` has something to do at once.
  func hasWork(now: UInt64) -> Bool { !unfilled.isEmpty || isDue(now) }

  private func isDue(_ now: UInt64) -> Bool {
    kept.first.map { now >= $0.due || bytes > limits.kept } ?? false
  }

  /// Takes the memory of a freed block; `work` fills it.
  mutating func add(_ block: Block, now: UInt64) {
    bytes &+= block.bytes
    unfilled.append(Entry(block: block, due: now &+ limits.time))
  }

  /// The owner's session has ended: its blocks have been kept long enough.
  mutating func sessionEnded(_ session: UInt32) {
    func end(_ entry: inout Entry) { if entry.block.freed.session == session { entry.due = 0 } }
    unfilled.update(end)
    kept.update(end)
    kept.moveForward { $0.due == 0 }
  }

  /// Fills and compares memory, at most the bytes of a turn.
  mutating func work(now: UInt64) -> [Outcome] {
    var budget = limits.turn
    var outcomes: [Outcome] = []
    while budget > 0, let entry = unfilled.first { fill(entry, &budget, &outcomes) }
    while budget > 0, isDue(now), let entry = kept.first { compare(entry, &budget, &outcomes) }
    return outcomes
  }

  /// Gives up the oldest block of a provider that has no other memory left, compared if that is within `budget`;
  /// nothing if there is none.
  mutating func giveUp(provider: Int, _ budget: inout UInt64) -> [Outcome] {
    var outcomes: [Outcome] = []
    if let entry = kept.remove(where: { $0.block.provider == provider }) {
      if entry.block.bytes <= budget {
        budget -= entry.block.bytes
        if let change = firstChange(entry.block) {
          outcomes.append(.changed(entry.block.freed, offset: change))
        }
      }
      release(entry.block, &outcomes)
    } else if let entry = unfilled.remove(where: { $0.block.provider == provider }) {
      release(entry.block, &outcomes)
    }
    return outcomes
  }

  /// Compares everything that is filled and releases all: the daemon stops.
  mutating func finish() -> [Outcome] {
    var outcomes: [Outcome] = []
    while let entry = kept.removeFirst() {
      if let change = firstChange(entry.block) {
        outcomes.append(.changed(entry.block.freed, offset: change))
      }
      release(entry.block, &outcomes)
    }
    while let entry = unfilled.removeFirst() { release(entry.block, &outcomes) }
    return outcomes
  }

  // MARK: Portions

  private mutating func fill(
    _ entry: Entry, _ budget: inout UInt64, _ outcomes: inout [Outcome]
  ) {
    let portion = self.portion(entry.block, from: entry.done, &budget)
    guard access.fill(entry.block.memory, offset: portion.offset, length: portion.length) else {
      // What is in it is not known: there is nothing to compare with.
      _ = unfilled.removeFirst()
      return release(entry.block, &outcomes)
    }
    var entry = entry
    entry.done &+= portion.length
    if entry.done < entry.block.bytes { return unfilled.replaceFirst(entry) }
    _ = unfilled.removeFirst()
    entry.done = 0
    kept.append(entry)
    if entry.due == 0 { kept.moveForward { $0.due == 0 } }
  }

  private mutating func compare(
    _ entry: Entry, _ budget: inout UInt64, _ outcomes: inout [Outcome]
  ) {
    let portion = self.portion(entry.block, from: entry.done, &budget)
    let change = access.firstChange(
      entry.block.memory, offset: portion.offset, length: portion.length)
    if let change {
      outcomes.append(
        .changed(entry.block.freed, offset: entry.done &+ (change &- portion.offset)))
    } else if entry.done &+ portion.length < entry.block.bytes {
      var entry = entry
      entry.done &+= portion.length
      return kept.replaceFirst(entry)
    }
    _ = kept.removeFirst()
    release(entry.block, &outcomes)
  }

  /// The first changed byte of a whole block.
  private func firstChange(_ block: Block) -> UInt64? {
    var before: UInt64 = 0
    for extent in block.extents {
      let length = UInt64(extent.length)
      if let change = access.firstChange(block.memory, offset: extent.offset, length: length) {
        return before &+ (change &- extent.offset)
      }
      before &+= length
    }
    return nil
  }

  /// The bytes of a block from one on, as far as its extent and the budget go.
  private func portion(
    _ block: Block, from done: UInt64, _ budget: inout UInt64
  ) -> (offset: UInt64, length: UInt64) {
    var skip = done
    for extent in block.extents {
      let size = UInt64(extent.length)
      guard skip < size else {
        skip -= size
        continue
      }
      let length = min(size - skip, budget)
      budget -= length
      return (extent.offset &+ skip, length)
    }
    return (0, 0)
  }

  private mutating func release(_ block: Block, _ outcomes: inout [Outcome]) {
    bytes &-= min(bytes, block.bytes)
    outcomes.append(
      .released(provider: block.provider, section: block.section, context: block.context))
  }
}

/// A queue in an array: elements leave at the front without moving the others each time.
private struct Queue<Element> {
  private var elements: [Element] = []
  private var head = 0

  var isEmpty: Bool { head == elements.count }
  var first: Element? { isEmpty ? nil : elements[head] }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func replaceFirst(_ element: Element) {
    if !isEmpty { elements[head] = element }
  }

  mutating func removeFirst() -> Element? {
    guard let element = first else { return nil }
    head += 1
    if head == elements.count || head >= 1_024 { compact() }
    return element
  }

  mutating func remove(where condition: (Element) -> Bool) -> Element? {
    guard let index = elements[head...].firstIndex(where: condition) else { return nil }
    return index == head ? removeFirst() : elements.remove(at: index)
  }

  mutating func update(_ change: (inout Element) -> Void) {
    for index in head..<elements.count { change(&elements[index]) }
  }

  /// Moves what meets a condition to the front, in order.
  mutating func moveForward(_ condition: (Element) -> Bool) {
    compact()
    elements = elements.filter(condition) + elements.filter { !condition($0) }
  }

  private mutating func compact() {
    elements.removeFirst(head)
    head = 0
  }
}
