// Snapshots of receive queues, VPorts and filters, and queries for these and for OID requests: plain values, made
// from a record on demand.

public import NDIS
import NDISStore

/// Adapter and creator of a queue, VPort, filter or OID request.
public struct PlaceSnapshot: Sendable, Equatable {
  public var adapter: Handle
  public var adapterName: Name
  /// The binding that made it; nil when NDIS has taken it over, or made the request itself.
  public var owner: Handle?
  public var driverName: Name?
  public var session: UInt32?
}

/// A nondefault receive queue.
public struct QueueSnapshot: Sendable, Equatable {
  public var index: UInt32
  public var place: PlaceSnapshot
  public var queueID: UInt32
  public var state: QueueState
  public var dmaStopped: Bool
  public var parameters: ReceiveQueueParameters
  public var filters: UInt32
  public var indicated: UInt32
  public var blocks: UInt32
}

/// A nondefault VPort.
public struct VPortSnapshot: Sendable, Equatable {
  public var index: UInt32
  public var place: PlaceSnapshot
  public var vportID: UInt32
  public var state: VPortState
  public var parameters: VPortParameters
  public var filters: UInt32
  public var indicated: UInt32
  public var blocks: UInt32
}

/// A receive filter.
public struct FilterSnapshot: Sendable, Equatable {
  public enum State: String, Sendable, CaseIterable { case setting, set }
  public var index: UInt32
  public var place: PlaceSnapshot
  public var filterID: UInt32
  public var queueID: UInt32
  public var vportID: UInt32
  public var state: State
  public var filterType: ReceiveFilterType
  public var fields: [ReceiveFilterField]
}

/// A query for queues, VPorts, filters or OID requests; a nil field matches everything.
public struct ObjectQuery: Sendable, Equatable {
  public var adapter: Handle?
  /// Handles of bindings.
  public var owners: Set<Handle>?
  public var queueID: UInt32?
  public var vportID: UInt32?
  public init() {}
}

extension Simulator {
  /// The queue at a used index.
  public func queueSnapshot(_ index: UInt32) -> QueueSnapshot {
    let index = Index<QueueRecord>(index)
    let record = store.queues[index]
    return QueueSnapshot(
      index: index.raw, place: place(record.adapter, record.owner), queueID: record.queueID,
      state: queueState(index), dmaStopped: record.dmaStopped != 0,
      parameters: (try? record.parameters.value())
        ?? ReceiveQueueParameters(queueName: "", vmName: "", flags: []),
      filters: record.filters, indicated: record.indicated, blocks: record.blocks)
  }

  /// The VPort at a used index.
  public func vportSnapshot(_ index: UInt32) -> VPortSnapshot {
    let index = Index<VPortRecord>(index)
    let record = store.vports[index]
    return VPortSnapshot(
      index: index.raw, place: place(record.adapter, record.owner), vportID: record.vportID,
      state: vportState(index),
      parameters: (try? record.parameters.value()) ?? VPortParameters(name: ""),
      filters: record.filters, indicated: record.indicated, blocks: record.blocks)
  }

  /// The filter at a used index.
  public func filterSnapshot(_ index: UInt32) -> FilterSnapshot {
    let index = Index<FilterRecord>(index)
    let record = store.filters[index]
    let count = min(Int(record.fieldCount), FilterRecord.maximumFields)
    return FilterSnapshot(
      index: index.raw, place: place(record.adapter, record.owner), filterID: record.filterID,
      queueID: record.queueID, vportID: record.vportID,
      state: record.state == .set ? .set : .setting,
      filterType: ReceiveFilterType(rawValue: record.parameters.filterType) ?? .undefined,
      fields: (0..<count).compactMap { try? record.fields[$0].value() })
  }

  func place(_ adapter: Ref<AdapterRecord>, _ owner: Ref<BindingRecord>) -> PlaceSnapshot {
    var place = PlaceSnapshot(
      adapter: adapter.optional.map { adapterHandle($0) } ?? .null,
      adapterName: adapter.optional.map { store.adapters[$0, \.name] } ?? Name())
    guard let binding = owner.optional else { return place }
    let driver = store.bindings[binding, \.driver].index
    place.owner = bindingHandle(binding)
    place.driverName = store.drivers[driver, \.name]
    place.session = number(of: store.drivers[driver, \.session])
    return place
  }

  /// Whether the queue, VPort, filter or OID request at a used index matches a query. The state is not
  /// compared here: it is a name only the caller knows.
  public func matches(_ kind: ListedKind, _ index: UInt32, _ query: ObjectQuery) -> Bool {
    let adapter: Ref<AdapterRecord>
    let owner: Ref<BindingRecord>
    var queueID: UInt32?
    var vportID: UInt32?
    switch kind {
    case .queue:
      (adapter, owner) = (
        store.queues[Index(index), \.adapter], store.queues[Index(index), \.owner]
      )
      queueID = store.queues[Index(index), \.queueID]
    case .vport:
      (adapter, owner) = (
        store.vports[Index(index), \.adapter], store.vports[Index(index), \.owner]
      )
      vportID = store.vports[Index(index), \.vportID]
    case .filter:
      (adapter, owner) = (
        store.filters[Index(index), \.adapter], store.filters[Index(index), \.owner]
      )
      queueID = store.filters[Index(index), \.queueID]
      vportID = store.filters[Index(index), \.vportID]
    case .oid:
      (adapter, owner) = (store.oids[Index(index), \.adapter], store.oids[Index(index), \.binding])
    case .list:
      // Its holders are compared by `listSnapshots`.
      (adapter, queueID, vportID) = listPlace(Index(index))
      var query = query
      query.owners = nil
      return isMatch(query, adapter, .none, queueID, vportID)
    default: return false
    }
    return isMatch(query, adapter, owner, queueID, vportID)
  }

  private func isMatch(
    _ query: ObjectQuery, _ adapter: Ref<AdapterRecord>, _ owner: Ref<BindingRecord>,
    _ queueID: UInt32?, _ vportID: UInt32?
  ) -> Bool {
    if let wanted = query.queueID, queueID != wanted { return false }
    if let wanted = query.vportID, vportID != wanted { return false }
    if let wanted = query.adapter {
      guard let own = adapter.optional, adapterHandle(own) == wanted else { return false }
    }
    if let wanted = query.owners {
      guard let own = owner.optional, wanted.contains(bindingHandle(own)) else { return false }
    }
    return true
  }

  // MARK: Lookup by number

  /// The queue, VPort or filter of this number on an adapter; each record visited costs one unit of the
  /// budget.
  public func numbered(
    _ kind: ListedKind, adapter: UInt32, _ number: UInt32, budget: inout Int
  ) -> UInt32? {
    func find<Member>(_ members: LinkedMembers<Member>) -> UInt32? {
      for index in members {
        budget -= 1
        if self.number(kind, index.raw) == number { return index.raw }
      }
      return nil
    }
    return switch kind {
    case .queue: find(store.queuesOfAdapter.of(Index(adapter)))
    case .vport: find(store.vportsOfAdapter.of(Index(adapter)))
    case .filter: find(store.filtersOfAdapter.of(Index(adapter)))
    default: nil
    }
  }

  /// QueueId, VPortId or FilterId of the object at a used index, and its adapter; nil for other kinds.
  public func number(_ kind: ListedKind, _ index: UInt32) -> UInt32? {
    switch kind {
    case .queue: store.queues[Index(index), \.queueID]
    case .vport: store.vports[Index(index), \.vportID]
    case .filter: store.filters[Index(index), \.filterID]
    default: nil
    }
  }

  /// The adapter of a queue, VPort, filter or OID request at a used index.
  public func adapter(of kind: ListedKind, _ index: UInt32) -> UInt32? {
    switch kind {
    case .queue: store.queues[Index(index), \.adapter].optional?.raw
    case .vport: store.vports[Index(index), \.adapter].optional?.raw
    case .filter: store.filters[Index(index), \.adapter].optional?.raw
    case .oid: store.oids[Index(index), \.adapter].optional?.raw
    default: nil
    }
  }

  /// The state of the queue at a used index, without a full snapshot.
  public func queueState(_ index: UInt32) -> QueueState { queueState(Index<QueueRecord>(index)) }

  /// The state of the VPort at a used index, without a full snapshot.
  public func vportState(_ index: UInt32) -> VPortState { vportState(Index<VPortRecord>(index)) }
}
