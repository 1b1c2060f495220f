"""What works: drivers, bindings and providers in Python, in one process and in several."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import ndissim
import pytest
from conftest import DEADLINE, ROOT, Daemon, eventually
from ndissim import (
    DISPATCH_LEVEL,
    Binding,
    MiniportAdapter,
    MiniportDriver,
    MiniportHandlers,
    NdisError,
    ProtocolDriver,
    ProtocolHandlers,
    SharedMemoryProvider,
    Status,
    at_irql,
)
from ndissim.abi import Message
from test_bad_input import KINDS, make_descriptor

EXAMPLES = ROOT / "Examples/python"


def test_hello_says_the_limits(untouched: Daemon) -> None:
    with untouched.connect() as session:
        hello = session.hello
        assert (hello.version, hello.maximum_outstanding, hello.maximum_extents) == (1, 64, 1024)
        assert hello.maximum_message == 65536 and hello.page_size >= 4096
        assert any(hello.instance)


def test_requests_under_way_together(untouched: Daemon) -> None:
    with untouched.connect() as session:
        ids = [session.send(Message.PING) for _ in range(64)]
        for request in reversed(ids):
            assert session.wait(request).header.request_id == request


def test_threads_share_a_session(untouched: Daemon) -> None:
    with untouched.connect() as session:
        adapter = MiniportDriver(session, "threads").add_adapter("threads0")
        errors: list[BaseException] = []

        def work(mark: int) -> None:
            try:
                for size in range(1, 40):
                    with adapter.allocate(size * 100) as block:
                        block.write(bytes([mark]) * block.length)
                        assert block.read() == bytes([mark]) * block.length
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(mark,)) for mark in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors


def test_miniport_life(untouched: Daemon) -> None:
    calls: list[str] = []

    def log(name: str, then=lambda adapter: None):
        return lambda adapter: (calls.append(name), then(adapter))[1]

    handlers = MiniportHandlers(
        set_options=log("set_options"),
        initialize=log("initialize", MiniportAdapter.prepare),
        restart=log("restart"),
        pause=log("pause"),
        halt=log("halt", MiniportAdapter.deregister_dma),
    )
    with untouched.connect() as session:
        driver = MiniportDriver(session, "life", handlers)
        adapter = driver.add_adapter("life0")
        assert calls == ["set_options", "initialize", "restart"]
        adapter.remove()
        driver.deregister()
        assert calls[3:] == ["pause", "halt"]
        statistics = session.statistics()
        assert (statistics.drivers, statistics.adapters) == (0, 0)
        assert statistics.session_violations == 0


def test_two_clients_of_one_name(untouched: Daemon) -> None:
    with untouched.connect() as one, untouched.connect() as two:
        MiniportDriver(one, "names").add_adapter("names0")
        with pytest.raises(NdisError) as error:
            MiniportDriver(two, "names2").add_adapter("names0")
        assert error.value.rule == "nameTaken"


def test_blocks(untouched: Daemon) -> None:
    with untouched.connect() as session:
        adapter = MiniportDriver(session, "blocks").add_adapter("blocks0")
        page = session.hello.page_size
        blocks = [adapter.allocate(page + n, contiguous=True) for n in range(20)]
        for n, block in enumerate(blocks):
            assert block.length == page + n and len(block.extents) == 1
            block.write(bytes([n + 1]) * block.length)
        for n, block in enumerate(blocks):
            assert block.read() == bytes([n + 1]) * block.length
            assert block.scatter_gather_list[0][0] % page == 0
        assert session.statistics().session_blocks == 20
        for block in blocks:
            block.free()
        assert session.statistics().session_bytes == 0


def test_allocation_in_initialize(untouched: Daemon) -> None:
    kept: list[ndissim.Block] = []

    def initialize(adapter: MiniportAdapter) -> None:
        adapter.prepare()
        kept.append(adapter.allocate(4096, contiguous=True))

    def halt(adapter: MiniportAdapter) -> None:
        kept.pop().free()
        adapter.deregister_dma()

    with untouched.connect() as session:
        handlers = MiniportHandlers(initialize=initialize, halt=halt)
        driver = MiniportDriver(session, "early", handlers)
        driver.add_adapter("early0").remove()
        assert not kept
        assert session.statistics().session_leaked_blocks == 0


def test_initialize_that_fails(untouched: Daemon) -> None:
    handlers = MiniportHandlers(initialize=lambda adapter: Status.RESOURCES)
    with untouched.connect() as session:
        driver = MiniportDriver(session, "fails", handlers)
        with pytest.raises(NdisError) as error:
            driver.add_adapter("fails0")
        assert error.value.status == Status.RESOURCES
        assert session.statistics().adapters == 0


def test_irql_violation(untouched: Daemon) -> None:
    with untouched.connect() as session:
        adapter = MiniportDriver(session, "irql").add_adapter("irql0")
        with at_irql(DISPATCH_LEVEL):
            session.ping()
            with pytest.raises(NdisError) as error:
                adapter.allocate(4096)
        assert error.value.rule == "wrongIRQL" and error.value.status == Status.FAILURE
        assert error.value.bugcheck and error.value.bugcheck.code == 0x7C
        assert error.value.bugcheck.parameters[0] == 1
        block = adapter.allocate(4096)
        with at_irql(DISPATCH_LEVEL), pytest.raises(NdisError):
            block.free()
        assert session.statistics().session_blocks == 1
        block.free()


def test_leak_is_reported_and_reset_cleans(untouched: Daemon) -> None:
    with untouched.connect() as session:
        adapter = MiniportDriver(session, "leaks").add_adapter("leaks0")
        adapter.allocate(4096)
        adapter.remove()
        assert session.statistics().session_leaked_blocks == 1
        MiniportDriver(session, "leaks2").add_adapter("leaks1").allocate(4096)
        session.reset()
        statistics = session.statistics()
        assert (statistics.drivers, statistics.session_blocks) == (0, 0)
        MiniportDriver(session, "leaks").add_adapter("leaks0")


@contextmanager
def provider_thread(daemon: Daemon, **options: object) -> Iterator[SharedMemoryProvider]:
    """A provider with its own session, served by a thread."""
    made: list[SharedMemoryProvider] = []
    handlers = ProtocolHandlers(
        set_options=lambda driver: made.append(SharedMemoryProvider(driver, **options))
    )
    session = daemon.connect("provider")
    driver = ProtocolDriver(session, "provider", handlers)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            session.serve(timeout=0.05)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield made[0]
    finally:
        stop.set()
        thread.join()
        driver.deregister()
        session.close()


def test_provider_serves_a_miniport(untouched: Daemon) -> None:
    seen: list[bytes] = []
    with provider_thread(untouched, on_free=lambda block: seen.append(block.read())) as provider:
        with untouched.connect() as session:
            adapter = MiniportDriver(session, "served").add_adapter("served0")
            block = adapter.allocate(10_000, contiguous=True, tag=7, site="here")
            assert block.shared_memory_handle != 0
            assert next(iter(provider.blocks.values())).site == "here"
            data = bytes(range(250)) * 40
            block.write(data)
            block.free()
            assert seen == [data] and not provider.blocks


def test_provider_answers_scattered(untouched: Daemon) -> None:
    with provider_thread(untouched, section_size=16 * 4096), untouched.connect() as session:
        adapter = MiniportDriver(session, "holes").add_adapter("holes0")
        page = session.hello.page_size
        blocks = [adapter.allocate(page) for _ in range(16)]
        for block in blocks[::2]:
            block.free()
        scattered = adapter.allocate(3 * page + 5)
        assert len(scattered.extents) > 1 and scattered.length == 3 * page + 5
        scattered.write(b"abc" * page)
        assert scattered.read(0, 3 * page) == b"abc" * page
        scattered.free()
        for block in blocks[1::2]:
            block.free()


def test_provider_of_a_binding(untouched: Daemon) -> None:
    made: list[SharedMemoryProvider] = []

    def bind(binding: Binding) -> None:
        binding.open()
        made.append(SharedMemoryProvider(binding))

    with untouched.connect() as session:
        adapter = MiniportDriver(session, "bound").add_adapter("bound0")
        protocol = ProtocolDriver(session, "binder", ProtocolHandlers(bind=bind))
        binding = protocol.bind_adapter("bound0")
        block = adapter.allocate(4096)
        assert len(made[0].blocks) == 1
        block.free()
        binding.unbind()
        assert session.statistics().session_violations == 0


@pytest.mark.parametrize(
    "rule, extents",
    [
        ("providerExtentCount", []),
        ("providerLength", [(0, 4096)]),
        ("providerExtentAlignment", [(8, 8192)]),
        ("providerExtentRange", [(1 << 30, 8192)]),
        ("providerOverlap", [(0, 4096), (0, 4096)]),
    ],
)
def test_provider_that_lies(untouched: Daemon, rule: str, extents: list) -> None:
    class Liar(SharedMemoryProvider):
        def allocate(self, upcall):
            answer = super().allocate(upcall)
            self.blocks.clear()
            answer.extents = [ndissim.Extent(*extent) for extent in extents]
            return answer

    with untouched.connect() as session:
        handlers = ProtocolHandlers(set_options=lambda driver: Liar(driver) and None)
        ProtocolDriver(session, "liar", handlers)
        adapter = MiniportDriver(session, "lied").add_adapter("lied0")
        with pytest.raises(NdisError) as error:
            adapter.allocate(8192)
        assert error.value.status == Status.FAILURE and error.value.rule == rule
        assert session.statistics().session_blocks == 0


@pytest.mark.parametrize("kind", KINDS)
def test_section_that_is_none(untouched: Daemon, kind: str) -> None:
    rules: list[str] = []

    class Offers(SharedMemoryProvider):
        def allocate(self, upcall):
            fd = make_descriptor(kind)
            try:
                self.target.session.offer_section(self.target.handle, upcall.domain, fd, 65536)
            except NdisError as error:
                rules.append(error.rule)
            finally:
                os.close(fd)
            return Status.RESOURCES

    with untouched.connect() as session:
        handlers = ProtocolHandlers(set_options=lambda driver: Offers(driver) and None)
        ProtocolDriver(session, "offers", handlers)
        adapter = MiniportDriver(session, "offered").add_adapter("offered0")
        with pytest.raises(NdisError) as error:
            adapter.allocate(4096)
        assert error.value.status == Status.RESOURCES
        assert rules == ["wrongDescriptor"]


def start(daemon: Daemon, example: str, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, str(EXAMPLES / example), "--socket", daemon.socket, *arguments],
        env={"PYTHONPATH": str(ROOT / "Sources/python"), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )


@pytest.mark.parametrize("arguments", [[], ["--leak"]])
def test_example_miniport(untouched: Daemon, arguments: list[str]) -> None:
    miniport = start(untouched, "miniport.py", *arguments)
    output, _ = miniport.communicate(timeout=DEADLINE)
    assert miniport.returncode == 0, output


def test_examples_together(untouched: Daemon) -> None:
    provider = start(untouched, "provider.py")
    assert provider.stdout and provider.stdout.readline() == "ready\n"
    miniport = start(untouched, "miniport.py")
    output, _ = miniport.communicate(timeout=DEADLINE)
    assert miniport.returncode == 0, output
    provider.terminate()
    served, _ = provider.communicate(timeout=DEADLINE)
    assert provider.returncode == 0, served
    assert served.count("pattern found") == 2 and "WRONG" not in served


def test_provider_that_dies(untouched: Daemon) -> None:
    provider = start(untouched, "provider.py")
    assert provider.stdout and provider.stdout.readline() == "ready\n"
    with untouched.connect() as session:
        adapter = MiniportDriver(session, "orphan").add_adapter("orphan0")
        block = adapter.allocate(4096)
        provider.kill()
        provider.communicate(timeout=DEADLINE)
        eventually("its session is gone", lambda: session.statistics().sessions == 1)
        block.write(b"still here")
        block.free()
        assert session.statistics().blocks == 0


def test_example_in_c(untouched: Daemon, tmp_path) -> None:
    program = tmp_path / "floor_example"
    flags = ["-Wall", "-Wextra", "-Werror", "-I", str(ROOT / "Sources/CNDIS/include")]
    source = str(ROOT / "Examples/c/floor_example.c")
    subprocess.run(["gcc", *flags, "-o", str(program), source], check=True)
    result = subprocess.run(
        [str(program), untouched.socket], capture_output=True, text=True, timeout=DEADLINE
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "8192 bytes" in result.stdout
