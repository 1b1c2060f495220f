// How ndisctl ends: the one table of exit statuses, and the error that carries one. docs/ndisctl.md
// has the same table; a test holds the two to each other.

/// An exit status of ndisctl.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  /// The daemon refused, or something else went wrong; the sentence on standard error says what.
  case failure = 1
  /// `ndisctl run`: the verdict. Reserved for it.
  case violated = 3
  /// `ndisctl wait` and `ndisctl adapter`: it did not come to that in time.
  case timedOut = 4
  /// No daemon could be reached.
  case noDaemon = 5
  /// The command line is wrong (EX_USAGE).
  case usage = 64

  /// What it means, for people.
  var meaning: String {
    switch self {
    case .success: "it was done, or the condition holds"
    case .failure: "it failed; the sentence on standard error says why"
    case .violated: "run: rules of the contract were broken, or blocks leaked"
    case .timedOut: "wait, adapter: it did not come to that in time"
    case .noDaemon: "no daemon could be reached"
    case .usage: "the command line is wrong"
    }
  }

  /// The table as --help shows it.
  static var table: String {
    allCases.map { status in
      let number = "\(status.rawValue)"
      return String(repeating: " ", count: 4 - number.count) + number + "  " + status.meaning
    }.joined(separator: "\n")
  }
}

/// Why a command cannot go on.
struct CommandFailure: Error {
  var status: ExitStatus
  /// What was wrong, with which value, and what to do. Nil: nothing is said.
  var sentence: String?

  init(_ sentence: String, status: ExitStatus = .failure) {
    self.status = status
    self.sentence = sentence
  }

  private init(quietly status: ExitStatus) {
    self.status = status
    self.sentence = nil
  }

  /// The reader of our output had enough: nobody is left to be told anything.
  static let readerWentAway = CommandFailure(quietly: .success)

  /// Everything was already said on standard output.
  static func quietly(_ status: ExitStatus) -> CommandFailure { CommandFailure(quietly: status) }
}
