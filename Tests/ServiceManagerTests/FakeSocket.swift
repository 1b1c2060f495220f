// A datagram socket in a directory of its own, standing in for journald's and for the service
// manager's. But for `awaitEntry` it never waits: what is to be received must have been sent.

import Glibc
import NDISPlatform
import Testing

/// All tests of this module, one after another: some change the environment, which no thread may
/// read meanwhile.
@Suite(.serialized) enum ServiceManagerTests {}

final class FakeSocket {
  let path: String
  private let directory: String
  private var raw: Int32 = -1

  init() throws {
    var template = Array("/tmp/service-test-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, let made = unsafe mkdtemp(base) else { return nil }
      return unsafe String(cString: made)
    }
    directory = try #require(made)
    path = directory + "/socket"
  }

  deinit {
    close()
    unsafe rmdir(directory)
  }

  func open() throws {
    raw = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    try #require(raw >= 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) {
      unsafe $0.copyBytes(from: Array(path.utf8))
    }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(raw, $0, length) }
    }
    try #require(result == 0)
  }

  func close() {
    if raw >= 0 { _ = Glibc.close(raw) }
    raw = -1
    unsafe unlink(path)
  }

  /// The next datagram with the descriptor it carries, or nil.
  func receive() -> (bytes: [UInt8], file: Int32?)? {
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    var control = [Int](repeating: 0, count: 8)
    var controlLength = 0
    let count = unsafe bytes.withUnsafeMutableBytes { bytes in
      unsafe control.withUnsafeMutableBytes { control in
        var piece = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
        return unsafe withUnsafeMutablePointer(to: &piece) { piece in
          var message = unsafe msghdr()
          unsafe message.msg_iov = piece
          unsafe message.msg_iovlen = 1
          unsafe message.msg_control = control.baseAddress
          unsafe message.msg_controllen = control.count
          let count = unsafe recvmsg(raw, &message, 0)
          unsafe controlLength = message.msg_controllen
          return count
        }
      }
    }
    guard count >= 0 else { return nil }
    // The descriptor follows the header of 16 bytes.
    let file = controlLength >= 20 ? Int32(truncatingIfNeeded: control[2]) : nil
    return (Array(bytes[..<count]), file)
  }

  func receiveText() -> String? { receive().map { String(decoding: $0.bytes, as: UTF8.self) } }

  /// The fields of the next entry, for which it waits twenty seconds at most.
  func awaitEntry() throws -> [(name: String, value: String)] {
    var waited = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
    _ = unsafe poll(&waited, 1, 20_000)
    return try receiveEntry()
  }

  /// The sentence of the next entry, for which it waits as `awaitEntry` does.
  func awaitSentence() throws -> String { try #require(try awaitEntry().first).value }

  /// The sentence of the next entry.
  func receiveSentence() throws -> String { try #require(try receiveEntry().first).value }

  /// The fields of the next entry.
  func receiveEntry() throws -> [(name: String, value: String)] {
    try parse(try #require(receive()).bytes)
  }
}

/// `#expect` of what a non-copyable or changing value answers, which the macro cannot take apart.
func expectTrue(_ value: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(value, sourceLocation: sourceLocation)
}

/// The sentence of an entry, which is its first field.
func sentence(_ bytes: [UInt8]) throws -> String { try #require(try parse(bytes).first).value }

/// Reads the journal's native protocol.
func parse(_ bytes: [UInt8]) throws -> [(name: String, value: String)] {
  var fields: [(name: String, value: String)] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    let end = try #require(rest.firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "\n") })
    let name = String(decoding: rest[..<end], as: UTF8.self)
    let isBinary = rest[end] == UInt8(ascii: "\n")
    rest = rest[(end + 1)...]
    var length = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 - rest.startIndex }
    if isBinary {
      try #require(rest.count > 8)
      length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(8)
    }
    let size = try #require(length)
    try #require(size < rest.count)
    fields.append((name, String(decoding: rest.prefix(size), as: UTF8.self)))
    rest = rest.dropFirst(size)
    #expect(rest.first == UInt8(ascii: "\n"))
    rest = rest.dropFirst()
  }
  return fields
}

/// Runs with variables of the environment set, or unset, and unsets them.
func withEnvironment(
  _ variables: [String: String?], _ body: () throws -> Void
) throws {
  for (name, value) in variables {
    if let value { unsafe setenv(name, value, 1) } else { unsafe unsetenv(name) }
  }
  defer { for name in variables.keys { unsafe unsetenv(name) } }
  try body()
}
