// Reading the configuration again. Files are read on a thread of their own, since a file may be slow and
// drivers must not wait for it; what came of it is applied between two turns: quotas, the deadline, the
// log's level, new pools and miniports. What needs a restart is said and stays as it is; a bad configuration changes
// nothing.

import NDISConfiguration
import NDISEvents
import NDISHostedDrivers
import NDISManagementInterface
import NDIS
import NDISPlatform
import NDISSimulator
import NDISVarlink

/// What came of the last reading.
enum ReloadOutcome: Sendable {
  case read(LoadedConfiguration)
  case wrong(ConfigurationProblems)
}

/// At most one reading at a time; they are numbered.
struct ReloadState {
  /// Readings that were begun, and those whose outcome was applied.
  var begun: UInt64 = 0
  var finished: UInt64 = 0
  /// Where the thread leaves its outcome.
  var mailbox: Monitor<ReloadOutcome?>?
  /// What came of the last one, for those who waited for it.
  var changes: [Interface.SettingChange] = []
  var problems: [String]?
}

extension ManagementService {
  /// Begins to read, unless that is going on. Answers the number of the reading that will have seen
  /// everything written until now; nil when nothing can be read again.
  func beginReload() -> UInt64? {
    guard let reload = host.reload else { return nil }
    guard reloading.mailbox == nil else { return reloading.begun &+ 1 }
    let mailbox = Monitor<ReloadOutcome?>(nil)
    let wake = host.wake
    let body: @Sendable () -> Void = {
      let outcome: ReloadOutcome
      do throws(ConfigurationProblems) { outcome = .read(try reload()) } catch {
        outcome = .wrong(error)
      }
      mailbox.withLock { $0 = outcome }
      wake()
    }
    reloading.begun &+= 1
    reloading.mailbox = mailbox
    host.reloading(true)
    // Without a thread it is read here: late is better than not at all.
    if (try? NDISPlatform.Thread.start(name: "reload", body: body)) == nil { body() }
    return reloading.begun
  }

  /// Whether a reading is going on.
  var isReloading: Bool { reloading.mailbox != nil }

  /// Applies what was read, if the reading is done.
  public func finishReload() {
    guard let outcome = reloading.mailbox?.withLock({ $0 }) else { return }
    reloading.mailbox = nil
    switch outcome {
    case .read(let newer):
      reloading.problems = nil
      reloading.changes = apply(newer)
      let waiting = reloading.changes.count { !$0.applied }
      host.tell(
        .configurationReloaded(
          changed: UInt64(reloading.changes.count - waiting), waiting: UInt64(waiting)))
    case .wrong(let problems):
      reloading.changes = []
      reloading.problems = problems.list.map { "\($0)" }
      host.tell(
        .configurationRefused(
          problem: reloading.problems?.first ?? "it cannot be read",
          more: UInt64(max(0, problems.list.count - 1 + problems.unlisted))))
    }
    reloading.finished = reloading.begun
    host.reloading(false)
  }

  /// SIGHUP: the same as Reload, and nobody waits for the answer.
  public func reload() { _ = beginReload() }

  private func apply(_ newer: LoadedConfiguration) -> [Interface.SettingChange] {
    guard let current = host.configuration else {
      host.configuration = newer
      return []
    }
    let changes = current.changes(to: newer)
    var refused: Set<String> = []
    for pool in changes.addedPools {
      // One that was added by hand under that name serves; the file's has to wait.
      let settings = PoolSettings(pool)
      let isTaken = switchboard.activePools.contains { $0.name == settings.name }
      if isTaken || (try? switchboard.add(settings, isConfigured: true)) == nil {
        refused.insert("pool.\(pool.name)")
      }
    }
    for miniport in changes.addedMiniports
    where (try? switchboard.addMiniport(VMQSettings(miniport), isConfigured: true)) == nil {
      refused.insert("miniport.\(miniport.name)")
    }
    let inForce = current.applying(newer)
    switchboard.apply(quotas: Quotas(inForce.values), upcallDeadline: inForce.values.deadline)
    if inForce.values.minimumPriority != current.values.minimumPriority {
      logLevel = nil
      host.setMinimumPriority(inForce.values.minimumPriority)
    }
    host.configuration = inForce
    return changes.all.map {
      Interface.SettingChange(
        key: $0.key, from: $0.old, to: $0.new,
        applied: $0.appliesOnReload && !refused.contains($0.key))
    }
  }
}

/// Waits for a reading and tells what came of it.
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
    guard let number else { return .wait }
    if service.reloading.finished < number {
      // The one before it is done: this one's turn.
      if !service.isReloading { _ = service.beginReload() }
      return .wait
    }
    if let problems = service.reloading.problems {
      return .fail(Interface.InvalidConfiguration(problems: problems))
    }
    return .last(output(service.reloading.changes))
  }
}
