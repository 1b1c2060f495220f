// What of a switchboard outlives its process: one object, which does nothing where nothing does. The store is a
// memory file, sections are memory files, connections are sockets; a descriptor store has a descriptor of each
// and gives them to the next process. It also keeps the record of the work in progress, so that a request at
// which two processes in a row crashed is not carried out a third time.

import NDISDriverProtocol
import NDISPlatform
import NDISSimulator
import NDIS

/// Persistence of a switchboard's state.
protocol Persistence: AnyObject {
  /// Which of the features a client asks for its session may have.
  func features(of wanted: SessionFeatures) -> SessionFeatures

  // MARK: The work in progress

  /// Records what is worked on from now on; false: two processes in a row crashed at just that.
  func beginWork(_ work: InFlightWork, _ simulator: borrowing Simulator) -> Bool
  /// Records that nothing is worked on.
  func endWork(_ simulator: borrowing Simulator)
  /// Records `work` and returns what was recorded before it, for `resumeWork`.
  func interruptWork(for work: InFlightWork, _ simulator: borrowing Simulator) -> InFlightWork
  /// Records again what was interrupted.
  func resumeWork(_ interrupted: InFlightWork, _ simulator: borrowing Simulator)
  /// The quarantined work has been dealt with, and is not refused again.
  func endQuarantine(_ simulator: inout Simulator)
  /// Takes over what an earlier process quarantined.
  func restoreQuarantine(_ simulator: borrowing Simulator)
  /// Whether it is not known yet that the store can be served from without a crash.
  var isOnProbation: Bool { get }
  /// Ends the probation when it has lasted long enough.
  func endProbation(now: UInt64, _ simulator: inout Simulator)
  /// Time passes without a turn.
  func advance(time: UInt64, _ simulator: inout Simulator)
  /// A session has ended: with it, the quarantine of its work.
  func sessionEnded(_ session: UInt32, _ simulator: inout Simulator)

  // MARK: Hosted drivers

  /// The first row that stores how a hosted provider was set up; nil: that is not stored.
  func row(ofPool number: Int) -> UInt32?
  /// The places where the state of hosted miniports is stored.
  var miniportPlaces: Range<UInt32> { get }
  /// Turns until `commitTransaction` are one transaction.
  func beginTransaction(_ simulator: inout Simulator)
  func commitTransaction(_ simulator: inout Simulator)
  /// A hosted driver has been delivered an upcall: part of the transaction.
  func delivered(upcall: UInt64, _ simulator: inout Simulator)

  // MARK: Sections

  /// Has the memory of a new section stored.
  func store(_ section: Handle, _ memory: SectionMemory, _ simulator: inout Simulator)
  /// A section is gone. Returns the replies that waited for it.
  func release(_ section: Handle, _ memory: SectionMemory) -> [DeferredReply]
  /// Defers a reply until the memory of its section is stored; false when it can be sent. A section whose memory
  /// is missing after a crash is then one that no client knows of.
  func deferReply(
    _ reply: DeferredReply, _ memories: SectionMemories, _ simulator: inout Simulator
  ) -> Bool
  /// A reply is sent.
  func replied(_ reply: DeferredReply, _ simulator: inout Simulator)
  /// The descriptor store has taken what it was given. Returns the replies that waited for that.
  func descriptorsStored(
    _ memories: SectionMemories, _ simulator: inout Simulator
  ) -> [DeferredReply]
  /// Whether replies wait.
  var hasDeferredReplies: Bool { get }

  // MARK: Connections

  /// Has the connection of a session stored, once others depend on the session.
  func store(
    _ connection: DriverConnection, _ session: UInt32, _ simulator: inout Simulator)
  /// A connection that an earlier process stored is used again.
  func restored(_ connection: DriverConnection)
  /// A connection is closed.
  func closed(_ connection: DriverConnection)

  // MARK: The end

  /// The daemon stops: nothing is left to the next process.
  func retire(_ simulator: borrowing Simulator)
}

/// A reply that may have to wait: to a session, and to which of its requests.
struct DeferredReply {
  var session: UInt32
  var id: UInt64
}

/// Nothing outlives the process.
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
