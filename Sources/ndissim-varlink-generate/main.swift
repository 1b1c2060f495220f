// ndissim-varlink-generate FILE.varlink [--access public|package|internal] > FILE.swift
//
// Reads an interface description and writes the generated Swift to standard output. Exits with 1 and a
// message on standard error on failure, with 2 on wrong usage.

import Glibc
import NDISVarlink

/// Exits with a message.
func fail(_ sentence: String, status: Int32 = 1) -> Never {
  write("ndissim-varlink-generate: \(sentence)\n", to: 2)
  exit(status)
}

func write(_ text: String, to descriptor: Int32) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes { bytes in
      unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    }
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { exit(1) }
    rest = rest.dropFirst(count)
  }
}

func contents(of path: String) -> String {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    fail("\(path) cannot be opened: \(unsafe String(cString: strerror(errno)))")
  }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe read(descriptor, $0.baseAddress, $0.count)
    }
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else {
      fail("\(path) cannot be read: \(unsafe String(cString: strerror(errno)))")
    }
    if count == 0 { break }
    bytes += buffer[..<count]
    guard bytes.count <= InterfaceDescription.maximumLength else { fail("\(path) is too long") }
  }
  guard let text = String(validating: bytes, as: UTF8.self) else { fail("\(path) is not UTF-8") }
  return text
}

let usage = "usage: ndissim-varlink-generate FILE.varlink [--access public|package|internal]"
var arguments = CommandLine.arguments.dropFirst()
var path: String?
var access = "public"
while let argument = arguments.popFirst() {
  if argument == "--access" {
    guard let word = arguments.popFirst(), ["public", "package", "internal"].contains(word) else {
      fail(usage, status: 2)
    }
    access = word
  } else if path == nil, !argument.hasPrefix("-") {
    path = argument
  } else {
    fail(usage, status: 2)
  }
}
guard let path else { fail(usage, status: 2) }
// Swift would interpret a carriage return in a literal as a line break.
let source = contents(of: path).split(separator: "\r\n", omittingEmptySubsequences: false)
  .joined(separator: "\n")
do {
  let interface = try InterfaceDescription(parsing: source)
  let fileName = path.split(separator: "/").last.map(String.init) ?? path
  write(
    try Generator.swift(for: interface, source: source, fileName: fileName, access: access), to: 1)
} catch {
  fail("\(path): \(error)")
}
