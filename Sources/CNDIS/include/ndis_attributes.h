// The attributes a miniport sets in MiniportInitializeEx beside those of ndis_abi.h, what NDIS answers from
// them, and the structures of an adapter's life and of the send path that no message carries yet: x64 images
// with the names and values of the public WDK headers (ndis.h, ntddndis.h, ifdef.h); the text is ours. As in
// ndis_abi.h pointers are zero on the wire and padding is written out. ndis_attributes.c asserts every size,
// offset and Size macro.
#pragma once
#include "ndis_abi.h"
#include "ndis_oid.h"

// MARK: More of NDIS_STATUS

#define NDIS_STATUS_INVALID_STATE ((uint32_t)0xC0000184)
#define NDIS_STATUS_SEND_ABORTED ((uint32_t)0xC023000C)
#define NDIS_STATUS_PAUSED ((uint32_t)0xC023002A)
#define NDIS_STATUS_LOW_POWER_STATE ((uint32_t)0xC023002F)
#define NDIS_STATUS_NO_QUEUES ((uint32_t)0xC0230031)

// MARK: Attributes of NdisMSetMiniportAttributes

#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES 0x9F
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES 0xA0
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_NATIVE_802_11_ATTRIBUTES 0xA1
#define NDIS_OBJECT_TYPE_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES 0xA4
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES 0xAF
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_NDK_ATTRIBUTES 0xB3
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_PACKET_DIRECT_ATTRIBUTES 0xC5

#define NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_2 2
// Revision 2 adds flags, no member.
#define NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_2 28
#define NDIS_MINIPORT_ATTRIBUTES_NDIS_WDM 0x00000002
#define NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK 0x00000004
#define NDIS_MINIPORT_ATTRIBUTES_NOT_CO_NDIS 0x00000008
#define NDIS_MINIPORT_ATTRIBUTES_DO_NOT_BIND_TO_ALL_CO 0x00000010
#define NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND 0x00000020
#define NDIS_MINIPORT_ATTRIBUTES_CONTROLS_DEFAULT_PORT 0x00000080
#define NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND 0x00000100
#define NDIS_MINIPORT_ATTRIBUTES_NO_OID_INTERCEPT_ON_NONDEFAULT_PORTS 0x00000200
#define NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK 0x00000400

// The list of OIDs travels behind the image, SupportedOidListLength bytes of it.
typedef struct NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;              // reserved for NDIS
  uint32_t MediaType;          // NDIS_MEDIUM
  uint32_t PhysicalMediumType; // NDIS_PHYSICAL_MEDIUM
  uint32_t MtuSize;            // bytes, without the header
  uint32_t Reserved0;          // padding of the x64 layout
  uint64_t MaxXmitLinkSpeed;   // bits per second
  uint64_t XmitLinkSpeed;
  uint64_t MaxRcvLinkSpeed;
  uint64_t RcvLinkSpeed;
  uint32_t MediaConnectState;  // NET_IF_MEDIA_CONNECT_STATE
  uint32_t MediaDuplexState;   // NET_IF_MEDIA_DUPLEX_STATE
  uint32_t LookaheadSize;      // bytes
  uint32_t Reserved1;          // padding of the x64 layout
  uint64_t PowerManagementCapabilities;
  uint32_t MacOptions;         // NDIS_MAC_OPTION_*
  uint32_t SupportedPacketFilters;  // NDIS_PACKET_TYPE_*
  uint32_t MaxMulticastListSize;    // addresses
  uint16_t MacAddressLength;        // bytes
  uint8_t PermanentMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
  uint8_t CurrentMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
  uint16_t Reserved2;          // padding of the x64 layout
  uint64_t RecvScaleCapabilities;
  uint32_t AccessType;         // NET_IF_ACCESS_TYPE
  uint32_t DirectionType;      // NET_IF_DIRECTION_TYPE
  uint32_t ConnectionType;     // NET_IF_CONNECTION_TYPE
  uint16_t IfType;             // of IANA
  uint8_t IfConnectorPresent;  // 0 or 1
  uint8_t Reserved3;           // padding of the x64 layout
  uint32_t SupportedStatistics;
  uint32_t SupportedPauseFunctions;
  uint32_t DataBackFillSize;     // bytes
  uint32_t ContextBackFillSize;  // bytes
  uint64_t SupportedOidList;
  uint32_t SupportedOidListLength;  // bytes
  uint32_t AutoNegotiationFlags;    // revision 1 ends here: 216
  uint64_t PowerManagementCapabilitiesEx;  // revision 2 ends here: 224
} NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
#define NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1 1
#define NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1 216
#define NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2 2
#define NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2 224

// The capabilities travel behind the image.
typedef struct NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES {
  NDIS_OBJECT_HEADER Header;
  uint32_t Reserved0;
  uint64_t HDSplitAttributes;  // revision 1 ends here: 16
  uint64_t HardwareReceiveFilterCapabilities;
  uint64_t CurrentReceiveFilterCapabilities;
  uint64_t HardwareNicSwitchCapabilities;
  uint64_t CurrentNicSwitchCapabilities;  // revision 2 ends here: 48
  uint64_t HardwareSriovCapabilities;
  uint64_t CurrentSriovCapabilities;
  uint64_t HardwareQosCapabilities;
  uint64_t CurrentQosCapabilities;  // revision 3 ends here: 80
  uint64_t HardwareGftOffloadCapabilities;
  uint64_t CurrentGftOffloadCapabilities;  // revision 4 ends here: 96
} NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES;
#define NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_1 16
#define NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_2 48
#define NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_3 80
#define NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_4 96

#define NDIS_OBJECT_TYPE_BIND_PARAMETERS 0x86
// The parameters of ProtocolBindAdapterEx; the capabilities follow the image.
typedef struct NDIS_BIND_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Reserved0;
  uint64_t ProtocolSection;
  uint64_t AdapterName;
  uint64_t PhysicalDeviceObject;
  uint32_t MediaType;
  uint32_t MtuSize;
  uint64_t MaxXmitLinkSpeed;
  uint64_t XmitLinkSpeed;
  uint64_t MaxRcvLinkSpeed;
  uint64_t RcvLinkSpeed;
  uint32_t MediaConnectState;
  uint32_t MediaDuplexState;
  uint32_t LookaheadSize;
  uint32_t Reserved1;
  uint64_t PowerManagementCapabilities;
  uint32_t SupportedPacketFilters;
  uint32_t MaxMulticastListSize;
  uint16_t MacAddressLength;
  uint8_t CurrentMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
  uint16_t Reserved2;
  uint32_t PhysicalMediumType;
  uint64_t RcvScaleCapabilities;
  uint64_t BoundIfNetluid;
  uint32_t BoundIfIndex;
  uint32_t Reserved3;
  uint64_t LowestIfNetluid;
  uint32_t LowestIfIndex;
  uint32_t AccessType;
  uint32_t DirectionType;
  uint32_t ConnectionType;
  uint16_t IfType;
  uint8_t IfConnectorPresent;
  uint8_t Reserved4;
  uint32_t Reserved5;
  uint64_t ActivePorts;
  uint32_t DataBackFillSize;
  uint32_t ContextBackFillSize;
  uint32_t MacOptions;
  uint32_t CompartmentId;
  uint64_t DefaultOffloadConfiguration;
  uint64_t TcpConnectionOffloadCapabilities;
  uint64_t BoundAdapterName;      // revision 1 ends here: 248
  uint64_t HDSplitCurrentConfig;  // revision 2 ends here: 256
  uint64_t ReceiveFilterCapabilities;
  uint64_t PowerManagementCapabilitiesEx;
  uint64_t NicSwitchCapabilities;  // revision 3 ends here: 280
  uint8_t NDKEnabled;
  uint8_t Reserved6[7];
  uint64_t NDKCapabilities;
  uint64_t SriovCapabilities;
  uint64_t NicSwitchArray;  // revision 4 ends here: 312
} NDIS_BIND_PARAMETERS;
#define NDIS_SIZEOF_BIND_PARAMETERS_REVISION_1 248
#define NDIS_SIZEOF_BIND_PARAMETERS_REVISION_2 256
#define NDIS_SIZEOF_BIND_PARAMETERS_REVISION_3 280
#define NDIS_SIZEOF_BIND_PARAMETERS_REVISION_4 312

// MARK: Values of the attributes

enum { NdisMedium802_3 = 0 };

enum {
  NdisPhysicalMediumUnspecified = 0,
  NdisPhysicalMediumNative802_11 = 9,
  NdisPhysicalMedium802_3 = 14
};

enum {
  MediaConnectStateUnknown = 0,
  MediaConnectStateConnected = 1,
  MediaConnectStateDisconnected = 2
};

enum { MediaDuplexStateUnknown = 0, MediaDuplexStateHalf = 1, MediaDuplexStateFull = 2 };

// NDIS_MEDIA_STATE, of OID_GEN_MEDIA_CONNECT_STATUS.
enum { NdisMediaStateConnected = 0, NdisMediaStateDisconnected = 1 };

#define NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA 0x00000001u
#define NDIS_MAC_OPTION_TRANSFERS_NOT_PEND 0x00000004u
#define NDIS_MAC_OPTION_NO_LOOPBACK 0x00000008u

#define NDIS_PACKET_TYPE_DIRECTED 0x00000001u
#define NDIS_PACKET_TYPE_MULTICAST 0x00000002u
#define NDIS_PACKET_TYPE_ALL_MULTICAST 0x00000004u
#define NDIS_PACKET_TYPE_BROADCAST 0x00000008u
#define NDIS_PACKET_TYPE_PROMISCUOUS 0x00000020u

#define IF_TYPE_ETHERNET_CSMACD 6
#define NET_IF_ACCESS_BROADCAST 2
#define NET_IF_DIRECTION_SENDRECEIVE 0
#define NET_IF_CONNECTION_DEDICATED 1

// MARK: OIDs about an adapter in general

#define OID_GEN_SUPPORTED_LIST 0x00010101u
#define OID_GEN_MEDIA_SUPPORTED 0x00010103u
#define OID_GEN_MEDIA_IN_USE 0x00010104u
#define OID_GEN_MAXIMUM_LOOKAHEAD 0x00010105u
#define OID_GEN_MAXIMUM_FRAME_SIZE 0x00010106u
#define OID_GEN_CURRENT_PACKET_FILTER 0x0001010Eu
#define OID_GEN_CURRENT_LOOKAHEAD 0x0001010Fu
#define OID_GEN_DRIVER_VERSION 0x00010110u
#define OID_GEN_MAC_OPTIONS 0x00010113u
#define OID_GEN_MEDIA_CONNECT_STATUS 0x00010114u
#define OID_GEN_PHYSICAL_MEDIUM 0x00010202u
#define OID_GEN_MAX_LINK_SPEED 0x00010206u
#define OID_GEN_LINK_STATE 0x00010207u
#define OID_GEN_PHYSICAL_MEDIUM_EX 0x00010213u
#define OID_GEN_STATISTICS 0x00020106u
#define OID_802_3_PERMANENT_ADDRESS 0x01010101u
#define OID_802_3_CURRENT_ADDRESS 0x01010102u
#define OID_802_3_MAXIMUM_LIST_SIZE 0x01010104u

typedef struct NDIS_LINK_SPEED {
  uint64_t XmitLinkSpeed;  // bits per second
  uint64_t RcvLinkSpeed;
} NDIS_LINK_SPEED;

typedef struct NDIS_LINK_STATE {
  NDIS_OBJECT_HEADER Header;
  uint32_t MediaConnectState;
  uint32_t MediaDuplexState;
  uint32_t Reserved0;
  uint64_t XmitLinkSpeed;
  uint64_t RcvLinkSpeed;
  uint32_t PauseFunctions;
  uint32_t AutoNegotiationFlags;
} NDIS_LINK_STATE;
#define NDIS_LINK_STATE_REVISION_1 1
#define NDIS_SIZEOF_LINK_STATE_REVISION_1 40

// MARK: Structures that no message carries yet

typedef struct NDIS_SCATTER_GATHER_LIST_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t QueueId;
  int32_t SharedMemoryUsage;
  uint64_t Mdl;
  uint64_t CurrentVa;
  uint32_t Length;
  uint32_t Reserved0;
  uint64_t ProcessSGListHandler;
  uint64_t Context;
  uint64_t ScatterGatherListBuffer;
  uint32_t ScatterGatherListBufferSize;
  uint32_t ScatterGatherListBufferSizeNeeded;
} NDIS_SCATTER_GATHER_LIST_PARAMETERS;
#define NDIS_SIZEOF_SCATTER_GATHER_LIST_PARAMETERS_REVISION_1 72

typedef struct NDIS_RECEIVE_FILTER_QUEUE_STATE_CHANGE {
  NDIS_OBJECT_HEADER Header;
  uint32_t QueueId;
} NDIS_RECEIVE_FILTER_QUEUE_STATE_CHANGE;
#define NDIS_SIZEOF_RECEIVE_FILTER_QUEUE_STATE_CHANGE_REVISION_1 8

typedef struct NET_BUFFER {
  uint64_t Next;
  uint64_t CurrentMdl;
  uint32_t CurrentMdlOffset;
  uint32_t Reserved0;
  uint32_t DataLength;
  uint32_t Reserved1;
  uint64_t MdlChain;
  uint32_t DataOffset;
  uint32_t Reserved2;
  uint16_t ChecksumBias;
  uint16_t Reserved;
  uint32_t Reserved3;
  uint64_t NdisPoolHandle;
  uint64_t NdisReserved[2];
  uint64_t ProtocolReserved[6];
  uint64_t MiniportReserved[4];
  uint64_t DataPhysicalAddress;
  uint64_t SharedMemoryInfo;  // a union with ScatterGatherList
} NET_BUFFER;

typedef struct NET_DEVICE_PNP_EVENT {
  NDIS_OBJECT_HEADER Header;
  uint32_t PortNumber;
  int32_t DevicePnPEvent;
  uint32_t Reserved0;
  uint64_t InformationBuffer;
  uint32_t InformationBufferLength;
  uint8_t NdisReserved[16];
  uint32_t Reserved1;
} NET_DEVICE_PNP_EVENT;

typedef struct NDIS_MINIPORT_INIT_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint64_t AllocatedResources;
  uint64_t IMDeviceInstanceContext;
  uint64_t MiniportAddDeviceContext;
  uint32_t IfIndex;
  uint32_t Reserved0;
  uint64_t NetLuid;
  uint64_t DefaultPortAuthStates;
  uint64_t PciDeviceCustomProperties;
} NDIS_MINIPORT_INIT_PARAMETERS;

typedef struct NDIS_MINIPORT_PAUSE_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t PauseReason;
} NDIS_MINIPORT_PAUSE_PARAMETERS;

typedef struct NDIS_MINIPORT_RESTART_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Reserved0;
  uint64_t RestartAttributes;
  uint32_t Flags;
  uint32_t Reserved1;
} NDIS_MINIPORT_RESTART_PARAMETERS;

// NDIS_DEVICE_POWER_STATE, of OID_PNP_SET_POWER.
enum {
  NdisDeviceStateUnspecified = 0,
  NdisDeviceStateD0 = 1,
  NdisDeviceStateD1 = 2,
  NdisDeviceStateD2 = 3,
  NdisDeviceStateD3 = 4
};

#define NDIS_SEND_FLAGS_SINGLE_QUEUE 0x00000004u
#define NDIS_SEND_COMPLETE_FLAGS_SINGLE_QUEUE 0x00000002u
