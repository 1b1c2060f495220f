// Descriptors, memory files and mappings. See CLinux.h for the one rule.

#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

// Newer than the oldest headers we build with.
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_HUGE_2MB
#define MFD_HUGE_2MB (21U << 26)
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#define HUGETLBFS_TYPE 0x958458f6U

_Static_assert(CLINUX_SEAL_SEAL == F_SEAL_SEAL, "seal");
_Static_assert(CLINUX_SEAL_SHRINK == F_SEAL_SHRINK, "shrink");
_Static_assert(CLINUX_SEAL_GROW == F_SEAL_GROW, "grow");
_Static_assert(CLINUX_SEAL_WRITE == F_SEAL_WRITE, "write");
_Static_assert(CLINUX_SEAL_FUTURE_WRITE == F_SEAL_FUTURE_WRITE, "future write");
_Static_assert(CLINUX_SEAL_EXEC == F_SEAL_EXEC, "exec");

const char *clinux_error_text(int error) {
  const char *text = strerrordesc_np(error);
  return text ? text : "unknown error";
}

const char *clinux_error_name(int error) {
  const char *name = strerrorname_np(error);
  return name ? name : "?";
}

static int answer(int result) { return result < 0 ? -errno : result; }

int clinux_close(int fd) { return answer(close(fd)); }

int clinux_duplicate(int fd) { return answer(fcntl(fd, F_DUPFD_CLOEXEC, 3)); }

int clinux_replace(int fd, int other) {
  int result = dup3(other, fd, O_CLOEXEC);
  // Somebody else opens a file under this very number; it does not happen to a number that is in use.
  return result < 0 && errno == EBUSY ? -EINTR : answer(result);
}

int clinux_open_null(void) { return answer(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

int clinux_reopen_for_reading(int fd) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return answer(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
}

int clinux_is_read_write(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return -errno;
  // O_PATH reads as O_RDONLY here, so it is refused too.
  return (flags & O_ACCMODE) == O_RDWR;
}

int clinux_file_summary(int fd, struct clinux_file *out) {
  struct stat st;
  if (fstat(fd, &st) < 0) return -errno;
  struct statfs fs;
  if (fstatfs(fd, &fs) < 0) return -errno;
  out->size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
  out->device = st.st_dev;
  out->inode = st.st_ino;
  out->links = st.st_nlink;
  out->is_regular = S_ISREG(st.st_mode);
  // Not st_blksize: with transparent huge pages a plain memory file reports 2 MiB there.
  out->is_huge = (uint32_t)fs.f_type == HUGETLBFS_TYPE;
  out->granule = out->is_huge ? (uint64_t)fs.f_bsize : clinux_page_size();
  return 0;
}

int clinux_memfd_create(const char *name, int huge) {
  unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  if (huge) flags |= MFD_HUGETLB | MFD_HUGE_2MB;
  int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
  // Kernels before 6.3 refuse the flag they do not know.
  if (fd < 0 && errno == EINVAL) fd = memfd_create(name, flags);
  return answer(fd);
}

int clinux_add_seals(int fd, int seals) { return answer(fcntl(fd, F_ADD_SEALS, seals)); }

int clinux_get_seals(int fd) { return answer(fcntl(fd, F_GET_SEALS)); }

int clinux_truncate(int fd, uint64_t size) {
  if (size > INT64_MAX) return -EFBIG;
  return answer(ftruncate(fd, (off_t)size));
}

int clinux_change_mode(int fd, uint32_t mode) { return answer(fchmod(fd, mode)); }

int clinux_punch_hole(int fd, uint64_t offset, uint64_t length) {
  if (offset > INT64_MAX || length > INT64_MAX) return -EFBIG;
  return answer(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                          (off_t)length));
}

int64_t clinux_read_at(int fd, void *bytes, size_t length, uint64_t offset) {
  if (offset > INT64_MAX) return -EFBIG;
  ssize_t n = pread(fd, bytes, length, (off_t)offset);
  return n < 0 ? -errno : n;
}

int64_t clinux_write_at(int fd, const void *bytes, size_t length, uint64_t offset) {
  if (offset > INT64_MAX) return -EFBIG;
  ssize_t n = pwrite(fd, bytes, length, (off_t)offset);
  return n < 0 ? -errno : n;
}

static int protection(int writable) { return PROT_READ | (writable ? PROT_WRITE : 0); }

static int map(void *where, int fd, uint64_t offset, size_t length, int prot, int flags,
               void **out) {
  if (offset > INT64_MAX) return -EFBIG;
  void *address = mmap(where, length, prot, flags, fd, (off_t)offset);
  if (address == MAP_FAILED) return -errno;
  *out = address;
  return 0;
}

int clinux_map(int fd, uint64_t offset, size_t length, int writable, void **out) {
  return map(NULL, fd, offset, length, protection(writable), MAP_SHARED, out);
}

int clinux_reserve(size_t length, void **out) {
  return map(NULL, -1, 0, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, out);
}

int clinux_map_over(void *address, int fd, uint64_t offset, size_t length, int writable) {
  void *ignored;
  return map(address, fd, offset, length, protection(writable), MAP_SHARED | MAP_FIXED, &ignored);
}

int clinux_unmap(void *address, size_t length) { return answer(munmap(address, length)); }
