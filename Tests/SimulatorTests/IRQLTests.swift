// The IRQL rule of every routine, typed again from the reference pages: which of the levels 0, 1, 2
// and 15 are allowed. A call above its routine's level is FAILURE with a bug check and does
// nothing.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import NDISSimulator
import Testing
import NDISStore

@Suite struct IRQLTests {
  static let passiveOnly: [Int] = [
    NDISSIM_REGISTER_MINIPORT_DRIVER, NDISSIM_DEREGISTER_MINIPORT_DRIVER,
    NDISSIM_SET_MINIPORT_ATTRIBUTES, NDISSIM_REGISTER_SCATTER_GATHER_DMA,
    NDISSIM_DEREGISTER_SCATTER_GATHER_DMA, NDISSIM_REGISTER_DMA_CHANNEL,
    NDISSIM_DEREGISTER_DMA_CHANNEL, NDISSIM_ADD_ADAPTER, NDISSIM_REMOVE_ADAPTER,
    NDISSIM_REGISTER_PROTOCOL_DRIVER, NDISSIM_DEREGISTER_PROTOCOL_DRIVER, NDISSIM_OPEN_ADAPTER_EX,
    NDISSIM_CLOSE_ADAPTER_EX, NDISSIM_BIND_ADAPTER, NDISSIM_UNBIND_ADAPTER,
    NDISSIM_REGISTER_FILTER_DRIVER, NDISSIM_DEREGISTER_FILTER_DRIVER, NDISSIM_ATTACH_FILTER,
    NDISSIM_DETACH_FILTER, NDISSIM_SET_OPTIONAL_HANDLERS, NDISSIM_ALLOCATE_SHARED_MEMORY,
    NDISSIM_FREE_SHARED_MEMORY, NDISSIM_OFFER_SECTION, NDISSIM_WITHDRAW_SECTION,
    NDISSIM_SET_HARDWARE_ASSIST_ATTRIBUTES, NDISSIM_SET_GENERAL_ATTRIBUTES,
    NDISSIM_SET_HARDWARE_CAPABILITIES, NDISSIM_CHANGE_ADAPTER,
    NDISSIM_COMPLETE_BIND_ADAPTER_EX, NDISSIM_COMPLETE_UNBIND_ADAPTER_EX,
    NDISSIM_COMPLETE_NET_PNP_EVENT, NDISSIM_GET_BIND_PARAMETERS, NDISSIM_M_ALLOCATE_SHARED_MEMORY,
  ]
  static let upToDispatch: [Int] = [
    NDISSIM_PAUSE_COMPLETE, NDISSIM_RESTART_COMPLETE, NDISSIM_INDICATE_STATUS_EX,
    NDISSIM_MINIPORT_OID_REQUEST_COMPLETE, NDISSIM_INDICATE_RECEIVE, NDISSIM_OID_REQUEST,
    NDISSIM_CANCEL_OID_REQUEST, NDISSIM_RETURN_NET_BUFFER_LISTS,
    NDISSIM_M_ALLOCATE_SHARED_MEMORY_ASYNC_EX, NDISSIM_M_FREE_SHARED_MEMORY,
  ]
  static let anyLevel: [Int] = [
    NDISSIM_HELLO, NDISSIM_PING, NDISSIM_RESET, NDISSIM_STATISTICS,
  ]

  @Test("behaviours 9, 17, 35: each routine at PASSIVE, APC, DISPATCH and HIGH_LEVEL")
  func everyRoutine() throws {
    let host = try TestHost()
    let session = host.begin()
    #expect(
      Self.passiveOnly.count + Self.upToDispatch.count + Self.anyLevel.count
        == Routine.table.count)
    var violations: UInt64 = 0
    for type in Self.passiveOnly + Self.upToDispatch + Self.anyLevel {
      let highest: UInt8 =
        Self.anyLevel.contains(type) ? 15 : Self.upToDispatch.contains(type) ? 2 : 0
      for level: UInt8 in [0, 1, 2, 15] {
        let irql = try #require(IRQL(rawValue: level))
        // The rule is the message type's; what is asked is harmless.
        let id = host.call(session, .ping, irql: irql, type: type)
        let result = try #require(host.result(session, id))
        let isAllowed = level <= highest
        #expect((result.failure.status == .success) == isAllowed, "message \(type) at \(irql)")
        if !isAllowed {
          violations += 1
          #expect(result.failure.status == .failure)
          #expect(result.failure.reason == .wrongIRQL)
          #expect(result.failure.a == UInt64(level))
          #expect(result.failure.b == UInt64(highest))
          #expect(result.bugCheck?.code == 0xC4)
        }
      }
    }
    #expect(host.simulator.statistics(session: session).sessionViolations == violations)
    #expect(host.problems == [])
  }

  @Test("behaviour 17: NdisAllocateSharedMemory above PASSIVE never reaches the provider")
  func allocate() throws {
    let host = try TestHost()
    let provider = Driver(host, "provider", provides: true)
    let handle = provider.protocolDriver(host)
    let result = host.ask(provider.session, Sample.allocate(handle, 4096), irql: .dispatch)
    #expect(result?.failure.reason == .wrongIRQL)
    #expect(
      result?.bugCheck
        == BugCheck(code: 0x7C, 0x01, handle.rawValue, 4096, 2, isExtension: true))
    #expect(provider.allocations.isEmpty)
    #expect(host.simulator.statistics(session: nil).blocks == 0)
  }

  @Test("behaviour 35: a free above PASSIVE is a violation and the block stays live")
  func free() throws {
    let host = try TestHost()
    let driver = Driver(host, "driver")
    let handle = driver.protocolDriver(host)
    let block = driver.handle(host, Sample.allocate(handle))
    let request = Request.free(ndisHandle: handle, allocation: block)
    let result = host.ask(driver.session, request, irql: .apc)
    #expect(result?.failure.reason == .wrongIRQL)
    #expect(
      result?.bugCheck == BugCheck(code: 0xC4, 0xE5, 1, block.rawValue, isExtension: true))
    #expect(host.simulator.allocation(block) != nil)
    #expect(host.ask(driver.session, request)?.failure.status == .success)
    #expect(host.simulator.allocation(block) == nil)
  }
}
