// The driver plane's messages. One message is one SOCK_SEQPACKET packet: a 48-byte header, then a body
// of `length` bytes. Everything is little-endian, nothing is padded by the compiler (the assertions
// say so), reserved fields are zero when sent and must be zero when received.
//
// Requests go both ways on one connection with separate id spaces. A client's request ids start at 1
// and grow by 1. An upcall's id is the daemon's. A reply repeats type and id and sets FLAG_REPLY.
// `context` names the upcall in whose handler a call is made (0 = none). `irql` is the IRQL of the
// calling thread, and in the answer of an upcall the IRQL on return from the handler.
//
// A reply of the daemon with a status other than NDIS_STATUS_SUCCESS has a `struct ndissim_failure` as
// its body, but for the PENDING of OID_REQUEST and of M_ALLOCATE_SHARED_MEMORY_ASYNC_EX; a client's answer to an
// upcall that is not SUCCESS has no body, but for UPCALL_OID_REQUEST.
#pragma once
#include "ndis_abi.h"
#include "ndis_oid.h"

#define NDISSIM_MAGIC 0x4D49534Eu  // the bytes "NSIM"
#define NDISSIM_PROTOCOL_VERSION 1
#define NDISSIM_MAXIMUM_MESSAGE 65536u
#define NDISSIM_NAME_LENGTH 32
#define NDISSIM_SITE_LENGTH 48

#define NDISSIM_FLAG_REPLY 0x00000001u
#define NDISSIM_FLAG_UPCALL 0x00000002u        // a call from NDIS to a driver, or its answer
#define NDISSIM_FLAG_NOTIFICATION 0x00000004u  // no answer is expected

struct ndissim_header {
  uint32_t magic;
  uint16_t version;
  uint16_t type;
  uint32_t flags;
  uint32_t length;       // bytes of the body
  uint64_t request_id;   // or the upcall's id
  uint64_t context;      // the upcall in whose handler the call is made, 0 = none
  uint32_t status;       // NDIS_STATUS; zero in a request
  uint8_t irql;
  uint8_t descriptors;   // descriptors that travel with this packet, 0 or 1
  uint16_t reserved0;
  uint64_t reserved1;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_header) == 48, "header");

enum {
  // Session
  NDISSIM_HELLO = 1,
  NDISSIM_PING = 2,
  NDISSIM_RESET = 3,
  NDISSIM_STATISTICS = 4,
  NDISSIM_RESUME = 5,
  // Miniport drivers and adapters
  NDISSIM_REGISTER_MINIPORT_DRIVER = 16,
  NDISSIM_DEREGISTER_MINIPORT_DRIVER = 17,
  NDISSIM_SET_MINIPORT_ATTRIBUTES = 18,
  NDISSIM_REGISTER_SCATTER_GATHER_DMA = 19,
  NDISSIM_DEREGISTER_SCATTER_GATHER_DMA = 20,
  NDISSIM_ADD_ADAPTER = 21,
  NDISSIM_REMOVE_ADAPTER = 22,
  NDISSIM_SET_HARDWARE_ASSIST_ATTRIBUTES = 23,
  NDISSIM_PAUSE_COMPLETE = 24,
  NDISSIM_RESTART_COMPLETE = 25,
  NDISSIM_INDICATE_STATUS_EX = 26,
  NDISSIM_MINIPORT_OID_REQUEST_COMPLETE = 27,
  NDISSIM_INDICATE_RECEIVE = 28,
  NDISSIM_CHANGE_ADAPTER = 29,
  NDISSIM_SET_GENERAL_ATTRIBUTES = 30,
  NDISSIM_SET_HARDWARE_CAPABILITIES = 31,
  // Protocol drivers and bindings
  NDISSIM_REGISTER_PROTOCOL_DRIVER = 32,
  NDISSIM_DEREGISTER_PROTOCOL_DRIVER = 33,
  NDISSIM_OPEN_ADAPTER_EX = 34,
  NDISSIM_CLOSE_ADAPTER_EX = 35,
  NDISSIM_BIND_ADAPTER = 36,
  NDISSIM_UNBIND_ADAPTER = 37,
  NDISSIM_OID_REQUEST = 38,
  NDISSIM_CANCEL_OID_REQUEST = 39,
  NDISSIM_RETURN_NET_BUFFER_LISTS = 40,
  NDISSIM_COMPLETE_BIND_ADAPTER_EX = 41,
  NDISSIM_COMPLETE_UNBIND_ADAPTER_EX = 42,
  NDISSIM_COMPLETE_NET_PNP_EVENT = 43,
  NDISSIM_GET_BIND_PARAMETERS = 44,
  // Filter drivers and modules
  NDISSIM_REGISTER_FILTER_DRIVER = 48,
  NDISSIM_DEREGISTER_FILTER_DRIVER = 49,
  NDISSIM_ATTACH_FILTER = 50,
  NDISSIM_DETACH_FILTER = 51,
  // Miniport drivers again: 16 to 31 are taken
  NDISSIM_REGISTER_DMA_CHANNEL = 56,
  NDISSIM_DEREGISTER_DMA_CHANNEL = 57,
  // Shared memory
  NDISSIM_SET_OPTIONAL_HANDLERS = 64,
  NDISSIM_ALLOCATE_SHARED_MEMORY = 65,
  NDISSIM_FREE_SHARED_MEMORY = 66,
  NDISSIM_OFFER_SECTION = 67,
  NDISSIM_WITHDRAW_SECTION = 68,
  NDISSIM_M_ALLOCATE_SHARED_MEMORY = 69,
  NDISSIM_M_ALLOCATE_SHARED_MEMORY_ASYNC_EX = 70,
  NDISSIM_M_FREE_SHARED_MEMORY = 71,
  // Upcalls
  NDISSIM_UPCALL_SET_OPTIONS = 128,
  NDISSIM_UPCALL_INITIALIZE_EX = 129,
  NDISSIM_UPCALL_HALT_EX = 130,
  NDISSIM_UPCALL_PAUSE = 131,
  NDISSIM_UPCALL_RESTART = 132,
  NDISSIM_UPCALL_SHUTDOWN_EX = 133,
  NDISSIM_UPCALL_OID_REQUEST = 134,
  NDISSIM_UPCALL_CANCEL_OID_REQUEST = 135,
  NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS = 136,
  NDISSIM_UPCALL_DEVICE_PNP_EVENT_NOTIFY = 137,
  NDISSIM_UPCALL_BIND_ADAPTER_EX = 145,
  NDISSIM_UPCALL_UNBIND_ADAPTER_EX = 146,
  NDISSIM_UPCALL_OID_REQUEST_COMPLETE = 147,
  NDISSIM_UPCALL_STATUS_EX = 148,
  NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS = 149,
  NDISSIM_UPCALL_NET_PNP_EVENT = 150,
  NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY = 176,
  NDISSIM_UPCALL_FREE_SHARED_MEMORY = 177,
  NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE = 178,
  // Notifications
  NDISSIM_GOODBYE = 192,
  NDISSIM_SECTION_RELEASED = 193,
  NDISSIM_SECTION_VIEW = 194,
  NDISSIM_RESUMED = 195
};

// Features of HELLO. RESUME: this client can go on with its session after the daemon's restart.
#define NDISSIM_FEATURE_RESUME 0x1u
// 8021Q: out-of-band data of received lists, NDISSIM_LIST_INFORMATION_8021Q, may be sent to this client.
#define NDISSIM_FEATURE_8021Q 0x2u
// M_SHARED_MEMORY: the daemon takes M_ALLOCATE_SHARED_MEMORY and the messages that belong to it; a client that asks
// for the feature finds out before it sends them.
#define NDISSIM_FEATURE_M_SHARED_MEMORY 0x4u
// BUG_CHECK_EXTENSION: `reason` of a failure may have NDISSIM_REASON_EXTENSION for this client.
#define NDISSIM_FEATURE_BUG_CHECK_EXTENSION 0x8u

// HELLO is the first message of a connection; every other one before it is refused.
struct ndissim_hello {
  uint16_t version_minimum;
  uint16_t version_maximum;
  uint32_t reserved;
  uint64_t features;       // wanted; unknown bits are ignored
  uint64_t resume_token;   // the session to go on with, 0 = a new one
  char name[NDISSIM_NAME_LENGTH];  // who speaks, for logs; UTF-8, zero-filled
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_hello) == 56, "hello");

struct ndissim_hello_reply {
  uint16_t version;
  uint16_t reserved0;
  uint32_t page_size;
  uint64_t features;             // granted
  uint8_t instance[16];          // new for every start of the daemon
  uint64_t session_token;        // to resume with; 0 = this session ends with its connection
  uint32_t maximum_message;      // bytes
  uint32_t maximum_outstanding;  // requests without an answer
  uint32_t maximum_extents;      // of one block
  uint32_t maximum_call_depth;   // of upcalls inside upcalls
  uint32_t upcall_deadline_ms;   // 0 = off
  uint32_t ndis_version;         // as NdisGetVersion: major in the high half
  uint64_t maximum_bytes;        // quota of this session
  uint64_t maximum_blocks;
  uint32_t maximum_sections;
  uint32_t reserved1;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_hello_reply) == 88, "hello reply");

// The body of a request that names one object: PING has no body at all; DEREGISTER_*, REMOVE_ADAPTER,
// CLOSE_ADAPTER_EX, UNBIND_ADAPTER, DETACH_FILTER, WITHDRAW_SECTION have this one. Also the body of
// every successful reply that hands out one handle.
struct ndissim_handle {
  uint64_t handle;
};

// REGISTER_MINIPORT_DRIVER, REGISTER_PROTOCOL_DRIVER, REGISTER_FILTER_DRIVER: the image of the driver's
// characteristics follows. Reply: ndissim_handle.
struct ndissim_register_driver {
  uint64_t driver_context;
  char name[NDISSIM_NAME_LENGTH];
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_register_driver) == 40, "register driver");

// SET_MINIPORT_ATTRIBUTES, REGISTER_SCATTER_GATHER_DMA, SET_OPTIONAL_HANDLERS: ndissim_handle, then the
// image of the structure.
struct ndissim_register_dma_reply {
  uint64_t dma_handle;
  uint32_t scatter_gather_list_size;
  uint32_t reserved;
};

// REGISTER_DMA_CHANNEL: the image of NDIS_DMA_DESCRIPTION follows. NdisMRegisterDmaChannel ignores its own
// parameter DmaChannel, which is not here. Reply: ndissim_handle.
struct ndissim_register_dma_channel {
  uint64_t adapter_handle;
  uint32_t dma_32bit_addresses;  // 0 or 1
  uint32_t maximum_length;       // bytes of one operation; all ones = unlimited
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_register_dma_channel) == 16, "register DMA channel");

// ADD_ADAPTER (driver handle), BIND_ADAPTER (protocol driver handle), ATTACH_FILTER (filter driver
// handle): the name is the adapter's. Reply: ndissim_handle.
struct ndissim_named {
  uint64_t handle;
  char name[NDISSIM_NAME_LENGTH];
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_named) == 40, "named");

struct ndissim_open_adapter {
  uint64_t protocol_handle;
  uint64_t bind_context;              // from UPCALL_BIND_ADAPTER_EX
  uint64_t protocol_binding_context;  // the driver's own
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_open_adapter) == 24, "open adapter");

// ALLOCATE_SHARED_MEMORY: the image of NDIS_SHARED_MEMORY_PARAMETERS follows, Header.Size bytes or more.
struct ndissim_allocate {
  uint64_t ndis_handle;
  uint32_t tag;       // the caller's pool tag, for reports
  uint32_t reserved;
  char site[NDISSIM_SITE_LENGTH];  // where in the caller, for reports; UTF-8, zero-filled
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_allocate) == 64, "allocate");

struct ndissim_extent {
  uint64_t offset;   // in the section, bytes
  uint32_t length;   // bytes
  uint32_t reserved;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_extent) == 16, "extent");

// Reply of ALLOCATE_SHARED_MEMORY; `extent_count` extents follow. An element of the scatter-gather list
// is (physical_base + offset, length). The section's descriptor travels with the first reply of this
// session that names the section, unless this session offered the section itself.
struct ndissim_allocate_reply {
  uint64_t allocation_handle;
  uint64_t shared_memory_handle;  // 0 = NDIS_SHARED_MEM_HANDLE_HAL_ALLOCATED
  uint64_t section;
  uint64_t section_size;
  uint64_t physical_base;
  uint32_t extent_count;
  uint32_t reserved;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_allocate_reply) == 48, "allocate reply");

struct ndissim_free {
  uint64_t ndis_handle;
  uint64_t allocation_handle;
};

// M_ALLOCATE_SHARED_MEMORY (NdisMAllocateSharedMemory), reply as that of ALLOCATE_SHARED_MEMORY with one extent;
// M_ALLOCATE_SHARED_MEMORY_ASYNC_EX (NdisMAllocateSharedMemoryAsyncEx), whose reply is PENDING and has no body.
struct ndissim_m_allocate {
  uint64_t handle;    // MiniportAdapterHandle; of ASYNC_EX the MiniportDmaHandle
  uint64_t context;   // of ASYNC_EX the driver's own, for SHARED_MEMORY_ALLOCATE_COMPLETE; else 0
  uint32_t length;
  uint8_t cached;     // BOOLEAN; not used, but a free has to repeat it
  uint8_t reserved0[3];
  uint32_t tag;       // as in ndissim_allocate
  uint32_t reserved1;
  char site[NDISSIM_SITE_LENGTH];
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_m_allocate) == 80, "m allocate");

// M_FREE_SHARED_MEMORY (NdisMFreeSharedMemory). An address of the client's means nothing to the daemon: it names
// the block that the address lies in, or the last one that did.
struct ndissim_m_free {
  uint64_t adapter_handle;
  uint64_t allocation_handle;  // of the block at VirtualAddress; 0 = there has been none
  uint64_t virtual_address;    // for reports
  uint64_t virtual_offset;     // of VirtualAddress in that block; a free is right with 0 only
  uint64_t physical_address;
  uint32_t length;
  uint8_t cached;
  uint8_t reserved0[3];
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_m_free) == 48, "m free");

// OFFER_SECTION: one descriptor, a memfd sealed against growing, shrinking and further sealing.
// `provider_handle` is the handle the provider registered its handlers on; `domain` comes from
// UPCALL_ALLOCATE_SHARED_MEMORY. Reply: ndissim_offer_reply.
struct ndissim_offer_section {
  uint64_t provider_handle;
  uint64_t domain;
  uint64_t size;
  uint32_t node;
  uint32_t reserved;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_offer_section) == 32, "offer section");

struct ndissim_offer_reply {
  uint64_t section;
  uint64_t physical_base;
};

// STATISTICS has no body. Reply: counters in this order; a newer daemon appends.
struct ndissim_statistics {
  uint64_t sessions;
  uint64_t drivers;
  uint64_t adapters;
  uint64_t bindings;
  uint64_t registrations;
  uint64_t sections;
  uint64_t blocks;              // live, pending and being freed
  uint64_t bytes;               // Length of those
  uint64_t open_requests;
  uint64_t open_upcalls;
  uint64_t allocations;         // since start
  uint64_t frees;
  uint64_t failed_allocations;
  uint64_t violations;
  uint64_t leaked_blocks;
  uint64_t session_blocks;      // of the asking session
  uint64_t session_bytes;
  uint64_t session_violations;
  uint64_t session_leaked_blocks;
  uint64_t descriptors;         // open descriptors of sections in the daemon
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_statistics) == 160, "statistics");

// Upcalls. `handler` is the cookie from the driver's characteristics.

struct ndissim_upcall_set_options {
  uint64_t driver_handle;
  uint64_t driver_context;
  uint64_t handler;
};

struct ndissim_upcall_initialize {
  uint64_t adapter_handle;
  uint64_t driver_context;
  uint64_t handler;
  char name[NDISSIM_NAME_LENGTH];
};

struct ndissim_upcall_adapter {  // HALT_EX, PAUSE, RESTART
  uint64_t adapter_handle;
  uint64_t adapter_context;
  uint64_t handler;
  uint32_t action;  // NDIS_HALT_ACTION or pause reason
  uint32_t reserved;
};

struct ndissim_upcall_bind {
  uint64_t driver_context;
  uint64_t bind_context;
  uint64_t handler;
  char adapter_name[NDISSIM_NAME_LENGTH];
};

struct ndissim_upcall_unbind {
  uint64_t binding_handle;
  uint64_t binding_context;
  uint64_t handler;
};

// The image of the caller's NDIS_SHARED_MEMORY_PARAMETERS follows (68 or 64 bytes, as its revision),
// pointer fields zero.
struct ndissim_upcall_allocate {
  uint64_t provider_context;
  uint64_t handler;
  uint64_t domain;           // whose memory: sections are bound to it
  uint32_t maximum_extents;  // that the caller's SGListBuffer and the protocol can hold
  uint32_t tag;
  char site[NDISSIM_SITE_LENGTH];
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_upcall_allocate) == 80, "upcall allocate");

// Answer with SUCCESS; `extent_count` extents follow, page-aligned, their lengths summing to Length.
struct ndissim_upcall_allocate_reply {
  uint64_t shared_memory_provider_context;
  uint64_t section;
  uint32_t extent_count;
  uint32_t reserved;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_upcall_allocate_reply) == 24, "upcall reply");

struct ndissim_upcall_free {
  uint64_t provider_context;
  uint64_t handler;
  uint64_t shared_memory_provider_context;
  uint64_t section;
};

// MiniportSharedMemoryAllocateComplete, with the section's descriptor if this session does not have it yet. A failed
// allocation has zeros behind `context`, but for the length that was asked for.
struct ndissim_upcall_shared_memory_allocate_complete {
  uint64_t adapter_handle;
  uint64_t adapter_context;
  uint64_t handler;            // SharedMemAllocateCompleteHandler of NDIS_SG_DMA_DESCRIPTION
  uint64_t context;            // of the request
  uint64_t allocation_handle;  // 0 = the allocation failed
  uint64_t section;
  uint64_t section_size;
  uint64_t physical_base;      // of the section: PhysicalAddress is physical_base + offset
  uint64_t offset;             // in the section
  uint32_t length;
  uint8_t cached;              // of the request, for the free
  uint8_t reserved0[3];
};
NDISSIM_STATIC_ASSERT(
    sizeof(struct ndissim_upcall_shared_memory_allocate_complete) == 80, "allocate complete");

// MARK: Life of an adapter

// SET_HARDWARE_ASSIST_ATTRIBUTES (NdisMSetMiniportAttributes with hardware-assist attributes): the images
// of NDIS_RECEIVE_FILTER_CAPABILITIES and NDIS_NIC_SWITCH_CAPABILITIES follow, each as long as said here,
// 0 for what the hardware does not have.
struct ndissim_hardware_assist {
  uint64_t adapter_handle;
  uint32_t receive_filter_length;
  uint32_t nic_switch_length;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_hardware_assist) == 16, "hardware assist");

// SET_GENERAL_ATTRIBUTES (NdisMSetMiniportAttributes with general attributes): the image of
// NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES follows, then the list of supported OIDs, each as long as said
// here.
struct ndissim_general_attributes {
  uint64_t adapter_handle;
  uint32_t image_length;
  uint32_t oid_list_length;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_general_attributes) == 16, "general attributes");

// SET_HARDWARE_CAPABILITIES (NdisMSetMiniportAttributes with hardware-assist attributes, those of the hardware
// and the current ones apart): the image of NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES follows, then
// the images of the capabilities in the order given here, each as long as said here, 0 for a NULL pointer.
struct ndissim_hardware_capabilities {
  uint64_t adapter_handle;
  uint32_t image_length;
  uint32_t hardware_receive_filter_length;
  uint32_t current_receive_filter_length;
  uint32_t hardware_nic_switch_length;
  uint32_t current_nic_switch_length;
  uint32_t reserved;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_hardware_capabilities) == 32, "hardware capabilities");

// The reply to GET_BIND_PARAMETERS, whose body is ndissim_handle (a BindContext or a binding): the image of
// NDIS_BIND_PARAMETERS follows, then those of the current capabilities, each as long as said here.
struct ndissim_bind_parameters_reply {
  uint32_t image_length;
  uint32_t receive_filter_length;
  uint32_t nic_switch_length;
  uint32_t reserved;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_bind_parameters_reply) == 16, "bind parameters reply");

// RESTART_COMPLETE (adapter), COMPLETE_BIND_ADAPTER_EX (BindContext), COMPLETE_UNBIND_ADAPTER_EX and
// COMPLETE_NET_PNP_EVENT (binding): ends what a handler answered PENDING to. PAUSE_COMPLETE has no
// status: its body is ndissim_handle.
struct ndissim_completion {
  uint64_t handle;
  uint32_t status;
  uint32_t reserved;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_completion) == 16, "completion");

// CHANGE_ADAPTER: what plug and play, power management or a filter does to a running adapter. The reply
// comes when the change has been made.
enum {
  NDISSIM_CHANGE_PAUSE = 1,            // argument: NDIS_PAUSE_* reasons
  NDISSIM_CHANGE_RESTART = 2,          // argument: 0
  NDISSIM_CHANGE_SHUTDOWN = 3,         // argument: NDIS_SHUTDOWN_ACTION
  NDISSIM_CHANGE_SURPRISE_REMOVE = 4,  // argument: 0; the adapter is gone when the reply comes
  NDISSIM_CHANGE_HALT = 5              // argument: NDIS_HALT_ACTION; the adapter is gone
};

struct ndissim_change_adapter {
  uint64_t adapter_handle;
  uint32_t change;
  uint32_t argument;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_change_adapter) == 16, "change adapter");

// UPCALL_SHUTDOWN_EX, UPCALL_DEVICE_PNP_EVENT_NOTIFY: ndissim_upcall_adapter with the
// NDIS_SHUTDOWN_ACTION or NDIS_DEVICE_PNP_EVENT as its action. Neither handler returns a value.

// UPCALL_NET_PNP_EVENT.
struct ndissim_upcall_net_pnp_event {
  uint64_t binding_handle;
  uint64_t binding_context;
  uint64_t handler;
  uint32_t event;  // NET_PNP_EVENT_CODE
  uint32_t reserved;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_upcall_net_pnp_event) == 32, "upcall net pnp event");

// MARK: OID requests

// OID_REQUEST: the image of NDIS_OID_REQUEST follows (236 or 248 bytes, as its revision; pointers zero),
// then the input: for a set InformationBufferLength bytes, for a method InputBufferLength, else none.
// Answered SUCCESS, never: the reply is the status NDIS refuses with, or NDIS_STATUS_PENDING with
// ndissim_handle as its body, and then UPCALL_OID_REQUEST_COMPLETE comes, once.
struct ndissim_oid_request {
  uint64_t binding_handle;
  uint64_t request_context;  // the driver's own; stands for the address of its NDIS_OID_REQUEST
};

// CANCEL_OID_REQUEST: every request of this binding with this RequestId.
struct ndissim_cancel_oid_request {
  uint64_t binding_handle;
  uint64_t request_id;
};

// UPCALL_OID_REQUEST: the image of NDIS_OID_REQUEST, 248 bytes, and the input follow.
struct ndissim_upcall_oid_request {
  uint64_t adapter_handle;
  uint64_t adapter_context;
  uint64_t handler;
  uint64_t oid_handle;  // names the request in MINIPORT_OID_REQUEST_COMPLETE and in a cancellation
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_upcall_oid_request) == 32, "upcall oid request");

// How a request ended. The body of the answer to UPCALL_OID_REQUEST, unless that is PENDING; `length`
// bytes of the information buffer follow. They may be fewer than bytes_written, which is checked.
struct ndissim_oid_result {
  uint32_t bytes_read;     // of a set or method
  uint32_t bytes_written;  // of a query or method
  uint32_t bytes_needed;
  uint32_t length;
  uint8_t supported_revision;
  uint8_t reserved0[7];
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_oid_result) == 24, "oid result");

// MINIPORT_OID_REQUEST_COMPLETE: ends a request whose handler answered PENDING; ndissim_oid_result and
// its bytes follow.
struct ndissim_miniport_oid_request_complete {
  uint64_t adapter_handle;
  uint64_t oid_handle;
  uint32_t status;
  uint32_t reserved;
};
NDISSIM_STATIC_ASSERT(
    sizeof(struct ndissim_miniport_oid_request_complete) == 24, "miniport oid request complete");

// UPCALL_CANCEL_OID_REQUEST.
struct ndissim_upcall_cancel_oid_request {
  uint64_t adapter_handle;
  uint64_t adapter_context;
  uint64_t handler;
  uint64_t oid_handle;
  uint64_t request_id;
};

// UPCALL_OID_REQUEST_COMPLETE: ndissim_oid_result and its bytes follow; behind them, when the status is
// not SUCCESS, ndissim_failure and its sentence.
struct ndissim_upcall_oid_request_complete {
  uint64_t binding_handle;
  uint64_t binding_context;
  uint64_t handler;
  uint64_t request_context;
  uint64_t oid_handle;
  uint32_t status;
  uint32_t reserved;
};
NDISSIM_STATIC_ASSERT(
    sizeof(struct ndissim_upcall_oid_request_complete) == 48, "upcall oid request complete");

// MARK: Status indications

// INDICATE_STATUS_EX: ndissim_handle (the adapter), the image of NDIS_STATUS_INDICATION,
// StatusBufferSize bytes. UPCALL_STATUS_EX: this, then the same.
struct ndissim_upcall_status {
  uint64_t binding_handle;
  uint64_t binding_context;
  uint64_t handler;
};

// MARK: Receiving

// INDICATE_RECEIVE: `count` lists follow. Each is ndissim_net_buffer_list and its NET_BUFFERs; each of
// those is ndissim_net_buffer and its chain, as images of NET_BUFFER_SHARED_MEMORY.
struct ndissim_indicate_receive {
  uint64_t adapter_handle;
  uint32_t port_number;
  uint32_t flags;  // NDIS_RECEIVE_FLAGS_*
  uint32_t count;  // NumberOfNetBufferLists
  uint32_t information;  // NDISSIM_LIST_INFORMATION_*: what follows the last list
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_indicate_receive) == 24, "indicate receive");

// After the last list, `count` times NDIS_NET_BUFFER_LIST_8021Q_INFO.Value, 4 bytes each, in the order of the
// lists; 0 = no tag. From and to sessions with NDISSIM_FEATURE_8021Q only.
#define NDISSIM_LIST_INFORMATION_8021Q 0x1u

struct ndissim_net_buffer_list {
  uint64_t handle;     // from a miniport its own number, returned to it; to a protocol NDIS's handle
  uint16_t filter_id;  // NetBufferListFilteringInfo; must be 0 from a miniport
  uint16_t queue_id;   // or VPortId
  uint32_t buffers;    // NET_BUFFERs that follow
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_net_buffer_list) == 16, "net buffer list");

struct ndissim_net_buffer {
  uint32_t data_length;  // bytes of the frame
  uint32_t segments;     // that follow
};

// UPCALL_RECEIVE_NET_BUFFER_LISTS: `count` lists follow as above, but a segment is ndissim_view_segment.
// Sections the process has not seen yet come before, each in a SECTION_VIEW.
struct ndissim_upcall_receive {
  uint64_t binding_handle;
  uint64_t binding_context;
  uint64_t handler;
  uint32_t port_number;
  uint32_t flags;
  uint32_t count;
  uint32_t information;  // NDISSIM_LIST_INFORMATION_*
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_upcall_receive) == 40, "upcall receive");

// Where the bytes are: contiguous in a section. A shared-memory segment that runs over several extents of
// its block becomes several of these.
struct ndissim_view_segment {
  uint64_t shared_memory_handle;
  uint64_t section;
  uint64_t offset;  // in the section
  uint32_t length;
  uint32_t reserved;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_view_segment) == 32, "view segment");

// SECTION_VIEW: a notification with one descriptor, open for reading only, of a section whose frames this
// process is about to receive.
struct ndissim_section_view {
  uint64_t section;
  uint64_t size;
};

// RETURN_NET_BUFFER_LISTS: `count` handles follow, each 8 bytes.
struct ndissim_return {
  uint64_t binding_handle;
  uint32_t flags;  // NDIS_RETURN_FLAGS_*
  uint32_t count;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_return) == 16, "return");

// UPCALL_RETURN_NET_BUFFER_LISTS: `count` of the miniport's own numbers follow, each 8 bytes.
struct ndissim_upcall_return {
  uint64_t adapter_handle;
  uint64_t adapter_context;
  uint64_t handler;
  uint32_t flags;
  uint32_t count;
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_upcall_return) == 32, "upcall return");

// RESUMED: a notification on a connection that has outlived the daemon. RESUME: the client's notification that
// answers it, with the same instance; what was sent before it is not read, and comes again behind it.
struct ndissim_resumed {
  uint8_t instance[16];  // of the daemon that says it
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_resumed) == 16, "resumed");

// Body of every reply whose status is not SUCCESS, and of GOODBYE. `rule` names the rule that was
// broken or the check that failed; the sentence (UTF-8, not terminated) follows. When the break would
// have been a bug check on Windows, its code and parameters stand here, else zeros. For a code that no page documents
// for the break, and that is this daemon's own analogue, `reason` has the bit NDISSIM_REASON_EXTENSION, if the client
// has the feature BUG_CHECK_EXTENSION.
#define NDISSIM_REASON_EXTENSION 0x80000000u
struct ndissim_failure {
  uint32_t bugcheck_code;
  uint32_t reason;
  uint64_t bugcheck_parameters[4];
  char rule[NDISSIM_NAME_LENGTH];
};
NDISSIM_STATIC_ASSERT(sizeof(struct ndissim_failure) == 72, "failure");
