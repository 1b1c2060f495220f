// Leaving a mark when the process crashes, for the process that comes after it: a crash is not a kill.

#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

static const int crashes[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
enum { crash_count = sizeof crashes / sizeof crashes[0] };
static struct sigaction before[crash_count];
static volatile uint64_t *volatile mark;
static int installed;

static void crashed(int number, siginfo_t *info, void *context) {
  volatile uint64_t *word = mark;
  // Once: if this crashes in its turn there is nothing to add.
  mark = NULL;
  if (word) *word = 1;
  for (int i = 0; i < crash_count; i++) {
    if (crashes[i] != number) continue;
    // The handler that was there, of the Swift runtime's backtraces, takes over; else the signal comes again
    // and does what it does by default.
    if ((before[i].sa_flags & SA_SIGINFO) && before[i].sa_sigaction)
      before[i].sa_sigaction(number, info, context);
    else if (before[i].sa_handler != SIG_DFL && before[i].sa_handler != SIG_IGN)
      before[i].sa_handler(number);
    else
      sigaction(number, &before[i], NULL);
    // A fault comes again by itself. A signal that was sent, by a watchdog say, does not: the process would
    // print its backtrace and live on.
    if (info->si_code <= 0) {
      signal(number, SIG_DFL);
      raise(number);
    }
    return;
  }
}

int clinux_mark_crash(volatile uint64_t *word) {
  mark = word;
  if (installed) return 0;
  installed = 1;
  stack_t stack;
  // A stack that has overflowed cannot run a handler; there is another one, unless somebody has made it.
  if (sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE)) {
    stack.ss_size = 65536;
    stack.ss_sp = malloc(stack.ss_size);
    stack.ss_flags = 0;
    if (stack.ss_sp) sigaltstack(&stack, NULL);
  }
  struct sigaction action = {0};
  action.sa_sigaction = crashed;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (int i = 0; i < crash_count; i++) {
    if (sigaction(crashes[i], &action, &before[i]) < 0) return -errno;
  }
  return 0;
}
