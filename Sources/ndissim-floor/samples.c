// The clock, the samples, and their output.

#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t floor_samples[FLOOR_MAXIMUM_SAMPLES];

uint64_t floor_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Page faults of the first access must not be part of a sample.
void floor_touch_samples(void) { memset(floor_samples, 1, sizeof floor_samples); }

static int by_size(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

void floor_tell(uint64_t count, uint64_t elapsed, int in_words) {
  if (in_words) {
    qsort(floor_samples, count, sizeof floor_samples[0], by_size);
    printf("%" PRIu64 " samples, p50 %.2f us, p90 %.2f us, p99 %.2f us, %.0f a second\n", count,
           (double)floor_samples[count / 2] / 1e3, (double)floor_samples[count * 9 / 10] / 1e3,
           (double)floor_samples[count * 99 / 100] / 1e3, (double)count * 1e9 / (double)elapsed);
  } else {
    printf("%" PRIu64 " %" PRIu64 "\n", count, elapsed);
    fwrite(floor_samples, sizeof floor_samples[0], count, stdout);
  }
  if (fflush(stdout) != 0) floor_end(1, "output");
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
