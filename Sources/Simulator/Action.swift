// What a turn asks its host to do afterwards. The dispatcher never calls out: it appends actions, the
// host carries them out when the turn has been committed. An action names records; the host reads what
// it needs through the simulator before the next turn.

public import NDISEvents
public import NDIS

/// One thing to do after a turn.
public enum Action: Sendable {
  /// Send the result in the session's ring for this request.
  case reply(session: UInt32, requestID: UInt64)
  /// Refuse a request that has no place in the ring.
  case refuse(session: UInt32, requestID: UInt64, type: UInt16, Failure)
  /// Send this upcall to the session's process.
  case upcall(session: UInt32, id: UInt64)
  /// Have this upcall served by a hosted provider.
  case hostedUpcall(provider: UInt32, id: UInt64)
  /// The section is gone: close its descriptor, and tell the remote provider, if any, that offered it.
  case sectionReleased(index: UInt32, Handle, session: UInt32?, hosted: UInt32?)
  /// The session's last object is gone and its record is free.
  case sessionGone(UInt32)
  /// Indirect, so that the actions of every request stay small; events are few.
  indirect case event(Event)
}

/// Actions in order, in memory that is used again.
public struct Actions: ~Copyable {
  public private(set) var list: [Action] = []
  public init() { list.reserveCapacity(64) }
  public mutating func append(_ action: Action) { list.append(action) }
  public mutating func removeAll() {
    // Most turns have one or two: taken off one by one they cost less than a range that is replaced.
    guard list.count <= 4 else { return list.removeAll(keepingCapacity: true) }
    while !list.isEmpty { list.removeLast() }
  }
  public var isEmpty: Bool { list.isEmpty }
}
