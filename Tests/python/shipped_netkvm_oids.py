"""The OID requests of NetKVM, as its table of OIDs answers them."""

import struct
from typing import Any

from ndissim import (
    OidAnswer,
    OidRequest,
    RequestType,
    Status,
)
from ndissim.abi import Oid
from shipped import (
    MULTICAST_FULL,
    OID_802_3_MULTICAST_LIST,
    OID_802_3_RCV_ERROR_ALIGNMENT,
    OID_802_3_XMIT_MORE_COLLISIONS,
    OID_802_3_XMIT_ONE_COLLISION,
    OID_GEN_HARDWARE_STATUS,
    OID_GEN_INTERRUPT_MODERATION,
    OID_GEN_LINK_PARAMETERS,
    OID_GEN_MAXIMUM_SEND_PACKETS,
    OID_GEN_MAXIMUM_TOTAL_SIZE,
    OID_GEN_NETWORK_LAYER_ADDRESSES,
    OID_GEN_RCV_ERROR,
    OID_GEN_RCV_NO_BUFFER,
    OID_GEN_RCV_OK,
    OID_GEN_RECEIVE_BLOCK_SIZE,
    OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_SUPPORTED_GUIDS,
    OID_GEN_TRANSMIT_BLOCK_SIZE,
    OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_VENDOR_DRIVER_VERSION,
    OID_GEN_VENDOR_ID,
    OID_GEN_VLAN_ID,
    OID_GEN_XMIT_ERROR,
    OID_GEN_XMIT_OK,
    OID_OFFLOAD_ENCAPSULATION,
    OID_PNP_CAPABILITIES,
    OID_PNP_QUERY_POWER,
    OID_PNP_SET_POWER,
    OID_TCP_OFFLOAD_PARAMETERS,
    Shipped,
    u32,
)

SUPPORTED_OIDS = [
    Oid.GEN_SUPPORTED_LIST, OID_GEN_HARDWARE_STATUS, Oid.GEN_MEDIA_SUPPORTED, Oid.GEN_MEDIA_IN_USE,
    Oid.GEN_MAXIMUM_LOOKAHEAD, Oid.GEN_MAXIMUM_FRAME_SIZE, OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_RECEIVE_BUFFER_SPACE, OID_GEN_TRANSMIT_BLOCK_SIZE, OID_GEN_RECEIVE_BLOCK_SIZE,
    OID_GEN_VENDOR_ID, OID_GEN_VENDOR_DESCRIPTION, OID_GEN_VENDOR_DRIVER_VERSION,
    Oid.GEN_CURRENT_PACKET_FILTER, Oid.GEN_CURRENT_LOOKAHEAD, Oid.GEN_DRIVER_VERSION,
    OID_GEN_MAXIMUM_TOTAL_SIZE, Oid.GEN_MAC_OPTIONS, OID_GEN_MAXIMUM_SEND_PACKETS,
    OID_GEN_LINK_PARAMETERS, OID_GEN_NETWORK_LAYER_ADDRESSES, OID_GEN_INTERRUPT_MODERATION,
    OID_GEN_XMIT_ERROR, OID_GEN_RCV_ERROR, OID_GEN_RCV_NO_BUFFER, Oid.OID_802_3_PERMANENT_ADDRESS,
    Oid.OID_802_3_CURRENT_ADDRESS, OID_802_3_MULTICAST_LIST, Oid.OID_802_3_MAXIMUM_LIST_SIZE,
    OID_802_3_RCV_ERROR_ALIGNMENT, OID_802_3_XMIT_ONE_COLLISION, OID_802_3_XMIT_MORE_COLLISIONS,
    Oid.GEN_STATISTICS, OID_PNP_CAPABILITIES, OID_PNP_SET_POWER, OID_PNP_QUERY_POWER, OID_GEN_XMIT_OK,
    OID_GEN_RCV_OK, OID_GEN_VLAN_ID, OID_GEN_SUPPORTED_GUIDS, OID_OFFLOAD_ENCAPSULATION,
    OID_TCP_OFFLOAD_PARAMETERS,
]


PACKET_FILTERS = 0x01 | 0x02 | 0x04 | 0x08 | 0x20
MTU, FRAME = 1500, 1514
RECEIVE_BUFFERS, TRANSMIT_DESCRIPTORS = 16, 8
CONNECTED, DISCONNECTED, UNKNOWN = 1, 2, 0


class NetKvmOids(Shipped):
    """Answers OID requests."""

    # What the driver has beside them.
    packet_filter: int
    lookahead: int
    synchronize_link: Any
    set_link: Any

    def oid_request(self, upcall: Any) -> OidAnswer | int:
        request: OidRequest = upcall.request
        if self.surprise_removed:
            return Status.NOT_ACCEPTED
        if request.request_type in (RequestType.QUERY_INFORMATION, RequestType.QUERY_STATISTICS):
            return self.query(request)
        if request.request_type == RequestType.SET_INFORMATION:
            return self.set(request, upcall.oid_handle)
        return Status.NOT_SUPPORTED

    def query(self, request: OidRequest) -> OidAnswer | int:
        values = {
            OID_GEN_HARDWARE_STATUS: u32(0),
            OID_GEN_TRANSMIT_BUFFER_SPACE: u32(FRAME * TRANSMIT_DESCRIPTORS),
            OID_GEN_RECEIVE_BUFFER_SPACE: u32(FRAME * RECEIVE_BUFFERS),
            OID_GEN_RECEIVE_BLOCK_SIZE: u32(FRAME),
            OID_GEN_TRANSMIT_BLOCK_SIZE: u32(FRAME),
            OID_GEN_MAXIMUM_TOTAL_SIZE: u32(FRAME),
            OID_GEN_VENDOR_ID: u32(0x00FFFFFF),
            OID_GEN_VENDOR_DESCRIPTION: b"Red Hat VirtIO Ethernet\0",
            OID_GEN_VENDOR_DRIVER_VERSION: u32(self.version[0] << 16 | self.version[1]),
            Oid.GEN_CURRENT_PACKET_FILTER: u32(self.packet_filter),
            Oid.GEN_CURRENT_LOOKAHEAD: u32(self.lookahead),
            OID_GEN_MAXIMUM_SEND_PACKETS: u32(TRANSMIT_DESCRIPTORS),
            OID_GEN_XMIT_OK: struct.pack("<Q", 0),
            OID_GEN_RCV_OK: struct.pack("<Q", len(self.returned)),
            OID_GEN_XMIT_ERROR: u32(0), OID_GEN_RCV_ERROR: u32(0), OID_GEN_RCV_NO_BUFFER: u32(0),
            OID_802_3_RCV_ERROR_ALIGNMENT: u32(0),
            OID_PNP_QUERY_POWER: b"",
            OID_GEN_INTERRUPT_MODERATION: struct.pack("<BBHII", 0x80, 1, 12, 0, 1),
            # NDIS_STATISTICS_INFO.
            Oid.GEN_STATISTICS: struct.pack("<BBHI18Q", 0x80, 1, 152, 0x0007FFF5, *([0] * 18)),
        }
        value = values.get(request.oid)
        if value is None:
            return Status.NOT_SUPPORTED
        if len(value) > request.output_length:
            return OidAnswer(Status.BUFFER_TOO_SHORT, bytes_needed=len(value))
        return OidAnswer(information=value)

    def set(self, request: OidRequest, handle: int) -> OidAnswer | int:
        size = len(request.input)
        fixed = {Oid.GEN_CURRENT_PACKET_FILTER, Oid.GEN_CURRENT_LOOKAHEAD, OID_GEN_VLAN_ID, OID_PNP_SET_POWER}
        if request.oid in fixed:
            if size < 4:
                return OidAnswer(Status.BUFFER_TOO_SHORT, bytes_needed=4)
            (value,) = struct.unpack_from("<I", request.input)
        match request.oid:
            case Oid.GEN_CURRENT_PACKET_FILTER:
                if value & ~PACKET_FILTERS:
                    return OidAnswer(Status.INVALID_DATA, bytes_read=4)
                self.packet_filter = value
            case Oid.GEN_CURRENT_LOOKAHEAD:
                self.lookahead = value
            case x if x == OID_GEN_VLAN_ID:
                pass
            case x if x == OID_802_3_MULTICAST_LIST:
                if size > 32 * 6:
                    return OidAnswer(MULTICAST_FULL, bytes_needed=32 * 6)
                if size % 6:
                    return OidAnswer(Status.INVALID_LENGTH, bytes_needed=size // 6 * 6)
            case x if x == OID_GEN_NETWORK_LAYER_ADDRESSES:
                pass
            case x if x == OID_GEN_INTERRUPT_MODERATION:
                return Status.INVALID_DATA
            case x if x == OID_GEN_LINK_PARAMETERS:
                return OidAnswer(Status.NOT_ACCEPTED, bytes_read=size)
            case x if x in (OID_TCP_OFFLOAD_PARAMETERS, OID_OFFLOAD_ENCAPSULATION):
                pass
            case x if x == OID_PNP_SET_POWER:
                self.later.append(lambda: self.set_power(handle, value))
                return Status.PENDING
            case _:
                return Status.NOT_SUPPORTED
        return OidAnswer(bytes_read=size)

    def set_power(self, handle: int, state: int) -> None:
        """The work item of OID_PNP_SET_POWER."""
        if state == 1:
            self.synchronize_link()
        else:
            self.set_link(UNKNOWN)
        self.adapter.complete_oid_request(handle, OidAnswer(bytes_read=4))
