"""The messages of the driver plane (docs/protocol.md): the header and the bodies."""

import struct
from dataclasses import dataclass, field

from .abi import FLAG_NOTIFICATION, FLAG_REPLY, FLAG_UPCALL, MAGIC, PROTOCOL_VERSION
from .errors import BugCheck, NdisError
from .layout import Layout


def _name() -> str:
    return field(default="", metadata={"size": 32})


def _site() -> str:
    return field(default="", metadata={"size": 48, "keep_end": True})


@dataclass
class Header(Layout):
    """The 48-byte header of every message."""

    type: int = 0
    flags: int = 0
    length: int = 0
    request_id: int = 0
    context: int = 0
    status: int = 0
    irql: int = 0
    descriptors: int = 0
    LAYOUT = struct.Struct("<IHHIIQQIBBHQ")

    def pack(self) -> bytes:
        return self.LAYOUT.pack(
            MAGIC, PROTOCOL_VERSION, self.type, self.flags, self.length, self.request_id,
            self.context, self.status, self.irql, self.descriptors, 0, 0,
        )

    @classmethod
    def unpack(cls, data: bytes, offset: int = 0) -> "Header":
        """Reads and checks a header; `data` must be the whole packet."""
        if len(data) < cls.LAYOUT.size:
            raise ValueError(f"a packet of {len(data)} bytes has no header")
        magic, version, *values, reserved0, reserved1 = cls.LAYOUT.unpack_from(data, offset)
        header = cls(*values)
        if magic != MAGIC or version != PROTOCOL_VERSION:
            raise ValueError(f"magic 0x{magic:08X}, version {version}: another protocol")
        if header.length != len(data) - offset - cls.LAYOUT.size or reserved0 or reserved1:
            raise ValueError("the header contradicts the packet")
        return header

    @property
    def is_reply(self) -> bool:
        return bool(self.flags & FLAG_REPLY)

    @property
    def is_upcall(self) -> bool:
        return bool(self.flags & FLAG_UPCALL)

    @property
    def is_notification(self) -> bool:
        return bool(self.flags & FLAG_NOTIFICATION)


def encode(header: Header, body: bytes = b"") -> bytes:
    """A whole packet; fills in the header's length."""
    header.length = len(body)
    return header.pack() + body


@dataclass
class Hello(Layout):
    version_minimum: int = PROTOCOL_VERSION
    version_maximum: int = PROTOCOL_VERSION
    features: int = 0
    resume_token: int = 0
    name: str = _name()
    LAYOUT = struct.Struct("<HH4xQQ32s")


@dataclass
class HelloReply(Layout):
    version: int
    page_size: int
    features: int
    instance: bytes
    session_token: int
    maximum_message: int
    maximum_outstanding: int
    maximum_extents: int
    maximum_call_depth: int
    upcall_deadline_ms: int
    ndis_version: int
    maximum_bytes: int
    maximum_blocks: int
    maximum_sections: int
    LAYOUT = struct.Struct("<H2xIQ16sQ6IQQI4x")


@dataclass
class HandleBody(Layout):
    """One object: requests that name one, replies that return one."""

    handle: int
    LAYOUT = struct.Struct("<Q")


@dataclass
class RegisterDriver(Layout):
    """The image of the driver's characteristics follows."""

    driver_context: int = 0
    name: str = _name()
    LAYOUT = struct.Struct("<Q32s")


@dataclass
class RegisterDmaReply(Layout):
    dma_handle: int
    scatter_gather_list_size: int
    LAYOUT = struct.Struct("<QI4x")


@dataclass
class RegisterDmaChannel(Layout):
    """REGISTER_DMA_CHANNEL; NDIS_DMA_DESCRIPTION follows."""

    adapter_handle: int
    dma_32bit_addresses: int = 1
    maximum_length: int = 0xFFFFFFFF
    LAYOUT = struct.Struct("<QII")


@dataclass
class Named(Layout):
    """ADD_ADAPTER, BIND_ADAPTER, ATTACH_FILTER: the name is the adapter's."""

    handle: int
    name: str = _name()
    LAYOUT = struct.Struct("<Q32s")


@dataclass
class OpenAdapter(Layout):
    protocol_handle: int
    bind_context: int
    protocol_binding_context: int = 0
    LAYOUT = struct.Struct("<QQQ")


@dataclass
class Allocate(Layout):
    """The image of `NDIS_SHARED_MEMORY_PARAMETERS` follows."""

    ndis_handle: int
    tag: int = 0
    site: str = _site()
    LAYOUT = struct.Struct("<QI4x48s")


@dataclass
class Extent(Layout):
    """Contiguous bytes of a section."""

    offset: int
    length: int
    LAYOUT = struct.Struct("<QI4x")


@dataclass
class AllocateReply(Layout):
    """`extent_count` extents follow."""

    allocation_handle: int
    shared_memory_handle: int
    section: int
    section_size: int
    physical_base: int
    extent_count: int
    LAYOUT = struct.Struct("<QQQQQI4x")


@dataclass
class Free(Layout):
    ndis_handle: int
    allocation_handle: int
    LAYOUT = struct.Struct("<QQ")


@dataclass
class MAllocate(Layout):
    """M_ALLOCATE_SHARED_MEMORY and M_ALLOCATE_SHARED_MEMORY_ASYNC_EX."""

    handle: int
    context: int
    length_in_bytes: int
    cached: int = 0
    tag: int = 0
    site: str = _site()
    LAYOUT = struct.Struct("<QQIB3xI4x48s")


@dataclass
class MFree(Layout):
    """`virtual_offset` is that of the address in the block that it lies in."""

    adapter_handle: int
    allocation_handle: int
    virtual_address: int
    virtual_offset: int
    physical_address: int
    length_in_bytes: int
    cached: int = 0
    LAYOUT = struct.Struct("<QQQQQIB3x")


@dataclass
class OfferSection(Layout):
    """One descriptor is passed with it."""

    provider_handle: int
    domain: int
    size_in_bytes: int
    node: int = 0
    LAYOUT = struct.Struct("<QQQI4x")


@dataclass
class OfferReply(Layout):
    section: int
    physical_base: int
    LAYOUT = struct.Struct("<QQ")


@dataclass
class HardwareAssist(Layout):
    """The images of both capabilities follow, each with the length given here."""

    adapter_handle: int
    receive_filter_length: int = 0
    nic_switch_length: int = 0
    LAYOUT = struct.Struct("<QII")


@dataclass
class GeneralAttributes(Layout):
    """The image of the attributes and the list of OIDs follow, each with the length given here."""

    adapter_handle: int
    image_length: int
    oid_list_length: int = 0
    LAYOUT = struct.Struct("<QII")


@dataclass
class HardwareCapabilities(Layout):
    """The image of the attributes and those of the capabilities follow, each with the length given
    here."""

    adapter_handle: int
    image_length: int
    hardware_receive_filter_length: int = 0
    current_receive_filter_length: int = 0
    hardware_nic_switch_length: int = 0
    current_nic_switch_length: int = 0
    LAYOUT = struct.Struct("<Q5I4x")


@dataclass
class BindParametersReply(Layout):
    """The image of the parameters and those of the capabilities follow, each with the length given
    here."""

    image_length: int
    receive_filter_length: int = 0
    nic_switch_length: int = 0
    LAYOUT = struct.Struct("<III4x")


@dataclass
class Completion(Layout):
    """RESTART_COMPLETE and COMPLETE_*: completes what a handler answered PENDING."""

    handle: int
    status: int = 0
    LAYOUT = struct.Struct("<QI4x")


@dataclass
class ChangeAdapter(Layout):
    adapter_handle: int
    change: int
    argument: int = 0
    LAYOUT = struct.Struct("<QII")


@dataclass
class Statistics(Layout):
    sessions: int
    drivers: int
    adapters: int
    bindings: int
    registrations: int
    sections: int
    blocks: int
    bytes: int
    open_requests: int
    open_upcalls: int
    allocations: int
    frees: int
    failed_allocations: int
    violations: int
    leaked_blocks: int
    session_blocks: int
    session_bytes: int
    session_violations: int
    session_leaked_blocks: int
    descriptors: int
    LAYOUT = struct.Struct("<20Q")


# The bug check is this daemon's own: no page documents a code for the break.
REASON_EXTENSION = 0x8000_0000


@dataclass
class Failure(Layout):
    """Body of every reply that is not SUCCESS, and of GOODBYE; the sentence follows. `reason` may have
    REASON_EXTENSION."""

    bugcheck_code: int = 0
    reason: int = 0
    p1: int = 0
    p2: int = 0
    p3: int = 0
    p4: int = 0
    rule: str = _name()
    LAYOUT = struct.Struct("<II4Q32s")


def failure_of(status: int, body: bytes) -> NdisError:
    """The error a failed reply carries; a body without one gives an error without a sentence."""
    if len(body) < Failure.size():
        return NdisError(status)
    raw = Failure.unpack(body)
    check = BugCheck(
        raw.bugcheck_code, (raw.p1, raw.p2, raw.p3, raw.p4), bool(raw.reason & REASON_EXTENSION))
    sentence = body[Failure.size():].decode(errors="replace")
    return NdisError(status, raw.rule, sentence, check if raw.bugcheck_code else None,
                     raw.reason & ~REASON_EXTENSION)
