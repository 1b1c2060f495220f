// Watching freed memory of hosted providers: a driver that writes to a block after NdisFreeSharedMemory is reported
// with the block's call site. Sections are written and read with pwrite and pread and never mapped.

import NDISDriverInterface
import NDISHostedDrivers
import NDIS
import NDISSimulator

/// Freed memory in sections.
struct FreedSectionMemory: FreedMemoryAccess {
  /// What freed memory is filled with: Windows heaps use it for the same purpose.
  static let word: UInt64 = 0xFEEE_FEEE_FEEE_FEEE
  private static let chunk = 64 << 10

  func fill(_ memory: SectionMemory, offset: UInt64, length: UInt64) -> Bool {
    memory.fill(word: FreedSectionMemory.word, offset: offset, length: length)
  }

  func firstChange(_ memory: SectionMemory, offset: UInt64, length: UInt64) -> UInt64? {
    unsafe withUnsafeTemporaryAllocation(
      byteCount: FreedSectionMemory.chunk, alignment: 8
    ) { buffer in
      var done: UInt64 = 0
      while done < length {
        let count = min(Int(length - done), buffer.count)
        let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        guard unsafe memory.read(into: bytes, at: offset &+ done) else { return nil }
        if let place = unsafe FreedSectionMemory.firstChange(bytes) {
          return offset &+ done &+ UInt64(place)
        }
        done &+= UInt64(count)
      }
      return nil
    }
  }

  /// Memory is filled in whole words.
  private static func firstChange(_ bytes: UnsafeMutableRawBufferPointer) -> Int? {
    for start in stride(from: 0, to: bytes.count - 7, by: 8)
    where unsafe bytes.load(fromByteOffset: start, as: UInt64.self) != word {
      for place in start..<start + 8
      where unsafe bytes[place] != UInt8(truncatingIfNeeded: word >> (8 * UInt64(place % 8))) {
        return place
      }
    }
    return nil
  }
}

extension HostedReply {
  /// Pages are missing that others have, and not a node or a section.
  fileprivate var lacksPages: Bool {
    guard case .answer(let answer) = self, let failure = answer.explanation else { return false }
    return failure.reason == .poolExhausted || failure.reason == .fragmented
  }
}

extension SwitchboardState {
  /// NetFreeSharedMemory of a hosted provider: the pages are free again, or kept for a while.
  mutating func free(_ provider: Int, _ call: HostedCall, _ id: UInt64) {
    guard freed != nil, let allocation = simulator.freedAllocation(ofUpcall: id),
      let block = beingFreed.removeValue(forKey: allocation), !pools[provider].settings.hugePages,
      let memory = memories[call.section]
    else {
      return pools[provider].free(section: call.section, context: call.providerContext)
    }
    freed?.add(
      FreedMemory.Block(
        freed: block, provider: provider, section: call.section, context: call.providerContext,
        memory: memory,
        extents: pools[provider].extents(section: call.section, context: call.providerContext)),
      now: now)
    // Filled before the driver's call returns, if there is not too much to do.
    watchFreedMemory()
  }

  /// A portion of filling and comparing.
  mutating func watchFreedMemory() {
    guard freed?.hasWork(now: now) ?? false else { return }
    carryOut(freed?.work(now: now) ?? [])
  }

  /// Repeats an allocation that a provider refused for want of pages, with kept memory given up block by block, in the
  /// budget of a turn: what is beyond it is not compared.
  mutating func allocateFromKept(
    _ provider: Int, _ call: HostedCall, _ refused: HostedReply
  ) -> HostedReply {
    var reply = refused
    guard var budget = freed?.limits.turn, let most = freed?.limits.givenUp,
      UInt64(call.parameters.length) <= pools[provider].settings.capacity
    else { return reply }
    for _ in 0..<most {
      guard reply.lacksPages, let outcomes = freed?.giveUp(provider: provider, &budget),
        !outcomes.isEmpty
      else { break }
      carryOut(outcomes)
      reply = pools[provider].allocate(domain: call.domain, call.parameters)
    }
    return reply
  }

  /// No more writes can come from a session that has ended.
  mutating func endFreedMemory(of session: UInt32) {
    guard hasFreedMemory else { return }
    freed?.sessionEnded(session)
    watchFreedMemory()
  }

  /// Compares what is left when the daemon stops.
  mutating func endFreedMemory() {
    carryOut(freed?.finish() ?? [])
    drain()
  }

  private mutating func carryOut(_ outcomes: [FreedMemory<FreedSectionMemory>.Outcome]) {
    for outcome in outcomes {
      switch outcome {
      case .changed(let block, let offset):
        simulator.reportWriteAfterFree(block, offset: offset, now: now)
      case .released(let provider, let section, let context):
        guard provider < pools.count else { continue }
        pools[provider].free(section: section, context: context)
      }
    }
  }
}
