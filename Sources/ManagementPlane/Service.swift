// The management service without its sockets: it reads NDIS's state through the switchboard, makes
// administrative changes, and limits the number of calls that wait or monitor. An answer is made in steps
// (ManagementAnswer), which ManagementPlane schedules.
//
// Permissions: every client that can connect may read. Changes require root or the daemon's user. Waits and
// monitors are limited for each user and in total.

import NDISDriverInterface
package import NDISDriverPlane
package import NDISEvents
import NDISManagementInterface
import NDIS
import NDISPlatform
import NDISSimulator
import NDISVarlink

/// The host's information and functions that the service depends on.
package struct ManagementHost {
  package var version = Release.version
  /// The path of the driver socket, if it has one.
  package var driverSocket: String?
  /// The configuration; nil: this daemon cannot reload.
  package var configuration: (any ConfigurationSource)?
  /// Sets the log level.
  package var setMinimumPriority: (Priority) -> Void = { _ in }
  /// Number of log entries that could not be delivered.
  package var droppedEntries: () -> UInt64 = { 0 }
  /// Called from another thread when an answer can continue.
  package var wake: @Sendable () -> Void = {}
  /// Reports an event to the log and to the recorder.
  package var report: (NDISEvents.Event) -> Void = { _ in }
  /// A reload has started or ended.
  package var reloading: (Bool) -> Void = { _ in }

  package init() {}
}

/// The management service.
package final class ManagementService {
  let switchboard: Switchboard
  let recorder: EventRecorder
  package var host: ManagementHost
  let begun: UInt64
  package var isStopping = false
  var reloading = ReloadState()
  /// The level set by SetLogLevel, until a reload changes it.
  var logLevel: Priority?
  /// Slots of the calls that wait or monitor.
  let waitSlots = WaitSlots()

  package init(_ switchboard: Switchboard, _ recorder: EventRecorder, _ host: ManagementHost) {
    self.switchboard = switchboard
    self.recorder = recorder
    self.host = host
    begun = switchboard.clock()
  }

  /// Monotonic milliseconds.
  var now: UInt64 { switchboard.clock() }

  // MARK: State

  var counters: Interface.Counters {
    Interface.Counters(switchboard.statistics, events: recorder.log.newest)
  }

  var objectStamp: ObjectStamp {
    let now = switchboard.statistics
    return ObjectStamp(
      events: recorder.log.newest, sessions: now.sessions, drivers: now.drivers,
      adapters: now.adapters, bindings: now.bindings, registrations: now.registrations,
      queues: now.queues, vports: now.vports, filters: now.filters, openOIDs: now.openOIDs)
  }

  /// The counters that change when a suspended answer may continue.
  struct Stamp: Equatable {
    var statistics: Statistics
    var events: UInt64
    var reloads: UInt64
    package var isStopping: Bool
  }

  var stamp: Stamp {
    Stamp(
      statistics: switchboard.statistics, events: recorder.log.newest,
      reloads: reloading.finished, isStopping: isStopping)
  }

  func status() -> Interface.Status {
    let settings = switchboard.settings
    return Interface.Status(
      version: host.version, pid: Int(CurrentProcess.id), uid: Int(CurrentProcess.userID),
      state: isStopping ? "stopping" : "running", ndisVersion: "\(NDISVersion.running)",
      seed: Int(truncatingIfNeeded: settings.seed), uptimeMs: age(begun, now),
      pageSize: Int(settings.pageSize), driverSocket: host.driverSocket,
      deadlineMs: settings.upcallDeadline == 0 ? nil : Int(clamping: settings.upcallDeadline),
      counters: counters, latencies: latencies(),
      droppedEntries: Int(clamping: host.droppedEntries()))
  }

  func latencies() -> [Interface.Latency] {
    [Interface.Latency("request", driver: nil, switchboard.latencies.requests)]
      + switchboard.handlerLatencies().sorted { $0.key < $1.key }.map {
        Interface.Latency("upcall", driver: $0.key, $0.value)
      }
  }

  func violationCounts(
    _ filter: ViolationBook.Filter = ViolationBook.Filter()
  ) -> [Interface.ViolationCount] {
    recorder.violations.lines(filter).map { Interface.ViolationCount($0) }
  }

  func settings() -> [Interface.Setting] {
    (host.configuration?.settings ?? []).map { setting in
      guard setting.key == "log.level", let logLevel, setting.value != "\"\(logLevel.name)\"" else {
        return setting
      }
      var changed = setting
      changed.value = "\"\(logLevel.name)\""
      changed.origin = "SetLogLevel"
      return changed
    }
  }

  /// Number of calls that wait or monitor.
  package var waiters: Int { waitSlots.count }

  // MARK: Permissions

  func mayChange(_ uid: UInt32) -> Bool { uid == 0 || uid == CurrentProcess.userID }
}
