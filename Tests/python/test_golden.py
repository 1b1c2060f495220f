"""Every request, upcall and answer that Python encodes is the golden message, byte for byte."""

import struct
from pathlib import Path

import pytest

from ndissim import attributes as a
from ndissim import images as i
from ndissim import messages as m
from ndissim import oids as o
from ndissim import receive as r
from ndissim import upcalls as u
from ndissim.abi import FLAG_REPLY, FLAG_UPCALL, MAXIMUM_MESSAGE, Message

GOLDEN = dict(
    line.split()
    for line in (Path(__file__).parents[1] / "Golden/messages.txt").read_text().splitlines()
    if line.strip()
)


def handle(kind: int, index: int) -> int:
    """A handle of the golden messages: kind, generation 1, index."""
    return kind << 58 | 1 << 26 | index


MINIPORT, PROTOCOL, FILTER, ADAPTER = handle(1, 1), handle(2, 2), handle(3, 3), handle(4, 4)
BINDING, MODULE, DMA, ALLOCATION = handle(5, 5), handle(6, 6), handle(7, 7), handle(8, 8)
DMA_CHANNEL = handle(16, 8)
SECTION, BIND_CONTEXT = handle(10, 9), handle(11, 10)
OID, LIST = handle(14, 11), handle(15, 12)
SHARED = handle(9, 8)
TAG = int.from_bytes(b"TEST", "little")
SITE = "Golden/Queue.swift:42"

MINIPORT_IMAGE = i.MiniportDriverCharacteristics(
    minor_driver_version=2, set_options_handler=1, initialize_handler_ex=2, halt_handler_ex=3,
    unload_handler=4, pause_handler=5, restart_handler=6, oid_request_handler=7,
    send_net_buffer_lists_handler=8, return_net_buffer_lists_handler=9, cancel_send_handler=10,
    device_pnp_event_notify_handler=11, shutdown_handler_ex=12, cancel_oid_request_handler=13,
)
PROTOCOL_IMAGE = i.ProtocolDriverCharacteristics(
    minor_driver_version=2, set_options_handler=21, bind_adapter_handler_ex=22,
    unbind_adapter_handler_ex=23, open_adapter_complete_handler_ex=24,
    close_adapter_complete_handler_ex=25, net_pnp_event_handler=26,
    oid_request_complete_handler=27, status_handler_ex=28, receive_net_buffer_lists_handler=29,
    send_net_buffer_lists_complete_handler=30,
)
FILTER_IMAGE = i.FilterDriverCharacteristics(
    minor_driver_version=2, set_options_handler=41, attach_handler=42, detach_handler=43
)
ATTRIBUTES = i.MiniportAdapterRegistrationAttributes(
    header_size=32, miniport_adapter_context=0x2222, check_for_hang_time_in_seconds=4,
    interface_type=5,
)
DMA_IMAGE = i.SgDmaDescription(header_size=40, process_sg_list_handler=51)
PROVIDER = i.SharedMemoryProviderCharacteristics(
    provider_context=0x4444, allocate_shared_memory_handler=61, free_shared_memory_handler=62
)
PARAMETERS = i.SharedMemoryParameters(
    flags=1, queue_id=2, usage=4, length=6144, sg_list_buffer_length=64, vport_id=7
)
OID_REQUEST = o.OidRequest(
    12, 0x10226, b"\1\2\3\4\5\6", 512, 0x9191, 3, 13, 1, 0x9292, 2, 14, 15, 1
)
OID_ANSWER = o.OidAnswer(
    0, b"\xa1\xa2\xa3", bytes_read=6, bytes_written=3, bytes_needed=9, supported_revision=2
)
STATUS = i.StatusIndicationImage(
    source_handle=ADAPTER, port_number=1, status_code=0x40010017, destination_handle=BINDING,
    request_id=0x9191, status_buffer_size=4, guid=bytes(range(1, 17)),
).pack() + bytes.fromhex("ddccbbaa")
FILTER_CAPABILITIES = a.ReceiveFilterCapabilities(
    supported_queue_properties=2, supported_filter_tests=5, supported_headers=3,
    supported_mac_header_fields=9,
).pack()
SWITCH_CAPABILITIES = a.NicSwitchCapabilities(
    max_num_vports=12, max_num_vfs=4, max_num_queue_pairs=24,
    max_num_queue_pairs_per_non_default_vport=0, max_num_mac_addresses=0,
).pack()
GENERAL = a.MiniportAdapterGeneralAttributes(
    xmit_link_speed=10**9, rcv_link_speed=10**9, current_mac_address=bytes((2, 0, 0, 0, 0, 7)),
    supported_statistics=0x11, supported_pause_functions=3, data_back_fill_size=64,
    context_back_fill_size=16, supported_oid_list_length=8, auto_negotiation_flags=3,
).pack() + struct.pack("<II", 0x10101, 0x1010E)
LISTS = [
    r.NetBufferList(0x8181, 2, 0, [
        r.NetBuffer(1514, [r.Segment(SHARED, 4000, 128), r.Segment(SHARED, 4608, 1386)]),
        r.NetBuffer(60, [r.Segment(SHARED, 0, 60)]),
    ]),
    r.NetBufferList.one(0x8182, 2, SHARED, 2048, 64),
]


def one(value: int) -> bytes:
    return m.HandleBody(value).pack()


def driver(name: str, image: i.Image) -> bytes:
    return m.RegisterDriver(0x1111, name).pack() + image.pack()


# name: (type, body, keyword arguments of the header)
EXPECTED = {
    "hello": (Message.HELLO, m.Hello(1, 2, 3, 0, "golden").pack(), {}),
    "ping": (Message.PING, b"", {}),
    "reset": (Message.RESET, b"", {}),
    "statistics": (Message.STATISTICS, b"", {}),
    "register_miniport_driver": (
        Message.REGISTER_MINIPORT_DRIVER, driver("golden-miniport", MINIPORT_IMAGE), {}),
    "deregister_miniport_driver": (Message.DEREGISTER_MINIPORT_DRIVER, one(MINIPORT), {}),
    "set_miniport_attributes": (
        Message.SET_MINIPORT_ATTRIBUTES, one(ADAPTER) + ATTRIBUTES.pack(), {"context": 0x101}),
    "register_scatter_gather_dma": (
        Message.REGISTER_SCATTER_GATHER_DMA, one(ADAPTER) + DMA_IMAGE.pack(), {"context": 0x101}),
    "deregister_scatter_gather_dma": (
        Message.DEREGISTER_SCATTER_GATHER_DMA, one(DMA), {"context": 0x102}),
    "register_dma_channel": (
        Message.REGISTER_DMA_CHANNEL,
        m.RegisterDmaChannel(ADAPTER, 1, 0x10000).pack()
        + i.DmaDescription(1, 0, 1, 2, 3, 0, 5).pack(),
        {"context": 0x101}),
    "deregister_dma_channel": (
        Message.DEREGISTER_DMA_CHANNEL, one(DMA_CHANNEL), {"context": 0x102}),
    "add_adapter": (Message.ADD_ADAPTER, m.Named(MINIPORT, "golden0").pack(), {}),
    "remove_adapter": (Message.REMOVE_ADAPTER, one(ADAPTER), {}),
    "register_protocol_driver": (
        Message.REGISTER_PROTOCOL_DRIVER, driver("golden-protocol", PROTOCOL_IMAGE), {}),
    "deregister_protocol_driver": (Message.DEREGISTER_PROTOCOL_DRIVER, one(PROTOCOL), {}),
    "open_adapter_ex": (
        Message.OPEN_ADAPTER_EX, m.OpenAdapter(PROTOCOL, BIND_CONTEXT, 0x3333).pack(),
        {"context": 0x105}),
    "close_adapter_ex": (Message.CLOSE_ADAPTER_EX, one(BINDING), {"context": 0x106}),
    "bind_adapter": (Message.BIND_ADAPTER, m.Named(PROTOCOL, "golden0").pack(), {}),
    "unbind_adapter": (Message.UNBIND_ADAPTER, one(BINDING), {}),
    "register_filter_driver": (
        Message.REGISTER_FILTER_DRIVER, driver("golden-filter", FILTER_IMAGE), {}),
    "deregister_filter_driver": (Message.DEREGISTER_FILTER_DRIVER, one(FILTER), {}),
    "attach_filter": (Message.ATTACH_FILTER, m.Named(FILTER, "golden0").pack(), {}),
    "detach_filter": (Message.DETACH_FILTER, one(MODULE), {}),
    "set_optional_handlers": (
        Message.SET_OPTIONAL_HANDLERS, one(PROTOCOL) + PROVIDER.pack(), {"context": 0x100}),
    "allocate_shared_memory": (
        Message.ALLOCATE_SHARED_MEMORY, m.Allocate(ADAPTER, TAG, SITE).pack() + PARAMETERS.pack(),
        {}),
    "free_shared_memory": (Message.FREE_SHARED_MEMORY, m.Free(ADAPTER, ALLOCATION).pack(), {}),
    "offer_section": (
        Message.OFFER_SECTION, m.OfferSection(PROTOCOL, 0x6666, 0x100000).pack(),
        {"context": 0x107, "descriptors": 1}),
    "set_hardware_assist_attributes": (
        Message.SET_HARDWARE_ASSIST_ATTRIBUTES,
        m.HardwareAssist(ADAPTER, 84, 116).pack() + FILTER_CAPABILITIES + SWITCH_CAPABILITIES,
        {"context": 0x101}),
    "set_general_attributes": (
        Message.SET_GENERAL_ATTRIBUTES, m.GeneralAttributes(ADAPTER, 224, 8).pack() + GENERAL,
        {"context": 0x101}),
    "set_hardware_capabilities": (
        Message.SET_HARDWARE_CAPABILITIES,
        m.HardwareCapabilities(ADAPTER, 48, 84, 84, 116).pack()
        + a.HardwareAssistAttributes().pack() + FILTER_CAPABILITIES * 2 + SWITCH_CAPABILITIES,
        {"context": 0x101}),
    "get_bind_parameters": (
        Message.GET_BIND_PARAMETERS, one(BIND_CONTEXT), {"context": 0x105}),
    "pause_complete": (Message.PAUSE_COMPLETE, one(ADAPTER), {}),
    "restart_complete": (
        Message.RESTART_COMPLETE, m.Completion(ADAPTER, 0xC000009A).pack(), {}),
    "complete_bind_adapter_ex": (
        Message.COMPLETE_BIND_ADAPTER_EX, m.Completion(BIND_CONTEXT, 0xC000009A).pack(), {}),
    "complete_unbind_adapter_ex": (
        Message.COMPLETE_UNBIND_ADAPTER_EX, m.Completion(BINDING, 0xC000009A).pack(), {}),
    "complete_net_pnp_event": (
        Message.COMPLETE_NET_PNP_EVENT, m.Completion(BINDING, 0xC000009A).pack(), {}),
    "change_adapter": (Message.CHANGE_ADAPTER, m.ChangeAdapter(ADAPTER, 1, 2).pack(), {}),
    "indicate_status_ex": (Message.INDICATE_STATUS_EX, one(ADAPTER) + STATUS, {}),
    "oid_request": (
        Message.OID_REQUEST, o.OidRequestBody(BINDING, 0x7171).pack() + OID_REQUEST.pack(), {}),
    "cancel_oid_request": (
        Message.CANCEL_OID_REQUEST, o.CancelOidRequest(BINDING, 0x9191).pack(), {}),
    "miniport_oid_request_complete": (
        Message.MINIPORT_OID_REQUEST_COMPLETE,
        o.MiniportOidRequestComplete(ADAPTER, OID).pack() + OID_ANSWER.pack(), {}),
    "indicate_receive": (
        Message.INDICATE_RECEIVE,
        r.IndicateReceive(ADAPTER, 0, 0x1800, 2).pack() + b"".join(x.pack() for x in LISTS), {}),
    "return_net_buffer_lists": (
        Message.RETURN_NET_BUFFER_LISTS,
        r.ReturnLists(BINDING, 1, 2).pack() + one(LIST) + one(LIST + 1), {}),
    "withdraw_section": (Message.WITHDRAW_SECTION, one(SECTION), {}),
    "m_allocate_shared_memory": (
        Message.M_ALLOCATE_SHARED_MEMORY, m.MAllocate(ADAPTER, 0, 6144, 1, TAG, SITE).pack(),
        {"context": 0x101}),
    "m_allocate_shared_memory_async_ex": (
        Message.M_ALLOCATE_SHARED_MEMORY_ASYNC_EX,
        m.MAllocate(DMA, 0x7171, 6144, 1, TAG, SITE).pack(), {}),
    "m_free_shared_memory": (
        Message.M_FREE_SHARED_MEMORY,
        m.MFree(ADAPTER, ALLOCATION, 0x7F0000003000, 0, 0x100003000, 6144, 1).pack(), {}),
}


@pytest.mark.parametrize("name", [n.split(".")[0] for n in GOLDEN if n.endswith(".request")
                                  and not n.startswith("upcall_")])
def test_request(name: str) -> None:
    type, body, fields = EXPECTED[name]
    golden = bytes.fromhex(GOLDEN[name + ".request"])
    request_id = m.Header.unpack(golden).request_id
    assert m.encode(m.Header(type, request_id=request_id, **fields), body).hex() == golden.hex()


def test_request_at_dispatch_level() -> None:
    golden = bytes.fromhex(GOLDEN["allocate_shared_memory.request_at_dispatch_level"])
    header = m.Header(Message.ALLOCATE_SHARED_MEMORY, request_id=99, irql=2)
    body = m.Allocate(ADAPTER, TAG).pack() + PARAMETERS.pack()
    assert m.encode(header, body).hex() == golden.hex()


@pytest.mark.parametrize("name", [n for n in GOLDEN if n.startswith("upcall_")
                                  and ".reply" in n])
def test_answer(name: str) -> None:
    golden = bytes.fromhex(GOLDEN[name])
    read = m.Header.unpack(golden)
    body = b""
    if name == "upcall_allocate_shared_memory.reply":
        extents = [m.Extent(0x3000, 0x1000), m.Extent(0x8000, 0x800)]
        body = u.AllocateAnswer(SECTION, extents, 0x5555).pack()
    if name == "upcall_oid_request.reply":
        body = OID_ANSWER.pack()
    header = m.Header(read.type, FLAG_UPCALL | FLAG_REPLY, request_id=read.request_id)
    endings = {"resources": 0xC000009A, "pending": 0x103}
    header.status = endings.get(name.rsplit("_", 1)[1], 0)
    assert m.encode(header, body).hex() == golden.hex()


@pytest.mark.parametrize("name", [n for n in GOLDEN if n.startswith("upcall_")
                                  and n.endswith(".request")])
def test_upcall_is_read(name: str) -> None:
    golden = bytes.fromhex(GOLDEN[name])
    header = m.Header.unpack(golden)
    upcall = u.decode_upcall(header.type, golden[48:])
    rest = upcall.pack_rest() if hasattr(upcall, "pack_rest") else b""
    assert (upcall.pack() + rest).hex() == golden[48:].hex()


def body_of(name: str) -> bytes:
    return bytes.fromhex(GOLDEN[name])[48:]


def test_replies_are_read() -> None:
    hello = m.HelloReply.unpack(body_of("hello.reply"))
    assert (hello.version, hello.page_size, hello.maximum_message) == (1, 4096, MAXIMUM_MESSAGE)
    assert (hello.maximum_outstanding, hello.maximum_extents) == (64, 1024)
    statistics = m.Statistics.unpack(body_of("statistics.reply"))
    assert (statistics.sessions, statistics.descriptors) == (1, 20)
    reply = m.AllocateReply.unpack(body_of("allocate_shared_memory.reply"))
    assert (reply.allocation_handle, reply.section) == (ALLOCATION, SECTION)
    first = m.Extent.unpack(body_of("allocate_shared_memory.reply"), m.AllocateReply.size())
    assert first == m.Extent(0x3000, 0x1000)


def test_failures_are_read() -> None:
    error = m.failure_of(0xC000000D, body_of("failure.reply"))
    assert error.rule == "doubleFree" and error.reason == 75 and "freed already" in error.sentence
    assert error.bugcheck and error.bugcheck.code == 0x7C and error.bugcheck.parameters[0] == 3
    assert m.failure_of(0xC000009A, body_of("failure_without_bugcheck.reply")).bugcheck is None


def test_what_upcalls_say() -> None:
    asked = u.decode_upcall(134, body_of("upcall_oid_request.request"))
    assert asked.request == OID_REQUEST and asked.oid_handle == OID
    ended = u.decode_upcall(147, body_of("upcall_oid_request_complete.request"))
    assert ended.answer == OID_ANSWER and ended.request_context == 0x7171
    failed = u.decode_upcall(147, body_of("upcall_oid_request_complete.request_failed"))
    assert failed.status == 0xC001000C and failed.answer.information == b""
    assert failed.answer.error and failed.answer.error.rule == "oidAborted"
    received = u.decode_upcall(149, body_of("upcall_receive_net_buffer_lists.request"))
    assert [len(x.buffers) for x in received.lists] == [2, 1]
    first = received.lists[0].buffers[0]
    assert sum(part.length for part in first.parts) == first.data_length == 1514
    assert first.parts[1] == r.ViewSegment(SHARED, SECTION, 0x8000, 32)
    returned = u.decode_upcall(136, body_of("upcall_return_net_buffer_lists.request"))
    assert returned.numbers == [0x8181, 0x8182]
    told = u.decode_upcall(148, body_of("upcall_status_ex.request"))
    assert told.indication.status_code == 0x40010017 and told.buffer == b"\xdd\xcc\xbb\xaa"
    view = r.SectionView.unpack(body_of("section_view.notification"))
    assert (view.section, view.size_in_bytes) == (SECTION, 0x100000)
