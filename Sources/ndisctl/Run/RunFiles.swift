// The files that `ndisctl run` writes: those that were requested, and diagnostics of a failed run.

import Glibc
import NDISPlatform

/// Writes a file, replacing an old one.
func writeFile(_ path: String, _ text: String) throws(RunManagementFailure) {
  try writeFile(path) { (put) throws(RunManagementFailure) in try put(Array(text.utf8)) }
}

/// Copies a file of any length.
func copyFile(_ source: String, to path: String) throws(RunManagementFailure) {
  let file = Descriptor(owning: unsafe open(source, O_RDONLY | O_CLOEXEC))
  guard file.raw >= 0 else {
    throw RunManagementFailure("cannot read \(source): \(errnoText())")
  }
  let raw = file.raw
  try writeFile(path) { (put) throws(RunManagementFailure) in
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe read(raw, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      try put(Array(buffer[..<count]))
    }
  }
}

private func writeFile(
  _ path: String,
  _ body: (([UInt8]) throws(RunManagementFailure) -> Void) throws(RunManagementFailure) -> Void
) throws(RunManagementFailure) {
  let file = Descriptor(
    owning: unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644))
  let raw = file.raw
  guard raw >= 0 else { throw RunManagementFailure("cannot write \(path): \(errnoText())") }
  try body { (bytes) throws(RunManagementFailure) in
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe write(raw, $0.baseAddress?.advanced(by: done), bytes.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw RunManagementFailure("cannot write \(path): \(errnoText())") }
      done += count
    }
  }
}

/// The text of the errno of the last call.
func errnoText() -> String { unsafe String(cString: strerror(errno)) }
