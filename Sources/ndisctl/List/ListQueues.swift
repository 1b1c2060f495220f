// `ndisctl list queues`, `vports`, `filters` and `oids`: the objects of overlying drivers on adapters. The
// daemon does the filtering, as for blocks.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

/// The members of an ObjectFilter common to all four.
struct ObjectFilterOptions: ParsableArguments {
  @Option(help: "The handle or name of an adapter.", completion: .adapters)
  var adapter: String?

  @Option(
    help:
      "The owner: the handle or name of a protocol driver, a binding or a session; a driver includes its bindings, a session its drivers."
  )
  var owner: String?

  @Option(help: "Only objects in this state, as shown in the list.")
  var state: String?

  /// The filter, or nil when everything matches.
  func value(queue: Int? = nil, vport: Int? = nil) -> SimulatorInterface.ObjectFilter? {
    let filter = SimulatorInterface.ObjectFilter(
      adapter: adapter, owner: owner, queueId: queue, vportId: vport, state: state)
    return filter == SimulatorInterface.ObjectFilter() ? nil : filter
  }
}

struct ListQueues: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queues",
    abstract: "Allocated receive queues.",
    discussion: """
      Default queues, which always exist, are not listed. `ndisctl show` accepts the names in the \
      column QUEUE.

      Examples:
        ndisctl list queues --adapter vmq0
        ndisctl list queues --state Running --sort indicated --reverse
        ndisctl list queues --owner vswitch --json | jq -r '.queues[].queueName'
      """)
  @OptionGroup var options: ListOptions
  @OptionGroup(title: "Filters") var filter: ObjectFilterOptions

  func run() throws {
    let input = SimulatorInterface.ListQueues.Input(filter: filter.value())
    try list(SimulatorInterface.ListQueues.self, input, options) { $0.queues }
  }
}

struct ListVPorts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vports",
    abstract: "Nondefault VPorts of NIC switches.",
    discussion: "Example: ndisctl list vports --state Activated")
  @OptionGroup var options: ListOptions
  @OptionGroup(title: "Filters") var filter: ObjectFilterOptions

  func run() throws {
    let input = SimulatorInterface.ListVPorts.Input(filter: filter.value())
    try list(SimulatorInterface.ListVPorts.self, input, options) { $0.vports }
  }
}

struct ListFilters: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "filters",
    abstract: "Receive filters and their tests.",
    discussion: """
      Examples:
        ndisctl list filters --adapter vmq0 --queue 3
        ndisctl list filters --columns queue,tests
      """)
  @OptionGroup var options: ListOptions
  @OptionGroup(title: "Filters") var filter: ObjectFilterOptions

  @Option(help: "Only filters of this queue; 0 is the default queue.")
  var queue: Int?

  @Option(help: "Only filters of this VPort.")
  var vport: Int?

  func run() throws {
    let input = SimulatorInterface.ListFilters.Input(
      filter: filter.value(queue: queue, vport: vport))
    try list(SimulatorInterface.ListFilters.self, input, options) { $0.filters }
  }
}

struct ListOids: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "oids",
    abstract: "Outstanding OID requests.",
    discussion: """
      A miniport has one request at a time (sent, or pended after its handler returned PENDING); the \
      others of the adapter are queued.

      Examples:
        ndisctl list oids
        ndisctl list oids --adapter vmq0 --state pended
      """)
  @OptionGroup var options: ListOptions
  @OptionGroup(title: "Filters") var filter: ObjectFilterOptions

  func run() throws {
    let input = SimulatorInterface.ListOids.Input(filter: filter.value())
    try list(SimulatorInterface.ListOids.self, input, options) { $0.oids }
  }
}

extension SimulatorInterface.Queue: Listed {
  static var plural: String { "queues" }

  static var columns: [ListColumn<Self>] {
    [
      .text("QUEUE", minimum: 8, .name) { $0.name },
      .state { $0.state },
      .text("QUEUENAME", rank: 1, minimum: 8) { $0.queueName },
      .text("VM", rank: 2, minimum: 8) { $0.vmName },
      .text("DRIVER", rank: 3, minimum: 8) { $0.driverName },
      .number("FILTERS") { $0.filters },
      .number("INDICATED") { $0.indicated },
      .number("BLOCKS") { $0.blocks },
      .number("SESSION", rank: 6) { $0.session },
      .number("BUFFERS", rank: 7) { $0.suggestedBuffers },
      .number("MSIX", rank: 5) { $0.msixTableEntry },
      .number("LOOKAHEAD", rank: 8) { $0.lookaheadSize },
      .text("AFFINITY", rank: 4) { affinityText($0.affinityMask, $0.affinityGroup) },
      .number("ID", rank: 9) { $0.queueId },
      .text("ADAPTER", rank: 10) { $0.adapterName },
      .text("FLAGS", rank: 11) { $0.flags.isEmpty ? nil : $0.flags.joined(separator: " ") },
    ]
  }
}

extension SimulatorInterface.VPort: Listed {
  static var plural: String { "vports" }

  static var columns: [ListColumn<Self>] {
    [
      .text("VPORT", minimum: 8, .name) { $0.name },
      .state { $0.state },
      .text("VPORTNAME", rank: 1, minimum: 8) { $0.vportName },
      .text("FUNCTION") { $0.attachedFunction },
      .text("DRIVER", rank: 2, minimum: 8) { $0.driverName },
      .number("FILTERS") { $0.filters },
      .number("INDICATED") { $0.indicated },
      .number("BLOCKS") { $0.blocks },
      .number("SESSION", rank: 5) { $0.session },
      .number("PAIRS", rank: 4) { $0.queuePairs },
      .text("AFFINITY", rank: 3) { affinityText($0.affinityMask, $0.affinityGroup) },
      .number("ID", rank: 6) { $0.vportId },
      .text("ADAPTER", rank: 7) { $0.adapterName },
    ]
  }
}

extension SimulatorInterface.Filter: Listed {
  static var plural: String { "filters" }

  static var columns: [ListColumn<Self>] {
    [
      .text("FILTER", minimum: 8, .name) { $0.name },
      .state(rank: 1) { $0.state },
      .number("QUEUE") { $0.queueId },
      .number("VPORT", rank: 2) { $0.vportId },
      .text("DRIVER", rank: 3, minimum: 8) { $0.driverName },
      .text("TYPE", rank: 4) { $0.filterType },
      .number("SESSION", rank: 5) { $0.session },
      .number("ID", rank: 6) { $0.filterId },
      .text("ADAPTER", rank: 7) { $0.adapterName },
      .sentence("TESTS") { testsText($0.tests) },
    ]
  }
}

extension SimulatorInterface.OidRequest: Listed {
  static var plural: String { "oids" }

  static var columns: [ListColumn<Self>] {
    [
      .text("HANDLE") { $0.handle },
      .text("OID", minimum: 16, .name) { $0.oid },
      .text("KIND", rank: 2) { shortRequest($0.kind) },
      .state { $0.state },
      .text("ADAPTER", minimum: 8, .name) { $0.adapterName },
      .text("DRIVER", rank: 1, minimum: 8) { $0.driverName },
      .number("SESSION", rank: 3) { $0.session },
      .number("INPUT", rank: 4) { $0.inputLength },
      .number("OUTPUT", rank: 4) { $0.outputLength },
      .flag("CANCELLED", rank: 5) { $0.cancelled },
      .text("REQUESTID", rank: 6) { $0.requestId },
      .number("TIMEOUT", rank: 7) { $0.timeout },
      .number("PORT", rank: 8) { $0.portNumber },
      .text("NUMBER", rank: 9) { $0.number },
    ]
  }
}

/// `0xF`, and the group unless it is 0.
func affinityText(_ mask: String, _ group: Int) -> String {
  group == 0 ? mask : "\(mask) in group \(group)"
}

/// `DestinationAddress = 02-00-00-00-00-01, VlanId = 5 or untagged`.
func testsText(_ tests: [SimulatorInterface.FilterTest]) -> String {
  tests.map { test in
    let header = test.header == "Mac" ? "" : test.header + "."
    let sign =
      switch test.test {
      case "Equal": "="
      case "NotEqual": "!="
      default: "&"
      }
    let result = test.result.map { " = \($0)" } ?? ""
    return "\(header)\(test.field) \(sign) \(test.value)\(result)"
      + (test.untaggedOrZero ? " or untagged" : "")
  }.joined(separator: ", ")
}

/// `method` for NdisRequestMethod.
func shortRequest(_ kind: String) -> String {
  switch kind {
  case "NdisRequestQueryInformation": "query"
  case "NdisRequestSetInformation": "set"
  case "NdisRequestQueryStatistics": "statistics"
  case "NdisRequestMethod": "method"
  default: kind
  }
}
