// Where the programs are: beside the running one, or in a directory above it (tests run from a bundle
// inside the build directory).

import Glibc

enum Programs {
  /// The path of a program of this package.
  static func find(_ name: String) throws(BenchFailure) -> String {
    let own = path(of: "/proc/self/exe")
    var parts = own.split(separator: "/")
    while !parts.isEmpty {
      parts.removeLast()
      let path = "/" + (parts + [Substring(name)]).joined(separator: "/")
      if unsafe access(path, X_OK) == 0, isFile(path) { return path }
    }
    throw BenchFailure("\(name) is not beside \(own); build it there, or say where it is")
  }

  static func path(of link: String) -> String {
    var bytes = [CChar](repeating: 0, count: 4096)
    let length = unsafe readlink(link, &bytes, bytes.count)
    return String(
      decoding: bytes.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func isFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
