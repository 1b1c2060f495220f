// A simulator in plain memory with one hosted pool and one protocol driver that allocates: the daemon
// without packets and sockets. It carries out a turn's actions as the switchboard does.

import NDISStore
import NDISDriverInterface
import CNDIS
import Glibc
import NDISHostedDrivers
import NDIS
import NDISSimulator

/// NDIS in memory.
final class MemoryHost {
  private var simulator: Simulator
  private var pool: HostedPool
  private let session: UInt32
  private var driver = Handle.null
  private var nextID: UInt64 = 1
  private var lastResult = Handle.null
  private var failure: Failure?

  init() {
    var settings = Settings()
    settings.seed = 7
    settings.quotas.sessionBytes = 8 << 30
    let size = Simulator.storeSize(settings)
    // Zeroed and sparse, as the daemon's is.
    guard
      let base = unsafe mmap(
        nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    else { HotPaths.fail("no memory for the store") }
    let poolSettings = PoolSettings(name: "pool", level: .pool, capacity: 8 << 30)
    pool = HostedPool(poolSettings)
    do {
      simulator = try Simulator(
        memory: unsafe StoreMemory(base: base, size: size), settings: settings, fresh: true)
      try simulator.registerHosted(.pool, provider: 0, name: Name("pool"), now: 1)
      session = try simulator.begin(name: Name("bench"), pid: 1, uid: 1, now: 1)
    } catch { HotPaths.fail("\(error)") }
    simulator.removeActions()
    perform(
      NDISSIM_REGISTER_PROTOCOL_DRIVER,
      .registerProtocolDriver(
        DriverCharacteristics(
          header: ObjectHeader(type: 0x95, revision: 2, size: 128), version: NDISVersion(6, 30),
          name: Name("bench"), context: 1, setOptionsHandler: 0,
          handlers: [5, 6, 7, 8, 9, 10, 0, 0, 0])))
    driver = lastResult
  }

  /// NdisAllocateSharedMemory of one page.
  func allocate() -> Handle {
    perform(
      NDISSIM_ALLOCATE_SHARED_MEMORY,
      .allocate(
        driver,
        SharedMemoryParameters(
          header: ObjectHeader(type: 0x80, revision: 2, size: 68), flags: 0, queueID: 0,
          preferredNode: 0x8000_0000, usage: 4, length: 4096, sgListBufferLength: 40, vportID: 0),
        tag: 0x6863_6E62, site: MemoryHost.site))
    return lastResult
  }

  /// NdisFreeSharedMemory.
  func free(_ allocation: Handle) {
    perform(NDISSIM_FREE_SHARED_MEMORY, .free(ndisHandle: driver, allocation: allocation))
  }

  /// The length of a live block.
  func length(of allocation: Handle) -> UInt32 { simulator.allocation(allocation)?.length ?? 0 }

  private static let site = Site("hot-paths")

  private func perform(_ type: Int, _ request: Request) {
    let call = Call(
      session: session, requestID: nextID, type: UInt16(type), context: 0, irql: .passive)
    nextID += 1
    simulator.perform(call, request, now: 1)
    var index = 0
    while index < simulator.turn.actions.count {
      carryOut(simulator.turn.actions[index])
      index += 1
    }
    simulator.removeActions()
    if let failure { HotPaths.fail("a request of type \(type) was refused: \(failure.sentence)") }
  }

  private func carryOut(_ action: Action) {
    switch action {
    case .reply(let session, let id):
      guard let result = simulator.result(session: session, requestID: id) else { return }
      if result.failure.status != .success { failure = result.failure }
      lastResult = result.value
    case .refuse(_, _, _, let refusal): failure = refusal
    case .hostedUpcall(_, let id): serve(id)
    case .upcall, .sectionReleased, .freed, .sessionGone, .event: break
    }
  }

  private func serve(_ id: UInt64) {
    guard let call = simulator.hostedCall(id) else { return }
    var answer = ProviderAnswer(status: .success)
    if call.isAllocation {
      var reply = pool.allocate(domain: call.domain, call.parameters)
      if case .needsSection(let domain, let node, let size) = reply {
        do throws(Failure) {
          let section = try simulator.addHostedSection(
            provider: 0, domain: domain, size: size, node: node, pageSize: 4096, now: 1)
          pool.add(section: section, domain: domain, node: node, size: size)
        } catch { HotPaths.fail(error.sentence) }
        reply = pool.allocate(domain: call.domain, call.parameters)
      }
      if case .answer(let given) = reply { answer = given }
    } else {
      pool.free(section: call.section, context: call.providerContext)
    }
    simulator.answer(id, session: nil, answer: answer, now: 1)
  }
}
