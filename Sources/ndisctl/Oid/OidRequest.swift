// What `ndisctl oid` asks, from the options of one request: which kind, and what stands in its buffer. The
// buffer is the structure the OID takes, with defaults that make sense, the short options written into the
// fields of that name, and then whatever --field says; or the bytes of --input as they are.

import ArgumentParser
import NDIS
import NDISDriverKit

/// A number on the command line, or the one that the last request was answered with.
enum NumberOrLast: ExpressibleByArgument, Hashable, Sendable {
  case number(UInt32)
  case last

  init?(argument: String) {
    if argument == "last" {
      self = .last
      return
    }
    let number =
      argument.hasPrefix("0x") ? UInt32(argument.dropFirst(2), radix: 16) : UInt32(argument)
    guard let number else { return nil }
    self = .number(number)
  }

  /// Unlike numbers of lists, `last` may mean nothing yet.
  func value(_ last: UInt32?, _ option: String) throws(CommandFailure) -> UInt32 {
    if case .number(let number) = self { return number }
    guard let last else {
      throw CommandFailure(
        "\(option) is 'last', but no request before has answered with a number", status: .usage)
    }
    return last
  }
}

/// `Name=Value`.
struct FieldArgument: ExpressibleByArgument, Hashable, Sendable {
  var name: String
  var value: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    (name, value) = (String(parts[0]), String(parts[1]))
  }
}

/// Numbers that requests before were answered with.
struct LastNumbers {
  var queue: UInt32?
  var filter: UInt32?
  var vport: UInt32?

  /// Takes note of what a structure that came back says.
  mutating func note(_ structure: StructureText) {
    for member in structure.members {
      guard case .number(let raw) = member.value, raw != 0 else { continue }
      let number = UInt32(truncatingIfNeeded: raw)
      switch member.name {
      case "QueueId": queue = number
      case "FilterId": filter = number
      case "VPortId": vport = number
      default: break
      }
    }
  }
}

/// The options of one request.
struct OidRequestOptions: ParsableArguments {
  @Flag(exclusivity: .exclusive, help: "The kind of request; unless given, the OID's first one.")
  var kind: Kind?

  /// NDIS_REQUEST_TYPE as an option.
  enum Kind: String, EnumerableFlag {
    case query, set, method, statistics

    var value: OIDRequestKind {
      switch self {
      case .query: .query
      case .set: .set
      case .method: .method
      case .statistics: .queryStatistics
      }
    }
  }

  @Option(
    help: ArgumentHelp(
      "QueueId, or last: the one the request before was answered with. May be given several times for QUEUE_ALLOCATION_COMPLETE.",
      valueName: "id"))
  var queue: [NumberOrLast] = []

  @Option(help: ArgumentHelp("FilterId, or last.", valueName: "id"))
  var filter: NumberOrLast?

  @Option(help: ArgumentHelp("VPortId, or last.", valueName: "id"))
  var vport: NumberOrLast?

  @Option(help: "Name of the queue, VPort or switch.")
  var name: String?

  @Option(help: "VmName.")
  var vm: String?

  @Option(help: ArgumentHelp("A filter's test: the destination address.", valueName: "address"))
  var mac: String?

  @Option(help: ArgumentHelp("A filter's test: the VLAN.", valueName: "id"))
  var vlan: UInt16?

  @Option(
    help: ArgumentHelp(
      "A field of the structure by its documented name, such as NumSuggestedReceiveBuffers=64. Numbers, names of values and flags (A|B), text, hexadecimal bytes.",
      valueName: "name=value"))
  var field: [FieldArgument] = []

  @Option(help: ArgumentHelp("Revision of the structure.", valueName: "number"))
  var revision: UInt8?

  @Option(
    help: ArgumentHelp(
      "The information buffer as it is, instead of a structure; - for none.", valueName: "hex"))
  var input: String?

  @Option(
    help: ArgumentHelp(
      "Room for the answer: 60000 at most, and by default where NDIS answers; a miniport is offered 4096.",
      valueName: "bytes"))
  var length: UInt32?

  @Option(help: "Seconds NDIS waits for the miniport.")
  var timeout: UInt32 = 0

  func validate() throws {
    if let input, input != "-", Structure.bytes(hexadecimal: input) == nil {
      throw ValidationError("--input is '\(input)'; use pairs of hexadecimal digits")
    }
    if let mac, Structure.bytes(hexadecimal: mac)?.count != 6 {
      throw ValidationError("--mac is '\(mac)'; use six bytes such as 02-00-00-00-00-01")
    }
    if let vlan, vlan > 4095 { throw ValidationError("--vlan is \(vlan); use 0 to 4095") }
    if input != nil {
      let others = !field.isEmpty || !queue.isEmpty || name != nil || vm != nil || mac != nil
      if others { throw ValidationError("--input is the whole buffer; it goes with no field") }
    }
  }
}

extension OidRequestOptions {
  /// The kind of the request, and the OID's form of that kind if it has one.
  func form(_ name: OidName) throws(CommandFailure) -> (OIDRequestKind, OID.Form?) {
    if let kind { return (kind.value, name.oid?.form(kind.value)) }
    if let form = name.oid?.forms.first { return (form.kind, form) }
    throw CommandFailure(
      "\(name.name) is not known here: say --query, --set, --method or --statistics",
      status: .usage)
  }

  /// The request.
  func request(
    _ name: OidName, for version: NDISVersion, _ last: LastNumbers
  ) throws(CommandFailure) -> OIDRequest {
    let (kind, form) = try form(name)
    var bytes: [UInt8] = []
    if let input {
      bytes = Structure.bytes(hexadecimal: input == "-" ? "" : input) ?? []
    } else if let structure = form?.input {
      bytes = try image(structure, kind, for: version, last)
    } else if !field.isEmpty {
      throw CommandFailure(
        "\(name.name) takes no structure that has fields; use --input", status: .usage)
    }
    let hasOutput = kind != .set
    let most = form?.answeredBy == .ndis ? Limits.maximumAnswer : Limits.maximumInformation
    let room = length ?? (hasOutput ? most : 0)
    var request = OIDRequest(kind, name.number, input: bytes, outputLength: room)
    request.timeout = timeout
    return request
  }

  private func image(
    _ structure: Structure, _ kind: OIDRequestKind, for version: NDISVersion, _ last: LastNumbers
  ) throws(CommandFailure) -> [UInt8] {
    let revision = revision ?? structure.newest(for: version)
    guard (1...structure.newest).contains(revision) else {
      throw CommandFailure(
        "--revision is \(revision); \(structure.name) has 1 to \(structure.newest)", status: .usage)
    }
    var bytes = try start(structure, kind, revision, last)
    func put(_ name: String, _ value: String, _ option: String) throws(CommandFailure) {
      guard let field = structure.fields(revision).first(where: { $0.name == name }) else {
        let names = structure.fields(revision).map(\.name).joined(separator: ", ")
        throw CommandFailure(
          "\(option): revision \(revision) of \(structure.name) has no \(name); its fields are \(names)",
          status: .usage)
      }
      guard field.write(value, into: &bytes) else {
        throw CommandFailure(
          "\(option): '\(value)' is nothing that \(name) can be\(OidRequestOptions.hint(field))",
          status: .usage)
      }
    }
    if structure != .queueAllocationComplete, let queue = queue.first {
      try put("QueueId", "\(try queue.value(last.queue, "--queue"))", "--queue")
    }
    if let filter {
      try put("FilterId", "\(try filter.value(last.filter, "--filter"))", "--filter")
    }
    if let vport { try put("VPortId", "\(try vport.value(last.vport, "--vport"))", "--vport") }
    if let name {
      let known = ["QueueName", "VPortName", "SwitchFriendlyName", "NicName"]
      let own = structure.fields.first { known.contains($0.name) }?.name
      try put(own ?? "QueueName", name, "--name")
    }
    if let vm { try put(structure == .vfParameters ? "VMName" : "VmName", vm, "--vm") }
    for field in field { try put(field.name, field.value, "--field") }
    return bytes
  }

  /// The structure before any option: zeros, and what no request can do without.
  private func start(
    _ structure: Structure, _ kind: OIDRequestKind, _ revision: UInt8, _ last: LastNumbers
  ) throws(CommandFailure) -> [UInt8] {
    switch structure {
    case .queueAllocationComplete:
      var ids: [UInt32] = []
      for queue in queue { ids.append(try queue.value(last.queue, "--queue")) }
      return QueueAllocationComplete(queueIDs: ids).image()
    case .receiveFilterParameters:
      var tests: [ReceiveFilterField] = []
      if let mac { tests.append(.destinationAddress(Structure.bytes(hexadecimal: mac) ?? [])) }
      if let vlan { tests.append(.vlan(vlan)) }
      return ReceiveFilterParameters(fields: tests, revision: revision).image()
    case .receiveQueueParameters where kind == .method:
      return ReceiveQueueParameters(queueName: "", vmName: "", revision: revision).image()
    case .vportParameters where kind == .method:
      return VPortParameters(name: "", revision: revision).image()
    case .nicSwitchParameters where kind == .method:
      return NICSwitchParameters(revision: revision).image()
    default: return structure.empty(revision)
    }
  }

  private static func hint(_ field: Structure.Field) -> String {
    switch field.kind {
    case .choice(let choices), .flags(let choices):
      choices.isEmpty ? "" : "; use \(choices.map(\.name).joined(separator: ", ")) or a number"
    case .number(let bytes): "; use a number of \(bytes) bytes"
    case .affinity: "; use MASK or MASK/GROUP"
    case .status: "; use the name of a status or a number"
    case .text: "; use text of at most \(CountedString.capacity) UTF-16 units"
    case .bytes(let count): "; use at most \(count) bytes in hexadecimal"
    }
  }
}
