// What a handle of an entry names, by asking the daemon. Only entries of the very process that runs
// are asked about: an earlier daemon may have given the same handle to something else, above all
// under the same seed. What is gone has no name any more and stays a number.

import NDISManagementInterface
import NDISVarlink

/// Names of handles, each asked for once.
final class LogNames {
  private let common: CommonOptions
  /// The daemon that was last asked, by its process.
  private var pid: Int?
  /// Processes that were tried and are not the daemon.
  private var others: Set<Int> = []
  private var names: [String: String?] = [:]

  init(_ common: CommonOptions) { self.common = common }

  /// The process of the daemon that runs, if one does.
  static func daemon(_ common: CommonOptions) -> Int? {
    guard let daemon = try? DaemonConnection(common),
      let reply = try? daemon.call(SimulatorInterface.GetStatus.self, .init())
    else { return nil }
    return reply.status.pid
  }

  /// What the handle of an event names: "queue 2 of vmq0"; nil when it cannot be known.
  func object(_ event: SimulatorInterface.Event, ofProcess writer: Int?) -> String? {
    guard let handle = event.fields["NDIS_HANDLE"], let writer, isDaemon(writer) else { return nil }
    if let known = names[handle] { return known }
    let name = describe(handle)
    // A flood of leaks has as many handles as blocks.
    if names.count >= 4096 { names = [:] }
    names[handle] = .some(name)
    return name
  }

  private func isDaemon(_ writer: Int) -> Bool {
    if writer == pid { return true }
    guard !others.contains(writer) else { return false }
    // The first entry, or the first of a daemon that was started meanwhile.
    let running = LogNames.daemon(common)
    if running != pid {
      pid = running
      names = [:]
      others = []
    }
    if running != writer { others.insert(writer) }
    return running == writer
  }

  private func describe(_ handle: String) -> String? {
    guard let daemon = try? DaemonConnection(common),
      let reply = try? daemon.call(SimulatorInterface.Describe.self, .init(object: handle))
    else { return nil }
    return LogNames.text(reply.object)
  }

  /// An object in a few words.
  static func text(_ object: SimulatorInterface.Object) -> String? {
    if let adapter = object.adapter { return "adapter \(adapter.name)" }
    if let driver = object.driver { return "driver \(driver.name)" }
    if let binding = object.binding {
      return "\(binding.kind) of \(binding.driverName) to \(binding.adapterName)"
    }
    if let provider = object.provider { return "provider \(provider.name)" }
    if let section = object.section { return "section of \(section.providerName)" }
    if let block = object.block {
      guard let adapter = block.adapterName else {
        return block.driverName.map { "block of \($0)" }
      }
      return "queue \(block.queueId) of \(adapter)"
    }
    if let oid = object.oid { return "\(oid.oid) to \(oid.adapterName)" }
    return nil
  }
}
