// The output of the dispatcher for encoding: results of requests, upcalls, live blocks, counters. Values
// only, created for every message.

public import NDIS

/// The result of a request.
public struct RequestResult: Sendable {
  public var type: UInt16
  public var failure: Failure
  public var bugCheck: BugCheck?
  public var value: Handle
  public var value2: UInt64

  @inlinable public init(
    type: UInt16, failure: Failure, bugCheck: BugCheck?, value: Handle, value2: UInt64
  ) {
    self.type = type
    self.failure = failure
    self.bugCheck = bugCheck
    self.value = value
    self.value2 = value2
  }
}

/// The parameters of an upcall for its handler.
public struct UpcallDetails: Sendable {
  public var type: UInt16
  public var parent: UInt64
  /// The driver, adapter or binding concerned, or the DMA domain of an allocation.
  public var object: Handle
  /// ProviderContext, driver context, adapter context or binding context.
  public var context: UInt64
  /// The cookie of the handler.
  public var handler: UInt64
  /// The adapter's name, for handlers that receive it.
  public var name: Name
  /// The action of a halt or shutdown, the reason of a pause, or an event.
  public var argument: UInt32 = 0
  /// BindContext of a bind.
  public var bindContext: Handle
  /// SharedMemoryProviderContext of a free.
  public var providerContext: UInt64
  public var section: Handle
  /// The caller's parameters of an allocation.
  public var parameters: SharedMemoryParameters
  public var tag: UInt32
  public var site: Site

  @inlinable public init(
    type: UInt16, parent: UInt64, object: Handle, context: UInt64, handler: UInt64, name: Name,
    argument: UInt32 = 0, bindContext: Handle, providerContext: UInt64, section: Handle,
    parameters: SharedMemoryParameters, tag: UInt32, site: Site
  ) {
    self.type = type
    self.parent = parent
    self.object = object
    self.context = context
    self.handler = handler
    self.name = name
    self.argument = argument
    self.bindContext = bindContext
    self.providerContext = providerContext
    self.section = section
    self.parameters = parameters
    self.tag = tag
    self.site = site
  }

  /// The level the handler is entered at.
  public var irql: IRQL { UpcallType.irql(ofType: type, argument: argument) }
}

extension UpcallType {
  /// The level a handler is entered at: PASSIVE_LEVEL, but for MiniportShutdownEx because of a bug check, which
  /// runs "at a high IRQL" (nc-ndis-miniport_shutdown; here HIGH_LEVEL).
  public static func irql(ofType type: UInt16, argument: UInt32) -> IRQL {
    type == UpcallType.shutdownEx.rawValue && argument == ShutdownAction.bugCheck.rawValue
      ? .high : .passive
  }
}

/// A live block, as returned by its allocation.
public struct AllocationDetails: Sendable {
  public var section: Handle
  public var sectionIndex: UInt32
  public var sectionSize: UInt64
  public var physicalBase: UInt64
  public var extentCount: UInt32
  public var length: UInt32

  @inlinable public init(
    section: Handle, sectionIndex: UInt32, sectionSize: UInt64, physicalBase: UInt64,
    extentCount: UInt32, length: UInt32
  ) {
    self.section = section
    self.sectionIndex = sectionIndex
    self.sectionSize = sectionSize
    self.physicalBase = physicalBase
    self.extentCount = extentCount
    self.length = length
  }
}

/// An OID request, for MiniportOidRequest, MiniportCancelOidRequest or ProtocolOidRequestComplete.
public struct OIDDetails: Sendable, Hashable {
  public var handle: Handle
  public var call: OIDCall
  /// The completion status; PENDING until it is completed.
  public var failure: Failure
  public var result: OIDResult

  @inlinable public init(
    handle: Handle, call: OIDCall, failure: Failure, result: OIDResult
  ) {
    self.handle = handle
    self.call = call
    self.failure = failure
    self.result = result
  }
}

/// The parameters of ProtocolReceiveNetBufferLists, piece by piece in message order: a list, its buffers, and
/// after each buffer the parts that contain it; after the last list the tags of all, if there are any. Values only,
/// since they are created for every frame.
public enum ReceivedPiece: Sendable, Hashable {
  case list(Handle, filterID: UInt16, queueID: UInt16, buffers: UInt32)
  case buffer(dataLength: UInt32)
  /// Contiguous bytes of a section.
  case part(sharedMemory: Handle, section: Handle, offset: UInt64, length: UInt32)
  case tag(Ieee8021QInformation)
}

/// Counters.
public struct Statistics: Sendable, Hashable {
  public var sessions: UInt64 = 0
  public var drivers: UInt64 = 0
  public var adapters: UInt64 = 0
  public var bindings: UInt64 = 0
  public var registrations: UInt64 = 0
  public var sections: UInt64 = 0
  public var blocks: UInt64 = 0
  public var bytes: UInt64 = 0
  public var openRequests: UInt64 = 0
  public var openUpcalls: UInt64 = 0
  /// Allocated receive queues, nondefault VPorts, filters, and outstanding OID requests.
  public var queues: UInt64 = 0
  public var vports: UInt64 = 0
  public var filters: UInt64 = 0
  public var openOIDs: UInt64 = 0
  /// Indicated lists that have not been returned.
  public var indicatedLists: UInt64 = 0
  /// Number of handler calls since the start.
  public var upcalls: UInt64 = 0
  /// Of these, the number answered PENDING: such a call is not complete and changes a state.
  public var pended: UInt64 = 0
  public var allocations: UInt64 = 0
  public var frees: UInt64 = 0
  public var failedAllocations: UInt64 = 0
  public var violations: UInt64 = 0
  public var leakedBlocks: UInt64 = 0
  public var sessionBlocks: UInt64 = 0
  public var sessionBytes: UInt64 = 0
  public var sessionViolations: UInt64 = 0
  public var sessionLeakedBlocks: UInt64 = 0

  public init() {}
}
