// `ndissim-floor count FILE PROGRAM ARGUMENT...` runs a program and counts the system calls of all its
// threads and children with ptrace; when it has exited, the file contains a line `NAME COUNT` for each. A
// process may trace its own child wherever ptrace is permitted at all. SIGTERM is forwarded. Counts are
// exact; times under ptrace are meaningless.

#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
// After sys/ptrace.h, which has the same names.
#include <linux/ptrace.h>

#define NUMBERS 1024

static unsigned long long counts[NUMBERS];
static volatile pid_t program;

static void hand_on(int number) {
  if (program > 0) kill(program, number);
}

// The expected calls; others are shown by number.
static const char *name_of(unsigned number) {
  switch (number) {
    case SYS_sendmsg: return "sendmsg";
    case SYS_recvmsg: return "recvmsg";
    case SYS_sendto: return "sendto";
    case SYS_recvfrom: return "recvfrom";
    case SYS_epoll_pwait: return "epoll_pwait";
    case SYS_epoll_ctl: return "epoll_ctl";
    case SYS_ppoll: return "ppoll";
    case SYS_futex: return "futex";
    case SYS_read: return "read";
    case SYS_write: return "write";
    case SYS_writev: return "writev";
    case SYS_mmap: return "mmap";
    case SYS_munmap: return "munmap";
    case SYS_mprotect: return "mprotect";
    case SYS_madvise: return "madvise";
    case SYS_brk: return "brk";
    case SYS_close: return "close";
    case SYS_fcntl: return "fcntl";
    case SYS_sched_yield: return "sched_yield";
    case SYS_clock_gettime: return "clock_gettime";
    case SYS_clock_nanosleep: return "clock_nanosleep";
    case SYS_timerfd_settime: return "timerfd_settime";
#ifdef SYS_epoll_wait
    case SYS_epoll_wait: return "epoll_wait";
    case SYS_poll: return "poll";
#endif
#ifdef SYS_epoll_pwait2
    case SYS_epoll_pwait2: return "epoll_pwait2";
#endif
    default: return NULL;
  }
}

static void write_counts(const char *path) {
  FILE *file = fopen(path, "w");
  if (!file) floor_end(1, "open %s", path);
  for (unsigned i = 0; i < NUMBERS; i++) {
    if (!counts[i]) continue;
    const char *name = name_of(i);
    if (name) fprintf(file, "%s %llu\n", name, counts[i]);
    else fprintf(file, "call-%u %llu\n", i, counts[i]);
  }
  if (fclose(file) != 0) floor_end(1, "write %s", path);
}

static void start(char **arguments) {
  program = fork();
  if (program < 0) floor_end(1, "fork");
  if (program == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0) floor_end(1, "ptrace is not allowed");
    raise(SIGSTOP);
    execv(arguments[0], arguments);
    floor_end(1, "start of %s", arguments[0]);
  }
  int status;
  if (waitpid(program, &status, 0) < 0 || !WIFSTOPPED(status)) {
    floor_end(0, "%s cannot be traced", arguments[0]);
  }
  long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                 PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SETOPTIONS, program, 0, options) < 0) floor_end(1, "ptrace options");
  if (ptrace(PTRACE_SYSCALL, program, 0, 0) < 0) floor_end(1, "ptrace");
}

// Counts a stop at the entry of a system call. Returns the signal to deliver to the thread.
static long look_at_stop(pid_t thread, int status) {
  int number = WSTOPSIG(status);
  if (number == (SIGTRAP | 0x80)) {
    struct ptrace_syscall_info info;
    long size = ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info);
    if (size > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr < NUMBERS) {
      counts[info.entry.nr]++;
    }
    return 0;
  }
  // A new thread's first stop, or ptrace's own events.
  if (status >> 16 || number == SIGSTOP || number == SIGTRAP) return 0;
  return number;
}

int floor_count(int count, char **arguments) {
  if (count < 2) floor_end(0, "count takes a file for the result and a program with its arguments");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  start(arguments + 1);
  struct sigaction action = {.sa_handler = hand_on};
  sigaction(SIGTERM, &action, NULL);
  int result = 0;
  for (;;) {
    int status;
    pid_t thread = waitpid(-1, &status, __WALL);
    if (thread < 0 && errno == EINTR) continue;
    if (thread < 0) break;
    if (WIFSTOPPED(status)) {
      // If the thread has exited meanwhile, the next wait reports it.
      ptrace(PTRACE_SYSCALL, thread, 0, look_at_stop(thread, status));
    } else if (thread == program) {
      result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }
  write_counts(arguments[0]);
  return result;
}
