"""OID requests: requests of a protocol driver, answers of a miniport, and their messages."""

import struct
from dataclasses import dataclass, field
from typing import Self

from .abi import RequestType, Status
from .errors import NdisError
from .images import OidRequestImage
from .layout import Layout
from .messages import failure_of


@dataclass
class OidRequest:
    """An OID request without its transport fields. A query has an output buffer, a set has input, a
    method has both."""

    request_type: int
    oid: int
    input: bytes = b""
    output_length: int = 0
    request_id: int = 0
    timeout: int = 0
    method_id: int = 0
    port_number: int = 0
    request_handle: int = 0
    # 2 for drivers of NDIS 6.50.
    revision: int = 1
    switch_id: int = 0
    vport_id: int = 0
    flags: int = 0

    def image(self) -> OidRequestImage:
        """`NDIS_OID_REQUEST`."""
        image = OidRequestImage(
            revision=self.revision,
            header_size=236 if self.revision == 1 else 248,
            request_type=self.request_type,
            port_number=self.port_number,
            timeout=self.timeout,
            request_id=self.request_id,
            request_handle=self.request_handle,
            oid=self.oid,
            information_buffer_length=len(self.input),
            switch_id=self.switch_id,
            vport_id=self.vport_id,
            flags=self.flags,
        )
        if self.request_type == RequestType.METHOD:
            image.bytes_written, image.bytes_needed = self.output_length, self.method_id
        elif self.request_type != RequestType.SET_INFORMATION:
            image.information_buffer_length = self.output_length
        return image

    def pack(self) -> bytes:
        """The image and the input after it."""
        return self.image().pack() + self.input

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Reads an image with the input after it."""
        image = OidRequestImage.from_image(data)
        request = cls(
            image.request_type, image.oid, data[image.header_size:], 0, image.request_id,
            image.timeout, 0, image.port_number, image.request_handle, image.revision,
            image.switch_id, image.vport_id, image.flags,
        )
        if image.request_type == RequestType.METHOD:
            request.output_length, request.method_id = image.bytes_written, image.bytes_needed
        elif image.request_type != RequestType.SET_INFORMATION:
            request.output_length = image.information_buffer_length
        return request


@dataclass
class OidResult(Layout):
    """`length` bytes of the information buffer follow."""

    bytes_read: int = 0
    bytes_written: int = 0
    bytes_needed: int = 0
    length: int = 0
    supported_revision: int = 0
    LAYOUT = struct.Struct("<IIIIB7x")


@dataclass
class OidAnswer:
    """The result of a request: what a miniport's handler returns, or a protocol driver receives.
    `error` is set when NDIS reports more than the status."""

    status: int = Status.SUCCESS
    information: bytes = b""
    bytes_read: int = 0
    bytes_written: int | None = None
    bytes_needed: int = 0
    supported_revision: int = 0
    error: NdisError | None = None

    def pack(self) -> bytes:
        """`ndissim_oid_result` and the information."""
        count = len(self.information)
        written = count if self.bytes_written is None else self.bytes_written
        return OidResult(
            self.bytes_read, written, self.bytes_needed, count, self.supported_revision
        ).pack() + self.information

    @classmethod
    def unpack(cls, status: int, data: bytes) -> Self:
        raw = OidResult.unpack(data)
        end = OidResult.size() + raw.length
        if end > len(data):
            raise ValueError(f"a result of {raw.length} bytes in a body of {len(data)}")
        answer = cls(
            status, data[OidResult.size():end], raw.bytes_read, raw.bytes_written,
            raw.bytes_needed, raw.supported_revision,
        )
        if status != Status.SUCCESS and end < len(data):
            answer.error = failure_of(status, data[end:])
        return answer

    def get(self) -> bytes:
        """The information, or NdisError."""
        if self.status != Status.SUCCESS:
            raise self.error or NdisError(self.status)
        return self.information


@dataclass
class OidRequestBody(Layout):
    """The image of `NDIS_OID_REQUEST` and the input follow."""

    binding_handle: int
    request_context: int = 0
    LAYOUT = struct.Struct("<QQ")


@dataclass
class CancelOidRequest(Layout):
    binding_handle: int
    request_id: int
    LAYOUT = struct.Struct("<QQ")


@dataclass
class MiniportOidRequestComplete(Layout):
    """`ndissim_oid_result` and its bytes follow."""

    adapter_handle: int
    oid_handle: int
    status: int = Status.SUCCESS
    LAYOUT = struct.Struct("<QQI4x")


@dataclass
class UpcallOidRequest(Layout):
    adapter_handle: int
    adapter_context: int
    handler: int
    oid_handle: int
    LAYOUT = struct.Struct("<QQQQ")
    # What follows the body; not a field of the layout.
    request = OidRequest(0, 0)

    def read_rest(self, rest: bytes) -> None:
        self.request = OidRequest.unpack(rest)

    def pack_rest(self) -> bytes:
        return self.request.pack()


@dataclass
class UpcallCancelOidRequest(Layout):
    adapter_handle: int
    adapter_context: int
    handler: int
    oid_handle: int
    request_id: int
    LAYOUT = struct.Struct("<QQQQQ")


@dataclass
class UpcallOidRequestComplete(Layout):
    binding_handle: int
    binding_context: int
    handler: int
    request_context: int
    oid_handle: int
    status: int = field(default=Status.SUCCESS)
    LAYOUT = struct.Struct("<QQQQQI4x")
    answer = OidAnswer()

    def read_rest(self, rest: bytes) -> None:
        self.answer = OidAnswer.unpack(self.status, rest)

    def pack_rest(self) -> bytes:
        return self.answer.pack()


__all__ = ["OidAnswer", "OidRequest", "OidResult"]
