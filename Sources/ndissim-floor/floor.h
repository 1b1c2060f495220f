// What the floor's two sides share. The floor is what allocate and free cost on this machine when
// nobody simulates anything: a server and a client in C that exchange packets of the same number and
// size over the same kind of socket as ndissimd and the kit do, with the same system calls. Nothing is
// allocated while it runs; what cannot be done ends the program with a sentence.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "CNDIS.h"

// An allocation: header, body and the image of revision 2, as the kit sends it.
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

// HELLO as the kit says it. `features` carries what the daemon decides by itself and the floor is told:
// how many packets the server reads in a row before it asks epoll again.
struct floor_hello {
  struct ndissim_header header;
  struct ndissim_hello body;
};

// Bytes of the section that travels with the first reply; the client maps it once.
#define FLOOR_SECTION_SIZE (256u << 20)

// Receives as Platform does: room for four descriptors, close-on-exec, the packet's real length. The
// descriptor that came goes to `*descriptor`, else -1. Answers recvmsg's result.
ssize_t floor_receive(int file, void *bytes, size_t length, int flags, int *descriptor);

// Sends one packet, with a descriptor unless it is -1, and by send(2) then. Answers the call's result.
ssize_t floor_send(int file, const void *bytes, size_t length, int flags, int descriptor);

// The same, waiting for room; what else fails ends the program.
void floor_send_whole(int file, const void *bytes, size_t length);

// Packets in a row when requests are in flight: ndissimd's own number.
#define FLOOR_PIPELINED_PACKETS 16u

// A listening socket at a path, which does not wait; a connection to one, which does.
int floor_listen(const char *path);
int floor_connect(const char *path);

// A message's header for `whole` bytes of header and body.
void floor_fill_header(struct ndissim_header *header, uint16_t type, size_t whole);

// The section's memory file, of FLOOR_SECTION_SIZE bytes.
int floor_make_section(void);

// The request of one allocation of `length` bytes, FLOOR_ALLOCATE_SIZE of it.
void floor_fill_allocate(struct floor_allocate *request, uint32_t length);

// The reply to one, from the section's first byte on.
void floor_fill_allocate_reply(struct floor_allocate_reply *reply, uint32_t length);

uint64_t floor_nanoseconds(void);

// What a command measures goes here, in nanoseconds, and out with `floor_tell`: a line
// `COUNT NANOSECONDS` and COUNT numbers of eight bytes, or percentiles in words.
#define FLOOR_MAXIMUM_SAMPLES (1u << 20)
extern uint64_t floor_samples[FLOOR_MAXIMUM_SAMPLES];
void floor_touch_samples(void);
void floor_tell(uint64_t count, uint64_t elapsed, int in_words);

// Prints "ndissim-floor: " and the sentence, with errno's text when `with_errno`, and exits with 1.
_Noreturn void floor_end(int with_errno, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// A decimal number within the bounds, or the end of the program.
uint64_t floor_number(const char *text, uint64_t least, uint64_t most);

int floor_server(int count, char **arguments);
int floor_client(int count, char **arguments);
int floor_forwarder(int count, char **arguments);
int floor_miniport(int count, char **arguments);
int floor_driver(int count, char **arguments);
int floor_count(int count, char **arguments);
