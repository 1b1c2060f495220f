// A configuration in the making: values, who set them, and what was wrong so far. Everything is read
// before anything is judged, so that all problems are found at once; a key with a problem keeps its
// default and is left out of the checks of one key against another.

struct PoolDraft {
  var values = PoolValues()
  /// Of the table or of the flag.
  var origin: Origin
  var origins: [String: Origin] = [:]
  var broken: Set<String> = []

  /// What problems and settings call one of its keys.
  func key(_ name: String) -> String {
    origins["name"] == nil ? "pool.\(name)" : "pool.\(values.name).\(name)"
  }
}

struct Draft {
  var values = ConfigurationValues()
  var origins: [String: Origin] = [:]
  var broken: Set<String> = []
  var pools: [PoolDraft] = []
  /// Pools without a name of their own: a problem each, and more may be wrong with them.
  var rejectedPools: [PoolDraft] = []
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

extension PoolDraft {
  /// Sets a key of the pool.
  mutating func set(
    _ key: SchemaKey<PoolValues>, _ given: Given, _ origin: Origin,
    _ problems: inout ConfigurationProblems
  ) {
    do throws(Refusal) {
      try key.kind.read(given, into: &values)
      origins[key.name] = origin
    } catch {
      problems.add(origin, "pool.\(key.name)", error.sentence)
      broken.insert(key.name)
    }
  }
}

extension Draft {
  /// Adds the pools of one file, or those of the flags: each name once, and in the place of a pool
  /// that an earlier file gave the name.
  mutating func add(_ added: [PoolDraft]) {
    var seen: [String: Origin] = [:]
    for pool in added {
      guard !pool.broken.contains("name") else {
        rejectedPools.append(pool)
        continue
      }
      guard pool.origins["name"] != nil else {
        problems.add(pool.origin, "pool", "the pool has no name; write name = \"...\"")
        rejectedPools.append(pool)
        continue
      }
      let name = pool.values.name
      if let first = seen[name] {
        problems.add(
          pool.origins["name"] ?? pool.origin, "pool.name",
          "\(name) is the name of two pools (the other is at \(first)); choose another")
        rejectedPools.append(pool)
        continue
      }
      seen[name] = pool.origin
      if let index = pools.firstIndex(where: { $0.values.name == name }) {
        pools[index] = pool
      } else if pools.count < Schema.maximumPools {
        pools.append(pool)
      } else {
        problems.add(
          pool.origin, "pool", "there are more than \(Schema.maximumPools) pools; leave some out")
        return
      }
    }
  }
}
