// The programs of this package: in the directory of the running one or in one above it (tests run from a
// bundle inside the build directory), else on the PATH.

import Glibc
import NDISPlatform

/// Finds programs of this package.
package enum Programs {
  /// The path of a program; nil if there is none.
  package static func find(_ name: String) -> String? {
    var parts = ownPath().split(separator: "/")
    while !parts.isEmpty {
      parts.removeLast()
      let path = "/" + (parts + [Substring(name)]).joined(separator: "/")
      if isExecutableFile(path) { return path }
    }
    for folder in (ProcessEnvironment.value("PATH") ?? "").split(separator: ":") {
      let path = "\(folder)/\(name)"
      if isExecutableFile(path) { return path }
    }
    return nil
  }

  /// The daemon's program: the given one, else $NDISSIMD, else the one that is found.
  package static func daemon(_ named: String?) throws(PrivateDaemonFailure) -> String {
    if let named = named ?? ProcessEnvironment.value("NDISSIMD") {
      guard unsafe access(named, X_OK) == 0 else {
        let reason = unsafe String(cString: strerror(errno))
        throw PrivateDaemonFailure("\(named) cannot be executed: \(reason)")
      }
      return named
    }
    guard let found = find("ndissimd") else {
      throw PrivateDaemonFailure(
        "there is no ndissimd in the directory of ndisctl or on the PATH; name it with --ndissimd")
    }
    return found
  }

  private static func ownPath() -> String {
    var bytes = [CChar](repeating: 0, count: 4096)
    let length = unsafe readlink("/proc/self/exe", &bytes, bytes.count)
    return String(
      decoding: bytes.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func isExecutableFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && access(path, X_OK) == 0
  }
}
