// `ndissim-floor`: the C program that ndissimd and the kit are measured against. Started by
// `ndisctl bench`; by hand, for instance:
//
//   ndissim-floor server /tmp/floor & echo 'sync 100000' | ndissim-floor client --text /tmp/floor

#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

union control {
  struct cmsghdr header;
  unsigned char bytes[CMSG_SPACE(4 * sizeof(int))];
};

ssize_t floor_receive(int file, void *bytes, size_t length, int flags, int *descriptor) {
  struct iovec piece = {.iov_base = bytes, .iov_len = length};
  union control control;
  struct msghdr message = {.msg_iov = &piece,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = CMSG_LEN(4 * sizeof(int))};
  ssize_t received = recvmsg(file, &message, MSG_CMSG_CLOEXEC | MSG_TRUNC | flags);
  *descriptor = -1;
  if (received <= 0) return received;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
      memcpy(descriptor, CMSG_DATA(c), sizeof *descriptor);
    }
  }
  return received;
}

ssize_t floor_send(int file, const void *bytes, size_t length, int flags, int descriptor) {
  // As in Platform: no message header for the kernel to copy where there is nothing to say in it.
  if (descriptor < 0) return send(file, bytes, length, MSG_NOSIGNAL | flags);
  struct iovec piece = {.iov_base = (void *)bytes, .iov_len = length};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  union control control;
  memset(&control, 0, sizeof control);
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(sizeof descriptor);
  memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
  message.msg_control = &control;
  message.msg_controllen = CMSG_SPACE(sizeof descriptor);
  return sendmsg(file, &message, MSG_NOSIGNAL | flags);
}

uint64_t floor_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void floor_end(int with_errno, const char *format, ...) {
  int number = errno;
  va_list arguments;
  va_start(arguments, format);
  fputs("ndissim-floor: ", stderr);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  if (with_errno) fprintf(stderr, ": %s", strerror(number));
  fputc('\n', stderr);
  exit(1);
}

uint64_t floor_number(const char *text, uint64_t least, uint64_t most) {
  char *end;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (errno || end == text || *end || *text == '-' || value < least || value > most) {
    floor_end(0, "'%s' is no number from %llu to %llu", text, (unsigned long long)least,
              (unsigned long long)most);
  }
  return value;
}

int main(int count, char **arguments) {
  if (count >= 2 && !strcmp(arguments[1], "server")) return floor_server(count - 2, arguments + 2);
  if (count >= 2 && !strcmp(arguments[1], "client")) return floor_client(count - 2, arguments + 2);
  if (count >= 2 && !strcmp(arguments[1], "count")) return floor_count(count - 2, arguments + 2);
  fputs(
      "usage: ndissim-floor server SOCKET\n"
      "       ndissim-floor client [--text] SOCKET\n"
      "       ndissim-floor count FILE PROGRAM ARGUMENT...\n"
      "The client reads lines: 'sync PAIRS', 'paced PAIRS MICROSECONDS', 'pipelined REQUESTS WINDOW'.\n",
      stderr);
  return 2;
}
