// How much each user holds, over all of its sessions. Derived: the sessions' records are the truth. A
// request of a user usually follows another of the same one, so the last one asked for is remembered.

import NDISStore

/// How much one user holds.
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
  /// Slots of users that are gone.
  private var free: [Int] = []
  private var recent: (user: UInt32, slot: Int)?

  init() {}

  /// What the users of the sessions hold.
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

  /// What a user holds; nil when nothing is known of it. Setting nil forgets it.
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

  /// What a user holds, to be changed in place.
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
