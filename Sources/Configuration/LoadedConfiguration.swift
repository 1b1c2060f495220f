// The result of parsing files and flags: the values, and for each key its value and origin. A loaded
// configuration is valid; an invalid one never becomes a value of these types.

/// The origin of a value.
public enum Origin: Sendable, Hashable {
  /// The default.
  case byDefault
  /// A file; line and column count from 1.
  case file(path: String, line: UInt32, column: UInt32)
  /// A flag, with its two dashes.
  case flag(String)
}

extension Origin: CustomStringConvertible {
  /// `default`, `FILE:LINE` or `--flag`.
  public var description: String {
    switch self {
    case .byDefault: "default"
    case .file(let path, let line, _): "\(path.escaped(limit: 4096)):\(line)"
    case .flag(let name): name
    }
  }
}

/// One key with its value.
public struct Setting: Sendable, Hashable {
  /// `table.key`; a key of a pool is `pool.NAME.key`, of a miniport `miniport.NAME.key`.
  public var key: String
  /// The value as TOML.
  public var value: String
  /// `bytes`, `blocks`, ...; empty if the value has none or contains it.
  public var unit: String
  /// The meaning: a sentence or two.
  public var meaning: String
  /// Where it was set.
  public var origin: Origin
  /// Whether a reload applies a change; otherwise it needs a restart.
  public var appliesOnReload: Bool

  public init(
    key: String, value: String, unit: String, meaning: String, origin: Origin,
    appliesOnReload: Bool
  ) {
    self.key = key
    self.value = value
    self.unit = unit
    self.meaning = meaning
    self.origin = origin
    self.appliesOnReload = appliesOnReload
  }
}

/// A valid configuration.
public struct LoadedConfiguration: Sendable, Hashable {
  public var values: ConfigurationValues
  /// Every key in the order of the schema, then every key of each pool and miniport.
  public var settings: [Setting]
  /// Notes about valid but probably unintended values.
  public var notes: [ConfigurationProblem]
  /// The files it was read from, in the order they were applied.
  public var files: [String]

  init(
    values: ConfigurationValues, settings: [Setting], notes: [ConfigurationProblem],
    files: [String]
  ) {
    self.values = values
    self.settings = settings
    self.notes = notes
    self.files = files
  }
}
