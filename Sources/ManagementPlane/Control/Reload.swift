// Reading the configuration again. The daemon reads files on a thread of their own, since a file may be slow and
// drivers must not wait for it; what came of it is applied between two turns: quotas, the deadline, the
// log's level, new pools and miniports. What needs a restart is reported and stays as it is; a bad configuration changes
// nothing.

package import NDISDriverPlane
package import NDISEvents
package import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

/// The configuration of the daemon: the daemon implements this, for the management plane reads no files.
package protocol ConfigurationSource: AnyObject {
  /// Every setting in force.
  var settings: [SimulatorInterface.Setting] { get }
  /// Begins to read the configuration again; `notify` is called from any thread when that is complete.
  func beginReading(notify: @escaping @Sendable () -> Void)
  /// Applies what was read; nil while nothing has been read since the last call.
  func applyReading(to switchboard: Switchboard) -> ReloadOutcome?
}

/// What came of a reading.
package enum ReloadOutcome {
  /// Applied, as far as a running daemon can. The priority is the log's new minimum; nil: unchanged.
  case applied([SimulatorInterface.SettingChange], minimumPriority: Priority?)
  /// Nothing was changed. There may be more problems than are listed.
  case refused(problems: [String], unlisted: Int)
}

/// At most one reading at a time; they are numbered.
struct ReloadState {
  /// Readings that were begun, and those whose outcome was applied.
  var begun: UInt64 = 0
  var finished: UInt64 = 0
  /// What came of the last one, for those who waited for it.
  var changes: [Interface.SettingChange] = []
  var problems: [String]?

  /// Whether a reading is active.
  var isActive: Bool { begun != finished }
}

extension ManagementService {
  /// Begins to read, unless a reading is active. Returns the number of the reading that will have seen
  /// everything written until now; nil when nothing can be read again.
  func beginReload() -> UInt64? {
    guard let configuration = host.configuration else { return nil }
    guard !reloading.isActive else { return reloading.begun &+ 1 }
    reloading.begun &+= 1
    host.reloading(true)
    configuration.beginReading(notify: host.wake)
    return reloading.begun
  }

  /// Whether a reading is active.
  package var isReloading: Bool { reloading.isActive }

  /// Applies what was read, if the reading is done.
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

/// Waits for a reading and replies with its outcome.
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
      // The one before it is done: this one's turn.
      if !service.isReloading { _ = service.beginReload() }
      return .suspend
    }
    if let problems = service.reloading.problems {
      return .fail(Interface.InvalidConfiguration(problems: problems))
    }
    return .last(output(service.reloading.changes))
  }
}
