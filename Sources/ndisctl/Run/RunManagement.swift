// The calls of `ndisctl run` to its daemon: expectations before the command, waits and results after it, and
// the whole state after a timeout. Every failure is a message for the report, and every call has a
// timeout, so that a stopped daemon is detected.

import NDISManagementInterface
import NDISVarlink

/// Why a call to the daemon failed.
struct RunManagementFailure: Error {
  let sentence: String
  /// The request was invalid; the daemon is not at fault.
  var isUsage = false

  init(_ sentence: String, isUsage: Bool = false) {
    self.sentence = sentence
    self.isUsage = isUsage
  }

  init(_ failure: VarlinkFailure) {
    self.init("cannot query the daemon: \(failure)")
  }
}

/// A connection to the management plane of a private daemon.
struct RunManagement {
  private let client: VarlinkClient

  /// The timeout of one reply, in milliseconds.
  private static let timeout = 5000

  init(socket: String) throws(RunManagementFailure) {
    do throws(VarlinkFailure) {
      client = try VarlinkClient.connect(path: socket, timeoutMilliseconds: RunManagement.timeout)
    } catch { throw RunManagementFailure(error) }
  }

  /// Declares an expected violation or leak.
  func declare(_ expectation: RunExpectation) throws(RunManagementFailure) {
    do throws(VarlinkFailure) {
      _ = try client.call(
        SimulatorInterface.Expect.self, .init(code: expectation.code, times: expectation.times))
    } catch {
      guard case .error = error else { throw RunManagementFailure(error) }
      throw RunManagementFailure(
        "'\(expectation.code) times \(expectation.times)' was rejected: \(error)",
        isUsage: true)
    }
  }

  /// Waits until all sessions and their blocks are reclaimed; returns nil then, else the value of the
  /// counter.
  func waitUntilReclaimed(nanoseconds: UInt64) throws(RunManagementFailure) -> String? {
    // A call that takes no time detects a stopped daemon.
    _ = try allocationsAndFrees()
    let milliseconds = Int(clamping: nanoseconds / 1_000_000)
    client.timeoutMilliseconds = milliseconds &+ RunManagement.timeout
    defer { client.timeoutMilliseconds = RunManagement.timeout }
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

  /// The violations and leaks, with the expectations.
  func violations() throws(RunManagementFailure) -> [RunReport.Rule] {
    do throws(VarlinkFailure) {
      let reply = try client.call(SimulatorInterface.ListViolations.self, .init())
      return reply.violations.map { found in
        RunReport.Rule(
          code: found.code, rule: found.rule.isEmpty ? found.code : found.rule, count: found.count,
          expected: found.expected, message: found.message, isAdvice: found.advice ?? false,
          sources: found.sources ?? [])
      }
    } catch { throw RunManagementFailure(error) }
  }

  func allocationsAndFrees() throws(RunManagementFailure) -> (Int, Int) {
    do throws(VarlinkFailure) {
      let counters = try client.call(SimulatorInterface.GetStatus.self, .init()).status.counters
      return (counters.allocations, counters.frees)
    } catch { throw RunManagementFailure(error) }
  }

  /// The whole state as one document that joins the lists of all replies.
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
