"""The bodies of upcalls: what NDIS passes to a driver's handler, and what the handler returns."""

import struct
from dataclasses import dataclass, field

from .abi import Message
from .images import SharedMemoryParameters, StatusIndicationImage
from .layout import Layout
from .messages import Extent
from .oids import UpcallCancelOidRequest, UpcallOidRequest, UpcallOidRequestComplete
from .receive import UpcallReceive, UpcallReturn


@dataclass
class UpcallSetOptions(Layout):
    driver_handle: int
    driver_context: int
    handler: int
    LAYOUT = struct.Struct("<QQQ")


@dataclass
class UpcallInitialize(Layout):
    adapter_handle: int
    driver_context: int
    handler: int
    name: str = field(default="", metadata={"size": 32})
    LAYOUT = struct.Struct("<QQQ32s")


@dataclass
class UpcallAdapter(Layout):
    """HALT_EX, PAUSE, RESTART, SHUTDOWN_EX and DEVICE_PNP_EVENT_NOTIFY."""

    adapter_handle: int
    adapter_context: int
    handler: int
    action: int = 0
    LAYOUT = struct.Struct("<QQQI4x")


@dataclass
class UpcallBind(Layout):
    driver_context: int
    bind_context: int
    handler: int
    adapter_name: str = field(default="", metadata={"size": 32})
    LAYOUT = struct.Struct("<QQQ32s")


@dataclass
class UpcallUnbind(Layout):
    binding_handle: int
    binding_context: int
    handler: int
    LAYOUT = struct.Struct("<QQQ")


@dataclass
class UpcallAllocate(Layout):
    """The image of the caller's parameters follows; `parameters` contains it."""

    provider_context: int
    handler: int
    domain: int
    maximum_extents: int
    tag: int = 0
    site: str = field(default="", metadata={"size": 48})
    LAYOUT = struct.Struct("<QQQII48s")
    # The image after the body, filled in by `decode_upcall`; not a field of the layout.
    parameters = SharedMemoryParameters()

    def read_rest(self, rest: bytes) -> None:
        self.parameters = SharedMemoryParameters.from_image(rest)

    def pack_rest(self) -> bytes:
        return self.parameters.pack()


@dataclass
class UpcallAllocateReply(Layout):
    """`extent_count` extents follow."""

    shared_memory_provider_context: int
    section: int
    extent_count: int
    LAYOUT = struct.Struct("<QQI4x")


@dataclass
class UpcallFree(Layout):
    provider_context: int
    handler: int
    shared_memory_provider_context: int
    section: int
    LAYOUT = struct.Struct("<QQQQ")


@dataclass
class UpcallSharedMemoryAllocateComplete(Layout):
    """A failed allocation has no `allocation_handle`."""

    adapter_handle: int
    adapter_context: int
    handler: int
    context: int
    allocation_handle: int = 0
    section: int = 0
    section_size: int = 0
    physical_base: int = 0
    offset: int = 0
    length_in_bytes: int = 0
    cached: int = 0
    LAYOUT = struct.Struct("<9QIB3x")


@dataclass
class UpcallNetPnpEvent(Layout):
    binding_handle: int
    binding_context: int
    handler: int
    event: int = 0
    LAYOUT = struct.Struct("<QQQI4x")


@dataclass
class UpcallStatus(Layout):
    """The image of the indication and its buffer follow."""

    binding_handle: int
    binding_context: int
    handler: int
    LAYOUT = struct.Struct("<QQQ")
    indication = StatusIndicationImage()
    buffer = b""

    def read_rest(self, rest: bytes) -> None:
        self.indication = StatusIndicationImage.from_image(rest)
        self.buffer = rest[self.indication.header_size:]

    def pack_rest(self) -> bytes:
        return self.indication.pack() + self.buffer


@dataclass
class AllocateAnswer:
    """What a provider's allocate handler returns on success."""

    section: int
    extents: list[Extent]
    context: int = 0

    def pack(self) -> bytes:
        head = UpcallAllocateReply(self.context, self.section, len(self.extents))
        return head.pack() + b"".join(extent.pack() for extent in self.extents)


UPCALLS: dict[int, type[Layout]] = {
    Message.UPCALL_SET_OPTIONS: UpcallSetOptions,
    Message.UPCALL_INITIALIZE_EX: UpcallInitialize,
    Message.UPCALL_HALT_EX: UpcallAdapter,
    Message.UPCALL_PAUSE: UpcallAdapter,
    Message.UPCALL_RESTART: UpcallAdapter,
    Message.UPCALL_SHUTDOWN_EX: UpcallAdapter,
    Message.UPCALL_OID_REQUEST: UpcallOidRequest,
    Message.UPCALL_CANCEL_OID_REQUEST: UpcallCancelOidRequest,
    Message.UPCALL_RETURN_NET_BUFFER_LISTS: UpcallReturn,
    Message.UPCALL_DEVICE_PNP_EVENT_NOTIFY: UpcallAdapter,
    Message.UPCALL_BIND_ADAPTER_EX: UpcallBind,
    Message.UPCALL_UNBIND_ADAPTER_EX: UpcallUnbind,
    Message.UPCALL_OID_REQUEST_COMPLETE: UpcallOidRequestComplete,
    Message.UPCALL_STATUS_EX: UpcallStatus,
    Message.UPCALL_RECEIVE_NET_BUFFER_LISTS: UpcallReceive,
    Message.UPCALL_NET_PNP_EVENT: UpcallNetPnpEvent,
    Message.UPCALL_ALLOCATE_SHARED_MEMORY: UpcallAllocate,
    Message.UPCALL_FREE_SHARED_MEMORY: UpcallFree,
    Message.UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE: UpcallSharedMemoryAllocateComplete,
}


def decode_upcall(type: int, body: bytes) -> Layout:
    """The body of an upcall. Raises KeyError for an unknown type, ValueError for a short body."""
    upcall = UPCALLS[type].unpack(body)
    read_rest = getattr(upcall, "read_rest", None)
    if read_rest:
        read_rest(body[upcall.size():])
    return upcall
