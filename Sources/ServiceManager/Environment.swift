// Environment variables, and whether a descriptor is the one that a variable names. Variables are read when
// needed and not cached; they must not change once threads run, so Activation unsets its own at the start.

import Glibc

enum Environment {
  /// The variable's value; nil if it is unset or empty.
  static func value(_ name: String) -> String? {
    // Copied immediately: the C library owns the string.
    guard let text = unsafe getenv(name) else { return nil }
    let value = unsafe String(cString: text)
    return value.isEmpty ? nil : value
  }

  /// Whether `descriptor` is the journal stream that $JOURNAL_STREAM identifies as `device:inode`. The
  /// variable alone is not sufficient: processes with redirected output inherit it.
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
