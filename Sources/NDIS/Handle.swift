// Handles: 64 bits of kind, generation and index. A handle is never reused: a slot increments its generation,
// and is retired at the last one. So a stale, foreign or wrong-kind handle is recognised and can be named in
// errors. The contract's four handle types differ: AllocationHandle and SharedMemoryHandle name the same
// block with different kinds, ProviderContext and SharedMemoryProviderContext belong to the provider and are
// opaque here.

/// An `NDIS_HANDLE` issued by the simulator.
public struct Handle: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  /// What a handle names. The raw value is stored in its top six bits.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case miniportDriver = 1
    case protocolDriver = 2
    case filterDriver = 3
    case adapter = 4
    case binding = 5
    case filterModule = 6
    case dma = 7
    case allocation = 8
    case sharedMemory = 9
    case section = 10
    case bindContext = 11
    case hostedProvider = 12
    /// A registration of provider handlers; visible to the management plane only.
    case registration = 13
    /// An OID request, for its miniport.
    case oidRequest = 14
    /// An indicated NET_BUFFER_LIST, for the drivers it was indicated to.
    case netBufferList = 15
    /// A DMA channel of an adapter.
    case dmaChannel = 16
  }

  public var rawValue: UInt64
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public init(kind: Kind, generation: UInt32, index: UInt32) {
    rawValue = UInt64(kind.rawValue) << 58 | UInt64(generation) << 26 | UInt64(index & 0x3FF_FFFF)
  }

  @inlinable public static var null: Handle { Handle(rawValue: 0) }
  /// The maximum index of a handle.
  public static let maximumIndex: UInt32 = 0x3FF_FFFF

  /// Nil for a value that is not a handle of this simulator.
  public var kind: Kind? { Kind(rawValue: UInt8(truncatingIfNeeded: rawValue >> 58)) }
  public var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 26) }
  public var index: UInt32 { UInt32(truncatingIfNeeded: rawValue) & 0x3FF_FFFF }
}

extension Handle: CustomStringConvertible {
  public var description: String { rawValue == 0 ? "NULL" : hex(rawValue, digits: 16) }
}

extension Handle.Kind: CustomStringConvertible {
  /// The name as driver developers know it.
  public var description: String {
    switch self {
    case .miniportDriver: "miniport driver handle"
    case .protocolDriver: "protocol driver handle"
    case .filterDriver: "filter driver handle"
    case .adapter: "miniport adapter handle"
    case .binding: "binding handle"
    case .filterModule: "filter module handle"
    case .dma: "NdisMiniportDmaHandle"
    case .allocation: "AllocationHandle"
    case .sharedMemory: "SharedMemoryHandle"
    case .section: "section handle"
    case .bindContext: "BindContext"
    case .hostedProvider: "hosted provider handle"
    case .registration: "provider registration handle"
    case .oidRequest: "OID request handle"
    case .netBufferList: "NET_BUFFER_LIST handle"
    case .dmaChannel: "MiniportDmaHandle"
    }
  }
}
