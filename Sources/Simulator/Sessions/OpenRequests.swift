// The records of requests that outlast their turn.

import NDISDriverInterface
import NDIS
import NDISStore

extension Simulator {
  /// Makes a record of a call that has to wait.
  mutating func open(_ call: Call, object: Handle, block: Ref<BlockRecord> = .none) throws(Failure)
    -> Index<RequestRecord>
  {
    let index = try slabs.requests.allocateOrRefuse {
      $0.state = .open
      $0.type = call.type
      $0.irql = call.irql.rawValue
      $0.id = call.requestID
      $0.context = call.context
      $0.object = object
      $0.block = block
    }
    store.requestsOfSession.insert(index, in: call.sessionIndex) {
      $0.session = Ref(call.sessionIndex)
    }
    return index
  }

  /// Completes an open request and frees its record.
  mutating func complete(
    _ request: Ref<RequestRecord>, _ failure: Failure, bugCheck: BugCheck? = nil
  ) {
    guard let index = request.optional else { return }
    let record = store.requests[index]
    if let session = record.session.optional {
      finish(session, record.id, failure, bugCheck: bugCheck)
    }
    close(request: index)
  }

  mutating func complete(_ request: Ref<RequestRecord>) {
    complete(request, .null, 0)
  }

  mutating func complete(_ request: Ref<RequestRecord>, _ value: Handle) {
    complete(request, value, 0)
  }

  mutating func complete(
    _ request: Ref<RequestRecord>, _ value: Handle, _ value2: UInt64
  ) {
    guard let index = request.optional else { return }
    let record = store.requests[index]
    if let session = record.session.optional {
      finish(session, record.id, value, value2)
    }
    close(request: index)
  }

  private mutating func close(request index: Index<RequestRecord>) {
    if let session = store.requests[index, \.session].optional {
      store.requestsOfSession.remove(index, from: session)
    }
    slabs.requests.release(index)
  }
}
