"""What drivers, adapters and bindings have in common: a handle, and memory to allocate."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .abi import MM_ANY_NODE_OK, SHARED_MEM_PARAMETERS_CONTIGUOUS, SharedMemoryUsage
from .images import SharedMemoryParameters, SharedMemoryProviderCharacteristics
from .memory import Block
from .routines import sg_list_buffer_length
from .upcalls import AllocateAnswer, UpcallAllocate, UpcallFree

if TYPE_CHECKING:
    from .session import Session

AllocateHandler = Callable[[UpcallAllocate], AllocateAnswer | int]
FreeHandler = Callable[[UpcallFree], None]


def succeed(*_: object) -> None:
    """A handler that does nothing."""


class NdisObject:
    """Objects that have an NdisHandle: drivers, adapters, bindings."""

    def __init__(self, session: "Session", handle: int = 0) -> None:
        self.session = session
        self.handle = handle

    def allocate(
        self,
        length: int,
        contiguous: bool = False,
        usage: int = SharedMemoryUsage.OTHER,
        queue_id: int = 0,
        vport_id: int = 0,
        node: int = MM_ANY_NODE_OK,
        tag: int = 0,
        site: str | None = None,
        **fields: int,
    ) -> Block:
        """`NdisAllocateSharedMemory` with this handle. `site` says where the driver allocates; by
        default the line of the caller. `fields` overrides fields of the
        `SharedMemoryParameters` by name, for requests that must be refused."""
        parameters = SharedMemoryParameters(
            flags=SHARED_MEM_PARAMETERS_CONTIGUOUS if contiguous else 0,
            queue_id=queue_id,
            preferred_node=node,
            usage=usage,
            length=length,
            sg_list_buffer_length=sg_list_buffer_length(length, contiguous),
            vport_id=vport_id,
        )
        for name, value in fields.items():
            if not hasattr(parameters, name):
                raise TypeError(f"NDIS_SHARED_MEMORY_PARAMETERS has no field {name}")
            setattr(parameters, name, value)
        return self.session.allocate_shared_memory(self.handle, parameters, tag, site)

    def provide_shared_memory(
        self, allocate: AllocateHandler, free: FreeHandler, context: int = 0, flags: int = 0
    ) -> None:
        """`NdisSetOptionalHandlers` with shared-memory provider characteristics."""
        characteristics = SharedMemoryProviderCharacteristics(
            flags=flags,
            provider_context=context,
            allocate_shared_memory_handler=self.session.cookie(allocate),
            free_shared_memory_handler=self.session.cookie(free),
        )
        self.session.set_optional_handlers(self.handle, characteristics)
