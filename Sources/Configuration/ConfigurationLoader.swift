// Files and flags in, a configuration out. (The files are not read yet: this is the shape.)

/// Loads configurations.
public enum ConfigurationLoader {
  /// The values as they are given.
  public static func load(_ values: ConfigurationValues) throws(ConfigurationProblems)
    -> LoadedConfiguration
  {
    LoadedConfiguration(values: values, settings: [], notes: [], files: [])
  }
}
