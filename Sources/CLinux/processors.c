// Which processors a thread may run on. See CLinux.h.

#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

int clinux_get_processors(int32_t thread, void *mask, size_t length) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(thread, sizeof set, &set) < 0) return -errno;
  memset(mask, 0, length);
  memcpy(mask, &set, length < sizeof set ? length : sizeof set);
  return 0;
}

int clinux_set_processors(int32_t thread, const void *mask, size_t length) {
  cpu_set_t set;
  CPU_ZERO(&set);
  memcpy(&set, mask, length < sizeof set ? length : sizeof set);
  return sched_setaffinity(thread, sizeof set, &set) < 0 ? -errno : 0;
}
