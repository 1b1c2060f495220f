"""The OID requests of netvmini. The methods change their structure in place."""

import struct
from typing import Any

from ndissim import (
    OidAnswer,
    OidRequest,
    ReceiveFilterClearParameters,
    ReceiveFilterParameters,
    ReceiveQueueAllocationComplete,
    ReceiveQueueFreeParameters,
    ReceiveQueueParameters,
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
    OID_GEN_RCV_ERROR,
    OID_GEN_RCV_NO_BUFFER,
    OID_GEN_RCV_OK,
    OID_GEN_RECEIVE_BLOCK_SIZE,
    OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_TRANSMIT_BLOCK_SIZE,
    OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_TRANSMIT_QUEUE_LENGTH,
    OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_VENDOR_DRIVER_VERSION,
    OID_GEN_VENDOR_ID,
    OID_GEN_XMIT_ERROR,
    OID_GEN_XMIT_OK,
    OID_PNP_CAPABILITIES,
    OID_PNP_QUERY_POWER,
    Shipped,
    u32,
)

SUPPORTED_OIDS = [
    OID_GEN_HARDWARE_STATUS, OID_GEN_TRANSMIT_BUFFER_SPACE, OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_TRANSMIT_BLOCK_SIZE, OID_GEN_RECEIVE_BLOCK_SIZE, OID_GEN_VENDOR_ID,
    OID_GEN_VENDOR_DESCRIPTION, OID_GEN_VENDOR_DRIVER_VERSION, Oid.GEN_CURRENT_PACKET_FILTER,
    Oid.GEN_CURRENT_LOOKAHEAD, Oid.GEN_DRIVER_VERSION, OID_GEN_MAXIMUM_TOTAL_SIZE, OID_GEN_XMIT_OK,
    OID_GEN_RCV_OK, Oid.GEN_STATISTICS, OID_GEN_TRANSMIT_QUEUE_LENGTH, OID_GEN_LINK_PARAMETERS,
    OID_GEN_INTERRUPT_MODERATION, Oid.GEN_MEDIA_SUPPORTED, Oid.GEN_MEDIA_IN_USE,
    OID_GEN_MAXIMUM_SEND_PACKETS, OID_GEN_XMIT_ERROR, OID_GEN_RCV_ERROR, OID_GEN_RCV_NO_BUFFER,
    Oid.OID_802_3_PERMANENT_ADDRESS, Oid.OID_802_3_CURRENT_ADDRESS, OID_802_3_MULTICAST_LIST,
    Oid.OID_802_3_MAXIMUM_LIST_SIZE, OID_802_3_RCV_ERROR_ALIGNMENT, OID_802_3_XMIT_ONE_COLLISION,
    OID_802_3_XMIT_MORE_COLLISIONS, 0x01020201, 0x01020202, 0x01020203, 0x01020204, 0x01020205,
    0x01020206, 0x01020207, OID_PNP_CAPABILITIES, Oid.RECEIVE_FILTER_ALLOCATE_QUEUE,
    Oid.RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE, Oid.RECEIVE_FILTER_FREE_QUEUE,
    Oid.RECEIVE_FILTER_CLEAR_FILTER, Oid.RECEIVE_FILTER_SET_FILTER,
]


FRAME = 1514


class NetVMiniOids(Shipped):
    """Answers OID requests."""

    # What the driver has beside them.
    queues: dict[int, Any]
    filters: dict[int, ReceiveFilterParameters]
    make_queue: Any
    complete_allocation: Any
    free_queue: Any

    def oid_request(self, upcall: Any) -> OidAnswer | int:
        request: OidRequest = upcall.request
        if request.request_type == RequestType.METHOD:
            return self.method(request)
        if request.request_type == RequestType.SET_INFORMATION:
            return self.set(request, upcall.oid_handle)
        return self.query(request)

    def query(self, request: OidRequest) -> OidAnswer | int:
        values = {
            OID_GEN_HARDWARE_STATUS: u32(0),
            OID_GEN_MAXIMUM_TOTAL_SIZE: u32(FRAME), OID_GEN_TRANSMIT_BLOCK_SIZE: u32(FRAME),
            OID_GEN_RECEIVE_BLOCK_SIZE: u32(FRAME), OID_GEN_TRANSMIT_BUFFER_SPACE: u32(256 * FRAME),
            OID_GEN_RECEIVE_BUFFER_SPACE: u32(256 * FRAME), OID_GEN_MAXIMUM_SEND_PACKETS: u32(1),
            OID_GEN_XMIT_ERROR: u32(0), OID_GEN_RCV_ERROR: u32(0), OID_GEN_RCV_NO_BUFFER: u32(0),
            OID_GEN_VENDOR_ID: u32(0x00FFFFFF), OID_GEN_VENDOR_DESCRIPTION: b"Microsoft\0",
            OID_GEN_VENDOR_DRIVER_VERSION: u32(0x00040002),
            OID_GEN_XMIT_OK: struct.pack("<Q", 0), OID_GEN_RCV_OK: struct.pack("<Q", 0),
            OID_GEN_TRANSMIT_QUEUE_LENGTH: u32(0), OID_802_3_RCV_ERROR_ALIGNMENT: u32(0),
            OID_802_3_XMIT_ONE_COLLISION: u32(0), OID_802_3_XMIT_MORE_COLLISIONS: u32(0),
            OID_GEN_INTERRUPT_MODERATION: struct.pack("<BBHII", 0x80, 1, 12, 0, 1),
            Oid.GEN_STATISTICS: struct.pack("<BBHI18Q", 0x80, 1, 152, 0x0003FFF5, *([0] * 18)),
            OID_PNP_QUERY_POWER: b"",
        }
        value = values.get(request.oid)
        if value is None:
            return Status.NOT_SUPPORTED
        if len(value) > request.output_length:
            status = Status.INVALID_LENGTH if request.oid == Oid.GEN_STATISTICS else Status.BUFFER_TOO_SHORT
            return OidAnswer(status, bytes_needed=len(value))
        return OidAnswer(information=value)

    def set(self, request: OidRequest, handle: int) -> OidAnswer | int:
        size = len(request.input)
        match request.oid:
            case x if x == OID_802_3_MULTICAST_LIST:
                if size % 6:
                    return OidAnswer(Status.INVALID_LENGTH, bytes_read=size, bytes_needed=6)
                if size > 32 * 6:
                    return OidAnswer(MULTICAST_FULL, bytes_read=size, bytes_needed=32 * 6)
            case Oid.GEN_CURRENT_PACKET_FILTER | Oid.GEN_CURRENT_LOOKAHEAD:
                if size != 4:
                    return OidAnswer(Status.INVALID_LENGTH, bytes_needed=4)
            case Oid.RECEIVE_FILTER_FREE_QUEUE:
                queue_id = ReceiveQueueFreeParameters.from_image(request.input).queue_id
                status = self.free_queue(queue_id, handle)
                if status != Status.SUCCESS:
                    return status
            case Oid.RECEIVE_FILTER_CLEAR_FILTER:
                parameters = ReceiveFilterClearParameters.from_image(request.input)
                if parameters.filter_id not in self.filters:
                    return Status.INVALID_PARAMETER
                del self.filters[parameters.filter_id]
            case Oid.RECEIVE_FILTER_QUEUE_PARAMETERS:
                pass
            case _:
                return Status.NOT_SUPPORTED
        return OidAnswer(bytes_read=size)

    def method(self, request: OidRequest) -> OidAnswer | int:
        """The structure is changed in place; BytesWritten stays 0."""
        data, read = request.input, 0
        match request.oid:
            case Oid.RECEIVE_FILTER_ALLOCATE_QUEUE:
                queue = ReceiveQueueParameters.from_image(data)
                read = 1084
                if queue.queue_id == 0 or queue.queue_type != 1 or queue.queue_id in self.queues:
                    return OidAnswer(Status.INVALID_PARAMETER, bytes_read=read)
                self.make_queue(queue)
            case Oid.RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE:
                array = ReceiveQueueAllocationComplete.from_image(data)
                array.completion_status = self.complete_allocation(array.queue_id)
                data, read = array.pack(), 20 + 16
            case Oid.RECEIVE_FILTER_SET_FILTER:
                parameters = ReceiveFilterParameters.from_image(data)
                read = 36
                if parameters.queue_id not in self.queues or parameters.filter_id in self.filters:
                    return OidAnswer(Status.INVALID_PARAMETER, bytes_read=read)
                self.filters[parameters.filter_id] = parameters
            case _:
                return Status.NOT_SUPPORTED
        return OidAnswer(information=data, bytes_read=read, bytes_written=0)
