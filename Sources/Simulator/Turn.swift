// A turn: its time, and the actions for the host to carry out afterwards. The dispatcher never calls out: it
// emits actions, and the host carries them out when the turn has been committed. An action names records; the
// host reads their contents through the simulator before the next turn.

public import NDISEvents
public import NDIS

/// One action to carry out after a turn.
public enum Action: Sendable {
  /// Send the result in the session's ring for this request.
  case reply(session: UInt32, requestID: UInt64)
  /// Refuse a request that gets no slot in the ring.
  case refuse(session: UInt32, requestID: UInt64, type: UInt16, Failure)
  /// Send this upcall to the session's process.
  case upcall(session: UInt32, id: UInt64)
  /// Call a hosted provider with this upcall.
  case hostedUpcall(provider: UInt32, id: UInt64)
  /// The section has been removed: close its descriptor, and notify the remote provider, if any, that offered
  /// it.
  case sectionReleased(index: UInt32, Handle, session: UInt32?, hosted: UInt32?)
  /// A block of a hosted provider is being freed while freed memory is watched; the provider's upcall follows.
  indirect case freed(FreedBlock)
  /// The session's last object has ended and its record is free.
  case sessionGone(UInt32)
  /// Indirect, so that the actions of every request stay small; events are few.
  indirect case event(Event)
}

/// The time of a turn, and the actions of this and earlier turns that the host has not carried out yet.
public struct Turn: ~Copyable {
  /// The time handed in with the turn, milliseconds of a monotonic clock.
  public internal(set) var now: UInt64 = 0
  /// In order.
  public private(set) var actions: [Action] = []

  init() { actions.reserveCapacity(64) }

  mutating func emit(_ action: Action) { actions.append(action) }

  fileprivate mutating func removeActions() {
    // Most turns have one or two actions: removing them one by one costs less than replacing a range.
    guard actions.count <= 4 else { return actions.removeAll(keepingCapacity: true) }
    while !actions.isEmpty { actions.removeLast() }
  }
}

extension Simulator {
  /// Removes the actions, which the host has carried out. Their memory is reused for the next turns.
  public mutating func removeActions() { turn.removeActions() }
}
