// Snapshots of outstanding lists, one for each binding that holds one: plain values, made from a record on demand.

public import NDIS
import NDISStore

/// An indicated NET_BUFFER_LIST and one binding that has not returned it.
public struct ListSnapshot: Sendable, Equatable {
  public var index: UInt32
  public var handle: Handle
  /// The owner is the binding that holds it.
  public var place: PlaceSnapshot
  public var driver: Handle
  /// The queue or VPort it was indicated on; without a VPort, 0 is the default queue.
  public var queueID: UInt32?
  public var vportID: UInt32?
  public var port: UInt32
  /// DataLength of its NET_BUFFER.
  public var bytes: UInt32
  public var indicatedAt: UInt64
  /// NDIS_RECEIVE_FLAGS_RESOURCES: it goes back when the handler returns.
  public var isLent: Bool
}

/// What one binding holds of an adapter's, a queue's or a VPort's lists.
public struct ListHolderSnapshot: Sendable, Equatable {
  public var binding: Handle
  public var driver: Handle
  public var driverName: Name
  public var session: UInt32?
  public var lists: UInt64
  public var bytes: UInt64
  public var oldest: UInt64
}

extension Simulator {
  /// Who holds the lists of the adapter, queue or VPort at a used index, or what the binding there holds; each list
  /// costs one unit of the budget.
  public func listHolders(
    _ kind: ListedKind, _ index: UInt32, budget: inout Int
  ) -> [ListHolderSnapshot] {
    var awaited = AwaitedLists.all
    let place: Ref<AdapterRecord>
    switch kind {
    case .adapter: place = Ref(Index(index))
    case .binding: place = store.bindings[Index(index), \.adapter]
    case .queue: (place, awaited) = (store.queues[Index(index), \.adapter], .queue(Index(index)))
    case .vport: (place, awaited) = (store.vports[Index(index), \.adapter], .vport(Index(index)))
    default: return []
    }
    guard let adapter = place.optional else { return [] }
    budget -= Int(store.adapters[adapter, \.indicated])
    return holders(adapter: adapter, awaited)
      .filter { kind != .binding || $0.binding.raw == index }
      .map { held in
        let driver = store.bindings[held.binding, \.driver].index
        return ListHolderSnapshot(
          binding: bindingHandle(held.binding), driver: driverHandle(driver),
          driverName: store.drivers[driver, \.name],
          session: number(of: store.drivers[driver, \.session]), lists: held.lists,
          bytes: held.bytes, oldest: held.oldest)
      }
  }

  /// The holders of the list at a used index that match a query; each costs one unit of the budget.
  public func listSnapshots(
    _ index: UInt32, _ query: ObjectQuery, budget: inout Int
  ) -> [ListSnapshot] {
    let index = Index<NetBufferListRecord>(index)
    let list = store.lists[index]
    guard list.link.state == .out, let at = list.indication.optional,
      matches(.list, index.raw, query)
    else { return [] }
    let indication = store.indications[at]
    let isVPort = list.targetKind == .vport
    var found: [ListSnapshot] = []
    var holders = list.link.holders
    while holders != 0 {
      let number = holders.trailingZeroBitCount
      holders &= holders &- 1
      budget -= 1
      guard let binding = indication.receivers[number].optional else { continue }
      let place = self.place(indication.adapter, Ref(binding))
      if let owners = query.owners, !owners.contains(place.owner ?? .null) { continue }
      found.append(
        ListSnapshot(
          index: index.raw, handle: listHandle(index), place: place,
          driver: driverHandle(store.bindings[binding, \.driver].index),
          queueID: isVPort ? nil : UInt32(list.queueID),
          vportID: isVPort ? UInt32(list.queueID) : nil, port: indication.port,
          bytes: list.dataLength, indicatedAt: indication.indicatedAt,
          isLent: ReceiveFlags(rawValue: indication.flags).contains(.resources)))
    }
    return found
  }

  /// Adapter, queue and VPort of an outstanding list; the default queue is 0.
  func listPlace(
    _ index: Index<NetBufferListRecord>
  ) -> (adapter: Ref<AdapterRecord>, queueID: UInt32?, vportID: UInt32?) {
    let isVPort = store.lists[index, \.targetKind] == .vport
    let number = UInt32(store.lists[index, \.queueID])
    let adapter =
      store.lists[index, \.indication].optional.map { store.indications[$0, \.adapter] } ?? .none
    return (adapter, isVPort ? nil : number, isVPort ? number : nil)
  }
}
