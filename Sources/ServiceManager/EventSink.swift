// The log's event queue. A thread with a bounded queue writes events to the journal, to stderr or to both;
// posting never blocks. A full queue drops new events and reports their number later; floods of the same
// event are written as a count (`EventWriter`).

public import NDISEvents
public import NDISPlatform
import Synchronization

/// The queue and the thread behind the log.
public final class EventSink: Sendable {
  /// The outputs that events are written to.
  public struct Outputs: Sendable {
    public var human: HumanLog?
    public var journalPath: String?

    public init(human: HumanLog? = nil, journalPath: String? = nil) {
      self.human = human
      self.journalPath = journalPath
    }

    /// The outputs for the environment. If stderr is the journal's stream, the native protocol is used
    /// instead, or priorities are prefixed if that is unavailable; any other stderr gets plain lines, and the
    /// journal is used in addition if NDISSIM_JOURNAL=1.
    public static func detect(
      descriptor: Int32 = 2, journalPath: String = JournalClient.standardPath
    ) -> Outputs {
      let isReachable = Environment.isSocket(journalPath)
      var outputs = Outputs()
      if Environment.isJournalStream(descriptor) {
        if isReachable {
          outputs.journalPath = journalPath
        } else {
          outputs.human = HumanLog(descriptor: descriptor, style: .prefixed)
        }
      } else {
        outputs.human = HumanLog(descriptor: descriptor)
        if isReachable, Environment.value("NDISSIM_JOURNAL") == "1" {
          outputs.journalPath = journalPath
        }
      }
      return outputs
    }
  }

  /// The raw value of `minimumPriority`.
  private let minimum: Atomic<UInt8>
  private let capacity: Int
  private let queue = Monitor(Queue())

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - minimumPriority: less important events are not posted.
  ///   - capacity: maximum number of queued events.
  ///   - clock: monotonic nanoseconds; tests pass one that does not advance.
  public init(
    minimumPriority: Priority = .info, capacity: Int = 4096, outputs: Outputs = .detect(),
    clock: @escaping @Sendable () -> UInt64 = { MonotonicClock.nanoseconds }
  ) throws(SystemError) {
    minimum = Atomic(minimumPriority.rawValue)
    self.capacity = capacity
    let queue = self.queue
    // Not joined: `close` waits until the thread reports its end.
    _ = try Thread.start(name: "events") { EventSink.serve(queue, outputs, clock) }
  }

  deinit { requestEnd() }

  /// Less important events are not posted. May be set from any thread.
  public var minimumPriority: Priority {
    get { Priority(rawValue: minimum.load(ordering: .relaxed)) ?? .info }
    set { minimum.store(newValue.rawValue, ordering: .relaxed) }
  }

  /// Log entries dropped since the start, by a full queue, or because the journal or the reader of stderr did
  /// not accept them. An event dropped by both outputs counts twice.
  public var dropped: UInt64 { queue.withLock { $0.everDropped &+ $0.undelivered } }

  /// Posts an event. Never blocks; if the queue is full the event is counted as dropped.
  public func post(_ event: Event) {
    guard event.kind.priority <= minimumPriority else { return }
    let item = Item(event: event, time: WallTime.now)
    let capacity = self.capacity
    put { queue in
      guard queue.items.count < capacity, !queue.isClosing else {
        queue.dropped += 1
        queue.everDropped += 1
        return
      }
      queue.append(item)
    }
  }

  /// Waits until all events posted before have been written.
  public func flush() {
    let goal = queue.withLock { $0.posted }
    queue.wait { $0.served >= goal || $0.hasEnded ? () : nil }
  }

  /// Writes all posted events, then ends the thread and waits for it. Events posted later are lost.
  public func close() {
    requestEnd()
    queue.wait { $0.hasEnded ? () : nil }
  }

  private func requestEnd() {
    queue.withLock { $0.isClosing = true }
    queue.broadcast()
  }

  private func put(_ change: (inout Queue) -> Void) {
    let isFirst = queue.withLock { queue in
      let wasEmpty = queue.isEmpty
      change(&queue)
      return wasEmpty
    }
    // The thread checks the queue before it waits, so only the first item must wake it. Wakes all waiters: a
    // single one might be a caller of `flush`.
    if isFirst { queue.broadcast() }
  }
}

extension EventSink {
  private struct Item: Sendable {
    var event: Event
    var time: WallTime
  }

  private struct Queue: Sendable {
    var items: [Item] = []
    var dropped: UInt64 = 0
    var everDropped: UInt64 = 0
    /// Number of entries that the outputs dropped.
    var undelivered: UInt64 = 0
    /// Number of items ever appended, and of those written.
    var posted: UInt64 = 0
    var served: UInt64 = 0
    var isClosing = false
    var hasEnded = false

    var isEmpty: Bool { items.isEmpty && dropped == 0 }

    mutating func append(_ item: Item) {
      items.append(item)
      posted += 1
    }

    /// Removes and returns all queued items.
    mutating func take() -> Batch {
      defer {
        items.removeAll()
        dropped = 0
      }
      return Batch(items: items, dropped: dropped)
    }
  }

  private struct Batch: Sendable {
    var items: [Item]
    var dropped: UInt64
    var isEmpty: Bool { items.isEmpty && dropped == 0 }
  }

  /// The body of the thread.
  private static func serve(
    _ queue: Monitor<Queue>, _ outputs: Outputs, _ clock: @Sendable () -> UInt64
  ) {
    var writer = EventWriter(human: outputs.human, journalPath: outputs.journalPath)
    while true {
      // Without a deadline nothing is pending, and the thread sleeps.
      let batch = queue.wait(deadlineNanoseconds: wakeup(at: writer.deadline, clock)) {
        queue -> Batch? in
        queue.isEmpty && !queue.isClosing ? nil : queue.take()
      }
      if let batch, batch.isEmpty { break }
      let now = clock()
      for item in batch?.items ?? [] { writer.write(item.event, at: item.time, now: now) }
      writer.flush(lost: batch?.dropped ?? 0, now: now)
      queue.withLock { queue in
        queue.served += UInt64(batch?.items.count ?? 0)
        queue.undelivered = writer.undelivered
      }
      queue.broadcast()
    }
    writer.finish(now: clock())
    queue.withLock { queue in
      queue.undelivered = writer.undelivered
      queue.hasEnded = true
    }
    queue.broadcast()
  }
  /// Converts a deadline of the sink's clock to the system's monotonic time.
  private static func wakeup(at deadline: UInt64?, _ clock: () -> UInt64) -> UInt64 {
    guard let deadline else { return .max }
    let now = clock()
    return MonotonicClock.nanoseconds &+ (deadline > now ? deadline - now : 0)
  }
}
