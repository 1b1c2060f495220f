// The outstanding requests of a session, and the state of the reader. A request has a slot, in which its
// reply is stored for the caller. Slots, reply buffers and the send buffer are allocated once: a blocking
// call allocates nothing here.

import NDIS
import NDISPlatform

/// A sent request. It must be finished exactly once, to free its slot.
struct Ticket: Sendable {
  var slot: Int
  var id: UInt64
}

/// A suspended task, to be resumed exactly once.
@safe struct SleepingTask: Sendable {
  private let continuation: UnsafeContinuation<Void, Never>

  init(_ continuation: UnsafeContinuation<Void, Never>) {
    unsafe self.continuation = unsafe continuation
  }

  func resume() { unsafe continuation.resume() }
}

/// A slot for a request and its reply.
struct Slot {
  /// The request's id, 0 = free.
  var id: UInt64 = 0
  var isDone = false
  /// No caller waits; the reply frees the slot.
  var isIgnored = false
  /// A duplicate of the descriptor sent with the request, -1 = none; for a retransmission.
  var descriptor: Int32 = -1
  /// Bytes of the reply in the slot's buffer.
  var length = 0
  /// Resumed when the reply has arrived.
  var continuation: SleepingTask?
}

/// The shared state of all threads of a connection.
struct Requests {
  var slots = [Slot](repeating: Slot(), count: Int(NDIS.Limits.maximumOutstanding))
  var free = Int(NDIS.Limits.maximumOutstanding)
  /// A thread is the reader.
  var hasReader = false
  /// Threads that wait for a reply or to become the reader.
  var waiters = 0
  /// `stop()` was called.
  var isStopping = false
  /// Why the connection ended.
  var closed: DriverError?
  /// OID requests for which a thread waits, by their context; nil until completed.
  var completions: [UInt64: OIDCompletion?] = [:]
  /// Replies without a request.
  var strayReplies = 0
  /// The last context that was assigned.
  var nextWait: UInt64 = 0
  /// Tasks that wait for a free slot.
  var waitingTasks: [SleepingTask] = []
  /// The upcalls of a resumable session.
  var upcalls = UpcallDeduplicator()
  /// The instance id of the current daemon.
  var instance: [UInt8] = []
  /// The deadline for reconnecting to a lost daemon; nil while connected.
  var reconnectDeadline: UInt64?

  /// Allocates a slot, preferably the one selected by the id.
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

  /// The slot of an outstanding request.
  func find(_ id: UInt64) -> Int? {
    let index = Int(id % UInt64(slots.count))
    if slots[index].id == id { return slots[index].isDone ? nil : index }
    return slots.firstIndex { $0.id == id && !$0.isDone }
  }

  /// Whether the reply has arrived, or the ticket was finished before.
  func hasNothingToWait(_ ticket: Ticket) -> Bool {
    slots[ticket.slot].id != ticket.id || slots[ticket.slot].isDone
  }

  /// Stores the completion of an OID request for which a thread waits; false for any other upcall.
  mutating func takeEnd(_ upcall: Upcall) -> Bool {
    guard case .oidRequestComplete(let completion, _, _) = upcall.call,
      completions[completion.requestContext] != nil
    else { return false }
    completions[completion.requestContext] = completion
    return true
  }

  /// Frees a slot; returns a task that waited for one.
  mutating func release(_ index: Int) -> SleepingTask? {
    slots[index].id = 0
    slots[index].isDone = false
    slots[index].isIgnored = false
    slots[index].continuation = nil
    closeDescriptor(index)
    free += 1
    return waitingTasks.isEmpty ? nil : waitingTasks.removeFirst()
  }

  /// Closes the duplicate of a request's descriptor.
  mutating func closeDescriptor(_ index: Int) {
    guard slots[index].descriptor >= 0 else { return }
    _ = Descriptor(owning: slots[index].descriptor)
    slots[index].descriptor = -1
  }
}

/// The sending side: the next ID, and the buffer in which packets are built. Packets must be sent in the
/// order of their IDs, so numbering and sending are one step.
@safe struct Sender: @unchecked Sendable {
  var nextID: UInt64 = 1
  let buffer: UnsafeMutableRawBufferPointer
  /// Both nil unless the session can be resumed.
  var retransmits: RetransmitQueue?
  var replays: ReplayCache?

  init(buffer: UnsafeMutableRawBufferPointer) { unsafe self.buffer = unsafe buffer }
}
