// Where a daemon begins: from the store of the process before it, if the service manager has kept one, or anew.
// A store that cannot be gone on from is set aside for whoever wants to look at it, and the start is clean.

import NDISDriverPlane
import NDISEvents
import Glibc
import NDISHostedDrivers
import NDIS
import NDISPlatform
import NDISServiceManager
import NDISSimulator

extension Launch {
  /// NDIS, with its hosted drivers up.
  static func begin(
    _ options: LaunchOptions, _ inheritance: inout Inheritance, _ link: ServiceManagerLink,
    _ tell: @escaping (Event) -> Void
  ) throws(StartFailure) -> Switchboard {
    var settings = options.settings
    settings.pageSize = UInt32(clamping: NDISPlatform.Limits.pageSize)
    guard link.keepsDescriptors else {
      drop(&inheritance, link)
      return try anew(options, settings, nil, link, tell)
    }
    link.inherited(inheritance.count)
    for name in inheritance.unknown { link.drop(name) }
    if let store = inheritance.store, !isRetired(store) {
      mark(store)
      do throws(AdoptionFailure) {
        let switchboard = try Switchboard(
          adopting: inheritance, settings: settings, pools: options.pools,
          miniports: options.miniports, keeping: Keeping(link, adopting: store), onEvent: tell)
        inheritance.forgetSections()
        if inheritance.hasOldStores {
          // All of one name go at once.
          link.drop(KeptName.store)
          _ = link.keep(store.descriptor.raw, name: KeptName.store)
        }
        settle(switchboard, link)
        return switchboard
      } catch {
        tell(.storeRefused(problem: error.description, keptAs: setAside(store)))
      }
    } else if let problem = inheritance.problem {
      tell(.storeRefused(problem: problem, keptAs: ""))
    }
    drop(&inheritance, link)
    let keeping = try Keeping(link, size: Simulator.storeSize(settings))
    mark(keeping.store)
    do throws(StartFailure) { return try anew(options, settings, keeping, link, tell) } catch {
      // The next start is not to go on from half a one.
      Simulator.retire(memory(keeping.store))
      link.drop(KeptName.store)
      throw error
    }
  }

  private static func anew(
    _ options: LaunchOptions, _ settings: Settings, _ keeping: Keeping?,
    _ link: ServiceManagerLink, _ tell: @escaping (Event) -> Void
  ) throws(StartFailure) -> Switchboard {
    let switchboard = try Switchboard(
      settings: settings, pools: options.pools, keeping: keeping, onEvent: tell)
    for miniport in options.miniports {
      do throws(Failure) { try switchboard.addMiniport(miniport, isConfigured: true) } catch {
        throw StartFailure("miniport \(miniport.name): \(error.sentence)")
      }
    }
    settle(switchboard, link)
    // Nobody else is there to be waited for: they run, or it was said why not.
    guard switchboard.miniports.allSatisfy(\.isRunning) else {
      throw StartFailure("a hosted miniport does not come up")
    }
    return switchboard
  }

  /// Waits until what the hosted drivers have is kept. Nobody is served yet.
  private static func settle(_ switchboard: Switchboard, _ link: ServiceManagerLink) {
    while switchboard.awaitsKeeper {
      link.flush()
      switchboard.descriptorsKept()
    }
  }

  /// From now on a crash of this process is written into the store.
  private static func mark(_ store: StoreFile) {
    unsafe CrashMark.set(Simulator.crashMark(memory(store)))
  }

  private static func memory(_ store: StoreFile) -> StoreMemory {
    unsafe StoreMemory(base: store.baseAddress, size: store.size)
  }

  /// The process before this one stopped, and did not live to have it dropped.
  private static func isRetired(_ store: StoreFile) -> Bool {
    Simulator.isRetired(memory(store))
  }

  /// What was left goes: clients learn it by the end of their connections.
  private static func drop(_ inheritance: inout Inheritance, _ link: ServiceManagerLink) {
    if inheritance.store != nil || inheritance.problem != nil { link.drop(KeptName.store) }
    for name in inheritance.closeSections() { link.drop(name) }
    for name in inheritance.endConnections() { link.drop(name) }
  }

  /// Answers where the store was put; nothing when there is no place for it.
  private static func setAside(_ store: StoreFile) -> String {
    guard let directory = ServiceEnvironment.stateDirectory else { return "" }
    let path = directory + "/refused-store"
    do throws(SystemError) {
      try store.copy(to: path)
      return path
    } catch { return "" }
  }
}
