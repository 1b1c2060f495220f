// What this module needs of the process around it: variables, and whether a descriptor or a path is
// what a variable names. Variables are read when needed and not stored; they must not change once
// threads run, which is why Activation unsets its own at the start.

import Glibc

enum Environment {
  /// The variable's value; nil when it is unset or empty.
  static func value(_ name: String) -> String? {
    // Copied at once: the C library owns the text.
    guard let text = unsafe getenv(name) else { return nil }
    let value = unsafe String(cString: text)
    return value.isEmpty ? nil : value
  }

  /// Whether `descriptor` is the stream to the journal that $JOURNAL_STREAM names as
  /// `device:inode`. A variable alone proves nothing: it is inherited by processes whose output was
  /// redirected.
  static func isJournalStream(_ descriptor: Int32) -> Bool {
    guard let named = value("JOURNAL_STREAM") else { return false }
    var file = stat()
    guard unsafe fstat(descriptor, &file) == 0 else { return false }
    return named == "\(file.st_dev):\(file.st_ino)"
  }

  static func isSocket(_ path: String) -> Bool {
    var file = stat()
    return unsafe stat(path, &file) == 0 && file.st_mode & S_IFMT == S_IFSOCK
  }
}
