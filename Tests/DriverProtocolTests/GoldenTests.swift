// Holds the writer to `Tests/Golden/messages.txt`: one line a message, "<name> <hex bytes>". With
// NDISSIM_WRITE_GOLDEN=1 in the environment the file is written instead of compared; a change of it
// is a change of the protocol and needs a new version.

import CNDIS
import NDISDriverProtocol
import Glibc
import NDIS
import Testing

@Suite struct GoldenTests {
  private static let path: String = {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return "/" + folder + "/Golden/messages.txt"
  }()

  private static func line(_ message: GoldenMessage) -> String {
    let digits = message.bytes.map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return message.name + " " + digits.joined()
  }

  private static func read() throws -> [String] {
    let file = unsafe try #require(fopen(path, "r"))
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    while true {
      let byte = unsafe getc(file)
      guard byte >= 0 else { break }
      bytes.append(UInt8(byte))
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { String($0) }
  }

  @Test func writerMakesTheGoldenBytes() throws {
    let lines = GoldenList.all().map { GoldenTests.line($0) }
    if unsafe getenv("NDISSIM_WRITE_GOLDEN") != nil {
      let folder = String(GoldenTests.path.dropLast("/messages.txt".count))
      unsafe mkdir(folder, 0o755)
      let file = unsafe try #require(fopen(GoldenTests.path, "w"))
      for line in lines { unsafe fputs(line + "\n", file) }
      unsafe fclose(file)
    }
    let golden = try GoldenTests.read()
    #expect(golden.count == lines.count)
    for (is_, wanted) in zip(lines, golden) { #expect(is_ == wanted) }
  }

  @Test func headersOfTheGoldenBytesAreAccepted() throws {
    for message in GoldenList.all() {
      let header = try unsafe message.bytes.withUnsafeBytes { try unsafe MessageHeader(packet: $0) }
      #expect(Int(header.length) == message.bytes.count - MessageHeader.size, "\(message.name)")
      #expect(header.isReply == message.name.contains(".reply"), "\(message.name)")
      #expect(header.isUpcall == message.name.hasPrefix("upcall_"), "\(message.name)")
      #expect(
        header.isNotification == message.name.hasSuffix(".notification"), "\(message.name)")
    }
  }

  @Test func everyRoutineHasAGoldenRequest() {
    let names = Set(GoldenList.all().map { $0.name })
    #expect(names.count == GoldenList.all().count)
    let types = Set(
      GoldenList.all().filter { $0.name.hasSuffix(".request") }.map { $0.bytes[6] })
    for routine in Routine.table { #expect(types.contains(UInt8(routine.message))) }
  }
}
