// An action with everything the host reads for it before the next turn, so that the actions of two
// simulators can be compared by value.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISSimulator

/// What a receiver or a miniport is told of lists.
struct ToldLists: Hashable {
  var port: UInt32 = 0
  var flags: UInt32 = 0
  var count: UInt32 = 0
  var pieces: [ReceivedPiece] = []
  var returned: [UInt64] = []

  init(_ simulator: borrowing Simulator, _ id: UInt64) {
    var hasTags = false
    if let told = simulator.indication(ofUpcall: id) { (port, flags, count, hasTags) = told }
    var pieces: [ReceivedPiece] = []
    simulator.forEachPiece(ofUpcall: id, tags: hasTags) { pieces.append($0) }
    self.pieces = pieces
    var returned: [UInt64] = []
    simulator.forEachReturned(ofUpcall: id) { returned.append($0) }
    self.returned = returned
  }

  /// The lists' handles, in order.
  var handles: [Handle] {
    pieces.compactMap {
      guard case .list(let handle, _, _, _) = $0 else { return nil }
      return handle
    }
  }
}

/// What a turn asked for.
enum Delivery {
  case reply(session: UInt32, id: UInt64, RequestResult?)
  case refuse(session: UInt32, id: UInt64, Failure)
  case upcall(session: UInt32, id: UInt64, UpcallDetails?, ToldLists, OIDDetails?)
  case hosted(provider: UInt32, id: UInt64, UpcallDetails?)
  case released(Handle, session: UInt32?, hosted: UInt32?)
  case gone(UInt32)
  case freed(FreedBlock)
  case event(Event)

  init(_ action: Action, _ simulator: borrowing Simulator) {
    switch action {
    case .reply(let session, let id):
      self = .reply(
        session: session, id: id, simulator.result(session: session, requestID: id))
    case .refuse(let session, let id, _, let failure):
      self = .refuse(session: session, id: id, failure)
    case .upcall(let session, let id):
      self = .upcall(
        session: session, id: id, simulator.upcall(id), ToldLists(simulator, id),
        simulator.oid(ofUpcall: id))
    case .hostedUpcall(let provider, let id):
      self = .hosted(provider: provider, id: id, simulator.upcall(id))
    case .sectionReleased(_, let handle, let session, let hosted):
      self = .released(handle, session: session, hosted: hosted)
    case .sessionGone(let session): self = .gone(session)
    case .freed(let block): self = .freed(block)
    case .event(let event): self = .event(event)
    }
  }

  func isSame(as other: Delivery) -> Bool {
    switch (self, other) {
    case (.reply(let s, let i, let a), .reply(let t, let j, let b)):
      return s == t && i == j && a?.failure == b?.failure && a?.bugCheck == b?.bugCheck
        && a?.value == b?.value && a?.value2 == b?.value2 && a?.type == b?.type
    case (.refuse(let s, let i, let f), .refuse(let t, let j, let g)):
      return s == t && i == j && f == g
    case (.upcall(let s, let i, let a, let x, let o), .upcall(let t, let j, let b, let y, let p)):
      return s == t && i == j && same(a, b) && x == y && o == p
    case (.hosted(let s, let i, let a), .hosted(let t, let j, let b)):
      return s == t && i == j && same(a, b)
    case (.released(let h, let s, let p), .released(let i, let t, let q)):
      return h == i && s == t && p == q
    case (.gone(let s), .gone(let t)): return s == t
    case (.freed(let a), .freed(let b)):
      return a.allocation == b.allocation && a.party == b.party && a.origin == b.origin
    case (.event(let e), .event(let f)): return e == f
    default: return false
    }
  }
}

private func same(_ a: UpcallDetails?, _ b: UpcallDetails?) -> Bool {
  guard let a, let b else { return a == nil && b == nil }
  return a.type == b.type && a.parent == b.parent && a.object == b.object
    && a.context == b.context && a.handler == b.handler && a.name == b.name
    && a.bindContext == b.bindContext && a.providerContext == b.providerContext
    && a.section == b.section && a.parameters == b.parameters && a.tag == b.tag
    && a.site == b.site && a.argument == b.argument
}
