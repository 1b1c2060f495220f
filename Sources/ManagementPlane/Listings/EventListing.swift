// Lists recorded events.

import NDISEvents
import NDISManagementInterface
import NDISVarlink

/// Lists the events after a sequence number: all that are in the ring, in pieces, or only the first piece.
final class EventsAnswer: ManagementAnswer {
  private var last: UInt64
  private let inPieces: Bool

  init(after last: UInt64, inPieces: Bool) {
    self.last = last
    self.inPieces = inPieces
  }

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    let log = service.recorder.log
    var events: [Interface.Event] = []
    last = max(last, log.oldest &- 1)
    while events.count < ManagementAnswer.itemsPerReply, let entry = log[last &+ 1] {
      events.append(Interface.Event(entry))
      budget -= ManagementAnswer.replyCost
      last = entry.sequence
    }
    let output = Interface.ListEvents.Output(events: events).json
    return inPieces && log[last &+ 1] != nil ? .reply(output) : .last(output)
  }
}
