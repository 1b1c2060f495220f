// The exit statuses of ndisctl, and the error that carries one. docs/ndisctl.md has the same table; a
// test compares the two.

/// An exit status of ndisctl.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  /// The daemon refused the request, or another error occurred; standard error has the message.
  case failure = 1
  /// `ndisctl run`: unexpected violations or leaks, or expected ones that did not occur. Reserved for it.
  case violated = 3
  /// `ndisctl wait` and `ndisctl adapter`: the timeout expired.
  case timedOut = 4
  /// No daemon could be reached.
  case noDaemon = 5
  /// The command line is invalid (EX_USAGE).
  case usage = 64

  /// The meaning, for help texts.
  var meaning: String {
    switch self {
    case .success: "success, or the condition holds"
    case .failure: "failure; the message on standard error gives the reason"
    case .violated: "run: contract violations or leaked blocks were found"
    case .timedOut: "wait, adapter: timed out"
    case .noDaemon: "no daemon could be reached"
    case .usage: "invalid command line"
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

/// Why a command failed.
struct CommandFailure: Error {
  var status: ExitStatus
  /// What was wrong, with which value, and what to do. Nil: no message is printed.
  var sentence: String?

  init(_ sentence: String, status: ExitStatus = .failure) {
    self.status = status
    self.sentence = sentence
  }

  private init(quietly status: ExitStatus) {
    self.status = status
    self.sentence = nil
  }

  /// Standard output is a broken pipe: there is no reader.
  static let brokenPipe = CommandFailure(quietly: .success)

  /// Everything was already printed on standard output.
  static func quietly(_ status: ExitStatus) -> CommandFailure { CommandFailure(quietly: status) }
}
