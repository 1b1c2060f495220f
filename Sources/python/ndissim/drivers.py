"""Drivers as objects: a miniport driver and its adapters, a protocol driver and its bindings. The
handlers are callables; those left out do what the smallest correct driver does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .abi import MM_ANY_NODE_OK, SHARED_MEM_PARAMETERS_CONTIGUOUS, SharedMemoryUsage
from .images import (
    MiniportAdapterRegistrationAttributes,
    MiniportDriverCharacteristics,
    ProtocolDriverCharacteristics,
    SgDmaDescription,
    SharedMemoryParameters,
    SharedMemoryProviderCharacteristics,
)
from .memory import Block
from .routines import sg_list_buffer_length
from .upcalls import (
    AllocateAnswer,
    UpcallAdapter,
    UpcallAllocate,
    UpcallBind,
    UpcallFree,
    UpcallInitialize,
    UpcallSetOptions,
    UpcallUnbind,
)

if TYPE_CHECKING:
    from .session import Session

AllocateHandler = Callable[[UpcallAllocate], AllocateAnswer | int]
FreeHandler = Callable[[UpcallFree], None]


class NdisObject:
    """Whatever has an NdisHandle: drivers, adapters, bindings."""

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
        site: str = "",
        **fields: int,
    ) -> Block:
        """`NdisAllocateSharedMemory` with this handle. `fields` overrides fields of the
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


class MiniportAdapter(NdisObject):
    """An adapter of a miniport driver; `dma_handle` is NdisMiniportDmaHandle."""

    def __init__(self, driver: "MiniportDriver", handle: int, name: str) -> None:
        super().__init__(driver.session, handle)
        self.driver = driver
        self.name = name
        self.dma_handle = 0

    def set_attributes(self) -> None:
        """`NdisMSetMiniportAttributes` for a bus-mastering hardware device."""
        attributes = MiniportAdapterRegistrationAttributes(miniport_adapter_context=self.handle)
        self.session.set_miniport_attributes(self.handle, attributes)

    def register_dma(self) -> None:
        """`NdisMRegisterScatterGatherDma`."""
        description = SgDmaDescription(process_sg_list_handler=self.session.cookie(_succeed))
        reply = self.session.register_scatter_gather_dma(self.handle, description)
        self.dma_handle = reply.dma_handle

    def prepare(self) -> None:
        """What an initialize handler does before it allocates: attributes, then DMA."""
        self.set_attributes()
        self.register_dma()

    def deregister_dma(self) -> None:
        """`NdisMDeregisterScatterGatherDma`."""
        if self.dma_handle:
            self.session.deregister_scatter_gather_dma(self.dma_handle)
            self.dma_handle = 0

    def remove(self) -> None:
        """REMOVE_ADAPTER: the adapter is paused and halted."""
        self.session.remove_adapter(self.handle)


def _succeed(_: object) -> None:
    """A handler with nothing to do."""


@dataclass
class MiniportHandlers:
    """A miniport driver's handlers. Each may answer a status; None means success."""

    set_options: Callable[["MiniportDriver"], int | None] | None = None
    initialize: Callable[[MiniportAdapter], int | None] = MiniportAdapter.prepare
    halt: Callable[[MiniportAdapter], int | None] = MiniportAdapter.deregister_dma
    pause: Callable[[MiniportAdapter], int | None] = _succeed
    restart: Callable[[MiniportAdapter], int | None] = _succeed


class MiniportDriver(NdisObject):
    """`NdisMRegisterMiniportDriver` and what follows."""

    def __init__(
        self,
        session: "Session",
        name: str,
        handlers: MiniportHandlers | None = None,
        version: tuple[int, int] = (6, 30),
    ) -> None:
        super().__init__(session)
        self.handlers = handlers or MiniportHandlers()
        self.adapters: dict[int, MiniportAdapter] = {}
        unused = session.cookie(_succeed)
        characteristics = MiniportDriverCharacteristics(
            major_ndis_version=version[0],
            minor_ndis_version=version[1],
            initialize_handler_ex=session.cookie(self._initialize),
            halt_handler_ex=session.cookie(self._adapter_handler("halt")),
            pause_handler=session.cookie(self._adapter_handler("pause")),
            restart_handler=session.cookie(self._adapter_handler("restart")),
            unload_handler=unused,
            oid_request_handler=unused,
            send_net_buffer_lists_handler=unused,
            return_net_buffer_lists_handler=unused,
            cancel_send_handler=unused,
            check_for_hang_handler_ex=unused,
            reset_handler_ex=unused,
            device_pnp_event_notify_handler=unused,
            shutdown_handler_ex=unused,
            cancel_oid_request_handler=unused,
        )
        if self.handlers.set_options:
            characteristics.set_options_handler = session.cookie(self._set_options)
        self.handle = session.register_miniport_driver(name, characteristics)

    def add_adapter(self, name: str) -> MiniportAdapter:
        """ADD_ADAPTER: NDIS initializes and starts an adapter."""
        return self.adapters[self.session.add_adapter(self.handle, name)]

    def deregister(self) -> None:
        """`NdisMDeregisterMiniportDriver`."""
        self.session.deregister_miniport_driver(self.handle)

    def _set_options(self, upcall: UpcallSetOptions) -> int | None:
        self.handle = upcall.driver_handle
        assert self.handlers.set_options
        return self.handlers.set_options(self)

    def _initialize(self, upcall: UpcallInitialize) -> int | None:
        adapter = MiniportAdapter(self, upcall.adapter_handle, upcall.name)
        self.adapters[upcall.adapter_handle] = adapter
        return self.handlers.initialize(adapter)

    def _adapter_handler(self, name: str) -> Callable[[UpcallAdapter], int | None]:
        def run(upcall: UpcallAdapter) -> int | None:
            return getattr(self.handlers, name)(self.adapters[upcall.adapter_handle])

        return run


class Binding(NdisObject):
    """A protocol driver's binding to an adapter."""

    def __init__(self, driver: "ProtocolDriver", bind_context: int, adapter_name: str) -> None:
        super().__init__(driver.session)
        self.driver = driver
        self.bind_context = bind_context
        self.adapter_name = adapter_name

    def open(self) -> None:
        """`NdisOpenAdapterEx`."""
        self.handle = self.session.open_adapter_ex(self.driver.handle, self.bind_context)
        self.driver.bindings[self.handle] = self

    def close(self) -> None:
        """`NdisCloseAdapterEx`."""
        self.session.close_adapter_ex(self.handle)

    def unbind(self) -> None:
        """UNBIND_ADAPTER."""
        self.session.unbind_adapter(self.handle)


@dataclass
class ProtocolHandlers:
    """A protocol driver's handlers. Each may answer a status; None means success."""

    set_options: Callable[["ProtocolDriver"], int | None] | None = None
    bind: Callable[[Binding], int | None] = Binding.open
    unbind: Callable[[Binding], int | None] = Binding.close


class ProtocolDriver(NdisObject):
    """`NdisRegisterProtocolDriver` and what follows."""

    def __init__(
        self,
        session: "Session",
        name: str,
        handlers: ProtocolHandlers | None = None,
        version: tuple[int, int] = (6, 30),
    ) -> None:
        super().__init__(session)
        self.handlers = handlers or ProtocolHandlers()
        self.bindings: dict[int, Binding] = {}
        unused = session.cookie(_succeed)
        characteristics = ProtocolDriverCharacteristics(
            major_ndis_version=version[0],
            minor_ndis_version=version[1],
            bind_adapter_handler_ex=session.cookie(self._bind),
            unbind_adapter_handler_ex=session.cookie(self._unbind),
            open_adapter_complete_handler_ex=unused,
            close_adapter_complete_handler_ex=unused,
            net_pnp_event_handler=unused,
            oid_request_complete_handler=unused,
            status_handler_ex=unused,
            receive_net_buffer_lists_handler=unused,
            send_net_buffer_lists_complete_handler=unused,
        )
        if self.handlers.set_options:
            characteristics.set_options_handler = session.cookie(self._set_options)
        self.handle = session.register_protocol_driver(name, characteristics)

    def bind_adapter(self, adapter_name: str) -> Binding:
        """BIND_ADAPTER: NDIS calls the bind handler for the adapter of this name."""
        return self.bindings[self.session.bind_adapter(self.handle, adapter_name)]

    def deregister(self) -> None:
        """`NdisDeregisterProtocolDriver`."""
        self.session.deregister_protocol_driver(self.handle)

    def _set_options(self, upcall: UpcallSetOptions) -> int | None:
        self.handle = upcall.driver_handle
        assert self.handlers.set_options
        return self.handlers.set_options(self)

    def _bind(self, upcall: UpcallBind) -> int | None:
        return self.handlers.bind(Binding(self, upcall.bind_context, upcall.adapter_name))

    def _unbind(self, upcall: UpcallUnbind) -> int | None:
        return self.handlers.unbind(self.bindings[upcall.binding_handle])
