"""The socket: how the daemon is found, how packets and descriptors are transferred."""

import array
import os
import select
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress

from .abi import MAXIMUM_MESSAGE

# More than a message may carry, so that a daemon that violates the limit is detected.
_ANCILLARY = socket.CMSG_SPACE(8 * array.array("i").itemsize)


def socket_candidates(environment: dict[str, str] | None = None) -> list[str]:
    """The paths at which the daemon's socket may be, in the order of docs/protocol.md."""
    env = os.environ if environment is None else environment
    if env.get("NDISSIM_SOCKET"):
        return [env["NDISSIM_SOCKET"]]
    paths = []
    if env.get("RUNTIME_DIRECTORY"):
        paths.append(env["RUNTIME_DIRECTORY"].split(":")[0] + "/driver")
    if env.get("XDG_RUNTIME_DIR"):
        paths.append(env["XDG_RUNTIME_DIR"] + "/ndissim/driver")
    paths.append("/run/ndissim/driver")
    temporary = env.get("TMPDIR") or "/tmp"
    paths.append(f"{temporary}/ndissim-{os.getuid()}/driver")
    return paths


def find_socket() -> str:
    """The first candidate that exists. A path in NDISSIM_SOCKET is used unchanged."""
    candidates = socket_candidates()
    for path in candidates:
        if os.path.exists(path):
            return path
    if len(candidates) == 1:
        return candidates[0]
    raise FileNotFoundError("no ndissim socket: looked for " + ", ".join(candidates))


class Connection:
    """One SOCK_SEQPACKET connection; handles packets and descriptors, not messages."""

    def __init__(self, path: str | None = None) -> None:
        self.path = path or find_socket()
        self._swap = threading.Lock()
        self.socket = socket.socket(
            socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC
        )
        try:
            self.socket.connect(self.path)
        except OSError as error:
            self.socket.close()
            raise type(error)(error.errno, error.strerror, self.path) from None

    def send_raw(self, packet: bytes, fds: Iterable[int] = ()) -> None:
        """Sends one packet unchanged, with descriptors."""
        fds = list(fds)
        ancillary = []
        if fds:
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
        self.socket.sendmsg([packet], ancillary, socket.MSG_NOSIGNAL)

    def receive_raw(self, timeout: float | None = None) -> tuple[bytes, list[int]]:
        """Receives one packet; `(b"", [])` at the end. Raises TimeoutError when none arrives."""
        if timeout is not None:
            poller = select.poll()
            poller.register(self.socket, select.POLLIN)
            if not poller.poll(max(0, timeout) * 1000):
                raise TimeoutError(f"no packet within {timeout} s")
        packet, ancillary, flags, _ = self.socket.recvmsg(
            MAXIMUM_MESSAGE, _ANCILLARY, socket.MSG_CMSG_CLOEXEC
        )
        fds = array.array("i")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
        if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            for fd in fds:
                os.close(fd)
            raise ValueError("the packet is longer than the protocol allows")
        return packet, list(fds)

    def reconnect(self) -> None:
        """Reconnects, without waiting, after the connection has ended. The new connection gets
        the old one's descriptor number, so that no other thread sees a closed one."""
        other = socket.socket(
            socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        )
        with other:
            other.connect(self.path)
            other.setblocking(True)
            with self._swap:
                if self.socket.fileno() < 0:
                    raise ConnectionAbortedError("the connection was closed")
                os.dup2(other.fileno(), self.socket.fileno(), inheritable=False)

    def shut_down(self) -> None:
        """Ends the connection for the threads that wait on it; its descriptor stays open."""
        with self._swap, suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Ends the connection."""
        with self._swap:
            self.socket.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


__all__ = ["Connection", "find_socket", "socket_candidates"]
