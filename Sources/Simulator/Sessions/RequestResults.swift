// Read access for the host after a turn: results of requests, and the next request id. Nothing here changes state.

public import NDISDriverInterface
import NDIS
import NDISStore

extension Simulator {
  /// The stored result of a request; nil when it is open or no longer stored.
  public func result(session: UInt32, requestID: UInt64) -> RequestResult? {
    guard let slot = resultSlot(Index(session), requestID) else { return nil }
    let record = store.results[slot]
    guard record.id == requestID, record.state.isAnswered else { return nil }
    var check: BugCheck?
    if record.hasBugCheck != 0 {
      let p = record.parameters
      check = BugCheck(
        code: record.bugCheckCode, p.0, p.1, p.2, p.3, isExtension: record.hasBugCheck == 2)
    }
    return RequestResult(
      type: record.type, failure: record.failure, bugCheck: check,
      value: Handle(rawValue: record.value), value2: record.value2)
  }

  /// The request id that the session's next new request must have.
  public func nextRequestID(session: UInt32) -> UInt64 {
    store.sessions[Index(session), \.nextRequestID]
  }
}
