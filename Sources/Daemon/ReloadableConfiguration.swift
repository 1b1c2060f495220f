// The configuration in force, and its reload for the management plane. A separate thread reads the files,
// since a file may be slow and drivers must not be delayed; the result is applied between two turns.

import NDISConfiguration
import NDISDriverPlane
import NDISEvents
import NDISHostedDrivers
import NDISManagementInterface
import NDISManagementPlane
import NDISPlatform
import NDISSimulator

/// The configuration in force; accessed only by the reactor's thread.
final class ReloadableConfiguration: ConfigurationSource {
  private var configuration: LoadedConfiguration
  private let read: @Sendable () throws(ConfigurationProblems) -> LoadedConfiguration
  /// Where the thread stores its result; nil if no reload is active.
  private var mailbox: Monitor<Outcome?>?

  private enum Outcome: Sendable {
    case read(LoadedConfiguration)
    case failed(ConfigurationProblems)
  }

  /// - Parameter read: parses files and flags again; called on a separate thread.
  init(
    _ configuration: LoadedConfiguration,
    read: @escaping @Sendable () throws(ConfigurationProblems) -> LoadedConfiguration
  ) {
    self.configuration = configuration
    self.read = read
  }

  var settings: [SimulatorInterface.Setting] {
    configuration.settings.map {
      SimulatorInterface.Setting(
        key: $0.key, value: $0.value, unit: $0.unit.isEmpty ? nil : $0.unit, origin: "\($0.origin)")
    }
  }

  func beginReading(notify: @escaping @Sendable () -> Void) {
    guard mailbox == nil else { return }
    let mailbox = Monitor<Outcome?>(nil)
    let read = read
    let body: @Sendable () -> Void = {
      let outcome: Outcome
      do throws(ConfigurationProblems) { outcome = .read(try read()) } catch {
        outcome = .failed(error)
      }
      mailbox.withLock { $0 = outcome }
      notify()
    }
    self.mailbox = mailbox
    // Without a thread it is read here: a delay is better than no reload.
    if (try? Thread.start(name: "reload", body: body)) == nil { body() }
  }

  func applyReading(to switchboard: Switchboard) -> ReloadOutcome? {
    guard let outcome = mailbox?.withLock({ $0 }) else { return nil }
    mailbox = nil
    switch outcome {
    case .read(let newer): return apply(newer, to: switchboard)
    case .failed(let problems):
      return .refused(problems: problems.list.map { "\($0)" }, unlisted: problems.unlisted)
    }
  }

  private func apply(_ newer: LoadedConfiguration, to switchboard: Switchboard) -> ReloadOutcome {
    let changes = configuration.changes(to: newer)
    var refused: Set<String> = []
    for pool in changes.addedPools {
      // If a pool with that name was added at run time, the file's is not added.
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
    let inForce = configuration.applying(newer)
    switchboard.apply(quotas: Quotas(inForce.values), upcallDeadline: inForce.values.deadline)
    let priority = inForce.values.minimumPriority
    let isNewPriority = priority != configuration.values.minimumPriority
    configuration = inForce
    return .applied(
      changes.all.map {
        SimulatorInterface.SettingChange(
          key: $0.key, from: $0.old, to: $0.new,
          applied: $0.appliesOnReload && !refused.contains($0.key))
      }, minimumPriority: isNewPriority ? priority : nil)
  }
}
