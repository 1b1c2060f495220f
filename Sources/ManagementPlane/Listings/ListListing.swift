// Outstanding NET_BUFFER_LISTs as values of the interface, one for each holder, and iteration over them.

import NDISDriverPlane
import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

extension Interface.NetBufferList {
  init(_ list: ListSnapshot, now: UInt64) {
    let isKnown = list.place.adapter != .null
    self.init(
      handle: "\(list.handle)", adapter: isKnown ? "\(list.place.adapter)" : nil,
      adapterName: isKnown ? "\(list.place.adapterName)" : nil,
      binding: list.place.owner.map { "\($0)" } ?? "", driver: "\(list.driver)",
      driverName: list.place.driverName.map { "\($0)" } ?? "",
      session: list.place.session.map { Int($0) }, queueId: list.queueID.map { Int($0) },
      vportId: list.vportID.map { Int($0) }, portNumber: Int(list.port),
      bytes: Int(list.bytes),
      ageMs: age(list.indicatedAt, now), lent: list.isLent)
  }
}

extension Interface.ListHolder {
  init(_ holder: ListHolderSnapshot, now: UInt64) {
    self.init(
      binding: "\(holder.binding)", driver: "\(holder.driver)", driverName: "\(holder.driverName)",
      session: holder.session.map { Int($0) }, lists: Int(clamping: holder.lists),
      bytes: Int(clamping: holder.bytes), oldestMs: age(holder.oldest, now))
  }
}

extension Listings {
  /// The holders of each list; a list that several bindings hold is several items.
  static func lists(_ query: ObjectQuery = ObjectQuery()) -> Listing<[Interface.NetBufferList]> {
    Listing(.list) { service, index, budget in
      let found = service.switchboard.simulator.listSnapshots(index, query, budget: &budget)
      // One of them is charged by the listing.
      budget -= ManagementAnswer.replyCost * max(0, found.count - 1)
      return found.isEmpty ? nil : found.map { Interface.NetBufferList($0, now: service.now) }
    }
  }
}

extension ManagementService {
  /// Resolves the names in a filter of lists.
  func wantedLists(_ filter: Interface.ObjectFilter?) throws(ManagementFailure) -> ObjectQuery {
    if filter?.state != nil { throw .invalid("filter.state") }
    return try wanted(filter, .list).query
  }

  /// Who holds lists that an object, an adapter, a queue or a VPort, waits for, as the end of a sentence; empty when
  /// nobody does. At most four are named.
  func holding(_ object: FoundObject, budget: inout Int) -> String {
    let holders = switchboard.simulator.listHolders(object.kind, object.index, budget: &budget)
    guard !holders.isEmpty else { return "" }
    let named = holders.prefix(4).map {
      "driver \($0.driverName) holds \($0.lists) of its NET_BUFFER_LISTs (binding \($0.binding))"
    }
    let rest = holders.count > 4 ? ", and \(holders.count - 4) more bindings" : ""
    return ": " + named.joined(separator: ", ") + rest
  }
}
