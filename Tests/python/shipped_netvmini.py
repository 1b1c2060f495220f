"""netvmini 6.x, the virtual miniport of Microsoft's Windows-driver-samples (network/ndis/netvmini/6x, commit 26a27df8 of
August 2026), in its builds for NDIS 6.20, 6.30 and 6.80, with the keywords of its INF files: *VMQ,
*VMQLookaheadSplit, *VMQVlanFiltering and *QOS are 1.

It has a VMQ interface without DMA: memory of a queue comes from NdisAllocateSharedMemory in
OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE, not contiguous, on node 0, of revision 1 in every version, and is freed in
OID_RECEIVE_FILTER_FREE_QUEUE. The methods change the structure in place and leave BytesWritten 0. Every status
indication leaves SourceHandle 0. The function that frees a queue indicates DmaStopped each time: again when the lists of
a queue that is being freed are back, and in MiniportHaltEx for the default queue.

Left out: the configuration, power management and QoS beyond what is registered, RSSv2 and its synchronous OIDs,
sending (the sample receives what another of its adapters has sent), resets and hang checks."""

import struct
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ndissim import (
    DISPATCH_LEVEL,
    Block,
    HardwareAssistAttributes,
    MiniportAdapter,
    MiniportAdapterGeneralAttributes,
    MiniportAdapterRegistrationAttributes,
    MiniportAttributes,
    NetBuffer,
    NetBufferList,
    NicSwitchCapabilities,
    OidAnswer,
    ReceiveFilterCapabilities,
    ReceiveFilterParameters,
    ReceiveFlags,
    ReceiveQueueParameters,
    ReceiveQueueProperties,
    ReceiveQueueState,
    Segment,
    Session,
    SharedMemoryParameters,
    SharedMemoryUsage,
    Status,
    StatusIndicationImage,
    at_irql,
)
from shipped import ADDRESS
from shipped_netvmini_oids import (
    FRAME,
    SUPPORTED_OIDS,
    NetVMiniOids,
)

QUEUES, FILTERS = 8, 16
ALIGNMENT = 64
PAGE = 4096
LOOKAHEAD_SPLIT_REQUIRED = 2
PERFECT_FILTERED = 0x400
# NdisDevicePnPEventSurpriseRemoved.
SURPRISE_REMOVED = 2
# NDIS_STATUS_QOS_OPERATIONAL_PARAMETERS_CHANGE.
QOS_OPERATIONAL_PARAMETERS_CHANGE = 0x400200A0


def aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


@dataclass
class Queue:
    """A receive queue: its memory, in the order of allocation, and how many of its lists are above."""

    parameters: ReceiveQueueParameters | None
    lookahead: Block | None = None
    memory: list[Block] = field(default_factory=list)
    outstanding: int = 0
    is_freeing: bool = False

    @property
    def lookahead_size(self) -> int:
        if not self.parameters or not self.parameters.flags & LOOKAHEAD_SPLIT_REQUIRED:
            return 0
        return self.parameters.lookahead_size


class NetVMini(NetVMiniOids):
    """The driver; it has one adapter. `vmq` is the keyword *VMQ."""

    HANDLERS: ClassVar[dict[str, str]] = {
        "set_options_handler": "nothing",
        "initialize_handler_ex": "initialize_ex",
        "halt_handler_ex": "halt",
        "unload_handler": "never",
        "pause_handler": "pause",
        "restart_handler": "restart",
        "oid_request_handler": "oid_request",
        "send_net_buffer_lists_handler": "never",
        "return_net_buffer_lists_handler": "return_net_buffer_lists",
        "cancel_send_handler": "never",
        "check_for_hang_handler_ex": "nothing",
        "reset_handler_ex": "never",
        "device_pnp_event_notify_handler": "pnp_event",
        "shutdown_handler_ex": "nothing",
        "cancel_oid_request_handler": "nothing",
    }

    def __init__(self, session: Session, name: str, version: tuple[int, int], vmq: bool = True) -> None:
        self.vmq = vmq
        self.queues: dict[int, Queue] = {}
        self.filters: dict[int, ReceiveFilterParameters] = {}
        # The OID_RECEIVE_FILTER_FREE_QUEUE that waits for the lists of its queue.
        self.pending_request = 0
        self.pauses = False
        self.lists: dict[int, int] = {}
        if version >= (6, 80):
            self.HANDLERS = {**self.HANDLERS, "synchronous_oid_request_handler": "never"}  # type: ignore[misc]
        super().__init__(session, name, version)

    def revision(self) -> dict[str, int]:
        newest = self.version >= (6, 80)
        return {"revision": 3 if newest else 2, "header_size": 160 if newest else 152,
                "major_driver_version": 4, "minor_driver_version": 2}

    def nothing(self, upcall: Any) -> int:
        return Status.SUCCESS

    # MiniportInitializeEx

    def initialize(self, adapter: MiniportAdapter) -> int:
        is_new = self.version >= (6, 30)
        flags = MiniportAttributes.SURPRISE_REMOVE_OK | MiniportAttributes.NDIS_WDM
        # Its size is sizeof, which is four bytes more than the member that comes last.
        self.session.set_miniport_attributes(adapter.handle, MiniportAdapterRegistrationAttributes(
            revision=2 if is_new else 1, header_size=32, miniport_adapter_context=0x2000,
            attribute_flags=flags | (MiniportAttributes.NO_PAUSE_ON_SUSPEND if is_new else 0),
            check_for_hang_time_in_seconds=4, interface_type=0))
        if self.vmq:
            # The default queue needs no shared memory.
            self.queues[0] = Queue(None)
        adapter.set_general_attributes(MiniportAdapterGeneralAttributes(
            physical_medium_type=14, mtu_size=1500, max_xmit_link_speed=10**8,
            xmit_link_speed=10**8, max_rcv_link_speed=10**8, rcv_link_speed=10**8,
            lookahead_size=1500, mac_options=0x01 | 0x02 | 0x08 | 0x40 | 0x80,
            supported_packet_filters=0x2F, max_multicast_list_size=32, permanent_mac_address=ADDRESS,
            current_mac_address=ADDRESS, if_connector_present=0, supported_statistics=0x0003FFF5,
            auto_negotiation_flags=4), SUPPORTED_OIDS)
        self.set_vmq_capabilities()
        if is_new:
            self.set_qos_capabilities()
        return Status.SUCCESS

    def set_vmq_capabilities(self) -> None:
        properties = ReceiveQueueProperties.VM_QUEUE | ReceiveQueueProperties.LOOKAHEAD_SPLIT
        if self.version >= (6, 30):
            properties |= ReceiveQueueProperties.DYNAMIC_PROCESSOR_AFFINITY_CHANGE
        filters = ReceiveFilterCapabilities(
            revision=1, header_size=56, num_queues=QUEUES - 1, supported_queue_properties=properties,
            supported_mac_header_fields=1 | 8, max_mac_header_filters=FILTERS,
            min_lookahead_split_size=64, max_lookahead_split_size=128)
        switch = NicSwitchCapabilities(
            revision=1, header_size=32, num_total_mac_addresses=FILTERS,
            num_mac_addresses_per_port=FILTERS, num_vlans_per_port=FILTERS, max_num_switches=0)
        current: tuple[ReceiveFilterCapabilities, NicSwitchCapabilities] = (filters, switch)
        if not self.vmq:
            # The structures are there, with nothing but their headers.
            current = (
                ReceiveFilterCapabilities(0x80, 1, 56, *([0] * 20)),
                NicSwitchCapabilities(revision=1, header_size=32, max_num_switches=0),
            )
        self.session.set_hardware_capabilities(
            self.adapter.handle, hardware=(filters, switch), current=current)

    def set_qos_capabilities(self) -> None:
        """A second structure of the same type, for the members of NDIS QoS alone; then the parameters it begins with."""
        self.session.set_hardware_capabilities(
            self.adapter.handle, attributes=HardwareAssistAttributes(revision=3, header_size=80))
        # NDIS_QOS_PARAMETERS of revision 1 with two classification elements.
        self.indicate(QOS_OPERATIONAL_PARAMETERS_CHANGE, struct.pack("<BBH116x", 0xB5, 1, 120))

    def indicate(self, status: int, buffer: bytes) -> None:
        self.session.indicate_status_ex(
            self.adapter.handle,
            StatusIndicationImage(status_code=status, status_buffer_size=len(buffer)), buffer)

    # Pause, restart, removal

    def pause(self, upcall: Any) -> int:
        self.pauses = bool(self.lists)
        return Status.PENDING if self.pauses else Status.SUCCESS

    def restart(self, upcall: Any) -> int:
        return Status.SUCCESS

    def pnp_event(self, upcall: Any) -> int:
        if upcall.action == SURPRISE_REMOVED:
            self.surprise_removed = True
        return Status.SUCCESS

    def halt(self, upcall: Any) -> int:
        for queue_id in sorted(self.queues):
            self.free_queue(queue_id, 0)
        self.filters.clear()
        return Status.SUCCESS

    # Queues

    def make_queue(self, parameters: ReceiveQueueParameters) -> None:
        self.queues[parameters.queue_id] = Queue(parameters)

    def allocate_memory(self, queue_id: int, usage: int, length: int) -> Block:
        """The list is as long as the pages require, and the node is 0 because the structure is zeroed."""
        pages = -(-length // PAGE)
        block = self.session.allocate_shared_memory(
            self.adapter.handle,
            SharedMemoryParameters(
                revision=1, header_size=64, queue_id=queue_id, preferred_node=0, usage=usage,
                length=length, sg_list_buffer_length=16 + 24 * pages),
            tag=0x4D4D564E)
        block.write(bytes(length))
        return block

    def complete_allocation(self, queue_id: int) -> int:
        queue = self.queues.get(queue_id)
        if queue is None or queue.memory or queue.is_freeing or queue.parameters is None:
            return Status.INVALID_PARAMETER
        suggested = queue.parameters.num_suggested_receive_buffers
        count = max(suggested, 64) if suggested else 256
        usage = SharedMemoryUsage.RECEIVE
        if queue.lookahead_size:
            length = count * aligned(queue.lookahead_size) + ALIGNMENT
            queue.lookahead = self.allocate_memory(
                queue_id, SharedMemoryUsage.RECEIVE_LOOKAHEAD, length)
            usage = SharedMemoryUsage.RECEIVE_POST_LOOKAHEAD
        queue.memory.append(self.allocate_memory(queue_id, usage, count * aligned(FRAME) + ALIGNMENT))
        return Status.SUCCESS

    def free_queue(self, queue_id: int, request: int) -> int:
        """It frees a queue, or leaves that to the return of its lists."""
        queue = self.queues[queue_id]
        queue.is_freeing = True
        if queue.outstanding and request:
            self.pending_request = request
        self.indicate(Status.RECEIVE_QUEUE_STATE, ReceiveQueueState(
            queue_id=queue_id, queue_state=ReceiveQueueState.DMA_STOPPED).pack())
        if queue.outstanding:
            return Status.PENDING
        if queue.lookahead:
            queue.lookahead.free()
        for block in queue.memory:
            block.free()
        del self.queues[queue_id]
        if self.pending_request:
            request, self.pending_request = self.pending_request, 0
            self.adapter.complete_oid_request(request, OidAnswer(bytes_read=12))
        return Status.SUCCESS

    # Receiving

    def receive(self, queue_id: int, frames: list[bytes], vlan: int = 0) -> None:
        """The DPC of a queue: at DISPATCH_LEVEL."""
        queue = self.queues.get(queue_id)
        lists = []
        for number, data in enumerate(frames):
            parts = self.place(queue, number, data) if queue_id and queue else []
            lists.append(NetBufferList(
                len(self.lists) + 1000 * queue_id + 1, queue_id, 0, [NetBuffer(len(data), parts)], vlan << 4))
            self.lists[lists[-1].handle] = queue_id
            if queue:
                queue.outstanding += 1
        flags = ReceiveFlags.DISPATCH_LEVEL | PERFECT_FILTERED | ReceiveFlags.SINGLE_QUEUE
        if queue_id:
            flags |= ReceiveFlags.SHARED_MEMORY_INFO_VALID
        with at_irql(DISPATCH_LEVEL):
            self.adapter.indicate_receive(lists, flags)

    @staticmethod
    def place(queue: Queue, number: int, data: bytes) -> list[Segment]:
        """Copies a frame into the queue's memory; behind the lookahead it keeps its offset."""
        split, memory = queue.lookahead_size, queue.memory[0]
        at = number * aligned(FRAME)
        memory.write(data[split:], at + split)
        rest = Segment(memory.shared_memory_handle, at + split, FRAME - split)
        if not queue.lookahead:
            return [rest]
        head = number * aligned(split)
        queue.lookahead.write(data[:split], head)
        return [Segment(queue.lookahead.shared_memory_handle, head, split), rest]

    def return_net_buffer_lists(self, upcall: Any) -> int:
        for number in upcall.numbers:
            queue_id = self.lists.pop(number)
            self.returned.append(number)
            queue = self.queues.get(queue_id)
            if queue:
                queue.outstanding -= 1
                if queue.is_freeing and not queue.outstanding:
                    self.free_queue(queue_id, 0)
        if self.pauses and not self.lists:
            # A timer looks every 100 ms.
            self.pauses = False
            with at_irql(DISPATCH_LEVEL):
                self.session.pause_complete(self.adapter.handle)
        return Status.SUCCESS
