// Reload of the configuration. A separate thread reads the files, since a file may be slow and drivers must
// not be delayed; the result is applied between two turns: quotas, the deadline, the log level, new pools and
// miniports. Settings that need a restart are reported and keep their values; an invalid configuration
// changes nothing.

package import NDISDriverPlane
package import NDISEvents
package import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

/// The daemon's configuration. The daemon implements this, since the management plane reads no files.
package protocol ConfigurationSource: AnyObject {
  /// All settings in force.
  var settings: [SimulatorInterface.Setting] { get }
  /// Starts to read the configuration again; calls `notify` from any thread when done.
  func beginReading(notify: @escaping @Sendable () -> Void)
  /// Applies what was read; nil if nothing has been read since the last call.
  func applyReading(to switchboard: Switchboard) -> ReloadOutcome?
}

/// The outcome of a reload.
package enum ReloadOutcome {
  /// Applied, except for settings that need a restart. The priority is the log's new minimum; nil: unchanged.
  case applied([SimulatorInterface.SettingChange], minimumPriority: Priority?)
  /// Nothing was changed. The list of problems may be truncated.
  case refused(problems: [String], unlisted: Int)
}

/// Numbers the reloads, of which at most one is active.
struct ReloadState {
  /// Number of the newest reload, and of the last completed one.
  var begun: UInt64 = 0
  var finished: UInt64 = 0
  /// The outcome of the last one, for the calls waiting for it.
  var changes: [Interface.SettingChange] = []
  var problems: [String]?

  /// Whether a reload is active.
  var isActive: Bool { begun != finished }
}

extension ManagementService {
  /// Starts a reload unless one is active. Returns the number of the first reload that reads everything
  /// written before this call; nil if the daemon cannot reload.
  func beginReload() -> UInt64? {
    guard let configuration = host.configuration else { return nil }
    guard !reloading.isActive else { return reloading.begun &+ 1 }
    reloading.begun &+= 1
    host.reloading(true)
    configuration.beginReading(notify: host.wake)
    return reloading.begun
  }

  /// Whether a reload is active.
  package var isReloading: Bool { reloading.isActive }

  /// Applies the reload if its files have been read.
  package func finishReload() {
    guard isReloading, let outcome = host.configuration?.applyReading(to: switchboard) else {
      return
    }
    switch outcome {
    case .applied(let changes, let minimumPriority):
      reloading.problems = nil
      reloading.changes = changes
      if let minimumPriority {
        logLevel = nil
        host.setMinimumPriority(minimumPriority)
      }
      let waiting = changes.count { !$0.applied }
      host.report(
        .configurationReloaded(
          changed: UInt64(changes.count - waiting), waiting: UInt64(waiting)))
    case .refused(let problems, let unlisted):
      reloading.changes = []
      reloading.problems = problems
      host.report(
        .configurationRefused(
          problem: problems.first ?? "it cannot be read",
          more: UInt64(max(0, problems.count - 1 + unlisted))))
    }
    reloading.finished = reloading.begun
    host.reloading(false)
  }

  /// SIGHUP: the same as Reload, without a reply.
  package func reload() { _ = beginReload() }
}

/// Waits for a reload and replies with its outcome.
final class ReloadAnswer: ManagementAnswer {
  private var number: UInt64?
  private var isStarted = false
  private let output: ([Interface.SettingChange]) -> JSON

  init(_ output: @escaping ([Interface.SettingChange]) -> JSON) { self.output = output }

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    if !isStarted {
      guard let number = service.beginReload() else {
        return .fail(
          Interface.Refused(
            status: "\(Status.notSupported)", rule: "noConfiguration",
            message: "This daemon was started without a configuration that could be read again."))
      }
      self.number = number
      isStarted = true
    }
    guard let number else { return .suspend }
    if service.reloading.finished < number {
      // The previous reload is done: start this one.
      if !service.isReloading { _ = service.beginReload() }
      return .suspend
    }
    if let problems = service.reloading.problems {
      return .fail(Interface.InvalidConfiguration(problems: problems))
    }
    return .last(output(service.reloading.changes))
  }
}
