// Counters that time does not blur. Heap allocations are counted by functions that take the place of
// glibc's malloc and its kin in the whole process; instructions by callgrind, which is told what to look
// at. Outside callgrind the requests to it do nothing.
#pragma once
#include <stdint.h>

// Calls of malloc, calloc, realloc and the aligned ones since the process began, by all threads.
uint64_t counters_allocations(void);

// From now on instructions are counted.
void counters_begin(void);
// Writes what was counted since the beginning or the last dump to a file of its own, and starts anew.
void counters_dump(void);
