// The numbers of object types in structure headers, which identify the structure.

/// Numbers of object types (`NDIS_OBJECT_TYPE_*`).
public enum ObjectType {
  /// `NDIS_OBJECT_TYPE_DEFAULT`.
  @inlinable public static var `default`: UInt8 { 0x80 }
  /// `NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION`.
  @inlinable public static var scatterGatherDMADescription: UInt8 { 0x83 }
  /// `NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS`.
  @inlinable public static var miniportDriverCharacteristics: UInt8 { 0x8A }
  /// `NDIS_OBJECT_TYPE_OID_REQUEST`.
  @inlinable public static var oidRequest: UInt8 { 0x96 }
  /// `NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES`.
  @inlinable public static var miniportAdapterRegistrationAttributes: UInt8 { 0x9E }
  /// `NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS`.
  @inlinable public static var sharedMemoryProviderCharacteristics: UInt8 { 0xB0 }
}
