// Sections of the switchboard: memory that a process offers, memory that is released, and replies deferred
// until memory is stored.

import NDISDriverInterface
import NDISDriverProtocol
import NDIS
import NDISPlatform
import NDISSimulator

extension SwitchboardState {
  /// OFFER_SECTION: the memory is behind the descriptor sent with the request.
  func offeredMemory(
    _ request: Request, _ header: MessageHeader, _ session: UInt32,
    _ descriptors: inout ReceivedDescriptors
  ) throws(Failure) -> SectionMemory? {
    guard case .offerSection(_, _, let size, _) = request else { return nil }
    let offered = try SectionMemory.offered(descriptors.take(0), size: size)
    // A repeated request after a restart is known already, as is its memory.
    if header.requestID == simulator.nextRequestID(session: session), memories.contains(offered) {
      throw Failure(.invalidParameter, .wrongDescriptor, WrongDescriptor.offeredAlready.rawValue)
    }
    return offered
  }

  /// The request that offered memory has been carried out: the memory belongs to the section that it created,
  /// if any.
  mutating func accept(_ offered: SectionMemory, by connection: DriverConnection, _ call: Call) {
    guard let made = simulator.result(session: call.session, requestID: call.requestID),
      made.failure.status == .success, made.value.kind == .section,
      simulator.isLive(section: made.value), memories[made.value] == nil
    else { return }
    hold(offered, for: made.value)
    // The provider already has the descriptor it sent.
    connection.markSent(section: made.value.rawValue)
  }

  /// Adds a section's memory, and stores it for the next process.
  mutating func hold(_ memory: SectionMemory, for section: Handle) {
    memories.insert(memory, for: section)
    persistence.store(section, memory, &simulator)
  }

  /// A section has been released.
  mutating func release(_ section: Handle) {
    guard let memory = memories.remove(section) else { return }
    for waiting in persistence.release(section, memory) { deliver(waiting) }
  }

  /// The descriptor store has received its descriptors.
  mutating func descriptorsStored() {
    readClock()
    for waiting in persistence.descriptorsStored(memories, &simulator) { deliver(waiting) }
    drain()
  }

  private mutating func deliver(_ deferred: DeferredReply) {
    if deferred.isUpcall {
      call(deferred.session, deferred.id)
    } else {
      reply(deferred.session, deferred.id)
    }
  }

  // MARK: Asynchronous allocations

  /// Calls MiniportSharedMemoryAllocateComplete, with the descriptor of the block's section if the process does not
  /// have it; when that is stored.
  mutating func complete(
    _ id: UInt64, _ upcall: UpcallDetails, _ connection: DriverConnection
  ) {
    guard let session = connection.session else { return }
    let deferred = DeferredReply(session: session, id: id, isUpcall: true)
    if persistence.deferReply(deferred, memories, &simulator) { return }
    let block = simulator.completedAllocation(ofUpcall: id)
    let isNew = block.map { connection.markSent(section: $0.details.section.rawValue) } ?? false
    let descriptor = isNew ? block.flatMap { memories[$0.details.section]?.descriptor } : nil
    let length = unsafe Encoding.upcall(
      id, upcall, block, withDescriptor: descriptor != nil, into: buffer)
    latencies.upcallSent(id, at: host.nanoseconds())
    send(length, to: connection, descriptor: descriptor)
  }
}
