// A shared-memory provider: who is asked, what it is asked, and what it may answer. The answer is a
// value that can say anything, also what no provider may say, for the simulator has to see through
// it.

public import NDIS

/// A provider's handlers ("ns-ndis-_ndis_shared_memory_provider_characteristics").
public protocol SharedMemoryProvider: AnyObject, Sendable {
  /// ALLOCATE_SHARED_MEMORY_HANDLER ("nc-ndis-allocate_shared_memory_handler"), at PASSIVE_LEVEL.
  func allocateSharedMemory(_ request: ProviderRequest) -> ProviderAnswer

  /// FREE_SHARED_MEMORY_HANDLER ("nc-ndis-free_shared_memory_handler"), at PASSIVE_LEVEL: gives
  /// back what the answer with this SharedMemoryProviderContext handed out.
  func freeSharedMemory(_ block: ProviderBlock)

  /// A section of this session is no longer used by anybody (extension).
  func sectionReleased(_ section: SectionHandle)
}

extension SharedMemoryProvider {
  public func sectionReleased(_ section: SectionHandle) {}
}

/// A call of the allocate handler.
public struct ProviderRequest: Sendable {
  /// The connection the call came on.
  public var connection: Connection
  /// The upcall's id, for `Connection.answer`.
  public var upcall: UInt64
  /// The provider's own, from its characteristics.
  public var providerContext: UInt64
  /// Whose memory: a section serves one domain.
  public var domain: UInt64
  /// How many extents the caller can take.
  public var maximumExtents: UInt32
  /// The caller's parameters, with its tag and site.
  public var parameters: SharedMemoryParameters
}

/// A call of the free handler.
public struct ProviderBlock: Sendable {
  public var connection: Connection
  public var upcall: UInt64
  public var providerContext: UInt64
  public var sharedMemoryProviderContext: UInt64
  public var section: SectionHandle
}

/// What a provider answers to an allocation.
public struct ProviderAnswer: Sendable {
  public var status: Status
  public var sharedMemoryProviderContext: UInt64
  public var section: SectionHandle
  /// Page-aligned parts of the section. Their lengths sum to Length; only the last may be no whole
  /// number of pages.
  public var extents: [Extent]
  /// A lie about the IRQL on return; nil = the level the handler left.
  public var irql: IRQL?
  /// A body to send instead of the one these fields make.
  public var rawBody: [UInt8]?
  /// No answer now; `Connection.answer` may send one later.
  public var isWithheld = false

  public init(
    status: Status = .success, context: UInt64, section: SectionHandle, extents: [Extent],
    irql: IRQL? = nil, rawBody: [UInt8]? = nil
  ) {
    self.status = status
    sharedMemoryProviderContext = context
    self.section = section
    self.extents = extents
    self.irql = irql
    self.rawBody = rawBody
  }

  /// A refusal: RESOURCES, INVALID_PARAMETER or FAILURE if the provider keeps to the contract.
  public static func refused(_ status: Status) -> ProviderAnswer {
    ProviderAnswer(status: status, context: 0, section: .null, extents: [])
  }

  /// No answer, for now or for ever.
  public static var withheld: ProviderAnswer {
    var answer = refused(.pending)
    answer.isWithheld = true
    return answer
  }
}
