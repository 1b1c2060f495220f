// The receive path without a simulator: a miniport indicates lists of frames in a section, a forwarder in the
// role of the daemon calls the overlying driver with them, the driver reads the frames in place and returns
// the lists, and the forwarder calls the miniport with the returned lists. Each indication takes eight
// packets, with the sizes of those of ndissimd and the kit:
//
//   miniport -> INDICATE_RECEIVE, and its reply
//   -> driver UPCALL_RECEIVE_NET_BUFFER_LISTS, and its answer
//   driver -> RETURN_NET_BUFFER_LISTS, and its reply
//   -> miniport UPCALL_RETURN_NET_BUFFER_LISTS, and its answer
#pragma once

#include "floor.h"

#define FLOOR_MAXIMUM_LISTS 256u
// As many lists in flight as the socket buffer can take.
#define FLOOR_MAXIMUM_IN_FLIGHT 8u

// Each frame has a slot, as in a receive buffer.
#define FLOOR_FRAME_PLACE 2048u
#define FLOOR_FRAME_BYTES 1514u

// A list with one buffer of one segment, as sent by a miniport, and as received by a driver.
struct floor_indicated_list {
  struct ndissim_net_buffer_list list;
  struct ndissim_net_buffer buffer;
  NET_BUFFER_SHARED_MEMORY segment;
};

struct floor_received_list {
  struct ndissim_net_buffer_list list;
  struct ndissim_net_buffer buffer;
  struct ndissim_view_segment segment;
};

struct floor_indicate {
  struct ndissim_header header;
  struct ndissim_indicate_receive body;
  struct floor_indicated_list lists[FLOOR_MAXIMUM_LISTS];
};

struct floor_upcall_receive {
  struct ndissim_header header;
  struct ndissim_upcall_receive body;
  struct floor_received_list lists[FLOOR_MAXIMUM_LISTS];
};

struct floor_return {
  struct ndissim_header header;
  struct ndissim_return body;
  uint64_t lists[FLOOR_MAXIMUM_LISTS];
};

struct floor_upcall_return {
  struct ndissim_header header;
  struct ndissim_upcall_return body;
  uint64_t lists[FLOOR_MAXIMUM_LISTS];
};

struct floor_section_view {
  struct ndissim_header header;
  struct ndissim_section_view body;
};

#define FLOOR_SIZE(type, count) (offsetof(type, lists) + (count) * sizeof(((type *)0)->lists[0]))

// The frames: the miniport writes the first 64 bytes and the driver reads them, eight words derived from the
// frame's number, which is the first of them.
#define FLOOR_FRAME_STEP 0x9E3779B97F4A7C15u

static inline void floor_write_frame(uint64_t *words, uint64_t number) {
  for (uint64_t i = 0; i < 8; i++) words[i] = number + i * FLOOR_FRAME_STEP;
}

// Whether it is the frame with this number.
static inline int floor_read_frame(const uint64_t *words, uint64_t number) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < 8; i++) sum += words[i];
  return words[0] == number && sum == 8 * number + 28 * FLOOR_FRAME_STEP;
}

// Sends HELLO to the forwarder as "miniport" or "driver", and waits for the reply.
void floor_introduce(int server, const char *role);
