"""The structures of OID requests for receive queues and their filters, as an overlying
driver needs them. Ids of queues and filters are assigned by NDIS: 0 in the request that creates
one, filled in in its answer."""

import struct
from dataclasses import dataclass
from typing import Self

from .abi import ObjectType
from .images import Image


def counted(text: str) -> bytes:
    """`NDIS_IF_COUNTED_STRING`: its length in bytes, then UTF-16."""
    data = text.encode("utf-16-le")
    if len(data) > 512:
        raise ValueError(f"{text!r} has {len(data) // 2} UTF-16 units; the string holds 256")
    return struct.pack("<H514s", len(data), data)


@dataclass
class ReceiveQueueParameters(Image):
    """`NDIS_RECEIVE_QUEUE_PARAMETERS`, revision 2; by default a VM queue on processor 0 that is
    indicated by itself."""

    header_type: int = ObjectType.DEFAULT
    revision: int = 2
    header_size: int = 1092
    flags: int = 1
    queue_type: int = 1
    queue_id: int = 0
    queue_group_id: int = 0
    affinity_mask: int = 1
    affinity_group: int = 0
    num_suggested_receive_buffers: int = 0
    msix_table_entry: int = 0
    lookahead_size: int = 0
    vm_name: bytes = bytes(516)
    queue_name: bytes = bytes(516)
    port_id: int = 0
    interrupt_coalescing_domain_id: int = 0
    LAYOUT = struct.Struct("<BBHIiII4xQH6xIII516s516sII")


@dataclass
class ReceiveQueueFreeParameters(Image):
    """`NDIS_RECEIVE_QUEUE_FREE_PARAMETERS`."""

    header_type: int = ObjectType.DEFAULT
    revision: int = 1
    header_size: int = 12
    flags: int = 0
    queue_id: int = 0
    LAYOUT = struct.Struct("<BBHII")


@dataclass
class ReceiveQueueAllocationComplete(Image):
    """`NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY` of one queue, and its element."""

    header_type: int = ObjectType.DEFAULT
    revision: int = 1
    header_size: int = 36
    flags: int = 0
    first_element_offset: int = 20
    num_elements: int = 1
    element_size: int = 16
    element_type: int = ObjectType.DEFAULT
    element_revision: int = 1
    element_header_size: int = 16
    element_flags: int = 0
    queue_id: int = 0
    completion_status: int = 0
    LAYOUT = struct.Struct("<BBHIIIIBBHIII")

    def pack(self) -> bytes:
        """The header counts the head only."""
        data = super().pack()
        return data[:2] + struct.pack("<H", 20) + data[4:]


@dataclass
class ReceiveQueueState(Image):
    """`NDIS_RECEIVE_QUEUE_STATE`: the buffer of NDIS_STATUS_RECEIVE_QUEUE_STATE."""

    header_type: int = ObjectType.DEFAULT
    revision: int = 1
    header_size: int = 16
    flags: int = 0
    queue_id: int = 0
    queue_state: int = 0
    LAYOUT = struct.Struct("<BBHIIi")

    RUNNING, PAUSED, DMA_STOPPED = 1, 2, 3


@dataclass
class ReceiveFilterParameters(Image):
    """`NDIS_RECEIVE_FILTER_PARAMETERS`, revision 2, with one test: by default that the destination
    address of the MAC header equals `field_value`. Values of more than one byte are in network byte
    order: VLAN 5 is `field_value=b"\\0\\5"`."""

    header_type: int = ObjectType.DEFAULT
    revision: int = 2
    header_size: int = 104
    flags: int = 0
    filter_type: int = 1
    queue_id: int = 0
    filter_id: int = 0
    field_offset: int = 48
    field_count: int = 1
    field_size: int = 56
    requested_filter_id_bit_count: int = 0
    max_coalescing_delay: int = 0
    vport_id: int = 0
    field_type: int = ObjectType.DEFAULT
    field_revision: int = 1
    field_header_size: int = 56
    field_flags: int = 0
    frame_header: int = 1
    test: int = 1
    header_field: int = 1
    field_value: bytes = bytes(16)
    result_value: bytes = bytes(16)
    LAYOUT = struct.Struct("<BBHIiIIIIIIII4xBBHIiii4x16s16s")

    @classmethod
    def destination(cls, queue_id: int, address: bytes) -> Self:
        """Frames to this MAC address go to the queue."""
        return cls(queue_id=queue_id, field_value=address)

    @classmethod
    def vlan(cls, queue_id: int, vlan_id: int) -> Self:
        """Frames of this VLAN go to the queue."""
        return cls(queue_id=queue_id, header_field=4, field_value=struct.pack(">H14x", vlan_id))

    def pack(self) -> bytes:
        """The header counts the head only."""
        data = super().pack()
        return data[:2] + struct.pack("<H", 44) + data[4:]


@dataclass
class ReceiveFilterClearParameters(Image):
    """`NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS`."""

    header_type: int = ObjectType.DEFAULT
    revision: int = 1
    header_size: int = 16
    flags: int = 0
    queue_id: int = 0
    filter_id: int = 0
    LAYOUT = struct.Struct("<BBHIII")


@dataclass
class GenerateParameters(Image):
    """`NDISSIM_GENERATE_PARAMETERS`, ours: the frames that a hosted miniport generates."""

    header_type: int = ObjectType.DEFAULT
    revision: int = 1
    header_size: int = 24
    flags: int = 0
    queue_id: int = 0
    vport_id: int = 0
    count: int = 1
    length: int = 0
    LAYOUT = struct.Struct("<BBHIIIII")
