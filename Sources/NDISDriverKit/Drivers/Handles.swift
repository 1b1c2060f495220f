// The handles of the contract as distinct types, so that the compiler distinguishes a binding from an
// adapter. All have a public raw value: a test that must pass a wrong handle makes one.
//
// The kit re-exports NDIS: Status, IRQL, BugCheck and the like are part of the kit's own signatures, so
// that no driver can be written without them. CNDIS, with the constants of the C headers, is imported by
// those who use it. Nothing else is exported: no other module of the package is in a public signature.

@_exported public import NDIS

/// Any handle: 64 bits, assigned by the simulator or chosen by a test.
public protocol TypedHandle: RawRepresentable, Hashable, Sendable, BitwiseCopyable,
  CustomStringConvertible
where RawValue == UInt64 {
  init(rawValue: UInt64)
}

extension TypedHandle {
  /// The NULL handle.
  public static var null: Self { Self(rawValue: 0) }
  public var description: String { "\(Handle(rawValue: rawValue))" }
}

/// The type of `NdisHandle` parameters: the handle of a driver, adapter, binding or filter module. The
/// untyped `Handle` conforms too, for tests.
public protocol NdisHandle: RawRepresentable, Sendable where RawValue == UInt64 {}

extension Handle: NdisHandle {}

/// `NdisMiniportDriverHandle`.
public struct MiniportDriverHandle: TypedHandle, NdisHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// `MiniportAdapterHandle`.
public struct AdapterHandle: TypedHandle, NdisHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// `NdisProtocolHandle`.
public struct ProtocolDriverHandle: TypedHandle, NdisHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// `NdisBindingHandle`.
public struct BindingHandle: TypedHandle, NdisHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// `NdisFilterDriverHandle`.
public struct FilterDriverHandle: TypedHandle, NdisHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// `NdisFilterHandle`.
public struct FilterModuleHandle: TypedHandle, NdisHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// `NdisMiniportDmaHandle`.
public struct DMAHandle: TypedHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// MiniportDmaHandle of a DMA channel.
public struct DMAChannelHandle: TypedHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// `AllocationHandle`: identifies a block to NDIS, for `NdisFreeSharedMemory`.
public struct AllocationHandle: TypedHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// `SharedMemoryHandle`: identifies a block between drivers. NULL for memory allocated by the HAL
/// (`NDIS_SHARED_MEM_HANDLE_HAL_ALLOCATED`).
public struct SharedMemoryHandle: TypedHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A section of shared memory (extension): a memfd on the driver plane.
public struct SectionHandle: TypedHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}
