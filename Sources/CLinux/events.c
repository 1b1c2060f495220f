// Waiting, waking, clocks, signals and the process's own limits. See CLinux.h for the one rule.

#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

_Static_assert(CLINUX_EPOLL_ADD == EPOLL_CTL_ADD, "add");
_Static_assert(CLINUX_EPOLL_REMOVE == EPOLL_CTL_DEL, "remove");
_Static_assert(CLINUX_EPOLL_MODIFY == EPOLL_CTL_MOD, "modify");

static int answer(int result) { return result < 0 ? -errno : result; }

int clinux_epoll_create(void) { return answer(epoll_create1(EPOLL_CLOEXEC)); }

int clinux_epoll_control(int epoll, int operation, int fd, uint32_t interest, uint64_t token) {
  struct epoll_event event = {.data.u64 = token};
  if (interest & CLINUX_READABLE) event.events |= EPOLLIN;
  if (interest & CLINUX_WRITABLE) event.events |= EPOLLOUT;
  if (interest & CLINUX_HUNG_UP) event.events |= EPOLLRDHUP;
  return answer(epoll_ctl(epoll, operation, fd, &event));
}

int clinux_epoll_wait(int epoll, struct clinux_ready *out, int timeout_milliseconds) {
  struct epoll_event events[CLINUX_READY_MAX];
  int count = epoll_wait(epoll, events, CLINUX_READY_MAX, timeout_milliseconds);
  if (count < 0) return -errno;
  for (int i = 0; i < count; i++) {
    uint32_t seen = events[i].events;
    out[i].token = events[i].data.u64;
    out[i].events = (seen & EPOLLIN ? CLINUX_READABLE : 0) |
                    (seen & EPOLLOUT ? CLINUX_WRITABLE : 0) |
                    (seen & (EPOLLHUP | EPOLLRDHUP) ? CLINUX_HUNG_UP : 0) |
                    (seen & EPOLLERR ? CLINUX_FAILED : 0);
  }
  return count;
}

int clinux_eventfd(void) { return answer(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int clinux_eventfd_add(int fd, uint64_t count) {
  return write(fd, &count, sizeof count) < 0 ? -errno : 0;
}

int clinux_eventfd_take(int fd, uint64_t *count) {
  ssize_t n = read(fd, count, sizeof *count);
  if (n < 0) return -errno;
  return n == sizeof *count ? 0 : -EIO;
}

int clinux_signalfd(void) {
  // A reader that goes away, of the log for instance, is an error of write and not the end.
  signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGUSR2);
  int problem = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (problem != 0) return -problem;
  return answer(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int clinux_signalfd_take(int fd) {
  struct signalfd_siginfo info;
  ssize_t n = read(fd, &info, sizeof info);
  if (n < 0) return -errno;
  return n == sizeof info ? (int)info.ssi_signo : -EIO;
}

uint64_t clinux_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int clinux_random(void *bytes, size_t length) {
  // Up to 256 bytes come whole or not at all; a larger request could be cut by a signal.
  if (length > 256) return -EINVAL;
  return getrandom(bytes, length, 0) < 0 ? -errno : 0;
}

int clinux_raise_descriptor_limit(uint64_t *limit) {
  struct rlimit both;
  if (getrlimit(RLIMIT_NOFILE, &both) < 0) return -errno;
  if (both.rlim_cur < both.rlim_max) {
    both.rlim_cur = both.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &both) < 0) return -errno;
  }
  *limit = both.rlim_cur;
  return 0;
}

uint64_t clinux_page_size(void) { return (uint64_t)sysconf(_SC_PAGESIZE); }

int32_t clinux_thread_id(void) { return (int32_t)gettid(); }

void clinux_name_thread(const char *name) {
  char shortened[16] = {0};
  strncpy(shortened, name, sizeof shortened - 1);
  pthread_setname_np(pthread_self(), shortened);
}
