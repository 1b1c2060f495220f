// What `ndisctl run` asks its daemon: declarations before the command, waiting and counting after it,
// and the whole state when time ran out. Every failure is a sentence for the report, and every
// question has an end: a daemon that is stopped is one of the things that are found out here.

import NDISManagementInterface
import NDISVarlink

/// Why the daemon could not be asked.
struct RunManagementFailure: Error {
  let sentence: String
  /// What was asked was wrong, and not the daemon.
  var isUsage = false

  init(_ sentence: String, isUsage: Bool = false) {
    self.sentence = sentence
    self.isUsage = isUsage
  }

  init(_ failure: VarlinkFailure) {
    self.init("the daemon cannot be asked: \(failure)")
  }
}

/// A connection to the management plane of a private daemon.
struct RunManagement {
  private let client: VarlinkClient

  /// How long one answer may take.
  private static let patience = 5000

  init(socket: String) throws(RunManagementFailure) {
    do throws(VarlinkFailure) {
      client = try VarlinkClient.connect(path: socket, timeoutMilliseconds: RunManagement.patience)
    } catch { throw RunManagementFailure(error) }
  }

  /// Declares what is going to be broken.
  func declare(_ expectation: RunExpectation) throws(RunManagementFailure) {
    do throws(VarlinkFailure) {
      _ = try client.call(
        SimulatorInterface.Expect.self, .init(code: expectation.code, times: expectation.times))
    } catch {
      guard case .error = error else { throw RunManagementFailure(error) }
      throw RunManagementFailure(
        "'\(expectation.code) times \(expectation.times)' cannot be declared: \(error)",
        isUsage: true)
    }
  }

  /// Waits until nothing is left of the sessions that were: nil when that is so, else how things
  /// stand.
  func waitUntilReclaimed(nanoseconds: UInt64) throws(RunManagementFailure) -> String? {
    // A daemon that is stopped is found out by a question that takes no time.
    _ = try allocationsAndFrees()
    let milliseconds = Int(clamping: nanoseconds / 1_000_000)
    client.timeoutMilliseconds = milliseconds &+ RunManagement.patience
    defer { client.timeoutMilliseconds = RunManagement.patience }
    for counter in ["sessions", "blocks"] {
      let condition = SimulatorInterface.Condition(counter: counter, equals: 0)
      do throws(VarlinkFailure) {
        _ = try client.call(
          SimulatorInterface.WaitFor.self,
          .init(condition: condition, timeoutMs: milliseconds))
      } catch {
        if let late = error.declared(SimulatorInterface.TimedOut.self) { return late.found }
        throw RunManagementFailure(error)
      }
    }
    return nil
  }

  /// The rules that were broken, and the leaks, with what was declared.
  func violations() throws(RunManagementFailure) -> [RunReport.Rule] {
    do throws(VarlinkFailure) {
      let reply = try client.call(SimulatorInterface.ListViolations.self, .init())
      return reply.violations.map { found in
        RunReport.Rule(
          code: found.code, rule: found.rule.isEmpty ? found.code : found.rule, count: found.count,
          expected: found.expected, message: found.message)
      }
    } catch { throw RunManagementFailure(error) }
  }

  func allocationsAndFrees() throws(RunManagementFailure) -> (Int, Int) {
    do throws(VarlinkFailure) {
      let counters = try client.call(SimulatorInterface.GetStatus.self, .init()).status.counters
      return (counters.allocations, counters.frees)
    } catch { throw RunManagementFailure(error) }
  }

  /// The whole state as one document: the lists of all replies joined.
  func dump() throws(RunManagementFailure) -> JSON {
    var document = JSONObject()
    do throws(VarlinkFailure) {
      try client.callMore(SimulatorInterface.DumpState.self, .init()) { reply in
        guard case .object(let members) = reply.json else { return true }
        for member in members.members {
          if case .array(let more) = member.value, case .array(let known)? = document[member.name] {
            document[member.name] = .array(known + more)
          } else {
            document[member.name] = member.value
          }
        }
        return true
      }
    } catch { throw RunManagementFailure(error) }
    return .object(document)
  }
}
