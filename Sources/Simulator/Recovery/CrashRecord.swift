// The host's work in progress. It is stored in the store's header, outside every transaction: after a crash
// the next process sees which work the last one crashed on. Work that was in progress at two crashes in a row
// is quarantined and not retried. A process that is killed from outside also leaves work in progress behind,
// but only one that crashes sets the crash flag.

public import NDISStore

/// A unit of work, identified by values that stay valid across a restart.
public struct InFlightWork: BitwiseCopyable, Equatable, Sendable {
  public enum Kind: UInt32, Sendable {
    case nothing = 0
    /// A request: session and request id.
    case request
    /// A process's answer to an upcall: session and upcall.
    case answer
    /// A call of a hosted driver: upcall.
    case hosted
    /// Adopting the store, and the recovery work that follows.
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
  /// Records the work in progress.
  @inline(__always)
  public func beginWork(_ work: InFlightWork) { store.header.inFlight = work }

  /// The work in progress.
  @inline(__always)
  public var inFlight: InFlightWork { store.header.inFlight }

  /// Marks the work in progress as finished.
  @inline(__always)
  public func endWork() { store.header.inFlight = InFlightWork() }

  /// The work that was in progress at the last crash.
  public var lastCrash: InFlightWork? { store.header.crashes > 0 ? store.header.quarantined : nil }

  /// Updates the time without a turn.
  public func advance(time: UInt64) { store.header.time = time }

  /// The work that was in progress at two crashes in a row, and must not be retried.
  public var quarantined: InFlightWork? {
    let header = store.header
    return header.crashes >= 2 && header.quarantined.kind != .nothing ? header.quarantined : nil
  }

  /// Ends the quarantine after the quarantined work has been dealt with.
  public func clearQuarantine() {
    store.header.quarantined = InFlightWork()
    store.header.crashes = 0
  }

  /// Address of the crash flag, to which a crashing process writes 1 as its last act; the store's memory must
  /// stay mapped.
  public static func crashMark(_ memory: StoreMemory) -> UnsafeMutablePointer<UInt64> {
    unsafe (memory.base + StoreHeader.crashOffset).assumingMemoryBound(to: UInt64.self)
  }

  /// Checks, once before an adoption, whether the previous process crashed. Returns the work it crashed on
  /// and the number of consecutive crashes on it; nil if it was killed from outside or exited. From here
  /// until `endWork` the work in progress is `.store`.
  ///
  /// - Throws: `StoreError` for bytes that are not a store of this layout, and for a store that has crashed
  ///   two processes in a row.
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

  /// Retires this store: no process may resume from it.
  public func retire() { Simulator.retire(store.memory) }

  /// Retires the store in this memory: no process may resume from it.
  public static func retire(_ memory: StoreMemory) {
    unsafe memory.base.storeBytes(of: StoreHeader.retired, as: UInt64.self)
  }

  /// Whether the store in this memory was retired.
  public static func isRetired(_ memory: StoreMemory) -> Bool {
    guard memory.size >= MemoryLayout<StoreHeader>.size else { return false }
    return unsafe memory.base.load(as: UInt64.self) == StoreHeader.retired
  }
}
