// `ndissim-floor`: the baseline in C with which ndissimd and the kit are compared. `ndisctl bench` starts it;
// an example of manual use:
//
//   ndissim-floor server /tmp/floor & echo 'sync 100000' | ndissim-floor client --text /tmp/floor
//
//   ndissim-floor forwarder /tmp/floor & ndissim-floor driver /tmp/floor &
//   echo 'receive 10000 64 8 0' | ndissim-floor miniport --text /tmp/floor

#include "floor.h"

#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  int (*run)(int, char **);
} roles[] = {
    {"server", floor_server},       {"client", floor_client}, {"forwarder", floor_forwarder},
    {"miniport", floor_miniport},   {"driver", floor_driver}, {"count", floor_count},
};

int main(int count, char **arguments) {
  for (size_t i = 0; count >= 2 && i < sizeof roles / sizeof roles[0]; i++) {
    if (!strcmp(arguments[1], roles[i].name)) return roles[i].run(count - 2, arguments + 2);
  }
  fputs(
      "usage: ndissim-floor server SOCKET\n"
      "       ndissim-floor client [--text] SOCKET\n"
      "       ndissim-floor forwarder SOCKET\n"
      "       ndissim-floor driver SOCKET\n"
      "       ndissim-floor miniport [--text] SOCKET\n"
      "       ndissim-floor count FILE PROGRAM ARGUMENT...\n"
      "The client reads lines: 'sync PAIRS', 'paced PAIRS MICROSECONDS', 'pipelined REQUESTS WINDOW';\n"
      "the miniport: 'receive INDICATIONS LISTS WINDOW REST-MICROSECONDS'.\n",
      stderr);
  return 2;
}
