// The server of the baseline: ndissimd's event loop without a simulator. epoll_wait, recvmsg, send, and
// filling in the reply. It reads at most as many packets in a row as the client's HELLO requests: one if
// requests are sent one at a time (three system calls per request, the minimum), more if several are in
// flight.
//
// It serves one client after the other and ends with its parent process.

#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

static unsigned char buffer[NDISSIM_MAXIMUM_MESSAGE];
static struct floor_allocate_reply allocated;
static struct ndissim_header freed;
static int section = -1;
static int section_is_sent;
static int packets_per_turn = 1;
static uint64_t next_handle = 1;

static void prepare_replies(void) {
  floor_fill_allocate_reply(&allocated, 4096);
  floor_fill_header(&freed, NDISSIM_FREE_SHARED_MEMORY, sizeof freed);
  freed.flags = NDISSIM_FLAG_REPLY;
}

// Replies to one packet; returns 0 if the client has disconnected.
static int answer(int client, size_t length) {
  const struct ndissim_header *request = (const struct ndissim_header *)buffer;
  if (length < sizeof *request) floor_end(0, "a packet of %zu bytes is no message", length);
  ssize_t sent;
  if (request->type == NDISSIM_ALLOCATE_SHARED_MEMORY) {
    allocated.header.request_id = request->request_id;
    allocated.body.allocation_handle = next_handle++;
    sent = floor_send(client, &allocated, sizeof allocated, MSG_DONTWAIT,
                      section_is_sent ? -1 : section);
    section_is_sent = 1;
  } else {
    if (request->type == NDISSIM_HELLO && length >= sizeof(struct floor_hello)) {
      uint64_t wanted = ((const struct floor_hello *)buffer)->body.features;
      packets_per_turn = wanted < 1 ? 1 : wanted > 64 ? 64 : (int)wanted;
    }
    freed.type = request->type;
    freed.request_id = request->request_id;
    sent = floor_send(client, &freed, sizeof freed, MSG_DONTWAIT, -1);
  }
  if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return 0;
  if (sent < 0) floor_end(1, "sending");
  return 1;
}

// Reads up to `packets_per_turn` packets; returns 0 if the client has disconnected.
static int serve(int client) {
  for (int i = 0; i < packets_per_turn; i++) {
    int descriptor;
    ssize_t length = floor_receive(client, buffer, sizeof buffer, MSG_DONTWAIT, &descriptor);
    if (descriptor >= 0) close(descriptor);
    if (length < 0 && errno == EAGAIN) return 1;
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return 0;
    if (!answer(client, (size_t)length)) return 0;
  }
  return 1;
}

int floor_server(int count, char **arguments) {
  if (count != 1) floor_end(0, "server takes the path of its socket");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  section = floor_make_section();
  prepare_replies();
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
        section_is_sent = 0;
        packets_per_turn = 1;
      } else if (!serve(file)) {
        close(file);
      }
    }
  }
}
