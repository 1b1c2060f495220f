// `ndisctl oid`: asks a miniport an OID as a protocol driver of its own, which binds for the time of the
// command. What a request makes (a queue, a filter, a VPort) belongs to the binding and goes with it; so a
// whole walk is made by a script, and --hold keeps what there is.

import ArgumentParser
import NDISDrawing
import Glibc
import NDIS
import NDISDriverKit
import NDISPlatform
import NDISVarlink

struct OidCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "oid",
    abstract: "Issues an OID request by hand, and shows how it ended.",
    discussion: """
      Registers a protocol driver, binds it to ADAPTER, issues the request, shows the end, unbinds and \
      goes. OID is a name, the end of one that means no other (ALLOCATE_QUEUE), or a number.

      What the request makes belongs to the binding. What is left when the binding closes is a violation, \
      and NDIS's from then on, which frees it before the adapter is halted. --hold keeps the binding until Enter is pressed or a signal comes; \
      a script makes several requests on one binding. A script has one request a line, an OID and its \
      options, and ends with the first that fails; # begins a comment. The exit status is 1 when a request \
      did not end with NDIS_STATUS_SUCCESS.

      OIDS
        \(OidName.short.joined(separator: ", "))

      EXAMPLES
        ndisctl oid vmq0 ENUM_QUEUES
        ndisctl oid vmq0 ALLOCATE_QUEUE --name q1 --vm guest --hold
        ndisctl oid vmq0 QUEUE_PARAMETERS --set --queue 1 --name new --field Flags=NAME_CHANGED
        ndisctl oid vmq0 0x00010224 --query --length 4096
        ndisctl oid vmq0 --script walk
      where the file walk has
        ALLOCATE_QUEUE --name q1 --vm guest
        SET_FILTER --queue last --mac 02-00-00-00-00-01
        QUEUE_ALLOCATION_COMPLETE --queue last
        CLEAR_FILTER --queue last --filter last
        FREE_QUEUE --queue last
      """)

  @Argument(help: "Name of the adapter.", completion: .adapters)
  var adapter: String

  @Argument(
    help: "The OID; with --script none.", completion: .list(OidName.short))
  var oid: String?

  @OptionGroup(title: "Request") var request: OidRequestOptions

  @Option(help: ArgumentHelp("Requests from a file; - for standard input.", valueName: "file"))
  var script: String?

  @Flag(help: "Unbind only when Enter is pressed or SIGINT, SIGTERM or SIGHUP comes.")
  var hold = false

  @Option(help: "The NDIS version the protocol driver registers with.")
  var ndis = "6.30"

  @Flag(help: "Print a JSON document; with --script one a line.")
  var json = false

  @Option(help: "Colours: auto (on a terminal, unless NO_COLOR is set), always or never.")
  var color: ColorOption = .auto

  @Option(help: "The daemon's driver socket; searched for by default.")
  var driverSocket: String?

  private var version: NDISVersion? {
    let parts = ndis.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let major = UInt8(parts[0]), let minor = UInt8(parts[1]) else {
      return nil
    }
    return NDISVersion(major, minor)
  }

  func validate() throws {
    if (oid == nil) == (script == nil) {
      throw ValidationError(
        oid == nil
          ? "the OID is missing; name one, or use --script"
          : "--script has the OIDs; '\(oid ?? "")' is too much"
      )
    }
    if version == nil { throw ValidationError("--ndis is '\(ndis)'; use for instance 6.30") }
    if script == "-", hold {
      throw ValidationError(
        "--hold waits for Enter, and --script - reads standard input; use a file")
    }
    if let oid {
      do throws(OidName.Problem) { _ = try OidName(oid) } catch {
        throw ValidationError(error.sentence)
      }
    }
  }

  func run() throws {
    do { try work() } catch let error as DriverError { throw CommandFailure(error) }
  }

  private func work() throws {
    let lines = try steps()
    // Before the kit starts a thread: a signal shall be read here and not end the process.
    let signals = hold ? try SignalQueue([SIGINT, SIGTERM, SIGHUP]) : nil
    let driver = try BoundDriver(
      socket: driverSocket, adapter: adapter, version: version ?? NDISVersion(6, 30))
    var last = LastNumbers()
    var output = Output()
    var succeeded = true
    do {
      for line in lines {
        let answer = try answer(line, driver, &last)
        if json {
          try output.line(script == nil ? answer.json.prettyText : answer.json.text)
        } else {
          let surface = Surface(descriptor: 1, colors: color.choice)
          for line in answer.lines(on: surface) { try output.line(line) }
        }
        try output.flush()
        succeeded = answer.succeeded
        if !succeeded { break }
      }
    } catch {
      // Whatever went wrong, the binding is closed in order.
      if (error as? DriverError)?.kind != .connection { try driver.end() }
      throw error
    }
    if let signals = consume signals {
      StandardError.write("bound to \(adapter); press Enter to unbind\n")
      try AllocHold.wait(signals, driver.connection)
    }
    try driver.end()
    if !succeeded { throw CommandFailure.quietly(.failure) }
  }

  private func answer(
    _ line: OidLine, _ driver: BoundDriver, _ last: inout LastNumbers
  ) throws -> OidAnswer {
    let name: OidName
    do throws(OidName.Problem) { name = try OidName(line.oid) } catch {
      throw CommandFailure(error.sentence, status: .usage)
    }
    let (_, form) = try line.request.form(name)
    let request = try line.request.request(name, for: version ?? NDISVersion(6, 30), last)
    let completion = try driver.connection.issue(driver.binding, request)
    let answer = OidAnswer(name, request, form, completion)
    if answer.succeeded, let structure = answer.structure { last.note(structure) }
    return answer
  }

  /// The requests, all of them read before the first is made.
  private func steps() throws -> [OidLine] {
    if let oid { return [OidLine(oid, request)] }
    let text = try OidScript.read(script ?? "-")
    var steps: [OidLine] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let words = OidScript.words(line)
      if words.isEmpty { continue }
      do {
        let step = try OidLine.parse(words)
        _ = try OidName(step.oid)
        steps.append(step)
      } catch let problem as OidName.Problem {
        throw CommandFailure("line \(number + 1): \(problem.sentence)", status: .usage)
      } catch {
        throw CommandFailure(
          "line \(number + 1): \(OidLine.message(for: error))", status: .usage)
      }
    }
    return steps
  }
}

/// A line of a script.
struct OidLine: ParsableArguments {
  @Argument var oid: String
  @OptionGroup var request: OidRequestOptions

  init() {}
  init(_ oid: String, _ request: OidRequestOptions) {
    self.oid = oid
    self.request = request
  }
}
