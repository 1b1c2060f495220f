// A configuration in the making: values, who set them, and what was wrong so far. Everything is read
// before anything is judged, so that all problems are found at once; a key with a problem keeps its
// default and is left out of the checks of one key against another.

struct Draft {
  var values = ConfigurationValues()
  var origins: [String: Origin] = [:]
  var broken: Set<String> = []
  var pools = TableDrafts<PoolValues>()
  var miniports = TableDrafts<MiniportValues>()
  var problems = ConfigurationProblems()
  var notes: [ConfigurationProblem] = []
  var files: [String] = []

  func origin(_ key: String) -> Origin { origins[key] ?? .byDefault }

  /// Sets a key; a value that is not taken becomes a problem.
  mutating func set(_ key: SchemaKey<ConfigurationValues>, _ given: Given, _ origin: Origin) {
    do throws(Refusal) {
      try key.kind.read(given, into: &values)
      origins[key.name] = origin
      broken.remove(key.name)
    } catch {
      problems.add(origin, key.name, error.sentence)
      broken.insert(key.name)
    }
  }
}
