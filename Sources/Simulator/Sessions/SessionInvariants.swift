// Validates sessions, their requests and results: owners, lists and counters.

import NDIS
import NDISStore

extension StoreCheck {
  mutating func checkSessions() throws(StoreError) {
    for index in store.sessions.touched {
      let session = store.sessions[index]
      let at = CheckedRecord("sessions", index)
      try at.hold(session.generation <= lastGeneration, "its generation is too great")
      guard session.state != .free else { continue }
      guard let state = session.$state.validated else {
        throw at.damaged("its state has no case")
      }
      try at.hold(session.isHosted <= 1, "whether it is hosted is not known")
      try at.hold(
        session.replyFeatures & ~ReplyFeatures.all.rawValue == 0, "what it reads is not known")
      let client = store.clients[index]
      try at.hold(isText(client.name), "its name is no clean text")
      try at.hold(session.nextRequestID > 0, "its next request has no id")
      try at.hold(
        client.number > 0 && UInt64(client.number) <= store.globals[0].sessionNumber,
        "its number has not been given out")
      try at.hold(
        state == .ended || (state == .resetting) == !session.resetRequest.isNone,
        "its reset is not there")
      try wait(for: session.resetRequest, at)
      let counted = sessions[Int(index)]
      try at.hold(
        UInt64(session.blocks) == counted.blocks && session.bytes == counted.bytes,
        "it counts other blocks than its drivers have")
      try at.hold(
        session.sections == counted.sections, "it counts other sections than it pays for")
      try at.hold(session.objects == counted.objects, "it counts other objects than it has")
      try at.hold(session.oids == counted.oids, "it counts other OID requests than it has")
      let (store, own) = (store, Ref(index))
      let drivers = try walk(session.drivers, store.drivers.capacity, of: at, "drivers") {
        let member = store.drivers[$0]
        return (member.previous, member.next, member.state != .free && member.session == own)
      }
      let upcalls = try walk(session.upcalls, store.upcalls.capacity, of: at, "upcalls") {
        let member = store.upcalls[$0]
        return (member.previous, member.next, member.state != .free && member.session == own)
      }
      let requests = try walk(session.requests, store.requests.capacity, of: at, "requests") {
        let member = store.requests[$0]
        return (member.previous, member.next, member.state != .free && member.session == own)
      }
      listed.drivers &+= drivers
      listed.upcalls &+= upcalls
      listed.requests &+= requests
    }
  }

  /// What remains after the other checks is one request for each waiter.
  mutating func checkRequests() throws(StoreError) {
    for index in store.requests.touched {
      let request = store.requests[index]
      let at = CheckedRecord("requests", index)
      guard request.state != .free else { continue }
      try at.hold(request.$state.validated != nil, "its state has no case")
      try at.hold(waiting[Int(index)] == 1, "no call will complete it")
      guard let session = request.session.optional else { continue }
      try at.hold(isSession(request.session), "its session is not there")
      inUse.requests &+= 1
      let ring = store.ringSlot(session, request.id)
      try at.hold(
        store.results[ring, \.id] == request.id && store.results[ring, \.$state.validated] == .open
          || store.lateSlots(session).contains {
            store.results[$0, \.id] == request.id && store.results[$0, \.$state.validated] == .open
          }, "its result has no place")
    }
  }

  /// A ring by id, and the late slots behind it.
  func checkResults() throws(StoreError) {
    for index in store.results.touched {
      let result = store.results[index]
      // Most slots of most sessions' rings are empty.
      if result.id == 0, result.state == .free, result.hasBugCheck == 0 { continue }
      let at = CheckedRecord("results", index)
      let session = Index<SessionRecord>(index.raw / Store.resultsPerSession)
      let slot = index.raw % Store.resultsPerSession
      try at.hold(
        result.$state.validated != nil && result.hasBugCheck <= 2, "its state has no case")
      try at.hold((result.id == 0) == (result.state == .free), "it is of no request")
      guard result.id != 0 else { continue }
      try at.hold(isReason(result.failure), "its failure has no reason")
      try at.hold(
        slot >= Store.resultRing || result.id % UInt64(Store.resultRing) == UInt64(slot),
        "it is stored at another record's index")
      try at.hold(
        store.sessions[session, \.$state.validated] == .free
          || result.id < store.sessions[session, \.nextRequestID], "its request was never made")
    }
  }
}
