// A JSON value that is not what it should be, and where in the whole it stands. The path grows from
// the inside out, while the error passes through the containers around it.

/// A value of the wrong kind, or one that is missing.
public struct JSONMismatch: Error, Equatable, Sendable {
  /// A way down into a value.
  public enum Step: Equatable, Sendable {
    case member(String)
    case element(Int)
  }

  /// From the outermost value to the one that is wrong.
  public private(set) var path: [Step]
  /// What is wrong there, as the rest of a sentence: "is missing".
  public let problem: String

  public init(path: [Step] = [], problem: String) {
    self.path = path
    self.problem = problem
  }

  /// A value that is of another kind.
  public init(expected: String, found: JSON) {
    self.init(problem: "is \(found.kind) and should be \(expected)")
  }

  /// A string that is none of an enum's values.
  public init(unknown name: String, known: [String]) {
    // Somebody else wrote it: escaped, and no more of it than a reader needs.
    let shown = JSON.string(String(name.prefix(40))).text
    self.init(problem: "is \(shown) and should be one of \(known.joined(separator: ", "))")
  }

  /// The same, seen from a container around it.
  public func inside(_ step: Step) -> JSONMismatch {
    var outer = self
    outer.path.insert(step, at: 0)
    return outer
  }

  /// The path as people write it: `latencies[3].count`; empty for the value as a whole.
  public var pathText: String {
    var text = ""
    for step in path {
      switch step {
      case .member(let name): text += text.isEmpty ? name : ".\(name)"
      case .element(let index): text += "[\(index)]"
      }
    }
    return text
  }
}

extension JSONMismatch: CustomStringConvertible {
  public var description: String {
    path.isEmpty ? "the value \(problem)" : "\(pathText) \(problem)"
  }
}
