"""Received lists: as a miniport indicates them, as a protocol driver receives them, their messages."""

import struct
from dataclasses import dataclass, field
from typing import Self

from .abi import LIST_INFORMATION_8021Q
from .layout import Layout


@dataclass
class Segment(Layout):
    """`NET_BUFFER_SHARED_MEMORY`: a part of a block."""

    shared_memory_handle: int
    offset: int
    length: int
    LAYOUT = struct.Struct("<16xQII")


@dataclass
class ViewSegment(Layout):
    """Contiguous bytes of a section."""

    shared_memory_handle: int
    section: int
    offset: int
    length: int
    LAYOUT = struct.Struct("<QQQI4x")


@dataclass
class NetBufferListHead(Layout):
    handle: int
    filter_id: int = 0
    queue_id: int = 0
    buffers: int = 0
    LAYOUT = struct.Struct("<QHHI")


@dataclass
class NetBufferHead(Layout):
    data_length: int
    segments: int
    LAYOUT = struct.Struct("<II")


@dataclass
class NetBuffer:
    """A frame: `data_length` bytes, and where they are. To a miniport a part is as long as its
    buffer may be (SharedMemoryLength); the parts a protocol driver gets end where the frame does."""

    data_length: int
    parts: list[Segment] | list[ViewSegment] = field(default_factory=list)


@dataclass
class NetBufferList:
    """A list of frames. To a miniport `handle` is a number of its own; a protocol driver uses
    it to return the list. `ieee_8021q` is Ieee8021QNetBufferListInfo: the 802.1Q tag that was removed
    from the frames, UserPriority in bits 0 to 2, VlanId in bits 4 to 15; 0 without one."""

    handle: int
    queue_id: int = 0
    filter_id: int = 0
    buffers: list[NetBuffer] = field(default_factory=list)
    ieee_8021q: int = 0

    @property
    def vlan_id(self) -> int:
        """VlanId of the 802.1Q tag."""
        return self.ieee_8021q >> 4 & 0xFFF

    @classmethod
    def one(
        cls, handle: int, queue_id: int, memory: int, offset: int, length: int
    ) -> "NetBufferList":
        """A list of one contiguous frame."""
        return cls(handle, queue_id, 0, [NetBuffer(length, [Segment(memory, offset, length)])])

    def pack(self) -> bytes:
        head = NetBufferListHead(self.handle, self.filter_id, self.queue_id, len(self.buffers))
        body = [head.pack()]
        for buffer in self.buffers:
            body.append(NetBufferHead(buffer.data_length, len(buffer.parts)).pack())
            body += [part.pack() for part in buffer.parts]
        return b"".join(body)

    @classmethod
    def unpack(cls, data: bytes, offset: int) -> tuple[Self, int]:
        """Reads a list of a protocol driver; returns it and the offset of its end."""
        head = NetBufferListHead.unpack(data, offset)
        offset += NetBufferListHead.size()
        made = cls(head.handle, head.queue_id, head.filter_id)
        for _ in range(head.buffers):
            buffer = NetBufferHead.unpack(data, offset)
            offset += NetBufferHead.size()
            parts = []
            left = buffer.data_length
            for _ in range(buffer.segments):
                part = ViewSegment.unpack(data, offset)
                # What lies behind the frame is not the receiver's.
                part.length = min(part.length, left)
                left -= part.length
                parts.append(part)
                offset += ViewSegment.size()
            made.buffers.append(NetBuffer(buffer.data_length, parts))
        return made, offset


def pack_lists(lists: list[NetBufferList], information: int) -> bytes:
    """Lists, then their out-of-band data."""
    data = b"".join(made.pack() for made in lists)
    if information & LIST_INFORMATION_8021Q:
        data += struct.pack(f"<{len(lists)}I", *(made.ieee_8021q for made in lists))
    return data


@dataclass
class IndicateReceive(Layout):
    """`count` lists follow, and what `information` says."""

    adapter_handle: int
    port_number: int = 0
    flags: int = 0
    count: int = 0
    information: int = 0
    LAYOUT = struct.Struct("<QIIII")


@dataclass
class ReturnLists(Layout):
    """`count` handles follow."""

    binding_handle: int
    flags: int = 0
    count: int = 0
    LAYOUT = struct.Struct("<QII")


@dataclass
class SectionView(Layout):
    """One descriptor is passed with it, open for reading only; none when the size is 0."""

    section: int
    size_in_bytes: int
    LAYOUT = struct.Struct("<QQ")


@dataclass
class UpcallReceive(Layout):
    """ProtocolReceiveNetBufferLists; `lists` contains what follows."""

    binding_handle: int
    binding_context: int
    handler: int
    port_number: int = 0
    flags: int = 0
    count: int = 0
    information: int = 0
    LAYOUT = struct.Struct("<QQQIIII")

    def __post_init__(self) -> None:
        self.lists: list[NetBufferList] = []

    def read_rest(self, rest: bytes) -> None:
        offset = 0
        for _ in range(self.count):
            made, offset = NetBufferList.unpack(rest, offset)
            self.lists.append(made)
        if self.information & LIST_INFORMATION_8021Q:
            for made in self.lists:
                (made.ieee_8021q,) = struct.unpack_from("<I", rest, offset)
                offset += 4
        if offset != len(rest):
            raise ValueError(f"{len(rest) - offset} bytes after the last list")

    def pack_rest(self) -> bytes:
        return pack_lists(self.lists, self.information)


@dataclass
class UpcallReturn(Layout):
    """MiniportReturnNetBufferLists; `numbers` are the miniport's own numbers of the lists."""

    adapter_handle: int
    adapter_context: int
    handler: int
    flags: int = 0
    count: int = 0
    LAYOUT = struct.Struct("<QQQII")

    def __post_init__(self) -> None:
        self.numbers: list[int] = []

    def read_rest(self, rest: bytes) -> None:
        self.numbers = list(struct.unpack(f"<{self.count}Q", rest))

    def pack_rest(self) -> bytes:
        return struct.pack(f"<{len(self.numbers)}Q", *self.numbers)


__all__ = ["NetBuffer", "NetBufferList", "Segment", "ViewSegment"]
