// The overlying driver of the receive measurement: it reads each frame in place, through its view of the
// section, and returns the lists of an indication in one call, without waiting for the reply.

import NDIS
import NDISDriverKit
import NDISPlatform

/// Reads frames and returns their lists.
final class ReceiveDriver: ProtocolDriver {
  private struct State {
    var frames: UInt64 = 0
    var wrong: UInt64 = 0
    /// A ring of returns whose replies have not been processed.
    var flight = [ReturnTicket?](repeating: nil, count: 2 * Frame.maximumInFlight)
    var returns = 0
  }
  private let state = Monitor<State>(State())

  /// The number of received frames, and of those out of order, damaged, or not returned.
  var counts: (frames: UInt64, wrong: UInt64) { state.withLock { ($0.frames, $0.wrong) } }

  func receiveNetBufferLists(_ indication: ReceiveIndication, on connection: Connection) {
    let isReturned = give(back: indication, read(indication), connection)
    if !isReturned { state.withLock { $0.wrong &+= 1 } }
  }

  /// Reads every frame; returns the ticket that the return replaces in the ring.
  private func read(_ indication: ReceiveIndication) -> ReturnTicket? {
    state.withLock { state in
      unsafe indication.forEachFrame { _, buffer, bytes in
        let isNext = unsafe bytes.map { unsafe Frame.read($0, is: state.frames) } ?? false
        if !isNext || buffer.dataLength != Frame.bytes { state.wrong &+= 1 }
        state.frames &+= 1
      }
      let slot = state.returns % state.flight.count
      let oldest = state.flight[slot]
      state.flight[slot] = nil
      return oldest
    }
  }

  private func give(
    back indication: ReceiveIndication, _ oldest: ReturnTicket?, _ connection: Connection
  ) -> Bool {
    do throws(DriverError) {
      // Its reply has arrived: more indications followed than can be in flight.
      if let oldest { try connection.finish(oldest) }
      guard let ticket = try connection.beginReturn(indication) else { return false }
      state.withLock { state in
        state.flight[state.returns % state.flight.count] = ticket
        state.returns += 1
      }
      return true
    } catch { return false }
  }
}
