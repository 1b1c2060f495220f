// The miniport of the receive measurement: it has a block of the default queue's memory, writes frames
// into it and indicates them, several indications in flight. The slot of an indication is reused when its
// lists are returned. A single thread indicates, and serves until lists are returned.

import Glibc
import NDIS
import NDISDriverKit
import NDISPlatform

/// Indicates frames.
final class ReceiveMiniport {
  private let connection: Connection
  private let adapter: AdapterHandle
  private let driver = ReturnCounter()
  private let block: SharedMemoryBlock
  private var nextFrame: UInt64 = 0

  /// The adapter's name, for the overlying driver.
  static let adapterName = "bench0"

  init(socketPath: String) throws(BenchFailure) {
    do throws(DriverError) {
      connection = try Connection(path: socketPath, name: "ndisctl-bench-miniport")
      let handle = try connection.registerMiniportDriver(driver, name: "bench")
      adapter = try connection.addAdapter(handle, name: ReceiveMiniport.adapterName)
      block = try connection.allocate(
        adapter,
        SharedMemoryParameters(
          length: UInt32(Frame.maximumInFlight * Frame.maximumLists) * Frame.place,
          usage: .receive, tag: "bnch"))
    } catch { throw BenchFailure(error) }
    // Page faults of the first access must not be part of a sample.
    unsafe block.virtualAddress.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { connection.close() }

  /// Makes `count` indications of `lists` frames, `window` of them in flight; a sample is an indication, from
  /// sending it to the return of its lists. It sleeps after each return.
  func measure(_ what: Indications) throws(BenchFailure) -> Round {
    var samples = [UInt64](repeating: 0, count: what.count)
    let chains = (0..<what.window).map { chain(slot: $0, lists: what.lists) }
    var flight: [IndicationTicket] = []
    flight.reserveCapacity(what.window)
    var since = [UInt64](repeating: 0, count: what.window)
    driver.start(lists: what.lists, window: what.window)
    do throws(DriverError) {
      let begin = MonotonicClock.nanoseconds
      var now = begin
      var sent = 0
      var done = 0
      while done < what.count {
        while sent < what.count, sent - done < what.window {
          let slot = sent % what.window
          flight.append(try indicate(chains[slot], slot: slot))
          since[slot] = now
          sent += 1
        }
        // The reply to an indication, which may be a refusal, arrives before its lists are returned.
        if flight.isEmpty {
          let before = done
          try connection.serve { driver.returned > before }
          guard driver.returned > before else { throw .stopped }
        } else {
          try connection.finish(flight.removeFirst())
        }
        let returned = driver.returned
        guard returned > done else { continue }
        now = MonotonicClock.nanoseconds
        while done < returned {
          samples[done] = now &- since[done % what.window]
          done += 1
        }
        if what.restMicroseconds > 0 { usleep(what.restMicroseconds) }
      }
      for ticket in flight { try connection.finish(ticket) }
      guard !driver.isWrong else { throw .wrongLists }
      return Round(samples: samples, elapsed: now &- begin)
    } catch { throw BenchFailure(error) }
  }

  private func chain(slot: Int, lists: Int) -> [NetBufferListIndication] {
    (0..<lists).map { list in
      NetBufferListIndication(
        context: UInt64(slot * Frame.maximumLists + list), queueID: 0, block.sharedMemoryHandle,
        offset: UInt32(slot * Frame.maximumLists + list) * Frame.place, length: Frame.bytes)
    }
  }

  private func indicate(
    _ chain: [NetBufferListIndication], slot: Int
  ) throws(DriverError) -> IndicationTicket {
    guard let base = unsafe block.virtualAddress.baseAddress else { throw .stopped }
    for list in chain {
      unsafe Frame.write(nextFrame, to: base + Int(list.context) * Int(Frame.place))
      nextFrame &+= 1
    }
    guard let ticket = try connection.beginIndicate(adapter, chain) else {
      throw DriverError(status: .resources, sentence: "no request slot is free")
    }
    return ticket
  }
}

/// The parameters of a round of the receive measurement, one line of input for both sides.
struct Indications {
  var count: Int
  var lists: Int
  var window: Int
  var restMicroseconds: UInt32 = 0

  /// The command for the input of the miniport.
  var command: String { "receive \(count) \(lists) \(window) \(restMicroseconds)" }

  init(count: Int, lists: Int, window: Int, restMicroseconds: UInt32 = 0) {
    self.count = count
    self.lists = lists
    self.window = window
    self.restMicroseconds = restMicroseconds
  }

  /// Nil if the line is another command.
  init?(command: String) {
    let words = command.split(separator: " ")
    guard words.count == 5, words[0] == "receive", let count = Int(words[1]),
      let lists = Int(words[2]), let window = Int(words[3]), let rest = UInt32(words[4]),
      (1...1 << 20).contains(count), (1...Frame.maximumLists).contains(lists),
      (1...Frame.maximumInFlight).contains(window), rest < 1_000_000
    else { return nil }
    self.init(count: count, lists: lists, window: window, restMicroseconds: rest)
  }
}

extension DriverError {
  fileprivate static var stopped: DriverError {
    DriverError(status: .failure, sentence: "no lists were returned")
  }
  fileprivate static var wrongLists: DriverError {
    DriverError(status: .failure, sentence: "the lists returned are not those indicated next")
  }
}

/// The handlers of the miniport: counts the indications whose lists were returned.
private final class ReturnCounter: MiniportDriver {
  private struct State {
    var lists = 0
    var window = 1
    var returned = 0
    var isWrong = false
  }
  private let state = Monitor<State>(State())

  func start(lists: Int, window: Int) {
    state.withLock { $0 = State(lists: lists, window: window) }
  }

  var returned: Int { state.withLock { $0.returned } }
  var isWrong: Bool { state.withLock { $0.isWrong } }

  func initializeEx(
    _ adapter: AdapterHandle, name: String, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.setMiniportAttributes(adapter, context: 1)
    // Shared memory requires scatter-gather DMA.
    _ = try connection.registerScatterGatherDMA(adapter)
    return .success
  }

  func returnNetBufferLists(
    _ adapter: AdapterHandle, context: UInt64, _ lists: [UInt64], flags: ReturnFlags,
    on connection: Connection
  ) {
    state.withLock { state in
      let first = UInt64(state.returned % state.window * Frame.maximumLists)
      var expected = first
      for list in lists {
        if list != expected { state.isWrong = true }
        expected &+= 1
      }
      if lists.count != state.lists { state.isWrong = true }
      state.returned += 1
    }
  }
}
