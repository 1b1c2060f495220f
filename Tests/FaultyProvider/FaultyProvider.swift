// A provider that does on request what a provider must not do. The lie is chosen for each
// allocation by the caller's tag, so a test can drive it from another process; any other tag is
// served honestly. It says what it sees, one line a call. The class serves in a process of its own
// (main.swift) and inside a test's process alike.
//
//   OKAY contiguous            SCAT scattered, with gaps     OUTS extent outside its section
//   OVER overlaps a live block SHRT one byte too short       LONG a page too long
//   UNAL unaligned             SPLT as SCAT, CONTIGUOUS or not
//   STAT status 0x00010003     PEND status PENDING           IRQL returns at DISPATCH_LEVEL
//   FSEC a section not its own ZERO no extents               MANY 2000 extents
//   SHRB body too short        DIES ends in the handler      HANG never answers this one
//   LATE answers at its next upcall                          NULL context 0 with success
//   RSRC, INVP, FAIL refuse with that status                 RECU allocates in the handler

import Glibc
import NDIS
import NDISDriverKit
import NDISPlatform

final class FaultyProvider: ProtocolDriver, SharedMemoryProvider {
  private struct State {
    var handle = ProtocolDriverHandle.null
    var allocator: SectionAllocator?
    var late: (upcall: UInt64, answer: ProviderAnswer)?
    /// Blocks that were handed out with context 0.
    var nameless: [UInt64] = []
  }

  private let state = Monitor<State>(State())
  private let say: @Sendable (String) -> Void
  private let sectionSize: UInt64
  /// What DIES does.
  private let die: @Sendable () -> Void

  init(
    sectionSize: UInt64 = 16 << 20, say: @escaping @Sendable (String) -> Void,
    die: @escaping @Sendable () -> Void = { _exit(9) }
  ) {
    self.sectionSize = sectionSize
    self.say = say
    self.die = die
  }

  func setOptions(
    _ driver: ProtocolDriverHandle, on connection: Connection
  ) throws(DriverError) -> Status {
    let allocator = SectionAllocator(handle: driver, sectionSize: sectionSize)
    state.withLock { state in
      state.handle = driver
      state.allocator = allocator
    }
    try connection.setOptionalHandlers(driver, provider: self)
    return .success
  }

  func allocateSharedMemory(_ request: ProviderRequest) -> ProviderAnswer {
    answerLate(request.connection)
    let asked = request.parameters
    say(
      "allocate \(asked.tag) length=\(asked.length) usage=\(asked.rawUsage) "
        + "flags=\(asked.flags.rawValue) node=\(asked.preferredNode) queue=\(asked.queueId) "
        + "vport=\(asked.vportId) context=\(request.providerContext)")
    switch "\(asked.tag)" {
    case "STAT": return .refused(.notAccepted)
    case "PEND": return .refused(.pending)
    case "RSRC": return .refused(.resources)
    case "INVP": return .refused(.invalidParameter)
    case "FAIL": return .refused(.failure)
    case "HANG": return .suppressed
    case "DIES":
      die()
      return .suppressed
    default: break
    }
    guard let allocator = state.withLock({ $0.allocator }) else { return .refused(.failure) }
    do throws(DriverError) {
      return try lie(request, allocator)
    } catch {
      say("refused \(asked.tag) \(error)")
      return .refused(.resources)
    }
  }

  func freeSharedMemory(_ block: ProviderBlock) {
    answerLate(block.connection)
    say("free \(block.sharedMemoryProviderContext)")
    let context = block.sharedMemoryProviderContext
    let (allocator, nameless) = state.withLock { state in
      (state.allocator, context == 0 ? state.nameless.popLast() : nil)
    }
    allocator?.free(nameless ?? context)
  }

  func sectionReleased(_ section: SectionHandle) {
    say("released \(section)")
    state.withLock { $0.allocator }?.sectionReleased(section)
  }

  /// Answers the allocation that was asked to be late.
  private func answerLate(_ connection: Connection) {
    let late = state.withLock { state in
      let late = state.late
      state.late = nil
      return late
    }
    if let late { connection.answer(late.upcall, with: late.answer) }
  }

  /// Takes memory as an honest provider would, then says something else.
  private func lie(
    _ request: ProviderRequest, _ allocator: SectionAllocator
  ) throws(DriverError) -> ProviderAnswer {
    let tag = "\(request.parameters.tag)"
    if tag == "RECU" { recurse(request) }
    let others = allocator.blocks(of: request.domain)
    let block = try allocator.allocate(request, isScattered: tag == "SCAT" || tag == "SPLT")
    var answer = ProviderAnswer(
      context: block.context, section: block.section, extents: block.extents)
    let page = UInt64(NDISPlatform.Limits.pageSize)
    switch tag {
    case "OUTS": answer.extents[0].offset = UInt64(block.mapping.size)
    case "OVER":
      if let live = others.first(where: { $0.section == block.section }) {
        answer.extents[0].offset = live.extents[0].offset
      }
    case "SHRT": answer.extents[0].length -= 1
    case "LONG": answer.extents[0].length += UInt32(page)
    case "UNAL": answer.extents[0].offset += 8
    case "IRQL": CurrentIRQL.level = .dispatch
    case "FSEC": answer.section = SectionHandle(rawValue: block.section.rawValue ^ 1)
    case "ZERO": answer.extents = []
    case "MANY":
      answer.extents = (0..<2000).map { Extent(offset: UInt64($0) * page, length: UInt32(page)) }
    case "SHRB": answer.rawBody = [UInt8](repeating: 1, count: 10)
    case "NULL":
      answer.sharedMemoryProviderContext = 0
      state.withLock { $0.nameless.append(block.context) }
    case "LATE":
      let late = answer
      state.withLock { $0.late = (request.upcall, late) }
      return .suppressed
    default: break
    }
    return answer
  }

  /// Allocates in the handler, on the provider's own handle.
  private func recurse(_ request: ProviderRequest) {
    let handle = state.withLock { $0.handle }
    do throws(DriverError) {
      let inner = try request.connection.allocate(
        handle, SharedMemoryParameters(length: 4096, tag: "OKAY"))
      say("recursion NDIS_STATUS_SUCCESS")
      try request.connection.free(inner)
    } catch {
      say("recursion \(error.status) \(error.rule)")
    }
  }
}
