// The differences between the configuration in effect and a new one, and which of them a reload applies:
// quotas, the deadline, the log level, new pools and miniports. The others are reported and need a restart.

/// One difference.
public struct ConfigurationChange: Sendable, Hashable {
  /// `table.key`, `pool.NAME.key`, or `pool.NAME` for an added or removed pool; miniports likewise.
  public var key: String
  /// As TOML; empty if added.
  public var old: String
  /// As TOML; empty if removed.
  public var new: String
  /// The origin of the new value.
  public var origin: Origin
  /// Whether a reload applies it; otherwise it needs a restart.
  public var appliesOnReload: Bool
}

extension ConfigurationChange: CustomStringConvertible {
  /// `key: old -> new`.
  public var description: String {
    "\(key): \(old.isEmpty ? "none" : old) -> \(new.isEmpty ? "none" : new)"
  }
}

/// All differences.
public struct ConfigurationChanges: Sendable, Hashable {
  /// In the order of the schema, pools and miniports last.
  public var all: [ConfigurationChange]
  /// Pools to add, oldest first.
  public var addedPools: [PoolValues]
  /// Miniports to add.
  public var addedMiniports: [MiniportValues]

  /// The changes that a reload applies.
  public var applied: [ConfigurationChange] { all.filter(\.appliesOnReload) }
  /// The changes that need a restart.
  public var waiting: [ConfigurationChange] { all.filter { !$0.appliesOnReload } }
  public var isEmpty: Bool { all.isEmpty }
}

extension LoadedConfiguration {
  /// The differences of `newer`.
  public func changes(to newer: LoadedConfiguration) -> ConfigurationChanges {
    let before = Dictionary(settings.map { ($0.key, $0) }) { first, _ in first }
    var all: [ConfigurationChange] = []
    for setting in newer.settings {
      guard let old = before[setting.key], old.value != setting.value else { continue }
      all.append(
        ConfigurationChange(
          key: setting.key, old: old.value, new: setting.value, origin: setting.origin,
          appliesOnReload: setting.appliesOnReload))
    }
    let pools = LoadedConfiguration.tables(values.pools, newer.values.pools, newer, &all)
    let miniports = LoadedConfiguration.tables(
      values.miniports, newer.values.miniports, newer, &all)
    return ConfigurationChanges(all: all, addedPools: pools, addedMiniports: miniports)
  }

  /// Adds the differences of the tables; returns the added ones.
  private static func tables<Values: NamedTable>(
    _ old: [Values], _ new: [Values], _ newer: LoadedConfiguration,
    _ all: inout [ConfigurationChange]
  ) -> [Values] {
    let known = Set(old.map(\.name))
    let kept = Set(new.map(\.name))
    let added = new.filter { !known.contains($0.name) }
    for table in added {
      let key = "\(Values.table).\(table.name)"
      let origin = newer.settings.first { $0.key == "\(key).name" }?.origin
      all.append(
        ConfigurationChange(
          key: key, old: "", new: table.summary, origin: origin ?? .byDefault,
          appliesOnReload: true))
    }
    for table in old where !kept.contains(table.name) {
      all.append(
        ConfigurationChange(
          key: "\(Values.table).\(table.name)", old: table.summary, new: "", origin: .byDefault,
          appliesOnReload: false))
    }
    return added
  }

  /// The configuration in effect after a reload of `newer`: values that need a restart keep their old value
  /// and origin.
  public func applying(_ newer: LoadedConfiguration) -> LoadedConfiguration {
    var result = self
    for key in Schema.keys where key.appliesOnReload {
      key.kind.copy(from: newer.values, into: &result.values)
    }
    let after = Dictionary(newer.settings.map { ($0.key, $0) }) { first, _ in first }
    for index in result.settings.indices {
      guard let setting = after[result.settings[index].key] else { continue }
      if setting.appliesOnReload || setting.value == result.settings[index].value {
        result.settings[index] = setting
      }
    }
    let changes = changes(to: newer)
    for pool in changes.addedPools {
      result.values.pools.append(pool)
      result.settings += newer.settings.filter { $0.key.hasPrefix("pool.\(pool.name).") }
    }
    for miniport in changes.addedMiniports {
      result.values.miniports.append(miniport)
      result.settings += newer.settings.filter {
        $0.key.hasPrefix("miniport.\(miniport.name).")
      }
    }
    result.notes = newer.notes
    result.files = newer.files
    return result
  }
}

extension NamedTable {
  /// An inline table.
  fileprivate var summary: String {
    let pairs = Self.keys.dropFirst().map { "\($0.name) = \($0.kind.text(of: self))" }
    return "{ " + pairs.joined(separator: ", ") + " }"
  }
}

extension Kind {
  fileprivate func copy(from source: Root, into root: inout Root) {
    switch self {
    case .boolean(let place): root[keyPath: place] = source[keyPath: place]
    case .count(let place, _), .bytes(let place, _), .duration(let place, _):
      root[keyPath: place] = source[keyPath: place]
    case .countOrWord(let place, _, _): root[keyPath: place] = source[keyPath: place]
    case .choice(let place, _), .path(let place), .name(let place):
      root[keyPath: place] = source[keyPath: place]
    }
  }
}
