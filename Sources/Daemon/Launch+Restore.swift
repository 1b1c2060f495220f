// Starts a daemon from the store of the previous process if the descriptor store has one, else with a new
// store. A store that cannot be restored is copied for inspection, and the daemon starts with a new one.

import NDISDriverPlane
import NDISEvents
import Glibc
import NDISHostedDrivers
import NDIS
import NDISPlatform
import NDISServiceManager
import NDISSimulator

extension Launch {
  /// Creates the switchboard with its hosted drivers running.
  static func begin(
    _ options: LaunchOptions, _ inherited: inout InheritedDescriptors, _ link: ServiceManagerLink,
    _ report: @escaping (Event) -> Void
  ) throws(StartFailure) -> Switchboard {
    var settings = options.settings
    settings.pageSize = UInt32(clamping: NDISPlatform.Limits.pageSize)
    guard link.keepsDescriptors else {
      drop(&inherited, link)
      return try anew(options, settings, nil, link, report)
    }
    link.inherited(inherited.count)
    for name in inherited.unknown { link.remove(name) }
    if let store = inherited.store, !store.isRetired {
      mark(store)
      do throws(RestoreFailure) {
        let switchboard = try Switchboard(
          restoring: inherited, settings: settings, pools: options.pools,
          miniports: options.miniports, persistence: PersistentStore(link, adopting: store),
          onEvent: report)
        inherited.forgetSections()
        if inherited.hasOldStores {
          // All descriptors with that name are removed at once.
          link.remove(DescriptorName.store)
          _ = link.store(store.descriptor.raw, name: DescriptorName.store)
        }
        finishRestoring(switchboard, link)
        return switchboard
      } catch {
        report(.storeRejected(problem: error.description, keptAs: setAside(store)))
      }
    } else if let problem = inherited.problem {
      report(.storeRejected(problem: problem, keptAs: ""))
    }
    drop(&inherited, link)
    let persistence = try PersistentStore(link, size: Simulator.storeSize(settings))
    mark(persistence.store)
    do throws(StartFailure) { return try anew(options, settings, persistence, link, report) } catch
    {
      // The next start must not restore a partial store.
      persistence.store.retire()
      link.remove(DescriptorName.store)
      throw error
    }
  }

  private static func anew(
    _ options: LaunchOptions, _ settings: Settings, _ persistence: PersistentStore?,
    _ link: ServiceManagerLink, _ report: @escaping (Event) -> Void
  ) throws(StartFailure) -> Switchboard {
    let switchboard = try Switchboard(
      settings: settings, pools: options.pools, persistence: persistence, onEvent: report)
    for miniport in options.miniports {
      do throws(Failure) { try switchboard.addMiniport(miniport, isConfigured: true) } catch {
        throw StartFailure("miniport \(miniport.name): \(error.sentence)")
      }
    }
    finishRestoring(switchboard, link)
    // One call does about a millisecond of work; on a loaded machine some may remain.
    while switchboard.hasWork || switchboard.hasDeferredReplies {
      switchboard.tick()
      finishRestoring(switchboard, link)
    }
    // No other process is involved, so they are running now, or the failure was reported.
    guard switchboard.miniports.allSatisfy(\.isRunning) else {
      throw StartFailure("a hosted miniport did not reach Running")
    }
    return switchboard
  }

  /// Waits until the descriptors of hosted drivers are stored. No client is served yet.
  private static func finishRestoring(_ switchboard: Switchboard, _ link: ServiceManagerLink) {
    while switchboard.hasDeferredReplies {
      link.flush()
      switchboard.descriptorsStored()
    }
  }

  /// Marks later crashes of this process in the store.
  private static func mark(_ store: StoreFile) {
    unsafe CrashMark.set(store.crashMark)
  }

  /// Discards the inherited descriptors: clients are notified by the end of their connections.
  private static func drop(_ inherited: inout InheritedDescriptors, _ link: ServiceManagerLink) {
    if inherited.store != nil || inherited.problem != nil { link.remove(DescriptorName.store) }
    for name in inherited.closeSections() { link.remove(name) }
    for name in inherited.endConnections() { link.remove(name) }
  }

  /// Returns the path of the copy; empty if it could not be written.
  private static func setAside(_ store: StoreFile) -> String {
    guard let directory = ServiceEnvironment.stateDirectory else { return "" }
    let path = directory + "/refused-store"
    do throws(SystemError) {
      try store.copy(to: path)
      return path
    } catch { return "" }
  }
}
