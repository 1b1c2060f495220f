// Sections at the switchboard: the memory a process offers, the memory that is released, and the replies that wait
// until memory is stored.

import NDISDriverInterface
import NDISDriverProtocol
import NDIS
import NDISPlatform
import NDISSimulator

extension SwitchboardState {
  /// OFFER_SECTION: the memory behind the descriptor that came with it.
  func offeredMemory(
    _ request: Request, _ header: MessageHeader, _ session: UInt32,
    _ descriptors: inout ReceivedDescriptors
  ) throws(Failure) -> SectionMemory? {
    guard case .offerSection(_, _, let size, _) = request else { return nil }
    let offered = try SectionMemory.offered(descriptors.take(0), size: size)
    // One that is offered again after a restart is known already, and its request is too.
    if header.requestID == simulator.nextRequestID(session: session), memories.contains(offered) {
      throw Failure(.invalidParameter, .wrongDescriptor, WrongDescriptor.offeredAlready.rawValue)
    }
    return offered
  }

  /// The request that offered memory has been carried out: the memory is the section's it made, if it made one.
  mutating func accept(_ offered: SectionMemory, by connection: DriverConnection, _ call: Call) {
    guard let made = simulator.result(session: call.session, requestID: call.requestID),
      made.failure.status == .success, made.value.kind == .section,
      simulator.isLive(section: made.value), memories[made.value] == nil
    else { return }
    hold(offered, for: made.value)
    // The provider has the descriptor it sent.
    connection.markSent(section: made.value.rawValue)
  }

  /// Takes a section's memory, and has it stored.
  mutating func hold(_ memory: SectionMemory, for section: Handle) {
    memories.insert(memory, for: section)
    persistence.store(section, memory, &simulator)
  }

  /// A section is gone.
  mutating func release(_ section: Handle) {
    guard let memory = memories.remove(section) else { return }
    for waiting in persistence.release(section, memory) { reply(waiting.session, waiting.id) }
  }

  /// The descriptor store has taken what it was given.
  mutating func descriptorsStored() {
    readClock()
    for waiting in persistence.descriptorsStored(memories, &simulator) {
      reply(waiting.session, waiting.id)
    }
    drain()
  }
}
