// Contradictions between two valid keys, and notes about valid but probably unintended values. A problem is
// reported at the key that was set; the message mentions the default of the other one, which may be the
// one to change.

extension Draft {
  /// Checks keys against each other, after everything was read.
  mutating func checkTogether() {
    let pairs: [(lower: String, upper: String)] = [
      ("quota.session-bytes", "quota.user-bytes"), ("quota.session-blocks", "quota.user-blocks"),
      ("quota.session-sections", "quota.user-sections"),
    ]
    for pair in pairs { checkOrder(pair.lower, pair.upper) }
    for pool in pools.accepted + pools.rejected { check(pool) }
    for miniport in miniports.accepted + miniports.rejected { check(miniport) }
    if !values.hal, !values.defaultPool, pools.accepted.isEmpty {
      note(
        "hosted.hal",
        "no provider is hosted; every request fails until a driver registers one")
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

  private mutating func check(_ miniport: TableDraft<MiniportValues>) {
    let values = miniport.values
    if miniport.areRead("queue-memory", "frame-length"),
      values.queueMemory < values.leastMemory
    {
      problems.add(
        miniport.origin(of: "queue-memory", "frame-length"), miniport.key("queue-memory"),
        "\(Quantity.size(values.queueMemory)) holds fewer than 8 frames of "
          + "\(values.frameLength) bytes; \(values.leastMemory) is the minimum")
    }
    if miniport.areRead("ndis", "vports"), values.ndis == "6.20", values.vports > 0 {
      problems.add(
        miniport.origin(of: "vports"), miniport.key("vports"),
        "VPorts require NDIS 6.30, but ndis is 6.20")
    }
  }

  private mutating func check(_ pool: TableDraft<PoolValues>) {
    let values = pool.values
    if values.name == "hal" || (values.name == "pool" && self.values.defaultPool) {
      problems.add(
        pool.origin(of: "name"), "pool.name",
        values.name == "hal"
          ? "hal is reserved for the HAL fallback; choose another name"
          : "pool is the name of the default pool; choose another name, or set hosted.default-pool = false"
      )
    }
    let capacity = Quantity.size(values.capacity)
    if pool.areRead("capacity", "pages"), values.capacity % values.pageSize != 0 {
      problems.add(
        pool.origin(of: "capacity", "pages"), pool.key("capacity"),
        "\(capacity) is not a multiple of the page size \(Quantity.size(values.pageSize))")
    }
    if pool.areRead("fill", "capacity"), values.fill != "none", values.capacity > 1 << 30 {
      problems.add(
        pool.origin(of: "fill"), pool.key("fill"),
        "\(values.fill) requires a capacity of at most 1G, but capacity is \(capacity); "
          + "the daemon writes every page itself")
    }
    if pool.areRead("fill", "pages"), values.fill != "none", values.pages == "2M" {
      problems.add(
        pool.origin(of: "fill"), pool.key("fill"),
        "\(values.fill) requires 4K pages, but pages is 2M; the daemon cannot write huge pages")
    }
    if pool.areRead("nodes"), !broken.contains("contract.highest-node"),
      values.nodes > self.values.highestNode + 1
    {
      problems.add(
        pool.origin(of: "nodes"), pool.key("nodes"),
        "node \(values.nodes - 1) is above contract.highest-node, \(self.values.highestNode) "
          + "(\(self.origin("contract.highest-node"))), so it can never be requested")
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

  /// The value for a message.
  fileprivate func plainText(of root: Root) -> String {
    switch self {
    case .bytes(let place, _): Quantity.size(root[keyPath: place])
    default: text(of: root)
    }
  }
}
