// Limits the number of calls that wait or monitor, for each user and in total: each acquires a slot and holds
// it until the call ends.

import NDISManagementInterface

/// The slots of one management service.
final class WaitSlots {
  private var used: [UInt32: Int] = [:]
  /// Number of slots in use.
  private(set) var count = 0

  /// Maximum number of slots, for each user and in total.
  static let limitPerUser = 64
  static let limit = 512

  /// Acquires a slot; throws TooManyWaiting.
  func acquire(_ uid: UInt32) throws(ManagementFailure) -> WaitSlot {
    let own = used[uid, default: 0]
    guard own < WaitSlots.limitPerUser else {
      throw ManagementFailure(Interface.TooManyWaiting(limit: WaitSlots.limitPerUser))
    }
    guard count < WaitSlots.limit else {
      throw ManagementFailure(Interface.TooManyWaiting(limit: WaitSlots.limit))
    }
    used[uid] = own + 1
    count += 1
    return WaitSlot(self, uid)
  }

  fileprivate func release(_ uid: UInt32) {
    let own = used[uid, default: 1] - 1
    used[uid] = own > 0 ? own : nil
    count -= 1
  }
}

/// A slot in use, released with its last reference.
final class WaitSlot {
  private let slots: WaitSlots
  private let uid: UInt32

  fileprivate init(_ slots: WaitSlots, _ uid: UInt32) {
    self.slots = slots
    self.uid = uid
  }

  deinit { slots.release(uid) }
}

/// An answer that holds a slot.
final class WaitingAnswer: ManagementAnswer {
  private let inner: ManagementAnswer
  private let slot: WaitSlot

  init(_ inner: ManagementAnswer, _ slot: WaitSlot) {
    self.inner = inner
    self.slot = slot
  }

  override var deadline: UInt64? { inner.deadline }
  override var looksAtCounters: Bool { inner.looksAtCounters }

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    inner.step(service, budget: &budget)
  }
}

extension ManagementService {
  /// The answer of an adapter change: one that waits acquires a slot before it changes anything.
  func waiting(_ answer: AdapterAnswer, _ uid: UInt32) throws(ManagementFailure) -> ManagementAnswer
  {
    answer.waits ? WaitingAnswer(answer, try waitSlots.acquire(uid)) : answer
  }
}
