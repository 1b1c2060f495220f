"""The x64 images of the NDIS structures in messages. On the wire a pointer is zero and
a handler is a cookie; zero means "no handler"."""

import struct
from dataclasses import dataclass
from typing import Self

from .abi import MM_ANY_NODE_OK, MiniportAttributes, ObjectType
from .layout import Layout


class Image(Layout):
    """An NDIS structure: its fields begin with type, revision and size of NDIS_OBJECT_HEADER, and
    `header_size` bytes of it are transmitted."""

    header_size: int

    def pack(self) -> bytes:
        """The first `header_size` bytes; a larger size is padded with zeros, so that tests
        can send invalid structures."""
        return super().pack()[: self.header_size].ljust(min(self.header_size, 4096), b"\0")

    @classmethod
    def from_image(cls, data: bytes) -> Self:
        """Reads an image that may be shorter (an older revision) or longer than ours."""
        return cls.unpack(data[: cls.size()].ljust(cls.size(), b"\0"))


@dataclass
class SharedMemoryParameters(Image):
    """`NDIS_SHARED_MEMORY_PARAMETERS`; revision 1 has a `header_size` of 64."""

    header_type: int = ObjectType.DEFAULT
    revision: int = 2
    header_size: int = 68
    flags: int = 0
    queue_id: int = 0
    shared_memory_handle: int = 0
    preferred_node: int = MM_ANY_NODE_OK
    usage: int = 0
    length: int = 0
    virtual_address: int = 0
    sg_list_buffer_length: int = 0
    sg_list_buffer: int = 0
    vport_id: int = 0
    LAYOUT = struct.Struct("<BBHII4xQIiI4xQI4xQI4x")


@dataclass
class SharedMemoryProviderCharacteristics(Image):
    """`NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS`."""

    header_type: int = ObjectType.SHARED_MEMORY_PROVIDER_CHARACTERISTICS
    revision: int = 1
    header_size: int = 32
    flags: int = 0
    provider_context: int = 0
    allocate_shared_memory_handler: int = 0
    free_shared_memory_handler: int = 0
    LAYOUT = struct.Struct("<BBHIQQQ")


@dataclass
class MiniportDriverCharacteristics(Image):
    """`NDIS_MINIPORT_DRIVER_CHARACTERISTICS`, revision 2."""

    header_type: int = ObjectType.MINIPORT_DRIVER_CHARACTERISTICS
    revision: int = 2
    header_size: int = 152
    major_ndis_version: int = 6
    minor_ndis_version: int = 30
    major_driver_version: int = 1
    minor_driver_version: int = 0
    flags: int = 0
    set_options_handler: int = 0
    initialize_handler_ex: int = 0
    halt_handler_ex: int = 0
    unload_handler: int = 0
    pause_handler: int = 0
    restart_handler: int = 0
    oid_request_handler: int = 0
    send_net_buffer_lists_handler: int = 0
    return_net_buffer_lists_handler: int = 0
    cancel_send_handler: int = 0
    check_for_hang_handler_ex: int = 0
    reset_handler_ex: int = 0
    device_pnp_event_notify_handler: int = 0
    shutdown_handler_ex: int = 0
    cancel_oid_request_handler: int = 0
    direct_oid_request_handler: int = 0
    cancel_direct_oid_request_handler: int = 0
    synchronous_oid_request_handler: int = 0
    LAYOUT = struct.Struct("<BBHBBBBI4x18Q")


@dataclass
class ProtocolDriverCharacteristics(Image):
    """`NDIS_PROTOCOL_DRIVER_CHARACTERISTICS`, revision 2; its Name is zero on the wire."""

    header_type: int = ObjectType.PROTOCOL_DRIVER_CHARACTERISTICS
    revision: int = 2
    header_size: int = 128
    major_ndis_version: int = 6
    minor_ndis_version: int = 30
    major_driver_version: int = 1
    minor_driver_version: int = 0
    flags: int = 0
    set_options_handler: int = 0
    bind_adapter_handler_ex: int = 0
    unbind_adapter_handler_ex: int = 0
    open_adapter_complete_handler_ex: int = 0
    close_adapter_complete_handler_ex: int = 0
    net_pnp_event_handler: int = 0
    uninstall_handler: int = 0
    oid_request_complete_handler: int = 0
    status_handler_ex: int = 0
    receive_net_buffer_lists_handler: int = 0
    send_net_buffer_lists_complete_handler: int = 0
    direct_oid_request_complete_handler: int = 0
    LAYOUT = struct.Struct("<BBHBBBBI4x16x12Q")


@dataclass
class FilterDriverCharacteristics(Image):
    """The head of `NDIS_FILTER_DRIVER_CHARACTERISTICS`; its names are zero on the wire."""

    header_type: int = ObjectType.FILTER_DRIVER_CHARACTERISTICS
    revision: int = 1
    header_size: int = 96
    major_ndis_version: int = 6
    minor_ndis_version: int = 30
    major_driver_version: int = 1
    minor_driver_version: int = 0
    flags: int = 0
    set_options_handler: int = 0
    set_filter_module_options_handler: int = 0
    attach_handler: int = 0
    detach_handler: int = 0
    LAYOUT = struct.Struct("<BBHBBBBI4x48x4Q")


@dataclass
class MiniportAdapterRegistrationAttributes(Image):
    """`NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES`."""

    header_type: int = ObjectType.MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES
    revision: int = 1
    header_size: int = 28
    miniport_adapter_context: int = 0
    attribute_flags: int = MiniportAttributes.HARDWARE_DEVICE | MiniportAttributes.BUS_MASTER
    check_for_hang_time_in_seconds: int = 0
    interface_type: int = 0
    LAYOUT = struct.Struct("<BBH4xQIIi4x")


@dataclass
class SgDmaDescription(Image):
    """`NDIS_SG_DMA_DESCRIPTION`; revision 2 has a `header_size` of 48."""

    header_type: int = ObjectType.SG_DMA_DESCRIPTION
    revision: int = 1
    header_size: int = 36
    flags: int = 1
    maximum_physical_mapping: int = 0x10000
    process_sg_list_handler: int = 0
    shared_mem_allocate_complete_handler: int = 0
    scatter_gather_list_size: int = 0
    pdo_override: int = 0
    LAYOUT = struct.Struct("<BBHII4xQQI4xQ")


@dataclass
class DmaDescription(Layout):
    """`NDIS_DMA_DESCRIPTION`, which has no header."""

    demand_mode: int = 0
    auto_initialize: int = 0
    dma_channel_specified: int = 0
    dma_width: int = 0
    dma_speed: int = 0
    dma_port: int = 0
    dma_channel: int = 0
    LAYOUT = struct.Struct("<BBBxIIII")


@dataclass
class OidRequestImage(Image):
    """`NDIS_OID_REQUEST`, revision 2; revision 1 has a `header_size` of 236. The fields after
    `information_buffer` are those of a query: of a method they are input and output length,
    MethodId, and the outputs."""

    header_type: int = ObjectType.OID_REQUEST
    revision: int = 2
    header_size: int = 248
    request_type: int = 0
    port_number: int = 0
    timeout: int = 0
    request_id: int = 0
    request_handle: int = 0
    oid: int = 0
    information_buffer: int = 0
    information_buffer_length: int = 0
    bytes_written: int = 0
    bytes_needed: int = 0
    supported_revision: int = 0
    switch_id: int = 0
    vport_id: int = 0
    flags: int = 0
    LAYOUT = struct.Struct("<BBHiIIQQI4xQIII12x128x16x16xB3xIII")


@dataclass
class StatusIndicationImage(Image):
    """`NDIS_STATUS_INDICATION`; its buffer follows."""

    header_type: int = ObjectType.STATUS_INDICATION
    revision: int = 1
    header_size: int = 112
    source_handle: int = 0
    port_number: int = 0
    status_code: int = 0
    flags: int = 0
    destination_handle: int = 0
    request_id: int = 0
    status_buffer: int = 0
    status_buffer_size: int = 0
    guid: bytes = bytes(16)
    LAYOUT = struct.Struct("<BBH4xQIII4xQQQI16s36x")
