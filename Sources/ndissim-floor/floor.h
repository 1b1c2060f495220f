// The common part of the baseline's programs. The baseline ("floor") is the cost of allocate and free on this
// machine without a simulator: a server and a client in C that exchange packets of the same number and size
// over the same type of socket as ndissimd and the kit, with the same system calls. Nothing is allocated
// while it runs; an error ends the program with a message.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "CNDIS.h"

// The request of an allocation: header, body and the image of revision 2, as the kit sends it.
struct floor_allocate {
  struct ndissim_header header;
  struct ndissim_allocate body;
  unsigned char image[NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2];
};
// The image ends before the structure's padding.
#define FLOOR_ALLOCATE_SIZE \
  (offsetof(struct floor_allocate, image) + NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2)

// Its reply with one extent.
struct floor_allocate_reply {
  struct ndissim_header header;
  struct ndissim_allocate_reply body;
  struct ndissim_extent extent;
};

struct floor_free {
  struct ndissim_header header;
  struct ndissim_free body;
};

// HELLO as the kit sends it. `features` contains what the daemon determines adaptively and the baseline is
// given: the maximum number of packets the server reads before it calls epoll_wait again.
struct floor_hello {
  struct ndissim_header header;
  struct ndissim_hello body;
};

// Size of the section sent with the first reply; the client maps it once.
#define FLOOR_SECTION_SIZE (256u << 20)

// Receives like Platform: space for four descriptors, close-on-exec, the packet's actual length. Stores a
// received descriptor in `*descriptor`, else -1. Returns the result of recvmsg.
ssize_t floor_receive(int file, void *bytes, size_t length, int flags, int *descriptor);

// Sends one packet, with a descriptor unless it is -1, in which case send(2) is used. Returns the call's
// result.
ssize_t floor_send(int file, const void *bytes, size_t length, int flags, int descriptor);

// The same, blocking while the socket buffer is full; other errors end the program.
void floor_send_whole(int file, const void *bytes, size_t length);

// Maximum number of packets read in a row with requests in flight: the same as in ndissimd.
#define FLOOR_PIPELINED_PACKETS 16u

// A nonblocking listening socket on a path; a blocking connection to one.
int floor_listen(const char *path);
int floor_connect(const char *path);

// A message's header for `whole` bytes of header and body.
void floor_fill_header(struct ndissim_header *header, uint16_t type, size_t whole);

// Creates the section, a memfd of FLOOR_SECTION_SIZE bytes.
int floor_make_section(void);

// Fills in the request of an allocation of `length` bytes, FLOOR_ALLOCATE_SIZE bytes long.
void floor_fill_allocate(struct floor_allocate *request, uint32_t length);

// Fills in its reply, with an extent from the start of the section.
void floor_fill_allocate_reply(struct floor_allocate_reply *reply, uint32_t length);

uint64_t floor_nanoseconds(void);

// The samples of a command in nanoseconds, which `floor_tell` prints: a line `COUNT NANOSECONDS` and COUNT
// 64-bit integers, or percentiles as text.
#define FLOOR_MAXIMUM_SAMPLES (1u << 20)
extern uint64_t floor_samples[FLOOR_MAXIMUM_SAMPLES];
void floor_touch_samples(void);
void floor_tell(uint64_t count, uint64_t elapsed, int in_words);

// Prints "ndissim-floor: " and the message, with errno's text if `with_errno`, and exits with 1.
_Noreturn void floor_end(int with_errno, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Parses a decimal number within the bounds, or exits.
uint64_t floor_number(const char *text, uint64_t least, uint64_t most);

int floor_server(int count, char **arguments);
int floor_client(int count, char **arguments);
int floor_forwarder(int count, char **arguments);
int floor_miniport(int count, char **arguments);
int floor_driver(int count, char **arguments);
int floor_count(int count, char **arguments);
