"""Resuming after a restart of the daemon (docs/protocol.md): transparent to calls and handlers.
The thread that is the reader resends outstanding requests, and reconnects when the connection has
ended without a GOODBYE. A program that neither calls nor serves for ten minutes loses its session."""

import os
import threading
import time
from contextlib import suppress
from dataclasses import replace

from .abi import FLAG_NOTIFICATION, Message, Status
from .errors import Disconnected, NdisError
from .messages import Header, Hello, HelloReply, encode, failure_of
from .stored import Stored
from .transport import Connection


class Resuming:
    """Mixed into `Session`."""

    connection: Connection
    hello: HelloReply
    resume_timeout: float
    # What is stored to resume after a restart; None when that is not granted.
    _stored: Stored | None
    _said: Hello
    _back_before: float | None
    _closed: bool
    _goodbye: NdisError | None
    _condition: threading.Condition
    _send_lock: threading.Lock

    @property
    def resumptions(self) -> int:
        """How often the session was resumed after a restart of the daemon."""
        return self._stored.resumptions if self._stored else 0

    def _receive(self, timeout: float | None) -> tuple[bytes, list[int]]:
        """The next packet, b"" at the end. Linux reports that the daemon has disconnected before it
        delivers the last packets that the daemon sent."""
        for _ in range(2):
            with suppress(ConnectionError):
                return self.connection.receive_raw(timeout)
        return b"", []

    def _resumed(self, body: bytes) -> None:
        """RESUMED: the connection has survived a restart of the daemon. The caller is the reader."""
        if not self._stored:
            return
        with self._send_lock, suppress(ConnectionError):
            self._count_resumption(body[:16])
            self.connection.send_raw(encode(Header(Message.RESUME, FLAG_NOTIFICATION), body))
            self._resend()

    def _count_resumption(self, instance: bytes) -> None:
        assert self._stored
        with self._condition:
            self._stored.resumptions += 1
            self.hello.instance = instance
            self._back_before = None

    def _resend(self) -> None:
        """Resends outstanding requests. The caller is the reader, so none is answered meanwhile,
        and has the send lock, so none is started."""
        assert self._stored
        with self._condition:
            packets = self._stored.unanswered()
        for packet, fds in packets:
            self.connection.send_raw(packet, fds)

    def _answer_again(self, upcall: int, resumptions: int) -> None:
        assert self._stored
        with self._send_lock, suppress(ConnectionError):
            with self._condition:
                packet = self._stored.answer_again(upcall, resumptions)
            if packet:
                self.connection.send_raw(packet)

    def _come_back(self, timeout: float | None) -> Disconnected | None:
        """Reconnects after the connection has ended, and resumes; otherwise returns why the session has
        ended. The caller is the reader. Raises TimeoutError when the time limit is reached."""
        if not self._stored or self._goodbye or self._closed:
            return Disconnected(self._goodbye)
        now = time.monotonic()
        if self._back_before is None:
            self._back_before = now + self.resume_timeout
        last = self._back_before
        until = None if timeout is None else now + timeout
        # A thread that waits in `sendmsg` has the send lock, and is to release it.
        self.connection.shut_down()
        pause = 0.005
        while True:
            try:
                with self._send_lock:
                    self._say_hello_again(last)
                    return None
            except NdisError as error:
                return Disconnected(error, "the daemon does not resume this session")
            except ValueError as error:
                return Disconnected(sentence=f"the daemon's HELLO could not be read: {error}")
            except OSError as error:
                problem = error
            now = time.monotonic()
            with self._condition:
                if self._closed:
                    return Disconnected()
                if now >= last:
                    return Disconnected(
                        sentence="the daemon went without a word and was not back within "
                        f"{self.resume_timeout} s: {problem}"
                    )
                if until is not None and now >= until:
                    raise TimeoutError("no reply in time")
                self._condition.wait_for(lambda: self._closed, min(pause, last - now))
            pause = min(pause * 2, 0.2)

    def _say_hello_again(self, last: float) -> None:
        self.connection.reconnect()
        if self._closed:
            raise ConnectionAbortedError("the connection was closed")
        hello = replace(self._said, resume_token=self.hello.session_token)
        self.connection.send_raw(encode(Header(Message.HELLO, request_id=1), hello.pack()))
        packet, fds = self.connection.receive_raw(last - time.monotonic())
        for fd in fds:
            os.close(fd)
        if not packet:
            raise ConnectionResetError("the daemon has disconnected again")
        header, body = Header.unpack(packet), packet[Header.size() :]
        if header.is_notification or header.status != Status.SUCCESS:
            raise failure_of(header.status, body)
        reply = HelloReply.unpack(body)
        if reply.session_token != self.hello.session_token:
            raise NdisError(Status.FAILURE, "sessionUnknown", "The daemon resumed another session.")
        self._count_resumption(reply.instance)
        self._resend()


__all__ = ["Resuming"]
