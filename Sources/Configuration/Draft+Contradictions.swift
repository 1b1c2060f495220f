// Where two keys, each right alone, cannot both be meant; and, as notes, what is legal and probably
// not meant. A problem is placed at the key that somebody set; that the other has its default is
// said, since changing that one may be the answer.

extension Draft {
  /// Checks keys against each other; to be called when everything is read.
  mutating func checkTogether() {
    let pairs: [(lower: String, upper: String)] = [
      ("quota.session-bytes", "quota.user-bytes"), ("quota.session-blocks", "quota.user-blocks"),
      ("quota.session-sections", "quota.user-sections"),
    ]
    for pair in pairs { checkOrder(pair.lower, pair.upper) }
    for pool in pools + rejectedPools { check(pool) }
    if !values.hal, !values.defaultPool, pools.isEmpty {
      note(
        "hosted.hal",
        "no provider is hosted; until a driver registers one, every request fails")
    }
    if values.connectionsPerUser < values.userSessions {
      note(
        "server.connections-per-user",
        "\(values.connectionsPerUser) connections are fewer than quota.user-sessions "
          + "(\(values.userSessions)), which cannot be reached")
    }
  }

  private mutating func note(_ key: String, _ sentence: String) {
    notes.append(ConfigurationProblem(origin(key), key, sentence))
  }

  /// A session's quota above its user's can never be reached.
  private mutating func checkOrder(_ lower: String, _ upper: String) {
    guard !broken.contains(lower), !broken.contains(upper), let low = Schema.key(lower),
      let high = Schema.key(upper), let less = low.kind.number(in: values),
      let more = high.kind.number(in: values), less > more
    else { return }
    let (lowText, highText) = (low.kind.plainText(of: values), high.kind.plainText(of: values))
    if origins[lower] != nil {
      problems.add(
        origin(lower), lower,
        "\(lowText) is more than \(upper), \(highText) (\(origin(upper))); "
          + "lower this one or raise that one")
    } else {
      problems.add(
        origin(upper), upper,
        "\(highText) is less than \(lower), \(lowText) (\(origin(lower))); "
          + "raise this one or lower that one")
    }
  }

  private mutating func check(_ pool: PoolDraft) {
    let values = pool.values
    func origin(_ names: String...) -> Origin {
      names.lazy.compactMap { pool.origins[$0] }.first ?? pool.origin
    }
    if values.name == "hal" || (values.name == "pool" && self.values.defaultPool) {
      problems.add(
        origin("name"), "pool.name",
        values.name == "hal"
          ? "hal is the name of the HAL fallback; choose another"
          : "pool is the name of the default pool; choose another, or set hosted.default-pool = false"
      )
    }
    let capacity = Quantity.size(values.capacity)
    // A value that was not taken has its default here, which nobody meant.
    func areRead(_ names: String...) -> Bool { pool.broken.isDisjoint(with: names) }
    if areRead("capacity", "pages"), values.capacity % values.pageSize != 0 {
      problems.add(
        origin("capacity", "pages"), pool.key("capacity"),
        "\(capacity) is not a whole number of pages of \(Quantity.size(values.pageSize))")
    }
    if areRead("fill", "capacity"), values.fill != "none", values.capacity > 1 << 30 {
      problems.add(
        origin("fill"), pool.key("fill"),
        "\(values.fill) needs a capacity up to 1G, and capacity is \(capacity); "
          + "the daemon writes every page itself")
    }
    if areRead("fill", "pages"), values.fill != "none", values.pages == "2M" {
      problems.add(
        origin("fill"), pool.key("fill"),
        "\(values.fill) needs 4K pages, and pages is 2M; the daemon cannot write huge pages")
    }
    if areRead("nodes"), !broken.contains("contract.highest-node"),
      values.nodes > self.values.highestNode + 1
    {
      problems.add(
        origin("nodes"), pool.key("nodes"),
        "node \(values.nodes - 1) is above contract.highest-node, \(self.values.highestNode) "
          + "(\(self.origin("contract.highest-node"))), and could never be asked for")
    }
  }
}

extension Kind {
  /// A number to compare.
  fileprivate func number(in root: Root) -> UInt64? {
    switch self {
    case .count(let place, _), .bytes(let place, _): root[keyPath: place]
    default: nil
    }
  }

  /// The value for a sentence.
  fileprivate func plainText(of root: Root) -> String {
    switch self {
    case .bytes(let place, _): Quantity.size(root[keyPath: place])
    default: text(of: root)
    }
  }
}
