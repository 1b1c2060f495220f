// The state of a switchboard that outlives its process, behind one protocol; `NoPersistence` does nothing.
// The store and the sections are memfds, connections are sockets; a descriptor store keeps a descriptor of
// each and passes it to the next process. The record of the work in progress is kept too: a request that two
// consecutive processes crashed while handling is refused by the third.

import NDISDriverProtocol
import NDISPlatform
import NDISSimulator
import NDIS

/// Persistence of a switchboard's state.
protocol Persistence: AnyObject {
  /// The requested session features that can be granted.
  func features(of wanted: SessionFeatures) -> SessionFeatures

  // MARK: The work in progress

  /// Records the work in progress; false if two consecutive processes crashed while handling it.
  func beginWork(_ work: InFlightWork, _ simulator: borrowing Simulator) -> Bool
  /// Records that no work is in progress.
  func endWork(_ simulator: borrowing Simulator)
  /// Records `work` and returns the interrupted work, for `resumeWork`.
  func interruptWork(for work: InFlightWork, _ simulator: borrowing Simulator) -> InFlightWork
  /// Records the interrupted work again.
  func resumeWork(_ interrupted: InFlightWork, _ simulator: borrowing Simulator)
  /// The quarantined work has been refused or failed: clears the quarantine.
  func endQuarantine(_ simulator: inout Simulator)
  /// Restores the quarantine that an earlier process recorded.
  func restoreQuarantine(_ simulator: borrowing Simulator)
  /// Whether the process has not served the store for long enough to be considered stable.
  var isOnProbation: Bool { get }
  /// Ends the probation when its time is up.
  func endProbation(now: UInt64, _ simulator: inout Simulator)
  /// Advances the store's clock without a turn.
  func advance(time: UInt64, _ simulator: inout Simulator)
  /// A session has ended: clears the quarantine of its work.
  func sessionEnded(_ session: UInt32, _ simulator: inout Simulator)

  // MARK: Hosted drivers

  /// The row that stores a hosted provider's settings; nil if they are not stored.
  func row(ofPool number: Int) -> UInt32?
  /// The runs of rows available for the state of hosted miniports.
  var miniportPlaces: Range<UInt32> { get }
  /// Combines all turns up to `commitTransaction` in one transaction.
  func beginTransaction(_ simulator: inout Simulator)
  func commitTransaction(_ simulator: inout Simulator)
  /// Marks an upcall as delivered to a hosted driver, as part of the transaction.
  func delivered(upcall: UInt64, _ simulator: inout Simulator)

  // MARK: Sections

  /// Stores the memory of a new section.
  func store(_ section: Handle, _ memory: SectionMemory, _ simulator: inout Simulator)
  /// Removes a released section. Returns the replies that were deferred for it.
  func release(_ section: Handle, _ memory: SectionMemory) -> [DeferredReply]
  /// Defers a reply until the memory of its section is stored; false if it can be sent now. A section whose
  /// memory is missing after a crash is thus unknown to every client.
  func deferReply(
    _ reply: DeferredReply, _ memories: SectionMemories, _ simulator: inout Simulator
  ) -> Bool
  /// A reply has been sent.
  func replied(_ reply: DeferredReply, _ simulator: inout Simulator)
  /// The descriptor store has received its descriptors. Returns the replies that were deferred for them.
  func descriptorsStored(
    _ memories: SectionMemories, _ simulator: inout Simulator
  ) -> [DeferredReply]
  /// Whether replies are deferred.
  var hasDeferredReplies: Bool { get }

  // MARK: Connections

  /// Stores the connection of a session that other clients depend on.
  func store(
    _ connection: DriverConnection, _ session: UInt32, _ simulator: inout Simulator)
  /// A connection stored by an earlier process is in use again.
  func restored(_ connection: DriverConnection)
  /// A connection has been closed.
  func closed(_ connection: DriverConnection)

  // MARK: Shutdown

  /// The daemon stops: removes the state instead of passing it to the next process.
  func retire(_ simulator: borrowing Simulator)
}

/// A reply that may be deferred: its session and request ID. Or an upcall, whose ID it is.
struct DeferredReply {
  var session: UInt32
  var id: UInt64
  var isUpcall = false
}

/// No state outlives the process.
final class NoPersistence: Persistence {
  func features(of wanted: SessionFeatures) -> SessionFeatures { [] }
  func beginWork(_ work: InFlightWork, _ simulator: borrowing Simulator) -> Bool { true }
  func endWork(_ simulator: borrowing Simulator) {}
  func interruptWork(for work: InFlightWork, _ simulator: borrowing Simulator) -> InFlightWork {
    work
  }
  func resumeWork(_ interrupted: InFlightWork, _ simulator: borrowing Simulator) {}
  func endQuarantine(_ simulator: inout Simulator) {}
  func restoreQuarantine(_ simulator: borrowing Simulator) {}
  var isOnProbation: Bool { false }
  func endProbation(now: UInt64, _ simulator: inout Simulator) {}
  func advance(time: UInt64, _ simulator: inout Simulator) {}
  func sessionEnded(_ session: UInt32, _ simulator: inout Simulator) {}
  func row(ofPool number: Int) -> UInt32? { nil }
  var miniportPlaces: Range<UInt32> { 0..<0 }
  func beginTransaction(_ simulator: inout Simulator) {}
  func commitTransaction(_ simulator: inout Simulator) {}
  func delivered(upcall: UInt64, _ simulator: inout Simulator) {}
  func store(_ section: Handle, _ memory: SectionMemory, _ simulator: inout Simulator) {}
  func release(_ section: Handle, _ memory: SectionMemory) -> [DeferredReply] { [] }
  func deferReply(
    _ reply: DeferredReply, _ memories: SectionMemories, _ simulator: inout Simulator
  ) -> Bool { false }
  func replied(_ reply: DeferredReply, _ simulator: inout Simulator) {}
  func descriptorsStored(
    _ memories: SectionMemories, _ simulator: inout Simulator
  ) -> [DeferredReply] { [] }
  var hasDeferredReplies: Bool { false }
  func store(
    _ connection: DriverConnection, _ session: UInt32, _ simulator: inout Simulator
  ) {}
  func restored(_ connection: DriverConnection) {}
  func closed(_ connection: DriverConnection) {}
  func retire(_ simulator: borrowing Simulator) {}
}
