// The forwarder: the daemon's event loop with a miniport on one side and a driver on the other. A received
// packet gets a reply and is forwarded as the next message; no state is kept except the two connections, and
// nothing is validated.
//
// It ends with its parent process. When the miniport disconnects, the driver is disconnected too.

#define _GNU_SOURCE
#include "receive.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MAXIMUM_FILES 64

static unsigned char buffer[NDISSIM_MAXIMUM_MESSAGE] __attribute__((aligned(64)));
static struct ndissim_header reply;
static struct floor_upcall_receive receive;
static struct floor_upcall_return returned;
static int section = -1, miniport = -1, driver = -1;
static int has_view;
// The read budget of a client, as in ndissimd: the number of packets found before, probed upwards with
// exponential backoff.
static struct appetite {
  int next, until_look, patience;
} appetites[MAXIMUM_FILES];
static uint64_t next_upcall = 1;

static void send_to(int file, const void *bytes, size_t length, int descriptor) {
  ssize_t sent = floor_send(file, bytes, length, MSG_DONTWAIT, descriptor);
  if (sent < 0 && errno != EPIPE && errno != ECONNRESET) floor_end(1, "sending");
}

static void reply_to(int file, const struct ndissim_header *request) {
  reply.type = request->type;
  reply.request_id = request->request_id;
  send_to(file, &reply, sizeof reply, -1);
}

static void prepare(void) {
  floor_fill_header(&reply, 0, sizeof reply);
  reply.flags = NDISSIM_FLAG_REPLY;
  floor_fill_header(&receive.header, NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS, sizeof receive.header);
  receive.header.flags = NDISSIM_FLAG_UPCALL;
  floor_fill_header(&returned.header, NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS, sizeof returned.header);
  returned.header.flags = NDISSIM_FLAG_UPCALL;
}

static void greet(int file, const struct floor_hello *hello) {
  if (!strcmp(hello->body.name, "driver")) {
    driver = file;
    has_view = 0;
  } else {
    miniport = file;
  }
  reply_to(file, &hello->header);
}

static void lend_section(int file, const struct ndissim_header *request) {
  static struct floor_allocate_reply allocated;
  floor_fill_allocate_reply(&allocated, FLOOR_SECTION_SIZE);
  allocated.header.request_id = request->request_id;
  send_to(file, &allocated, sizeof allocated, section);
}

// Once, as the daemon does: a read-only descriptor.
static void send_view(void) {
  static struct floor_section_view view;
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", section);
  int readable = open(path, O_RDONLY | O_CLOEXEC);
  if (readable < 0) floor_end(1, "open of the section for reading");
  floor_fill_header(&view.header, NDISSIM_SECTION_VIEW, sizeof view);
  view.header.flags = NDISSIM_FLAG_NOTIFICATION;
  view.body.size = FLOOR_SECTION_SIZE;
  send_to(driver, &view, sizeof view, readable);
  close(readable);
  has_view = 1;
}

static void forward_indication(const struct floor_indicate *indication) {
  uint32_t count = indication->body.count;
  if (!has_view) send_view();
  for (uint32_t i = 0; i < count; i++) {
    const struct floor_indicated_list *from = &indication->lists[i];
    struct floor_received_list *to = &receive.lists[i];
    to->list = from->list;
    to->buffer = from->buffer;
    to->segment.shared_memory_handle = from->segment.SharedMemoryHandle;
    to->segment.section = 1;
    to->segment.offset = from->segment.SharedMemoryOffset;
    to->segment.length = from->segment.SharedMemoryLength;
    to->segment.reserved = 0;
  }
  size_t length = FLOOR_SIZE(struct floor_upcall_receive, count);
  receive.header.length = (uint32_t)(length - sizeof receive.header);
  receive.header.request_id = next_upcall++;
  receive.body.flags = indication->body.flags;
  receive.body.count = count;
  send_to(driver, &receive, length, -1);
  reply_to(miniport, &indication->header);
}

static void forward_return(const struct floor_return *lists) {
  uint32_t count = lists->body.count;
  reply_to(driver, &lists->header);
  size_t length = FLOOR_SIZE(struct floor_upcall_return, count);
  memcpy(returned.lists, lists->lists, count * sizeof lists->lists[0]);
  returned.header.length = (uint32_t)(length - sizeof returned.header);
  returned.header.request_id = next_upcall++;
  returned.body.flags = lists->body.flags;
  returned.body.count = count;
  send_to(miniport, &returned, length, -1);
}

static void take(int file) {
  const struct ndissim_header *message = (const struct ndissim_header *)buffer;
  switch (message->type) {
    case NDISSIM_HELLO: greet(file, (const struct floor_hello *)buffer); break;
    case NDISSIM_ALLOCATE_SHARED_MEMORY: lend_section(file, message); break;
    case NDISSIM_INDICATE_RECEIVE: forward_indication((const struct floor_indicate *)buffer); break;
    case NDISSIM_RETURN_NET_BUFFER_LISTS: forward_return((const struct floor_return *)buffer); break;
    // The answer to an upcall.
    default: break;
  }
}

static void turn_ended(struct appetite *appetite, int found, int ran_dry) {
  const int most = FLOOR_PIPELINED_PACKETS;
  if (ran_dry) {
    appetite->next = found < 1 ? 1 : found > most ? most : found;
    appetite->until_look = appetite->patience;
    appetite->patience = appetite->patience > 32 ? 64 : 2 * appetite->patience;
  } else if (appetite->until_look > 0) {
    appetite->until_look--;
  } else {
    if (appetite->next > 1) appetite->patience = 1;
    appetite->next = appetite->next > most / 2 ? most : 2 * appetite->next;
  }
}

// Reads the packets that the client is expected to have sent; returns 0 if it has disconnected.
static int serve(int file) {
  struct appetite *appetite = &appetites[file];
  int found = 0;
  while (found < appetite->next) {
    int descriptor;
    ssize_t length = floor_receive(file, buffer, sizeof buffer, MSG_DONTWAIT, &descriptor);
    if (length < 0 && errno == EAGAIN) {
      turn_ended(appetite, found, 1);
      return 1;
    }
    if (length < 0 && errno == EINTR) continue;
    if (length < (ssize_t)sizeof(struct ndissim_header)) return 0;
    take(file);
    found++;
  }
  turn_ended(appetite, found, 0);
  return 1;
}

int floor_forwarder(int count, char **arguments) {
  if (count != 1) floor_end(0, "forwarder takes the path of its socket");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  section = floor_make_section();
  prepare();
  int listener = floor_listen(arguments[0]);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) floor_end(1, "epoll");
  puts("ready");
  fflush(stdout);
  static struct epoll_event ready[64];
  for (;;) {
    int events = epoll_wait(epoll, ready, 64, -1);
    if (events < 0 && errno != EINTR) floor_end(1, "epoll_wait");
    for (int i = 0; i < events; i++) {
      int file = ready[i].data.fd;
      if (file == listener) {
        int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        event.data.fd = client;
        if (client < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event) < 0) floor_end(1, "accept");
        if (client >= MAXIMUM_FILES) floor_end(0, "too many clients");
        appetites[client] = (struct appetite){.next = 1, .patience = 1};
      } else if (!serve(file)) {
        if (file == miniport && driver >= 0) shutdown(driver, SHUT_RDWR);
        close(file);
      }
    }
  }
}
