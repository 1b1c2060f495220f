// The flags that set keys, for the parser of the command line: names and help come from the schema, so that
// --help, the manual page and the file agree.

/// A flag that sets a key.
public struct ConfigurationFlagDescription: Sendable {
  /// With its dashes.
  public var name: String
  /// The key it sets.
  public var key: String
  /// The name of its value; nil for a flag without one, which also exists as `--no-...`.
  public var valueName: String?
  /// A sentence or two.
  public var meaning: String
}

/// The schema's flags.
public enum ConfigurationFlags {
  /// In the order of the schema.
  public static let all: [ConfigurationFlagDescription] = Schema.keys.compactMap { key in
    key.flag.map {
      ConfigurationFlagDescription(
        name: $0, key: key.name, valueName: key.kind.valueName, meaning: key.meaning)
    }
  }

  /// The description of a flag; an empty one for an unknown name.
  public static func named(_ name: String) -> ConfigurationFlagDescription {
    all.first { $0.name == name }
      ?? ConfigurationFlagDescription(name: name, key: "", valueName: nil, meaning: "")
  }
}

extension Kind {
  fileprivate var valueName: String? {
    switch self {
    case .boolean: nil
    case .count: "number"
    case .countOrWord(_, _, let word): "number|\(word)"
    case .bytes: "bytes"
    case .duration: "duration"
    case .choice(_, let choices): choices.joined(separator: "|")
    case .path: "path"
    case .name: "name"
    }
  }
}
