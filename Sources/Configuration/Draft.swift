// A configuration being parsed: values, their origins, and the problems so far. Everything is read before
// keys are checked against each other, so that all problems are reported at once; a key with a problem keeps
// its default and is excluded from those checks.

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

  /// Sets a key; an invalid value becomes a problem.
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
