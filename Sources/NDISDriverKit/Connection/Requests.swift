// The requests of a session that have no answer yet, and who reads the connection. A request has a
// slot; its reply waits there until whoever asked takes it. Slots, reply buffers and the send
// buffer are made once: a blocking call allocates nothing here.

import NDIS
import NDISPlatform

/// A request that was sent. Each must be finished once, or its slot stays taken.
struct Ticket: Sendable {
  var slot: Int
  var id: UInt64
}

/// A task that waits to be resumed, exactly once.
@safe struct SleepingTask: Sendable {
  private let continuation: UnsafeContinuation<Void, Never>

  init(_ continuation: UnsafeContinuation<Void, Never>) {
    unsafe self.continuation = unsafe continuation
  }

  func resume() { unsafe continuation.resume() }
}

/// One place for a request and its reply.
struct Slot {
  /// The request's id, 0 = free.
  var id: UInt64 = 0
  var isDone = false
  /// Nobody waits; the slot is freed by the reply itself.
  var isIgnored = false
  /// A duplicate of the descriptor that travelled with the request, -1 = none; for sending it again.
  var descriptor: Int32 = -1
  /// Bytes of the reply in the slot's buffer.
  var length = 0
  /// Resumed when the reply is there.
  var continuation: SleepingTask?
}

/// What all threads of a connection share.
struct Requests {
  var slots = [Slot](repeating: Slot(), count: Int(NDIS.Limits.maximumOutstanding))
  var free = Int(NDIS.Limits.maximumOutstanding)
  /// A thread reads the connection.
  var isReading = false
  /// Threads that wait for a reply or for their turn to read.
  var waiters = 0
  /// `stop()` was called.
  var isStopping = false
  /// Why the connection ended.
  var closed: DriverError?
  /// OID requests a thread waits for, by their context; nil until the end has been told.
  var completions: [UInt64: OIDCompletion?] = [:]
  /// Replies without a request.
  var strayReplies = 0
  /// The last context the kit gave out.
  var nextWait: UInt64 = 0
  /// Tasks that wait for a free slot.
  var waitingTasks: [SleepingTask] = []
  /// Upcalls, of a session that can be resumed.
  var turns = UpcallTurns()
  /// Of the daemon that speaks now.
  var instance: [UInt8] = []
  /// When time is over for coming back to a daemon that has gone; nil while it is there.
  var backBefore: UInt64?

  /// Takes a slot, by preference the one that the id suggests.
  mutating func take(_ id: UInt64) -> Int? {
    guard free > 0 else { return nil }
    var index = Int(id % UInt64(slots.count))
    if slots[index].id != 0 {
      guard let other = slots.firstIndex(where: { $0.id == 0 }) else { return nil }
      index = other
    }
    slots[index].id = id
    free -= 1
    return index
  }

  /// The slot of an unanswered request.
  func find(_ id: UInt64) -> Int? {
    let index = Int(id % UInt64(slots.count))
    if slots[index].id == id { return slots[index].isDone ? nil : index }
    return slots.firstIndex { $0.id == id && !$0.isDone }
  }

  /// Whether a ticket's reply is there, or never will be: the ticket was finished before.
  func hasNothingToWait(_ ticket: Ticket) -> Bool {
    slots[ticket.slot].id != ticket.id || slots[ticket.slot].isDone
  }

  /// Keeps the end of an OID request that a thread waits for; false when the upcall tells something else.
  mutating func takeEnd(_ upcall: Upcall) -> Bool {
    guard case .oidRequestComplete(let completion, _, _) = upcall.call,
      completions[completion.requestContext] != nil
    else { return false }
    completions[completion.requestContext] = completion
    return true
  }

  /// Frees a slot; answers a task that waited for one.
  mutating func release(_ index: Int) -> SleepingTask? {
    slots[index].id = 0
    slots[index].isDone = false
    slots[index].isIgnored = false
    slots[index].continuation = nil
    closeDescriptor(index)
    free += 1
    return waitingTasks.isEmpty ? nil : waitingTasks.removeFirst()
  }

  /// Closes what is kept of a request that carried a descriptor.
  mutating func closeDescriptor(_ index: Int) {
    guard slots[index].descriptor >= 0 else { return }
    _ = Descriptor(owning: slots[index].descriptor)
    slots[index].descriptor = -1
  }
}

/// The sending side: the next id, and the buffer in which packets are made. Ids must leave in
/// order, so numbering and sending are one step.
@safe struct Sender: @unchecked Sendable {
  var nextID: UInt64 = 1
  let buffer: UnsafeMutableRawBufferPointer
  /// Both nil unless the session can be resumed.
  var kept: KeptRequests?
  var answers: RememberedAnswers?

  init(buffer: UnsafeMutableRawBufferPointer) { unsafe self.buffer = unsafe buffer }
}
