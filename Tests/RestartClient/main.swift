// A driver that never stops: it holds a number of blocks full of checksummed words and frees, allocates and
// writes them again and again, while somebody kills the daemon. It knows what it holds; at the end it says
// so, and what it has seen go wrong.
//
//     ndissim-restart-client SOCKET NAME BLOCKS SEED [TAG [dry]]
//
// Says `full` when it holds all its blocks. On the line `stop` it stops changing anything, looks at every word
// it holds, and writes one line of JSON; on the end of its input it goes without a word.
// `dry`: it touches no byte, so that it can hold more blocks than there is memory.

import Glibc
import NDIS
import NDISDriverKit
import NDISPlatform

/// Writes a line at once.
func say(_ line: String) {
  var bytes = Array((line + "\n").utf8)[...]
  while !bytes.isEmpty {
    let count = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
    guard count > 0 else { return }
    bytes = bytes.dropFirst(count)
  }
}

/// What is told at the end.
struct Report {
  var operations = 0
  var errors = 0
  var firstError = ""
  var wrongBytes = 0
  var longestPause: UInt64 = 0
}

/// Whether `stop` has been said.
final class Command: Sendable {
  private let state = Monitor<(stop: Bool, end: Bool)>((false, false))

  func listen() throws(SystemError) {
    _ = try Thread.start(name: "commands") { [state] in
      while let line = readLine() {
        if line == "stop" { state.withLock { $0.stop = true } }
        state.broadcast()
      }
      state.withLock { $0 = (true, true) }
      state.broadcast()
    }
  }

  var isToStop: Bool { state.withLock { $0.stop } }
  func waitForEnd() { state.wait { $0.end ? () : nil } }
}

final class Miniport: MiniportDriver {}

/// A block, and from what its words are made.
struct Held {
  let block: SharedMemoryBlock
  let seed: UInt64
  let isDry: Bool

  /// The words of a block: each is made of the seed, the block's handle and its place, so that neither another
  /// block's bytes nor older ones of its own pass for them.
  private func word(_ index: Int) -> UInt64 {
    var z = seed &+ block.allocationHandle.rawValue &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(index)
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  func write() {
    guard !isDry else { return }
    let bytes = unsafe block.virtualAddress
    for index in 0..<bytes.count / 8 {
      unsafe bytes.storeBytes(of: word(index), toByteOffset: index * 8, as: UInt64.self)
    }
  }

  var isWhole: Bool {
    guard !isDry else { return true }
    let bytes = unsafe block.virtualAddress
    for index in 0..<bytes.count / 8
    where unsafe bytes.load(fromByteOffset: index * 8, as: UInt64.self) != word(index) {
      return false
    }
    return true
  }
}

struct Churn {
  let connection: Connection
  let adapter: AdapterHandle
  let tag: PoolTag
  let isDry: Bool
  var random: UInt64
  var report = Report()
  var held: [Held] = []

  mutating func next() -> UInt64 {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return random >> 33
  }

  mutating func failed(_ error: DriverError) {
    report.errors += 1
    if report.firstError.isEmpty { report.firstError = "\(error)" }
  }

  /// An answer that was waited for since `before`.
  mutating func answered(since before: UInt64) {
    report.longestPause = max(report.longestPause, MonotonicClock.milliseconds &- before)
    report.operations += 1
  }

  /// Allocates blocks, several requests in flight at a time.
  mutating func allocate(_ count: Int) throws(DriverError) {
    var tickets: [AllocationTicket] = []
    for _ in 0..<count {
      let pages = isDry ? 1 : 1 + next() % 2
      let parameters = SharedMemoryParameters(length: UInt32(pages * 4096), tag: tag)
      do throws(DriverError) {
        if let ticket = try connection.beginAllocate(adapter, parameters) { tickets.append(ticket) }
      } catch { failed(error) }
    }
    for ticket in tickets {
      do throws(DriverError) {
        let before = MonotonicClock.milliseconds
        let block = try connection.finish(ticket)
        answered(since: before)
        let new = Held(block: block, seed: next(), isDry: isDry)
        new.write()
        held.append(new)
      } catch {
        failed(error)
        if error.kind == .connection { throw error }
      }
    }
  }

  /// Frees blocks at random, after a look at their words.
  mutating func free(_ count: Int) throws(DriverError) {
    var tickets: [FreeTicket] = []
    for _ in 0..<count where !held.isEmpty {
      held.swapAt(Int(next() % UInt64(held.count)), held.count - 1)
      let old = held.removeLast()
      if !old.isWhole { report.wrongBytes += 1 }
      do throws(DriverError) {
        if let ticket = try connection.beginFree(old.block) { tickets.append(ticket) }
      } catch { failed(error) }
    }
    for ticket in tickets {
      do throws(DriverError) {
        let before = MonotonicClock.milliseconds
        try connection.finish(ticket)
        answered(since: before)
      } catch {
        failed(error)
        if error.kind == .connection { throw error }
      }
    }
  }

  mutating func run(_ blocks: Int, until command: Command) {
    do throws(DriverError) {
      while held.count < blocks, !command.isToStop { try allocate(min(32, blocks - held.count)) }
      say("full")
      while !command.isToStop {
        let count = 1 + Int(next() % 24)
        try free(count)
        try allocate(blocks - held.count)
      }
    } catch {}
    report.wrongBytes += held.count { !$0.isWhole }
  }
}

func serve() throws {
  let arguments = CommandLine.arguments
  guard arguments.count >= 5, let blocks = Int(arguments[3]), let seed = UInt64(arguments[4]) else {
    print("usage: ndissim-restart-client SOCKET NAME BLOCKS SEED [TAG [dry]]")
    exit(2)
  }
  let command = Command()
  try command.listen()
  let connection = try Connection(
    path: arguments[1], name: arguments[2], resumeTimeout: .seconds(60))
  let driver = try connection.registerMiniportDriver(Miniport(), name: arguments[2])
  let adapter = try connection.addAdapter(driver, name: arguments[2])
  var churn = Churn(
    connection: connection, adapter: adapter,
    tag: PoolTag(arguments.count > 5 ? arguments[5] : "CRSH"),
    isDry: arguments.count > 6 && arguments[6] == "dry", random: seed)
  churn.run(blocks, until: command)
  let report = churn.report
  let handles = churn.held.map { "\($0.block.allocationHandle.rawValue)" }.joined(separator: ",")
  let error = report.firstError.replacing("\"", with: "'")
  say(
    """
    {"operations":\(report.operations),"errors":\(report.errors),"first_error":"\(error)",\
    "wrong_bytes":\(report.wrongBytes),"longest_pause_ms":\(report.longestPause),\
    "resumptions":\(connection.resumptions),"stray_replies":\(connection.strayReplies),\
    "blocks":[\(handles)]}
    """)
  command.waitForEnd()
}

do { try serve() } catch {
  say("{\"errors\":1,\"first_error\":\"\(error)\"}")
  exit(1)
}
