"""A miniport driver and its adapters. The handlers are callables; those left out do what the smallest
correct driver does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .abi import SG_DMA_64_BIT_ADDRESS, MiniportAttributes, ReceiveFlags, Status
from .attributes import MiniportAdapterGeneralAttributes
from .drivers import NdisObject, succeed
from .images import (
    DmaDescription,
    MiniportAdapterRegistrationAttributes,
    MiniportDriverCharacteristics,
    SgDmaDescription,
    StatusIndicationImage,
)
from .memory import MiniportBlock
from .messages import Extent
from .oids import OidAnswer, OidRequest, UpcallCancelOidRequest, UpcallOidRequest
from .receive import NetBufferList, UpcallReturn
from .upcalls import (
    UpcallAdapter,
    UpcallInitialize,
    UpcallSetOptions,
    UpcallSharedMemoryAllocateComplete,
)

if TYPE_CHECKING:
    from .session import Session


class MiniportAdapter(NdisObject):
    """An adapter of a miniport driver; `dma_handle` is NdisMiniportDmaHandle."""

    def __init__(self, driver: "MiniportDriver", handle: int, name: str) -> None:
        super().__init__(driver.session, handle)
        self.driver = driver
        self.name = name
        self.dma_handle = 0
        self.channel_handle = 0

    def set_attributes(self, is_bus_master: bool = True) -> None:
        """`NdisMSetMiniportAttributes` for a hardware device, bus-mastering by default."""
        attributes = MiniportAdapterRegistrationAttributes(miniport_adapter_context=self.handle)
        if not is_bus_master:
            attributes.attribute_flags &= ~MiniportAttributes.BUS_MASTER
        self.session.set_miniport_attributes(self.handle, attributes)

    def set_general_attributes(
        self,
        attributes: MiniportAdapterGeneralAttributes | None = None,
        supported_oids: Sequence[int] = (),
    ) -> None:
        """`NdisMSetMiniportAttributes` with general attributes, by default those of an Ethernet adapter;
        NDIS answers the queries of OID_GEN_* from them."""
        self.session.set_general_attributes(self.handle, attributes, supported_oids)

    def register_dma(self, has_64_bit_addresses: bool = True) -> None:
        """`NdisMRegisterScatterGatherDma`; without NDIS_SG_DMA_64_BIT_ADDRESS the adapter's physical
        addresses are below 4 GiB."""
        description = SgDmaDescription(
            flags=SG_DMA_64_BIT_ADDRESS if has_64_bit_addresses else 0,
            process_sg_list_handler=self.session.cookie(succeed),
            shared_mem_allocate_complete_handler=self.driver.allocate_complete_cookie,
        )
        reply = self.session.register_scatter_gather_dma(self.handle, description)
        self.dma_handle = reply.dma_handle

    def register_dma_channel(
        self, description: DmaDescription | None = None, dma_32bit_addresses: bool = True,
    ) -> None:
        """`NdisMRegisterDmaChannel`, of a device that is no bus master."""
        self.channel_handle = self.session.register_dma_channel(
            self.handle, description or DmaDescription(), dma_32bit_addresses)

    def deregister_dma_channel(self) -> None:
        """`NdisMDeregisterDmaChannel`."""
        if self.channel_handle:
            self.session.deregister_dma_channel(self.channel_handle)
            self.channel_handle = 0

    def prepare(self) -> None:
        """The steps of an initialize handler before it allocates: attributes, then DMA."""
        self.set_attributes()
        self.register_dma()

    def deregister_dma(self) -> None:
        """`NdisMDeregisterScatterGatherDma`."""
        if self.dma_handle:
            self.session.deregister_scatter_gather_dma(self.dma_handle)
            self.dma_handle = 0

    def m_allocate(
        self, length: int, cached: bool = False, tag: int = 0, site: str | None = None
    ) -> MiniportBlock:
        """`NdisMAllocateSharedMemory`, in the initialize handler behind `register_dma`."""
        return self.session.m_allocate_shared_memory(self.handle, length, cached, tag, site)

    def m_allocate_async(
        self, length: int, cached: bool = False, context: int = 0, tag: int = 0,
        site: str | None = None,
    ) -> None:
        """`NdisMAllocateSharedMemoryAsyncEx`: the handler `allocate_complete` gets the memory."""
        self.session.m_allocate_shared_memory_async_ex(
            self.dma_handle, length, cached, context, tag, site
        )

    def complete_oid_request(self, oid: int, answer: OidAnswer) -> None:
        """`NdisMOidRequestComplete`, after the handler answered PENDING."""
        self.session.miniport_oid_request_complete(self.handle, oid, answer)

    def indicate_status(
        self, status: int, buffer: bytes = b"", destination: int = 0, request_id: int = 0
    ) -> None:
        """`NdisMIndicateStatusEx`."""
        indication = StatusIndicationImage(
            source_handle=self.handle, status_code=status, destination_handle=destination,
            request_id=request_id, status_buffer_size=len(buffer),
        )
        self.session.indicate_status_ex(self.handle, indication, buffer)

    def indicate_receive(
        self, lists: list[NetBufferList], flags: int = ReceiveFlags.SHARED_MEMORY_INFO_VALID
    ) -> None:
        """`NdisMIndicateReceiveNetBufferLists`."""
        self.session.indicate_receive(self.handle, lists, flags)

    def change(self, change: int, argument: int = 0) -> None:
        """CHANGE_ADAPTER."""
        self.session.change_adapter(self.handle, change, argument)

    def remove(self) -> None:
        """REMOVE_ADAPTER: the adapter is paused and halted."""
        self.session.remove_adapter(self.handle)


def _not_supported(*_: object) -> int:
    """The answer to an unknown OID."""
    return Status.NOT_SUPPORTED


@dataclass
class MiniportHandlers:
    """A miniport driver's handlers. Each may return a status; None means success. `oid_request`
    gets the adapter, the request and its handle, and returns an OidAnswer or a status;
    `cancel_oid_request` gets adapter, handle and RequestId; `returned` the numbers of its lists;
    `pnp_event` and `shutdown` the event or action; `allocate_complete`
    (SharedMemAllocateCompleteHandler) the memory or None, its length and the context."""

    set_options: Callable[["MiniportDriver"], int | None] | None = None
    initialize: Callable[[MiniportAdapter], int | None] = MiniportAdapter.prepare
    halt: Callable[[MiniportAdapter], int | None] = MiniportAdapter.deregister_dma
    pause: Callable[[MiniportAdapter], int | None] = succeed
    restart: Callable[[MiniportAdapter], int | None] = succeed
    oid_request: Callable[[MiniportAdapter, OidRequest, int], OidAnswer | int] = _not_supported
    cancel_oid_request: Callable[[MiniportAdapter, int, int], None] = succeed
    returned: Callable[[MiniportAdapter, list[int], int], None] = succeed
    pnp_event: Callable[[MiniportAdapter, int], None] = succeed
    shutdown: Callable[[MiniportAdapter, int], None] = succeed
    allocate_complete: Callable[[MiniportAdapter, MiniportBlock | None, int, int], None] | None = None


class MiniportDriver(NdisObject):
    """A driver registered with `NdisMRegisterMiniportDriver`."""

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
        unused = session.cookie(succeed)
        characteristics = MiniportDriverCharacteristics(
            major_ndis_version=version[0],
            minor_ndis_version=version[1],
            initialize_handler_ex=session.cookie(self._initialize),
            halt_handler_ex=session.cookie(self._adapter_handler("halt")),
            pause_handler=session.cookie(self._adapter_handler("pause")),
            restart_handler=session.cookie(self._adapter_handler("restart")),
            unload_handler=unused,
            oid_request_handler=session.cookie(self._oid_request),
            send_net_buffer_lists_handler=unused,
            return_net_buffer_lists_handler=session.cookie(self._returned),
            cancel_send_handler=unused,
            check_for_hang_handler_ex=unused,
            reset_handler_ex=unused,
            device_pnp_event_notify_handler=session.cookie(self._event_handler("pnp_event")),
            shutdown_handler_ex=session.cookie(self._event_handler("shutdown")),
            cancel_oid_request_handler=session.cookie(self._cancel_oid_request),
        )
        if self.handlers.set_options:
            characteristics.set_options_handler = session.cookie(self._set_options)
        # Of SharedMemAllocateCompleteHandler, which is registered with DMA.
        self.allocate_complete_cookie = (
            session.cookie(self._allocate_complete) if self.handlers.allocate_complete else 0
        )
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

    def _event_handler(self, name: str) -> Callable[[UpcallAdapter], None]:
        def run(upcall: UpcallAdapter) -> None:
            getattr(self.handlers, name)(self.adapters[upcall.adapter_handle], upcall.action)

        return run

    def _oid_request(self, upcall: UpcallOidRequest) -> OidAnswer | int:
        adapter = self.adapters[upcall.adapter_handle]
        return self.handlers.oid_request(adapter, upcall.request, upcall.oid_handle)

    def _cancel_oid_request(self, upcall: UpcallCancelOidRequest) -> None:
        adapter = self.adapters[upcall.adapter_handle]
        self.handlers.cancel_oid_request(adapter, upcall.oid_handle, upcall.request_id)

    def _returned(self, upcall: UpcallReturn) -> None:
        self.handlers.returned(self.adapters[upcall.adapter_handle], upcall.numbers, upcall.flags)

    def _allocate_complete(self, upcall: UpcallSharedMemoryAllocateComplete) -> None:
        block = None
        if upcall.allocation_handle:
            extent = Extent(upcall.offset, upcall.length_in_bytes)
            block = self.session.m_block(
                upcall.adapter_handle, upcall.allocation_handle, upcall.section,
                upcall.physical_base, extent, bool(upcall.cached),
            )
        assert self.handlers.allocate_complete
        adapter = self.adapters[upcall.adapter_handle]
        self.handlers.allocate_complete(adapter, block, upcall.length_in_bytes, upcall.context)
