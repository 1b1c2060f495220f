// The numbers of object types in structure headers, which identify the structure.

/// Numbers of object types (`NDIS_OBJECT_TYPE_*`).
public enum ObjectType {
  /// `NDIS_OBJECT_TYPE_DEFAULT`.
  @inlinable public static var `default`: UInt8 { 0x80 }
  /// `NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION`.
  @inlinable public static var scatterGatherDMADescription: UInt8 { 0x83 }
  /// `NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS`.
  @inlinable public static var miniportDriverCharacteristics: UInt8 { 0x8A }
  /// `NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS`.
  @inlinable public static var miniportPnPCharacteristics: UInt8 { 0x92 }
  /// `NDIS_OBJECT_TYPE_OID_REQUEST`.
  @inlinable public static var oidRequest: UInt8 { 0x96 }
  /// `NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES`.
  @inlinable public static var miniportAdapterRegistrationAttributes: UInt8 { 0x9E }
  /// `NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES`.
  @inlinable public static var miniportAdapterGeneralAttributes: UInt8 { 0x9F }
  /// `NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES`.
  @inlinable public static var miniportAdapterOffloadAttributes: UInt8 { 0xA0 }
  /// `NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_NATIVE_802_11_ATTRIBUTES`.
  @inlinable public static var miniportAdapterNative80211Attributes: UInt8 { 0xA1 }
  /// `NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES`.
  @inlinable public static var miniportAdapterHardwareAssistAttributes: UInt8 { 0xAF }
  /// `NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_NDK_ATTRIBUTES`.
  @inlinable public static var miniportAdapterNDKAttributes: UInt8 { 0xB3 }
  /// `NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_PACKET_DIRECT_ATTRIBUTES`.
  @inlinable public static var miniportAdapterPacketDirectAttributes: UInt8 { 0xC5 }
  /// `NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS`.
  @inlinable public static var sharedMemoryProviderCharacteristics: UInt8 { 0xB0 }
}
