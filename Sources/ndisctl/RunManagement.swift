// What `ndisctl run` asks its daemon: declarations before the command, waiting and counting after it,
// and the whole state when time ran out. Every failure is a sentence for the report.

import ArgumentParser
import Management
import Varlink

/// Why the daemon could not be asked.
struct RunManagementFailure: Error {
  let sentence: String
  /// What was asked was wrong, and not the daemon.
  var isUsage = false

  init(_ sentence: String, isUsage: Bool = false) {
    self.sentence = sentence
    self.isUsage = isUsage
  }
}

/// A connection to the management plane of a private daemon.
struct RunManagement: ~Copyable {
  private let daemon: DaemonConnection

  init(socket: String) throws(RunManagementFailure) {
    do {
      daemon = try DaemonConnection(try CommonOptions.parse(["--socket", socket]))
    } catch let failure as CommandFailure {
      throw RunManagementFailure(failure.sentence ?? "the daemon cannot be asked")
    } catch { throw RunManagementFailure("the daemon cannot be asked: \(error)") }
  }

  /// Declares what is going to be broken.
  func declare(_ expectation: RunExpectation) throws(RunManagementFailure) {
    do throws(CommandFailure) {
      _ = try daemon.call(
        SimulatorInterface.Expect.self, .init(code: expectation.code, times: expectation.times))
    } catch {
      throw RunManagementFailure(
        "'\(expectation.code) times \(expectation.times)' cannot be declared: \(text(error))",
        isUsage: true)
    }
  }

  /// Waits until nothing is left of the sessions that were: nil when that is so, else how things
  /// stand.
  func waitUntilReclaimed(nanoseconds: UInt64) throws(RunManagementFailure) -> String? {
    for counter in ["sessions", "blocks"] {
      let condition = SimulatorInterface.Condition(counter: counter, equals: 0)
      do throws(CommandFailure) {
        _ = try daemon.call(
          SimulatorInterface.WaitFor.self,
          .init(condition: condition, timeoutMs: Int(clamping: nanoseconds / 1_000_000)))
      } catch {
        if error.status == .timedOut { return text(error) }
        throw RunManagementFailure(text(error))
      }
    }
    return nil
  }

  /// The rules that were broken, and the leaks, with what was declared.
  func violations() throws(RunManagementFailure) -> [RunReport.Rule] {
    do throws(CommandFailure) {
      let reply = try daemon.call(SimulatorInterface.ListViolations.self, .init())
      return reply.violations.map { found in
        RunReport.Rule(
          code: found.code, rule: found.rule.isEmpty ? found.code : found.rule, count: found.count,
          expected: found.expected, message: found.message)
      }
    } catch { throw RunManagementFailure(text(error)) }
  }

  func allocationsAndFrees() throws(RunManagementFailure) -> (Int, Int) {
    do throws(CommandFailure) {
      let counters = try daemon.call(SimulatorInterface.GetStatus.self, .init()).status.counters
      return (counters.allocations, counters.frees)
    } catch { throw RunManagementFailure(text(error)) }
  }

  /// The whole state as one document: the lists of all replies joined.
  func dump() throws(RunManagementFailure) -> JSON {
    var document = JSONObject()
    do throws(CommandFailure) {
      try daemon.stream(SimulatorInterface.DumpState.self, .init()) { reply in
        guard case .object(let members) = reply.json else { return true }
        for member in members.members {
          if case .array(let more) = member.value, case .array(let known) = document[member.name] {
            document[member.name] = .array(known + more)
          } else {
            document[member.name] = member.value
          }
        }
        return true
      }
    } catch { throw RunManagementFailure(text(error)) }
    return .object(document)
  }

  private func text(_ failure: CommandFailure) -> String {
    failure.sentence ?? "the daemon did not answer"
  }
}
