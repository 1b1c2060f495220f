// What Swift cannot see of Linux: calls that glibc hides behind _GNU_SOURCE, macros (CMSG_*) and
// constants newer than the headers of the oldest system we build on.
//
// One rule for every function: it makes the call once, and answers -errno when the call fails.
// Nothing here retries, allocates or keeps state; retrying is Platform's funnel. Only plain integers
// and pointers cross the border, so that no Linux structure has to be importable. The bodies live in
// .c files and not here, because inside a clang module _GNU_SOURCE comes too late.

#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>

// ---- errors ------------------------------------------------------------------------------------

// Static texts, never freed; "unknown error" and "?" for numbers the C library does not know.
const char *clinux_error_text(int error);
const char *clinux_error_name(int error);

// ---- descriptors and memory files --------------------------------------------------------------

struct clinux_file {
  uint64_t size;
  uint64_t device;
  uint64_t inode;
  uint64_t links;
  // The unit of mapping and of punching holes: the page size, or the huge page's size.
  uint64_t granule;
  int32_t is_regular;
  int32_t is_huge;
};

enum {
  CLINUX_SEAL_SEAL = 0x0001,
  CLINUX_SEAL_SHRINK = 0x0002,
  CLINUX_SEAL_GROW = 0x0004,
  CLINUX_SEAL_WRITE = 0x0008,
  CLINUX_SEAL_FUTURE_WRITE = 0x0010,
  CLINUX_SEAL_EXEC = 0x0020,
};

int clinux_close(int fd);
int clinux_duplicate(int fd);
// `fd` is from now on what `other` is, close-on-exec; what it was before is closed. Nobody can find it closed.
int clinux_replace(int fd, int other);
int clinux_open_null(void);
// Another opening of the same file, for reading only. Asks /proc.
int clinux_reopen_for_reading(int fd);
// 1 when the descriptor may be both read and written, 0 when not.
int clinux_is_read_write(int fd);
int clinux_file_summary(int fd, struct clinux_file *out);
// Close-on-exec, sealable, never executable where the kernel knows how. Huge means 2 MiB pages.
int clinux_memfd_create(const char *name, int huge);
int clinux_add_seals(int fd, int seals);
int clinux_get_seals(int fd);
int clinux_truncate(int fd, uint64_t size);
int clinux_change_mode(int fd, uint32_t mode);
int clinux_punch_hole(int fd, uint64_t offset, uint64_t length);
int64_t clinux_read_at(int fd, void *bytes, size_t length, uint64_t offset);
// From now on a signal that means a crash (SIGSEGV, SIGABRT and their like) first writes 1 to `*word` and then
// does what it did before. The word must stay mapped until another is named, or none (NULL).
int clinux_mark_crash(volatile uint64_t *word);
// Where the next bytes that are no hole begin, -ENXIO when there are none, and where these end.
int64_t clinux_seek_data(int fd, uint64_t offset);
int64_t clinux_seek_hole(int fd, uint64_t offset);
int64_t clinux_write_at(int fd, const void *bytes, size_t length, uint64_t offset);

// ---- mappings ----------------------------------------------------------------------------------

int clinux_map(int fd, uint64_t offset, size_t length, int writable, void **out);
// Address space without memory; its length must not be zero.
int clinux_reserve(size_t length, void **out);
// Replaces whatever is mapped at `address`: only for addresses inside a reservation of one's own.
int clinux_map_over(void *address, int fd, uint64_t offset, size_t length, int writable);
int clinux_unmap(void *address, size_t length);
// Whole pages, readable and writable or neither.
int clinux_protect(void *address, size_t length, int accessible);
// From now on a fault in a described range is reported on standard error, before it is handled as it was before.
#define CLINUX_GUARDS 1024
#define CLINUX_GUARD_TEXT 192
int clinux_guard_install(void);
// Describes the range of a slot below CLINUX_GUARDS, or none (NULL). One call at a time.
void clinux_guard_describe(uint32_t slot, const void *start, size_t length, const char *text);

// ---- sockets of packets ------------------------------------------------------------------------

// Linux passes at most this many descriptors with one message.
#define CLINUX_MAX_DESCRIPTORS 253

// The longest socket path, without its closing NUL.
size_t clinux_socket_path_limit(void);
int clinux_packet_socket(int nonblocking);
int clinux_packet_pair(int fds[2]);
int clinux_stream_socket(int nonblocking);
int clinux_stream_pair(int fds[2]);
// Never wait. Zero bytes read are the end; descriptors that come along are dropped.
int64_t clinux_stream_read(int fd, void *bytes, size_t length);
int64_t clinux_stream_write(int fd, const void *bytes, size_t length);
// How long connect may wait for a listener whose queue is full, and blocking sends for room.
int clinux_set_connect_timeout(int fd, int milliseconds);
int clinux_bind(int fd, const char *path);
int clinux_connect(int fd, const char *path);
int clinux_listen(int fd, int backlog);
int clinux_accept(int fd);
int clinux_shutdown(int fd);
int clinux_set_buffers(int fd, int send_bytes, int receive_bytes);
int clinux_peer(int fd, int32_t *pid, uint32_t *uid, uint32_t *gid);
int clinux_change_path_mode(const char *path, uint32_t mode);
// 1 for a socket, 0 for anything else; a symbolic link is itself and not what it points at.
int clinux_path_is_socket(const char *path);
int clinux_unlink(const char *path);
// Waits until the descriptor can be read (or written): 1 when it can, 0 when time ran out.
int clinux_wait_until(int fd, int writable, int timeout_milliseconds);
// As above, for one or both of them: CLINUX_READABLE and CLINUX_WRITABLE, 0 when time ran out.
int clinux_wait_both(int fd, int readable, int writable, int timeout_milliseconds);

int64_t clinux_send(int fd, const void *header, size_t header_length, const void *body,
                    size_t body_length, const int *fds, size_t fd_count, int wait);

// The path a socket is bound to, with a NUL: its length; 0 when it has none in the file system; -errno.
int clinux_socket_path(int fd, char *path, size_t capacity);

// Sends packets that stand one behind the other, without waiting: how many the socket took, -errno when not
// even the first. At most CLINUX_MAX_PACKETS.
enum { CLINUX_MAX_PACKETS = 32 };
int64_t clinux_send_many(int fd, const void *bytes, const uint32_t *lengths, size_t count);

enum { CLINUX_TRUNCATED = 1, CLINUX_CONTROL_TRUNCATED = 2 };

// Answers the message's real length, which exceeds `length` when it was cut. No more than
// `fd_capacity` descriptors are installed; the kernel drops the rest and CLINUX_CONTROL_TRUNCATED
// says so.
int64_t clinux_receive(int fd, void *bytes, size_t length, int *fds, size_t fd_capacity,
                       size_t *fd_count, int *flags, int wait);

// ---- events ------------------------------------------------------------------------------------

enum {
  CLINUX_READABLE = 1,
  CLINUX_WRITABLE = 2,
  CLINUX_HUNG_UP = 4,
  CLINUX_FAILED = 8,
};

struct clinux_ready {
  uint64_t token;
  uint32_t events;
};

enum { CLINUX_EPOLL_ADD = 1, CLINUX_EPOLL_REMOVE = 2, CLINUX_EPOLL_MODIFY = 3 };
enum { CLINUX_READY_MAX = 64 };

int clinux_epoll_create(void);
int clinux_epoll_control(int epoll, int operation, int fd, uint32_t interest, uint64_t token);
// Room for CLINUX_READY_MAX in `out`.
int clinux_epoll_wait(int epoll, struct clinux_ready *out, int timeout_milliseconds);

int clinux_eventfd(void);
int clinux_eventfd_add(int fd, uint64_t count);
int clinux_eventfd_take(int fd, uint64_t *count);
// Blocks SIGTERM, SIGINT and SIGHUP in the calling thread and answers a descriptor to read them.
int clinux_signalfd(void);
// The signal's number.
int clinux_signalfd_take(int fd);

// ---- other processes ---------------------------------------------------------------------------

struct clinux_spawn {
  // Descriptors that become 0, 1 and 2; a negative one leaves what is there.
  int stdio[3];
  // Whether the program leads a process group of its own.
  int new_group;
  // The terminal whose foreground the group becomes, negative for none.
  int terminal;
  // Sent to the program when the thread that started it ends, 0 for none.
  int death_signal;
};

enum { CLINUX_EXITED = 1, CLINUX_KILLED = 2, CLINUX_STOPPED = 3 };

struct clinux_ended {
  int32_t pid;
  // The exit status or the signal.
  int32_t status;
  int32_t how;
};

// Starts a program with no signal blocked; a name without a slash is searched on the PATH. What
// keeps it from being executed (ENOENT, EACCES, ...) is the answer, and then there is no child.
int clinux_spawn(const char *program, char *const *arguments, char *const *environment,
                 const struct clinux_spawn *how, int32_t *pid);
// Takes the news of one child, of any for 0, without waiting: 1 when there was some, 0 when not.
int clinux_wait(int32_t pid, struct clinux_ended *out);
// A descriptor that is readable when the child has ended.
int clinux_process_descriptor(int32_t pid);
// Both ends close-on-exec.
int clinux_pipe(int fds[2]);
// Orphans among this process's descendants become its children.
int clinux_become_subreaper(void);
// Blocks the signals in the calling thread and answers a descriptor to read them.
int clinux_signalfd_of(const int *signals, size_t count);
// TERM for 15; static text, empty for a number without a name.
const char *clinux_signal_name(int number);

// ---- process -----------------------------------------------------------------------------------

uint64_t clinux_monotonic_nanoseconds(void);
int clinux_random(void *bytes, size_t length);
int clinux_raise_descriptor_limit(uint64_t *limit);
uint64_t clinux_page_size(void);
int32_t clinux_thread_id(void);
// Names the calling thread; what does not fit in 15 bytes is cut.
void clinux_name_thread(const char *name);
// The processors a thread (0: the calling one) may run on: a bit each, the first in the lowest bit of
// the first byte, up to 1024 of them.
int clinux_get_processors(int32_t thread, void *mask, size_t length);
int clinux_set_processors(int32_t thread, const void *mask, size_t length);

#endif
