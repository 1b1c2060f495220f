// Snapshots of sessions: plain values, made from a record on demand.

public import NDIS
import NDISStore

/// A session.
public struct SessionSnapshot: Sendable, Equatable {
  public enum State: String, Sendable { case open, resetting, ended }
  /// Never reused while the store lives.
  public var number: UInt32
  public var name: Name
  public var pid: Int32
  public var uid: UInt32
  public var state: State
  public var drivers: Int
  public var blocks: UInt32
  public var bytes: UInt64
  public var sections: UInt32
  public var openRequests: Int
  public var openUpcalls: Int
  public var violations: UInt64
  public var leakedBlocks: UInt64
}

extension Simulator {
  /// The session at a used index.
  public func sessionSnapshot(_ index: UInt32, budget: inout Int) -> SessionSnapshot {
    let index = Index<SessionRecord>(index)
    let record = store.sessions[index]
    let client = store.clients[index]
    let state: SessionSnapshot.State =
      switch record.state {
      case .resetting: .resetting
      case .ended, .free: .ended
      case .open: .open
      }
    return SessionSnapshot(
      number: client.number, name: client.name, pid: client.pid, uid: record.uid, state: state,
      drivers: count(record.drivers, budget: &budget, next: { store.drivers[$0, \.next] }),
      blocks: record.blocks, bytes: record.bytes, sections: record.sections,
      openRequests: count(record.requests, budget: &budget, next: { store.requests[$0, \.next] }),
      openUpcalls: count(
        record.upcalls, budget: &budget, next: { store.upcalls[$0, \.next] },
        where: { store.upcalls[$0, \.state] == .open }),
      violations: client.violations, leakedBlocks: client.leaked)
  }

  /// The number of a session; nil if there is none.
  func number(of session: Ref<SessionRecord>) -> UInt32? {
    session.optional.map { store.clients[$0, \.number] }
  }

  /// The number of the session at an index.
  public func number(ofSession index: UInt32) -> UInt32 { store.clients[Index(index), \.number] }

  /// The index of the session with this number; nil if it has ended.
  public func session(numbered number: UInt32) -> UInt32? {
    var cursor = ListingCursor()
    var budget = Int.max
    while let index = next(.session, &cursor, budget: &budget) {
      if store.clients[Index(index), \.number] == number { return index }
    }
    return nil
  }
}
