// OIDs, receive queues and filters, the NIC switch, status indications and the receive path: the x64
// images that travel in an OID request's information buffer or beside an indication, and the
// constants that go with them. Names and values are those of the public WDK headers (ntddndis.h,
// ndis.h); the text is ours. As in ndis_abi.h every integer is little-endian and of fixed width,
// padding is written out, pointers are zero on the wire, and a Size macro is what the header's macro
// of that name gives on x64, which can be less than `sizeof`. ndis_oid.c asserts every size, offset
// and Size macro.
#pragma once
#include "ndis_abi.h"

// MARK: More of NDIS_STATUS

#define NDIS_STATUS_INDICATION_REQUIRED ((uint32_t)0x40230001)
#define NDIS_STATUS_MULTICAST_FULL ((uint32_t)0xC0010009)
#define NDIS_STATUS_REQUEST_ABORTED ((uint32_t)0xC001000C)
#define NDIS_STATUS_RESET_IN_PROGRESS ((uint32_t)0xC001000D)
#define NDIS_STATUS_INVALID_LENGTH ((uint32_t)0xC0010014)
#define NDIS_STATUS_INVALID_DATA ((uint32_t)0xC0010015)
#define NDIS_STATUS_BUFFER_TOO_SHORT ((uint32_t)0xC0010016)
#define NDIS_STATUS_INVALID_OID ((uint32_t)0xC0010017)
#define NDIS_STATUS_FILE_NOT_FOUND ((uint32_t)0xC001001B)
#define NDIS_STATUS_UNSUPPORTED_REVISION ((uint32_t)0xC023002C)

// What a miniport indicates.
#define NDIS_STATUS_LINK_STATE ((uint32_t)0x40010017)
#define NDIS_STATUS_RECEIVE_QUEUE_STATE ((uint32_t)0x4002000D)
#define NDIS_STATUS_RECEIVE_FILTER_CURRENT_CAPABILITIES ((uint32_t)0x40020010)
#define NDIS_STATUS_RECEIVE_FILTER_HARDWARE_CAPABILITIES ((uint32_t)0x40020020)
#define NDIS_STATUS_RECEIVE_FILTER_QUEUE_PARAMETERS ((uint32_t)0x40020030)
#define NDIS_STATUS_NIC_SWITCH_CURRENT_CAPABILITIES ((uint32_t)0x40020040)
#define NDIS_STATUS_NIC_SWITCH_HARDWARE_CAPABILITIES ((uint32_t)0x40020050)
#define NDIS_STATUS_RECEIVE_FILTER_QUEUE_STATE_CHANGE ((uint32_t)0x40020070)

// MARK: OIDs

enum {
  NdisRequestQueryInformation = 0,
  NdisRequestSetInformation = 1,
  NdisRequestQueryStatistics = 2,
  NdisRequestMethod = 12
};

#define NDIS_OBJECT_TYPE_OID_REQUEST 0x96
#define NDIS_OID_REQUEST_REVISION_1 1
#define NDIS_SIZEOF_OID_REQUEST_REVISION_1 236
#define NDIS_OID_REQUEST_REVISION_2 2
#define NDIS_SIZEOF_OID_REQUEST_REVISION_2 248
#define NDIS_OID_REQUEST_FLAGS_VPORT_ID_VALID 0x00000001

// Pointers are zero on the wire; the information buffer travels behind the image.
typedef struct NDIS_OID_REQUEST {
  NDIS_OBJECT_HEADER Header;
  int32_t RequestType;
  uint32_t PortNumber;
  uint32_t Timeout;  // seconds, 0 = none
  uint64_t RequestId;
  uint64_t RequestHandle;
  // On Windows a union of QUERY_INFORMATION, SET_INFORMATION and METHOD_INFORMATION; flat here, for Swift
  // does not take a union for plain bytes.
  struct {
    uint32_t Oid;
    uint32_t Reserved0;
    uint64_t InformationBuffer;
    uint32_t InformationBufferLength;  // of a method: InputBufferLength
    uint32_t BytesWritten;             // of a set: BytesRead; of a method: OutputBufferLength
    uint32_t BytesNeeded;              // of a method: MethodId
    uint32_t MethodBytesWritten;
    uint32_t MethodBytesRead;
    uint32_t MethodBytesNeeded;
  } DATA;
  uint8_t NdisReserved[128];
  uint8_t MiniportReserved[16];
  uint8_t SourceReserved[16];
  uint8_t SupportedRevision;
  uint8_t Reserved1;
  uint16_t Reserved2;
  uint32_t SwitchId;  // from here on revision 2
  uint32_t VPortId;
  uint32_t Flags;
} NDIS_OID_REQUEST;

// The general and the Ethernet OIDs that every miniport handles (mandatory-oids-for-miniport-drivers).
#define OID_GEN_TRANSMIT_BUFFER_SPACE 0x00010108u
#define OID_GEN_RECEIVE_BUFFER_SPACE 0x00010109u
#define OID_GEN_TRANSMIT_BLOCK_SIZE 0x0001010Au
#define OID_GEN_RECEIVE_BLOCK_SIZE 0x0001010Bu
#define OID_GEN_VENDOR_ID 0x0001010Cu
#define OID_GEN_VENDOR_DESCRIPTION 0x0001010Du
#define OID_GEN_CURRENT_PACKET_FILTER 0x0001010Eu
#define OID_GEN_CURRENT_LOOKAHEAD 0x0001010Fu
#define OID_GEN_MAXIMUM_TOTAL_SIZE 0x00010111u
#define OID_GEN_VENDOR_DRIVER_VERSION 0x00010116u
#define OID_GEN_LINK_PARAMETERS 0x00010208u
#define OID_GEN_INTERRUPT_MODERATION 0x00010209u
#define OID_GEN_XMIT_OK 0x00020101u
#define OID_GEN_RCV_OK 0x00020102u
#define OID_GEN_STATISTICS 0x00020106u
#define OID_802_3_MULTICAST_LIST 0x01010103u

#define OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES 0x00010221u
#define OID_RECEIVE_FILTER_GLOBAL_PARAMETERS 0x00010222u
#define OID_RECEIVE_FILTER_ALLOCATE_QUEUE 0x00010223u
#define OID_RECEIVE_FILTER_FREE_QUEUE 0x00010224u
#define OID_RECEIVE_FILTER_ENUM_QUEUES 0x00010225u
#define OID_RECEIVE_FILTER_QUEUE_PARAMETERS 0x00010226u
#define OID_RECEIVE_FILTER_SET_FILTER 0x00010227u
#define OID_RECEIVE_FILTER_CLEAR_FILTER 0x00010228u
#define OID_RECEIVE_FILTER_ENUM_FILTERS 0x00010229u
#define OID_RECEIVE_FILTER_PARAMETERS 0x0001022Au
#define OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE 0x0001022Bu
#define OID_RECEIVE_FILTER_CURRENT_CAPABILITIES 0x0001022Du
#define OID_NIC_SWITCH_HARDWARE_CAPABILITIES 0x0001022Eu
#define OID_NIC_SWITCH_CURRENT_CAPABILITIES 0x0001022Fu
#define OID_RECEIVE_FILTER_MOVE_FILTER 0x00010230u
#define OID_NIC_SWITCH_CREATE_SWITCH 0x00010237u
#define OID_NIC_SWITCH_PARAMETERS 0x00010238u
#define OID_NIC_SWITCH_DELETE_SWITCH 0x00010239u
#define OID_NIC_SWITCH_ENUM_SWITCHES 0x00010240u
#define OID_NIC_SWITCH_CREATE_VPORT 0x00010241u
#define OID_NIC_SWITCH_VPORT_PARAMETERS 0x00010242u
#define OID_NIC_SWITCH_ENUM_VPORTS 0x00010243u
#define OID_NIC_SWITCH_DELETE_VPORT 0x00010244u
#define OID_NIC_SWITCH_ALLOCATE_VF 0x00010245u
#define OID_NIC_SWITCH_FREE_VF 0x00010246u
#define OID_PNP_SET_POWER 0xFD010101u
#define OID_PNP_QUERY_POWER 0xFD010102u
#define OID_NDISSIM_GENERATE 0xFF010001u  // ours, of the vendors' range

// MARK: Parts of several structures

#define NDIS_DEFAULT_RECEIVE_QUEUE_GROUP_ID 0
#define NDIS_DEFAULT_RECEIVE_FILTER_ID 0
#define NDIS_DEFAULT_SWITCH_ID 0
#define NDIS_INVALID_SWITCH_ID 0xFFFFFFFFu
#define NDIS_PF_FUNCTION_ID 0xFFFF
#define NDIS_INVALID_VF_FUNCTION_ID 0xFFFF
#define NDIS_DEFAULT_PORT_NUMBER 0

#define NDISSIM_IF_MAX_STRING 256  // UTF-16 units without the terminating zero

typedef struct GROUP_AFFINITY {
  uint64_t Mask;
  uint16_t Group;
  uint16_t Reserved[3];
} GROUP_AFFINITY;

typedef struct NDIS_IF_COUNTED_STRING {
  uint16_t Length;  // bytes, an even number up to 512
  uint16_t String[NDISSIM_IF_MAX_STRING + 1];  // UTF-16
} NDIS_IF_COUNTED_STRING;

// MARK: Receive queues

enum { NdisReceiveQueueTypeUnspecified = 0, NdisReceiveQueueTypeVMQueue = 1 };
#define NdisReceiveQueueTypeMaximum 2

enum {
  NdisReceiveQueueOperationalStateUndefined = 0,
  NdisReceiveQueueOperationalStateRunning = 1,
  NdisReceiveQueueOperationalStatePaused = 2,
  NdisReceiveQueueOperationalStateDmaStopped = 3,
  NdisReceiveQueueOperationalStateMaximum = 4
};

#define NDIS_RECEIVE_QUEUE_PARAMETERS_PER_QUEUE_RECEIVE_INDICATION 0x00000001u
#define NDIS_RECEIVE_QUEUE_PARAMETERS_LOOKAHEAD_SPLIT_REQUIRED 0x00000002u  // ignored from 6.30
#define NDIS_RECEIVE_QUEUE_PARAMETERS_FLAGS_CHANGED 0x00010000u
#define NDIS_RECEIVE_QUEUE_PARAMETERS_PROCESSOR_AFFINITY_CHANGED 0x00020000u
#define NDIS_RECEIVE_QUEUE_PARAMETERS_SUGGESTED_RECV_BUFFER_NUMBERS_CHANGED 0x00040000u
#define NDIS_RECEIVE_QUEUE_PARAMETERS_NAME_CHANGED 0x00080000u
#define NDIS_RECEIVE_QUEUE_PARAMETERS_INTERRUPT_COALESCING_DOMAIN_ID_CHANGED 0x00100000u  // 6.30
#define NDIS_RECEIVE_QUEUE_PARAMETERS_QOS_SQ_ID_CHANGED 0x00200000u                       // 6.50
#define NDIS_RECEIVE_QUEUE_PARAMETERS_CHANGE_MASK 0xFFFF0000u

typedef struct NDIS_RECEIVE_QUEUE_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  int32_t QueueType;
  uint32_t QueueId;  // in and out
  uint32_t QueueGroupId;
  uint32_t Reserved0;
  GROUP_AFFINITY ProcessorAffinity;
  uint32_t NumSuggestedReceiveBuffers;
  uint32_t MSIXTableEntry;
  uint32_t LookaheadSize;
  NDIS_IF_COUNTED_STRING VmName;
  NDIS_IF_COUNTED_STRING QueueName;
  uint32_t PortId;  // revision 2
  uint32_t InterruptCoalescingDomainId;  // revision 2
  uint32_t QosSqId;  // revision 3
} NDIS_RECEIVE_QUEUE_PARAMETERS;
#define NDIS_RECEIVE_QUEUE_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_QUEUE_PARAMETERS_REVISION_1 1084
#define NDIS_RECEIVE_QUEUE_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_RECEIVE_QUEUE_PARAMETERS_REVISION_2 1092
#define NDIS_RECEIVE_QUEUE_PARAMETERS_REVISION_3 3
#define NDIS_SIZEOF_RECEIVE_QUEUE_PARAMETERS_REVISION_3 1096

typedef struct NDIS_RECEIVE_QUEUE_FREE_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t QueueId;
} NDIS_RECEIVE_QUEUE_FREE_PARAMETERS;
#define NDIS_RECEIVE_QUEUE_FREE_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_QUEUE_FREE_PARAMETERS_REVISION_1 12

typedef struct NDIS_RECEIVE_QUEUE_INFO {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  int32_t QueueType;
  uint32_t QueueId;
  uint32_t QueueGroupId;
  int32_t QueueState;
  GROUP_AFFINITY ProcessorAffinity;
  uint32_t NumSuggestedReceiveBuffers;
  uint32_t MSIXTableEntry;
  uint32_t LookaheadSize;
  NDIS_IF_COUNTED_STRING VmName;
  NDIS_IF_COUNTED_STRING QueueName;
  uint32_t NumFilters;  // revision 2
  uint32_t InterruptCoalescingDomainId;  // revision 2
  uint32_t Reserved0;
} NDIS_RECEIVE_QUEUE_INFO;
#define NDIS_RECEIVE_QUEUE_INFO_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_QUEUE_INFO_REVISION_1 1084
#define NDIS_RECEIVE_QUEUE_INFO_REVISION_2 2
#define NDIS_SIZEOF_RECEIVE_QUEUE_INFO_REVISION_2 1092

// Elements are at FirstElementOffset from the structure's start, ElementSize bytes apart; the offset
// means nothing when NumElements is 0. The same holds for every array below.
typedef struct NDIS_RECEIVE_QUEUE_INFO_ARRAY {
  NDIS_OBJECT_HEADER Header;
  uint32_t FirstElementOffset;
  uint32_t NumElements;
  uint32_t ElementSize;
} NDIS_RECEIVE_QUEUE_INFO_ARRAY;
#define NDIS_RECEIVE_QUEUE_INFO_ARRAY_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_QUEUE_INFO_ARRAY_REVISION_1 16

typedef struct NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t QueueId;
  uint32_t CompletionStatus;  // NDIS_STATUS, out
} NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS;
#define NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS_REVISION_1 16

typedef struct NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t FirstElementOffset;
  uint32_t NumElements;
  uint32_t ElementSize;
} NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY;
#define NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY_REVISION_1 20

typedef struct NDIS_RECEIVE_QUEUE_STATE {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t QueueId;
  int32_t QueueState;
} NDIS_RECEIVE_QUEUE_STATE;
#define NDIS_RECEIVE_QUEUE_STATE_REVISION_1 1
// The doubled NDIS is Microsoft's.
#define NDIS_SIZEOF_NDIS_RECEIVE_QUEUE_STATE_REVISION_1 16

// MARK: Receive filters

enum {
  NdisReceiveFilterTypeUndefined = 0,
  NdisReceiveFilterTypeVMQueue = 1,
  NdisReceiveFilterTypePacketCoalescing = 2,
  NdisReceiveFilterTypeMaximum = 3
};

enum {
  NdisFrameHeaderUndefined = 0,
  NdisFrameHeaderMac = 1,
  NdisFrameHeaderArp = 2,
  NdisFrameHeaderIPv4 = 3,
  NdisFrameHeaderIPv6 = 4,
  NdisFrameHeaderUdp = 5,
  NdisFrameHeaderMaximum = 6
};

enum {
  NdisMacHeaderFieldUndefined = 0,
  NdisMacHeaderFieldDestinationAddress = 1,
  NdisMacHeaderFieldSourceAddress = 2,
  NdisMacHeaderFieldProtocol = 3,
  NdisMacHeaderFieldVlanId = 4,
  NdisMacHeaderFieldPriority = 5,
  NdisMacHeaderFieldPacketType = 6,
  NdisMacHeaderFieldMaximum = 7
};

enum {
  NdisARPHeaderFieldUndefined = 0,
  NdisARPHeaderFieldOperation = 1,
  NdisARPHeaderFieldSPA = 2,
  NdisARPHeaderFieldTPA = 3,
  NdisARPHeaderFieldMaximum = 4
};

enum {
  NdisIPv4HeaderFieldUndefined = 0,
  NdisIPv4HeaderFieldProtocol = 1,
  NdisIPv4HeaderFieldMaximum = 2
};

enum {
  NdisIPv6HeaderFieldUndefined = 0,
  NdisIPv6HeaderFieldProtocol = 1,
  NdisIPv6HeaderFieldMaximum = 2
};

enum {
  NdisUdpHeaderFieldUndefined = 0,
  NdisUdpHeaderFieldDestinationPort = 1,
  NdisUdpHeaderFieldMaximum = 2
};

enum {
  NdisReceiveFilterTestUndefined = 0,
  NdisReceiveFilterTestEqual = 1,
  NdisReceiveFilterTestMaskEqual = 2,
  NdisReceiveFilterTestNotEqual = 3,
  NdisReceiveFilterTestMaximum = 4
};

#define NDIS_RECEIVE_FILTER_FIELD_MAC_HEADER_VLAN_UNTAGGED_OR_ZERO 0x00000001u
// Flags of NDIS_RECEIVE_FILTER_PARAMETERS: the first name up to NDIS 6.40, the second from 6.50.
#define NDIS_RECEIVE_FILTER_PACKET_ENCAPSULATION_GRE 0x00000002u
#define NDIS_RECEIVE_FILTER_PACKET_ENCAPSULATION 0x00000002u
#define NDIS_RECEIVE_FILTER_INFO_ARRAY_VPORT_ID_SPECIFIED 0x00000001u

// EnabledFilterTypes, EnabledQueueTypes, SupportedQueueProperties of the capabilities.
#define NDIS_RECEIVE_FILTER_VMQ_FILTERS_ENABLED 0x00000001u
#define NDIS_RECEIVE_FILTER_PACKET_COALESCING_FILTERS_ENABLED 0x00000002u
#define NDIS_RECEIVE_FILTER_VM_QUEUES_ENABLED 0x00000001u
#define NDIS_RECEIVE_FILTER_MSI_X_SUPPORTED 0x00000001u
#define NDIS_RECEIVE_FILTER_VM_QUEUE_SUPPORTED 0x00000002u
#define NDIS_RECEIVE_FILTER_LOOKAHEAD_SPLIT_SUPPORTED 0x00000004u  // forbidden from 6.30
#define NDIS_RECEIVE_FILTER_DYNAMIC_PROCESSOR_AFFINITY_CHANGE_SUPPORTED 0x00000008u  // 6.30
#define NDIS_RECEIVE_FILTER_INTERRUPT_VECTOR_COALESCING_SUPPORTED 0x00000010u        // 6.30
#define NDIS_RECEIVE_FILTER_ANY_VLAN_SUPPORTED 0x00000020u
#define NDIS_RECEIVE_FILTER_IMPLAT_MIN_OF_QUEUES_MODE 0x00000040u  // never of a miniport
#define NDIS_RECEIVE_FILTER_IMPLAT_SUM_OF_QUEUES_MODE 0x00000080u  // never of a miniport
#define NDIS_RECEIVE_FILTER_PACKET_COALESCING_SUPPORTED_ON_DEFAULT_QUEUE 0x00000100u  // 6.30

// SupportedFilterTests, SupportedHeaders, SupportedMacHeaderFields of the capabilities.
#define NDIS_RECEIVE_FILTER_TEST_HEADER_FIELD_EQUAL_SUPPORTED 0x00000001u
#define NDIS_RECEIVE_FILTER_TEST_HEADER_FIELD_MASK_EQUAL_SUPPORTED 0x00000002u
#define NDIS_RECEIVE_FILTER_TEST_HEADER_FIELD_NOT_EQUAL_SUPPORTED 0x00000004u
#define NDIS_RECEIVE_FILTER_MAC_HEADER_SUPPORTED 0x00000001u
#define NDIS_RECEIVE_FILTER_ARP_HEADER_SUPPORTED 0x00000002u
#define NDIS_RECEIVE_FILTER_IPV4_HEADER_SUPPORTED 0x00000004u
#define NDIS_RECEIVE_FILTER_IPV6_HEADER_SUPPORTED 0x00000008u
#define NDIS_RECEIVE_FILTER_UDP_HEADER_SUPPORTED 0x00000010u
#define NDIS_RECEIVE_FILTER_MAC_HEADER_DEST_ADDR_SUPPORTED 0x00000001u
#define NDIS_RECEIVE_FILTER_MAC_HEADER_SOURCE_ADDR_SUPPORTED 0x00000002u
#define NDIS_RECEIVE_FILTER_MAC_HEADER_PROTOCOL_SUPPORTED 0x00000004u
#define NDIS_RECEIVE_FILTER_MAC_HEADER_VLAN_ID_SUPPORTED 0x00000008u
#define NDIS_RECEIVE_FILTER_MAC_HEADER_PRIORITY_SUPPORTED 0x00000010u
#define NDIS_RECEIVE_FILTER_MAC_HEADER_PACKET_TYPE_SUPPORTED 0x00000020u

typedef struct NDIS_RECEIVE_FILTER_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  int32_t FilterType;
  uint32_t QueueId;
  uint32_t FilterId;  // in and out
  uint32_t FieldParametersArrayOffset;
  uint32_t FieldParametersArrayNumElements;
  uint32_t FieldParametersArrayElementSize;
  uint32_t RequestedFilterIdBitCount;
  uint32_t MaxCoalescingDelay;  // revision 2
  uint32_t VPortId;  // revision 2
} NDIS_RECEIVE_FILTER_PARAMETERS;
#define NDIS_RECEIVE_FILTER_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_FILTER_PARAMETERS_REVISION_1 36
#define NDIS_RECEIVE_FILTER_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_RECEIVE_FILTER_PARAMETERS_REVISION_2 44

typedef struct NDIS_RECEIVE_FILTER_FIELD_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  int32_t FrameHeader;
  int32_t ReceiveFilterTest;
  int32_t HeaderField;  // of the frame header named
  uint32_t Reserved0;
  uint8_t FieldValue[16];
  uint8_t ResultValue[16];
} NDIS_RECEIVE_FILTER_FIELD_PARAMETERS;
#define NDIS_RECEIVE_FILTER_FIELD_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_FILTER_FIELD_PARAMETERS_REVISION_1 56
#define NDIS_RECEIVE_FILTER_FIELD_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_RECEIVE_FILTER_FIELD_PARAMETERS_REVISION_2 56

typedef struct NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t QueueId;
  uint32_t FilterId;
} NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS;
#define NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_FILTER_CLEAR_PARAMETERS_REVISION_1 16

typedef struct NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t FilterId;
  uint32_t SourceQueueId;
  uint32_t SourceVPortId;
  uint32_t DestQueueId;
  uint32_t DestVPortId;
} NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS;
#define NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS_REVISION_1 24

typedef struct NDIS_RECEIVE_FILTER_INFO {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  int32_t FilterType;
  uint32_t FilterId;
} NDIS_RECEIVE_FILTER_INFO;
#define NDIS_RECEIVE_FILTER_INFO_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_FILTER_INFO_REVISION_1 16

typedef struct NDIS_RECEIVE_FILTER_INFO_ARRAY {
  NDIS_OBJECT_HEADER Header;
  uint32_t QueueId;
  uint32_t FirstElementOffset;
  uint32_t NumElements;
  uint32_t ElementSize;
  uint32_t Flags;  // revision 2
  uint32_t VPortId;  // revision 2
} NDIS_RECEIVE_FILTER_INFO_ARRAY;
#define NDIS_RECEIVE_FILTER_INFO_ARRAY_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_FILTER_INFO_ARRAY_REVISION_1 20
#define NDIS_RECEIVE_FILTER_INFO_ARRAY_REVISION_2 2
#define NDIS_SIZEOF_RECEIVE_FILTER_INFO_ARRAY_REVISION_2 28

typedef struct NDIS_RECEIVE_FILTER_CAPABILITIES {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t EnabledFilterTypes;
  uint32_t EnabledQueueTypes;
  uint32_t NumQueues;  // without the default queue
  uint32_t SupportedQueueProperties;
  uint32_t SupportedFilterTests;
  uint32_t SupportedHeaders;
  uint32_t SupportedMacHeaderFields;
  uint32_t MaxMacHeaderFilters;
  uint32_t MaxQueueGroups;
  uint32_t MaxQueuesPerQueueGroup;
  uint32_t MinLookaheadSplitSize;
  uint32_t MaxLookaheadSplitSize;
  uint32_t SupportedARPHeaderFields;  // from here on revision 2
  uint32_t SupportedIPv4HeaderFields;
  uint32_t SupportedIPv6HeaderFields;
  uint32_t SupportedUdpHeaderFields;
  uint32_t MaxFieldTestsPerPacketCoalescingFilter;
  uint32_t MaxPacketCoalescingFilters;
  uint32_t NdisReserved;
} NDIS_RECEIVE_FILTER_CAPABILITIES;
#define NDIS_RECEIVE_FILTER_CAPABILITIES_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_FILTER_CAPABILITIES_REVISION_1 56
#define NDIS_RECEIVE_FILTER_CAPABILITIES_REVISION_2 2
#define NDIS_SIZEOF_RECEIVE_FILTER_CAPABILITIES_REVISION_2 84

typedef struct NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t EnabledFilterTypes;
  uint32_t EnabledQueueTypes;
} NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS;
#define NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_FILTER_GLOBAL_PARAMETERS_REVISION_1 16

// MARK: NIC switch and VPorts

enum { NdisNicSwitchTypeUnspecified = 0, NdisNicSwitchTypeExternal = 1, NdisNicSwitchTypeMax = 2 };

enum {
  NdisNicSwitchVPortStateUndefined = 0,
  NdisNicSwitchVPortStateActivated = 1,
  NdisNicSwitchVPortStateDeactivated = 2,
  NdisNicSwitchVPortStateMaximum = 3
};

enum {
  NdisNicSwitchVPortInterruptModerationUndefined = 0,
  NdisNicSwitchVPortInterruptModerationAdaptive = 1,
  NdisNicSwitchVPortInterruptModerationOff = 2,
  NdisNicSwitchVPortInterruptModerationLow = 100,
  NdisNicSwitchVPortInterruptModerationMedium = 200,
  NdisNicSwitchVPortInterruptModerationHigh = 300
};

#define NDIS_NIC_SWITCH_PARAMETERS_SWITCH_NAME_CHANGED 0x00010000u
#define NDIS_NIC_SWITCH_PARAMETERS_CHANGE_MASK 0xFFFF0000u

#define NDIS_NIC_SWITCH_VPORT_PARAMS_LOOKAHEAD_SPLIT_ENABLED 0x00000001u
#define NDIS_NIC_SWITCH_VPORT_PARAMS_PACKET_DIRECT_RX_ONLY 0x00000002u
#define NDIS_NIC_SWITCH_VPORT_PARAMS_ENFORCE_MAX_SG_LIST 0x00008000u
#define NDIS_NIC_SWITCH_VPORT_PARAMS_FLAGS_CHANGED 0x00010000u
#define NDIS_NIC_SWITCH_VPORT_PARAMS_NAME_CHANGED 0x00020000u
#define NDIS_NIC_SWITCH_VPORT_PARAMS_INT_MOD_CHANGED 0x00040000u
#define NDIS_NIC_SWITCH_VPORT_PARAMS_STATE_CHANGED 0x00080000u
#define NDIS_NIC_SWITCH_VPORT_PARAMS_PROCESSOR_AFFINITY_CHANGED 0x00100000u
#define NDIS_NIC_SWITCH_VPORT_PARAMS_NDK_PARAMS_CHANGED 0x00200000u
#define NDIS_NIC_SWITCH_VPORT_PARAMS_QOS_SQ_ID_CHANGED 0x00400000u
#define NDIS_NIC_SWITCH_VPORT_PARAMS_NUM_QUEUE_PAIRS_CHANGED 0x00800000u
#define NDIS_NIC_SWITCH_VPORT_PARAMS_CHANGE_MASK 0xFFFF0000u

#define NDIS_NIC_SWITCH_VPORT_INFO_ARRAY_ENUM_ON_SPECIFIC_FUNCTION 0x00000001u
#define NDIS_NIC_SWITCH_VPORT_INFO_ARRAY_ENUM_ON_SPECIFIC_SWITCH 0x00000002u

#define NDIS_NIC_SWITCH_CAPS_VLAN_SUPPORTED 0x00000001u
#define NDIS_NIC_SWITCH_CAPS_PER_VPORT_INTERRUPT_MODERATION_SUPPORTED 0x00000002u
#define NDIS_NIC_SWITCH_CAPS_ASYMMETRIC_QUEUE_PAIRS_FOR_NONDEFAULT_VPORT_SUPPORTED 0x00000004u
#define NDIS_NIC_SWITCH_CAPS_VF_RSS_SUPPORTED 0x00000008u
#define NDIS_NIC_SWITCH_CAPS_SINGLE_VPORT_POOL 0x00000010u
// From here on 6.60.
#define NDIS_NIC_SWITCH_CAPS_RSS_PARAMETERS_PER_PF_VPORT_SUPPORTED 0x00000020u
#define NDIS_NIC_SWITCH_CAPS_NIC_SWITCH_WITHOUT_IOV_SUPPORTED 0x00000040u
#define NDIS_NIC_SWITCH_CAPS_RSS_ON_PF_VPORTS_SUPPORTED 0x00000080u
#define NDIS_NIC_SWITCH_CAPS_RSS_PER_PF_VPORT_INDIRECTION_TABLE_SUPPORTED 0x00000100u
#define NDIS_NIC_SWITCH_CAPS_RSS_PER_PF_VPORT_HASH_FUNCTION_SUPPORTED 0x00000200u
#define NDIS_NIC_SWITCH_CAPS_RSS_PER_PF_VPORT_HASH_TYPE_SUPPORTED 0x00000400u
#define NDIS_NIC_SWITCH_CAPS_RSS_PER_PF_VPORT_HASH_KEY_SUPPORTED 0x00000800u
#define NDIS_NIC_SWITCH_CAPS_RSS_PER_PF_VPORT_INDIRECTION_TABLE_SIZE_RESTRICTED 0x00001000u

typedef struct NDIS_NIC_SWITCH_CAPABILITIES {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t NdisReserved1;
  uint32_t NumTotalMacAddresses;
  uint32_t NumMacAddressesPerPort;
  uint32_t NumVlansPerPort;
  uint32_t NdisReserved2;
  uint32_t NdisReserved3;
  uint32_t NicSwitchCapabilities;  // from here on revision 2
  uint32_t MaxNumSwitches;
  uint32_t MaxNumVPorts;
  uint32_t NdisReserved4;
  uint32_t MaxNumVFs;
  uint32_t MaxNumQueuePairs;
  uint32_t NdisReserved5[3];
  uint32_t MaxNumQueuePairsPerNonDefaultVPort;
  uint32_t NdisReserved8[5];
  uint32_t MaxNumMacAddresses;
  uint32_t NdisReserved13[5];
  uint32_t MaxNumRssCapableNonDefaultPFVPorts;  // from here on revision 3
  uint32_t NumberOfIndirectionTableEntriesForDefaultVPort;
  uint32_t NumberOfIndirectionTableEntriesPerNonDefaultPFVPort;
  uint32_t MaxNumQueuePairsForDefaultVPort;
} NDIS_NIC_SWITCH_CAPABILITIES;
#define NDIS_NIC_SWITCH_CAPABILITIES_REVISION_1 1
#define NDIS_SIZEOF_NIC_SWITCH_CAPABILITIES_REVISION_1 32
#define NDIS_NIC_SWITCH_CAPABILITIES_REVISION_2 2
#define NDIS_SIZEOF_NIC_SWITCH_CAPABILITIES_REVISION_2 116
#define NDIS_NIC_SWITCH_CAPABILITIES_REVISION_3 3
#define NDIS_SIZEOF_NIC_SWITCH_CAPABILITIES_REVISION_3 132

typedef struct NDIS_NIC_SWITCH_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  int32_t SwitchType;
  uint32_t SwitchId;
  NDIS_IF_COUNTED_STRING SwitchFriendlyName;
  uint32_t NumVFs;
  uint32_t NdisReserved1;
  uint32_t NdisReserved2;
  uint32_t NdisReserved3;
  uint32_t NumQueuePairsForDefaultVPort;  // revision 2
} NDIS_NIC_SWITCH_PARAMETERS;
#define NDIS_NIC_SWITCH_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NIC_SWITCH_PARAMETERS_REVISION_1 548
#define NDIS_NIC_SWITCH_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_NIC_SWITCH_PARAMETERS_REVISION_2 552

typedef struct NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t SwitchId;
} NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS;
#define NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NIC_SWITCH_DELETE_SWITCH_PARAMETERS_REVISION_1 12

typedef struct NDIS_NIC_SWITCH_INFO {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  int32_t SwitchType;
  uint32_t SwitchId;
  NDIS_IF_COUNTED_STRING SwitchFriendlyName;
  uint32_t NumVFs;
  uint32_t NumAllocatedVFs;
  uint32_t NumVPorts;
  uint32_t NumActiveVPorts;
  uint32_t NumQueuePairsForDefaultVPort;
  uint32_t NumQueuePairsForNonDefaultVPorts;
  uint32_t NumActiveDefaultVPortMacAddresses;
  uint32_t NumActiveNonDefaultVPortMacAddresses;
  uint32_t NumActiveDefaultVPortVlanIds;
  uint32_t NumActiveNonDefaultVPortVlanIds;
} NDIS_NIC_SWITCH_INFO;
#define NDIS_NIC_SWITCH_INFO_REVISION_1 1
#define NDIS_SIZEOF_NIC_SWITCH_INFO_REVISION_1 572

typedef struct NDIS_NIC_SWITCH_INFO_ARRAY {
  NDIS_OBJECT_HEADER Header;
  uint32_t FirstElementOffset;
  uint32_t NumElements;
  uint32_t ElementSize;
} NDIS_NIC_SWITCH_INFO_ARRAY;
#define NDIS_NIC_SWITCH_INFO_ARRAY_REVISION_1 1
#define NDIS_SIZEOF_NIC_SWITCH_INFO_ARRAY_REVISION_1 16

#define NDIS_MAX_PHYS_ADDRESS_LENGTH 32
#define NDIS_INVALID_RID 0xFFFFFFFFu

typedef struct NDIS_NIC_SWITCH_VF_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t SwitchId;
  NDIS_IF_COUNTED_STRING VMName;
  NDIS_IF_COUNTED_STRING VMFriendlyName;
  NDIS_IF_COUNTED_STRING NicName;
  uint16_t MacAddressLength;  // bytes
  uint8_t PermanentMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
  uint8_t CurrentMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
  uint16_t VFId;  // out
  uint32_t RequestorId;  // out
} NDIS_NIC_SWITCH_VF_PARAMETERS;
#define NDIS_NIC_SWITCH_VF_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NIC_SWITCH_VF_PARAMETERS_REVISION_1 1632

typedef struct NDIS_NIC_SWITCH_FREE_VF_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint16_t VFId;
  uint16_t Reserved0;
} NDIS_NIC_SWITCH_FREE_VF_PARAMETERS;
#define NDIS_NIC_SWITCH_FREE_VF_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NIC_SWITCH_FREE_VF_PARAMETERS_REVISION_1 10

typedef struct NDIS_NIC_SWITCH_VPORT_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t SwitchId;
  uint32_t VPortId;  // in and out
  NDIS_IF_COUNTED_STRING VPortName;
  uint16_t AttachedFunctionId;
  uint16_t Reserved0;
  uint32_t NumQueuePairs;
  int32_t InterruptModeration;
  int32_t VPortState;
  uint32_t Reserved1;
  GROUP_AFFINITY ProcessorAffinity;
  uint32_t LookaheadSize;  // 0
  uint32_t Reserved2;
  uint64_t NdkParams[21];  // revision 2; opaque here
  uint32_t QosSqId;  // revision 2
  uint32_t Reserved3;
} NDIS_NIC_SWITCH_VPORT_PARAMETERS;
#define NDIS_NIC_SWITCH_VPORT_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NIC_SWITCH_VPORT_PARAMETERS_REVISION_1 572
#define NDIS_NIC_SWITCH_VPORT_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_NIC_SWITCH_VPORT_PARAMETERS_REVISION_2 748

typedef struct NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t VPortId;
} NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS;
#define NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NIC_SWITCH_DELETE_VPORT_PARAMETERS_REVISION_1 12

typedef struct NDIS_NIC_SWITCH_VPORT_INFO {
  NDIS_OBJECT_HEADER Header;
  uint32_t VPortId;
  uint32_t Flags;
  uint32_t SwitchId;
  NDIS_IF_COUNTED_STRING VPortName;
  uint16_t AttachedFunctionId;
  uint16_t Reserved0;
  uint32_t NumQueuePairs;
  int32_t InterruptModeration;
  int32_t VPortState;
  uint32_t Reserved1;
  GROUP_AFFINITY ProcessorAffinity;
  uint32_t LookaheadSize;
  uint32_t NumFilters;
} NDIS_NIC_SWITCH_VPORT_INFO;
#define NDIS_NIC_SWITCH_VPORT_INFO_REVISION_1 1
#define NDIS_SIZEOF_NIC_SWITCH_VPORT_INFO_REVISION_1 576

typedef struct NDIS_NIC_SWITCH_VPORT_INFO_ARRAY {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;
  uint32_t SwitchId;
  uint16_t AttachedFunctionId;
  uint16_t Reserved0;
  uint32_t FirstElementOffset;
  uint32_t NumElements;
  uint32_t ElementSize;
} NDIS_NIC_SWITCH_VPORT_INFO_ARRAY;
#define NDIS_NIC_SWITCH_VPORT_INFO_ARRAY_REVISION_1 1
#define NDIS_SIZEOF_NIC_SWITCH_VPORT_INFO_ARRAY_REVISION_1 28

// MARK: Status indications

#define NDIS_OBJECT_TYPE_STATUS_INDICATION 0x98
// The image of the indication; its buffer of StatusBufferSize bytes travels behind it.
typedef struct NDIS_STATUS_INDICATION {
  NDIS_OBJECT_HEADER Header;
  uint32_t Reserved0;
  uint64_t SourceHandle;
  uint32_t PortNumber;
  uint32_t StatusCode;
  uint32_t Flags;
  uint32_t Reserved1;
  uint64_t DestinationHandle;  // 0 = all bindings
  uint64_t RequestId;
  uint64_t StatusBuffer;  // zero on the wire
  uint32_t StatusBufferSize;
  uint8_t Guid[16];
  uint32_t Reserved2;
  uint64_t NdisReserved[4];
} NDIS_STATUS_INDICATION;
#define NDIS_STATUS_INDICATION_REVISION_1 1
#define NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 112

// MARK: The receive path

typedef struct NET_BUFFER_SHARED_MEMORY {
  uint64_t NextSharedMemorySegment;  // zero on the wire; the next element follows
  uint32_t SharedMemoryFlags;
  uint32_t Reserved0;
  uint64_t SharedMemoryHandle;
  uint32_t SharedMemoryOffset;  // bytes from the start of the block
  uint32_t SharedMemoryLength;  // bytes
} NET_BUFFER_SHARED_MEMORY;

typedef struct NDIS_NET_BUFFER_LIST_FILTERING_INFO {
  uint16_t FilterId;
  uint16_t QueueId;  // or VPortId
  uint32_t Reserved0;
} NDIS_NET_BUFFER_LIST_FILTERING_INFO;

// NDIS_NET_BUFFER_LIST_8021Q_INFO.TagHeader: UserPriority in bits 0 to 2, CanonicalFormatId in bit 3, VlanId in
// bits 4 to 15, the rest reserved.
typedef struct NDIS_NET_BUFFER_LIST_8021Q_INFO {
  uint64_t Value;
} NDIS_NET_BUFFER_LIST_8021Q_INFO;

#define NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL 0x00000001u
#define NDIS_RECEIVE_FLAGS_RESOURCES 0x00000002u
#define NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE 0x00000100u
#define NDIS_RECEIVE_FLAGS_SINGLE_VLAN 0x00000200u
#define NDIS_RECEIVE_FLAGS_PERFECT_FILTERED 0x00000400u
#define NDIS_RECEIVE_FLAGS_SINGLE_QUEUE 0x00000800u
#define NDIS_RECEIVE_FLAGS_SHARED_MEMORY_INFO_VALID 0x00001000u
#define NDIS_RECEIVE_FLAGS_MORE_NBLS 0x00002000u
#define NDIS_RECEIVE_FLAGS_SWITCH_DESTINATION_GROUP 0x00004000u
#define NDIS_RECEIVE_FLAGS_SWITCH_SINGLE_SOURCE 0x00008000u

#define NDIS_RETURN_FLAGS_DISPATCH_LEVEL 0x00000001u
#define NDIS_RETURN_FLAGS_SINGLE_QUEUE 0x00000002u
#define NDIS_RETURN_FLAGS_SWITCH_SINGLE_SOURCE 0x00000004u

// MARK: Life of an adapter

enum {
  NdisHaltDeviceDisabled = 0,
  NdisHaltDeviceInstanceDeInitialized = 1,
  NdisHaltDevicePoweredDown = 2,
  NdisHaltDeviceSurpriseRemoved = 3,
  NdisHaltDeviceFailed = 4,
  NdisHaltDeviceInitializationFailed = 5,
  NdisHaltDeviceStopped = 6
};

enum { NdisShutdownPowerOff = 0, NdisShutdownBugCheck = 1 };

enum {
  NdisDevicePnPEventQueryRemoved = 0,
  NdisDevicePnPEventRemoved = 1,
  NdisDevicePnPEventSurpriseRemoved = 2,
  NdisDevicePnPEventQueryStopped = 3,
  NdisDevicePnPEventStopped = 4,
  NdisDevicePnPEventPowerProfileChanged = 5,
  NdisDevicePnPEventFilterListChanged = 6
};

// NET_PNP_EVENT_CODE, given to ProtocolNetPnPEvent.
enum {
  NetEventSetPower = 0,
  NetEventQueryPower = 1,
  NetEventQueryRemoveDevice = 2,
  NetEventCancelRemoveDevice = 3,
  NetEventReconfigure = 4,
  NetEventBindList = 5,
  NetEventBindsComplete = 6,
  NetEventPnPCapabilities = 7,
  NetEventPause = 8,
  NetEventRestart = 9
};

#define NDIS_PAUSE_NDIS_INTERNAL 0x00000001u
#define NDIS_PAUSE_LOW_POWER 0x00000002u
#define NDIS_PAUSE_BIND_PROTOCOL 0x00000004u
#define NDIS_PAUSE_UNBIND_PROTOCOL 0x00000008u
#define NDIS_PAUSE_ATTACH_FILTER 0x00000010u
#define NDIS_PAUSE_DETACH_FILTER 0x00000020u
#define NDIS_PAUSE_FILTER_RESTART_STACK 0x00000040u
#define NDIS_PAUSE_MINIPORT_DEVICE_REMOVE 0x00000080u

// MARK: More bug checks

#define NDIS_BUGCHECK_MINIPORT_FAILED_OID_WHICH_MUST_SUCCEED 0x1C
#define NDIS_BUGCHECK_OID_REQUEST_INVALID_BUFFER 0x1D
#define NDIS_BUGCHECK_ILLEGAL_MINIPORT_STATE_TRANSITION 0x1F
#define NDIS_BUGCHECK_STATUS_INDICATION_INVALID_BUFFER 0x20
#define NDIS_BUGCHECK_WATCHDOG 0x25
#define NDIS_BUGCHECK_INVALID_OID_COMPLETION 0x26
#define NDISSIM_VERIFIER_NDIS_OID_COMPLETE 0x00091001
#define NDISSIM_VERIFIER_NDIS_OID_DOUBLE_COMPLETE 0x00091002
#define NDISSIM_VERIFIER_NDIS_OID_DOUBLE_REQUEST 0x0009100E
#define NDISSIM_VERIFIER_NDIS_TIMED_OID_COMPLETE 0x00092003

// MARK: The hosted miniport's own request

// OID_NDISSIM_GENERATE: generates receive frames on a hosted miniport. An extension.
typedef struct NDISSIM_GENERATE_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  uint32_t Flags;  // 0
  uint32_t QueueId;
  uint32_t VPortId;
  uint32_t Count;   // frames
  uint32_t Length;  // bytes of each; 0 = as the miniport is set up
} NDISSIM_GENERATE_PARAMETERS;
#define NDISSIM_GENERATE_PARAMETERS_REVISION_1 1
#define NDISSIM_SIZEOF_GENERATE_PARAMETERS_REVISION_1 24
NDISSIM_STATIC_ASSERT(sizeof(NDISSIM_GENERATE_PARAMETERS) == 24, "generate parameters");
