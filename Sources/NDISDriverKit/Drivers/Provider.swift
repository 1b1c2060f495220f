// A shared-memory provider: its handlers, their parameters and their result. The result can have any value,
// including invalid ones, because tests check that the simulator validates it.

public import NDIS

/// A provider's handlers ("ns-ndis-_ndis_shared_memory_provider_characteristics").
public protocol SharedMemoryProvider: AnyObject, Sendable {
  /// ALLOCATE_SHARED_MEMORY_HANDLER ("nc-ndis-allocate_shared_memory_handler"), at PASSIVE_LEVEL.
  func allocateSharedMemory(_ request: ProviderRequest) -> ProviderAnswer

  /// FREE_SHARED_MEMORY_HANDLER ("nc-ndis-free_shared_memory_handler"), at PASSIVE_LEVEL: frees the block
  /// with this SharedMemoryProviderContext.
  func freeSharedMemory(_ block: ProviderBlock)

  /// A section of this session is no longer in use (extension).
  func sectionReleased(_ section: SectionHandle)
}

extension SharedMemoryProvider {
  public func sectionReleased(_ section: SectionHandle) {}
}

/// A call of the allocate handler.
public struct ProviderRequest: Sendable {
  /// The connection that received the call.
  public var connection: Connection
  /// The upcall's id, for `Connection.answer`.
  public var upcall: UInt64
  /// The provider's own, from its characteristics.
  public var providerContext: UInt64
  /// The DMA domain; a section serves one domain.
  public var domain: UInt64
  /// The maximum number of extents the caller supports.
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

/// The result of the allocate handler.
public struct ProviderAnswer: Sendable {
  public var status: Status
  public var sharedMemoryProviderContext: UInt64
  public var section: SectionHandle
  /// Page-aligned parts of the section. Their lengths sum to Length; only the last need not be a
  /// multiple of the page size.
  public var extents: [Extent]
  /// An invalid IRQL on return, for tests; nil = the actual level.
  public var irql: IRQL?
  /// A raw body instead of the encoded fields, for tests.
  public var rawBody: [UInt8]?
  /// No answer is sent; `Connection.answer` may send one later.
  public var isSuppressed = false

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

  /// A refusal: by contract RESOURCES, INVALID_PARAMETER or FAILURE.
  public static func refused(_ status: Status) -> ProviderAnswer {
    ProviderAnswer(status: status, context: 0, section: .null, extents: [])
  }

  /// No answer is sent.
  public static var suppressed: ProviderAnswer {
    var answer = refused(.pending)
    answer.isSuppressed = true
    return answer
  }
}
