// `ndisctl adapter add`, `remove` and `generate`: for hosted miniports only.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct AdapterAdd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Adds a hosted miniport with an adapter.",
    discussion: """
      The keys, with their defaults, are those of ndissimd's --miniport: name, queues (8), vports, \
      queue-memory (256K), ndis (6.30), frame-length (1514), rate (frames per second; none), pends \
      (never, queues or always; queues). Returns when the adapter is Running.

      Examples:
        ndisctl adapter add name=vmq1
        ndisctl adapter add name=vmq2,vports=4,queue-memory=64K
        ndisctl adapter add name=split,ndis=6.20,queues=2 rate=1000
      """)
  @OptionGroup var common: CommonOptions
  @OptionGroup var wait: ChangeWait

  @Argument(help: ArgumentHelp("Its configuration.", valueName: "key=value,..."))
  var settings: [String]

  private func miniport() throws -> SimulatorInterface.HostedMiniport {
    var miniport = SimulatorInterface.HostedMiniport(name: "")
    for setting in try KeyValue.all(in: settings) {
      switch setting.key {
      case "name": miniport.name = setting.value
      case "queues": miniport.queues = try setting.number
      case "vports": miniport.vports = try setting.number
      case "queue-memory": miniport.queueMemory = try setting.size("bytes, such as 64K")
      case "ndis": miniport.ndisVersion = setting.value
      case "frame-length": miniport.frameLength = try setting.number
      case "rate": miniport.framesPerSecond = try setting.number
      case "pends": miniport.pends = setting.value
      default:
        throw ValidationError(
          "unknown key '\(setting.key)'; the keys are name, queues, vports, queue-memory, ndis, "
            + "frame-length, rate, pends")
      }
    }
    if miniport.name.isEmpty { throw ValidationError("the adapter has no name; add name=NAME") }
    return miniport
  }

  func validate() throws { _ = try miniport() }

  func run() throws {
    let miniport = try miniport()
    let daemon = try DaemonConnection(common)
    let input = SimulatorInterface.AddMiniport.Input(
      miniport: miniport, timeoutMs: wait.milliseconds)
    let reply = try daemon.call(
      SimulatorInterface.AddMiniport.self, input, waiting: wait.milliseconds)
    guard !common.json, let handle = reply.handle else {
      return try printState(miniport.name, reply.state, reply.json, common)
    }
    let object = try daemon.call(SimulatorInterface.Describe.self, .init(object: handle)).object
    var output = Output()
    for line in ShowPage(object: object).lines(on: common.capabilities) { try output.line(line) }
    try output.flush()
  }
}

struct AdapterRemove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Removes a hosted miniport with its adapter.",
    discussion: """
      Returns when it is removed: its bindings are closed, the adapter was paused and halted, and the \
      driver has deregistered. The adapter of a driver process is removed by that process; \
      `ndisctl adapter halt` halts it.

      Example: ndisctl adapter remove vmq1
      """)
  @OptionGroup var common: CommonOptions
  @OptionGroup var wait: ChangeWait

  @Argument(help: "The adapter's name.", completion: .hostedAdapters)
  var name: String

  func run() throws {
    let daemon = try DaemonConnection(common)
    let input = SimulatorInterface.RemoveMiniport.Input(name: name, timeoutMs: wait.milliseconds)
    let reply = try daemon.call(
      SimulatorInterface.RemoveMiniport.self, input, waiting: wait.milliseconds)
    try printState(name, reply.state, reply.json, common)
  }
}

struct AdapterGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Generates receive frames on a hosted miniport.",
    discussion: """
      The frames are received on the default queue, or on the given queue or VPort if it is Running and \
      has a filter. A frame without a free buffer is dropped.

      Examples:
        ndisctl adapter generate vmq0 --queue 3 --count 10
        ndisctl adapter generate vmq1 --vport 1 --length 64
      """)
  @OptionGroup var common: CommonOptions

  @Argument(help: "The adapter's name or handle.", completion: .hostedAdapters)
  var adapter: String

  @Option(help: "The QueueId; the default is 0, the default queue.")
  var queue: Int?

  @Option(help: "The VPortId, for an adapter with VPorts.")
  var vport: Int?

  @Option(help: "The number of frames; 1 by default.")
  var count = 1

  @Option(
    help: ArgumentHelp(
      "The length of a frame, at least 64; the miniport's frame-length by default.",
      valueName: "bytes"))
  var length: Int?

  /// The most that the daemon generates in one call.
  private static let chunk = 1024

  func validate() throws {
    if queue != nil, vport != nil {
      throw ValidationError("--queue and --vport are mutually exclusive")
    }
    if count < 1 { throw ValidationError("--count is \(count); use 1 or more") }
    for (name, value) in [("queue", queue), ("vport", vport)] {
      if let value, UInt32(exactly: value) == nil {
        throw ValidationError("--\(name) is \(value); use 0 or more")
      }
    }
    if let length, !(64...9014).contains(length) {
      throw ValidationError("--length is \(length); use 64 to 9014")
    }
  }

  func run() throws {
    let daemon = try DaemonConnection(common)
    var sum = SimulatorInterface.Generate.Output(indicated: 0, dropped: 0)
    var left = count
    while left > 0 {
      let count = min(left, AdapterGenerate.chunk)
      left -= count
      let reply = try daemon.call(
        SimulatorInterface.Generate.self,
        .init(adapter: adapter, queueId: queue, vportId: vport, count: count, length: length))
      sum.indicated &+= reply.indicated
      sum.dropped &+= reply.dropped
    }
    var output = Output()
    if common.json {
      try output.line(sum.json.prettyText)
    } else {
      try output.line(
        "\(HumanFormat.counted(sum.indicated, "frame")) indicated, \(HumanFormat.count(sum.dropped)) dropped"
      )
    }
    try output.flush()
  }
}
