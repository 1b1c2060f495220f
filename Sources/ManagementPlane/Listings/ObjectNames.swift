// Resolves the names, handles and numbers in a client's parameters. A handle is exact. `KIND:NAME` is a name
// of that kind; a plain name refers to the first kind that has it: adapter, driver, provider, session, queue.
// A session can be given by its number. A queue is ADAPTER/NUMBER, as are VPorts and filters after their
// kind; the adapter is a name, which may contain slashes (the last one separates the number), or a handle.

import NDISDriverPlane
import NDISEvents
import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

/// An object by kind and index; valid only until the next turn.
struct FoundObject: Equatable {
  var kind: ListedKind
  var index: UInt32
}

extension ManagementService {
  /// All objects a text refers to; more than one only for objects of one kind with the same name.
  func objects(_ text: String) -> [FoundObject] {
    let simulator = { self.switchboard }
    if let handle = Handle(text: text) {
      return simulator().simulator.find(handle).map {
        [FoundObject(kind: $0.kind, index: $0.index)]
      }
        ?? []
    }
    if let colon = text.firstIndex(of: ":"),
      let kind = ManagementService.kinds[String(text[..<colon])]
    {
      return objects(kind, String(text[text.index(after: colon)...]))
    }
    for kind in [ListedKind.adapter, .driver, .provider, .session, .queue] {
      let found = objects(kind, text)
      if !found.isEmpty { return found }
    }
    return []
  }

  static let kinds: [String: ListedKind] = [
    "adapter": .adapter, "driver": .driver, "provider": .provider, "session": .session,
    "queue": .queue, "vport": .vport, "filter": .filter,
  ]

  /// The queue, VPort or filter that ADAPTER/NUMBER refers to.
  private func numbered(_ kind: ListedKind, _ text: String) -> [FoundObject] {
    guard let slash = text.lastIndex(of: "/"),
      let number = UInt32(text[text.index(after: slash)...])
    else { return [] }
    let name = String(text[..<slash])
    let adapter: UInt32?
    if let handle = Handle(text: name) {
      let found = switchboard.simulator.find(handle)
      adapter = found?.kind == .adapter ? found?.index : nil
    } else {
      adapter = "\(Name(name))" == name ? switchboard.simulator.adapter(named: Name(name)) : nil
    }
    var budget = Int.max
    guard let adapter,
      let index = switchboard.simulator.numbered(
        kind, adapter: adapter, number, budget: &budget)
    else { return [] }
    return [FoundObject(kind: kind, index: index)]
  }

  private func objects(_ kind: ListedKind, _ text: String) -> [FoundObject] {
    if [.queue, .vport, .filter].contains(kind) { return numbered(kind, text) }
    if kind == .session, let number = UInt32(text) {
      return switchboard.simulator.session(numbered: number).map {
        [FoundObject(kind: kind, index: $0)]
      } ?? []
    }
    let name = Name(text)
    // A name longer than the limit belongs to no object.
    guard !text.isEmpty, "\(name)" == text else { return [] }
    if kind == .adapter {
      return switchboard.simulator.adapter(named: name).map { [FoundObject(kind: kind, index: $0)] }
        ?? []
    }
    var found: [FoundObject] = []
    var cursor = ListingCursor()
    var budget = Int.max
    while let index = switchboard.simulator.next(kind, &cursor, budget: &budget) {
      if switchboard.simulator.name(kind, index) == name {
        found.append(FoundObject(kind: kind, index: index))
      }
    }
    guard kind == .provider, found.count > 1 else { return found }
    // Of registrations with the same name, prefers the active ones.
    let serving = found.filter { state(of: $0) == "active" || state(of: $0) == "stuck" }
    return serving.isEmpty ? found : serving
  }

  /// The one object a text refers to.
  func object(_ text: String) throws(ManagementFailure) -> FoundObject {
    let found = objects(text)
    if found.count == 1, let one = found.first { return one }
    guard found.isEmpty else {
      throw ManagementFailure(
        Interface.AmbiguousName(object: text, handles: found.prefix(64).map { identity(of: $0) }))
    }
    let sentence =
      Handle(text: text) == nil
      ? "Nothing is called \(quoted(text)): no adapter, driver, provider, session or queue."
      : "\(text) names nothing that exists."
    throw ManagementFailure(Interface.NoSuchObject(object: text, message: sentence))
  }

  /// The handle of the adapter that a name or a handle refers to.
  func adapter(_ text: String) throws(ManagementFailure) -> Handle {
    let isPlain = Handle(text: text) == nil && !text.hasPrefix("adapter:")
    let found = objects(isPlain ? "adapter:" + text : text)
    guard let one = found.first, one.kind == .adapter,
      let handle = switchboard.simulator.handle(.adapter, one.index)
    else {
      throw ManagementFailure(
        Interface.NoSuchObject(object: text, message: "No adapter is called \(quoted(text))."))
    }
    return handle
  }

  /// An object's handle, a session's number, or adapter and number of a queue, VPort or filter.
  func identity(of object: FoundObject) -> String {
    let simulator = { self.switchboard }
    if let number = simulator().simulator.number(object.kind, object.index) {
      let adapter = simulator().simulator.adapter(of: object.kind, object.index)
      let handle = adapter.flatMap { simulator().simulator.handle(.adapter, $0) }
      return "\(handle.map { "\($0)" } ?? "")/\(number)"
    }
    return switchboard.simulator.handle(object.kind, object.index).map { "\($0)" }
      ?? "\(switchboard.simulator.number(ofSession: object.index))"
  }

  /// The state shown in lists; `live` for objects without one.
  func state(of object: FoundObject) -> String {
    var budget = 0
    let index = object.index
    return switch object.kind {
    case .session: switchboard.simulator.sessionSnapshot(index, budget: &budget).state.rawValue
    case .driver: switchboard.simulator.driverSnapshot(index, budget: &budget).state.rawValue
    case .adapter: switchboard.simulator.adapterSnapshot(index, budget: &budget).state.name
    case .binding: switchboard.simulator.bindingSnapshot(index).state.rawValue
    case .provider: switchboard.simulator.providerSnapshot(index, budget: &budget).state.rawValue
    case .section: "live"
    case .block: switchboard.simulator.blockSnapshot(index).state.rawValue
    case .queue: switchboard.simulator.queueState(index).name
    case .vport: switchboard.simulator.vportState(index).name
    case .filter: switchboard.simulator.filterSnapshot(index).state.rawValue
    case .oid: switchboard.simulator.oidSnapshot(index).state.rawValue
    case .list, .upcall, .request: "live"
    }
  }

  // MARK: Blocks

  /// Resolves the names in a filter.
  func query(_ filter: Interface.BlockFilter?) throws(ManagementFailure) -> BlockQuery {
    var query = BlockQuery()
    guard let filter else { return query }
    if let owner = filter.owner { query.owners = owners(of: try object(owner)) }
    if let provider = filter.provider {
      let found =
        Handle(text: provider) == nil ? objects("provider:" + provider) : objects(provider)
      let handles = found.filter { $0.kind == .provider }.compactMap {
        switchboard.simulator.handle($0.kind, $0.index)
      }
      guard !handles.isEmpty else {
        throw ManagementFailure(
          Interface.NoSuchObject(
            object: provider, message: "No provider is called \(quoted(provider))."))
      }
      query.providers = Set(handles)
    }
    if let section = filter.section {
      guard let handle = Handle(text: section), switchboard.simulator.find(handle)?.kind == .section
      else {
        throw ManagementFailure(
          Interface.NoSuchObject(
            object: section, message: "\(quoted(section)) is no live section's handle."))
      }
      query.section = handle
    }
    query.session = try number(filter.session, "filter.session")
    query.queueID = try number(filter.queueId, "filter.queueId")
    query.minimumLength = try number(filter.minimumLength, "filter.minimumLength")
    if let usage = filter.usage {
      let known = SharedMemoryUsage.allCases.first {
        "\($0)" == usage || "\($0)" == "NdisSharedMemoryUsage" + usage
      }
      guard let known else { throw .invalid("filter.usage") }
      query.usage = known
    }
    if let text = filter.tag {
      guard let tag = NDISManagementPlane.tag(text: text) else { throw .invalid("filter.tag") }
      query.tag = tag
    }
    if let site = filter.site { query.site = Site(site) }
    if let least = filter.minimumAgeMs {
      guard least >= 0 else { throw .invalid("filter.minimumAgeMs") }
      // Nothing is older than the clock.
      guard UInt64(least) <= now else {
        query.owners = []
        return query
      }
      query.createdBefore = now - UInt64(least)
    }
    return query
  }

  func number(_ value: Int?, _ name: String) throws(ManagementFailure) -> UInt32? {
    guard let value else { return nil }
    guard let number = UInt32(exactly: value) else { throw .invalid(name) }
    return number
  }

  /// A driver includes its adapters and bindings, a session its drivers.
  private func owners(of object: FoundObject) -> Set<Handle> {
    switchboard.simulator.owners(object.kind, object.index)
  }
}

/// Quotes client text for a sentence: one line, at most the length of a name.
func quoted(_ text: String) -> String { "\"\(singleLine(String(text.prefix(64))))\"" }

/// The error reply of a failed call.
struct ManagementFailure: Error {
  let error: any VarlinkErrorValue
  init(_ error: any VarlinkErrorValue) { self.error = error }

  /// org.varlink.service.InvalidParameter with the parameter's name.
  static func invalid(_ parameter: String) -> ManagementFailure {
    ManagementFailure(VarlinkService.InvalidParameter(parameter: parameter))
  }
}
