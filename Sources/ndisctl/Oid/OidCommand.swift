// `ndisctl oid`: issues OID requests from a protocol driver of its own, which is bound for the time of the
// command. Objects that a request creates (a queue, a filter, a VPort) belong to the binding and are removed
// with it; a script issues several requests on one binding, and --hold keeps the binding open.

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
    abstract: "Issues an OID request and prints its completion.",
    discussion: """
      Registers a temporary protocol driver, binds it to ADAPTER, issues the request, prints the \
      completion, and unbinds. OID is a name, an unambiguous suffix of one (ALLOCATE_QUEUE), or a number.

      Objects that the request creates belong to the binding. Objects left when the binding closes are a \
      violation; NDIS takes them over and frees them before the adapter is halted. --hold keeps the \
      binding until Enter is pressed or a signal arrives. A script issues several requests on one \
      binding: one request per line, an OID and its options; # starts a comment; it stops at the first \
      failure. The exit status is 1 if a request did not complete with NDIS_STATUS_SUCCESS.

      OIDS
        \(OidName.short.joined(separator: ", "))

      EXAMPLES
        ndisctl oid vmq0 ENUM_QUEUES
        ndisctl oid vmq0 ALLOCATE_QUEUE --name q1 --vm guest --hold
        ndisctl oid vmq0 QUEUE_PARAMETERS --set --queue 1 --name new --field Flags=NAME_CHANGED
        ndisctl oid vmq0 0x00010224 --query --length 4096
        ndisctl oid vmq0 --script walk
      with this file walk:
        ALLOCATE_QUEUE --name q1 --vm guest
        SET_FILTER --queue last --mac 02-00-00-00-00-01
        QUEUE_ALLOCATION_COMPLETE --queue last
        CLEAR_FILTER --queue last --filter last
        FREE_QUEUE --queue last
      """)

  @Argument(help: "The name of the adapter.", completion: .adapters)
  var adapter: String

  @Argument(
    help: "The OID; omitted with --script.", completion: .list(OidName.short))
  var oid: String?

  @OptionGroup(title: "Request") var request: OidRequestOptions

  @Option(help: ArgumentHelp("Read requests from a file; - is standard input.", valueName: "file"))
  var script: String?

  @Flag(help: "Unbind when Enter is pressed, or on SIGINT, SIGTERM or SIGHUP.")
  var hold = false

  @Option(help: "The NDIS version that the protocol driver registers with.")
  var ndis = "6.30"

  @Flag(help: "Print a JSON document; with --script one per line.")
  var json = false

  @Option(
    help: "When to use colours: auto (on a terminal, unless NO_COLOR is set), always or never.")
  var color: ColorOption = .auto

  @Option(help: "The daemon's driver socket; found automatically by default.")
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
          ? "missing OID; name one, or use --script"
          : "--script takes the OIDs from the file; remove '\(oid ?? "")'"
      )
    }
    if version == nil { throw ValidationError("--ndis is '\(ndis)'; use for example 6.30") }
    if script == "-", hold {
      throw ValidationError(
        "--hold reads standard input, and so does --script -; use a file")
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
    // Before the kit starts a thread: signals are read here and must not terminate the process.
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
          let capabilities = TerminalCapabilities(descriptor: 1, colors: color.choice)
          for line in answer.lines(on: capabilities) { try output.line(line) }
        }
        try output.flush()
        succeeded = answer.succeeded
        if !succeeded { break }
      }
    } catch {
      // The binding is closed in order after a failure, too.
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

  /// The requests; all are parsed before the first is issued.
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
