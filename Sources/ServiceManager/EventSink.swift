// Where events go when they happen. A thread with a bounded queue writes them to the journal, to
// stderr or to both; who posts never waits for either. A full queue drops the newest events and says
// afterwards how many; floods of the same are written as a count (`EventWriter`).

public import NDISEvents
public import NDISPlatform
import Synchronization

/// The queue and the thread behind the log.
public final class EventSink: Sendable {
  /// Where events are written.
  public struct Outputs: Sendable {
    public var human: HumanLog?
    public var journalPath: String?

    public init(human: HumanLog? = nil, journalPath: String? = nil) {
      self.human = human
      self.journalPath = journalPath
    }

    /// What the environment asks for. A stderr that is the journal's stream is replaced by the
    /// native protocol, or marked with priorities if that cannot be reached; any other stderr is
    /// for people, with the journal beside it if NDISSIM_JOURNAL=1.
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
  ///   - minimumPriority: less important events are not posted at all.
  ///   - capacity: events that may wait.
  ///   - clock: monotonic nanoseconds; tests pass one that does not advance.
  public init(
    minimumPriority: Priority = .info, capacity: Int = 4096, outputs: Outputs = .detect(),
    clock: @escaping @Sendable () -> UInt64 = { MonotonicClock.nanoseconds }
  ) throws(SystemError) {
    minimum = Atomic(minimumPriority.rawValue)
    self.capacity = capacity
    let queue = self.queue
    // Not joined: `close` waits for the thread's last act instead.
    _ = try Thread.start(name: "events") { EventSink.serve(queue, outputs, clock) }
  }

  deinit { requestEnd() }

  /// Less important events are not posted at all. May be set from any thread.
  public var minimumPriority: Priority {
    get { Priority(rawValue: minimum.load(ordering: .relaxed)) ?? .info }
    set { minimum.store(newValue.rawValue, ordering: .relaxed) }
  }

  /// Log entries dropped since the start: because the queue was full, or because the journal or the
  /// reader of stderr did not take them. An event that two outputs did not get counts twice.
  public var dropped: UInt64 { queue.withLock { $0.everDropped &+ $0.undelivered } }

  /// Posts an event. Never waits; a full queue counts it as dropped.
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

  /// Waits until everything posted before has been served.
  public func flush() {
    let goal = queue.withLock { $0.posted }
    queue.wait { $0.served >= goal || $0.hasEnded ? () : nil }
  }

  /// Serves what was posted, ends the thread and waits for that. What is posted later is lost.
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
    // The thread looks again before it waits, so only the first one has to wake it. All waiters are
    // woken: a single one could be somebody in `flush`.
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
    /// Entries that the outputs dropped.
    var undelivered: UInt64 = 0
    /// Items ever appended, and how many of them are done.
    var posted: UInt64 = 0
    var served: UInt64 = 0
    var isClosing = false
    var hasEnded = false

    var isEmpty: Bool { items.isEmpty && dropped == 0 }

    mutating func append(_ item: Item) {
      items.append(item)
      posted += 1
    }

    /// All that waits; the queue is empty afterwards.
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

  /// The thread's life.
  private static func serve(
    _ queue: Monitor<Queue>, _ outputs: Outputs, _ clock: @Sendable () -> UInt64
  ) {
    var writer = EventWriter(human: outputs.human, journalPath: outputs.journalPath)
    while true {
      // Without a deadline nothing is owed to anybody, and the thread sleeps.
      let batch = queue.wait(deadlineNanoseconds: wakeup(at: writer.deadline, clock)) {
        queue -> Batch? in
        queue.isEmpty && !queue.isClosing ? nil : queue.take()
      }
      if let batch, batch.isEmpty { break }
      let now = clock()
      for item in batch?.items ?? [] { writer.write(item.event, at: item.time, now: now) }
      writer.settle(lost: batch?.dropped ?? 0, now: now)
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
  /// When the thread wakes by itself for a deadline of its clock, in the system's monotonic time.
  private static func wakeup(at deadline: UInt64?, _ clock: () -> UInt64) -> UInt64 {
    guard let deadline else { return .max }
    let now = clock()
    return MonotonicClock.nanoseconds &+ (deadline > now ? deadline - now : 0)
  }
}
