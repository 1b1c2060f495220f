// A JSON value of the wrong kind, with its path in the document. The path is built from the inside out, while
// the error propagates through the enclosing containers.

/// A value of the wrong kind, or a missing one.
public struct JSONMismatch: Error, Equatable, Sendable {
  /// One step of a path.
  public enum Step: Equatable, Sendable {
    case member(String)
    case element(Int)
  }

  /// From the outermost value to the invalid one.
  public private(set) var path: [Step]
  /// What is wrong, as the end of a sentence: "is missing".
  public let problem: String

  public init(path: [Step] = [], problem: String) {
    self.path = path
    self.problem = problem
  }

  /// A value of another kind.
  public init(expected: String, found: JSON) {
    self.init(problem: "is \(found.kind) and should be \(expected)")
  }

  /// A string that is not a case of the enum.
  public init(unknown name: String, known: [String]) {
    // Untrusted text: escaped and truncated.
    let shown = JSON.string(String(name.prefix(40))).text
    self.init(problem: "is \(shown) and should be one of \(known.joined(separator: ", "))")
  }

  /// The same mismatch, seen from an enclosing container.
  public func inside(_ step: Step) -> JSONMismatch {
    var outer = self
    outer.path.insert(step, at: 0)
    return outer
  }

  /// The path as text, such as `latencies[3].count`; empty for the whole value.
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
