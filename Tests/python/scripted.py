"""The daemon's end of a connection, played by the test, packet by packet."""

import array
import os
import select
import socket
import struct
from pathlib import Path

from ndissim import Connection, NdisError, Session
from ndissim.abi import FEATURE_RESUME, FLAG_NOTIFICATION, FLAG_REPLY, FLAG_UPCALL, Message
from ndissim.messages import Failure, Header, encode

TOKEN = 0x7777
# A request that means nothing to anybody but the test.
ECHO = 99


class Packet:
    """One that the client sent."""

    def __init__(self, data: bytes, fds: list[int]) -> None:
        self.data = data
        self.header = Header.unpack(data)
        self.type, self.id = self.header.type, self.header.request_id
        self.body = data[Header.size():]
        self.files = [(os.fstat(fd).st_dev, os.fstat(fd).st_ino) for fd in fds]
        for fd in fds:
            os.close(fd)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Packet) and (self.data, self.files) == (other.data, other.files)

    def number(self, offset: int) -> int:
        return int(struct.unpack_from("<Q", self.body, offset)[0])


class Peer:
    """One connection."""

    def __init__(self, accepted: socket.socket) -> None:
        self.socket = accepted

    def close(self) -> None:
        self.socket.close()

    def receive(self, wait: bool = False) -> Packet | None:
        """The next packet; None at the end or, without `wait`, when there is none."""
        if not wait and not select.select([self.socket], [], [], 0)[0]:
            return None
        try:
            data, ancillary, _, _ = self.socket.recvmsg(65536, 256, socket.MSG_CMSG_CLOEXEC)
        except ConnectionError:
            return None
        fds = array.array("i")
        for _, _, rights in ancillary:
            fds.frombytes(rights)
        return Packet(data, list(fds)) if data else None

    def receive_all(self) -> list[Packet]:
        packets = []
        while packet := self.receive():
            packets.append(packet)
        return packets

    def send(self, header: Header, body: bytes = b"", fds: tuple[int, ...] = ()) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        header.descriptors = len(fds)
        try:
            self.socket.sendmsg([encode(header, body)], rights, socket.MSG_NOSIGNAL)
        except ConnectionError:
            pass

    def reply(self, id: int, type: int = Message.PING, body: bytes = b"",
              fds: tuple[int, ...] = ()) -> None:
        self.send(Header(type, FLAG_REPLY, 0, id), body, fds)

    def say_hello(self, instance: int = 1, features: int = FEATURE_RESUME,
                  token: int = TOKEN) -> None:
        body = struct.pack(
            "<H2xIQ16sQ6IQQI4x", 1, 4096, features, bytes([instance]) * 16, token, 65536, 64, 1024,
            8, 0, 0x60059, 1 << 32, 1 << 20, 256,
        )
        self.reply(1, Message.HELLO, body)

    def refuse(self, id: int, type: int, rule: str) -> None:
        body = Failure(reason=134, rule=rule).pack() + b"A sentence."
        self.send(Header(type, FLAG_REPLY, 0, id, status=0xC0000001), body)

    def resumed(self, instance: int) -> None:
        self.send(Header(Message.RESUMED, FLAG_NOTIFICATION), bytes([instance]) * 16)

    def goodbye(self) -> None:
        body = Failure(reason=132, rule="daemonStopping").pack() + b"A sentence."
        self.send(Header(Message.GOODBYE, FLAG_NOTIFICATION, status=0xC0000001), body)

    def upcall(self, id: int, cookie: int, context: int) -> None:
        """A call of a free handler; the context is the provider's of the block."""
        body = struct.pack("<QQQQ", 1, cookie, context, 9)
        self.send(Header(Message.UPCALL_FREE_SHARED_MEMORY, FLAG_UPCALL, 0, id), body)


class Listener:
    """A socket that the test listens on."""

    def __init__(self, directory: Path) -> None:
        self.path = str(directory / "driver")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.bind(self.path)
        self.socket.listen()

    def accept(self) -> Peer:
        return Peer(self.socket.accept()[0])

    def remove(self) -> None:
        os.unlink(self.path)

    def connect(self, resumes: bool = True, resume_timeout: float = 60.0, features: int = 1,
                token: int = TOKEN) -> tuple[Peer, Session]:
        """A session whose HELLO was answered, and its other end."""
        connection = Connection(self.path)
        peer = self.accept()
        peer.say_hello(features=features, token=token)
        return peer, Session(connection, "t", resumes, resume_timeout)


__all__ = ["ECHO", "TOKEN", "Listener", "NdisError", "Packet", "Peer"]
