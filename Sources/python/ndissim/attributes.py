"""What a miniport sets in its initialize handler behind the registration attributes: the images of
`NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES`, of capabilities, and of what carries them."""

import struct
from dataclasses import dataclass

from .abi import ObjectType, ReceiveQueueProperties
from .images import Image

# What an adapter of VMQ or SR-IOV must set from NDIS 6.30.
_VMQ = (
    ReceiveQueueProperties.MSI_X
    | ReceiveQueueProperties.VM_QUEUE
    | ReceiveQueueProperties.DYNAMIC_PROCESSOR_AFFINITY_CHANGE
    | ReceiveQueueProperties.INTERRUPT_VECTOR_COALESCING
)


@dataclass
class MiniportAdapterGeneralAttributes(Image):
    """`NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES`, revision 2; by default those of an Ethernet adapter.
    Revision 1 has a `header_size` of 216. `set_general_attributes` fills in
    `supported_oid_list_length`."""

    header_type: int = ObjectType.MINIPORT_ADAPTER_GENERAL_ATTRIBUTES
    revision: int = 2
    header_size: int = 224
    flags: int = 0
    media_type: int = 0
    physical_medium_type: int = 14
    mtu_size: int = 1500
    max_xmit_link_speed: int = 10_000_000_000
    xmit_link_speed: int = 10_000_000_000
    max_rcv_link_speed: int = 10_000_000_000
    rcv_link_speed: int = 10_000_000_000
    media_connect_state: int = 1
    media_duplex_state: int = 2
    lookahead_size: int = 1500
    mac_options: int = 0x0D
    supported_packet_filters: int = 0x2F
    max_multicast_list_size: int = 32
    mac_address_length: int = 6
    permanent_mac_address: bytes = bytes((2, 0, 0, 0, 0, 1))
    current_mac_address: bytes = bytes((2, 0, 0, 0, 0, 1))
    access_type: int = 2
    direction_type: int = 0
    connection_type: int = 1
    if_type: int = 6
    if_connector_present: int = 1
    supported_statistics: int = 0
    supported_pause_functions: int = 0
    data_back_fill_size: int = 0
    context_back_fill_size: int = 0
    supported_oid_list_length: int = 0
    auto_negotiation_flags: int = 0
    LAYOUT = struct.Struct("<BBH4I4xQQQQ3I12xIIIH32s32s2x8xIIIHBxIIII8xII8x")


@dataclass
class BindParameters(Image):
    """`NDIS_BIND_PARAMETERS`, revision 4; its pointers are zero on the wire."""

    header_type: int = ObjectType.BIND_PARAMETERS
    revision: int = 4
    header_size: int = 312
    media_type: int = 0
    mtu_size: int = 0
    max_xmit_link_speed: int = 0
    xmit_link_speed: int = 0
    max_rcv_link_speed: int = 0
    rcv_link_speed: int = 0
    media_connect_state: int = 0
    media_duplex_state: int = 0
    lookahead_size: int = 0
    supported_packet_filters: int = 0
    max_multicast_list_size: int = 0
    mac_address_length: int = 0
    current_mac_address: bytes = b""
    physical_medium_type: int = 0
    access_type: int = 0
    direction_type: int = 0
    connection_type: int = 0
    if_type: int = 0
    if_connector_present: int = 0
    data_back_fill_size: int = 0
    context_back_fill_size: int = 0
    mac_options: int = 0
    LAYOUT = struct.Struct("<BBH4x24xIIQQQQIII4x8xIIH32s2xI8x8x4x4x8x4xIIIHBx4x8xIII4x88x")


@dataclass
class HardwareAssistAttributes(Image):
    """`NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES`, revision 2; its pointers are zero on the wire."""

    header_type: int = ObjectType.MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES
    revision: int = 2
    header_size: int = 48
    LAYOUT = struct.Struct("<BBH92x")


@dataclass
class ReceiveFilterCapabilities(Image):
    """`NDIS_RECEIVE_FILTER_CAPABILITIES`, revision 2; by default those of a VMQ adapter of NDIS 6.30 that
    keep every rule of their page. Revision 1 has a `header_size` of 56."""

    header_type: int = ObjectType.DEFAULT
    revision: int = 2
    header_size: int = 84
    flags: int = 0
    enabled_filter_types: int = 1
    enabled_queue_types: int = 1
    num_queues: int = 8
    supported_queue_properties: int = _VMQ
    supported_filter_tests: int = 1
    supported_headers: int = 1
    supported_mac_header_fields: int = 1
    max_mac_header_filters: int = 16
    max_queue_groups: int = 0
    max_queues_per_queue_group: int = 0
    min_lookahead_split_size: int = 0
    max_lookahead_split_size: int = 0
    supported_arp_header_fields: int = 0
    supported_ipv4_header_fields: int = 0
    supported_ipv6_header_fields: int = 0
    supported_udp_header_fields: int = 0
    max_field_tests_per_packet_coalescing_filter: int = 0
    max_packet_coalescing_filters: int = 0
    ndis_reserved: int = 0
    LAYOUT = struct.Struct("<BBH20I")


@dataclass
class NicSwitchCapabilities(Image):
    """`NDIS_NIC_SWITCH_CAPABILITIES`, revision 2; by default those of one switch that keep every rule of
    their page. None: as many as the others require."""

    header_type: int = ObjectType.DEFAULT
    revision: int = 2
    header_size: int = 116
    flags: int = 0
    num_total_mac_addresses: int = 0
    num_mac_addresses_per_port: int = 0
    num_vlans_per_port: int = 0
    nic_switch_capabilities: int = 0
    max_num_switches: int = 1
    max_num_vports: int | None = None
    max_num_vfs: int = 0
    max_num_queue_pairs: int | None = None
    max_num_queue_pairs_per_non_default_vport: int = 1
    max_num_mac_addresses: int | None = None
    max_num_rss_capable_non_default_pf_vports: int = 0
    number_of_indirection_table_entries_for_default_vport: int = 0
    number_of_indirection_table_entries_per_non_default_pf_vport: int = 0
    max_num_queue_pairs_for_default_vport: int = 0
    LAYOUT = struct.Struct("<BBHI4x3I8x3I4xII12xI20xI20x4I")

    def __post_init__(self) -> None:
        if self.max_num_vports is None:
            self.max_num_vports = self.max_num_vfs + 1
        if self.max_num_queue_pairs is None:
            self.max_num_queue_pairs = self.max_num_vports
        if self.max_num_mac_addresses is None:
            self.max_num_mac_addresses = self.max_num_vports
