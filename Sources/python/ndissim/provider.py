"""The provider role: a provider that allocates blocks from the sections it offers, one or more for
each domain. Subclass it, or pass `on_allocate` and `on_free`."""

from collections.abc import Callable
from dataclasses import dataclass

from .abi import SHARED_MEM_PARAMETERS_CONTIGUOUS, Status
from .drivers import NdisObject
from .memory import Section, make_section
from .messages import Extent
from .upcalls import AllocateAnswer, UpcallAllocate, UpcallFree


class Pool:
    """A section's free pages as sorted runs (first page, pages)."""

    def __init__(self, section: Section, page_size: int) -> None:
        self.section = section
        self.page_size = page_size
        self.runs = [(0, section.size // page_size)]

    def take(self, length: int, contiguous: bool, maximum_extents: int) -> list[Extent] | None:
        """Extents that sum to `length`, first fit; None when there is not enough memory."""
        wanted = -(-length // self.page_size)
        taken = [run for run in self.runs if run[1] >= wanted][:1]
        if taken:
            taken = [(taken[0][0], wanted)]
        elif contiguous:
            return None
        else:
            for first, count in self.runs:
                taken.append((first, min(count, wanted)))
                wanted -= taken[-1][1]
                if wanted == 0:
                    break
            if wanted or len(taken) > maximum_extents:
                return None
        extents = []
        for first, count in taken:
            self._remove(first, count)
            size = min(count * self.page_size, length)
            extents.append(Extent(first * self.page_size, size))
            length -= size
        return extents

    def give(self, extents: list[Extent]) -> None:
        """Frees extents and merges adjacent runs."""
        for extent in extents:
            pages = -(-extent.length // self.page_size)
            self.runs.append((extent.offset // self.page_size, pages))
        joined: list[tuple[int, int]] = []
        for first, count in sorted(self.runs):
            if joined and sum(joined[-1]) == first:
                joined[-1] = (joined[-1][0], joined[-1][1] + count)
            else:
                joined.append((first, count))
        self.runs = joined

    def _remove(self, first: int, count: int) -> None:
        index = next(i for i, run in enumerate(self.runs) if run[0] == first)
        whole = self.runs[index]
        rest = [(first + count, whole[1] - count)] if whole[1] > count else []
        self.runs[index : index + 1] = rest


@dataclass
class ProvidedBlock:
    """A block as its provider sees it."""

    context: int
    pool: Pool
    extents: list[Extent]
    tag: int
    site: str

    @property
    def length(self) -> int:
        return sum(extent.length for extent in self.extents)

    def read(self) -> bytes:
        """The block's bytes, across its extents."""
        return b"".join(bytes(self.pool.section.view(extent)) for extent in self.extents)


class SharedMemoryProvider:
    """Serves allocations. Create it with the object the handlers are to be registered on: a driver
    in its SetOptions handler, a binding in its bind handler."""

    def __init__(
        self,
        target: NdisObject,
        section_size: int = 1 << 20,
        on_allocate: Callable[[ProvidedBlock], None] | None = None,
        on_free: Callable[[ProvidedBlock], None] | None = None,
    ) -> None:
        self.target = target
        self.section_size = section_size
        self.on_allocate = on_allocate
        self.on_free = on_free
        self.pools: dict[int, list[Pool]] = {}
        self.blocks: dict[int, ProvidedBlock] = {}
        self._next = 1
        target.session.on_section_released = self.released
        target.provide_shared_memory(self.allocate, self.free)

    def allocate(self, upcall: UpcallAllocate) -> AllocateAnswer | int:
        """`ALLOCATE_SHARED_MEMORY_HANDLER`."""
        length = upcall.parameters.length
        contiguous = bool(upcall.parameters.flags & SHARED_MEM_PARAMETERS_CONTIGUOUS)
        pools = self.pools.setdefault(upcall.domain, [])
        for pool in pools:
            extents = pool.take(length, contiguous, upcall.maximum_extents)
            if extents:
                break
        else:
            pool = self._offer(upcall.domain, length)
            pools.append(pool)
            extents = pool.take(length, contiguous, upcall.maximum_extents)
        if not extents:
            return Status.RESOURCES
        block = ProvidedBlock(self._next, pool, extents, upcall.tag, upcall.site)
        self._next += 1
        self.blocks[block.context] = block
        if self.on_allocate:
            self.on_allocate(block)
        return AllocateAnswer(pool.section.handle, extents, block.context)

    def free(self, upcall: UpcallFree) -> None:
        """`FREE_SHARED_MEMORY_HANDLER`."""
        block = self.blocks.pop(upcall.shared_memory_provider_context)
        try:
            if self.on_free:
                self.on_free(block)
        finally:
            block.pool.give(block.extents)

    def released(self, section: int) -> None:
        """A section's domain is gone: its memory is released too."""
        for domain, pools in list(self.pools.items()):
            for pool in pools:
                if pool.section.handle == section:
                    pool.section.close()
            self.pools[domain] = [pool for pool in pools if pool.section.handle != section]

    def _offer(self, domain: int, length: int) -> Pool:
        session = self.target.session
        page_size = session.hello.page_size
        size = max(self.section_size, -(-length // page_size) * page_size)
        fd = make_section(size)
        section = Section(0, fd, size)
        try:
            section.handle = session.offer_section(self.target.handle, domain, fd, size).section
        except BaseException:
            section.close()
            raise
        return Pool(section, page_size)
