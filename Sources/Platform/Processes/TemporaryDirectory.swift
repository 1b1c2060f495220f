// Temporary directories with a unique name and mode 0700, removed with their contents.

import Glibc

/// Creates and removes temporary directories.
public enum TemporaryDirectory {
  /// Creates a directory (mode 0700) whose name begins with `prefix`; returns its path.
  public static func make(in parent: String, prefix: String) throws(SystemError) -> String {
    var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, let path = unsafe mkdtemp(base) else { return nil }
      return unsafe String(cString: path)
    }
    guard let made else { throw SystemError(errno: errno, operation: "mkdtemp in \(parent)") }
    return made
  }

  /// Removes a directory with its contents; does not follow symbolic links.
  public static func remove(_ path: String) {
    if let folder = unsafe opendir(path) {
      while let entry = unsafe readdir(folder) {
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
          unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name == "." || name == ".." { continue }
        let inner = path + "/" + name
        if unsafe unlink(inner) != 0, errno == EISDIR { remove(inner) }
      }
      unsafe closedir(folder)
    }
    _ = unsafe rmdir(path)
  }
}
