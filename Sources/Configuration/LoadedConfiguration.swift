// What comes of files and flags: the values, and for each key what it is set to and who said so. A
// configuration that is loaded is right; one that is not never becomes a value of these types.

/// Where a value came from.
public enum Origin: Sendable, Hashable {
  /// Nobody set it.
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
    case .file(let path, let line, _): "\(shown(path, limit: 4096)):\(line)"
    case .flag(let name): name
    }
  }
}

/// One key as it stands.
public struct Setting: Sendable, Hashable {
  /// `table.key`; a key of a pool is `pool.NAME.key`, of a miniport `miniport.NAME.key`.
  public var key: String
  /// The value as it would stand in a TOML file.
  public var value: String
  /// `bytes`, `blocks`, ...; empty when the value has none or carries its own.
  public var unit: String
  /// What the key does: a sentence or two.
  public var meaning: String
  /// Who set it.
  public var origin: Origin
  /// Whether a reload applies a change of it; else it needs a restart.
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

/// A configuration that was read and found right.
public struct LoadedConfiguration: Sendable, Hashable {
  public var values: ConfigurationValues
  /// Every key in the order of the schema, then every key of each pool and miniport.
  public var settings: [Setting]
  /// What is legal and probably not meant.
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
