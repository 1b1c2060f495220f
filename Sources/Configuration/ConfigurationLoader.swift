// Parses files and flags into a configuration, or returns all problems. Pure: ConfigurationSearch reads the
// files.

/// The contents of a file.
public struct ConfigurationFile: Sendable, Hashable {
  /// For problems and origins.
  public var path: String
  public var bytes: [UInt8]

  public init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  public init(path: String, text: String) { self.init(path: path, bytes: Array(text.utf8)) }
}

/// Loads configurations.
public enum ConfigurationLoader {
  /// Applies the files in their order, then the flags; a later value replaces an earlier one.
  ///
  /// - Throws: all problems at once.
  public static func load(
    files: [ConfigurationFile] = [], flags: [ConfigurationFlag] = []
  ) throws(ConfigurationProblems) -> LoadedConfiguration {
    var draft = Draft()
    for file in files { draft.read(file) }
    draft.read(flags)
    draft.checkTogether()
    guard draft.problems.isEmpty else { throw draft.problems }
    draft.values.pools = draft.pools.accepted.map(\.values)
    draft.values.miniports = draft.miniports.accepted.map(\.values)
    return LoadedConfiguration(
      values: draft.values, settings: draft.settings, notes: draft.notes, files: draft.files)
  }
}

extension Draft {
  /// Every key with its value.
  fileprivate var settings: [Setting] {
    let own = Schema.keys.map { key in
      Setting(
        key: key.name, value: key.kind.text(of: values), unit: key.unit, meaning: key.meaning,
        origin: origin(key.name), appliesOnReload: key.appliesOnReload)
    }
    return own + pools.accepted.flatMap(\.settings) + miniports.accepted.flatMap(\.settings)
  }
}
