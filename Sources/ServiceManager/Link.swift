// The connection to the service manager: status, watchdog, and the descriptor store. A separate thread makes
// the calls, since each may block on the manager; posting never blocks. Nothing is dropped: a queued status
// or watchdog ping is replaced by a newer one, everything else is rare. Without $NOTIFY_SOCKET nothing is
// posted.

import CNDISSystemd
import Glibc
public import NDISPlatform

/// Sends notifications to the service manager, and descriptors to its descriptor store.
public final class ServiceManagerLink: DescriptorStore, Sendable {
  private let queue = Monitor(Queue())
  private let wakeup: Wakeup
  /// Maximum number of descriptors in the descriptor store; 0: it is disabled.
  public let limit: Int
  private let isWanted: Bool
  /// The interval of watchdog pings; nil: the watchdog is disabled.
  public let watchdogMilliseconds: UInt64?

  /// Starts the thread if a service manager is present.
  public init(
    notifier: Notifier? = Notifier(), environment: ServiceEnvironment = .current
  ) throws(SystemError) {
    wakeup = try Wakeup()
    isWanted = notifier?.isWanted ?? false
    limit = isWanted ? environment.descriptorLimit : 0
    watchdogMilliseconds = isWanted ? environment.watchdogMilliseconds : nil
    guard isWanted, let notifier else { return }
    let queue = self.queue
    let wakeup = self.wakeup
    // Not joined: `close` waits until the thread reports its end.
    _ = try Thread.start(name: "service-manager") {
      ServiceManagerLink.serve(queue, wakeup, notifier)
    }
  }

  deinit { requestEnd() }

  /// Readable when `takeOutcomes` has outcomes; drain it before calling that.
  public var stored: Wakeup { wakeup }

  /// Whether the descriptor store is enabled.
  public var keepsDescriptors: Bool { limit > 0 }

  // MARK: State notifications

  /// READY=1: startup or reload is complete.
  public func ready(status: String = "") { post(.notify(["READY=1"], status)) }

  /// STATUS=, the one-line status of the service.
  public func status(_ text: String) { post(.status(text)) }

  /// STOPPING=1: the service is shutting down.
  public func stopping(status: String = "") { post(.notify(["STOPPING=1"], status)) }

  /// RELOADING=1: the service reloads its configuration; `ready` ends that.
  public func reloading(status: String = "") {
    // In one message with the time, without which newer managers would wait forever.
    let now = MonotonicClock.nanoseconds / 1000
    post(.notify(["RELOADING=1", "MONOTONIC_USEC=\(now)"], status))
  }

  /// EXTEND_TIMEOUT_USEC=: the current operation takes longer and is still active.
  public func extend(milliseconds: UInt64) {
    post(.notify(["EXTEND_TIMEOUT_USEC=\(milliseconds &* 1000)"], ""))
  }

  /// ERRNO=: the service will exit because of this error.
  public func failed(errno: Int32, status: String = "") {
    post(.notify(["ERRNO=\(errno)"], status))
  }

  /// WATCHDOG=1.
  public func pingWatchdog() { post(.ping) }

  // MARK: Descriptors

  public func store(_ descriptor: Int32, name: String) -> Bool {
    guard limit > 0 else { return false }
    let isRoom = queue.withLock { queue in
      guard queue.stored < limit else { return false }
      queue.stored += 1
      return true
    }
    guard isRoom else { return false }
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else {
      queue.withLock { $0.stored -= 1 }
      return false
    }
    post(.store(copy, name))
    return true
  }

  public func remove(_ name: String) {
    guard limit > 0 else { return }
    queue.withLock { $0.stored -= 1 }
    if name != DescriptorName.connection { post(.remove(name)) }
  }

  /// Adds the inherited descriptors to the count of stored ones.
  public func inherited(_ count: Int) { queue.withLock { $0.stored += count } }

  public func takeOutcomes() -> [StorageOutcome] {
    queue.withLock { queue in
      defer { queue.done = [] }
      return queue.done
    }
  }

  // MARK: Shutdown

  /// Waits until everything posted before has been sent.
  public func flush() {
    guard isWanted else { return }
    let goal = queue.withLock { $0.posted }
    queue.wait { $0.served >= goal || $0.hasEnded ? () : nil }
  }

  /// Sends everything posted, then ends the thread and waits for it.
  public func close() {
    guard isWanted else { return }
    requestEnd()
    queue.wait { $0.hasEnded ? () : nil }
  }

  private func requestEnd() {
    queue.withLock { $0.isClosing = true }
    queue.broadcast()
  }

  private func post(_ item: Item) {
    guard isWanted else { return }
    queue.withLock { queue in
      if let last = queue.items.last, item.replaces(last) {
        queue.items.removeLast()
        queue.posted -= 1
      }
      queue.items.append(item)
      queue.posted += 1
    }
    queue.broadcast()
  }
}

extension ServiceManagerLink {
  private enum Item: Sendable {
    case notify([String], String)
    case status(String)
    case ping
    case store(Int32, String)
    case remove(String)

    func replaces(_ other: Item) -> Bool {
      switch (self, other) {
      case (.status, .status), (.ping, .ping): true
      default: false
      }
    }
  }

  private struct Queue: Sendable {
    var items: [Item] = []
    /// Number of descriptors that are stored or queued to be.
    var stored = 0
    /// Outcomes that have not been reported yet.
    var done: [StorageOutcome] = []
    /// Number of items ever posted, and of those sent.
    var posted: UInt64 = 0
    var served: UInt64 = 0
    var isClosing = false
    var hasEnded = false
  }

  private static func serve(_ queue: Monitor<Queue>, _ wakeup: Wakeup, _ notifier: Notifier) {
    while true {
      let items: [Item] = queue.wait { queue in
        guard !queue.items.isEmpty || queue.isClosing else { return nil }
        defer { queue.items = [] }
        return queue.items
      }
      if items.isEmpty { break }
      for item in items {
        let outcome = serve(item, notifier)
        queue.withLock { queue in
          queue.served += 1
          guard let outcome else { return }
          queue.done.append(outcome)
          if !outcome.isStored { queue.stored -= 1 }
        }
        if outcome != nil { wakeup.wake() }
      }
      queue.broadcast()
    }
    queue.withLock { $0.hasEnded = true }
    queue.broadcast()
  }

  /// Sends an item. Returns whether a descriptor was stored; nil for other items.
  private static func serve(_ item: Item, _ notifier: Notifier) -> StorageOutcome? {
    switch item {
    case .notify(let lines, let status): notifier.send(lines, status: status)
    case .status(let text): notifier.send([], status: text)
    case .ping: notifier.send(["WATCHDOG=1"], status: "")
    case .store(let descriptor, let name):
      let isSent = notifier.send(["FDSTORE=1", "FDNAME=\(name)"], descriptor: descriptor)
      _ = Descriptor(owning: descriptor)
      return StorageOutcome(name: name, isStored: isSent)
    case .remove(let name): notifier.send(["FDSTOREREMOVE=1", "FDNAME=\(name)"], status: "")
    }
    return nil
  }
}

/// The service manager's environment variables for this process.
public struct ServiceEnvironment: Sendable {
  /// $FDSTORE: the maximum number of stored descriptors. Managers before 254 do not set it; the unit does.
  public var descriptorLimit = 0
  /// The watchdog timeout; pings are sent at half of it.
  public var watchdogMilliseconds: UInt64?

  public init(descriptorLimit: Int = 0, watchdogMilliseconds: UInt64? = nil) {
    self.descriptorLimit = descriptorLimit
    self.watchdogMilliseconds = watchdogMilliseconds
  }

  /// $STATE_DIRECTORY: a directory for persistent files. The first, if there are several.
  public static var stateDirectory: String? {
    Environment.value("STATE_DIRECTORY")?.split(separator: ":").first.map { String($0) }
  }

  /// Reads the variables; call this before any thread is started.
  public static var current: ServiceEnvironment {
    var environment = ServiceEnvironment()
    let limit = Environment.value("FDSTORE").flatMap { Int($0) } ?? 0
    environment.descriptorLimit = max(0, min(limit, 16_384))
    var period: UInt64 = 0
    // Checks $WATCHDOG_PID too: the variable may be meant for another process.
    if unsafe sd_watchdog_enabled(0, &period) > 0 {
      environment.watchdogMilliseconds = max(1, period / 1000)
    }
    return environment
  }
}
