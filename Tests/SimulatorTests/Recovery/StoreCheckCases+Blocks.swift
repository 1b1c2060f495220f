// What can be wrong with blocks, requests and the calls they wait for. Each is found and said: see StoreCheckTests.

import NDISDriverInterface
import CNDIS
import NDIS

@testable import NDISSimulator
import NDISStore

extension StoreCheckTests {
  // MARK: Blocks

  static let memory: [Wrong] = [
    Wrong("its state has no case", \.blocks, where: { $0.$state.raw != 0 }) { $0.$state.raw = 5 },
    Wrong("its usage is none", \.blocks, where: { $0.$state.raw != 0 }) { $0.usage = 99 },
    Wrong("its flags are none", \.blocks, where: { $0.$state.raw != 0 }) { $0.flags = 0xFF },
    Wrong(
      "it is of NdisMAllocateSharedMemory, and not an adapter's memory of the HAL", \.blocks,
      where: { $0.$state.raw == 2 && $0.$ownerKind.raw != 2 }
    ) { $0.flags = 0x13 },
    Wrong("its flags are none", \.blocks, where: { $0.$state.raw != 0 }) { $0.flags = 0x12 },
    Wrong("it has no length", \.blocks, where: { $0.$state.raw != 0 }) { $0.length = 0 },
    Wrong("its registration is not there", \.blocks, where: { $0.$state.raw != 0 }) {
      $0.registration = .gone
    },
    Wrong("its label is not there", \.blocks, where: { $0.$state.raw != 0 }) { $0.site = .gone },
    Wrong("it counts other blocks than name it", \.sites, where: { $0.references > 0 }) {
      $0.references &+= 1
    },
    Wrong("it is named and empty", \.sites, where: { $0.references > 0 }) { $0.site = Site() },
    Wrong("whether it is used is not known", \.extents, where: { $0.used == 0 }) { $0.used = 2 },
    Wrong(
      "it is contiguous and has several extents", \.blocks,
      where: {
        $0.$state.raw == 2 && $0.extents > 1
      }
    ) { $0.flags |= 1 },
    Wrong(
      "it is of a queue and not of its adapter", \.blocks,
      where: {
        $0.$state.raw == 2 && $0.$ownerKind.raw != 2 && $0.queueID == 0
      }
    ) { $0.queueID = 3 },
    Wrong("it is no clean text", \.sites, where: { $0.references > 0 }) {
      $0.site = Site("a\u{7}")
    },
    Wrong("its owner is not there", \.blocks, where: { $0.$state.raw == 2 }) { $0.owner = .gone },
    Wrong("its owner is not there", \.blocks, where: { $0.$state.raw == 2 }) {
      $0.$ownerKind.raw = 4
    },
    Wrong("it has an owner after its end", \.blocks, where: { $0.$state.raw == 3 }) {
      $0.$ownerKind.raw = 1
    },
    Wrong("it has memory before its provider has answered", \.blocks, where: { $0.$state.raw == 1 })
    {
      $0.section = Ref(0)
    },
    Wrong("its section is not there", \.blocks, where: { $0.$state.raw == 2 }) {
      $0.section = .gone
    },
    Wrong("its pages lie outside its section", \.blocks, where: { $0.$state.raw == 2 }) {
      $0.firstPage = UInt32.max
    },
    Wrong("its pages lie outside its section, or are another") { store in
      let blocks = store.blocks
      guard let (one, other) = blocks.pair({ $0.$state.raw == 2 ? UInt64($0.section.index) : nil })
      else { return false }
      let page = blocks[one].firstPage
      blocks.update(other) { $0.firstPage = page }
      return true
    },
    Wrong("one of its extents is not there", \.extents, where: { $0.used != 0 }) { $0.used = 0 },
    Wrong("its pages lie outside its section") { store in
      guard let index = store.extents.first(where: { $0.used != 0 }) else { return false }
      store.extents.update(index) { $0.next = Ref(index) }
      return true
    },
    Wrong("extents are in use, and", \.extents, where: { $0.used == 0 }) { $0.used = 1 },
    Wrong("it counts other extents than it has", \.blocks, where: { $0.$state.raw == 2 }) {
      $0.extents &+= 1
    },
    Wrong("its length is not that of its pages", \.blocks, where: { $0.$state.raw == 2 }) {
      $0.length &+= 8_192
    },
    Wrong("it counts other indicated lists", \.blocks, where: { $0.indicated > 0 }) {
      $0.indicated &+= 1
    },
    Wrong("blocks count", \.blocks, where: { $0.$state.raw == 2 && $0.indicated == 0 }) {
      $0.indicated = 1
    },
    Wrong("its queue is not there", \.blocks, where: { !$0.place.isNone && $0.queueID != 0 }) {
      $0.place = .gone
    },
    Wrong("its VPort is not there", \.blocks, where: { !$0.place.isNone && $0.queueID == 0 }) {
      $0.place = .gone
    },
    Wrong(
      "it is counted where it does not belong", \.blocks,
      where: {
        $0.$state.raw == 2 && $0.queueID == 0 && $0.vportID == 0
      }
    ) { $0.place = Ref(0) },
    Wrong(
      "its list of blocks does not close", \.blocks,
      where: {
        $0.$state.raw == 2 && !$0.ownerNext.isNone
      }
    ) { $0.ownerNext = .gone },
    Wrong("its list of blocks does not close", \.blocks, where: { !$0.placeNext.isNone }) {
      $0.placePrevious = $0.placeNext
    },
    Wrong("its generation is too great", \.blocks, where: { $0.$state.raw == 0 }) {
      $0.generation = UInt32.max
    },
  ]

  // MARK: Requests and results

  static let requests: [Wrong] = [
    Wrong("the request it is to answer is not there", \.requests, where: { $0.$state.raw == 1 }) {
      $0.$state.raw = 2
    },
    Wrong("no call will complete it", \.requests, where: { $0.$state.raw == 0 }) {
      $0.$state.raw = 1
    },
    Wrong("its list of requests does not close", \.requests, where: { !$0.session.isNone }) {
      $0.session = .gone
    },
    Wrong(
      "its result has no place", \.requests, where: { $0.$state.raw != 0 && !$0.session.isNone }
    ) {
      $0.id &+= 1_000_000
    },
    Wrong("its list of requests does not close", \.requests, where: { !$0.session.isNone }) {
      $0.next = .gone
    },
    Wrong("its state has no case", \.results, where: { $0.id != 0 }) { $0.$state.raw = 4 },
    Wrong("it is of no request", \.results, where: { $0.id == 0 }) { $0.$state.raw = 1 },
    Wrong("it is stored at another record's index", \.results, where: { $0.$state.raw == 2 }) {
      $0.id &+= 1
    },
    Wrong("its request was never made", \.results, where: { $0.id != 0 }) { $0.id &+= 64_000 },
    Wrong("its failure has no reason", \.results, where: { $0.id != 0 }) {
      $0.failure.number = 40_000
    },
  ]

  // MARK: Upcalls

  static let allocating = UInt16(NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY)
  static let calls: [Wrong] = [
    Wrong("it is free and has an id", \.upcalls, where: { $0.$state.raw == 0 }) { $0.id = 5 },
    Wrong("its state has no case", \.upcalls, where: { $0.$state.raw != 0 }) { $0.$state.raw = 4 },
    Wrong("its id is none", \.upcalls, where: { $0.$state.raw != 0 }) { $0.id &+= 1 << 50 },
    Wrong("whether it was delivered is not known", \.upcalls, where: { $0.$state.raw != 0 }) {
      $0.delivered = 2
    },
    Wrong(
      "it is excused and its deadline has not passed", \.upcalls, where: { $0.$state.raw == 1 }
    ) {
      $0.excused = 1
    },
    Wrong(
      "it is pending and cannot be", \.upcalls,
      where: { $0.$type.raw == allocating && $0.$state.raw == 1 }
    ) {
      $0.$state.raw = 3
    },
    Wrong("its session is not there", \.upcalls, where: { !$0.session.isNone }) {
      $0.session = .gone
    },
    Wrong("its deadline has passed and it is waited for", \.upcalls, where: { $0.$state.raw == 2 })
    {
      $0.subject = Ref(0)
    },
    Wrong("the request it is to answer is not there, or another's") { store in
      guard let one = store.upcalls.first(where: { !$0.request.isNone }),
        let other = store.upcalls.first({ $0 != one && $1.$state.raw == 1 })
      else { return false }
      let request = store.upcalls[one].request
      store.upcalls.update(other) { $0.request = request }
      return true
    },
    Wrong("its registration is not there", \.upcalls, where: { $0.$type.raw == allocating }) {
      $0.registration = .gone
    },
    Wrong(
      "its block is not there", \.upcalls,
      where: { $0.$type.raw == allocating && $0.$state.raw == 1 }
    ) {
      $0.block = .gone
    },
    Wrong("its block is not there, or does not wait") { store in
      guard
        let one = store.upcalls.first(where: { $0.$type.raw == allocating && $0.$state.raw == 1 }),
        let block = store.blocks.first(where: { $0.$state.raw == 2 })
      else { return false }
      store.upcalls.update(one) { $0.block = Ref(block) }
      return true
    },
    Wrong("it is about another object", \.upcalls, where: { $0.$type.raw == allocating }) {
      $0.object = .null
    },
    Wrong("its type is none", \.upcalls, where: { $0.$type.raw != 0 && $0.$type.raw < 176 }) {
      $0.$type.raw = 140
    },
    Wrong("it is of no driver", \.upcalls, where: { $0.$type.raw == 128 }) { $0.object = .null },
    Wrong("it is of no adapter", \.upcalls, where: { (129...137).contains($0.$type.raw) }) {
      $0.object = .null
    },
    Wrong("it is of no binding", \.upcalls, where: { (145...150).contains($0.$type.raw) }) {
      $0.object = .null
    },
    Wrong("it is no provider's", \.upcalls, where: { $0.$type.raw != 0 && $0.$type.raw < 176 }) {
      $0.block = Ref(0)
    },
    Wrong(
      "it is about something else", \.upcalls, where: { $0.$type.raw == 130 && $0.$state.raw == 1 }
    ) {
      $0.subject = Ref(0)
    },
    Wrong(
      "its section is another's", \.upcalls,
      where: {
        $0.$type.raw == 177 && $0.$state.raw == 1 && !$0.block.isNone
      }
    ) { $0.section = .none },
    Wrong("its list of upcalls does not close", \.upcalls, where: { !$0.session.isNone }) {
      $0.next = .gone
    },
    Wrong(
      "blocks wait for their providers", \.upcalls,
      where: {
        $0.$type.raw == 177 && $0.$state.raw == 1 && !$0.block.isNone
      }
    ) { $0.block = .none },
  ]
}
