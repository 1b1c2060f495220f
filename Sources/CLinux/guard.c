// Memory that nobody may touch any more, described: a fault in it is reported on standard error with the block and
// the calls that led to the access, and then handled as it would have been without this.

#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// A range and what it was. Written under the caller's lock, read by a signal handler: `start` is 0 meanwhile.
struct guarded {
  _Atomic uintptr_t start;
  _Atomic size_t length;
  _Atomic uint64_t order;
  char text[CLINUX_GUARD_TEXT];
};

static struct guarded table[CLINUX_GUARDS];
static uint64_t last_order;
static struct sigaction before;
static int installed;

static void print(const char *text) {
  ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
  (void)ignored;
}

static void print_number(uint64_t number, unsigned base) {
  char digits[24];
  char *at = digits + sizeof digits - 1;
  *at = 0;
  do {
    *--at = "0123456789abcdef"[number % base];
    number /= base;
  } while (number);
  print(at);
}

// The newest range with the address: memory may have been freed, used and freed again.
static const struct guarded *find(uintptr_t address) {
  const struct guarded *found = NULL;
  for (unsigned i = 0; i < CLINUX_GUARDS; i++) {
    uintptr_t start = atomic_load_explicit(&table[i].start, memory_order_acquire);
    if (!start || address < start || address - start >= table[i].length) continue;
    if (!found || table[i].order > found->order) found = &table[i];
  }
  return found;
}

static void faulted(int number, siginfo_t *info, void *context) {
  uintptr_t address = (uintptr_t)info->si_addr;
  // A mapped page without access is SEGV_ACCERR; other faults are none of ours.
  const struct guarded *guarded =
      info->si_code == SEGV_ACCERR || info->si_code == SEGV_PKUERR ? find(address) : NULL;
  if (guarded) {
    print("ndissim: access to freed shared memory: byte ");
    print_number(address - guarded->start, 10);
    print(" of ");
    print(guarded->text);
    print(" (address 0x");
    print_number(address, 16);
    print("). Called from:\n");
    void *frames[32];
    backtrace_symbols_fd(frames, backtrace(frames, 32), STDERR_FILENO);
  }
  if ((before.sa_flags & SA_SIGINFO) && before.sa_sigaction) {
    // A sanitizer's handler, or that of the Swift runtime's backtraces.
    before.sa_sigaction(number, info, context);
    return;
  }
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(number);
    return;
  }
  // The fault comes again; a signal that was sent does not.
  signal(number, SIG_DFL);
  if (info->si_code <= 0) raise(number);
}

int clinux_guard_install(void) {
  if (installed) return 0;
  // Its first call loads a library, which a signal handler must not.
  void *frame;
  backtrace(&frame, 1);
  struct sigaction action = {0};
  action.sa_sigaction = faulted;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  if (sigaction(SIGSEGV, &action, &before) < 0) return -errno;
  installed = 1;
  return 0;
}

void clinux_guard_describe(uint32_t slot, const void *start, size_t length, const char *text) {
  if (slot >= CLINUX_GUARDS) return;
  struct guarded *guarded = &table[slot];
  atomic_store_explicit(&guarded->start, 0, memory_order_release);
  if (!start) return;
  snprintf(guarded->text, sizeof guarded->text, "%s", text);
  guarded->length = length;
  guarded->order = ++last_order;
  atomic_store_explicit(&guarded->start, (uintptr_t)start, memory_order_release);
}

int clinux_protect(void *address, size_t length, int accessible) {
  int result = mprotect(address, length, accessible ? PROT_READ | PROT_WRITE : PROT_NONE);
  return result < 0 ? -errno : 0;
}
