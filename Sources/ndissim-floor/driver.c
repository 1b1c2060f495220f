// The overlying driver of the baseline: it maps the section when it receives its view, reads each frame in
// place, returns the lists of an indication in one message, and answers the upcall without waiting for the
// reply.
//
// When the connection ends it prints a line `FRAMES WRONG`: the number of frames received, and of those out
// of order or damaged.

#define _GNU_SOURCE
#include "receive.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static unsigned char buffer[NDISSIM_MAXIMUM_MESSAGE] __attribute__((aligned(64)));
static struct floor_return back;
static struct ndissim_header answer;
static int server = -1;
static const unsigned char *section;
static uint64_t next_id = 2;  // HELLO was the first
static uint64_t frames, wrong;

static void map_view(int descriptor) {
  if (descriptor < 0) floor_end(0, "a view came without a descriptor");
  section = mmap(NULL, FLOOR_SECTION_SIZE, PROT_READ, MAP_SHARED, descriptor, 0);
  if (section == MAP_FAILED) floor_end(1, "mmap of the view");
  close(descriptor);
}

static void take_lists(const struct floor_upcall_receive *upcall) {
  uint32_t count = upcall->body.count;
  for (uint32_t i = 0; i < count; i++) {
    const struct floor_received_list *list = &upcall->lists[i];
    const void *frame = section + list->segment.offset;
    if (!floor_read_frame(frame, frames++)) wrong++;
    back.lists[i] = list->list.handle;
  }
  size_t length = FLOOR_SIZE(struct floor_return, count);
  back.header.length = (uint32_t)(length - sizeof back.header);
  back.header.request_id = next_id++;
  back.header.context = upcall->header.request_id;
  back.body.count = count;
  floor_send_whole(server, &back, length);
  answer.request_id = upcall->header.request_id;
  floor_send_whole(server, &answer, sizeof answer);
}

static void take(int descriptor) {
  const struct ndissim_header *message = (const struct ndissim_header *)buffer;
  switch (message->type) {
    case NDISSIM_SECTION_VIEW: map_view(descriptor); break;
    case NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS:
      take_lists((const struct floor_upcall_receive *)buffer);
      break;
    // The reply to a return.
    default: break;
  }
}

int floor_driver(int count, char **arguments) {
  if (count != 1) floor_end(0, "driver takes the path of the forwarder's socket");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  floor_fill_header(&back.header, NDISSIM_RETURN_NET_BUFFER_LISTS, sizeof back.header);
  floor_fill_header(&answer, NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS, sizeof answer);
  answer.flags = NDISSIM_FLAG_UPCALL | NDISSIM_FLAG_REPLY;
  server = floor_connect(arguments[0]);
  floor_introduce(server, "driver");
  puts("ready");
  fflush(stdout);
  for (;;) {
    int descriptor;
    ssize_t length = floor_receive(server, buffer, sizeof buffer, 0, &descriptor);
    if (length < 0 && errno == EINTR) continue;
    if (length < (ssize_t)sizeof(struct ndissim_header)) break;
    take(descriptor);
  }
  printf("%" PRIu64 " %" PRIu64 "\n", frames, wrong);
  return fflush(stdout) == 0 ? 0 : 1;
}
