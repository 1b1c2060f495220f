"""A session with the daemon: blocking calls that serve upcalls while they wait.

Threads may share a session. The first of them that waits becomes the reader: it reads the socket,
delivers replies to their callers and runs the handlers of upcalls; a handler may call back into NDIS.
A session is resumed after a restart of the daemon when the daemon grants it, see `resuming.py`."""

import faulthandler
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

from . import irql as _irql
from .abi import (
    FEATURE_8021Q,
    FEATURE_BUG_CHECK_EXTENSION,
    FEATURE_M_SHARED_MEMORY,
    FEATURE_RESUME,
    FLAG_REPLY,
    FLAG_UPCALL,
    Message,
    Status,
)
from .errors import Disconnected, NdisError
from .memory import Places, Section
from .messages import (
    AllocateReply,
    Extent,
    HandleBody,
    Header,
    Hello,
    HelloReply,
    Statistics,
    encode,
    failure_of,
)
from .oids import OidAnswer
from .receive import SectionView, ViewSegment
from .resuming import Resuming
from .routines import Routines
from .stored import Stored, Turn
from .transport import Connection
from .upcalls import (
    UPCALLS,
    AllocateAnswer,
    UpcallSharedMemoryAllocateComplete,
    decode_upcall,
)

log = logging.getLogger("ndissim")

Handler = Callable[..., int | AllocateAnswer | OidAnswer | None]


class Reply(NamedTuple):
    """A reply: its header, its body, the descriptors that were passed with it."""

    header: Header
    body: bytes
    fds: list[int]


class _Here(threading.local):
    context = 0


class Session(Routines, Resuming):
    """One connection after HELLO. Create it with `connect()`; end it with `close()` or `with`.

    With `resumes` it requests to be resumed after a restart of the daemon, and waits
    `resume_timeout` seconds for a daemon that has disconnected without a GOODBYE.

    With `guards_freed_memory` the pages of a block become inaccessible when it is freed: an access to
    them ends the process, and faulthandler prints the lines that led there. None: if the environment has
    NDISSIM_GUARD_FREED=1."""

    def __init__(
        self,
        connection: Connection,
        name: str,
        resumes: bool = True,
        resume_timeout: float = 10.0,
        features: int = FEATURE_8021Q | FEATURE_M_SHARED_MEMORY | FEATURE_BUG_CHECK_EXTENSION,
        guards_freed_memory: bool | None = None,
    ) -> None:
        self.connection = connection
        if guards_freed_memory is None:
            guards_freed_memory = os.environ.get("NDISSIM_GUARD_FREED") == "1"
        self.guards_freed_memory = guards_freed_memory
        if guards_freed_memory and not faulthandler.is_enabled():
            faulthandler.enable()
        self.resume_timeout = resume_timeout
        self.sections: dict[int, Section] = {}
        # Sections this process may read, because it receives frames in them.
        self.views: dict[int, Section] = {}
        self.places = Places()
        self.on_section_released: Callable[[int], None] | None = None
        self._condition = threading.Condition()
        self._send_lock = threading.Lock()
        self._replies: dict[int, Reply | None] = {}
        self._forgotten: set[int] = set()
        self._next_id = 1
        self._reading = False
        self._ended: Disconnected | None = None
        self._goodbye: NdisError | None = None
        self._handlers: dict[int, Handler] = {}
        self._here = _Here()
        self._window = threading.BoundedSemaphore(64)
        # What is stored to resume after a restart; None when that is not granted.
        self._stored: Stored | None = None
        self._back_before: float | None = None
        self._closed = False
        self._said = Hello(name=name, features=features | (FEATURE_RESUME if resumes else 0))
        reply = self.call(Message.HELLO, self._said.pack())
        self.hello = HelloReply.unpack(reply.body)
        if resumes and self.hello.features & FEATURE_RESUME and self.hello.session_token:
            self._stored = Stored()
        # Until now nobody could have sent anything, so the window may still be replaced.
        self._window = threading.BoundedSemaphore(max(1, self.hello.maximum_outstanding))

    # Handlers

    def cookie(self, handler: Handler | None) -> int:
        """The number that stands for a handler on the wire; 0 for None."""
        if handler is None:
            return 0
        cookie = len(self._handlers) + 1
        self._handlers[cookie] = handler
        return cookie

    # Calls

    def call(
        self, type: int, body: bytes = b"", fds: Iterable[int] = (), irql: int | None = None
    ) -> Reply:
        """Sends a request and waits for its reply. Raises NdisError when it is not SUCCESS."""
        reply = self.wait(self.send(type, body, fds, irql))
        if reply.header.status != Status.SUCCESS:
            for fd in reply.fds:
                os.close(fd)
            raise failure_of(reply.header.status, reply.body)
        return reply

    def send(
        self, type: int, body: bytes = b"", fds: Iterable[int] = (), irql: int | None = None
    ) -> int:
        """Sends a request and returns its id; `wait` gets the reply. Several may be in flight."""
        fds = list(fds)
        while not self._window.acquire(blocking=False):
            self.serve(timeout=0.05)
        level = _irql.current_irql() if irql is None else irql
        with self._send_lock:
            request = self._next_id
            header = Header(type, 0, 0, request, self._here.context, 0, level, len(fds))
            with self._condition:
                if self._ended:
                    self._window.release()
                    raise self._ended
                self._replies[request] = None
            packet = encode(header, body)
            try:
                if self._stored:
                    with self._condition:
                        self._stored.keep(request, packet, fds)
                self._send_packet(packet, fds)
            except BaseException:
                with self._condition:
                    if self._stored:
                        self._stored.drop(request)
                    del self._replies[request]
                self._window.release()
                raise
            self._next_id += 1
        return request

    def _send_packet(self, packet: bytes, fds: Iterable[int] = ()) -> None:
        """Sends a packet that will be resent if the daemon has disconnected: then that is no error."""
        try:
            self.connection.send_raw(packet, fds)
        except ConnectionError:
            if not self._stored:
                raise

    def wait(self, request: int, timeout: float | None = None) -> Reply:
        """Waits for the reply of a request, serving upcalls meanwhile."""
        self._run(lambda: self._replies.get(request) is not None, timeout)
        with self._condition:
            reply = self._replies.pop(request)
        self._window.release()
        assert reply is not None
        return reply

    def forget(self, request: int) -> None:
        """Marks a request whose reply no thread will wait for."""
        with self._condition:
            if self._replies.get(request) is None:
                self._forgotten.add(request)
                return
            self._drop(self._replies[request])

    def _drop(self, reply: Reply | None) -> None:
        """Discards a reply that no thread waits for."""
        if reply is None:
            return
        for fd in reply.fds:
            os.close(fd)
        del self._replies[reply.header.request_id]
        self._window.release()

    def send_raw(self, packet: bytes, fds: Iterable[int] = ()) -> None:
        """Sends raw bytes: for tests of what the daemon refuses."""
        with self._send_lock:
            self.connection.send_raw(packet, fds)

    # Waiting

    def serve(self, until: Callable[[], bool] | None = None, timeout: float | None = None) -> bool:
        """Serves upcalls until `until()` is true, the time limit is reached (False) or the connection
        ends (Disconnected). Without arguments: forever."""
        try:
            self._run(until or (lambda: False), timeout)
        except TimeoutError:
            return False
        return True

    def _run(self, done: Callable[[], bool], timeout: float | None) -> None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if deadline is None else deadline - time.monotonic()
            with self._condition:
                while self._reading and not done():
                    if not self._condition.wait(left):
                        raise TimeoutError("no reply in time")
                if done():
                    return
                if self._ended:
                    raise self._ended
                self._reading = True
            self._turn(left)

    def _turn(self, timeout: float | None) -> None:
        """Reads one packet. A reply is stored atomically with giving up the reader role: otherwise
        its owner could become the reader and wait for what has already arrived."""
        packet, fds, header, ended = b"", [], None, None
        turn, resumptions = Turn.CALL, 0
        try:
            packet, fds = self._receive(timeout)
            if packet:
                header = Header.unpack(packet)
                if header.is_notification:
                    self._notice(header, packet[Header.size() :])
            else:
                ended = self._come_back(timeout)
        finally:
            with self._condition:
                self._reading = False
                if header and header.is_reply and not header.is_upcall:
                    self._keep(Reply(header, packet[Header.size() :], fds))
                    header = None
                if header and header.is_upcall and fds:
                    self._adopt_completed(packet[Header.size() :], fds)
                if header and header.is_upcall and self._stored:
                    # Before any thread can receive it again.
                    resumptions = self._stored.resumptions
                    turn = self._stored.admit(header.request_id)
                if ended:
                    self._ended = ended
                self._condition.notify_all()
        if header is None:
            return
        if header.is_notification and header.type == Message.SECTION_VIEW and fds:
            self._view(packet[Header.size() :], fds.pop())
        for fd in fds:
            os.close(fd)
        if header.is_upcall and turn == Turn.CALL:
            self._serve_upcall(header, packet[Header.size() :])
        elif header.is_upcall and turn == Turn.ANSWER_AGAIN:
            self._answer_again(header.request_id, resumptions)
        elif header.is_notification:
            self._notification(header, packet[Header.size() :])

    def _view(self, body: bytes, fd: int) -> None:
        view = SectionView.unpack(body)
        if view.section in self.views:
            # After a restart it may be sent again.
            os.close(fd)
            return
        self.views[view.section] = Section(view.section, fd, view.size_in_bytes, writable=False)

    def _keep(self, reply: Reply) -> None:
        header = reply.header
        if self._stored:
            self._stored.drop(header.request_id)
        if header.request_id not in self._replies:
            # The answer to a packet that was sent raw.
            for fd in reply.fds:
                os.close(fd)
            log.warning("reply to unknown request %d", header.request_id)
            return
        allocations = (Message.ALLOCATE_SHARED_MEMORY, Message.M_ALLOCATE_SHARED_MEMORY)
        if header.type in allocations and reply.fds:
            # Here and not in the caller: the next reply that names the section comes without it,
            # and may belong to another thread.
            head = AllocateReply.unpack(reply.body)
            self._adopt(head.section, head.section_size, reply.fds)
        self._replies[header.request_id] = reply
        if header.request_id in self._forgotten:
            self._forgotten.discard(header.request_id)
            self._drop(reply)

    def _adopt(self, section: int, size: int, fds: list[int]) -> None:
        """Takes a section's descriptor. After a restart it may be sent again."""
        fd = fds.pop(0)
        if section in self.sections:
            os.close(fd)
        else:
            self.sections[section] = Section(section, fd, size)

    def _adopt_completed(self, body: bytes, fds: list[int]) -> None:
        """The section of memory that MiniportSharedMemoryAllocateComplete gets, before another thread can read
        what names it."""
        upcall = UpcallSharedMemoryAllocateComplete.unpack(body)
        self._adopt(upcall.section, upcall.section_size, fds)

    def _notice(self, header: Header, body: bytes) -> None:
        """Handles what must be known before the next packet is read."""
        if header.type == Message.GOODBYE:
            self._goodbye = failure_of(header.status, body)
        elif header.type == Message.RESUMED:
            self._resumed(body)

    def _notification(self, header: Header, body: bytes) -> None:
        if header.type == Message.SECTION_RELEASED:
            handle = HandleBody.unpack(body).handle
            for held in (self.sections, self.views):
                section = held.pop(handle, None)
                if section:
                    section.close()
            if self.on_section_released:
                self.on_section_released(handle)

    # Upcalls

    def _serve_upcall(self, header: Header, body: bytes) -> None:
        """Runs a handler and sends its answer. Only a successful allocation and the completion of an
        OID request have a body."""
        status, answer = int(Status.SUCCESS), b""
        old = _irql.set_irql(header.irql)
        outer, self._here.context = self._here.context, header.request_id
        try:
            result = self._run_handler(header.type, body)
            if isinstance(result, AllocateAnswer):
                answer = result.pack()
            elif isinstance(result, OidAnswer):
                status = int(result.status)
                answer = b"" if status == Status.PENDING else result.pack()
            elif result is not None:
                status = int(result)
        except NdisError as error:
            status = error.status
        except Disconnected:
            return
        except Exception:
            log.exception("the handler of upcall type %d failed", header.type)
            status = Status.FAILURE
        finally:
            self._here.context = outer
            level = _irql.set_irql(old)
        reply = Header(
            header.type, FLAG_UPCALL | FLAG_REPLY, 0, header.request_id, 0, status, level, 0
        )
        packet = encode(reply, answer)
        # When the daemon has disconnected, the next thread that waits reads the end of the connection.
        with self._send_lock, suppress(ConnectionError):
            if self._stored:
                with self._condition:
                    self._stored.answer(header.request_id, packet)
            self.connection.send_raw(packet)

    def _run_handler(self, type: int, body: bytes) -> int | AllocateAnswer | OidAnswer | None:
        if type not in UPCALLS:
            return Status.NOT_SUPPORTED
        upcall = decode_upcall(type, body)
        handler = self._handlers.get(getattr(upcall, "handler"))
        return handler(upcall) if handler else None

    # Session requests

    def ping(self) -> None:
        """PING."""
        self.call(Message.PING)

    def reset(self) -> None:
        """RESET: ends every object of the session; returns when that is complete."""
        self.call(Message.RESET)
        self._drop_sections()

    def statistics(self) -> Statistics:
        """STATISTICS."""
        return Statistics.unpack(self.call(Message.STATISTICS).body)

    def close(self) -> None:
        """Closes the connection, also one that is being resumed; the daemon ends every object of
        the session."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        if self._stored:
            # A thread that is reconnecting holds the lock, and gives up now.
            self.connection.shut_down()
            with self._send_lock, self._condition:
                self._stored.close()
        self.connection.close()
        self._drop_sections()

    def _drop_sections(self) -> None:
        for held in (self.sections, self.views):
            for section in held.values():
                section.close()
            held.clear()

    def bytes_of(self, part: ViewSegment) -> memoryview | None:
        """The bytes of a part of a received frame, in place; None without a view of the
        section."""
        section = self.views.get(part.section) or self.sections.get(part.section)
        return section.view(Extent(part.offset, part.length)) if section else None

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(
    path: str | None = None,
    name: str = "python",
    resumes: bool = True,
    resume_timeout: float = 10.0,
    guards_freed_memory: bool | None = None,
) -> Session:
    """Connects to the daemon and sends HELLO. See `Session` for the parameters behind `name`."""
    connection = Connection(path)
    try:
        return Session(
            connection, name, resumes, resume_timeout, guards_freed_memory=guards_freed_memory)
    except BaseException:
        connection.close()
        raise


__all__ = ["Reply", "Session", "connect"]
