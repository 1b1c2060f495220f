// What several tests need: counting open descriptors of one memory file through /proc, and a
// directory of one's own. Files are told apart by unique names, so tests may run side by side.

import Glibc
import NDISPlatform

/// How many descriptors of this process are open on the memory file of that name.
func openDescriptors(ofMemory name: String) -> Int {
  guard let directory = unsafe opendir("/proc/self/fd") else { return -1 }
  defer { unsafe closedir(directory) }
  var count = 0
  while let entry = unsafe readdir(directory) {
    let number = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    var target = [CChar](repeating: 0, count: 512)
    let length = unsafe readlink("/proc/self/fd/\(number)", &target, target.count)
    guard length > 0 else { continue }
    let text = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if text.contains("memfd:\(name) ") { count += 1 }
  }
  return count
}

/// A name no other test uses.
func uniqueName(_ stem: String) throws -> String {
  "\(stem)-\(String(try Randomness.bits(), radix: 16))"
}

/// Runs `body` with a path for a socket in a new directory, and removes both.
func withSocketPath(_ body: (String) throws -> Void) throws {
  let directory = "/tmp/\(try uniqueName("platform"))"
  guard unsafe mkdir(directory, 0o700) == 0 else {
    throw SystemError(errno: errno, operation: "mkdir")
  }
  let path = "\(directory)/socket"
  defer {
    unsafe unlink(path)
    unsafe rmdir(directory)
  }
  try body(path)
}

extension PacketSocket {
  func send(_ header: [UInt8], _ body: [UInt8] = [], passing: [Int32] = []) throws -> Sent {
    try unsafe header.withUnsafeBytes { header in
      try unsafe body.withUnsafeBytes { body in
        try unsafe passing.withUnsafeBufferPointer { passing in
          try unsafe send(header: header, body: body, descriptors: passing)
        }
      }
    }
  }

  func receive(
    upTo size: Int, _ descriptors: inout ReceivedDescriptors, blocking: Bool = false
  ) throws -> (Received, [UInt8]) {
    var bytes = [UInt8](repeating: 0, count: size)
    let received = try unsafe bytes.withUnsafeMutableBytes {
      try unsafe receive(into: $0, descriptors: &descriptors, blocking: blocking)
    }
    return (received, bytes)
  }
}

extension SealedMemory {
  func bytes(at offset: UInt64, _ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try unsafe bytes.withUnsafeMutableBytes { try unsafe read(at: offset, into: $0) }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: UInt64) throws {
    try unsafe bytes.withUnsafeBytes { try unsafe write($0, at: offset) }
  }
}
