// Builds an OID request from the options of `ndisctl oid`: its kind and its information buffer. The buffer
// is the structure that the OID takes, with useful defaults, the short options written to their fields, and
// then those of --field; or the bytes of --input.

import ArgumentParser
import NDIS
import NDISDriverKit

/// A number on the command line, or `last`: the id that the previous request returned.
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

  /// Throws for `last` if no previous request returned an id.
  func value(_ last: UInt32?, _ option: String) throws(CommandFailure) -> UInt32 {
    if case .number(let number) = self { return number }
    guard let last else {
      throw CommandFailure(
        "\(option) is 'last', but no previous request returned an id", status: .usage)
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

/// The ids that previous requests returned.
struct LastNumbers {
  var queue: UInt32?
  var filter: UInt32?
  var vport: UInt32?

  /// Stores the ids of a returned structure.
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
  @Flag(
    exclusivity: .exclusive,
    help: "The kind of request; by default the first that the OID supports.")
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
      "The QueueId, or last: the one that the previous request returned. Repeatable for QUEUE_ALLOCATION_COMPLETE.",
      valueName: "id"))
  var queue: [NumberOrLast] = []

  @Option(help: ArgumentHelp("The FilterId, or last.", valueName: "id"))
  var filter: NumberOrLast?

  @Option(help: ArgumentHelp("The VPortId, or last.", valueName: "id"))
  var vport: NumberOrLast?

  @Option(help: "The name of the queue, VPort or switch.")
  var name: String?

  @Option(help: "The VmName.")
  var vm: String?

  @Option(
    help: ArgumentHelp("A test of the filter: the destination address.", valueName: "address"))
  var mac: String?

  @Option(help: ArgumentHelp("A test of the filter: the VLAN.", valueName: "id"))
  var vlan: UInt16?

  @Option(
    help: ArgumentHelp(
      "A field of the structure by its documented name, such as NumSuggestedReceiveBuffers=64. Values are numbers, names of values and flags (A|B), text, or hexadecimal bytes.",
      valueName: "name=value"))
  var field: [FieldArgument] = []

  @Option(help: ArgumentHelp("The revision of the structure.", valueName: "number"))
  var revision: UInt8?

  @Option(
    help: ArgumentHelp(
      "The raw information buffer instead of a structure; - for an empty one.", valueName: "hex"))
  var input: String?

  @Option(
    help: ArgumentHelp(
      "The length of the output buffer: at most 60000, the default for OIDs that NDIS answers; 4096 for a miniport.",
      valueName: "bytes"))
  var length: UInt32?

  @Option(help: "The timeout of the request in seconds.")
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
      if others {
        throw ValidationError(
          "--input is the whole buffer and cannot be combined with options for fields")
      }
    }
  }
}

extension OidRequestOptions {
  /// The kind of the request, and the OID's form of that kind if it has one.
  func form(_ name: OidName) throws(CommandFailure) -> (OIDRequestKind, OID.Form?) {
    if let kind { return (kind.value, name.oid?.form(kind.value)) }
    if let form = name.oid?.forms.first { return (form.kind, form) }
    throw CommandFailure(
      "\(name.name) is unknown: add --query, --set, --method or --statistics",
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
        "\(name.name) takes no structure with fields; use --input", status: .usage)
    }
    let hasOutput = kind != .set
    let most = form?.answeredBy == .ndis ? Limits.maximumAnswer : Limits.maximumInformation
    let outputLength = length ?? (hasOutput ? most : 0)
    var request = OIDRequest(kind, name.number, input: bytes, outputLength: outputLength)
    request.timeout = timeout
    return request
  }

  private func image(
    _ structure: Structure, _ kind: OIDRequestKind, for version: NDISVersion, _ last: LastNumbers
  ) throws(CommandFailure) -> [UInt8] {
    let revision = revision ?? structure.newest(for: version)
    guard (1...structure.newest).contains(revision) else {
      throw CommandFailure(
        "--revision is \(revision); \(structure.name) has revisions 1 to \(structure.newest)",
        status: .usage)
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
          "\(option): '\(value)' is not a value of \(name)\(OidRequestOptions.hint(field))",
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

  /// The structure before options are applied: zeros and required defaults.
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
      if let mac {
        var test = ReceiveFilterField.destinationAddress(Structure.bytes(hexadecimal: mac) ?? [])
        // As the Hyper-V extensible switch does when no VLAN is tested: a miniport of NDIS 6.20 must fail it otherwise.
        if vlan == nil { test.flags = .vlanUntaggedOrZero }
        tests.append(test)
      }
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
