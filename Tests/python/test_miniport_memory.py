"""NdisMAllocateSharedMemory, NdisMFreeSharedMemory and NdisMAllocateSharedMemoryAsyncEx against the real daemon."""

import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import ndissim
import pytest
from conftest import DEADLINE, Daemon, eventually
from ndissim import (
    DISPATCH_LEVEL,
    MiniportAdapter,
    MiniportBlock,
    MiniportDriver,
    MiniportHandlers,
    NdisError,
    NetBuffer,
    NetBufferList,
    ProtocolDriver,
    ProtocolHandlers,
    Segment,
    Session,
    Status,
    at_irql,
)
from ndissim.abi import FEATURE_M_SHARED_MEMORY
from test_restart import PAGE, Service, pattern

Completed = tuple[MiniportBlock | None, int, int]


class Mini:
    """A miniport that allocates in its initialize handler, and keeps what its handler
    `allocate_complete` gets."""

    def __init__(
        self,
        session: Session,
        *lengths: int,
        name: str = "older",
        in_initialize: Callable[[MiniportAdapter], None] = lambda adapter: None,
    ) -> None:
        self.blocks: list[MiniportBlock] = []
        self.completed: list[Completed] = []
        self.lengths, self.in_initialize = lengths, in_initialize
        handlers = MiniportHandlers(
            initialize=self.initialize, halt=self.halt, allocate_complete=self.complete
        )
        self.driver = MiniportDriver(session, name, handlers)
        self.adapter = self.driver.add_adapter(name + "0")

    def initialize(self, adapter: MiniportAdapter) -> None:
        adapter.prepare()
        self.blocks += [adapter.m_allocate(length) for length in self.lengths]
        self.in_initialize(adapter)

    def complete(
        self, adapter: MiniportAdapter, block: MiniportBlock | None, length: int, context: int
    ) -> None:
        self.completed.append((block, length, context))

    def halt(self, adapter: MiniportAdapter) -> None:
        for block in self.blocks:
            block.free()
        adapter.deregister_dma()


def refused(call: Callable[[], object]) -> NdisError:
    with pytest.raises(NdisError) as caught:
        call()
    return caught.value


def test_memory_from_initialize_to_halt(untouched: Daemon) -> None:
    with untouched.connect() as session:
        assert session.hello.features & FEATURE_M_SHARED_MEMORY
        mini = Mini(session, PAGE, 3 * PAGE + 5)
        first, second = mini.blocks
        assert first.shared_memory_handle == 0 and second.length == 3 * PAGE + 5
        assert first.virtual_address and first.physical_address != second.physical_address
        second.write(pattern(1, second.length))
        assert second.read() == pattern(1, second.length)
        assert refused(lambda: mini.adapter.m_allocate(PAGE)).rule == "allocatedLate"
        mini.adapter.remove()
        statistics = session.statistics()
        assert (statistics.session_blocks, statistics.session_leaked_blocks) == (0, 0)
        assert statistics.session_violations == 1


def test_at_a_raised_irql(untouched: Daemon) -> None:
    found: list[NdisError] = []

    def too_high(adapter: MiniportAdapter) -> None:
        with at_irql(DISPATCH_LEVEL):
            found.append(refused(lambda: adapter.m_allocate(PAGE)))

    with untouched.connect() as session:
        mini = Mini(session, in_initialize=too_high)
        check = found[0].bugcheck
        assert check and check.code == 0x7C
        assert check.parameters == (1, mini.adapter.handle, PAGE, DISPATCH_LEVEL)


def test_a_free_that_does_not_match(untouched: Daemon) -> None:
    with untouched.connect() as session:
        mini = Mini(session, 2 * PAGE)
        (block,) = mini.blocks
        va, pa = block.virtual_address, block.physical_address

        def free(
            length: int = 2 * PAGE, cached: bool = False, address: int = va, physical: int = pa
        ) -> NdisError:
            error = refused(
                lambda: session.m_free_shared_memory(
                    mini.adapter.handle, length, cached, address, physical
                )
            )
            assert error.bugcheck and error.bugcheck.code == 0x7C
            assert error.bugcheck.parameters[0] == 3 and error.bugcheck.parameters[3] == address
            return error

        assert free(length=PAGE).rule == "freeLength"
        assert free(cached=True).rule == "freeCached"
        assert free(physical=pa + PAGE).rule == "freePhysicalAddress"
        assert free(address=va + PAGE, physical=pa + PAGE, length=PAGE).rule == "freeSubrange"
        assert free(address=0x1000).rule == "freeUnknownAddress"
        wrong = refused(
            lambda: session.free_shared_memory(mini.adapter.handle, block.allocation_handle)
        )
        assert wrong.rule == "otherFreeRoutine"
        newer = mini.adapter.allocate(PAGE)
        block.free()
        mini.blocks.clear()
        assert free().rule == "doubleFree"
        newer.free()
        assert session.statistics().session_violations == 7


def test_an_address_that_is_used_again(untouched: Daemon) -> None:
    """A second allocation may be where a freed one was: a free names the one that is there now."""
    with untouched.connect() as session:
        addresses = []

        def again(adapter: MiniportAdapter) -> None:
            for _ in range(3):
                block = adapter.m_allocate(PAGE)
                addresses.append(block.virtual_address)
                block.free()

        Mini(session, in_initialize=again)
        assert len(set(addresses)) < 3
        assert session.statistics().session_violations == 0


def test_asynchronous(untouched: Daemon) -> None:
    with untouched.connect() as session:
        mini = Mini(session)
        with at_irql(DISPATCH_LEVEL):
            mini.adapter.m_allocate_async(3 * PAGE, cached=True, context=0xC0FFEE)
        session.serve(until=lambda: bool(mini.completed), timeout=DEADLINE)
        block, length, context = mini.completed[0]
        assert block and (block.length, length, context) == (3 * PAGE, 3 * PAGE, 0xC0FFEE)
        assert block.cached
        block.write(pattern(2, length))
        assert block.read() == pattern(2, length)
        with at_irql(DISPATCH_LEVEL):
            block.free()
        assert session.statistics().session_violations == 0


def test_asynchronous_failures(untouched: Daemon) -> None:
    with untouched.connect() as session:
        mini = Mini(session)
        # More than the HAL has.
        mini.adapter.m_allocate_async(0xFFFF_FFFF, context=7)
        session.serve(until=lambda: bool(mini.completed), timeout=DEADLINE)
        assert mini.completed == [(None, 0xFFFF_FFFF, 7)]
        error = refused(lambda: session.m_allocate_shared_memory_async_ex(mini.adapter.handle, PAGE))
        assert (error.status, error.rule) == (Status.FAILURE, "wrongKindOfHandle")
        plain = MiniportDriver(session, "plain").add_adapter("plain0")
        assert refused(lambda: plain.m_allocate_async(PAGE)).rule == "allocateCompleteMissing"


def test_a_handler_frees_what_it_gets(untouched: Daemon) -> None:
    with untouched.connect() as session:
        mini = Mini(session)
        done = []

        def complete(
            adapter: MiniportAdapter, block: MiniportBlock | None, length: int, context: int
        ) -> None:
            assert block
            block.free()
            done.append(context)

        mini.driver.handlers.allocate_complete = complete
        for number in range(10):
            mini.adapter.m_allocate_async(PAGE, context=number)
        session.serve(until=lambda: len(done) == 10, timeout=DEADLINE)
        assert sorted(done) == list(range(10))
        mini.adapter.remove()
        assert session.statistics().session_violations == 0


def test_frames_in_it_are_received(untouched: Daemon) -> None:
    """A78: it is named by its AllocationHandle; its SharedMemoryHandle is NULL."""
    with untouched.connect("below") as below, untouched.connect("above") as above:
        mini = Mini(below, PAGE)
        (block,) = mini.blocks
        seen: list[bytes] = []

        def receive(binding: ndissim.Binding, indication: object) -> None:
            for one in indication.lists:  # type: ignore[attr-defined]
                for part in one.buffers[0].parts:
                    seen.append(bytes(above.bytes_of(part) or b""))
            binding.give_back(indication.lists)  # type: ignore[attr-defined]

        ProtocolDriver(above, "up", ProtocolHandlers(receive=receive)).bind_adapter("older0")
        block.write(pattern(3, 64))
        buffers = [NetBuffer(64, [Segment(block.allocation_handle, 0, 64)])]
        thread = threading.Thread(
            target=lambda: above.serve(until=lambda: bool(seen), timeout=DEADLINE)
        )
        thread.start()
        mini.adapter.indicate_receive([NetBufferList(1, 0, 0, buffers)])
        thread.join(DEADLINE)
        assert seen == [pattern(3, 64)]
        # The binding is closed in a handler of the receiver, which serves.
        thread = threading.Thread(target=lambda: above.serve(timeout=2))
        thread.start()
        mini.adapter.remove()
        thread.join(DEADLINE)


def test_ndisctl_tells_the_routine(untouched: Daemon, program: str) -> None:
    ndisctl = str(Path(program).parent / "ndisctl")
    varlink = str(untouched.directory / "org.ndissim.Simulator")

    def ask(*arguments: str) -> str:
        done = subprocess.run(
            [ndisctl, *arguments], capture_output=True, text=True, timeout=DEADLINE
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    with untouched.connect() as session:
        mini = Mini(session, PAGE)
        mini.adapter.m_allocate_async(PAGE)
        session.serve(until=lambda: bool(mini.completed), timeout=DEADLINE)
        newer = mini.adapter.allocate(PAGE)
        blocks = json.loads(ask("list", "blocks", "--json", "--socket", varlink))
        rows = blocks["blocks"] if isinstance(blocks, dict) else blocks
        assert sorted(row["routine"] for row in rows) == [
            "NdisAllocateSharedMemory",
            "NdisMAllocateSharedMemory",
            "NdisMAllocateSharedMemoryAsyncEx",
        ]
        handle = next(r["handle"] for r in rows if r["routine"] == "NdisMAllocateSharedMemory")
        page = ask("show", handle, "--socket", varlink)
        assert "NdisMAllocateSharedMemory" in page
        newer.free()
        block = mini.completed[0][0]
        assert block
        block.free()
    printed = ask("alloc", "--older", "--count", "2", "--driver-socket", untouched.socket)
    assert printed.count("AllocationHandle") == 2


# A restart


@pytest.fixture
def service(program: str) -> "object":
    running = Service(program)
    yield running
    running.end()


def test_it_outlives_the_daemon(service: Service) -> None:
    with service.connect() as session:
        mini = Mini(session, 2 * PAGE)
        mini.adapter.m_allocate_async(PAGE, context=1)
        session.serve(until=lambda: len(mini.completed) == 1, timeout=DEADLINE)
        blocks = [mini.blocks[0], mini.completed[0][0]]
        for number, block in enumerate(blocks):
            assert block
            block.write(pattern(number, block.length))
        service.again()
        session.ping()
        assert session.resumptions == 1
        for number, block in enumerate(blocks):
            assert block and block.read() == pattern(number, block.length)
        mini.adapter.m_allocate_async(PAGE, context=2)
        session.serve(until=lambda: len(mini.completed) == 2, timeout=DEADLINE)
        again = mini.completed[1][0]
        assert again
        again.free()
        assert blocks[1]
        blocks[1].free()
        mini.adapter.remove()
        assert session.statistics().session_violations == 0, service.log()
        assert session.statistics().session_leaked_blocks == 0


def test_a_completion_that_is_called_over_a_restart(service: Service) -> None:
    """The handler runs while the daemon dies; it is called once, and MiniportHaltEx waits for it."""
    entered, go_on = threading.Event(), threading.Event()
    with service.connect() as session:
        mini = Mini(session)

        def complete(
            adapter: MiniportAdapter, block: MiniportBlock | None, length: int, context: int
        ) -> None:
            mini.completed.append((block, length, context))
            entered.set()
            assert go_on.wait(DEADLINE)
            assert block
            block.free()

        mini.driver.handlers.allocate_complete = complete
        mini.adapter.m_allocate_async(PAGE, context=5)
        thread = threading.Thread(target=mini.adapter.remove)
        thread.start()
        assert entered.wait(DEADLINE)
        service.again()
        go_on.set()
        thread.join(DEADLINE)
        assert not thread.is_alive() and len(mini.completed) == 1
        assert session.statistics().session_violations == 0, service.log()
        eventually("no block", lambda: session.statistics().blocks == 0)
