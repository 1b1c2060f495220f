// Socket and message functions common to all programs of the baseline.

#define _GNU_SOURCE
#include "receive.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <unistd.h>

union control {
  struct cmsghdr header;
  unsigned char bytes[CMSG_SPACE(4 * sizeof(int))];
};

ssize_t floor_receive(int file, void *bytes, size_t length, int flags, int *descriptor) {
  struct iovec piece = {.iov_base = bytes, .iov_len = length};
  union control control;
  struct msghdr message = {.msg_iov = &piece,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = CMSG_LEN(4 * sizeof(int))};
  ssize_t received = recvmsg(file, &message, MSG_CMSG_CLOEXEC | MSG_TRUNC | flags);
  *descriptor = -1;
  if (received <= 0) return received;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
      memcpy(descriptor, CMSG_DATA(c), sizeof *descriptor);
    }
  }
  return received;
}

ssize_t floor_send(int file, const void *bytes, size_t length, int flags, int descriptor) {
  // As in Platform: send(2) avoids copying a message header without control data.
  if (descriptor < 0) return send(file, bytes, length, MSG_NOSIGNAL | flags);
  struct iovec piece = {.iov_base = (void *)bytes, .iov_len = length};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  union control control;
  memset(&control, 0, sizeof control);
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(sizeof descriptor);
  memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
  message.msg_control = &control;
  message.msg_controllen = CMSG_SPACE(sizeof descriptor);
  return sendmsg(file, &message, MSG_NOSIGNAL | flags);
}

static struct sockaddr_un address_of(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) floor_end(0, "the path %s is too long", path);
  strcpy(address.sun_path, path);
  return address;
}

int floor_listen(const char *path) {
  struct sockaddr_un address = address_of(path);
  int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) floor_end(1, "socket");
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) floor_end(1, "bind to %s", path);
  if (listen(listener, 16) < 0) floor_end(1, "listen at %s", path);
  return listener;
}

int floor_connect(const char *path) {
  struct sockaddr_un address = address_of(path);
  int server = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof address) < 0) {
    floor_end(1, "connect to %s", path);
  }
  return server;
}

void floor_fill_header(struct ndissim_header *header, uint16_t type, size_t whole) {
  header->magic = NDISSIM_MAGIC;
  header->version = NDISSIM_PROTOCOL_VERSION;
  header->type = type;
  header->length = (uint32_t)(whole - sizeof *header);
}

int floor_make_section(void) {
  int section = memfd_create("floor", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (section < 0 || ftruncate(section, FLOOR_SECTION_SIZE) < 0) floor_end(1, "memfd_create");
  return section;
}

void floor_fill_allocate(struct floor_allocate *request, uint32_t length) {
  floor_fill_header(&request->header, NDISSIM_ALLOCATE_SHARED_MEMORY, FLOOR_ALLOCATE_SIZE);
  NDIS_SHARED_MEMORY_PARAMETERS parameters = {.Length = length};
  parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
  parameters.Header.Revision = NDIS_SHARED_MEMORY_PARAMETERS_REVISION_2;
  parameters.Header.Size = sizeof request->image;
  memcpy(request->image, &parameters, sizeof request->image);
}

void floor_fill_allocate_reply(struct floor_allocate_reply *reply, uint32_t length) {
  floor_fill_header(&reply->header, NDISSIM_ALLOCATE_SHARED_MEMORY, sizeof *reply);
  reply->header.flags = NDISSIM_FLAG_REPLY;
  reply->body.section_size = FLOOR_SECTION_SIZE;
  reply->body.extent_count = 1;
  reply->extent.length = length;
}

void floor_send_whole(int file, const void *bytes, size_t length) {
  while (floor_send(file, bytes, length, 0, -1) < 0) {
    if (errno != EINTR) floor_end(1, "sending");
  }
}

void floor_introduce(int server, const char *role) {
  struct floor_hello hello = {.header.request_id = 1};
  floor_fill_header(&hello.header, NDISSIM_HELLO, sizeof hello);
  strncpy(hello.body.name, role, sizeof hello.body.name - 1);
  floor_send_whole(server, &hello, sizeof hello);
  int descriptor;
  struct ndissim_header reply;
  if (floor_receive(server, &reply, sizeof reply, 0, &descriptor) != sizeof reply) {
    floor_end(1, "no reply to HELLO");
  }
}
