"""What the daemon must bear. After each test the fixture `untouched` holds it to its promises."""

import os
import resource
import socket
import struct

import pytest

from conftest import Daemon, eventually
from ndissim import Connection, Disconnected, MiniportDriver, NdisError, Session, make_section
from ndissim.abi import FEATURE_BUG_CHECK_EXTENSION, FLAG_REPLY, Message, Status
from ndissim.images import MiniportDriverCharacteristics, SharedMemoryParameters
from ndissim.messages import Allocate, Free, HandleBody, Hello, OfferSection
from raw import RawClient, packet

BODIES = {
    Message.HELLO: 56, Message.REGISTER_MINIPORT_DRIVER: 44, Message.ADD_ADAPTER: 40,
    Message.OPEN_ADAPTER_EX: 24, Message.ALLOCATE_SHARED_MEMORY: 68,
    Message.FREE_SHARED_MEMORY: 16, Message.REMOVE_ADAPTER: 8, Message.SET_OPTIONAL_HANDLERS: 12,
}


@pytest.mark.parametrize("length", [1, 4, 16, 47])
def test_shorter_than_a_header(untouched: Daemon, length: int) -> None:
    with RawClient(untouched.socket) as client:
        client.send(packet(Message.PING, request_id=client.next_id)[:length])
        header, body = client.receive()
        assert header.request_id == 0
        assert client.failure(header, body).rule == "malformedMessage"
        client.lives()


@pytest.mark.parametrize("size", [65537, 65536 + 48, 200_000])
def test_oversized(untouched: Daemon, size: int) -> None:
    with RawClient(untouched.socket) as client:
        client.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        data = packet(Message.PING, bytes(size - 48), request_id=client.next_id)
        try:
            client.send(data)
        except OSError:
            return  # The kernel refused the packet; the daemon never saw it.
        client.next_id += 1
        assert client.failure(*client.receive()).rule == "malformedMessage"
        client.lives()


@pytest.mark.parametrize("type", [0, 5, 63, 72, 127, 178, 255, 256, 0xFFFF])
def test_unknown_type(untouched: Daemon, type: int) -> None:
    with RawClient(untouched.socket) as client:
        assert client.refused(type).rule == "unknownMessage"
        client.lives()


@pytest.mark.parametrize("fields", [{"magic": 0x12345678}, {"version": 0}, {"version": 9}])
def test_another_protocol_ends_with_goodbye(untouched: Daemon, fields: dict[str, int]) -> None:
    with RawClient(untouched.socket) as client:
        client.send(packet(Message.PING, request_id=client.next_id, **fields))
        seen = []
        with pytest.raises(ConnectionError):
            while True:
                header, body = client.receive()
                client.failure(header, body)
                seen.append(header.type)
        assert seen[-1] == Message.GOODBYE
        assert len(seen) == 2


@pytest.mark.parametrize(
    "fields, rule",
    [
        ({"reserved0": 1}, "reservedNotZero"),
        ({"reserved1": 1 << 63}, "reservedNotZero"),
        ({"length": 1}, "malformedMessage"),
        ({"length": 0xFFFFFFFF}, "malformedMessage"),
        ({"flags": 0x80000000}, "unknownFlags"),
    ],
)
def test_wrong_header(untouched: Daemon, fields: dict[str, int], rule: str) -> None:
    with RawClient(untouched.socket) as client:
        assert client.refused(Message.PING, **fields).rule == rule
        client.lives()


@pytest.mark.parametrize("type", list(BODIES)[1:])
@pytest.mark.parametrize("change", ["empty", "short"])
def test_wrong_body(untouched: Daemon, type: int, change: str) -> None:
    with RawClient(untouched.socket) as client:
        body = b"" if change == "empty" else bytes(BODIES[type] - 1)
        error = client.refused(type, body)
        assert error.rule in ("malformedMessage", "badName", "nullHandle", "headerType")
        client.lives()


def test_body_where_none_belongs(untouched: Daemon) -> None:
    with RawClient(untouched.socket) as client:
        assert client.refused(Message.PING, b"12345678").rule == "malformedMessage"
        client.lives()


@pytest.mark.parametrize("name", [b"\xff\xfe", b"a\nb", b"a\0b", b"x" * 32, b""])
def test_bad_names(untouched: Daemon, name: bytes) -> None:
    with RawClient(untouched.socket) as client:
        body = struct.pack("<Q32s", 0, name) + MiniportDriverCharacteristics().pack()
        assert client.refused(Message.REGISTER_MINIPORT_DRIVER, body).rule == "badName"
        client.lives()


@pytest.mark.parametrize(
    "said, sent", [(1, 0), (1, 2), (1, 200), (0, 1), (0, 200), (2, 2), (255, 1)]
)
@pytest.mark.parametrize("type", [Message.PING, Message.OFFER_SECTION])
def test_descriptor_counts(untouched: Daemon, type: int, said: int, sent: int) -> None:
    fd = make_section(65536)
    try:
        with RawClient(untouched.socket) as client:
            body = OfferSection(1, 1, 65536).pack() if type == Message.OFFER_SECTION else b""
            error = client.refused(type, body, [fd] * sent, descriptors=said)
            assert error.rule == "wrongDescriptorCount"
            client.lives()
    finally:
        os.close(fd)


def make_descriptor(kind: str) -> int:
    """A descriptor that is no section of 65536 bytes."""
    if kind == "pipe":
        ends = os.pipe()
        os.close(ends[1])
        return ends[0]
    if kind == "socket":
        return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).detach()
    if kind == "directory":
        return os.open("/", os.O_RDONLY)
    if kind == "file":
        return os.open("/tmp", os.O_TMPFILE | os.O_RDWR)
    if kind == "unsealed":
        return make_section(65536, seal=False)
    if kind == "other size":
        return make_section(32768)
    assert kind == "null"
    return os.open("/dev/null", os.O_RDWR)


KINDS = ["pipe", "socket", "directory", "file", "null", "unsealed", "other size"]


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_descriptor_outside_a_handler(untouched: Daemon, kind: str) -> None:
    fd = make_descriptor(kind)
    try:
        with RawClient(untouched.socket) as client:
            body = OfferSection(1, 1, 65536).pack()
            client.refused(Message.OFFER_SECTION, body, [fd], descriptors=1)
            client.lives()
    finally:
        os.close(fd)


HANDLE_RULES = ("nullHandle", "wrongKindOfHandle", "staleHandle", "foreignHandle", "doubleFree")


@pytest.mark.parametrize(
    "handle", [0, 1, 0xFFFFFFFFFFFFFFFF, 8 << 58 | 1 << 26 | 1, 4 << 58 | 1 << 26 | 0x3FFFFFF]
)
def test_handles_out_of_thin_air(untouched: Daemon, handle: int) -> None:
    requests = {
        Message.ALLOCATE_SHARED_MEMORY: Allocate(handle).pack()
        + SharedMemoryParameters(length=1, sg_list_buffer_length=40).pack(),
        Message.FREE_SHARED_MEMORY: Free(handle, handle).pack(),
        Message.REMOVE_ADAPTER: HandleBody(handle).pack(),
        Message.DEREGISTER_MINIPORT_DRIVER: HandleBody(handle).pack(),
        Message.DEREGISTER_PROTOCOL_DRIVER: HandleBody(handle).pack(),
        Message.WITHDRAW_SECTION: HandleBody(handle).pack(),
    }
    with RawClient(untouched.socket) as client:
        for type, body in requests.items():
            rule = client.refused(type, body).rule
            assert rule in HANDLE_RULES, type
        client.lives()


def test_handles_of_others(untouched: Daemon) -> None:
    with untouched.connect("owner") as owner, untouched.connect("thief") as thief:
        adapter = MiniportDriver(owner, "owner").add_adapter("owned0")
        block = adapter.allocate(4096)
        with pytest.raises(NdisError) as foreign:
            thief.free_shared_memory(adapter.handle, block.allocation_handle)
        assert foreign.value.rule == "foreignHandle"
        with pytest.raises(NdisError) as foreign:
            thief.remove_adapter(adapter.handle)
        assert foreign.value.rule == "foreignHandle"
        with pytest.raises(NdisError) as wrong:
            owner.remove_adapter(block.allocation_handle)
        assert wrong.value.rule == "wrongKindOfHandle"
        block.free()
        with pytest.raises(NdisError) as second:
            owner.free_shared_memory(adapter.handle, block.allocation_handle)
        assert second.value.rule in ("doubleFree", "staleHandle") and second.value.bugcheck
        assert second.value.status == Status.FAILURE
        adapter.remove()
        with pytest.raises(NdisError) as stale:
            adapter.allocate(4096)
        assert stale.value.rule == "staleHandle"


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF])
def test_lengths(untouched: Daemon, length: int) -> None:
    with untouched.connect() as session:
        adapter = MiniportDriver(session, "lengths").add_adapter("lengths0")
        with pytest.raises(NdisError) as error:
            adapter.allocate(length, contiguous=True)
        assert error.value.status in (Status.INVALID_PARAMETER, Status.RESOURCES)
        assert session.statistics().session_blocks == 0


def test_hello_missing(untouched: Daemon) -> None:
    with RawClient(untouched.socket, hello=False) as client:
        assert client.refused(Message.PING).rule == "helloFirst"
        assert client.refused(Message.STATISTICS, request_id=1).rule == "helloFirst"


def test_hello_twice(untouched: Daemon) -> None:
    with RawClient(untouched.socket) as client:
        assert client.refused(Message.HELLO, Hello(name="again").pack()).rule == "helloTwice"
        client.lives()


def test_hello_in_another_version(untouched: Daemon) -> None:
    with RawClient(untouched.socket, hello=False) as client:
        error = client.refused(Message.HELLO, Hello(7, 9, name="future").pack())
        assert error.rule == "versionMismatch"


def test_answer_nobody_asked_for(untouched: Daemon) -> None:
    with RawClient(untouched.socket) as client:
        client.send(packet(Message.UPCALL_RESTART, flags=3, request_id=77))
        client.send(packet(Message.PING, request_id=client.next_id))
        seen = []
        while not seen or seen[-1].type != Message.PING:
            seen.append(client.receive()[0])
        assert seen[-1].status == 0


def test_unknown_context(untouched: Daemon) -> None:
    with RawClient(untouched.socket) as client:
        error = client.refused(Message.REMOVE_ADAPTER, HandleBody(1).pack(), context=4711)
        assert error.rule == "unknownContext"
        client.lives()


def test_irql_that_is_none(untouched: Daemon) -> None:
    with RawClient(untouched.socket) as client:
        client.refused(Message.PING, irql=16)
        client.lives()


def test_repeated_request_is_answered_again_identically(untouched: Daemon) -> None:
    with RawClient(untouched.socket) as client:
        body = struct.pack("<Q32s", 7, b"twice")
        handlers = {
            name: 1 for name in vars(MiniportDriverCharacteristics()) if name.endswith(
                ("handler", "handler_ex")) and name != "set_options_handler"
        }
        data = packet(
            Message.REGISTER_MINIPORT_DRIVER,
            body + MiniportDriverCharacteristics(**handlers).pack(),
            request_id=client.next_id,
        )
        client.send(data)
        first = client.connection.receive_raw(20)[0]
        client.send(data)
        assert client.connection.receive_raw(20)[0] == first
        assert int.from_bytes(first[32:36], "little") == 0
        client.next_id += 1
        with untouched.connect() as observer:
            assert observer.statistics().drivers == 1
        for _ in range(70):
            client.lives()
        client.send(data)
        assert client.failure(*client.receive()).rule == "resultForgotten"


@pytest.mark.parametrize("request_id", [0, 3, 1 << 63, 0xFFFFFFFFFFFFFFFF])
def test_request_id_out_of_order(untouched: Daemon, request_id: int) -> None:
    with RawClient(untouched.socket) as client:
        expected = client.next_id
        client.send(packet(Message.PING, request_id=request_id))
        header, body = client.receive()
        assert header.request_id == request_id
        rule = client.failure(header, body).rule
        assert rule in ("requestIDOutOfOrder", "resultForgotten")
        header, _ = client.request(Message.PING, request_id=expected)
        assert header.status == 0 and header.flags == FLAG_REPLY


def test_client_that_says_nothing(untouched: Daemon) -> None:
    with untouched.raw(), untouched.raw(), untouched.connect() as other:
        other.ping()


def test_client_that_never_reads(untouched: Daemon) -> None:
    with RawClient(untouched.socket) as client, untouched.connect() as other:
        client.connection.socket.setblocking(False)
        sent = 0
        try:
            for sent in range(100_000):
                # Refused ids are answered too, so the limit of outstanding requests does not help.
                client.send(packet(Message.PING, request_id=0))
        except OSError:
            pass  # Either the socket is full or the daemon has given this client up.
        assert sent > 0
        for _ in range(20):
            other.ping()


def test_client_that_dies_before_its_reply(untouched: Daemon) -> None:
    for _ in range(20):
        session = untouched.connect("dies")
        adapter = MiniportDriver(session, "dies").add_adapter("dies0")
        adapter.allocate(8192)
        body = Allocate(adapter.handle).pack()
        body += SharedMemoryParameters(length=4096, sg_list_buffer_length=40).pack()
        session.send(Message.ALLOCATE_SHARED_MEMORY, body)
        session.close()
        with untouched.connect() as other:
            eventually("the session is gone", lambda: other.statistics().sessions == 1)
            assert other.statistics().blocks == 0


def test_thousand_connections(untouched: Daemon) -> None:
    count = 1000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 100:
        pytest.skip("too few descriptors allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 100), hard))
    connections = []
    try:
        for _ in range(count):
            connections.append(untouched.raw())
            if len(connections) % 100 == 0:
                # A quota may refuse sessions; it must not keep the ones that exist from serving.
                try:
                    with untouched.connect() as other:
                        other.ping()
                except (NdisError, Disconnected):
                    pass
    finally:
        for connection in connections:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_bug_check_of_our_own_is_marked_for_who_asked(untouched: Daemon) -> None:
    for features, is_marked in ((FEATURE_BUG_CHECK_EXTENSION, True), (0, False)):
        with Session(Connection(untouched.socket), "marked", features=features) as session:
            adapter = MiniportDriver(session, "marked").add_adapter("marked0")
            with pytest.raises(NdisError) as wrong:
                session.free_shared_memory(adapter.handle, 0)
            # No page names a code for a NULL handle.
            assert wrong.value.rule == "nullHandle" and wrong.value.reason < 1 << 16
            assert wrong.value.bugcheck and wrong.value.bugcheck.is_extension == is_marked
