"""Received lists: as a miniport indicates them, as a protocol driver receives them, their messages."""

import struct
from dataclasses import dataclass, field
from typing import Self

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
    """A frame: its bytes and where they are."""

    data_length: int
    parts: list[Segment] | list[ViewSegment] = field(default_factory=list)


@dataclass
class NetBufferList:
    """A list of frames. To a miniport `handle` is a number of its own; a protocol driver uses
    it to return the list."""

    handle: int
    queue_id: int = 0
    filter_id: int = 0
    buffers: list[NetBuffer] = field(default_factory=list)

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
            for _ in range(buffer.segments):
                parts.append(ViewSegment.unpack(data, offset))
                offset += ViewSegment.size()
            made.buffers.append(NetBuffer(buffer.data_length, parts))
        return made, offset


@dataclass
class IndicateReceive(Layout):
    """`count` lists follow."""

    adapter_handle: int
    port_number: int = 0
    flags: int = 0
    count: int = 0
    LAYOUT = struct.Struct("<QIII4x")


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
    LAYOUT = struct.Struct("<QQQIII4x")

    def __post_init__(self) -> None:
        self.lists: list[NetBufferList] = []

    def read_rest(self, rest: bytes) -> None:
        offset = 0
        for _ in range(self.count):
            made, offset = NetBufferList.unpack(rest, offset)
            self.lists.append(made)
        if offset != len(rest):
            raise ValueError(f"{len(rest) - offset} bytes after the last list")

    def pack_rest(self) -> bytes:
        return b"".join(made.pack() for made in self.lists)


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
