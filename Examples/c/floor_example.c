// The smallest miniport in C: no library, only CNDIS.h and the socket. It sends HELLO, registers a
// miniport driver, adds an adapter (answering the two upcalls that come while it waits), allocates
// a block, maps it, writes, frees, and leaves.
//
//   gcc -Wall -Wextra -Werror -I Sources/CNDIS/include -o floor_example Examples/c/floor_example.c
//   ./floor_example /run/ndissim/driver
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "CNDIS.h"

enum { INITIALIZE = 1, HALT, PAUSE, RESTART, UNUSED };  // cookies; any numbers but zero

static int sock;
static uint64_t last_id, context;  // of requests; of the upcall being answered
static _Alignas(8) uint8_t packet[NDISSIM_MAXIMUM_MESSAGE];
static int received_fd = -1;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void transmit(struct ndissim_header header, const void *body, uint32_t length) {
  header.magic = NDISSIM_MAGIC;
  header.version = NDISSIM_PROTOCOL_VERSION;
  header.length = length;
  struct iovec parts[2] = {{&header, sizeof header}, {(void *)body, length}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = length ? 2 : 1};
  if (sendmsg(sock, &message, MSG_NOSIGNAL) < 0) fail("sendmsg");
}

// Receives one packet into `packet`, a descriptor that comes with it into `received_fd`.
static struct ndissim_header *receive(void) {
  union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int))]; } control;
  struct iovec part = {packet, sizeof packet};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                           .msg_controllen = sizeof control};
  ssize_t size = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
  if (size < (ssize_t)sizeof(struct ndissim_header)) fail("the daemon hung up");
  struct cmsghdr *control_message = CMSG_FIRSTHDR(&message);
  if (control_message && control_message->cmsg_type == SCM_RIGHTS)
    memcpy(&received_fd, CMSG_DATA(control_message), sizeof(int));
  return (struct ndissim_header *)packet;
}

// Sends a request and waits for its reply, answering upcalls meanwhile. Answers the reply's body.
static void *call(uint16_t type, const void *body, uint32_t length) {
  uint64_t id = ++last_id;
  struct ndissim_header request = {.type = type, .request_id = id, .context = context};
  transmit(request, body, length);
  for (;;) {
    struct ndissim_header header = *receive();
    void *content = packet + sizeof header;
    if (header.flags == NDISSIM_FLAG_REPLY && header.request_id == id) {
      if (header.status == NDIS_STATUS_SUCCESS) return content;
      struct ndissim_failure *failure = content;
      fprintf(stderr, "message %u: status 0x%08X, %s: %.*s\n", type, header.status, failure->rule,
              (int)(header.length - sizeof *failure), (char *)(failure + 1));
      exit(1);
    }
    if (header.flags != NDISSIM_FLAG_UPCALL) continue;
    uint64_t outer = context;
    context = header.request_id;  // what follows is called from this upcall's handler
    if (header.type == NDISSIM_UPCALL_INITIALIZE_EX) {
      struct {
        struct ndissim_handle adapter;
        NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES image;
      } attributes = {
          .adapter = {((struct ndissim_upcall_initialize *)content)->adapter_handle},
          .image = {.Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, 1, 28},
                    .AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER}};
      call(NDISSIM_SET_MINIPORT_ATTRIBUTES, &attributes, sizeof attributes);
      struct { struct ndissim_handle adapter; NDIS_SG_DMA_DESCRIPTION image; } dma = {
          .adapter = attributes.adapter,
          .image = {.Header = {NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, 1, 36},
                    .Flags = NDIS_SG_DMA_64_BIT_ADDRESS, .MaximumPhysicalMapping = 65536,
                    .ProcessSGListHandler = UNUSED}};
      call(NDISSIM_REGISTER_SCATTER_GATHER_DMA, &dma, sizeof dma);
    }
    context = outer;
    transmit((struct ndissim_header){.type = header.type, .request_id = header.request_id,
                                     .flags = NDISSIM_FLAG_UPCALL | NDISSIM_FLAG_REPLY}, NULL, 0);
  }
}

int main(int count, char **arguments) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, count > 1 ? arguments[1] : "/run/ndissim/driver",
          sizeof address.sun_path - 1);
  sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (sock < 0 || connect(sock, (struct sockaddr *)&address, sizeof address)) fail("connect");

  struct ndissim_hello hello = {.version_minimum = 1, .version_maximum = 1, .name = "floor"};
  call(NDISSIM_HELLO, &hello, sizeof hello);

  struct {
    struct ndissim_register_driver head;
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS image;
  } driver = {
      .head.name = "c-miniport",
      .image = {.Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, 2, 152},
                .MajorNdisVersion = 6, .MinorNdisVersion = 30, .InitializeHandlerEx = INITIALIZE,
                .HaltHandlerEx = HALT, .UnloadHandler = UNUSED, .PauseHandler = PAUSE,
                .RestartHandler = RESTART, .OidRequestHandler = UNUSED,
                .SendNetBufferListsHandler = UNUSED, .ReturnNetBufferListsHandler = UNUSED,
                .CancelSendHandler = UNUSED, .CheckForHangHandlerEx = UNUSED,
                .ResetHandlerEx = UNUSED, .DevicePnPEventNotifyHandler = UNUSED,
                .ShutdownHandlerEx = UNUSED, .CancelOidRequestHandler = UNUSED}};
  struct ndissim_handle *handle = call(NDISSIM_REGISTER_MINIPORT_DRIVER, &driver, sizeof driver);
  struct ndissim_named adapter = {.handle = handle->handle, .name = "c0"};
  handle = call(NDISSIM_ADD_ADAPTER, &adapter, sizeof adapter);
  uint64_t ndis_handle = handle->handle;

  struct { struct ndissim_allocate head; NDIS_SHARED_MEMORY_PARAMETERS image; } request = {
      .head = {.ndis_handle = ndis_handle, .site = "floor_example.c"},
      .image = {.Header = {NDIS_OBJECT_TYPE_DEFAULT, 2, 68},
                .Flags = NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS, .PreferredNode = MM_ANY_NODE_OK,
                .Usage = NdisSharedMemoryUsageReceive, .Length = 8192, .SGListBufferLength = 40}};
  struct ndissim_allocate_reply block = *(struct ndissim_allocate_reply *)call(
      NDISSIM_ALLOCATE_SHARED_MEMORY, &request, sizeof request);
  struct ndissim_extent extent;
  memcpy(&extent, packet + sizeof(struct ndissim_header) + sizeof block, sizeof extent);

  void *memory = mmap(NULL, block.section_size, PROT_READ | PROT_WRITE, MAP_SHARED, received_fd, 0);
  if (memory == MAP_FAILED) fail("mmap");
  memset((char *)memory + extent.offset, 0x5A, extent.length);
  printf("%u bytes at physical 0x%llX\n", extent.length,
         (unsigned long long)(block.physical_base + extent.offset));

  struct ndissim_free release = {ndis_handle, block.allocation_handle};
  call(NDISSIM_FREE_SHARED_MEMORY, &release, sizeof release);
  return 0;
}
