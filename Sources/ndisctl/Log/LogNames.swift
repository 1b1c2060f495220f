// Resolves the handles of entries to names by querying the daemon. Only for entries of the running
// process: an earlier daemon may have used the same handle for another object, in particular with the
// same seed. A removed object has no name; its handle is shown.

import NDISManagementInterface
import NDISVarlink

/// The names of handles; each is queried once.
final class LogNames {
  private let common: CommonOptions
  /// The process of the daemon that was last queried.
  private var pid: Int?
  /// Processes that are known not to be the daemon.
  private var others: Set<Int> = []
  private var names: [String: String?] = [:]

  init(_ common: CommonOptions) { self.common = common }

  /// The process of the running daemon, if any.
  static func daemon(_ common: CommonOptions) -> Int? {
    guard let daemon = try? DaemonConnection(common),
      let reply = try? daemon.call(SimulatorInterface.GetStatus.self, .init())
    else { return nil }
    return reply.status.pid
  }

  /// The name of the handle of an event: "queue 2 of vmq0"; nil if unknown.
  func object(_ event: SimulatorInterface.Event, ofProcess writer: Int?) -> String? {
    guard let handle = event.fields["NDIS_HANDLE"], let writer, isDaemon(writer) else { return nil }
    if let known = names[handle] { return known }
    let name = describe(handle)
    // Mass leaks have one handle per block: limit the cache.
    if names.count >= 4096 { names = [:] }
    names[handle] = .some(name)
    return name
  }

  private func isDaemon(_ writer: Int) -> Bool {
    if writer == pid { return true }
    guard !others.contains(writer) else { return false }
    // The first entry, or the first one of a daemon started meanwhile.
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

  /// A short name of an object.
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
