"""The routines of NDIS, one method each, with plain handles: the basis of `drivers.py`.
Every method raises NdisError when the status is not NDIS_STATUS_SUCCESS."""

import os
import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .abi import (
    LIST_INFORMATION_8021Q,
    SG_ELEMENT_SIZE,
    SG_LIST_HEADER_SIZE,
    Message,
    ReceiveFlags,
    Status,
)
from .attributes import (
    BindParameters,
    HardwareAssistAttributes,
    MiniportAdapterGeneralAttributes,
    NicSwitchCapabilities,
    ReceiveFilterCapabilities,
)
from .callsite import call_site
from .errors import NdisError
from .images import (
    DmaDescription,
    FilterDriverCharacteristics,
    Image,
    MiniportDriverCharacteristics,
    ProtocolDriverCharacteristics,
    SgDmaDescription,
    SharedMemoryParameters,
    StatusIndicationImage,
)
from .memory import Block, MiniportBlock, Places, Section, pages
from .messages import (
    Allocate,
    AllocateReply,
    BindParametersReply,
    ChangeAdapter,
    Completion,
    Extent,
    Free,
    GeneralAttributes,
    HandleBody,
    HardwareAssist,
    HardwareCapabilities,
    MAllocate,
    MFree,
    Named,
    OfferReply,
    OfferSection,
    OpenAdapter,
    RegisterDmaChannel,
    RegisterDmaReply,
    RegisterDriver,
    failure_of,
)
from .oids import (
    CancelOidRequest,
    MiniportOidRequestComplete,
    OidAnswer,
    OidRequest,
    OidRequestBody,
)
from .receive import IndicateReceive, NetBufferList, ReturnLists, pack_lists

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .session import Reply


class Routines:
    """Mixed into `Session`."""

    sections: dict[int, Section]
    guards_freed_memory: bool
    places: Places

    if TYPE_CHECKING:

        def call(
            self, type: int, body: bytes = b"", fds: Iterable[int] = (), irql: int | None = None
        ) -> Reply: ...

        def send(
            self, type: int, body: bytes = b"", fds: Iterable[int] = (), irql: int | None = None
        ) -> int: ...

        def wait(self, request: int, timeout: float | None = None) -> Reply: ...

        def forget(self, request: int) -> None: ...

    def _handle(self, type: int, body: bytes) -> int:
        return HandleBody.unpack(self.call(type, body).body).handle

    def _end(self, type: int, handle: int) -> None:
        self.call(type, HandleBody(handle).pack())

    # Drivers

    def register_miniport_driver(
        self, name: str, characteristics: MiniportDriverCharacteristics, context: int = 0
    ) -> int:
        """`NdisMRegisterMiniportDriver`: returns NdisDriverHandle."""
        body = RegisterDriver(context, name).pack() + characteristics.pack()
        return self._handle(Message.REGISTER_MINIPORT_DRIVER, body)

    def deregister_miniport_driver(self, handle: int) -> None:
        """`NdisMDeregisterMiniportDriver`."""
        self._end(Message.DEREGISTER_MINIPORT_DRIVER, handle)

    def register_protocol_driver(
        self, name: str, characteristics: ProtocolDriverCharacteristics, context: int = 0
    ) -> int:
        """`NdisRegisterProtocolDriver`: returns NdisProtocolHandle."""
        body = RegisterDriver(context, name).pack() + characteristics.pack()
        return self._handle(Message.REGISTER_PROTOCOL_DRIVER, body)

    def deregister_protocol_driver(self, handle: int) -> None:
        """`NdisDeregisterProtocolDriver`."""
        self._end(Message.DEREGISTER_PROTOCOL_DRIVER, handle)

    def register_filter_driver(
        self, name: str, characteristics: FilterDriverCharacteristics, context: int = 0
    ) -> int:
        """`NdisFRegisterFilterDriver`: returns NdisFilterDriverHandle."""
        body = RegisterDriver(context, name).pack() + characteristics.pack()
        return self._handle(Message.REGISTER_FILTER_DRIVER, body)

    def deregister_filter_driver(self, handle: int) -> None:
        """`NdisFDeregisterFilterDriver`."""
        self._end(Message.DEREGISTER_FILTER_DRIVER, handle)

    # Adapters, bindings, filter modules

    def add_adapter(self, driver: int, name: str) -> int:
        """ADD_ADAPTER (extension; acts as the PnP manager): returns NdisMiniportHandle."""
        return self._handle(Message.ADD_ADAPTER, Named(driver, name).pack())

    def remove_adapter(self, handle: int) -> None:
        """REMOVE_ADAPTER (extension)."""
        self._end(Message.REMOVE_ADAPTER, handle)

    def set_miniport_attributes(self, adapter: int, attributes: Image) -> None:
        """`NdisMSetMiniportAttributes`, in the initialize handler: registration attributes first,
        general attributes next (`set_general_attributes` for those with a list of OIDs)."""
        if isinstance(attributes, MiniportAdapterGeneralAttributes):
            return self.set_general_attributes(adapter, attributes)
        body = HandleBody(adapter).pack() + attributes.pack()
        self.call(Message.SET_MINIPORT_ATTRIBUTES, body)

    def register_scatter_gather_dma(
        self, adapter: int, description: SgDmaDescription
    ) -> RegisterDmaReply:
        """`NdisMRegisterScatterGatherDma`, in the initialize handler."""
        body = HandleBody(adapter).pack() + description.pack()
        reply = self.call(Message.REGISTER_SCATTER_GATHER_DMA, body)
        return RegisterDmaReply.unpack(reply.body)

    def deregister_scatter_gather_dma(self, dma_handle: int) -> None:
        """`NdisMDeregisterScatterGatherDma`."""
        self._end(Message.DEREGISTER_SCATTER_GATHER_DMA, dma_handle)

    def register_dma_channel(
        self, adapter: int, description: DmaDescription, dma_32bit_addresses: bool = True,
        maximum_length: int = 0xFFFFFFFF,
    ) -> int:
        """`NdisMRegisterDmaChannel`, in the initialize handler: returns MiniportDmaHandle."""
        body = RegisterDmaChannel(adapter, int(dma_32bit_addresses), maximum_length).pack()
        return self._handle(Message.REGISTER_DMA_CHANNEL, body + description.pack())

    def deregister_dma_channel(self, dma_handle: int) -> None:
        """`NdisMDeregisterDmaChannel`, in the initialize or the halt handler."""
        self._end(Message.DEREGISTER_DMA_CHANNEL, dma_handle)

    def bind_adapter(self, protocol: int, adapter_name: str) -> int:
        """BIND_ADAPTER (extension; acts as the PnP manager): returns NdisBindingHandle."""
        return self._handle(Message.BIND_ADAPTER, Named(protocol, adapter_name).pack())

    def unbind_adapter(self, binding: int) -> None:
        """UNBIND_ADAPTER (extension)."""
        self._end(Message.UNBIND_ADAPTER, binding)

    def open_adapter_ex(self, protocol: int, bind_context: int, binding_context: int = 0) -> int:
        """`NdisOpenAdapterEx`, in the bind handler: returns NdisBindingHandle."""
        body = OpenAdapter(protocol, bind_context, binding_context).pack()
        return self._handle(Message.OPEN_ADAPTER_EX, body)

    def close_adapter_ex(self, binding: int) -> None:
        """`NdisCloseAdapterEx`, in the unbind handler."""
        self._end(Message.CLOSE_ADAPTER_EX, binding)

    def attach_filter(self, filter_driver: int, adapter_name: str) -> int:
        """ATTACH_FILTER (extension): returns NdisFilterHandle."""
        return self._handle(Message.ATTACH_FILTER, Named(filter_driver, adapter_name).pack())

    def detach_filter(self, module: int) -> None:
        """DETACH_FILTER (extension)."""
        self._end(Message.DETACH_FILTER, module)

    # Adapter life cycle

    def set_general_attributes(
        self,
        adapter: int,
        attributes: MiniportAdapterGeneralAttributes | None = None,
        supported_oids: Sequence[int] = (),
    ) -> None:
        """`NdisMSetMiniportAttributes` with general attributes, in the initialize handler directly behind
        the registration attributes. NDIS answers OID_GEN_SUPPORTED_LIST with `supported_oids`, of which
        there may be 512. A daemon that is older than this call does without them."""
        oids = struct.pack(f"<{len(supported_oids)}I", *supported_oids)
        image = replace(
            attributes or MiniportAdapterGeneralAttributes(), supported_oid_list_length=len(oids)
        ).pack()
        body = GeneralAttributes(adapter, len(image), len(oids)).pack()
        self._is_known(Message.SET_GENERAL_ATTRIBUTES, body + image + oids)

    def _is_known(self, message: Message, body: bytes) -> bool:
        """Makes a call that an older daemon may not have; False if it does not."""
        try:
            self.call(message, body)
        except NdisError as error:
            if error.rule != "unknownMessage":
                raise
            return False
        return True

    def set_hardware_capabilities(
        self,
        adapter: int,
        hardware: tuple[Image | None, Image | None] = (None, None),
        current: tuple[Image | None, Image | None] = (None, None),
        attributes: HardwareAssistAttributes | None = None,
    ) -> None:
        """`NdisMSetMiniportAttributes` with hardware-assist attributes, in the initialize handler: the
        receive filter and NIC switch capabilities of the hardware, and those currently enabled. A daemon
        that is older than this call gets those currently enabled."""
        image = (attributes or HardwareAssistAttributes()).pack()
        images = [
            one.pack() if one else b"" for pair in zip(hardware, current, strict=True) for one in pair
        ]
        body = HardwareCapabilities(adapter, len(image), *(len(one) for one in images)).pack()
        if not self._is_known(Message.SET_HARDWARE_CAPABILITIES, body + image + b"".join(images)):
            self.set_hardware_assist_attributes(adapter, *current)

    def set_hardware_assist_attributes(
        self, adapter: int, receive_filter: Image | None = None, nic_switch: Image | None = None
    ) -> None:
        """`NdisMSetMiniportAttributes` with hardware-assist attributes, in the initialize handler, of an
        adapter of which everything is enabled."""
        images = [image.pack() if image else b"" for image in (receive_filter, nic_switch)]
        body = HardwareAssist(adapter, len(images[0]), len(images[1])).pack()
        self.call(Message.SET_HARDWARE_ASSIST_ATTRIBUTES, body + b"".join(images))

    def pause_complete(self, adapter: int) -> None:
        """`NdisMPauseComplete`."""
        self._end(Message.PAUSE_COMPLETE, adapter)

    def restart_complete(self, adapter: int, status: int = 0) -> None:
        """`NdisMRestartComplete`."""
        self.call(Message.RESTART_COMPLETE, Completion(adapter, status).pack())

    def get_bind_parameters(
        self, handle: int
    ) -> tuple[BindParameters, ReceiveFilterCapabilities | None, NicSwitchCapabilities | None]:
        """GET_BIND_PARAMETERS (extension): the BindParameters of ProtocolBindAdapterEx, for the BindContext
        in the bind handler or for a binding: the structure, and the current receive filter and NIC
        switch capabilities."""
        body = self.call(Message.GET_BIND_PARAMETERS, HandleBody(handle).pack()).body
        reply, at = BindParametersReply.unpack(body), BindParametersReply.size()
        parts = []
        for length in (reply.image_length, reply.receive_filter_length, reply.nic_switch_length):
            parts.append(body[at : at + length])
            at += length
        return (
            BindParameters.from_image(parts[0]),
            ReceiveFilterCapabilities.from_image(parts[1]) if parts[1] else None,
            NicSwitchCapabilities.from_image(parts[2]) if parts[2] else None,
        )

    def complete_bind_adapter_ex(self, bind_context: int, status: int = 0) -> None:
        """`NdisCompleteBindAdapterEx`."""
        self.call(Message.COMPLETE_BIND_ADAPTER_EX, Completion(bind_context, status).pack())

    def complete_unbind_adapter_ex(self, binding: int, status: int = 0) -> None:
        """`NdisCompleteUnbindAdapterEx`."""
        self.call(Message.COMPLETE_UNBIND_ADAPTER_EX, Completion(binding, status).pack())

    def complete_net_pnp_event(self, binding: int, status: int = 0) -> None:
        """`NdisCompleteNetPnPEvent`."""
        self.call(Message.COMPLETE_NET_PNP_EVENT, Completion(binding, status).pack())

    def change_adapter(self, adapter: int, change: int, argument: int = 0) -> None:
        """CHANGE_ADAPTER (extension): changes made by PnP, power management or a filter."""
        self.call(Message.CHANGE_ADAPTER, ChangeAdapter(adapter, change, argument).pack())

    def indicate_status_ex(
        self, adapter: int, indication: StatusIndicationImage, buffer: bytes = b""
    ) -> None:
        """`NdisMIndicateStatusEx`; `indication` has the buffer's size."""
        body = HandleBody(adapter).pack() + indication.pack() + buffer
        self.call(Message.INDICATE_STATUS_EX, body)

    # OID requests

    def oid_request(self, binding: int, request: OidRequest, context: int = 0) -> int:
        """`NdisOidRequest`: returns the request's handle; the completion is passed to the handler."""
        body = OidRequestBody(binding, context).pack() + request.pack()
        reply = self.wait(self.send(Message.OID_REQUEST, body))
        if reply.header.status != Status.PENDING:
            raise failure_of(reply.header.status, reply.body)
        return HandleBody.unpack(reply.body).handle

    def cancel_oid_request(self, binding: int, request_id: int) -> None:
        """`NdisCancelOidRequest`."""
        self.call(Message.CANCEL_OID_REQUEST, CancelOidRequest(binding, request_id).pack())

    def miniport_oid_request_complete(self, adapter: int, oid: int, answer: OidAnswer) -> None:
        """`NdisMOidRequestComplete`."""
        head = MiniportOidRequestComplete(adapter, oid, answer.status)
        self.call(Message.MINIPORT_OID_REQUEST_COMPLETE, head.pack() + answer.pack())

    # Receiving

    def indicate_receive(
        self, adapter: int, lists: list[NetBufferList],
        flags: int = ReceiveFlags.SHARED_MEMORY_INFO_VALID, port_number: int = 0,
    ) -> None:
        """`NdisMIndicateReceiveNetBufferLists`."""
        information = LIST_INFORMATION_8021Q if any(one.ieee_8021q for one in lists) else 0
        head = IndicateReceive(adapter, port_number, flags, len(lists), information)
        self.call(Message.INDICATE_RECEIVE, head.pack() + pack_lists(lists, information))

    def return_net_buffer_lists(self, binding: int, handles: list[int], flags: int = 0) -> None:
        """`NdisReturnNetBufferLists`."""
        head = ReturnLists(binding, flags, len(handles))
        body = head.pack() + b"".join(HandleBody(handle).pack() for handle in handles)
        self.call(Message.RETURN_NET_BUFFER_LISTS, body)

    def give_back_net_buffer_lists(self, binding: int, handles: list[int]) -> None:
        """The same, without waiting for the reply."""
        head = ReturnLists(binding, 0, len(handles))
        body = head.pack() + b"".join(HandleBody(handle).pack() for handle in handles)
        self.forget(self.send(Message.RETURN_NET_BUFFER_LISTS, body))

    # Shared memory

    def set_optional_handlers(self, handle: int, characteristics: Image) -> None:
        """`NdisSetOptionalHandlers`."""
        body = HandleBody(handle).pack() + characteristics.pack()
        self.call(Message.SET_OPTIONAL_HANDLERS, body)

    def allocate_shared_memory(
        self, handle: int, parameters: SharedMemoryParameters, tag: int = 0, site: str | None = None
    ) -> Block:
        """`NdisAllocateSharedMemory`. `site` says where the driver allocates; by default the line of
        the caller outside this package."""
        label = call_site() if site is None else site
        body = Allocate(handle, tag, label).pack() + parameters.pack()
        reply = self.call(Message.ALLOCATE_SHARED_MEMORY, body)
        head = AllocateReply.unpack(reply.body)
        position = AllocateReply.size()
        extents = [
            Extent.unpack(reply.body, position + index * Extent.size())
            for index in range(head.extent_count)
        ]
        return Block(
            self,  # type: ignore[arg-type]
            handle,
            head.allocation_handle,
            head.shared_memory_handle,
            self.sections[head.section],
            head.physical_base,
            extents,
            guarded=self.guards_freed_memory,
        )

    def free_shared_memory(self, handle: int, allocation_handle: int) -> None:
        """`NdisFreeSharedMemory`. VOID in NDIS; here a violation raises, with its bug check."""
        self.call(Message.FREE_SHARED_MEMORY, Free(handle, allocation_handle).pack())

    def m_allocate_shared_memory(
        self, adapter: int, length: int, cached: bool = False, tag: int = 0, site: str | None = None
    ) -> MiniportBlock:
        """`NdisMAllocateSharedMemory`, in the initialize handler behind `register_scatter_gather_dma`. VOID in
        NDIS, which returns a NULL address; here a failure raises."""
        label = call_site() if site is None else site
        body = MAllocate(adapter, 0, length, cached, tag, label).pack()
        reply = self.call(Message.M_ALLOCATE_SHARED_MEMORY, body)
        head = AllocateReply.unpack(reply.body)
        extent = Extent.unpack(reply.body, AllocateReply.size())
        return self.m_block(
            adapter, head.allocation_handle, head.section, head.physical_base, extent, cached
        )

    def m_block(
        self, adapter: int, allocation: int, section: int, physical_base: int, extent: Extent,
        cached: bool,
    ) -> MiniportBlock:
        """A block that NDIS has allocated."""
        block = MiniportBlock(
            self,  # type: ignore[arg-type]
            adapter, allocation, 0, self.sections[section], physical_base, [extent],
            guarded=self.guards_freed_memory, cached=cached,
        )
        self.places.add(block)
        return block

    def m_allocate_shared_memory_async_ex(
        self, dma_handle: int, length: int, cached: bool = False, context: int = 0, tag: int = 0,
        site: str | None = None,
    ) -> None:
        """`NdisMAllocateSharedMemoryAsyncEx`: PENDING, after which SharedMemAllocateCompleteHandler gets the
        memory and `context`; anything else raises."""
        label = call_site() if site is None else site
        body = MAllocate(dma_handle, context, length, cached, tag, label).pack()
        reply = self.wait(self.send(Message.M_ALLOCATE_SHARED_MEMORY_ASYNC_EX, body))
        if reply.header.status != Status.PENDING:
            raise failure_of(reply.header.status, reply.body)

    def m_free_shared_memory(
        self, adapter: int, length: int, cached: bool, virtual_address: int, physical_address: int
    ) -> None:
        """`NdisMFreeSharedMemory`. VOID in NDIS; here a violation raises, with its bug check."""
        allocation, offset = self.places.find(virtual_address)
        body = MFree(
            adapter, allocation, virtual_address, offset, physical_address, length, cached
        ).pack()
        self.call(Message.M_FREE_SHARED_MEMORY, body)
        self.places.free(virtual_address)

    def offer_section(
        self, provider: int, domain: int, fd: int, size: int, node: int = 0
    ) -> OfferReply:
        """OFFER_SECTION (extension): the descriptor stays the caller's."""
        body = OfferSection(provider, domain, size, node).pack()
        reply = OfferReply.unpack(self.call(Message.OFFER_SECTION, body, [fd]).body)
        # A session is not sent the descriptor of a section it offered itself.
        self.sections[reply.section] = Section(reply.section, os.dup(fd), size)
        return reply

    def withdraw_section(self, section: int) -> None:
        """WITHDRAW_SECTION (extension)."""
        self._end(Message.WITHDRAW_SECTION, section)


def sg_list_buffer_length(length: int, contiguous: bool = False) -> int:
    """The size of a scatter-gather buffer: the list's head and an element for each page."""
    elements = 1 if contiguous else max(1, pages(length))
    return min(SG_LIST_HEADER_SIZE + elements * SG_ELEMENT_SIZE, 0xFFFFFFFF)
