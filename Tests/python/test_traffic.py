"""OID requests, statuses and the life cycle of an adapter between a miniport and a protocol driver in
Python."""

import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import Daemon
from ndissim import (
    MiniportAdapter,
    MiniportDriver,
    MiniportHandlers,
    NdisError,
    OidAnswer,
    OidRequest,
    ProtocolDriver,
    ProtocolHandlers,
    RequestType,
    Session,
    Status,
)

# No OID of the daemon's own table: the miniport is asked.
LINK_SPEED = 0x00010107
PACKET_FILTER = 0x0001010E


@contextmanager
def served(session: Session) -> Iterator[None]:
    """A thread that runs the handlers of a session."""
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            session.serve(timeout=0.05)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Speed:
    """A miniport that knows a few OIDs and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[OidRequest] = []
        self.pended: list[int] = []
        self.cancelled: list[tuple[int, int]] = []
        self.handlers = MiniportHandlers(
            oid_request=self.oid_request, cancel_oid_request=self.cancel
        )

    def oid_request(
        self, adapter: MiniportAdapter, request: OidRequest, handle: int
    ) -> OidAnswer | int:
        self.asked.append(request)
        if request.timeout:
            self.pended.append(handle)
            return Status.PENDING
        if request.request_type == RequestType.QUERY_INFORMATION:
            if request.output_length < 4:
                return OidAnswer(Status.INVALID_LENGTH, bytes_needed=4)
            return OidAnswer(information=struct.pack("<I", 100_000))
        if request.request_type == RequestType.METHOD:
            return OidAnswer(information=request.input[::-1], bytes_read=len(request.input))
        return OidAnswer(bytes_read=len(request.input))

    def cancel(self, adapter: MiniportAdapter, handle: int, request_id: int) -> None:
        self.cancelled.append((handle, request_id))
        adapter.complete_oid_request(handle, OidAnswer(Status.REQUEST_ABORTED))


@pytest.mark.parametrize("processes", ["one session", "two sessions"])
def test_walk_of_oid_requests(untouched: Daemon, processes: str) -> None:
    speed = Speed()
    with untouched.connect("miniport") as below, untouched.connect("protocol") as other:
        above = below if processes == "one session" else other
        adapter = MiniportDriver(below, "speed", speed.handlers).add_adapter("speed0")
        with served(below):
            binding = ProtocolDriver(above, "asks").bind_adapter("speed0")
            assert binding.query(LINK_SPEED) == struct.pack("<I", 100_000)
            asked = speed.asked[-1]
            assert (asked.oid, asked.output_length, asked.input) == (LINK_SPEED, 4096, b"")
            # NDIS passes its own structure to the miniport.
            assert asked.revision == 2

            with pytest.raises(NdisError) as short:
                binding.query(LINK_SPEED, 3)
            assert short.value.status == Status.INVALID_LENGTH
            ended = binding.issue(
                OidRequest(RequestType.QUERY_INFORMATION, LINK_SPEED, output_length=3))
            assert ended.bytes_needed == 4

            ended = binding.issue(
                OidRequest(RequestType.SET_INFORMATION, PACKET_FILTER, b"\x05\0\0\0"))
            assert (ended.status, ended.bytes_read) == (Status.SUCCESS, 4)
            assert speed.asked[-1].input == b"\x05\0\0\0"

            ended = binding.issue(
                OidRequest(RequestType.METHOD, PACKET_FILTER, bytes(range(256)) * 16, 4096,
                           method_id=77))
            assert ended.information == (bytes(range(256)) * 16)[::-1]
            assert ended.bytes_read == 4096 and speed.asked[-1].method_id == 77
            binding.unbind()
        adapter.remove()
        for session in (below, above):
            assert session.statistics().session_violations == 0


def test_pended_oid_request_is_completed_later(untouched: Daemon) -> None:
    speed = Speed()
    ended: list[tuple[int, int, bytes]] = []
    handlers = ProtocolHandlers(
        oid_complete=lambda binding, upcall: ended.append(
            (upcall.request_context, upcall.status, upcall.answer.information)))
    with untouched.connect() as session:
        adapter = MiniportDriver(session, "late", speed.handlers).add_adapter("late0")
        binding = ProtocolDriver(session, "waits", handlers).bind_adapter("late0")
        request = OidRequest(RequestType.QUERY_INFORMATION, LINK_SPEED, output_length=8, timeout=60)
        handles = [session.oid_request(binding.handle, request, n) for n in (1, 2, 3)]
        assert len(set(handles)) == 3
        # One is at the miniport, the others wait their turn.
        session.serve(until=lambda: len(speed.pended) == 1, timeout=20)
        assert speed.pended == handles[:1]
        for n, handle in enumerate(handles, 1):
            session.serve(until=lambda: len(speed.pended) == n, timeout=20)
            adapter.complete_oid_request(handle, OidAnswer(information=bytes([n] * 8)))
        session.serve(until=lambda: len(ended) == 3, timeout=20)
        assert ended == [(n, Status.SUCCESS, bytes([n] * 8)) for n in (1, 2, 3)]
        with pytest.raises(NdisError) as twice:
            adapter.complete_oid_request(handles[0], OidAnswer(information=bytes(8)))
        assert twice.value.bugcheck
        assert session.statistics().session_violations == 1
        binding.unbind()


def test_cancelled_oid_request(untouched: Daemon) -> None:
    speed = Speed()
    ended: list[tuple[int, int]] = []
    handlers = ProtocolHandlers(
        oid_complete=lambda binding, upcall: ended.append(
            (upcall.request_context, upcall.status)))
    with untouched.connect() as session:
        MiniportDriver(session, "cancel", speed.handlers).add_adapter("cancel0")
        binding = ProtocolDriver(session, "cancels", handlers).bind_adapter("cancel0")
        for context, name in ((1, 7), (2, 8), (3, 7)):
            session.oid_request(
                binding.handle,
                OidRequest(RequestType.QUERY_INFORMATION, LINK_SPEED, output_length=8, timeout=60,
                           request_id=name), context)
        session.serve(until=lambda: len(speed.pended) == 1, timeout=20)
        session.cancel_oid_request(binding.handle, 7)
        session.cancel_oid_request(binding.handle, 99)
        session.serve(until=lambda: len(ended) == 2, timeout=20)
        # The one at the miniport by its handler, the one that waited by NDIS.
        assert speed.cancelled == [(speed.pended[0], 7)]
        assert sorted(ended) == [(1, Status.REQUEST_ABORTED), (3, Status.REQUEST_ABORTED)]
        binding.unbind()


@pytest.mark.parametrize("body", [
    b"", b"\0" * 23, struct.pack("<IIIIB7x", 0, 4, 0, 5, 0) + b"1234",
    struct.pack("<IIIIB7x", 0, 4, 0, 0xFFFFFFFF, 0), struct.pack("<IIIIQ", 0, 0, 0, 0, 1 << 63),
    struct.pack("<IIIIB7x", 0, 4, 0, 4, 0) + b"12345",
])
def test_answer_that_cannot_be_read(untouched: Daemon, body: bytes) -> None:
    class Raw(OidAnswer):
        def pack(self) -> bytes:
            return body

    with untouched.connect() as session:
        handlers = MiniportHandlers(oid_request=lambda *_: Raw(Status.SUCCESS))
        MiniportDriver(session, "garbles", handlers).add_adapter("garbles0")
        binding = ProtocolDriver(session, "garbled").bind_adapter("garbles0")
        with pytest.raises(NdisError) as error:
            binding.query(LINK_SPEED)
        assert error.value.status != Status.SUCCESS
        assert session.statistics().session_violations == 1


def test_miniport_that_knows_no_oid_says_a_status_and_no_more(untouched: Daemon) -> None:
    with untouched.connect() as session:
        MiniportDriver(session, "knows").add_adapter("knows0")
        binding = ProtocolDriver(session, "nothing").bind_adapter("knows0")
        with pytest.raises(NdisError) as error:
            binding.query(LINK_SPEED)
        assert error.value.status == Status.NOT_SUPPORTED
        assert session.statistics().session_violations == 0


def test_miniport_that_dies_with_a_request(untouched: Daemon) -> None:
    speed = Speed()
    ended: list[int] = []
    handlers = ProtocolHandlers(
        oid_complete=lambda binding, upcall: ended.append(upcall.status))
    with untouched.connect("above") as above:
        below = untouched.connect("below")
        MiniportDriver(below, "dies", speed.handlers).add_adapter("dies0")
        binding = ProtocolDriver(above, "mourns", handlers).bind_adapter("dies0")
        request = OidRequest(RequestType.QUERY_INFORMATION, LINK_SPEED, output_length=8, timeout=60)
        for context in range(1, 5):
            above.oid_request(binding.handle, request, context)
        below.serve(until=lambda: bool(speed.pended), timeout=20)
        below.close()
        above.serve(until=lambda: len(ended) == 4, timeout=20)
        assert Status.SUCCESS not in ended
