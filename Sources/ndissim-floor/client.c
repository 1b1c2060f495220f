// The client of the baseline: what a driver does through the kit, in C. It blocks in recvmsg like the kit's
// blocking path, maps the section received with the first reply once, and reads the clock where the benchmark
// reads it on the other side: once per pair, or once per request in flight.
//
// It reads commands from standard input, one per line, and replies to each on standard output: a line `COUNT
// NANOSECONDS` (number of samples; from the first to the last of them) and then COUNT 64-bit integers, each a
// sample in nanoseconds. With --text it prints percentiles instead.
//
//   sync PAIRS               allocate, wait, free, wait; a sample is a pair
//   paced PAIRS MICROSECONDS the same with a sleep after each request, for counting system calls: the
//                            server is back in epoll_wait before the next one arrives
//   pipelined COUNT WINDOW   COUNT requests with WINDOW in flight; a sample is a request

#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <unistd.h>

#define MAXIMUM_WINDOW 64u

static unsigned char buffer[NDISSIM_MAXIMUM_MESSAGE];
static struct floor_allocate allocation;
static struct floor_free freeing;
static uint64_t next_id = 1;
static int server = -1;
static void *mapped;

static void prepare_requests(void) {
  floor_fill_allocate(&allocation, 4096);
  floor_fill_header(&freeing.header, NDISSIM_FREE_SHARED_MEMORY, sizeof freeing);
}

static void ask(struct ndissim_header *request, size_t length) {
  request->request_id = next_id++;
  floor_send_whole(server, request, length);
}

static void map_section(int descriptor) {
  if (mapped) munmap(mapped, FLOOR_SECTION_SIZE);
  mapped = mmap(NULL, FLOOR_SECTION_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (mapped == MAP_FAILED) floor_end(1, "mmap of the section");
  close(descriptor);
}

// Waits for a reply of `length` bytes. Returns its allocation handle, or 0 if it has none.
static uint64_t wait_for(uint64_t id, size_t length) {
  int descriptor;
  ssize_t received;
  while ((received = floor_receive(server, buffer, sizeof buffer, 0, &descriptor)) < 0) {
    if (errno != EINTR) floor_end(1, "recvmsg");
  }
  if (descriptor >= 0) map_section(descriptor);
  const struct floor_allocate_reply *reply = (const struct floor_allocate_reply *)buffer;
  if ((size_t)received != length || reply->header.request_id != id || reply->header.status != 0) {
    floor_end(0, "the reply to request %" PRIu64 " has %zd bytes, expected %zu", id, received, length);
  }
  return length == sizeof *reply ? reply->body.allocation_handle : 0;
}

static void say_hello(uint64_t packets_per_turn) {
  static struct floor_hello hello;
  floor_fill_header(&hello.header, NDISSIM_HELLO, sizeof hello);
  hello.body.features = packets_per_turn;
  ask(&hello.header, sizeof hello);
  wait_for(next_id - 1, sizeof(struct ndissim_header));
}

static uint64_t allocate_and_wait(void) {
  ask(&allocation.header, FLOOR_ALLOCATE_SIZE);
  return wait_for(next_id - 1, sizeof(struct floor_allocate_reply));
}

static void free_and_wait(uint64_t handle) {
  freeing.body.allocation_handle = handle;
  ask(&freeing.header, sizeof freeing);
  wait_for(next_id - 1, sizeof(struct ndissim_header));
}

static uint64_t measure_sync(uint64_t pairs, unsigned rest) {
  say_hello(1);
  free_and_wait(allocate_and_wait());
  uint64_t begin = floor_nanoseconds(), before = begin;
  for (uint64_t i = 0; i < pairs; i++) {
    uint64_t handle = allocate_and_wait();
    if (rest) usleep(rest);
    free_and_wait(handle);
    if (rest) usleep(rest);
    uint64_t now = floor_nanoseconds();
    floor_samples[i] = now - before;
    before = now;
  }
  return before - begin;
}

// Keeps a window of requests in flight; each slot alternates between allocation and free. The oldest request
// is awaited, and the next one of its slot is sent immediately.
static uint64_t measure_pipelined(uint64_t count, uint64_t window) {
  static struct {
    uint64_t id, since, handle;
    int is_free;
  } flight[MAXIMUM_WINDOW];
  say_hello(FLOOR_PIPELINED_PACKETS);
  memset(flight, 0, sizeof flight);
  uint64_t begin = floor_nanoseconds(), now = begin;
  for (uint64_t done = 0, asked = 0; done < count;) {
    for (; asked < count && asked - done < window; asked++) {
      uint64_t slot = asked % window;
      if (flight[slot].is_free) {
        freeing.body.allocation_handle = flight[slot].handle;
        ask(&freeing.header, sizeof freeing);
      } else {
        ask(&allocation.header, FLOOR_ALLOCATE_SIZE);
      }
      flight[slot].id = next_id - 1;
      flight[slot].since = now;
    }
    uint64_t slot = done % window;
    if (flight[slot].is_free) {
      wait_for(flight[slot].id, sizeof(struct ndissim_header));
    } else {
      flight[slot].handle = wait_for(flight[slot].id, sizeof(struct floor_allocate_reply));
    }
    flight[slot].is_free = !flight[slot].is_free;
    now = floor_nanoseconds();
    floor_samples[done++] = now - flight[slot].since;
  }
  return now - begin;
}

int floor_client(int count, char **arguments) {
  int in_words = count > 0 && !strcmp(arguments[0], "--text");
  if (count != 1 + in_words) floor_end(0, "client takes the path of the server's socket");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  floor_touch_samples();
  prepare_requests();
  server = floor_connect(arguments[in_words]);
  static char line[256];
  while (fgets(line, sizeof line, stdin)) {
    char *command = strtok(line, " \n"), *first = strtok(NULL, " \n"), *second = strtok(NULL, " \n");
    if (command && first && !strcmp(command, "sync")) {
      uint64_t pairs = floor_number(first, 1, FLOOR_MAXIMUM_SAMPLES);
      floor_tell(pairs, measure_sync(pairs, 0), in_words);
    } else if (command && first && second && !strcmp(command, "paced")) {
      uint64_t pairs = floor_number(first, 1, FLOOR_MAXIMUM_SAMPLES);
      floor_tell(pairs, measure_sync(pairs, (unsigned)floor_number(second, 0, 999999)), in_words);
    } else if (command && first && second && !strcmp(command, "pipelined")) {
      uint64_t requests = floor_number(first, 1, FLOOR_MAXIMUM_SAMPLES);
      uint64_t window = floor_number(second, 1, MAXIMUM_WINDOW);
      floor_tell(requests, measure_pipelined(requests, window), in_words);
    } else {
      floor_end(0, "unknown command '%s'", command ? command : "");
    }
  }
  return 0;
}
