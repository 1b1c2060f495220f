// What the host has in hand while it works on it. It stands in the store's header, outside every
// transaction: when the process crashes, the next one sees what it crashed of. What was in hand at two crashes
// in a row is not tried a third time. A process that is killed from outside dies with something in hand as
// well; but one that crashes leaves a mark.

public import NDISStore

/// A piece of work, by names that mean the same after a restart.
public struct InFlightWork: BitwiseCopyable, Equatable, Sendable {
  public enum Kind: UInt32, Sendable {
    case nothing = 0
    /// A request: session and request id.
    case request
    /// A process's answer to an upcall: session and upcall.
    case answer
    /// A call of a hosted driver: upcall.
    case hosted
    /// Taking over the store, and what it leaves to do.
    case store
  }
  var rawKind: UInt32 = 0
  public var session: UInt32 = 0
  public var id: UInt64 = 0

  init() {}

  public init(_ kind: Kind, session: UInt32 = 0, id: UInt64 = 0) {
    rawKind = kind.rawValue
    self.session = session
    self.id = id
  }

  public var kind: Kind { Kind(rawValue: rawKind) ?? .nothing }
}

extension Simulator {
  /// Notes what the host works on from now on.
  @inline(__always)
  public func beginWork(_ work: InFlightWork) { store.header.inFlight = work }

  /// What the host works on.
  @inline(__always)
  public var inFlight: InFlightWork { store.header.inFlight }

  /// The host is done with what it had in hand.
  @inline(__always)
  public func endWork() { store.header.inFlight = InFlightWork() }

  /// What was in hand at the last crash.
  public var lastCrash: InFlightWork? { store.header.crashes > 0 ? store.header.quarantined : nil }

  /// Time has passed without a turn.
  public func advance(time: UInt64) { store.header.time = time }

  /// What was in hand at two crashes in a row, and must not be tried again.
  public var quarantined: InFlightWork? {
    let header = store.header
    return header.crashes >= 2 && header.quarantined.kind != .nothing ? header.quarantined : nil
  }

  /// The suspect has been dealt with.
  public func clearQuarantine() {
    store.header.quarantined = InFlightWork()
    store.header.crashes = 0
  }

  /// Where a process that crashes writes 1 as its last act; the store's memory must stay mapped.
  public static func crashMark(_ memory: StoreMemory) -> UnsafeMutablePointer<UInt64> {
    unsafe (memory.base + StoreHeader.crashOffset).assumingMemoryBound(to: UInt64.self)
  }

  /// Looks, once before an adoption, at what the process before this one crashed of. Answers that and how
  /// many have crashed of it in a row; nil: it was killed from outside, or ended. From here until `endWork` the
  /// store itself is in hand.
  ///
  /// - Throws: `StoreError` for bytes that are no store of this layout, and for a store that has crashed two
  ///   processes in a row.
  public static func examine(
    _ memory: StoreMemory
  ) throws(StoreError) -> (work: InFlightWork, crashes: UInt64)? {
    guard memory.size >= MemoryLayout<StoreHeader>.size else {
      throw .tooSmall(needed: MemoryLayout<StoreHeader>.size, given: memory.size)
    }
    let header = unsafe memory.base.assumingMemoryBound(to: StoreHeader.self)
    guard unsafe header.pointee.magic == StoreHeader.magic,
      unsafe header.pointee.version == StoreHeader.layoutVersion
    else { throw .otherLayout }
    let work = unsafe header.pointee.inFlight
    let hasCrashed = unsafe header.pointee.hasCrashed != 0
    unsafe header.pointee.hasCrashed = 0
    unsafe header.pointee.inFlight = InFlightWork(.store)
    guard hasCrashed else { return nil }
    guard work.kind != .nothing else {
      unsafe header.pointee.quarantined = InFlightWork()
      unsafe header.pointee.crashes = 0
      return (work, 1)
    }
    let isAgain = unsafe work == header.pointee.quarantined
    let crashes = isAgain ? unsafe header.pointee.crashes &+ 1 : 1
    unsafe header.pointee.quarantined = work
    unsafe header.pointee.crashes = crashes
    guard work.kind != .store || crashes < 2 else { throw .crashes }
    return (work, crashes)
  }

  /// Nobody is to go on from this store.
  public func retire() { Simulator.retire(store.memory) }

  /// Nobody is to go on from the store in this memory.
  public static func retire(_ memory: StoreMemory) {
    unsafe memory.base.storeBytes(of: StoreHeader.retired, as: UInt64.self)
  }

  /// Whether the store in this memory was retired.
  public static func isRetired(_ memory: StoreMemory) -> Bool {
    guard memory.size >= MemoryLayout<StoreHeader>.size else { return false }
    return unsafe memory.base.load(as: UInt64.self) == StoreHeader.retired
  }
}
