// `ndisctl list blocks`: the blocks that match a filter, or counts grouped by a property.

import ArgumentParser
import NDISManagementInterface

struct ListBlocks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blocks",
    abstract: "Blocks of shared memory.",
    discussion: """
      A block must match all given filters; the daemon does the filtering.

      Examples:
        ndisctl list blocks --owner vmq0 --queue 1
        ndisctl list blocks --older-than 1min --sort age --reverse
        ndisctl list blocks --by site --sort bytes --reverse
        ndisctl list blocks --provider pool --extents
      """)
  @OptionGroup var options: ListOptions
  @OptionGroup(title: "Filters") var filter: BlockFilterOptions

  @Option(
    help: ArgumentHelp(
      "Group and count by a property: driver, adapter, owner, provider, section, session, queue, usage, tag or site.",
      valueName: "property"))
  var by: String?

  @Flag(help: "Show each extent of a block instead of the number of extents.")
  var extents = false

  func validate() throws {
    guard let by else { return }
    let known = SimulatorInterface.SummarizeBlocks.Input.By.allCases.map(\.rawValue)
    if !known.contains(by) {
      throw ValidationError("--by is '\(by)'; use \(known.joined(separator: ", "))")
    }
    if extents { throw ValidationError("--extents and --by are mutually exclusive") }
  }

  func run() throws {
    if let by = by.flatMap(SimulatorInterface.SummarizeBlocks.Input.By.init(rawValue:)) {
      var output = try ListOutput<SimulatorInterface.BlockGroup>(options)
      let daemon = try DaemonConnection(options.common)
      let input = SimulatorInterface.SummarizeBlocks.Input(by: by, filter: filter.value)
      try output.add(try daemon.call(SimulatorInterface.SummarizeBlocks.self, input).groups)
      try output.finish()
      return
    }
    var output = try ListOutput(
      options, columns: SimulatorInterface.Block.columns(withExtents: extents))
    let daemon = try DaemonConnection(options.common)
    let input = SimulatorInterface.ListBlocks.Input(
      filter: filter.value, withExtents: extents ? true : nil)
    try daemon.stream(SimulatorInterface.ListBlocks.self, input) { reply throws(CommandFailure) in
      try output.add(reply.blocks)
      return true
    }
    try output.finish()
  }
}

/// The members of a BlockFilter.
struct BlockFilterOptions: ParsableArguments {
  @Option(help: "The handle or name of a driver, an adapter or a binding.")
  var owner: String?

  @Option(help: "The handle or name of a provider.")
  var provider: String?

  @Option(help: "The handle of a section.")
  var section: String?

  @Option(help: "The number of a session.")
  var session: Int?

  @Option(help: "The QueueId of a receive queue.")
  var queue: Int?

  @Option(help: "The usage by its documented name; the prefix NdisSharedMemoryUsage is optional.")
  var usage: String?

  @Option(help: "The pool tag.")
  var tag: String?

  @Option(help: "The allocation site, a place in the driver's source.")
  var site: String?

  @Option(help: ArgumentHelp("At least this old: 500ms, 5s, 2min, 1h.", valueName: "time"))
  var olderThan: TimeSpan?

  @Option(help: ArgumentHelp("At least this length: 4096, 64K, 16M.", valueName: "bytes"))
  var longerThan: ByteSize?

  /// The filter, or nil when every block matches.
  var value: SimulatorInterface.BlockFilter? {
    let fullUsage = usage.map { $0.hasPrefix("Ndis") ? $0 : "NdisSharedMemoryUsage\($0)" }
    let filter = SimulatorInterface.BlockFilter(
      owner: owner, provider: provider, section: section, session: session, queueId: queue,
      usage: fullUsage, tag: tag, site: site, minimumAgeMs: olderThan?.milliseconds,
      minimumLength: longerThan?.bytes)
    return filter == SimulatorInterface.BlockFilter() ? nil : filter
  }
}
