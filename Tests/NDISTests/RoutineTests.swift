// The table of routines against the contract: names, levels and what is an extension, typed again.

import CNDIS
import NDIS
import Testing

@Suite struct RoutineTests {
  static let microsoft: [Int: String] = [
    16: "NdisMRegisterMiniportDriver", 17: "NdisMDeregisterMiniportDriver",
    18: "NdisMSetMiniportAttributes", 19: "NdisMRegisterScatterGatherDma",
    20: "NdisMDeregisterScatterGatherDma", 32: "NdisRegisterProtocolDriver",
    23: "NdisMSetMiniportAttributes (hardware assist)",
    30: "NdisMSetMiniportAttributes (general)",
    31: "NdisMSetMiniportAttributes (hardware and current)",
    33: "NdisDeregisterProtocolDriver", 34: "NdisOpenAdapterEx", 35: "NdisCloseAdapterEx",
    41: "NdisCompleteBindAdapterEx", 42: "NdisCompleteUnbindAdapterEx",
    43: "NdisCompleteNetPnPEvent", 48: "NdisFRegisterFilterDriver",
    49: "NdisFDeregisterFilterDriver",
    56: "NdisMRegisterDmaChannel", 57: "NdisMDeregisterDmaChannel",
    64: "NdisSetOptionalHandlers", 65: "NdisAllocateSharedMemory", 66: "NdisFreeSharedMemory",
    69: "NdisMAllocateSharedMemory",
  ]
  /// May be called up to DISPATCH_LEVEL.
  static let dispatch: [Int: String] = [
    24: "NdisMPauseComplete", 25: "NdisMRestartComplete", 26: "NdisMIndicateStatusEx",
    27: "NdisMOidRequestComplete", 28: "NdisMIndicateReceiveNetBufferLists", 38: "NdisOidRequest",
    39: "NdisCancelOidRequest", 40: "NdisReturnNetBufferLists",
    70: "NdisMAllocateSharedMemoryAsyncEx", 71: "NdisMFreeSharedMemory",
  ]
  static let extensions: [Int: String] = [
    1: "HELLO", 2: "PING", 3: "RESET", 4: "STATISTICS", 21: "ADD_ADAPTER", 22: "REMOVE_ADAPTER",
    29: "CHANGE_ADAPTER", 36: "BIND_ADAPTER", 37: "UNBIND_ADAPTER", 50: "ATTACH_FILTER",
    51: "DETACH_FILTER", 44: "GET_BIND_PARAMETERS",
    67: "OFFER_SECTION", 68: "WITHDRAW_SECTION",
  ]

  @Test("every routine has its message, name and IRQL")
  func rows() throws {
    #expect(
      Routine.table.count
        == Self.microsoft.count + Self.dispatch.count + Self.extensions.count)
    for (message, name) in Self.microsoft {
      let routine = try #require(Routine.of(message: UInt16(message)))
      #expect("\(routine.name)" == name)
      #expect(!routine.isExtension)
      #expect(routine.maximumIRQL.rawValue == 0, "\(name)")
    }
    for (message, name) in Self.dispatch {
      let routine = try #require(Routine.of(message: UInt16(message)))
      #expect("\(routine.name)" == name)
      #expect(!routine.isExtension)
      #expect(routine.maximumIRQL.rawValue == 2, "\(name)")
    }
    for (message, name) in Self.extensions {
      let routine = try #require(Routine.of(message: UInt16(message)))
      #expect("\(routine.name)" == name)
      #expect(routine.isExtension)
      // What only asks has no rule.
      #expect(routine.maximumIRQL.rawValue == (message < 16 ? 15 : 0), "\(name)")
    }
  }

  @Test("a message that is no routine has no row")
  func others() {
    for message: UInt16 in [0, 5, 15, 45, 63, 72, 127, 128, 129, 177, 192, .max] {
      #expect(Routine.of(message: message) == nil)
    }
  }
}
