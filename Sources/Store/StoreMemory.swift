// The memory of a store, and the undo log that makes a turn atomic.
//
// A turn is a group of writes. The first write to a place saves its old bytes in the log and publishes the
// log's new length before the place changes; a commit is one store of zero to that length. When the memory is
// opened after a crash with a nonzero length, the old bytes are restored, newest first, which gives the state
// before the turn. Between turns the length is zero.
//
// The log is sized for the largest turn (a block of 1,024 extents). A turn that outgrew it would lose only
// its own protection against a crash; `overflows` counts such turns, and a test requires zero.

public import Synchronization

/// Raw memory passed to the simulator. It must stay valid and be left unmodified by others while a store uses
/// it; fresh memory is zero-filled.
@safe public struct StoreMemory {
  @usableFromInline package let base: UnsafeMutableRawPointer
  public let size: Int
  /// Ranges that may contain nonzero bytes, in order; nil: anywhere. Reading a hole of a memory file fills
  /// it, so an adoption reads these ranges only.
  @usableFromInline package let touched: [Range<Int>]?

  public init(base: UnsafeMutableRawPointer, size: Int, touched: [Range<Int>]? = nil) {
    unsafe self.base = base
    self.size = size
    self.touched = touched
  }
}

/// Observes every write of a turn before and after it: tests interrupt turns there.
public final class StoreObserver {
  /// Called between any two writes to the store.
  public var onWrite: () -> Void = {}
  public init() {}
}

/// The undo log of a store.
@safe @usableFromInline package final class UndoLog {
  @usableFromInline let base: UnsafeMutableRawPointer  // of the whole store
  @usableFromInline let length: UnsafeMutablePointer<UInt64>  // bytes used, in the store
  @usableFromInline let start: UnsafeMutableRawPointer
  @usableFromInline let capacity: UInt64
  @usableFromInline let observer: StoreObserver?
  /// Cache of the places saved in this turn, so that only the first change of a record appends to the log:
  /// word 0 is the number of the turn, the others each hold a turn and a place, indexed by the place's hash.
  /// After a cache miss a place is saved again, which is harmless: rollback runs newest first, so the oldest
  /// bytes win.
  @usableFromInline let saved: UnsafeMutablePointer<UInt64>
  @inlinable @inline(__always)
  static var savedBits: Int { 6 }

  package init(
    base: UnsafeMutableRawPointer, lengthOffset: Int, start: Int, capacity: Int,
    observer: StoreObserver?
  ) {
    unsafe self.base = base
    unsafe length = (base + lengthOffset).assumingMemoryBound(to: UInt64.self)
    unsafe self.start = base + start
    self.capacity = UInt64(capacity)
    self.observer = observer
    unsafe saved = .allocate(capacity: 1 + 1 << UndoLog.savedBits)
    unsafe saved.initialize(repeating: 0, count: 1 + 1 << UndoLog.savedBits)
    unsafe saved.pointee = 1
  }

  deinit { unsafe saved.deallocate() }

  @inlinable package var isOpen: Bool { unsafe length.pointee != 0 }
  /// Writes that did not fit the log; stored behind the length in the store's header.
  @inlinable package var overflows: UInt64 { unsafe (length + 1).pointee }

  // Packs a place (a multiple of eight below 8 TiB) and a turn (24 bits) into one word.
  @inlinable @inline(__always)
  func stamp(_ offset: Int) -> UInt64 {
    unsafe saved.pointee << 40 | UInt64(truncatingIfNeeded: offset >> 3)
  }

  @inlinable @inline(__always)
  func slot(_ offset: Int) -> UnsafeMutablePointer<UInt64> {
    let place = UInt64(truncatingIfNeeded: offset >> 3)
    let hash = (place &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - UndoLog.savedBits)
    return unsafe saved + 1 + Int(truncatingIfNeeded: hash)
  }

  /// Whether the record at `offset` is known to be saved in this turn.
  @inlinable @inline(__always)
  package func isSaved(_ offset: Int) -> Bool { unsafe slot(offset).pointee == stamp(offset) }

  /// Saves the record at `offset` before it changes. A place always holds the same type.
  @inlinable @inline(__always)
  package func save<Record: BitwiseCopyable>(offset: Int, as _: Record.Type) {
    let length = unsafe length
    let used = unsafe length.pointee
    let size = MemoryLayout<Record>.stride
    // An entry is far smaller than the log, and past this check `used` is below its capacity: nothing below
    // can wrap.
    guard used <= capacity &- UInt64(truncatingIfNeeded: size &+ 16) else {
      unsafe (length + 1).pointee &+= 1
      return
    }
    let entry = unsafe start + Int(truncatingIfNeeded: used)
    unsafe entry.copyMemory(from: base + offset, byteCount: size)
    unsafe (entry + size).storeBytes(
      of: (UInt64(truncatingIfNeeded: offset), UInt64(truncatingIfNeeded: size)),
      as: (UInt64, UInt64).self)
    // The entry must be complete before it is published, and published before the place changes.
    atomicMemoryFence(ordering: .releasing)
    unsafe length.pointee = used &+ UInt64(truncatingIfNeeded: size &+ 16)
    atomicMemoryFence(ordering: .releasing)
    unsafe slot(offset).pointee = stamp(offset)
    wrote()
  }

  /// Notifies the observer that a place has changed.
  @inlinable @inline(__always)
  package func wrote() { if observer != nil { tell() } }

  /// Out of line: only tests have an observer.
  @usableFromInline @inline(never)
  func tell() { observer?.onWrite() }

  @inlinable package func commit() {
    atomicMemoryFence(ordering: .releasing)
    unsafe length.pointee = 0
    atomicMemoryFence(ordering: .releasing)
    // Starts a new turn without saved places.
    unsafe saved.pointee = (saved.pointee &+ 1) & 0xFF_FFFF
    // The number has wrapped: entries of 16 million turns ago must not be taken for current ones.
    if unsafe saved.pointee == 0 {
      unsafe saved.update(repeating: 0, count: 1 + 1 << UndoLog.savedBits)
      unsafe saved.pointee = 1
    }
  }

  /// Rolls an unfinished turn back: restores the old bytes of the tables, which begin at `from`. False when
  /// the log is inconsistent.
  package func rollBack(storeSize: Int, from: Int) -> Bool {
    guard unsafe length.pointee <= capacity else { return false }
    var used = unsafe Int(length.pointee)
    while used > 0 {
      guard used >= 16 else { return false }
      let entry = unsafe (start + used - 16).load(as: (UInt64, UInt64).self)
      guard entry.1 <= UInt64(used - 16), entry.0 >= UInt64(from), entry.0 <= UInt64(storeSize),
        entry.1 <= UInt64(storeSize) - entry.0
      else { return false }
      let size = Int(entry.1)
      unsafe (base + Int(entry.0)).copyMemory(from: start + used - 16 - size, byteCount: size)
      used -= 16 + size
    }
    commit()
    return true
  }
}
