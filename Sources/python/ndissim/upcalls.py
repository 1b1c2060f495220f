"""The bodies of upcalls: what NDIS hands to a driver's handler, and what the handler answers."""

import struct
from dataclasses import dataclass, field

from .abi import Message
from .images import SharedMemoryParameters
from .layout import Layout
from .messages import Extent


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
    """HALT_EX, PAUSE and RESTART."""

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
    """The image of the caller's parameters follows; `parameters` holds it."""

    provider_context: int
    handler: int
    domain: int
    maximum_extents: int
    tag: int = 0
    site: str = field(default="", metadata={"size": 48})
    LAYOUT = struct.Struct("<QQQII48s")
    # The image behind the body, filled in by `decode_upcall`; no field of the layout.
    parameters = SharedMemoryParameters()


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
    Message.UPCALL_BIND_ADAPTER_EX: UpcallBind,
    Message.UPCALL_UNBIND_ADAPTER_EX: UpcallUnbind,
    Message.UPCALL_ALLOCATE_SHARED_MEMORY: UpcallAllocate,
    Message.UPCALL_FREE_SHARED_MEMORY: UpcallFree,
}


def decode_upcall(type: int, body: bytes) -> Layout:
    """The body of an upcall. Raises KeyError for an unknown type, ValueError for a short body."""
    upcall = UPCALLS[type].unpack(body)
    if isinstance(upcall, UpcallAllocate):
        upcall.parameters = SharedMemoryParameters.from_image(body[UpcallAllocate.size():])
    return upcall
