// Guarded freed memory: an access faults where it is made and is described; what handled faults before still does.

import Glibc
import NDIS
import NDISDriverKit
import NDISPlatform
import Testing

@Suite struct FreedGuardTests {
  private static func text(_ content: [UInt8]?) -> String {
    String(decoding: content ?? [], as: UTF8.self)
  }

  /// Writes to a block that was freed a moment ago.
  private static func writeToFreed() throws {
    let (daemon, transport) = try FakeDaemon.start()
    let connection = try Connection(transport: transport, name: "kit", guardsFreedMemory: true)
    let owner = Handle(rawValue: 1)
    let block = try connection.allocate(
      owner, SharedMemoryParameters(length: 5_000, usage: .receive, file: "ring.c", line: 12))
    unsafe block.virtualAddress.storeBytes(of: 1, toByteOffset: 4_999, as: UInt8.self)
    try connection.free(block)
    unsafe block.virtualAddress.storeBytes(of: 2, toByteOffset: 4_100, as: UInt8.self)
    _ = daemon
  }

  @Test func `an access to freed memory faults and is described`() async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { try FreedGuardTests.writeToFreed() }
    let text = Self.text(result.standardErrorContent)
    #expect(
      text.contains(
        "ndissim: access to freed shared memory: byte 4100 of a block of 5000 bytes, allocated at ring.c:12"
      ), "\(text)")
    #expect(text.contains("Called from:\n"))
  }

  @Test func `a handler that was there before gets the fault`() async throws {
    let result = try await #require(
      processExitsWith: .exitCode(7), observing: [\.standardErrorContent]
    ) {
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { _ in _exit(7) }
      _ = unsafe sigaction(SIGSEGV, &action, nil)
      try FreedGuardTests.writeToFreed()
    }
    #expect(Self.text(result.standardErrorContent).contains("access to freed shared memory"))
  }

  @Test func `another fault is none of the guard's`() async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let memory = try SealedMemory(name: "guarded", size: 8_192)
      let mapping = try Mapping(descriptor: memory.descriptor)
      try GuardedMemory.shared.install()
      #expect(GuardedMemory.shared.guardPages(of: mapping, offset: 0, length: 4_096, "the first"))
      let view = try Mapping(descriptor: memory.descriptor, access: .readOnly)
      unsafe view.baseAddress.storeBytes(of: 1, as: UInt8.self)
      _ = mapping
    }
    #expect(!Self.text(result.standardErrorContent).contains("access to freed shared memory"))
  }

  @Test func `pages that are allocated again are accessible, and those of a refused free`() throws {
    let memory = try SealedMemory(name: "guarded", size: 8_192)
    let mapping = try Mapping(descriptor: memory.descriptor)
    // More often than there are descriptions.
    for round in 0..<GuardedMemory.capacity + 2 {
      #expect(GuardedMemory.shared.guardPages(of: mapping, offset: 0, length: 8_192, "\(round)"))
      GuardedMemory.shared.release(pagesOf: mapping, offset: 0, length: 8_192)
    }
    unsafe mapping.baseAddress.storeBytes(of: 3, toByteOffset: 8_191, as: UInt8.self)
    #expect(!GuardedMemory.shared.guardPages(of: mapping, offset: 4_096, length: 8_192, "outside"))
    #expect(!GuardedMemory.shared.guardPages(of: mapping, offset: 0, length: 0, "nothing"))

    let (daemon, transport) = try FakeDaemon.start()
    let connection = try Connection(transport: transport, name: "kit", guardsFreedMemory: true)
    let owner = Handle(rawValue: 1)
    for _ in 0..<100 {
      let block = try connection.allocate(
        owner, SharedMemoryParameters(length: 4_096, usage: .receive))
      block.writePattern()
      #expect(block.hasPattern())
      try connection.free(block)
    }
    _ = daemon
  }
}
