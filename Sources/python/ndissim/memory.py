"""Shared memory as a driver sees it: sections that are mapped once, and blocks that are views of
them. The mmap module cannot place two mappings side by side, so a scattered block is a list of
views, one for each extent, with `read` and `write` across them."""

import ctypes
import fcntl
import mmap
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .messages import Extent

if TYPE_CHECKING:
    from .session import Session

PAGE_SIZE = mmap.PAGESIZE
_LIBC = ctypes.CDLL(None, use_errno=True)

# Not in the fcntl module of every Python 3.11.
F_ADD_SEALS = getattr(fcntl, "F_ADD_SEALS", 1033)
F_SEAL_SEAL = 0x1
F_SEAL_SHRINK = 0x2
F_SEAL_GROW = 0x4


def make_section(size: int, name: str = "ndissim", seal: bool = True) -> int:
    """A memfd that can be a section: mode 0600, `size` bytes, sealed against growing, shrinking and
    further sealing. Returns its descriptor."""
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.fchmod(fd, 0o600)
        os.ftruncate(fd, size)
        if seal:
            fcntl.fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)
    except BaseException:
        os.close(fd)
        raise
    return fd


def pages(length: int) -> int:
    """Pages that `length` bytes touch."""
    return -(-length // PAGE_SIZE)


class Section:
    """A section's descriptor and, once requested, its mapping: for reading only when the daemon
    sent it as a view."""

    def __init__(self, handle: int, fd: int, size: int, writable: bool = True) -> None:
        self.writable = writable
        self.handle = handle
        self.fd = fd
        self.size = size
        self._map: mmap.mmap | None = None

    def view(self, extent: Extent) -> memoryview:
        """The bytes of an extent, shared with every process that maps the section."""
        if self._map is None:
            access = mmap.PROT_READ | (mmap.PROT_WRITE if self.writable else 0)
            self._map = mmap.mmap(self.fd, self.size, mmap.MAP_SHARED, access)
        return memoryview(self._map)[extent.offset : extent.offset + extent.length]

    def protect(self, extent: Extent, accessible: bool) -> None:
        """Makes the pages of an extent inaccessible in this process, or accessible again."""
        if self._map is None or not self.writable:
            return
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._map)) + extent.offset
        access = mmap.PROT_READ | mmap.PROT_WRITE if accessible else 0
        # It fails when the process has too many mappings; the pages are then as before.
        _LIBC.mprotect(
            ctypes.c_void_p(start), ctypes.c_size_t(pages(extent.length) * PAGE_SIZE), access)

    def address(self, offset: int) -> int:
        """The address of a byte of a writable section in this process."""
        view = self.view(Extent(offset, 1))
        return ctypes.addressof(ctypes.c_char.from_buffer(view))

    def close(self) -> None:
        """Closes the descriptor. The mapping is removed with its last view."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
        self._map = None


@dataclass
class Block:
    """A block from `NdisAllocateSharedMemory`. Use it in a `with` statement to free it at the
    end. `scatter_gather_list` contains (physical address, length)."""

    session: "Session"
    ndis_handle: int
    allocation_handle: int
    shared_memory_handle: int
    section: Section
    physical_base: int
    extents: list[Extent]
    freed: bool = False
    views: list[memoryview] = field(default_factory=list)
    # Its pages become inaccessible when it is freed.
    guarded: bool = False

    def __post_init__(self) -> None:
        self.views = [self.section.view(extent) for extent in self.extents]
        self._protect(True)

    def _protect(self, accessible: bool) -> None:
        if self.guarded:
            for extent in self.extents:
                self.section.protect(extent, accessible)

    @property
    def length(self) -> int:
        return sum(extent.length for extent in self.extents)

    @property
    def scatter_gather_list(self) -> list[tuple[int, int]]:
        return [(self.physical_base + e.offset, e.length) for e in self.extents]

    @property
    def view(self) -> memoryview:
        """The whole block as one view; only a block of one extent has it."""
        if len(self.views) != 1:
            raise ValueError(f"a block of {len(self.views)} extents has no single view")
        return self.views[0]

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        """Bytes of the block, across its extents."""
        if length is None:
            length = self.length - offset
        parts = [view[a:b] for view, a, b in self._parts(offset, length)]
        return b"".join(parts)

    def write(self, data: bytes | memoryview, offset: int = 0) -> None:
        """Writes into the block, across its extents."""
        source = memoryview(data).cast("B")
        done = 0
        for view, a, b in self._parts(offset, len(source)):
            view[a:b] = source[done : done + b - a]
            done += b - a

    def _parts(self, offset: int, length: int) -> list[tuple[memoryview, int, int]]:
        if offset < 0 or length < 0 or offset + length > self.length:
            raise IndexError(f"{length} bytes at {offset} are outside a block of {self.length}")
        parts, start = [], 0
        for view in self.views:
            a = max(offset, start) - start
            b = min(offset + length, start + len(view)) - start
            if a < b:
                parts.append((view, a, b))
            start += len(view)
        return parts

    def free(self) -> None:
        """`NdisFreeSharedMemory`. The views are invalid afterwards. With `guards_freed_memory` of
        the session an access through a view that was made of them ends the process."""
        # Before the message is sent: afterwards the pages may be another block's.
        self._protect(False)
        try:
            self._call_free()
        except BaseException:
            self._protect(True)
            raise
        self.freed = True
        for view in self.views:
            view.release()
        self.views = []

    def _call_free(self) -> None:
        self.session.free_shared_memory(self.ndis_handle, self.allocation_handle)

    def __enter__(self) -> "Block":
        return self

    def __exit__(self, *_: object) -> None:
        if not self.freed:
            self.free()


@dataclass
class MiniportBlock(Block):
    """Memory of `NdisMAllocateSharedMemory` or `NdisMAllocateSharedMemoryAsyncEx`; `ndis_handle` is the
    adapter's. It is freed by its addresses: `free` is `NdisMFreeSharedMemory` with the parameters of the
    allocation."""

    cached: bool = False

    @property
    def virtual_address(self) -> int:
        """VirtualAddress, in this process."""
        return self.section.address(self.extents[0].offset)

    @property
    def physical_address(self) -> int:
        """PhysicalAddress, which is simulated."""
        return self.physical_base + self.extents[0].offset

    def _call_free(self) -> None:
        self.session.m_free_shared_memory(
            self.ndis_handle, self.length, self.cached, self.virtual_address, self.physical_address
        )


class Places:
    """Where the blocks of `NdisMAllocateSharedMemory` are, by their addresses; also those that have been freed, so
    that NDIS can say what is wrong with another free."""

    def __init__(self) -> None:
        self._blocks: dict[int, tuple[int, int]] = {}
        self._freed: set[int] = set()

    def add(self, block: MiniportBlock) -> None:
        """A block has been allocated."""
        self._blocks[block.virtual_address] = (block.allocation_handle, block.length)
        self._freed.discard(block.virtual_address)

    def free(self, address: int) -> None:
        """The block at an address has been freed."""
        self._freed.add(address)

    def find(self, address: int) -> tuple[int, int]:
        """The AllocationHandle of the block at an address, or else of one that it lies in, best a live one, and the
        offset in it; zeros where no block has been."""
        if address in self._blocks:
            return self._blocks[address][0], 0
        around = [
            (base in self._freed, base)
            for base, (_, length) in self._blocks.items()
            if base <= address < base + length
        ]
        if not around:
            return 0, 0
        base = min(around)[1]
        return self._blocks[base][0], address - base
