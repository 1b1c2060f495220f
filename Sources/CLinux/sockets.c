// SEQPACKET sockets in the file system, and the descriptors that travel on them. See CLinux.h.

#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

// A descriptor of the sender's process, newer than the headers; it must be closed like any other.
#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

static int answer(int result) { return result < 0 ? -errno : result; }

size_t clinux_socket_path_limit(void) { return sizeof(((struct sockaddr_un *)0)->sun_path) - 1; }

int clinux_packet_socket(int nonblocking) {
  return answer(
      socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0));
}

int clinux_packet_pair(int fds[2]) {
  return answer(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds));
}

int clinux_stream_socket(int nonblocking) {
  return answer(
      socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0));
}

int clinux_stream_pair(int fds[2]) {
  return answer(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
}

int64_t clinux_stream_read(int fd, void *bytes, size_t length) {
  ssize_t n = recv(fd, bytes, length, MSG_DONTWAIT);
  return n < 0 ? -errno : n;
}

int64_t clinux_stream_write(int fd, const void *bytes, size_t length) {
  ssize_t n = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  return n < 0 ? -errno : n;
}

int clinux_set_connect_timeout(int fd, int milliseconds) {
  struct timeval limit = {.tv_sec = milliseconds / 1000,
                          .tv_usec = (milliseconds % 1000) * 1000};
  return answer(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit));
}

int clinux_wait_both(int fd, int readable, int writable, int timeout_milliseconds) {
  struct pollfd waited = {.fd = fd, .events = (readable ? POLLIN : 0) | (writable ? POLLOUT : 0)};
  int n = poll(&waited, 1, timeout_milliseconds);
  if (n <= 0) return answer(n);
  // A connection that has failed is ready for whatever is tried: it will say so.
  int failed = (waited.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  return (failed || (waited.revents & POLLIN) ? CLINUX_READABLE : 0) |
         (failed || (waited.revents & POLLOUT) ? CLINUX_WRITABLE : 0);
}

static int fill_address(struct sockaddr_un *address, const char *path) {
  size_t length = strlen(path);
  if (length == 0) return -ENOENT;
  if (length > clinux_socket_path_limit()) return -ENAMETOOLONG;
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  return 0;
}

int clinux_bind(int fd, const char *path) {
  struct sockaddr_un address;
  int problem = fill_address(&address, path);
  if (problem < 0) return problem;
  return answer(bind(fd, (const struct sockaddr *)&address, sizeof address));
}

int clinux_connect(int fd, const char *path) {
  struct sockaddr_un address;
  int problem = fill_address(&address, path);
  if (problem < 0) return problem;
  return answer(connect(fd, (const struct sockaddr *)&address, sizeof address));
}

int clinux_listen(int fd, int backlog) { return answer(listen(fd, backlog)); }

int clinux_accept(int fd) {
  return answer(accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int clinux_shutdown(int fd) { return answer(shutdown(fd, SHUT_RDWR)); }

int clinux_set_buffers(int fd, int send_bytes, int receive_bytes) {
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes) < 0) return -errno;
  return answer(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes));
}

int clinux_peer(int fd, int32_t *pid, uint32_t *uid, uint32_t *gid) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return -errno;
  *pid = peer.pid;
  *uid = peer.uid;
  *gid = peer.gid;
  return 0;
}

int clinux_change_path_mode(const char *path, uint32_t mode) { return answer(chmod(path, mode)); }

int clinux_path_is_socket(const char *path) {
  struct stat st;
  if (lstat(path, &st) < 0) return -errno;
  return S_ISSOCK(st.st_mode);
}

int clinux_unlink(const char *path) { return answer(unlink(path)); }

int clinux_wait_until(int fd, int writable, int timeout_milliseconds) {
  struct pollfd waited = {.fd = fd, .events = writable ? POLLOUT : POLLIN};
  return answer(poll(&waited, 1, timeout_milliseconds));
}

// Aligned room for the largest set of descriptors Linux passes.
union control {
  struct cmsghdr header;
  unsigned char bytes[CMSG_SPACE(CLINUX_MAX_DESCRIPTORS * sizeof(int))];
};

int64_t clinux_send(int fd, const void *header, size_t header_length, const void *body,
                    size_t body_length, const int *fds, size_t fd_count, int wait) {
  if (fd_count > CLINUX_MAX_DESCRIPTORS) return -EINVAL;
  int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
  if (fd_count == 0 && body_length == 0) {
    // The usual packet: one piece, no descriptors, and so no message header for the kernel to copy.
    ssize_t sent = send(fd, header, header_length, flags);
    return sent < 0 ? -errno : sent;
  }
  struct iovec pieces[2] = {
      {.iov_base = (void *)header, .iov_len = header_length},
      {.iov_base = (void *)body, .iov_len = body_length},
  };
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = body_length > 0 ? 2 : 1};
  union control control;
  if (fd_count > 0) {
    size_t length = fd_count * sizeof(int);
    // The padding after an odd count must not carry bytes of this stack.
    memset(&control, 0, CMSG_SPACE(length));
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(length);
    memcpy(CMSG_DATA(&control.header), fds, length);
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(length);
  }
  ssize_t n = sendmsg(fd, &message, flags);
  return n < 0 ? -errno : n;
}

int clinux_socket_path(int fd, char *path, size_t capacity) {
  struct sockaddr_un address = {0};
  socklen_t length = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &length) < 0) return -errno;
  if (address.sun_family != AF_UNIX || length <= offsetof(struct sockaddr_un, sun_path)) return 0;
  // An abstract name begins with a NUL.
  size_t count = strnlen(address.sun_path, sizeof address.sun_path);
  if (count == 0 || count >= capacity) return 0;
  memcpy(path, address.sun_path, count);
  path[count] = 0;
  return (int)count;
}

int64_t clinux_send_many(int fd, const void *bytes, const uint32_t *lengths, size_t count) {
  struct mmsghdr messages[CLINUX_MAX_PACKETS];
  struct iovec pieces[CLINUX_MAX_PACKETS];
  if (count > CLINUX_MAX_PACKETS) return -EINVAL;
  const char *at = bytes;
  for (size_t i = 0; i < count; i++) {
    pieces[i] = (struct iovec){.iov_base = (void *)at, .iov_len = lengths[i]};
    messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &pieces[i], .msg_iovlen = 1}};
    at += lengths[i];
  }
  int sent = sendmmsg(fd, messages, (unsigned)count, MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? -errno : sent;
}

int64_t clinux_receive(int fd, void *bytes, size_t length, int *fds, size_t fd_capacity,
                       size_t *fd_count, int *flags, int wait) {
  *fd_count = 0;
  *flags = 0;
  if (fd_capacity > CLINUX_MAX_DESCRIPTORS) fd_capacity = CLINUX_MAX_DESCRIPTORS;
  struct iovec piece = {.iov_base = bytes, .iov_len = length};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  union control control;
  if (fd_capacity > 0) {
    message.msg_control = &control;
    // CMSG_LEN and not CMSG_SPACE: the kernel fills the padding with one descriptor more.
    message.msg_controllen = CMSG_LEN(fd_capacity * sizeof(int));
  }
  ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT));
  if (n < 0) return -errno;

  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type != SCM_RIGHTS && c->cmsg_type != SCM_PIDFD) continue;
    size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int one;
      memcpy(&one, CMSG_DATA(c) + i * sizeof(int), sizeof one);
      if (c->cmsg_type == SCM_RIGHTS && *fd_count < fd_capacity) {
        fds[(*fd_count)++] = one;
      } else if (one >= 0) {
        // Ours now, and nobody asked for it. (A pidfd the kernel failed to make is negative.)
        close(one);
      }
    }
  }
  if (message.msg_flags & MSG_TRUNC) *flags |= CLINUX_TRUNCATED;
  if (message.msg_flags & MSG_CTRUNC) *flags |= CLINUX_CONTROL_TRUNCATED;
  return n;
}
