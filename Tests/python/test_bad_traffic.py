"""Invalid messages about OIDs, statuses, received lists and the life cycle of an adapter.
After each test the fixture `untouched` checks the daemon's state."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Daemon
from ndissim import (
    MiniportDriver,
    MiniportHandlers,
    NdisError,
    OidAnswer,
    OidRequest,
    ProtocolDriver,
    Status,
)
from ndissim.abi import Message
from ndissim.images import OidRequestImage, StatusIndicationImage
from ndissim.messages import Header
from ndissim.oids import MiniportOidRequestComplete, OidRequestBody
from ndissim.receive import IndicateReceive, NetBufferHead, NetBufferListHead, ReturnLists, Segment
from raw import RawClient, packet

GOLDEN = dict(
    line.split()
    for line in (Path(__file__).parents[1] / "Golden/messages.txt").read_text().splitlines()
)
NEW = [
    "set_hardware_assist_attributes", "pause_complete", "restart_complete", "indicate_status_ex",
    "miniport_oid_request_complete", "indicate_receive", "change_adapter", "oid_request",
    "cancel_oid_request", "return_net_buffer_lists", "complete_bind_adapter_ex",
    "complete_unbind_adapter_ex", "complete_net_pnp_event",
]
# What is wrong with a message itself, before anybody asks what its handles name.
MESSAGE_RULES = ("malformedMessage", "headerSize", "reservedNotZero")
HANDLE_RULES = ("nullHandle", "wrongKindOfHandle", "staleHandle", "foreignHandle", "wrongContext")


def golden(name: str) -> tuple[int, bytes]:
    """Type and body of a golden request."""
    data = bytes.fromhex(GOLDEN[name + ".request"])
    return Header.unpack(data).type, data[48:]


@pytest.mark.parametrize("name", NEW)
def test_truncated_at_every_byte(untouched: Daemon, name: str) -> None:
    type, body = golden(name)
    with RawClient(untouched.socket) as client:
        for length in range(len(body)):
            rules = MESSAGE_RULES
            if type == Message.INDICATE_STATUS_EX and length >= 120:
                # What is left of the status buffer is judged when the adapter is known.
                rules = HANDLE_RULES
            assert client.refused(type, body[:length]).rule in rules, length
        client.lives()


@pytest.mark.parametrize("more", [1, 8, 4096])
@pytest.mark.parametrize("name", NEW)
def test_bytes_behind_the_end(untouched: Daemon, name: str, more: int) -> None:
    type, body = golden(name)
    rules = HANDLE_RULES if type == Message.INDICATE_STATUS_EX else MESSAGE_RULES
    with RawClient(untouched.socket) as client:
        assert client.refused(type, body + bytes(more)).rule in rules
        client.lives()


@pytest.mark.parametrize("name", NEW)
def test_handles_out_of_thin_air(untouched: Daemon, name: str) -> None:
    type, body = golden(name)
    with RawClient(untouched.socket) as client:
        for handle in [0, 1, (1 << 64) - 1] + [kind << 58 | 1 << 26 for kind in range(1, 16)]:
            error = client.refused(type, struct.pack("<Q", handle) + body[8:])
            assert error.rule in HANDLE_RULES, (hex(handle), error.rule)
        client.lives()


@pytest.mark.parametrize("name", NEW)
def test_every_bit_of_a_message(untouched: Daemon, name: str) -> None:
    """Whatever bit is wrong, there is an answer. No handle of the golden messages is live here."""
    type, body = golden(name)
    with RawClient(untouched.socket) as client:
        for position in range(min(len(body), 400)):
            changed = bytearray(body)
            changed[position] ^= 1 << position % 8
            client.refused(type, bytes(changed))
        client.lives()


ADAPTER = 4 << 58 | 1 << 26
BINDING = 5 << 58 | 1 << 26
LIST = NetBufferListHead(1, 0, 0, 1).pack()


@pytest.mark.parametrize("count", [0, 257, 0x7FFFFFFF, 0xFFFFFFFF])
def test_counts_of_lists(untouched: Daemon, count: int) -> None:
    with RawClient(untouched.socket) as client:
        one = LIST + NetBufferHead(0, 0).pack()
        body = IndicateReceive(ADAPTER, 0, 0, count).pack() + one * 300
        assert client.refused(Message.INDICATE_RECEIVE, body).rule == "netBufferListCount"
        body = ReturnLists(BINDING, 0, count).pack() + bytes(8 * 300)
        rule = client.refused(Message.RETURN_NET_BUFFER_LISTS, body).rule
        assert rule == "netBufferListCount"
        client.lives()


def test_more_lists_than_there_are(untouched: Daemon) -> None:
    with RawClient(untouched.socket) as client:
        body = IndicateReceive(ADAPTER, 0, 0, 256).pack() + LIST + NetBufferHead(0, 0).pack()
        assert client.refused(Message.INDICATE_RECEIVE, body).rule == "malformedMessage"
        body = ReturnLists(BINDING, 0, 256).pack() + bytes(8 * 255)
        assert client.refused(Message.RETURN_NET_BUFFER_LISTS, body).rule == "malformedMessage"
        client.lives()


@pytest.mark.parametrize("buffers, segments", [
    (0, 0), (5, 0), (0xFFFFFFFF, 0), (1, 5), (1, 0xFFFFFFFF), (2, 3), (4, 2),
])
def test_counts_within_a_list(untouched: Daemon, buffers: int, segments: int) -> None:
    chain = Segment(1, 0, 64).pack() * min(segments, 8)
    buffer = NetBufferHead(64, segments).pack() + chain
    with RawClient(untouched.socket) as client:
        body = IndicateReceive(ADAPTER, 0, 0, 1).pack()
        body += NetBufferListHead(1, 0, 0, buffers).pack() + buffer * min(buffers, 8)
        body += bytes(64)
        assert client.refused(Message.INDICATE_RECEIVE, body).rule == "netBufferCount"
        client.lives()


@pytest.mark.parametrize("offset, rule", [(0, "reservedNotZero"), (8, "unknownFlags")])
def test_segment_with_pointer_or_flags(untouched: Daemon, offset: int, rule: str) -> None:
    segment = bytearray(Segment(1, 0, 64).pack())
    segment[offset] = 1
    with RawClient(untouched.socket) as client:
        body = IndicateReceive(ADAPTER, 0, 0, 1).pack() + LIST + NetBufferHead(64, 1).pack()
        assert client.refused(Message.INDICATE_RECEIVE, body + segment).rule == rule
        client.lives()


@pytest.mark.parametrize("fields, rest, rule", [
    ({"header_size": 0}, b"", "headerSize"),
    ({"header_size": 235}, b"", "headerSize"),
    ({"header_size": 249}, b"", "malformedMessage"),
    ({"header_size": 0xFFFF}, b"", "malformedMessage"),
    ({"information_buffer": 1}, b"", "reservedNotZero"),
    # A query has no input, whatever its length says; a set as much as it says.
    ({"information_buffer_length": 8}, b"12345678", "malformedMessage"),
    ({"request_type": 1, "information_buffer_length": 8}, b"1234567", "malformedMessage"),
    ({"request_type": 1, "information_buffer_length": 8}, b"123456789", "malformedMessage"),
    ({"request_type": 1, "information_buffer_length": 4097}, bytes(4097), "informationTooLong"),
    ({"request_type": 12, "information_buffer_length": 0xFFFFFFFF}, b"", "informationTooLong"),
    ({"request_type": 12, "bytes_written": 60001}, b"", "informationTooLong"),
    ({"information_buffer_length": 60001}, b"", "informationTooLong"),
    ({"information_buffer_length": 0xFFFFFFFF}, b"", "informationTooLong"),
    ({"request_type": 3}, b"1", "malformedMessage"),
    ({"request_type": -1}, b"1", "malformedMessage"),
])
def test_oid_request_that_lies(
    untouched: Daemon, fields: dict[str, int], rest: bytes, rule: str
) -> None:
    image = OidRequestImage(**{"oid": 0x10107, **fields})
    # The whole structure is sent, whatever its header contains.
    size, image.header_size = image.header_size, 248
    data = bytearray(image.pack())
    data[2:4] = struct.pack("<H", size)
    with RawClient(untouched.socket) as client:
        body = OidRequestBody(BINDING, 1).pack() + bytes(data) + rest
        assert client.refused(Message.OID_REQUEST, body).rule == rule
        client.lives()


@pytest.mark.parametrize("length, rest", [(4097, 4097), (0xFFFFFFFF, 0), (8, 7), (8, 9)])
def test_result_that_lies(untouched: Daemon, length: int, rest: int) -> None:
    with RawClient(untouched.socket) as client:
        body = MiniportOidRequestComplete(ADAPTER, 14 << 58).pack()
        body += struct.pack("<IIIIB7x", 0, length, 0, length, 0) + bytes(rest)
        rule = client.refused(Message.MINIPORT_OID_REQUEST_COMPLETE, body).rule
        assert rule in ("informationTooLong", "malformedMessage")
        client.lives()


@pytest.mark.parametrize("size, rest", [
    (0, 1), (1, 0), (4097, 4097), (0xFFFFFFFF, 0), (4, 3), (4, 5),
])
def test_status_whose_buffer_has_another_size(untouched: Daemon, size: int, rest: int) -> None:
    with untouched.connect() as session:
        adapter = MiniportDriver(session, "sizes").add_adapter("sizes0")
        image = StatusIndicationImage(
            source_handle=adapter.handle, status_code=Status.LINK_STATE, status_buffer_size=size)
        with pytest.raises(NdisError) as error:
            session.indicate_status_ex(adapter.handle, image, bytes(rest))
        assert error.value.rule == "statusBuffer" and error.value.status == Status.FAILURE
        assert error.value.bugcheck and error.value.bugcheck.code == 0x7C
        assert error.value.bugcheck.parameters[0] == 0x20
        assert session.statistics().session_violations == 1


@pytest.mark.parametrize("change, argument", [
    (0, 0), (6, 0), (0xFFFFFFFF, 0), (2, 1), (3, 9), (4, 1), (5, 0xFFFFFFFF),
])
def test_changes_that_are_none(untouched: Daemon, change: int, argument: int) -> None:
    with RawClient(untouched.socket) as client:
        body = struct.pack("<QII", ADAPTER, change, argument)
        assert client.refused(Message.CHANGE_ADAPTER, body).rule == "adapterChange"
        client.lives()


def own_calls(adapter: int, binding: int) -> Iterator[tuple[int, bytes]]:
    """Calls with the given handles, as a driver that owns them would make them."""
    for name in NEW:
        type, body = golden(name)
        needs_binding = type in (
            Message.OID_REQUEST, Message.CANCEL_OID_REQUEST, Message.RETURN_NET_BUFFER_LISTS,
            Message.COMPLETE_UNBIND_ADAPTER_EX, Message.COMPLETE_NET_PNP_EVENT)
        yield type, struct.pack("<Q", binding if needs_binding else adapter) + body[8:]


def test_handles_of_others_and_of_the_dead(untouched: Daemon) -> None:
    with untouched.connect("owner") as owner, RawClient(untouched.socket) as thief:
        adapter = MiniportDriver(owner, "owner").add_adapter("owned0")
        binding = ProtocolDriver(owner, "binds").bind_adapter("owned0")
        for type, body in own_calls(adapter.handle, binding.handle):
            expected = (
                "wrongKindOfHandle" if type == Message.COMPLETE_BIND_ADAPTER_EX
                else "foreignHandle")
            assert thief.refused(type, body).rule in (expected, "wrongContext"), type
        # Swapped: bindings where adapters belong.
        for type, body in own_calls(binding.handle, adapter.handle):
            with pytest.raises(NdisError) as error:
                owner.call(type, body)
                if type == Message.OID_REQUEST:
                    raise AssertionError("accepted")
            assert error.value.rule in ("wrongKindOfHandle", "wrongContext"), type
        binding.unbind()
        adapter.remove()
        for type, body in own_calls(adapter.handle, binding.handle):
            with pytest.raises(NdisError) as error:
                owner.call(type, body)
            # NDIS knows which adapter was halted, and reports it for a status.
            stale = "statusAfterHalt" if type == Message.INDICATE_STATUS_EX else "staleHandle"
            assert error.value.rule in (stale, "wrongKindOfHandle", "wrongContext"), type
        thief.lives()


def test_flood_of_oid_requests(untouched: Daemon) -> None:
    """A driver that asks and asks and never reads its completions is bounded, and others are served."""
    with RawClient(untouched.socket) as client, untouched.connect("other") as other:
        client.connection.socket.setblocking(False)
        request = OidRequest(0, 0x10107, output_length=4096)
        body = OidRequestBody(BINDING, 1).pack() + request.pack()
        sent = 0
        try:
            for sent in range(20_000):
                client.send(packet(Message.OID_REQUEST, body, request_id=client.next_id + sent))
        except OSError:
            pass  # The socket is full, or the daemon has given this client up.
        assert sent > 0
        for _ in range(20):
            other.ping()


def test_flood_on_a_live_adapter(untouched: Daemon) -> None:
    """Requests that nobody completes: NDIS accepts a limited number of a session and refuses more."""
    handles: list[int] = []

    def pend(adapter: object, request: object, handle: int) -> int:
        handles.append(handle)
        return Status.PENDING

    with untouched.connect("flood") as session, untouched.connect("other") as other:
        adapter = MiniportDriver(
            session, "flooded", MiniportHandlers(oid_request=pend)).add_adapter("flooded0")
        binding = ProtocolDriver(session, "floods").bind_adapter("flooded0")
        request = OidRequest(0, 0x10107, output_length=4)
        accepted = 0
        with pytest.raises(NdisError) as refused:
            for accepted in range(1, 100_000):
                session.oid_request(binding.handle, request, accepted)
        assert refused.value.status == Status.RESOURCES
        other.ping()
        # All that were accepted end, each once.
        for done in range(accepted - 1):
            session.serve(until=lambda: len(handles) > done, timeout=20)
            adapter.complete_oid_request(handles[done], OidAnswer(information=b"1234"))
        binding.unbind()
        assert session.statistics().session_violations == 0
