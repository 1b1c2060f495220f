// The connection to the service manager: status, watchdog, and the descriptors to be stored for the next
// process. A thread of its own makes the calls, since each may wait for the manager; who posts never waits.
// Nothing is dropped: a status or a sign of life that waits is replaced by a newer one, everything else
// is rare. Without $NOTIFY_SOCKET nothing is posted at all.

import CNDISSystemd
import Glibc
public import NDISPlatform

/// Notifies the service manager, and has it store descriptors.
public final class ServiceManagerLink: DescriptorStore, Sendable {
  private let queue = Monitor(Queue())
  private let wakeup: Wakeup
  /// How many descriptors the manager stores at most; 0: none.
  public let limit: Int
  private let isWanted: Bool
  /// How often the manager wants to hear a sign of life; nil: never.
  public let watchdogMilliseconds: UInt64?

  /// Starts the thread, if there is a manager to notify.
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
    // Not joined: `close` waits for the thread's last act instead.
    _ = try Thread.start(name: "service-manager") {
      ServiceManagerLink.serve(queue, wakeup, notifier)
    }
  }

  deinit { requestEnd() }

  /// Readable when `takeOutcomes` has something to report; to be drained before it is called.
  public var kept: Wakeup { wakeup }

  /// Whether descriptors are stored for the next process.
  public var keepsDescriptors: Bool { limit > 0 }

  // MARK: How the service is

  /// The service serves.
  public func ready(status: String = "") { post(.notify(["READY=1"], status)) }

  /// The one-line view of the service.
  public func status(_ text: String) { post(.status(text)) }

  /// The service begins to stop.
  public func stopping(status: String = "") { post(.notify(["STOPPING=1"], status)) }

  /// The service reads its configuration again; `ready` ends that.
  public func reloading(status: String = "") {
    // In one message, and with the time, without which newer managers wait for ever.
    let now = MonotonicClock.nanoseconds / 1000
    post(.notify(["RELOADING=1", "MONOTONIC_USEC=\(now)"], status))
  }

  /// What the service is doing takes longer, and is still active.
  public func extend(milliseconds: UInt64) {
    post(.notify(["EXTEND_TIMEOUT_USEC=\(milliseconds &* 1000)"], ""))
  }

  /// The service will end because of this error.
  public func failed(errno: Int32, status: String = "") {
    post(.notify(["ERRNO=\(errno)"], status))
  }

  /// WATCHDOG=1.
  public func pingWatchdog() { post(.ping) }

  // MARK: Descriptors

  public func store(_ descriptor: Int32, name: String) -> Bool {
    guard limit > 0 else { return false }
    let isRoom = queue.withLock { queue in
      guard queue.kept < limit else { return false }
      queue.kept += 1
      return true
    }
    guard isRoom else { return false }
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else {
      queue.withLock { $0.kept -= 1 }
      return false
    }
    post(.keep(copy, name))
    return true
  }

  public func remove(_ name: String) {
    guard limit > 0 else { return }
    queue.withLock { $0.kept -= 1 }
    if name != DescriptorName.connection { post(.drop(name)) }
  }

  /// What an earlier process had stored and this one was given counts too.
  public func inherited(_ count: Int) { queue.withLock { $0.kept += count } }

  public func takeOutcomes() -> [StorageOutcome] {
    queue.withLock { queue in
      defer { queue.done = [] }
      return queue.done
    }
  }

  // MARK: The end

  /// Waits until everything posted before has been sent.
  public func flush() {
    guard isWanted else { return }
    let goal = queue.withLock { $0.posted }
    queue.wait { $0.served >= goal || $0.hasEnded ? () : nil }
  }

  /// Sends what was posted, ends the thread and waits for that.
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
    case keep(Int32, String)
    case drop(String)

    func replaces(_ other: Item) -> Bool {
      switch (self, other) {
      case (.status, .status), (.ping, .ping): true
      default: false
      }
    }
  }

  private struct Queue: Sendable {
    var items: [Item] = []
    /// Descriptors that are stored, or are about to be.
    var kept = 0
    /// What was stored and is not yet reported.
    var done: [StorageOutcome] = []
    /// Items ever posted, and how many of them are done.
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
        let kept = serve(item, notifier)
        queue.withLock { queue in
          queue.served += 1
          guard let kept else { return }
          queue.done.append(kept)
          if !kept.isStored { queue.kept -= 1 }
        }
        if kept != nil { wakeup.wake() }
      }
      queue.broadcast()
    }
    queue.withLock { $0.hasEnded = true }
    queue.broadcast()
  }

  /// Returns whether a descriptor was stored; nil for anything else.
  private static func serve(_ item: Item, _ notifier: Notifier) -> StorageOutcome? {
    switch item {
    case .notify(let lines, let status): notifier.send(lines, status: status)
    case .status(let text): notifier.send([], status: text)
    case .ping: notifier.send(["WATCHDOG=1"], status: "")
    case .keep(let descriptor, let name):
      let isSent = notifier.send(["FDSTORE=1", "FDNAME=\(name)"], descriptor: descriptor)
      _ = Descriptor(owning: descriptor)
      return StorageOutcome(name: name, isStored: isSent)
    case .drop(let name): notifier.send(["FDSTOREREMOVE=1", "FDNAME=\(name)"], status: "")
    }
    return nil
  }
}

/// What the service manager has put into the environment for this process.
public struct ServiceEnvironment: Sendable {
  /// $FDSTORE: how many descriptors it stores. Managers before 254 do not set it; the unit does.
  public var descriptorLimit = 0
  /// Half of it is the longest silence.
  public var watchdogMilliseconds: UInt64?

  public init(descriptorLimit: Int = 0, watchdogMilliseconds: UInt64? = nil) {
    self.descriptorLimit = descriptorLimit
    self.watchdogMilliseconds = watchdogMilliseconds
  }

  /// $STATE_DIRECTORY: where the service may leave files. The first, if there are several.
  public static var stateDirectory: String? {
    Environment.value("STATE_DIRECTORY")?.split(separator: ":").first.map { String($0) }
  }

  /// Reads it; before any thread is started.
  public static var current: ServiceEnvironment {
    var environment = ServiceEnvironment()
    let limit = Environment.value("FDSTORE").flatMap { Int($0) } ?? 0
    environment.descriptorLimit = max(0, min(limit, 16_384))
    var period: UInt64 = 0
    // Checks $WATCHDOG_PID too: the variable may be another process's.
    if unsafe sd_watchdog_enabled(0, &period) > 0 {
      environment.watchdogMilliseconds = max(1, period / 1000)
    }
    return environment
  }
}
