// The x64 images of the NDIS structures that cross the driver plane, and the constants that go with
// them. Names and values are those of the public WDK headers (ndis.h, ntddndis.h, wdm.h); the text is
// ours. Every integer is little-endian and of fixed width, so that the images are the same on every
// host: ULONG is uint32_t, NDIS_HANDLE and pointers are uint64_t. On the wire a pointer field is zero
// and a handler field is an opaque cookie, zero meaning "no handler".
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define NDISSIM_STATIC_ASSERT static_assert
#else
#define NDISSIM_STATIC_ASSERT _Static_assert
#endif

// MARK: NDIS_STATUS

typedef int32_t NDIS_STATUS;
#define NDIS_STATUS_SUCCESS ((uint32_t)0x00000000)
#define NDIS_STATUS_PENDING ((uint32_t)0x00000103)
#define NDIS_STATUS_NOT_ACCEPTED ((uint32_t)0x00010003)
#define NDIS_STATUS_FAILURE ((uint32_t)0xC0000001)
#define NDIS_STATUS_INVALID_PARAMETER ((uint32_t)0xC000000D)
#define NDIS_STATUS_RESOURCES ((uint32_t)0xC000009A)
#define NDIS_STATUS_NOT_SUPPORTED ((uint32_t)0xC00000BB)
#define NDIS_STATUS_BAD_VERSION ((uint32_t)0xC0010004)
#define NDIS_STATUS_BAD_CHARACTERISTICS ((uint32_t)0xC0010005)
#define NDIS_STATUS_ADAPTER_NOT_FOUND ((uint32_t)0xC0010006)
#define NDIS_STATUS_OPEN_FAILED ((uint32_t)0xC0010007)
#define NDIS_STATUS_RESOURCE_CONFLICT ((uint32_t)0xC001001E)
#define NDIS_STATUS_UNSUPPORTED_MEDIA ((uint32_t)0xC0010019)

// MARK: IRQL (x64)

#define NDISSIM_PASSIVE_LEVEL 0
#define NDISSIM_APC_LEVEL 1
#define NDISSIM_DISPATCH_LEVEL 2
#define NDISSIM_HIGH_LEVEL 15

// MARK: NDIS_OBJECT_HEADER

typedef struct NDIS_OBJECT_HEADER {
  uint8_t Type;
  uint8_t Revision;
  uint16_t Size;
} NDIS_OBJECT_HEADER;
NDISSIM_STATIC_ASSERT(sizeof(NDIS_OBJECT_HEADER) == 4, "NDIS_OBJECT_HEADER");

#define NDIS_OBJECT_TYPE_DEFAULT 0x80
#define NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION 0x83
#define NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS 0x8A
#define NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS 0x8B
#define NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS 0x95
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES 0x9E
#define NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS 0xB0

// MARK: NDIS_SHARED_MEMORY_PARAMETERS

typedef struct NDIS_SHARED_MEMORY_PARAMETERS {
  NDIS_OBJECT_HEADER Header;    // Type DEFAULT, Revision 1 (6.20) or 2 (6.30)
  uint32_t Flags;               // NDIS_SHARED_MEM_PARAMETERS_*
  uint32_t QueueId;             // 0 = default receive queue
  uint32_t Reserved0;           // padding of the x64 layout
  uint64_t SharedMemoryHandle;  // out; zero on the wire
  uint32_t PreferredNode;       // NUMA node or MM_ANY_NODE_OK
  int32_t Usage;                // NDIS_SHARED_MEMORY_USAGE
  uint32_t Length;              // bytes
  uint32_t Reserved1;           // padding of the x64 layout
  uint64_t VirtualAddress;      // out; zero on the wire
  uint32_t SGListBufferLength;  // bytes of the caller's buffer
  uint32_t Reserved2;           // padding of the x64 layout
  uint64_t SGListBuffer;        // out; zero on the wire
  uint32_t VPortId;             // revision 2
  uint32_t Reserved3;           // tail padding; not part of revision 2
} NDIS_SHARED_MEMORY_PARAMETERS;
NDISSIM_STATIC_ASSERT(sizeof(NDIS_SHARED_MEMORY_PARAMETERS) == 72, "parameters");
NDISSIM_STATIC_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, Flags) == 4, "Flags");
NDISSIM_STATIC_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, QueueId) == 8, "QueueId");
NDISSIM_STATIC_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, SharedMemoryHandle) == 16, "SMH");
NDISSIM_STATIC_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, PreferredNode) == 24, "Node");
NDISSIM_STATIC_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, Usage) == 28, "Usage");
NDISSIM_STATIC_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, Length) == 32, "Length");
NDISSIM_STATIC_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, VirtualAddress) == 40, "VA");
NDISSIM_STATIC_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, SGListBufferLength) == 48, "SGL");
NDISSIM_STATIC_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, SGListBuffer) == 56, "SGB");
NDISSIM_STATIC_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, VPortId) == 64, "VPortId");

#define NDIS_SHARED_MEMORY_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_1 64
#define NDIS_SHARED_MEMORY_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2 68

#define NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS 0x00000001
// The misspelling is Microsoft's and stays an alias, as in its header.
#define NDIS_SHARED_MEM_PARAMETERS_CONTIGOUS NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS

#define NDIS_DEFAULT_RECEIVE_QUEUE_ID 0
#define NDIS_DEFAULT_VPORT_ID 0
#define NDIS_INVALID_VPORT_ID 0xFFFFFFFFu
#define MM_ANY_NODE_OK 0x80000000u

enum {
  NdisSharedMemoryUsageUndefined = 0,
  NdisSharedMemoryUsageXmit = 1,
  NdisSharedMemoryUsageXmitHeader = 2,
  NdisSharedMemoryUsageXmitData = 3,
  NdisSharedMemoryUsageReceive = 4,
  NdisSharedMemoryUsageReceiveLookahead = 5,
  NdisSharedMemoryUsageReceivePostLookahead = 6,
  NdisSharedMemoryUsageReceiveHeader = 7,
  NdisSharedMemoryUsageReceiveData = 8,
  NdisSharedMemoryUsageOther = 9,
  NdisSharedMemoryUsageMax = 10
};

// MARK: SCATTER_GATHER_LIST

typedef struct SCATTER_GATHER_ELEMENT {
  uint64_t Address;  // physical, simulated
  uint32_t Length;
  uint32_t Reserved0;
  uint64_t Reserved;
} SCATTER_GATHER_ELEMENT;
NDISSIM_STATIC_ASSERT(sizeof(SCATTER_GATHER_ELEMENT) == 24, "SCATTER_GATHER_ELEMENT");

typedef struct SCATTER_GATHER_LIST {
  uint32_t NumberOfElements;
  uint32_t Reserved0;
  uint64_t Reserved;
  // SCATTER_GATHER_ELEMENT Elements[] follow
} SCATTER_GATHER_LIST;
NDISSIM_STATIC_ASSERT(sizeof(SCATTER_GATHER_LIST) == 16, "SCATTER_GATHER_LIST");

// MARK: NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS

typedef struct NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint64_t ProviderContext;
  uint64_t AllocateSharedMemoryHandler;
  uint64_t FreeSharedMemoryHandler;
} NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS;
NDISSIM_STATIC_ASSERT(sizeof(NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS) == 32, "provider");

#define NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1 32
#define NDIS_SHARED_MEMORY_PROVIDER_CHAR_SUPPORTS_PF_VPORTS 0x00000001

// MARK: Driver characteristics

typedef struct NDIS_MINIPORT_DRIVER_CHARACTERISTICS {
  NDIS_OBJECT_HEADER Header;
  uint8_t MajorNdisVersion;
  uint8_t MinorNdisVersion;
  uint8_t MajorDriverVersion;
  uint8_t MinorDriverVersion;
  uint32_t Flags;
  uint32_t Reserved0;
  uint64_t SetOptionsHandler;
  uint64_t InitializeHandlerEx;
  uint64_t HaltHandlerEx;
  uint64_t UnloadHandler;
  uint64_t PauseHandler;
  uint64_t RestartHandler;
  uint64_t OidRequestHandler;
  uint64_t SendNetBufferListsHandler;
  uint64_t ReturnNetBufferListsHandler;
  uint64_t CancelSendHandler;
  uint64_t CheckForHangHandlerEx;
  uint64_t ResetHandlerEx;
  uint64_t DevicePnPEventNotifyHandler;
  uint64_t ShutdownHandlerEx;
  uint64_t CancelOidRequestHandler;         // revision 1 ends here: 136
  uint64_t DirectOidRequestHandler;
  uint64_t CancelDirectOidRequestHandler;   // revision 2 ends here: 152
  uint64_t SynchronousOidRequestHandler;    // revision 3 ends here: 160
} NDIS_MINIPORT_DRIVER_CHARACTERISTICS;
NDISSIM_STATIC_ASSERT(sizeof(NDIS_MINIPORT_DRIVER_CHARACTERISTICS) == 160, "miniport");
NDISSIM_STATIC_ASSERT(offsetof(NDIS_MINIPORT_DRIVER_CHARACTERISTICS, SetOptionsHandler) == 16, "o");
NDISSIM_STATIC_ASSERT(
    offsetof(NDIS_MINIPORT_DRIVER_CHARACTERISTICS, ShutdownHandlerEx) == 120, "offset");

#define NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1 136
#define NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2 152
#define NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3 160

typedef struct NDIS_PROTOCOL_DRIVER_CHARACTERISTICS {
  NDIS_OBJECT_HEADER Header;
  uint8_t MajorNdisVersion;
  uint8_t MinorNdisVersion;
  uint8_t MajorDriverVersion;
  uint8_t MinorDriverVersion;
  uint32_t Flags;
  uint32_t Reserved0;
  uint64_t Name[2];  // NDIS_STRING; zero on the wire, the name travels beside the image
  uint64_t SetOptionsHandler;
  uint64_t BindAdapterHandlerEx;
  uint64_t UnbindAdapterHandlerEx;
  uint64_t OpenAdapterCompleteHandlerEx;
  uint64_t CloseAdapterCompleteHandlerEx;
  uint64_t NetPnPEventHandler;
  uint64_t UninstallHandler;
  uint64_t OidRequestCompleteHandler;
  uint64_t StatusHandlerEx;
  uint64_t ReceiveNetBufferListsHandler;
  uint64_t SendNetBufferListsCompleteHandler;  // revision 1 ends here: 120
  uint64_t DirectOidRequestCompleteHandler;    // revision 2 ends here: 128
} NDIS_PROTOCOL_DRIVER_CHARACTERISTICS;
NDISSIM_STATIC_ASSERT(sizeof(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS) == 128, "protocol");

#define NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1 120
#define NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2 128

// The head of NDIS_FILTER_DRIVER_CHARACTERISTICS, as far as this simulator reads it. Filter drivers
// are registered so that they can be refused where the contract refuses them.
typedef struct NDIS_FILTER_DRIVER_CHARACTERISTICS_HEAD {
  NDIS_OBJECT_HEADER Header;
  uint8_t MajorNdisVersion;
  uint8_t MinorNdisVersion;
  uint8_t MajorDriverVersion;
  uint8_t MinorDriverVersion;
  uint32_t Flags;
  uint32_t Reserved0;
  uint64_t FriendlyName[2];
  uint64_t UniqueName[2];
  uint64_t ServiceName[2];
  uint64_t SetOptionsHandler;
  uint64_t SetFilterModuleOptionsHandler;
  uint64_t AttachHandler;
  uint64_t DetachHandler;
} NDIS_FILTER_DRIVER_CHARACTERISTICS_HEAD;
NDISSIM_STATIC_ASSERT(sizeof(NDIS_FILTER_DRIVER_CHARACTERISTICS_HEAD) == 96, "filter");

// MARK: Adapter attributes and DMA

typedef struct NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES {
  NDIS_OBJECT_HEADER Header;
  uint32_t Reserved0;
  uint64_t MiniportAdapterContext;
  uint32_t AttributeFlags;
  uint32_t CheckForHangTimeInSeconds;
  int32_t InterfaceType;
  uint32_t Reserved1;
} NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
NDISSIM_STATIC_ASSERT(sizeof(NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES) == 32, "attributes");

#define NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1 1
#define NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1 28
#define NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE 0x00000001
#define NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER 0x00000040

typedef struct NDIS_SG_DMA_DESCRIPTION {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t MaximumPhysicalMapping;
  uint32_t Reserved0;
  uint64_t ProcessSGListHandler;
  uint64_t SharedMemAllocateCompleteHandler;
  uint32_t ScatterGatherListSize;  // out; revision 1 ends here: 36
  uint32_t Reserved1;
  uint64_t PdoOverride;  // 6.85; revision 2 ends here: 48
} NDIS_SG_DMA_DESCRIPTION;
NDISSIM_STATIC_ASSERT(sizeof(NDIS_SG_DMA_DESCRIPTION) == 48, "SG DMA description");
NDISSIM_STATIC_ASSERT(
    offsetof(NDIS_SG_DMA_DESCRIPTION, ScatterGatherListSize) == 32, "ScatterGatherListSize");

#define NDIS_SG_DMA_DESCRIPTION_REVISION_1 1
#define NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 36
#define NDIS_SG_DMA_DESCRIPTION_REVISION_2 2
#define NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_2 48
#define NDIS_SG_DMA_64_BIT_ADDRESS 0x00000001

// NdisMRegisterDmaChannel's structure, which has no header.
typedef struct NDIS_DMA_DESCRIPTION {
  uint8_t DemandMode;          // 0 or 1
  uint8_t AutoInitialize;      // 0 or 1
  uint8_t DmaChannelSpecified; // 0 or 1
  uint8_t Reserved0;           // padding
  uint32_t DmaWidth;           // 0 = Width8Bits, 1 = Width16Bits, 2 = Width32Bits
  uint32_t DmaSpeed;           // 0 = Compatible, 1 = TypeA, 2 = TypeB, 3 = TypeC
  uint32_t DmaPort;            // zero
  uint32_t DmaChannel;
} NDIS_DMA_DESCRIPTION;
NDISSIM_STATIC_ASSERT(sizeof(NDIS_DMA_DESCRIPTION) == 20, "DMA description");

// MARK: Bug checks

#define NDISSIM_BUGCODE_NDIS_DRIVER 0x0000007C
#define NDISSIM_DRIVER_VERIFIER_DETECTED_VIOLATION 0x000000C4
#define NDISSIM_DRIVER_VERIFIER_DMA_VIOLATION 0x000000E6
#define NDIS_BUGCHECK_ALLOCATE_SHARED_MEM_HIGH_IRQL 0x01
#define NDIS_BUGCHECK_FREE_INVALID_SHARED_MEM 0x03
