"""NetKVM, the miniport of virtio-net devices, as virtio-win/kvm-guest-drivers-windows has it (commit fbcc19d7 of July
2026): its calls of NDIS from DriverEntry to unload, with their values and in their order.

Registration attributes, then general attributes, then scatter-gather DMA, and behind that all shared memory with
NdisMAllocateSharedMemory, each piece cached: of the control queue, of each receive queue and its buffers, of each
transmit queue, its spare pages and its descriptors. Offload attributes come last. MiniportHaltEx frees the receive
buffers, deregisters DMA, and frees the queues' memory behind that, which no page forbids.

Left out: interrupts, configuration, statistics beyond a counter, offloads in detail, RSS, poll mode, the IOCTL device,
sending, and the bindings of its protocol driver, which are to virtual functions. Of 256 receive buffers and 1,024
transmit descriptors 16 and 8 are made. MiniportAddDevice and the other handlers of NDIS_MINIPORT_PNP_CHARACTERISTICS
are registered, and NDIS calls none of them."""

import struct
from dataclasses import dataclass
from typing import Any, ClassVar

from ndissim import (
    MiniportAdapter,
    MiniportAdapterGeneralAttributes,
    MiniportAdapterRegistrationAttributes,
    MiniportAttributes,
    MiniportBlock,
    MiniportDriverCharacteristics,
    NetBuffer,
    NetBufferList,
    ProtocolDriver,
    ReceiveFlags,
    Session,
    SgDmaDescription,
    Status,
    StatusIndicationImage,
)
from ndissim.images import Image
from shipped import ADDRESS
from shipped_netkvm_oids import (
    CONNECTED,
    DISCONNECTED,
    FRAME,
    MTU,
    PACKET_FILTERS,
    RECEIVE_BUFFERS,
    SUPPORTED_OIDS,
    TRANSMIT_DESCRIPTORS,
    UNKNOWN,
    NetKvmOids,
)

PAGE = 4096
# The header of a receive buffer, its indirect area and the frame, rounded up to a power of two.
RECEIVE_BUFFER = 2048
# Bytes of a virtio ring of 256 entries.
RING = 10246
SPARE_PAGES = 17
# NdisDevicePnPEventSurpriseRemoved.
SURPRISE_REMOVED = 2
SPEED_UNKNOWN = 0xFFFFFFFFFFFFFFFF


@dataclass
class OffloadAttributes(Image):
    """`NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES`; its pointers are zero on the wire."""

    header_type: int = 0xA0
    revision: int = 1
    header_size: int = 40
    LAYOUT = struct.Struct("<BBH36x")


@dataclass
class PnpCharacteristics(Image):
    """`NDIS_MINIPORT_PNP_CHARACTERISTICS`."""

    header_type: int = 0x92
    revision: int = 1
    header_size: int = 40
    add_device_handler: int = 0
    remove_device_handler: int = 0
    filter_resource_requirements_handler: int = 0
    start_device_handler: int = 0
    LAYOUT = struct.Struct("<BBH4xQQQQ")


class NetKvm(NetKvmOids):
    """The driver; it has one adapter, with one pair of queues and a control queue. With `fast_init`, as its INF file
    has it, a thread of the driver allocates more receive buffers once MiniportInitializeEx has returned. One that `fails`
finds in MiniportInitializeEx that its device does not work, when it has all its memory."""

    HANDLERS: ClassVar[dict[str, str]] = {
        "set_options_handler": "set_options",
        "initialize_handler_ex": "initialize_ex",
        "halt_handler_ex": "halt",
        "unload_handler": "never",
        "pause_handler": "pause",
        "restart_handler": "restart",
        "oid_request_handler": "oid_request",
        "cancel_oid_request_handler": "nothing",
        "send_net_buffer_lists_handler": "never",
        "cancel_send_handler": "never",
        "return_net_buffer_lists_handler": "return_net_buffer_lists",
        "check_for_hang_handler_ex": "nothing",
        "reset_handler_ex": "never",
        "shutdown_handler_ex": "shutdown",
        "device_pnp_event_notify_handler": "pnp_event",
        "direct_oid_request_handler": "never",
        "cancel_direct_oid_request_handler": "never",
    }

    def __init__(
        self, session: Session, name: str, version: tuple[int, int], fast_init: bool = False,
        fails: bool = False,
    ) -> None:
        self.fast_init, self.fails = fast_init, fails
        self.control: MiniportBlock | None = None
        self.rings: list[MiniportBlock] = []
        self.receive_buffers: list[MiniportBlock] = []
        self.spare_pages: list[MiniportBlock] = []
        self.descriptors: list[MiniportBlock] = []
        self.link, self.is_up = UNKNOWN, True
        self.dma_handle = 0
        self.runs = False
        self.outstanding: dict[int, MiniportBlock] = {}
        self.packet_filter, self.lookahead = 0, FRAME
        super().__init__(session, name, version)

    # DriverEntry and unload

    def revision(self) -> dict[str, int]:
        newest = self.version >= (6, 80)
        return {"revision": 3 if newest else 2, "header_size": 160 if newest else 152,
                "major_driver_version": 105, "minor_driver_version": 106}

    def driver_entry(self, characteristics: MiniportDriverCharacteristics) -> None:
        super().driver_entry(characteristics)
        # It registers a protocol driver for its virtual functions, from NDIS 6.30.
        self.protocol: ProtocolDriver | None = None
        if self.version >= (6, 30):
            self.protocol = ProtocolDriver(self.session, self.name + "p", version=self.version)

    def set_options(self, upcall: Any) -> int:
        handlers = [self.session.cookie(self.never) for _ in range(4)]
        self.session.set_optional_handlers(
            upcall.driver_handle, PnpCharacteristics(0x92, 1, 40, *handlers))
        return Status.SUCCESS

    # MiniportInitializeEx

    def initialize(self, adapter: MiniportAdapter) -> int:
        flags = (
            MiniportAttributes.SURPRISE_REMOVE_OK | MiniportAttributes.HARDWARE_DEVICE
            | MiniportAttributes.BUS_MASTER | MiniportAttributes.NO_HALT_ON_SUSPEND
        )
        if self.version >= (6, 30):
            flags |= MiniportAttributes.NO_PAUSE_ON_SUSPEND
        self.session.set_miniport_attributes(adapter.handle, MiniportAdapterRegistrationAttributes(
            miniport_adapter_context=0x1000, attribute_flags=flags,
            check_for_hang_time_in_seconds=4, interface_type=5))
        self.link = CONNECTED
        adapter.set_general_attributes(self.general_attributes(), SUPPORTED_OIDS)
        self.register_dma()
        self.create_queues(adapter)
        if self.fails:
            self.clean_up()
            return Status.RESOURCES
        # The device is started. The link is indicated if it changed meanwhile.
        self.synchronize_link()
        self.session.set_miniport_attributes(adapter.handle, OffloadAttributes())
        if self.fast_init:
            self.later.append(self.allocate_more)
        return Status.SUCCESS

    def general_attributes(self) -> MiniportAdapterGeneralAttributes:
        return MiniportAdapterGeneralAttributes(
            physical_medium_type=14, mtu_size=MTU, lookahead_size=FRAME,
            max_xmit_link_speed=10**10, max_rcv_link_speed=10**10,
            xmit_link_speed=10**10, rcv_link_speed=10**10, media_connect_state=self.link,
            media_duplex_state=2, mac_options=0x01 | 0x02 | 0x08 | 0x40 | 0x80,
            supported_packet_filters=PACKET_FILTERS, max_multicast_list_size=32,
            permanent_mac_address=ADDRESS, current_mac_address=ADDRESS,
            access_type=2, direction_type=0, connection_type=1, if_type=6, if_connector_present=1,
            supported_statistics=0x0007FFF5,
        )

    def register_dma(self) -> None:
        # NDIS_SG_DMA_V3_HAL_API from NDIS 6.50.
        flags = 0x1 | (0x2 if self.version >= (6, 50) else 0)
        reply = self.session.register_scatter_gather_dma(self.adapter.handle, SgDmaDescription(
            flags=flags, maximum_physical_mapping=0x10000,
            process_sg_list_handler=self.session.cookie(self.never),
            shared_mem_allocate_complete_handler=self.session.cookie(self.never)))
        self.dma_handle = reply.dma_handle

    def create_queues(self, adapter: MiniportAdapter) -> None:
        self.control = adapter.m_allocate(512, cached=True)
        self.rings.append(adapter.m_allocate(RING, cached=True))
        self.rings.append(adapter.m_allocate(RING, cached=True))
        for _ in range(RECEIVE_BUFFERS):
            self.receive_buffers.append(adapter.m_allocate(RECEIVE_BUFFER, cached=True))
        self.spare_pages += [adapter.m_allocate(PAGE, cached=True) for _ in range(SPARE_PAGES)]
        self.rings.append(adapter.m_allocate(RING, cached=True))
        for _ in range(TRANSMIT_DESCRIPTORS):
            self.descriptors.append(adapter.m_allocate(2 * PAGE, cached=True))

    def allocate_more(self) -> None:
        """The driver's thread: more receive buffers, until there are enough or there is no memory."""
        self.receive_buffers.append(self.adapter.m_allocate(RECEIVE_BUFFER, cached=True))

    # The link

    def synchronize_link(self) -> None:
        self.set_link(CONNECTED if self.is_up else DISCONNECTED)

    def set_link(self, state: int) -> None:
        if state == self.link:
            return
        self.link = state
        is_up = state == CONNECTED
        speed = 10**10 if is_up else SPEED_UNKNOWN
        buffer = struct.pack(
            "<BBHii4xQQiI", 0x80, 1, 40, state, 2 if is_up else 0, speed, speed, 0, 0)
        self.session.indicate_status_ex(self.adapter.handle, StatusIndicationImage(
            source_handle=self.adapter.handle, status_code=Status.LINK_STATE,
            status_buffer_size=len(buffer)), buffer)

    # Pause, restart, shutdown, removal

    def pause(self, upcall: Any) -> int:
        """It waits until its lists have been returned, then returns; so it is never PENDING."""
        self.runs = False
        self.session.serve(until=lambda: not self.outstanding, timeout=4)
        return Status.SUCCESS

    def restart(self, upcall: Any) -> int:
        self.runs = True
        return Status.SUCCESS

    def shutdown(self, upcall: Any) -> int:
        """It stops its thread and resets the device, and calls nothing of NDIS."""
        self.runs = False
        return Status.SUCCESS

    def pnp_event(self, upcall: Any) -> int:
        if upcall.action == SURPRISE_REMOVED:
            self.surprise_removed = True
        return Status.SUCCESS

    def halt(self, upcall: Any) -> int:
        self.later.clear()
        if self.protocol:
            self.protocol.deregister()
            self.protocol = None
        self.clean_up()
        return Status.SUCCESS

    def clean_up(self) -> None:
        """The destructor of the adapter's context, in MiniportHaltEx and behind a failure in MiniportInitializeEx."""
        self.set_link(UNKNOWN)
        self.free(self.receive_buffers)
        self.session.deregister_scatter_gather_dma(self.dma_handle)
        # The destructors of the queues, and that of the control queue behind them.
        self.free(self.descriptors)
        self.free(self.spare_pages)
        self.free(self.rings[:0:-1])
        assert self.control
        self.free([self.rings[0], self.control])
        self.rings, self.control = [], None

    @staticmethod
    def free(blocks: list[MiniportBlock]) -> None:
        for block in blocks:
            block.free()
        if blocks:
            blocks.clear()

    # Receiving

    def receive(self, frames: list[bytes], is_short_of_buffers: bool = False) -> None:
        """The DPC: at DISPATCH_LEVEL. The lists have MDLs of the driver's memory, and no shared memory information."""
        lists = []
        for number, frame in enumerate(frames):
            block = self.receive_buffers[number]
            block.write(frame, 12)
            lists.append(NetBufferList(number + 1, 0, 0, [NetBuffer(len(frame))]))
            self.outstanding[number + 1] = block
        flags = ReceiveFlags.DISPATCH_LEVEL
        if is_short_of_buffers:
            flags |= ReceiveFlags.RESOURCES
        self.adapter.indicate_receive(lists, flags)
        if is_short_of_buffers:
            self.outstanding.clear()

    def return_net_buffer_lists(self, upcall: Any) -> int:
        for number in upcall.numbers:
            del self.outstanding[number]
            self.returned.append(number)
        return Status.SUCCESS

    def nothing(self, upcall: Any) -> int:
        return Status.SUCCESS
