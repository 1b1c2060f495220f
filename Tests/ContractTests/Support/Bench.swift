// The test bench. Every test of the contract runs on two kinds of it: NDIS in this process with the
// packets handed over directly, and the real daemon in a process of its own with the provider in a
// third. Both end with the same question: is anything left?

import NDISDriverInterface
import Glibc
import NDISHostedDrivers
import NDISDriverKit
import NDISPlatform
import Testing

/// All tests of the contract, one after another: each has processes and threads of its own.
@Suite(.serialized) enum Contract {}

/// A running NDIS and everybody who is connected to it.
final class Bench {
  enum Kind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inMemory, socket
    var testDescription: String { rawValue }
  }

  /// What NDIS is started with, as the daemon's flags say it.
  struct Options {
    var hal = true
    var defaultPool = true
    var pools: [PoolSettings] = []
    var miniports: [VMQSettings] = []
    var switches: Set<String> = []
    /// Milliseconds.
    var deadline: UInt64 = 5_000
    var sessionBytes: UInt64?
    var sessionBlocks: UInt32?
    /// Of the store, in memory only.
    var registrations: UInt32 = 64

    init(_ change: (inout Options) -> Void = { _ in }) { change(&self) }
  }

  let kind: Kind
  private let options: Options
  let hub: Hub?
  private let daemon: DaemonProcess?
  /// What hosted miniports have from the beginning.
  private let initial: NDISDriverKit.Statistics
  /// A connection that only looks.
  let observer: Connection
  private var connections: [Connection] = []
  private var providers: [LiarHandle] = []

  /// Runs a test on a bench and asks at its end whether anything is left.
  static func run(
    _ kind: Kind, _ options: Options = Options(), _ body: (Bench) throws -> Void
  ) throws {
    let bench = try Bench(kind, options)
    do { try body(bench) } catch {
      try? bench.finish()
      throw error
    }
    try bench.finish()
  }

  private init(_ kind: Kind, _ options: Options) throws {
    self.kind = kind
    self.options = options
    switch kind {
    case .inMemory:
      let hub = try Hub(
        settings: Bench.settings(options), pools: Bench.pools(options),
        miniports: options.miniports)
      (self.hub, daemon) = (hub, nil)
      observer = try Connection(transport: HubTransport(hub), name: "observer")
    case .socket:
      let daemon = try DaemonProcess(Bench.flags(options))
      (hub, self.daemon) = (nil, daemon)
      observer = try Connection(path: daemon.socketPath, name: "observer")
      for _ in 0..<3 {
        _ = try observer.statistics()
        daemon.recount(connections: 1)
      }
    }
    initial = try observer.statistics()
  }

  // MARK: Parties

  /// A transport that nobody speaks on yet.
  func transport() throws -> any Transport {
    if let hub { return HubTransport(hub) }
    return try SocketTransport(path: try #require(daemon).socketPath)
  }

  func connect(_ name: String, isServing: Bool = false) throws -> Connection {
    try connect(name, over: try transport(), isServing: isServing)
  }

  func connect(
    _ name: String, over transport: any Transport, isServing: Bool = false
  ) throws -> Connection {
    let connection = try Connection(transport: transport, name: name)
    connections.append(connection)
    if isServing { try connection.startServing() }
    return connection
  }

  /// Starts the lying provider: in this process, or in one of its own.
  func liar(_ name: String = "liar") throws -> LiarHandle {
    let liar: LiarHandle
    if let daemon {
      let output = "\(daemon.directory)/out\(providers.count)"
      let child = try Child(
        try Child.program("ndissim-faulty-provider"), [name],
        environment: ["NDISSIM_SOCKET": daemon.socketPath], output: output)
      liar = LiarHandle(child: child)
      try wait("the provider is ready") { liar.lines.contains { $0.hasPrefix("ready") } }
    } else {
      let connection = try connect(name, isServing: true)
      liar = LiarHandle(connection: connection)
      try liar.register(name)
    }
    providers.append(liar)
    return liar
  }

  /// Starts another program of this package with $NDISSIM_SOCKET set.
  func spawn(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Child {
    let daemon = try #require(daemon)
    return try Child(
      program, arguments,
      environment: environment.merging(["NDISSIM_SOCKET": daemon.socketPath]) { $1 },
      output: "\(daemon.directory)/out15")
  }

  // MARK: Looking

  func statistics() throws -> NDISDriverKit.Statistics { try observer.statistics() }

  /// The log: sentences, with rule and bug check in brackets.
  var log: [String] { hub?.lines ?? daemon?.child.lines ?? [] }

  /// Hosted providers' registrations.
  var hosted: UInt64 {
    UInt64((options.hal ? 1 : 0) + (options.defaultPool ? 1 : 0) + options.pools.count)
  }

  /// Waits for a state, asking once a millisecond, twenty seconds at most.
  func wait(_ what: String, until isThere: () throws -> Bool) throws {
    let deadline = MonotonicClock.milliseconds + 20_000
    while try !isThere() {
      guard MonotonicClock.milliseconds < deadline else {
        throw BenchProblem("waited in vain: \(what)\n\(log.suffix(8).joined(separator: "\n"))")
      }
      _ = poll(nil, 0, 1)
    }
  }

  /// Waits until nobody owes an answer.
  func settle() throws {
    try wait("nothing is open") {
      let now = try statistics()
      return now.openRequests == 0 && now.openUpcalls == 0
    }
  }

  /// Waits for a line of the log with all of these in it.
  func expectLog(_ parts: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
    try wait("a line with \(parts)") { [self] in
      log.contains { line in parts.allSatisfy { line.contains($0) } }
    }
  }

  // MARK: The end

  private func finish() throws {
    for provider in providers { provider.end() }
    for connection in connections { connection.close() }
    var last = try statistics()
    try? wait("nothing is left") {
      last = try statistics()
      return isEmpty(last)
    }
    #expect(isEmpty(last), "something is left: \(last)")
    observer.close()
    if let hub {
      #expect(hub.sessions == UInt64(options.miniports.count))
      hub.shutDown()
    }
    guard let daemon else { return }
    // Fewer is possible: see `recount`.
    try wait("the daemon has closed its descriptors") {
      daemon.child.openDescriptors <= daemon.descriptorsAtReady
    }
    daemon.child.send(SIGTERM)
    #expect(daemon.child.wait() == 0, "\(daemon.child.lines.suffix(8))")
  }

  private func isEmpty(_ now: NDISDriverKit.Statistics) -> Bool {
    let miniports = UInt64(options.miniports.count)
    return now.sessions == 1 + miniports && now.drivers == miniports && now.adapters == miniports
      && now.bindings == 0 && now.registrations == hosted && now.sections == initial.sections
      && now.blocks == initial.blocks && now.bytes == initial.bytes && now.openRequests == 0
      && now.openUpcalls == 0 && now.descriptors == initial.descriptors
      && (miniports > 0 || initial.blocks == 0)
  }
}
