// Mappings: the same bytes as in the section, in the order asked for, and gone at the end.

import Glibc
import NDISPlatform
import Testing

@Suite struct MappingTests {
  @Test func showsTheSectionBothWays() throws {
    let memory = try SealedMemory(name: "map", size: 2 * page)
    let mapping = try Mapping(descriptor: memory.descriptor)
    #expect(mapping.size == Int(2 * page))
    try memory.write([42], at: page)
    let seen = unsafe mapping.baseAddress.load(fromByteOffset: Int(page), as: UInt8.self)
    #expect(seen == 42)
    unsafe mapping.baseAddress.storeBytes(of: 17, toByteOffset: 5, as: UInt8.self)
    #expect(try memory.bytes(at: 5, 1) == [17])
  }

  @Test func putsExtentsSideBySide() throws {
    let memory = try SealedMemory(name: "beside", size: 8 * page)
    for index in 0..<8 as Range<UInt64> {
      try memory.fill(byte: UInt8(index + 1), offset: index * page, length: page)
    }
    let extents: [Mapping.Extent] = [(6 * page, page), (0, 2 * page), (3 * page, page), (0, page)]
    let mapping = try Mapping.sideBySide(descriptor: memory.descriptor, extents: extents)
    #expect(mapping.size == Int(5 * page))
    var seen: [UInt8] = []
    for index in 0..<5 {
      for offset in [0, Int(page) - 1] {
        seen.append(
          unsafe mapping.baseAddress.load(
            fromByteOffset: index * Int(page) + offset, as: UInt8.self))
      }
    }
    #expect(seen == [7, 7, 1, 1, 2, 2, 4, 4, 1, 1])
  }

  @Test func refusesBadExtents() throws {
    let memory = try SealedMemory(name: "bad", size: 4 * page)
    let bad: [[Mapping.Extent]] = [
      [], [(0, 0)], [(1, page)], [(0, page + 1)], [(0, 5 * page)], [(4 * page, page)],
      [(0, page), (UInt64.max - page + 1, page)], [(page, UInt64.max - page + 1)],
    ]
    for extents in bad {
      #expect(throws: SystemError.self) {
        _ = try Mapping.sideBySide(descriptor: memory.descriptor, extents: extents)
      }
    }
  }

  @Test func readOnlyIsWhatTheProcessShows() throws {
    let name = try uniqueName("ro")
    let memory = try SealedMemory(name: name, size: page)
    #expect(mappings(of: name) == [])
    do {
      let mapping = try Mapping(descriptor: memory.descriptor, access: .readOnly)
      #expect(mappings(of: name) == ["r--s"])
      withExtendedLifetime(mapping) {}
    }
    #expect(mappings(of: name) == [])
  }

  /// The permissions of all mappings of a memory file, from /proc.
  private func mappings(of name: String) -> [String] {
    let file = Descriptor(owning: unsafe open("/proc/self/maps", O_RDONLY | O_CLOEXEC))
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(file.raw, &chunk, chunk.count)
      if count <= 0 { break }
      text += chunk[..<count]
    }
    return String(decoding: text, as: UTF8.self).split(separator: "\n")
      .filter { $0.contains("memfd:\(name) ") }
      .map { String($0.split(separator: " ")[1]) }
  }
}
