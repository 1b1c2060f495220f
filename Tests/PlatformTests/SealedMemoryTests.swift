// Sealed sections: what they hold, that nobody can resize them, and what is refused in their place.

import CNDISLinux
import Glibc
import NDISPlatform
import Testing

let page = Limits.pageSize

@Suite struct SealedMemoryTests {
  @Test func keepsBytes() throws {
    let memory = try SealedMemory(name: "keeps", size: 2 * page)
    try memory.write([1, 2, 3], at: page - 1)
    #expect(try memory.bytes(at: page - 2, 5) == [0, 1, 2, 3, 0])
    try memory.punchHole(offset: page, length: page)
    #expect(try memory.bytes(at: page - 2, 5) == [0, 1, 0, 0, 0])
  }

  @Test func refusesRangesOutside() throws {
    let memory = try SealedMemory(name: "outside", size: page)
    #expect(throws: SystemError.self) { try memory.write([1, 2], at: page - 1) }
    #expect(throws: SystemError.self) { try memory.bytes(at: UInt64.max, 2) }
    #expect(throws: SystemError.self) { try memory.punchHole(offset: 1, length: UInt64.max) }
    #expect(throws: SystemError.self) { try memory.fill(byte: 1, offset: page, length: 1) }
    #expect(try memory.bytes(at: page, 0) == [])
  }

  @Test func fillsAcrossChunks() throws {
    let memory = try SealedMemory(name: "fills", size: 64 * page)
    let length: UInt64 = 64 * 1024 + 13
    try memory.fill(pattern: 0x0807_0605_0403_0201, offset: 3, length: length)
    #expect(try memory.bytes(at: 0, 12) == [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1])
    #expect(
      try memory.bytes(at: 3 + 64 * 1024, 15) == [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 0, 0]
    )
    try memory.fill(byte: 0xAB, offset: 4, length: 2)
    #expect(try memory.bytes(at: 3, 4) == [1, 0xAB, 0xAB, 4])
  }

  @Test func isSeenAndNotChangedThroughAViewForReading() throws {
    let memory = try SealedMemory(name: "view", size: 2 * page)
    let view = try memory.reopenedForReading()
    #expect(fcntl(view.raw, F_GETFL) & O_ACCMODE == O_RDONLY)
    #expect(fcntl(view.raw, F_GETFD) & FD_CLOEXEC != 0)
    #expect(unsafe pwrite(view.raw, "x", 1, 0) == -1)
    #expect(throws: SystemError.self) { _ = try Mapping(descriptor: view, access: .readWrite) }
    let mapping = try Mapping(descriptor: view, access: .readOnly)
    try memory.write([7], at: page)
    #expect(unsafe mapping.baseAddress.load(fromByteOffset: Int(page), as: UInt8.self) == 7)
    #expect(mapping.size == Int(2 * page))
  }

  @Test(arguments: [0, 1, 4095, UInt64.max, UInt64(1) << 63])
  func refusesSizes(_ size: UInt64) {
    #expect(throws: SystemError.self) { _ = try SealedMemory(name: "size", size: size) }
  }

  @Test func cannotBeResized() throws {
    let memory = try SealedMemory(name: "resize", size: 2 * page)
    let file = memory.descriptor.raw
    #expect(ftruncate(file, Int(page)) == -1)
    #expect(ftruncate(file, Int(3 * page)) == -1)
    #expect(clinux_add_seals(file, Int32(CLINUX_SEAL_WRITE)) == -EPERM)
    var status = stat()
    #expect(unsafe fstat(file, &status) == 0)
    #expect(status.st_size == Int(2 * page))
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test func hugePagesOrAnError() throws {
    // Most machines have none reserved; then reserving is refused when mapped, or at once.
    do {
      let memory = try SealedMemory(name: "huge", size: 2 << 20, hugePages: true)
      let pageSize = memory.pageSize
      #expect(pageSize == 2 << 20)
      #expect(try memory.bytes(at: 0, 4) == [0, 0, 0, 0])
    } catch let error as SystemError {
      #expect(error.operation.hasPrefix("memfd_create"))
    }
    #expect(throws: SystemError.self) {
      _ = try SealedMemory(name: "huge", size: page, hugePages: true)
    }
  }

  @Test func adoptsItsOwnKind() throws {
    let memory = try SealedMemory(name: "adopt", size: 3 * page)
    try memory.write([7], at: 0)
    let other = try SealedMemory(adopting: memory.descriptor.duplicate())
    let size = other.size
    #expect(size == 3 * page)
    #expect(try other.bytes(at: 0, 1) == [7])
  }

  private func problem(_ file: consuming Descriptor) -> SealedMemoryProblem? {
    do throws(SealedMemoryProblem) {
      _ = try SealedMemory(adopting: file)
      return nil
    } catch { return error }
  }

  private func memoryFile(size: UInt64, seals: Int) throws -> Descriptor {
    let file = Descriptor(owning: unsafe clinux_memfd_create("raw", 0))
    #expect(clinux_truncate(file.raw, size) == 0)
    #expect(clinux_add_seals(file.raw, Int32(seals)) == 0)
    return file
  }

  @Test func refusesWhatIsNoMemoryFile() throws {
    var ends: [Int32] = [-1, -1]
    #expect(unsafe pipe(&ends) == 0)
    #expect(problem(Descriptor(owning: ends[0])) == .notAMemoryFile)
    #expect(problem(Descriptor(owning: ends[1])) == .notAMemoryFile)
    let pair = try PacketSocket.pair()
    #expect(problem(try pair.first.descriptor.duplicate()) == .notAMemoryFile)
    try withSocketPath { path in
      let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      #expect(problem(Descriptor(owning: file)) == .notAMemoryFile)
    }
    #expect(problem(Descriptor(owning: unsafe open("/dev/zero", O_RDWR))) == .notAMemoryFile)
    // A number that is no descriptor at all.
    #expect(
      problem(Descriptor(owning: -1))
        == .notAMemoryFile)
  }

  @Test func refusesWrongSeals() throws {
    let grow = CLINUX_SEAL_GROW
    let shrink = CLINUX_SEAL_SHRINK
    let all = grow | shrink | CLINUX_SEAL_SEAL
    #expect(
      problem(try memoryFile(size: page, seals: 0))
        == .missingSeals(grow: true, shrink: true, seal: true))
    #expect(
      problem(try memoryFile(size: page, seals: grow | shrink))
        == .missingSeals(grow: false, shrink: false, seal: true))
    #expect(problem(try memoryFile(size: page, seals: all | CLINUX_SEAL_WRITE)) == .writeSealed)
    #expect(
      problem(try memoryFile(size: page, seals: all | CLINUX_SEAL_FUTURE_WRITE)) == .writeSealed)
    #expect(problem(try memoryFile(size: page, seals: all)) == nil)
  }

  @Test func refusesWrongSizesAndModes() throws {
    let all = CLINUX_SEAL_GROW | CLINUX_SEAL_SHRINK | CLINUX_SEAL_SEAL
    #expect(problem(try memoryFile(size: 0, seals: all)) == .empty)
    #expect(
      problem(try memoryFile(size: page + 1, seals: all))
        == .notWholePages(size: page + 1, pageSize: page))
    let memory = try SealedMemory(name: "mode", size: page)
    let readOnly = unsafe open("/proc/self/fd/\(memory.descriptor.raw)", O_RDONLY | O_CLOEXEC)
    #expect(readOnly >= 0)
    #expect(problem(Descriptor(owning: readOnly)) == .notReadWrite)
  }

  @Test func saysWhatIsWrong() {
    #expect(
      SealedMemoryProblem.missingSeals(grow: true, shrink: false, seal: true).description
        == "the memory file lacks F_SEAL_GROW, F_SEAL_SEAL")
    #expect(
      SystemError(errno: ENOSPC, operation: "memfd_create").description
        == "memfd_create: No space left on device (ENOSPC)")
    #expect(SystemError(errno: 9999, operation: "x").description == "x: unknown error (?)")
  }
}
