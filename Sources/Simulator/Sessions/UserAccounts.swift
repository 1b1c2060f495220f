// Usage per user, over all of its sessions. Derived: the sessions' records are authoritative. Consecutive
// requests are usually of the same user, so the last one is cached.

import NDISStore

/// Usage of one user.
struct UserUsage {
  var sessions: UInt32 = 0
  var sections: UInt32 = 0
  var objects: UInt32 = 0
  var blocks: UInt32 = 0
  var bytes: UInt64 = 0
}

/// Usage by user id.
struct UserTable: ~Copyable {
  private var slots: [UInt32: Int] = [:]
  private var usages: [UserUsage] = []
  /// Slots of users without sessions.
  private var free: [Int] = []
  private var recent: (user: UInt32, slot: Int)?

  init() {}

  /// Usage of the users of all sessions.
  init(_ slabs: borrowing Slabs) {
    slabs.sessions.forEachUsed { _, session in
      var usage = self[session.uid] ?? UserUsage()
      usage.sessions &+= 1
      usage.sections &+= session.sections
      usage.objects &+= session.objects
      usage.blocks &+= session.blocks
      usage.bytes &+= session.bytes
      self[session.uid] = usage
    }
  }

  private func slot(_ user: UInt32) -> Int? {
    if let recent, recent.user == user { return recent.slot }
    return slots[user]
  }

  /// Usage of a user; nil when it has none. Setting nil removes it.
  subscript(user: UInt32) -> UserUsage? {
    get { slot(user).map { usages[$0] } }
    set {
      if let newValue {
        self[user, default: UserUsage()] = newValue
      } else if let slot = slots.removeValue(forKey: user) {
        free.append(slot)
        recent = nil
      }
    }
  }

  /// Usage of a user, changed in place.
  subscript(user: UInt32, default usage: @autoclosure () -> UserUsage) -> UserUsage {
    get { self[user] ?? usage() }
    _modify {
      let slot = slot(user) ?? insert(user, usage())
      recent = (user, slot)
      yield &usages[slot]
    }
  }

  private mutating func insert(_ user: UInt32, _ usage: UserUsage) -> Int {
    let slot = free.popLast() ?? usages.count
    if slot < usages.count { usages[slot] = usage } else { usages.append(usage) }
    slots[user] = slot
    return slot
  }
}
