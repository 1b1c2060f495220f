// The miniport of the baseline: it has a section, writes frames into it and indicates them, several
// indications in flight. The slot of an indication is reused when its lists are returned.
//
// It reads commands from standard input and replies like the client; a sample is an indication, from sending
// it to the return of its lists:
//
//   receive INDICATIONS LISTS WINDOW REST   so many indications of LISTS frames, WINDOW of them in flight;
//                                           a rest of so many microseconds after each return, for
//                                           counting system calls

#define _GNU_SOURCE
#include "receive.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static unsigned char buffer[NDISSIM_MAXIMUM_MESSAGE] __attribute__((aligned(64)));
// One for each indication in flight, prepared once.
static struct floor_indicate indications[FLOOR_MAXIMUM_IN_FLIGHT];
static uint64_t since[FLOOR_MAXIMUM_IN_FLIGHT];
static struct ndissim_header answer;
static int server = -1;
static unsigned char *section;
static uint64_t next_id = 2;  // HELLO was the first
static uint64_t next_frame;

static unsigned char *place(uint64_t slot, uint32_t list) {
  return section + (slot * FLOOR_MAXIMUM_LISTS + list) * FLOOR_FRAME_PLACE;
}

static void prepare(uint32_t lists) {
  for (uint64_t slot = 0; slot < FLOOR_MAXIMUM_IN_FLIGHT; slot++) {
    struct floor_indicate *indication = &indications[slot];
    floor_fill_header(
        &indication->header, NDISSIM_INDICATE_RECEIVE, FLOOR_SIZE(struct floor_indicate, lists));
    indication->body.flags = NDIS_RECEIVE_FLAGS_SHARED_MEMORY_INFO_VALID;
    indication->body.count = lists;
    for (uint32_t i = 0; i < lists; i++) {
      struct floor_indicated_list *list = &indication->lists[i];
      list->list.handle = slot * FLOOR_MAXIMUM_LISTS + i;
      list->list.buffers = 1;
      list->buffer.data_length = FLOOR_FRAME_BYTES;
      list->buffer.segments = 1;
      list->segment.SharedMemoryHandle = 1;
      list->segment.SharedMemoryOffset = (uint32_t)(place(slot, i) - section);
      list->segment.SharedMemoryLength = FLOOR_FRAME_BYTES;
      // Page faults of the first access must not be part of a sample.
      memset(place(slot, i), 0, FLOOR_FRAME_PLACE);
    }
  }
}

static void indicate(uint64_t slot, uint32_t lists, uint64_t now) {
  for (uint32_t i = 0; i < lists; i++) {
    floor_write_frame((uint64_t *)(void *)place(slot, i), next_frame++);
  }
  indications[slot].header.request_id = next_id++;
  floor_send_whole(server, &indications[slot], FLOOR_SIZE(struct floor_indicate, lists));
  since[slot] = now;
}

// Waits for a packet; returns 1 if it returned lists.
static int take_one(uint32_t lists) {
  int descriptor;
  ssize_t length;
  while ((length = floor_receive(server, buffer, sizeof buffer, 0, &descriptor)) < 0) {
    if (errno != EINTR) floor_end(1, "recvmsg");
  }
  const struct floor_upcall_return *upcall = (const struct floor_upcall_return *)buffer;
  if (length < (ssize_t)sizeof upcall->header) floor_end(0, "the forwarder is gone");
  if (upcall->header.type != NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS) return 0;
  if (upcall->body.count != lists) {
    floor_end(0, "%u lists came back, not %u", upcall->body.count, lists);
  }
  answer.request_id = upcall->header.request_id;
  floor_send_whole(server, &answer, sizeof answer);
  return 1;
}

static uint64_t measure(uint64_t count, uint32_t lists, uint64_t window, unsigned rest) {
  prepare(lists);
  uint64_t begin = floor_nanoseconds(), now = begin;
  for (uint64_t returned = 0, sent = 0; returned < count;) {
    for (; sent < count && sent - returned < window; sent++) indicate(sent % window, lists, now);
    if (!take_one(lists)) continue;
    now = floor_nanoseconds();
    // Lists are returned in the order of the indications.
    floor_samples[returned] = now - since[returned % window];
    returned++;
    if (rest) usleep(rest);
  }
  return now - begin;
}

static void get_section(void) {
  static struct floor_allocate request;
  floor_fill_allocate(
      &request, FLOOR_MAXIMUM_IN_FLIGHT * FLOOR_MAXIMUM_LISTS * FLOOR_FRAME_PLACE);
  request.header.request_id = next_id++;
  floor_send_whole(server, &request, FLOOR_ALLOCATE_SIZE);
  int descriptor;
  if (floor_receive(server, buffer, sizeof buffer, 0, &descriptor) <= 0 || descriptor < 0) {
    floor_end(1, "no section came");
  }
  section = mmap(NULL, FLOOR_SECTION_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (section == MAP_FAILED) floor_end(1, "mmap of the section");
  close(descriptor);
}

int floor_miniport(int count, char **arguments) {
  int in_words = count > 0 && !strcmp(arguments[0], "--text");
  if (count != 1 + in_words) floor_end(0, "miniport takes the path of the forwarder's socket");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  floor_touch_samples();
  floor_fill_header(&answer, NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS, sizeof answer);
  answer.flags = NDISSIM_FLAG_UPCALL | NDISSIM_FLAG_REPLY;
  server = floor_connect(arguments[in_words]);
  floor_introduce(server, "miniport");
  get_section();
  static char line[256];
  while (fgets(line, sizeof line, stdin)) {
    char *command = strtok(line, " \n"), *words[4];
    int found = 0;
    while (found < 4 && (words[found] = strtok(NULL, " \n"))) found++;
    if (!command || strcmp(command, "receive") || found != 4) {
      floor_end(0, "unknown command '%s'", command ? command : "");
    }
    uint64_t indicated = floor_number(words[0], 1, FLOOR_MAXIMUM_SAMPLES);
    uint32_t lists = (uint32_t)floor_number(words[1], 1, FLOOR_MAXIMUM_LISTS);
    uint64_t window = floor_number(words[2], 1, FLOOR_MAXIMUM_IN_FLIGHT);
    unsigned rest = (unsigned)floor_number(words[3], 0, 999999);
    floor_tell(indicated, measure(indicated, lists, window, rest), in_words);
  }
  return 0;
}
