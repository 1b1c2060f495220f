// Completion of object names, which are queried from a running daemon. Without a daemon there are none, and
// no error is printed.

import ArgumentParser
import NDISManagementInterface
import NDISVarlink

extension CompletionKind {
  /// Names of adapters.
  static var adapters: CompletionKind { .custom { _, _, _ in Completions.adapters() } }
  /// Names of adapters of hosted miniports.
  static var hostedAdapters: CompletionKind {
    .custom { _, _, _ in Completions.adapters { $0.hosted != nil } }
  }
  /// Queues as ADAPTER/NUMBER.
  static var queues: CompletionKind { .custom { _, _, _ in Completions.queues() } }
  /// VPorts as ADAPTER/NUMBER.
  static var vports: CompletionKind { .custom { _, _, _ in Completions.vports() } }
  /// All objects with a name.
  static var objects: CompletionKind {
    .custom { _, _, _ in Completions.adapters() + Completions.queues() }
  }
}

enum Completions {
  static func adapters(
    where isWanted: (SimulatorInterface.Adapter) -> Bool = { _ in true }
  ) -> [String] {
    collect(SimulatorInterface.ListAdapters.self, .init()) {
      $0.adapters.filter(isWanted).map(\.name)
    }
  }

  static func queues() -> [String] {
    collect(SimulatorInterface.ListQueues.self, .init()) { $0.queues.map(\.name) }
  }

  static func vports() -> [String] {
    collect(SimulatorInterface.ListVPorts.self, .init()) { reply in
      reply.vports.map { "\($0.adapterName)/\($0.vportId)" }
    }
  }

  /// The objects that a daemon lists, limited to what a shell can show.
  private static func collect<Method: VarlinkMethod>(
    _ method: Method.Type, _ input: Method.Input, _ names: (Method.Output) -> [String]
  ) -> [String] {
    var all: [String] = []
    do {
      let daemon = try DaemonConnection(try CommonOptions.parse([]))
      try daemon.stream(method, input) { reply throws(CommandFailure) in
        all += names(reply)
        return all.count < 1000
      }
    } catch { return all }
    return all
  }
}
