// Hosted providers of the switchboard. Their upcalls come from the same queue as those of other providers.
// Their sections are memfds that the daemon creates and never maps; blocks are filled with pwrite, within the
// pool's capacity.

import NDISDriverInterface
import NDISHostedDrivers
import NDIS
import NDISPlatform
import NDISSimulator

extension SwitchboardState {
  mutating func serveHosted(_ provider: UInt32, _ id: UInt64) {
    guard let call = simulator.hostedCall(id) else { return }
    let work = InFlightWork(.hosted, id: id)
    let interrupted = persistence.interruptWork(for: work, simulator)
    defer { persistence.resumeWork(interrupted, simulator) }
    var answer = ProviderAnswer(status: .success)
    if !persistence.beginWork(work, simulator) {
      answer = ProviderAnswer(status: refuseQuarantined(nil, "upcall", id).status)
    } else if Int(provider) < pools.count {
      if call.isAllocation {
        answer = allocate(Int(provider), call)
      } else {
        free(Int(provider), call, id)
      }
    }
    simulator.answer(id, session: nil, answer: answer, now: now)
  }

  private mutating func allocate(_ provider: Int, _ call: HostedCall) -> ProviderAnswer {
    var reply = pools[provider].allocate(domain: call.domain, call.parameters)
    if hasFreedMemory { reply = allocateFromKept(provider, call, reply) }
    if case .needsSection(let domain, let node, let size) = reply {
      if let failure = makeSection(provider, domain, node, size) { return .refused(failure) }
      reply = pools[provider].allocate(domain: call.domain, call.parameters)
    }
    guard case .answer(let answer) = reply else { return ProviderAnswer(status: .failure) }
    guard answer.status == .success, pools[provider].settings.fill != .none else { return answer }
    guard fill(pools[provider].settings.fill, answer) else {
      pools[provider].free(section: answer.section, context: answer.providerContext)
      return ProviderAnswer(status: .resources)
    }
    return answer
  }

  /// Creates a section's memory and registers it. Returns nil on success.
  private mutating func makeSection(
    _ provider: Int, _ domain: Handle, _ node: UInt32, _ size: UInt64
  ) -> Failure? {
    let pool = pools[provider].settings
    let size = simulator.sectionSize(domain: domain, size: size, pageSize: pool.pageSize)
    do throws(SystemError) {
      let memory = try SectionMemory.make(
        name: "ndissim:\(pool.name):node\(node)", size: size, hugePages: pool.hugePages)
      do throws(Failure) {
        let handle = try simulator.addHostedSection(
          provider: UInt32(provider), domain: domain, size: size, node: node,
          pageSize: pool.pageSize, now: now)
        hold(memory, for: handle)
        pools[provider].add(section: handle, domain: domain, node: node, size: size)
        return nil
      } catch { return error }
    } catch {
      return Failure(.resources, .memoryUnavailable, UInt64(error.errno))
    }
  }

  mutating func fill(_ fill: Fill, _ answer: ProviderAnswer) -> Bool {
    guard let memory = memories[answer.section] else { return false }
    let page = UInt64(settings.pageSize)
    for extent in answer.extents {
      let length = (UInt64(extent.length) + page - 1) / page * page
      guard memory.fill(fill, offset: extent.offset, length: length) else { return false }
    }
    return true
  }
}
