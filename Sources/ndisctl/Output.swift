// Standard output and standard error. Output is buffered here and not by stdio, so that a full disk
// is an error with a sentence and a closed pipe a quiet end, at the write that met it.

import NDISDrawing
import Glibc

/// What a command prints. Flush it before the command returns; what is left then is lost.
struct Output: ~Copyable {
  private var buffer: [UInt8] = []
  private let descriptor: Int32
  /// Enough that a long list costs few system calls.
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

  /// Writes out everything that is in the buffer.
  mutating func flush() throws(CommandFailure) {
    defer { buffer.removeAll(keepingCapacity: true) }
    if let problem = writeAll(buffer, to: descriptor) {
      if problem == EPIPE { throw .readerWentAway }
      throw CommandFailure(
        "cannot write the output: \(unsafe String(cString: strerror(problem))); "
          + "look at where it is redirected to")
    }
  }
}

/// Writes what must not wait and whose failure changes nothing.
enum StandardError {
  static func write(_ text: String) { _ = writeAll(Array(text.utf8), to: 2) }

  /// Writes a sentence with our name before it. It may hold what a peer said: nothing in it is obeyed
  /// by the terminal but the ends of its lines.
  static func sentence(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    write(
      "ndisctl: " + lines.map { TerminalText.printable(String($0)) }.joined(separator: "\n") + "\n")
  }
}

/// Writes all bytes. Answers the errno that prevented it, or nil.
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
      // Somebody made our terminal nonblocking; it is as good as any other.
      var waited = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = unsafe poll(&waited, 1, -1)
    default: return errno
    }
  }
  return nil
}
