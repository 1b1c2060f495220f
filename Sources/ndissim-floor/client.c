// The floor's client: what a driver does through the kit, in C. It blocks in recvmsg as the kit's
// blocking path does, maps the section that comes with the first reply once, and reads the clock where
// the bench reads it on the other side: once a pair, or once a request in flight.
//
// It reads commands from its input, one a line, and answers each on its output: a line
// `COUNT NANOSECONDS` (samples; from the first to the last of them) and then COUNT numbers of eight
// bytes, each a sample in nanoseconds. With --text, percentiles in words instead.
//
//   sync PAIRS               allocate, wait, free, wait; a sample is a pair
//   paced PAIRS MICROSECONDS the same with a rest after each request, for counting system calls: the
//                            server is back in epoll_wait before the next one comes
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

#define MAXIMUM_SAMPLES (1u << 20)
#define MAXIMUM_WINDOW 64u
// Packets in a row when requests are pipelined: ndissimd's own number.
#define PIPELINED_PACKETS 16u

static unsigned char buffer[NDISSIM_MAXIMUM_MESSAGE];
static uint64_t samples[MAXIMUM_SAMPLES];
static struct floor_allocate allocation;
static struct floor_free freeing;
static uint64_t next_id = 1;
static int server = -1;
static void *mapped;

static void connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) floor_end(0, "the path %s is too long", path);
  strcpy(address.sun_path, path);
  server = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof address) < 0) {
    floor_end(1, "connect to %s", path);
  }
}

static void fill_header(struct ndissim_header *header, uint16_t type, size_t whole) {
  header->magic = NDISSIM_MAGIC;
  header->version = NDISSIM_PROTOCOL_VERSION;
  header->type = type;
  header->length = (uint32_t)(whole - sizeof *header);
}

static void prepare_requests(void) {
  fill_header(&allocation.header, NDISSIM_ALLOCATE_SHARED_MEMORY, FLOOR_ALLOCATE_SIZE);
  NDIS_SHARED_MEMORY_PARAMETERS parameters = {.Length = 4096};
  parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
  parameters.Header.Revision = NDIS_SHARED_MEMORY_PARAMETERS_REVISION_2;
  parameters.Header.Size = sizeof allocation.image;
  memcpy(allocation.image, &parameters, sizeof allocation.image);
  fill_header(&freeing.header, NDISSIM_FREE_SHARED_MEMORY, sizeof freeing);
}

static void ask(struct ndissim_header *request, size_t length) {
  request->request_id = next_id++;
  while (floor_send(server, request, length, 0, -1) < 0) {
    if (errno != EINTR) floor_end(1, "sending");
  }
}

static void map_section(int descriptor) {
  if (mapped) munmap(mapped, FLOOR_SECTION_SIZE);
  mapped = mmap(NULL, FLOOR_SECTION_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (mapped == MAP_FAILED) floor_end(1, "mmap of the section");
  close(descriptor);
}

// Waits for one reply of `length` bytes; answers its allocation handle, 0 when it has none.
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
  fill_header(&hello.header, NDISSIM_HELLO, sizeof hello);
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
    samples[i] = now - before;
    before = now;
  }
  return before - begin;
}

// A window of requests in flight, each slot going from allocation to free and back. The oldest is
// waited for, and the next one of its slot goes out at once.
static uint64_t measure_pipelined(uint64_t count, uint64_t window) {
  static struct {
    uint64_t id, since, handle;
    int is_free;
  } flight[MAXIMUM_WINDOW];
  say_hello(PIPELINED_PACKETS);
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
    samples[done++] = now - flight[slot].since;
  }
  return now - begin;
}

static int by_size(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void tell(uint64_t count, uint64_t elapsed, int in_words) {
  if (in_words) {
    qsort(samples, count, sizeof samples[0], by_size);
    printf("%" PRIu64 " samples, p50 %.2f us, p90 %.2f us, p99 %.2f us, %.0f a second\n", count,
           (double)samples[count / 2] / 1e3, (double)samples[count * 9 / 10] / 1e3,
           (double)samples[count * 99 / 100] / 1e3, (double)count * 1e9 / (double)elapsed);
  } else {
    printf("%" PRIu64 " %" PRIu64 "\n", count, elapsed);
    fwrite(samples, sizeof samples[0], count, stdout);
  }
  if (fflush(stdout) != 0) floor_end(1, "output");
}

int floor_client(int count, char **arguments) {
  int in_words = count > 0 && !strcmp(arguments[0], "--text");
  if (count != 1 + in_words) floor_end(0, "client takes the path of the server's socket");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Pages of a sample touched for the first time must not be part of it.
  memset(samples, 1, sizeof samples);
  prepare_requests();
  connect_to(arguments[in_words]);
  static char line[256];
  while (fgets(line, sizeof line, stdin)) {
    char *command = strtok(line, " \n"), *first = strtok(NULL, " \n"), *second = strtok(NULL, " \n");
    if (command && first && !strcmp(command, "sync")) {
      uint64_t pairs = floor_number(first, 1, MAXIMUM_SAMPLES);
      tell(pairs, measure_sync(pairs, 0), in_words);
    } else if (command && first && second && !strcmp(command, "paced")) {
      uint64_t pairs = floor_number(first, 1, MAXIMUM_SAMPLES);
      tell(pairs, measure_sync(pairs, (unsigned)floor_number(second, 0, 999999)), in_words);
    } else if (command && first && second && !strcmp(command, "pipelined")) {
      uint64_t requests = floor_number(first, 1, MAXIMUM_SAMPLES);
      uint64_t window = floor_number(second, 1, MAXIMUM_WINDOW);
      tell(requests, measure_pipelined(requests, window), in_words);
    } else {
      floor_end(0, "unknown command '%s'", command ? command : "");
    }
  }
  return 0;
}
