// Standard output and standard error. Output is buffered here and not by stdio, so that a full disk is
// reported as an error and a broken pipe ends the program quietly, at the write that failed.

import NDISDrawing
import Glibc
import NDISVarlink

/// The output of a command. Flush it before the command returns; unflushed output is lost.
struct Output: ~Copyable {
  private var buffer: [UInt8] = []
  private let descriptor: Int32
  /// Large enough that a long list takes few system calls.
  private static let limit = 64 << 10

  init(descriptor: Int32 = 1) {
    self.descriptor = descriptor
  }

  /// Adds text; it may stay in the buffer.
  mutating func write(_ text: String) throws(CommandFailure) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Output.limit { try flush() }
  }

  /// Adds a line.
  mutating func line(_ text: String = "") throws(CommandFailure) {
    try write(text)
    try write("\n")
  }

  /// Writes the whole buffer.
  mutating func flush() throws(CommandFailure) {
    defer { buffer.removeAll(keepingCapacity: true) }
    if let problem = writeAll(buffer, to: descriptor) {
      if problem == EPIPE { throw .brokenPipe }
      throw CommandFailure(
        "cannot write the output: \(unsafe String(cString: strerror(problem))); "
          + "check where it is redirected to")
    }
  }
}

/// Unbuffered standard error; a failure to write is ignored.
enum StandardError {
  static func write(_ text: String) { _ = writeAll(Array(text.utf8), to: 2) }

  /// Writes a message prefixed with the program's name. It may contain untrusted text: control sequences of
  /// terminals are replaced, except line feeds.
  static func sentence(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    write(
      "ndisctl: " + lines.map { TerminalText.printable(String($0)) }.joined(separator: "\n") + "\n")
  }
}

/// Writes all bytes. Returns the errno of a failure, or nil.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
  var done = 0
  while done < bytes.count {
    let count = unsafe bytes.withUnsafeBytes {
      unsafe write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done)
    }
    if count > 0 { done += count; continue }
    switch errno {
    case EINTR: continue
    case EAGAIN:
      // Another process made the terminal nonblocking: wait as for a blocking one.
      var waited = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = unsafe poll(&waited, 1, -1)
    default: return errno
    }
  }
  return nil
}

/// The output of a successful command without a result: none, but with --json the reply.
func done(_ reply: JSON, _ common: CommonOptions) throws(CommandFailure) {
  guard common.json else { return }
  var output = Output()
  try output.line(reply.text)
  try output.flush()
}
