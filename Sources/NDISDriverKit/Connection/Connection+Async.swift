// Allocating and freeing from tasks. The calls need a thread that serves (`startServing`); it reads
// the replies and resumes the tasks. A task that finds no free slot waits for one, in FIFO order.
//
// Limits: a task has no IRQL; calls are made at the level of the thread that runs it, which is
// PASSIVE_LEVEL by default. Cancellation is ignored: NDIS cannot cancel these calls.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

extension Connection {
  /// NdisAllocateSharedMemory, see the blocking `allocate`.
  public func allocateAsync(
    _ ndisHandle: some NdisHandle, _ parameters: SharedMemoryParameters
  ) async throws(DriverError) -> SharedMemoryBlock {
    while true {
      if let ticket = try beginAllocate(ndisHandle, parameters) {
        await answered(ticket.ticket)
        return try finish(ticket)
      }
      await roomForOne()
    }
  }

  /// NdisFreeSharedMemory, see the blocking `free`.
  public func freeAsync(_ block: SharedMemoryBlock) async throws(DriverError) {
    while true {
      if let ticket = try beginFree(block) {
        await answered(ticket.ticket)
        return try finish(ticket)
      }
      await roomForOne()
    }
  }

  /// Waits until the reply has arrived or the connection has ended.
  private func answered(_ ticket: Ticket) async {
    await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      let task = unsafe SleepingTask(continuation)
      let isThere = requests.withLock { requests in
        guard !requests.slots[ticket.slot].isDone, requests.closed == nil else { return true }
        requests.slots[ticket.slot].continuation = task
        return false
      }
      if isThere { task.resume() }
    }
  }

  /// Waits until a slot may be free.
  private func roomForOne() async {
    await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      let task = unsafe SleepingTask(continuation)
      let isThere = requests.withLock { requests in
        guard requests.free == 0, requests.closed == nil else { return true }
        requests.waitingTasks.append(task)
        return false
      }
      if isThere { task.resume() }
    }
  }
}
