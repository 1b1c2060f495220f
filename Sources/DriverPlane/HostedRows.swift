// The layout of the store's rows for hosted drivers: one row for each hosted provider, then a run of rows for
// each hosted miniport. Rows of removed drivers are empty.

import NDISDriverInterface
import NDISHostedDrivers
import NDIS
import NDISSimulator

/// The stored settings of a hosted provider.
struct PoolRow: BitwiseCopyable {
  var name: Name
  var level: UInt32
  var fill: UInt32
  var capacity: UInt64
  var fragmentationSeed: UInt64
  var nodes: UInt32
  var pageSize: UInt32
  var hugePages: UInt32
  /// It comes from the configuration and was not added at run time.
  var isConfigured: UInt32

  init(_ settings: PoolSettings, isConfigured: Bool) {
    name = Name(settings.name)
    level = UInt32(settings.level.rawValue)
    fill = UInt32(clamping: Fill.allCases.firstIndex(of: settings.fill) ?? 0)
    capacity = settings.capacity
    fragmentationSeed = settings.fragmentationSeed
    nodes = settings.nodes
    pageSize = settings.pageSize
    hugePages = settings.hugePages ? 1 : 0
    self.isConfigured = isConfigured ? 1 : 0
  }

  /// Returns nil for a row that no daemon can have written.
  var settings: PoolSettings? {
    guard let level = ProviderLevel(rawValue: UInt8(truncatingIfNeeded: level)),
      Int(fill) < Fill.allCases.count, pageSize.nonzeroBitCount == 1
    else { return nil }
    return PoolSettings(
      name: "\(name)", level: level, capacity: capacity, nodes: nodes, pageSize: pageSize,
      hugePages: hugePages != 0, fill: Fill.allCases[Int(fill)],
      fragmentationSeed: fragmentationSeed)
  }
}

/// What the host stores for a hosted miniport besides the miniport's own rows.
struct MiniportRow: BitwiseCopyable {
  var session: UInt32
  var calls: UInt32
  var isConfigured: UInt32
  /// The session's generation: detects a session number that was reused.
  var generation: UInt32
}

/// An outstanding call of a hosted miniport.
struct CallRow: BitwiseCopyable {
  var id: UInt64 = 0
  var tag: UInt64 = 0
  var freed = Handle.null
}

/// As many calls as fit in a row.
struct CallsRow: BitwiseCopyable {
  static let count = 20
  var calls = InlineArray<20, CallRow>(repeating: CallRow())
}

/// Row numbers.
enum HostRows {
  static let pools: UInt32 = 1_024
  static let miniports: UInt32 = 64
  /// Rows of one miniport: its own, `MiniportRow`, and its calls.
  static let own = VMQRows.count
  static let calls = own + 1
  static let perMiniport: UInt32 = 128

  static func pool(_ number: Int) -> UInt32? {
    number < Int(pools) ? UInt32(number) : nil
  }

  /// The first row of a miniport's run.
  static func miniport(_ number: UInt32) -> UInt32 { pools + number * perMiniport }
}

extension SwitchboardState {
  /// Stores the settings of a hosted provider.
  mutating func remember(pool number: Int, isConfigured: Bool) {
    guard let row = persistence.row(ofPool: number) else { return }
    simulator.keep(
      HostRow(PoolRow(pools[number].settings, isConfigured: isConfigured)), at: row)
  }

  /// Stores a hosted miniport's state, in the transaction in which it changed.
  mutating func remember(miniport index: Int) {
    guard let number = miniports[index].place else { return }
    let first = HostRows.miniport(number)
    let miniport = miniports[index]
    miniport.driver.rows { simulator.keep($1, at: first + $0) }
    let calls = miniport.calls.sorted { $0.key < $1.key }
    var start = 0
    while start < calls.count {
      var record = CallsRow()
      let end = min(start + CallsRow.count, calls.count)
      for place in start..<end {
        record.calls[place - start] = CallRow(
          id: calls[place].key, tag: calls[place].value.tag, freed: calls[place].value.freed)
      }
      simulator.keep(
        HostRow(record), at: first + HostRows.calls + UInt32(start / CallsRow.count))
      start = end
    }
    simulator.keep(
      HostRow(
        MiniportRow(
          session: miniport.session, calls: UInt32(calls.count),
          isConfigured: miniport.isConfigured ? 1 : 0,
          generation: simulator.generation(ofSession: miniport.session))), at: first + HostRows.own)
  }

  /// Clears the rows of a removed miniport.
  mutating func forget(place number: UInt32) {
    simulator.keep(HostRow(), at: HostRows.miniport(number) + HostRows.own)
  }

  /// The first free run of rows; nil if there is none, or nothing is persistent.
  var freePlace: UInt32? {
    let taken = Set(miniports.compactMap(\.place))
    return persistence.miniportPlaces.first { !taken.contains($0) }
  }
}
