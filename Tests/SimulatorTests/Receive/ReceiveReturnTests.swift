// The way back: what a receiver may return, what happens to lists whose receiver, miniport or memory goes.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct ReceiveReturnTests {
  // MARK: Returning

  @Test("a return of what is not out with this binding is a violation, and none of it is returned")
  func wrongReturns() throws {
    let path = try ReceivePath()
    let first = Receiver(path.host, "a")
    let second = Receiver(path.host, "b")
    path.queue(5, owner: first)
    _ = path.indicate([try path.framed(5), try path.framed(5)])
    let lists = first.kept
    func refused(_ receiver: Receiver, _ lists: [Handle], _ comment: Comment) {
      let before = path.violations
      #expect(receiver.give(path.host, lists)?.failure.reason == .notIndicated, comment)
      #expect(path.violations == before + 1, comment)
      #expect(path.indicated == 2, comment)
    }
    refused(second, lists, "another's")
    refused(first, [lists[0], lists[0]], "twice in a call")
    refused(first, [lists[1], lists[0], lists[1]], "twice, not in order")
    refused(first, [lists[0], .null], "NULL")
    refused(first, [lists[0], first.binding], "a binding")
    refused(first, [Handle(rawValue: lists[1].rawValue ^ 1 << 26), lists[0]], "another generation")
    refused(first, [Handle(kind: .netBufferList, generation: 1, index: 0x3FF_FFFF)], "no slot")
    #expect(first.give(path.host, [])?.failure.reason == .netBufferListCount)
    #expect(first.give(path.host, lists, flags: 0x10)?.failure.reason == .unknownFlags)
    #expect(first.give(path.host, lists, flags: 1)?.failure.reason == .irqlFlag)
    #expect(path.returned == [])
    #expect(first.give(path.host, [lists[1]])?.failure.status == .success)
    #expect(first.give(path.host, [lists[1]])?.failure.reason == .notIndicated)
    #expect(first.give(path.host, [lists[0]])?.failure.status == .success)
    #expect(path.returned.map(\.count) == [1, 1])
    #expect(path.host.problems == [])
  }

  @Test("lists of several indications go back in one call, in the order they were returned in")
  func manyAtOnce() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    var contexts: [UInt64] = []
    for _ in 0..<4 {
      let lists = try (0..<3).map { _ in try path.list(nil) }
      contexts += lists.map(\.context)
      _ = path.indicate(lists, flags: 0)
    }
    let order = [7, 0, 11, 1, 2, 6, 3]
    #expect(
      receiver.give(path.host, order.map { receiver.kept[$0] })?.failure.status == .success)
    #expect(path.returned == [order.map { contexts[$0] }])
    let rest = receiver.kept.indices.filter { !order.contains($0) }
    #expect(receiver.give(path.host, rest.map { receiver.kept[$0] })?.failure.status == .success)
    #expect(path.returned.last == rest.map { contexts[$0] })
    #expect(path.indicated == 0)
    #expect(path.host.problems == [])
  }

  @Test("a receiver may return inside its handler")
  func insideTheHandler() throws {
    let path = try ReceivePath()
    let quick = Receiver(path.host, "a")
    let slow = Receiver(path.host, "b")
    quick.returnsAtOnce = true
    let list = try path.list(nil)
    _ = path.indicate([list], flags: 0)
    #expect(path.returned == [])
    slow.returnAll(path.host)
    #expect(path.returned == [[list.context]])
    #expect(path.host.problems == [])
  }

  @Test("a handle is never given out twice")
  func handlesOnce() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    var seen: Set<Handle> = []
    for _ in 0..<10 {
      _ = path.indicate([try path.list(nil), try path.list(nil)], flags: 0)
      for handle in receiver.kept { #expect(seen.insert(handle).inserted) }
      receiver.returnAll(path.host)
    }
    #expect(seen.count == 20)
  }

  // MARK: Behaviour 39: freeing what is indicated

  @Test("behaviour 39: freeing memory that is indicated is a violation, and the block stays")
  func stillIndicated() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    let memory = try path.memory()
    let list = try path.list(memory)
    _ = path.indicate([list, try path.list(memory)])
    let free = Request.free(ndisHandle: path.adapter, allocation: memory.allocation)
    let result = path.host.ask(path.miniport.session, free)
    #expect(result?.failure == Failure(.failure, .stillIndicated, memory.allocation.rawValue, 2))
    #expect(result?.bugCheck?.code == BugCheck.ndisDriver)
    #expect(result?.bugCheck?.parameters.0 == 0x03)
    #expect(result?.bugCheck?.isExtension == true)
    #expect(path.violations == 1)
    #expect(path.host.simulator.allocation(memory.allocation) != nil)
    receiver.give(path.host, [receiver.kept[0]])
    #expect(path.host.ask(path.miniport.session, free)?.failure.reason == .stillIndicated)
    // With the last return the memory is the miniport's, even before its handler has returned.
    path.holdsReturns = true
    receiver.give(path.host, [receiver.kept[1]])
    #expect(path.host.ask(path.miniport.session, free)?.failure.status == .success)
    #expect(path.host.simulator.allocation(memory.allocation) == nil)
    #expect(path.host.problems == [])
  }

  // MARK: Closing

  @Test(
    "NDIS_BUGCHECK_LEAKED_NBL: a driver must not unbind while it holds lists", arguments: [0, 1, 3])
  func closedWithLists(held: Int) throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    let other = Receiver(path.host, "other")
    for _ in 0..<3 { _ = path.indicate([try path.list(nil)], flags: 0) }
    receiver.give(path.host, Array(receiver.kept.prefix(3 - held)))
    let before = path.violations
    _ = path.host.ask(receiver.driver.session, .unbindAdapter(receiver.binding))
    #expect(path.violations == before + (held == 0 ? 0 : 1))
    if held > 0,
      case .violation(let found)? = path.host.events.last(where: {
        $0.kind.name == "violation"
      })
    {
      #expect(
        found.failure
          == Failure(.failure, .listsHeld, receiver.binding.rawValue, UInt64(held)))
      #expect(found.bugCheck == .leakedNetBufferList && found.bugCheck?.isExtension == false)
      #expect(found.party.driver == Name("prot") && found.party.binding == receiver.binding)
    }
    // The lists are returned all the same.
    other.returnAll(path.host)
    #expect(path.indicated == 0 && path.host.problems == [])
  }

  // MARK: Deaths and deadlines

  @Test("a receiver that dies gives its lists back, in order")
  func receiverDies() throws {
    let path = try ReceivePath()
    let first = Receiver(path.host, "a")
    let second = Receiver(path.host, "b")
    path.queue(5, owner: first)
    let memory = try path.memory(queue: 5)
    var own: [UInt64] = []
    var shared: [UInt64] = []
    for _ in 0..<2 {
      let lists = [try path.list(memory, queue: 5), try path.list(memory, queue: 5)]
      own += lists.map(\.context)
      _ = path.indicate(lists)
      let common = try path.list(nil)
      shared.append(common.context)
      _ = path.indicate([common], flags: 0)
    }
    path.host.end(first.driver.session)
    #expect(path.returned == [own])
    #expect(path.indicated(memory) == 0 && path.indicated(queue: 5) == 0)
    second.returnAll(path.host)
    #expect(path.returned.last == shared)
    #expect(path.indicated == 0)
    #expect(path.host.problems == [])
  }

  @Test("a binding that is closed gives its lists back; it gets no more")
  func bindingCloses() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    let list = try path.list(nil)
    _ = path.indicate([list], flags: 0)
    _ = path.host.ask(receiver.driver.session, .unbindAdapter(receiver.binding))
    #expect(path.returned == [[list.context]])
    let next = try path.list(nil)
    _ = path.indicate([next], flags: 0)
    #expect(path.returned.last == [next.context])
    #expect(receiver.told.count == 1)
    #expect(path.host.problems == [])
  }

  @Test("a receiver that dies in its handler gives back what that call told, once")
  func receiverDiesInHandler() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    receiver.holdsCalls = true
    let list = try path.list(nil)
    _ = path.indicate([list], flags: 0)
    path.host.end(receiver.driver.session)
    #expect(path.returned == [[list.context]])
    #expect(path.indicated == 0)
    #expect(path.host.problems == [])
  }

  @Test(
    "a handler that misses its deadline is a violation; its lists stay out until they are returned")
  func receiverIsLate() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    receiver.holdsCalls = true
    let list = try path.list(nil)
    _ = path.indicate([list], flags: 0)
    path.host.expire(after: 6_000)
    #expect(path.violations == 1)
    #expect(path.indicated == 1 && path.returned == [])
    #expect(receiver.returnAll(path.host)?.failure.status == .success)
    #expect(path.returned == [[list.context]])
    path.host.answer(receiver.driver.session, receiver.held[0], ProviderAnswer(status: .success))
    #expect(path.host.problems == [])
  }

  @Test("a miniport that is late to take its lists has them all the same")
  func miniportIsLate() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    path.holdsReturns = true
    _ = path.indicate([try path.list(nil)], flags: 0)
    receiver.returnAll(path.host)
    path.host.expire(after: 6_000)
    #expect(path.violations == 1)
    let store = path.host.simulator.store
    #expect(store.adapters[path.index].returning == 0)
    #expect(path.host.simulator.slabs.lists.available == store.lists.capacity)
    #expect(path.host.problems == [])
  }

  @Test("a miniport that dies: receivers' lists refer to nothing, nothing is left")
  func miniportDies() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    receiver.holdsCalls = true
    let memory = try path.memory()
    _ = path.indicate([try path.list(memory)])
    path.holdsReturns = true
    _ = path.indicate([try path.list(memory)])
    receiver.give(path.host, [receiver.kept[0]])
    path.host.end(path.miniport.session)
    path.host.settle()
    for id in receiver.held {
      path.host.answer(receiver.driver.session, id, ProviderAnswer(status: .success))
    }
    let simulator = path.host.simulator.store
    #expect(path.host.simulator.slabs.lists.available == simulator.lists.capacity)
    #expect(path.host.simulator.slabs.indications.available == simulator.indications.capacity)
    #expect(path.host.simulator.statistics(session: nil).blocks == 0)
    #expect(path.host.problems == [])
  }

  @Test(
    "indications of an adapter that is gone are dropped: what is returned of them is taken in silence"
  )
  func dropped() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    receiver.holdsCalls = true
    let memory = try path.memory()
    _ = path.indicate([try path.list(memory), try path.list(memory)])
    #expect(
      path.indicate([try path.list(memory)], flags: ReceivePath.memoryValid | ReceivePath.resources)
        == nil)
    let request = path.host.clients[path.miniport.session]?.pending.first ?? 0
    let index = path.index
    path.host.turn { simulator in
      simulator.dropIndications(adapter: index)
      simulator.commit()
    }
    #expect(path.indicated(memory) == 0 && path.indicated == 0)
    #expect(
      path.host.result(path.miniport.session, request)?.failure.reason == .ownerEnded)
    #expect(receiver.give(path.host, Array(receiver.kept[..<2]))?.failure.status == .success)
    #expect(path.violations == 0 && path.returned == [])
    let never = Handle(
      kind: .netBufferList, generation: receiver.kept[0].generation &+ 1,
      index: receiver.kept[0].index)
    #expect(receiver.give(path.host, [never])?.failure.reason == .notIndicated)
    for id in receiver.held {
      path.host.answer(receiver.driver.session, id, ProviderAnswer(status: .success))
    }
    #expect(
      path.host.simulator.slabs.indications.available
        == path.host.simulator.store.indications.capacity)
    #expect(path.host.problems == [])
  }

  @Test("a pause that is complete while lists are out is a violation; one that waits is none")
  func pauseWithListsOut() throws {
    for waits in [false, true] {
      let path = try ReceivePath()
      let receiver = Receiver(path.host, "up")
      _ = path.indicate([try path.list(nil), try path.list(nil)], flags: 0)
      var pause: UInt64?
      path.miniport.override = { _, id, details in
        guard waits, Int(details.type) == NDISSIM_UPCALL_PAUSE else { return false }
        pause = id
        return true
      }
      let change = path.host.call(
        path.miniport.session, .changeAdapter(path.adapter, .pause([])))
      if let pause {
        path.host.answer(path.miniport.session, pause, ProviderAnswer(status: .pending))
        receiver.returnAll(path.host)
        let complete = path.host.ask(path.miniport.session, .pauseComplete(path.adapter))
        #expect(complete?.failure.status == .success)
      }
      #expect(path.host.result(path.miniport.session, change)?.failure.status == .success)
      let broken: [String] = path.host.events.compactMap {
        guard case .violation(let violation) = $0 else { return nil }
        return "\(violation.routine) \(violation.failure.reason)"
      }
      #expect(broken == (waits ? [] : ["MiniportPause indicationsLeft"]))
      #expect(path.host.problems == [])
    }
  }

  @Test("no call can be made now: lists that go back are told of when one can")
  func waitsForACall() throws {
    var settings = TestHost.smallSettings
    settings.capacities.upcalls = 8
    let path = try ReceivePath(settings)
    let receiver = Receiver(path.host, "up")
    let lists = [try path.list(nil), try path.list(nil), try path.list(nil)]
    _ = path.indicate(lists, flags: 0)
    // Another one has all the calls there are.
    let other = Receiver(path.host, "other")
    other.holdsCalls = true
    path.queue(5, owner: other)
    for _ in 0..<8 {
      #expect(path.indicate([try path.framed(5)])?.failure.status == .success)
    }
    receiver.give(path.host, [receiver.kept[2], receiver.kept[0]])
    receiver.give(path.host, [receiver.kept[1]])
    #expect(path.returned == [])
    #expect(path.host.simulator.store.adapters[path.index].returning == 3)
    path.host.answer(other.driver.session, other.held[0], ProviderAnswer(status: .success))
    #expect(path.returned.count == 1)
    #expect(Set(path.back) == Set(lists.map(\.context)))
    #expect(path.host.simulator.store.adapters[path.index].returning == 0)
    #expect(path.host.problems == [])
  }
}
