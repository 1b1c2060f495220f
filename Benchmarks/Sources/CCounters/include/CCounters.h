// Counters that do not depend on time. Heap allocations are counted by functions that replace glibc's malloc and
// its relatives in the whole process; instructions by callgrind, from which these functions request it. Outside
// callgrind the requests do nothing.
#pragma once
#include <stdint.h>

// Calls of malloc, calloc, realloc and the aligned ones since the process began, by all threads.
uint64_t counters_allocations(void);

// From now on instructions are counted.
void counters_begin(void);
// Writes what was counted since the beginning or the last dump to a file of its own, and starts again from zero.
void counters_dump(void);
