// A provider's answer to an allocation: validated, then either committed as a live block or refused and freed
// at the provider. The caller gets only the four documented statuses; the broken rule is reported as an event
// about the provider.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  mutating func providerAllocated(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome
  ) {
    let registration = upcall.registration.index
    store.registrations.update(registration) { $0.allocationsInFlight &-= 1 }
    defer { releaseIfDone(registration: registration) }
    guard let index = upcall.block.optional else { return }
    let abandoned = store.blocks[index, \.state] == .abandoned
    switch outcome {
    case .died:
      refuse(index, upcall, Failure(.failure, .providerDied))
    case .expired:
      refuse(
        index, upcall, Failure(.failure, .providerDeadline, settings.upcallDeadline))
    case .answered(let answer):
      if let invalid = firstInvalidField(answer, block: index, registration),
        // When the owner ends, a block loses its domain and so its section: the answer is not invalid.
        !(abandoned && invalid.reason == .providerSection)
      {
        report(invalid, upcall, registration, answer)
        if answer.status == .success { returnToProvider(answer, registration: registration) }
        refuse(index, upcall, invalid)
      } else if answer.status != .success {
        refuse(
          index, upcall,
          answer.explanation
            ?? Failure(answer.status, .providerRefused, UInt64(answer.status.rawValue)))
      } else if abandoned {
        returnToProvider(answer, registration: registration)
        refuse(index, upcall, Failure(.failure, .ownerEnded))
      } else {
        commit(answer, block: index, upcall, registration)
      }
    }
  }

  /// The provider refused, or its answer is invalid: the caller gets a documented status.
  private mutating func refuse(
    _ index: Index<BlockRecord>, _ upcall: UpcallRecord, _ failure: Failure
  ) {
    if isAsynchronous(block: index) { failAllocation(upcall, block: index, failure) }
    discard(block: index)
    store.globals.update(0) { $0.failedAllocations &+= 1 }
    complete(upcall.request, failure)
  }

  private mutating func report(
    _ invalid: Failure, _ upcall: UpcallRecord, _ registration: Index<RegistrationRecord>,
    _ answer: ProviderAnswer
  ) {
    let check =
      invalid.reason == .providerIRQL
      ? BugCheck(
        code: BugCheck.driverVerifier, 0xFA, UInt64(answer.irql), 0, isExtension: true) : nil
    violate(
      invalid, routine: "NetAllocateSharedMemory", bugCheck: check,
      irql: IRQL(rawValue: answer.irql) ?? .high, handle: store.registrations[registration].owner,
      party: party(registration: registration), session: upcall.session.optional,
      origin: upcall.block.optional.map { origin(of: $0) } ?? AllocationOrigin(),
      isInvalidAnswer: true)
  }

  // MARK: Checks

  private func firstInvalidField(
    _ answer: ProviderAnswer, block index: Index<BlockRecord>,
    _ registration: Index<RegistrationRecord>
  ) -> Failure? {
    if isCommonCase(answer, block: index, registration) { return nil }
    for check in AnswerCheck.allCases {
      #if MUTANTS
        if Mutant.isRow(Int(check.rawValue), of: "check") { continue }
      #endif
      if let failure = invalidField(check, answer, block: index, registration) { return failure }
    }
    return nil
  }

  /// Fast path for nearly every answer: SUCCESS with one extent that passes every check. It makes all the
  /// checks below, reading each section and block once; an answer that fails one goes through them one by
  /// one, for the error sentence.
  private func isCommonCase(
    _ answer: ProviderAnswer, block index: Index<BlockRecord>,
    _ registration: Index<RegistrationRecord>
  ) -> Bool {
    // decodes, documentedStatus, irqlUnchanged; extentCount and contiguity.
    guard answer.malformed == nil, answer.status == .success,
      answer.irql == IRQL.passive.rawValue, let extent = answer.extents.single
    else { return false }
    // ownSection
    let slot = Index<SectionRecord>(answer.section.index)
    guard answer.section.kind == .section, store.sections.contains(slot) else { return false }
    let section = store.sections[slot]
    guard section.state != .free, handle(.section, section.generation, slot) == answer.section,
      section.registration == Ref(registration)
    else { return false }
    // ownDomain
    guard let owner = store.blocks[index].ownerIndex, section.domain == handle(owner: owner)
    else { return false }
    // alignment, range, length
    let size = UInt64(section.pages) << section.pageShift
    let length = UInt64(extent.length)
    guard extent.offset & (UInt64(1) << section.pageShift - 1) == 0, length != 0,
      extent.offset <= size, length <= size - extent.offset,
      extent.length == store.blocks[index, \.length]
    else { return false }
    // overlap
    let pages = pages(of: extent, slot)
    return derived.pageMaps[Int(slot)]?.isFree(start: pages.first, count: pages.count) == true
  }

  private func invalidField(
    _ check: AnswerCheck, _ answer: ProviderAnswer, block index: Index<BlockRecord>,
    _ registration: Index<RegistrationRecord>
  ) -> Failure? {
    // The checks after the IRQL apply to an answer of SUCCESS only.
    if check.rawValue > AnswerCheck.irqlUnchanged.rawValue, answer.status != .success { return nil }
    switch check {
    case .decodes:
      return answer.malformed.map { Failure(.failure, .providerMalformed, $0.a, $0.b) }
    case .documentedStatus:
      switch answer.status {
      case .success, .resources, .invalidParameter, .failure: return nil
      default: return Failure(.failure, .providerStatus, UInt64(answer.status.rawValue))
      }
    case .irqlUnchanged:
      return answer.irql == IRQL.passive.rawValue
        ? nil : Failure(.failure, .providerIRQL, UInt64(answer.irql), 0)
    case .ownSection:
      guard let section = try? resolveSection(answer.section),
        store.sections[section, \.registration] == Ref(registration)
      else { return Failure(.failure, .providerSection, answer.section.rawValue) }
      return nil
    case .ownDomain:
      guard let owner = store.blocks[index].ownerIndex else { return nil }
      return store.sections[Index(answer.section.index), \.domain] == handle(owner: owner)
        ? nil : Failure(.failure, .providerSection, answer.section.rawValue)
    case .extentCount:
      let limit = NDIS.Limits.maximumExtents
      return answer.extents.isEmpty || answer.extents.count > Int(limit)
        ? Failure(
          .failure, .providerExtentCount, UInt64(answer.extents.count), UInt64(limit)) : nil
    case .alignment:
      let mask = UInt64(1) << store.sections[Index(answer.section.index), \.pageShift] - 1
      for (i, extent) in answer.extents.enumerated() {
        let last = i == answer.extents.count - 1
        if extent.offset & mask != 0 || extent.length == 0
          || (!last && UInt64(extent.length) & mask != 0)
        {
          return Failure(
            .failure, .providerExtentAlignment, extent.offset, UInt64(extent.length))
        }
      }
      return nil
    case .range:
      let section = store.sections[Index(answer.section.index)]
      let size = UInt64(section.pages) << section.pageShift
      for extent in answer.extents
      where extent.offset > size || UInt64(extent.length) > size - extent.offset {
        return Failure(.failure, .providerExtentRange, extent.offset, size)
      }
      return nil
    case .length:
      let sum = answer.extents.reduce(UInt64(0)) { $0 &+ UInt64($1.length) }
      let length = UInt64(store.blocks[index, \.length])
      return sum == length ? nil : Failure(.failure, .providerLength, sum, length)
    case .contiguity:
      let contiguous = store.blocks[index, \.flags] & 1 != 0
      return contiguous && answer.extents.count != 1
        ? Failure(.failure, .providerContiguity, UInt64(answer.extents.count)) : nil
    case .overlap:
      return overlapping(answer)
    }
  }

  /// An extent that overlaps a live block, or another extent of the same answer.
  private func overlapping(_ answer: ProviderAnswer) -> Failure? {
    let section = Index<SectionRecord>(answer.section.index)
    for extent in answer.extents {
      let pages = pages(of: extent, section)
      if derived.pageMaps[Int(section)]?.isFree(start: pages.first, count: pages.count) != true {
        return Failure(.failure, .providerOverlap, extent.offset, UInt64(extent.length))
      }
    }
    guard answer.extents.count > 1 else { return nil }
    let sorted = answer.extents.sorted { $0.offset < $1.offset }
    for (a, b) in zip(sorted, sorted.dropFirst()) where a.offset + UInt64(a.length) > b.offset {
      return Failure(.failure, .providerOverlap, b.offset, UInt64(b.length))
    }
    return nil
  }

  /// Whole pages an extent covers. The extent lies in its section, so nothing overflows.
  private func pages(of extent: Extent, _ section: Index<SectionRecord>) -> (
    first: UInt32, count: UInt32
  ) {
    let shift = store.sections[section, \.pageShift]
    let first = extent.offset >> shift
    let last = (extent.offset + UInt64(extent.length) - 1) >> shift
    return (UInt32(truncatingIfNeeded: first), UInt32(truncatingIfNeeded: last - first + 1))
  }

  // MARK: Committing

  private mutating func commit(
    _ answer: ProviderAnswer, block index: Index<BlockRecord>, _ upcall: UpcallRecord,
    _ registration: Index<RegistrationRecord>
  ) {
    // The caller's buffer is checked last: it is the caller's error and not the provider's (A12).
    let needed = 16 + 24 * UInt64(answer.extents.count)
    let given = UInt64(store.blocks[index, \.sgListBufferLength])
    guard given >= needed else {
      returnToProvider(answer, registration: registration)
      refuse(
        index, upcall, Failure(.invalidParameter, .sgListBufferTooSmall, given, needed))
      return
    }
    guard Int(slabs.extents.available) >= answer.extents.count - 1 else {
      returnToProvider(answer, registration: registration)
      refuse(
        index, upcall,
        slabs.extents.full())
      return
    }
    let section = Index<SectionRecord>(answer.section.index)
    var more = Ref<ExtentRecord>.none
    for i in stride(from: answer.extents.count - 1, to: 0, by: -1) {
      let extent = answer.extents[i]
      guard let slot = slabs.extents.next else { break }
      slabs.extents.take(slot)
      let pages = pages(of: extent, section)
      _ = derived.pageMaps[Int(section)]?.take(start: pages.first, count: pages.count)
      store.extents.update(slot) {
        $0.firstPage = pages.first
        $0.pages = pages.count
        $0.next = more
        $0.used = 1
      }
      more = Ref(slot)
    }
    let first = pages(of: answer.extents[0], section)
    _ = derived.pageMaps[Int(section)]?.take(start: first.first, count: first.count)
    store.blocks.update(index) {
      $0.state = .live
      $0.section = Ref(section)
      $0.firstPage = first.first
      $0.pages = first.count
      $0.extents = UInt32(truncatingIfNeeded: answer.extents.count)
      $0.moreExtents = more
      $0.providerContext = answer.providerContext
    }
    store.sections.update(section) { $0.blocks &+= 1 }
    store.globals.update(0) { $0.allocations &+= 1 }
    let generation = store.blocks[index, \.generation]
    if isAsynchronous(block: index) {
      return completeAllocation(
        upcall, block: Ref(index), generation, length: store.blocks[index, \.length])
    }
    let isHAL = store.registrations.read(registration) { $0.level } == .hal
    complete(
      upcall.request, handle(.allocation, generation, index),
      isHAL ? 0 : handle(.sharedMemory, generation, index).rawValue)
  }

  /// Frees at the provider an allocation that NDIS did not accept, so that nothing leaks there either. The
  /// provider has just answered, so it is called even if another answer is overdue.
  mutating func returnToProvider(
    _ answer: ProviderAnswer, registration: Index<RegistrationRecord>
  ) {
    guard answer.namesBlock else { return }
    let section = Ref(try? resolveSection(answer.section))
    let new = NewUpcall(
      type: .freeSharedMemory, registration: Ref(registration), section: section,
      providerContext: answer.providerContext)
    if canBeReached(registration), sendToProvider(new, registration) {
      store.registrations.update(registration) { $0.freesInFlight &+= 1 }
    }
  }
}
