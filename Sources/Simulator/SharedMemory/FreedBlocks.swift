// Freed blocks of hosted providers while freed memory is watched: what an event must say about a block whose record
// is gone. The host fills the memory, keeps it out of use for a while and looks at it again.

package import NDISEvents
public import NDIS
import NDISStore

/// A block that has been freed, and whose it was.
public struct FreedBlock: Sendable {
  public var allocation: Handle
  /// The number of the owner's session.
  public var session: UInt32
  package let party: Party
  package let origin: AllocationOrigin

  package init(
    allocation: Handle, session: UInt32, party: Party = Party(),
    origin: AllocationOrigin = AllocationOrigin()
  ) {
    self.allocation = allocation
    self.session = session
    self.party = party
    self.origin = origin
  }
}

extension Simulator {
  /// Tells the host of a block that is about to be freed. Of a session that has ended nobody writes to it any more.
  mutating func noteFreed(block index: Index<BlockRecord>) {
    guard let owner = store.blocks[index].ownerIndex, let session = session(owner: owner),
      store.sessions[session, \.state] != .ended,
      store.registrations[store.blocks[index, \.registration].index, \.ownerSession].isNone
    else { return }
    let party = party(owner: owner)
    turn.emit(
      .freed(
        FreedBlock(
          allocation: handle(.allocation, store.blocks[index, \.generation], index),
          session: party.session, party: party, origin: origin(of: index))))
  }

  /// The AllocationHandle of the block that an open upcall of a hosted provider frees.
  public func freedAllocation(ofUpcall id: UInt64) -> Handle? {
    guard let index = openUpcall(id), let block = store.upcalls[index, \.block].optional
    else { return nil }
    return handle(.allocation, store.blocks[block, \.generation], block)
  }

  /// Memory of a freed block has changed, first at `offset` of the block.
  public mutating func reportWriteAfterFree(_ block: FreedBlock, offset: UInt64, now: UInt64) {
    turn.now = now
    violate(
      Failure(.failure, .writtenAfterFree, block.allocation.rawValue, offset),
      routine: "NdisFreeSharedMemory", bugCheck: nil, handle: block.allocation,
      party: block.party, session: session(numbered: block.session).map { Index($0) },
      origin: block.origin)
    commit()
  }
}
