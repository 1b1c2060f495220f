"""A daemon that is killed, crashes, hands over or is stopped, under a service manager of the tests' own that keeps
its store, its sections and its connections: what goes on, what is said, what is refused."""

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import ndissim
import pytest
from conftest import DEADLINE, ROOT, eventually
from ndissim import (
    MiniportAdapter,
    MiniportDriver,
    MiniportHandlers,
    NdisError,
    ProtocolDriver,
    Status,
)
from ndissim.abi import Message
from ndissim.errors import Disconnected
from ndissim.messages import Hello
from raw import RawClient
from test_drivers import EXAMPLES

sys.path.insert(0, str(ROOT / "Tests/restart"))
from manager import Manager  # noqa: E402

BOOM = int.from_bytes(b"BOOM", "little")
PAGE = 4096


class Service(Manager):
    """The daemon as a service, and what ndisctl says of it."""

    def __init__(self, program: str, *flags: str, **options: object) -> None:
        self.ndisctl = str(Path(program).parent / "ndisctl")
        configured = [] if "--config" in flags else ["--config", "/dev/null"]
        super().__init__([program, *configured, *flags], **options)
        self.start()

    def again(self, number: int = signal.SIGKILL) -> None:
        """Ends the daemon by a signal and starts it again."""
        self.kill(number)
        self.settle()
        self.start()

    def connect(self, name: str = "pytest", **options: object) -> ndissim.Session:
        return ndissim.connect(self.path, name, **options)

    def ask(self, *arguments: str) -> dict:
        done = subprocess.run(
            [self.ndisctl, *arguments, "--json", "--socket", self.varlink], capture_output=True,
            text=True, timeout=DEADLINE, check=True)
        return json.loads(done.stdout)


@pytest.fixture
def service(program: str) -> Iterator[Service]:
    running = Service(program)
    yield running
    running.end()


def said(service: Service, text: str, times: int = 1) -> None:
    """Waits until the log, which is written by a thread of its own, has a text so often."""
    eventually(f"{text!r} is in the log", lambda: service.log().count(text) >= times)


def pattern(seed: int, length: int) -> bytes:
    return bytes((seed * 31 + i * 7) & 0xFF for i in range(length))


def test_blocks_are_live_with_handles_and_contents(service: Service) -> None:
    with service.connect() as session:
        adapter = MiniportDriver(session, "keeper").add_adapter("keeper0")
        blocks = [adapter.allocate(PAGE * (1 + n % 3)) for n in range(20)]
        for number, block in enumerate(blocks):
            block.write(pattern(number, block.length))
        before = service.ask("list", "blocks")
        for turn in range(3):
            service.again()
            session.ping()
            assert session.resumptions == turn + 1
        assert strip(service.ask("list", "blocks")) == strip(before)
        for number, block in enumerate(blocks):
            assert block.read() == pattern(number, block.length)
            block.free()
        assert session.statistics().blocks == 0 and session.statistics().session_violations == 0


def test_counters_go_on(service: Service) -> None:
    with service.connect() as session:
        adapter = MiniportDriver(session, "counter").add_adapter("counter0")
        for _ in range(5):
            adapter.allocate(PAGE).free()
        with pytest.raises(NdisError):
            adapter.allocate(0)
        before = session.statistics()
        service.again()
        after = session.statistics()
        for name in ("allocations", "frees", "failed_allocations", "violations", "adapters"):
            assert getattr(after, name) == getattr(before, name), name


def test_objects_are_as_they_were(program: str) -> None:
    service = Service(program, "--miniport", "name=vmq0")
    with service.connect() as session:
        MiniportDriver(session, "below").add_adapter("below0")
        ProtocolDriver(session, "above").bind_adapter("below0")
        kinds = ["sessions", "drivers", "adapters", "bindings", "providers", "queues", "filters"]
        before = {kind: service.ask("list", kind) for kind in kinds}
        service.again()
        session.ping()
        after = {kind: service.ask("list", kind) for kind in kinds}
        # How long a handler took is not carried over.
        assert strip(after) == strip(before)
    service.end()


def strip(value: object) -> object:
    """Without what changes with time."""
    if isinstance(value, dict):
        return {k: strip(v) for k, v in value.items() if "atency" not in k and k != "ageMs"}
    return [strip(v) for v in value] if isinstance(value, list) else value


def test_a_call_that_waits_for_a_handler_is_answered_once(service: Service) -> None:
    """The provider's handler runs over the daemon's death; its caller waits all the while."""
    entered, go_on = threading.Event(), threading.Event()
    with service.connect("provider") as below, service.connect("caller") as above:
        calls: list[int] = []

        def halt(adapter: MiniportAdapter) -> None:
            calls.append(1)
            entered.set()
            assert go_on.wait(DEADLINE)
            adapter.deregister_dma()

        miniport = MiniportDriver(below, "slow", MiniportHandlers(halt=halt))
        adapter = miniport.add_adapter("slow0")
        outcome: list[object] = []
        thread = threading.Thread(target=lambda: outcome.append(adapter.remove()))
        thread.start()
        assert entered.wait(DEADLINE)
        service.again()
        above.ping()
        go_on.set()
        thread.join(DEADLINE)
        assert not thread.is_alive() and calls == [1] and outcome == [None]
        assert below.statistics().session_violations == 0, service.log()


def test_the_walk_of_a_queue_over_many_deaths(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An overlying driver walks a queue of the hosted miniport while the daemon is killed again and
    again: it sees every frame once, in order, and no rule is broken."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    example = importlib.import_module("overlying_driver")
    monkeypatch.setattr(example, "failures", 0)
    service = Service(program, "--miniport", "name=vmq0")
    stop = threading.Event()
    deaths = [0]

    def killer() -> None:
        while not stop.is_set():
            service.again()
            deaths[0] += 1

    with service.connect("walker", resume_timeout=DEADLINE) as session:
        thread = threading.Thread(target=killer)
        thread.start()
        walks = 0
        try:
            while deaths[0] < 15 and not example.failures:
                example.walk(session, "vmq0")
                walks += 1
        finally:
            stop.set()
            thread.join()
        assert example.failures == 0 and walks > 0
        adapters = service.ask("list", "adapters")
        assert "Running" in json.dumps(adapters)
    service.end()


def test_a_request_that_crashes_the_daemon_is_refused_at_the_second_time(program: str) -> None:
    service = Service(program, environment={"NDISSIM_DEBUG_REQUESTS": "1"})
    with service.connect("bad", resume_timeout=DEADLINE) as bad, service.connect("good") as good:
        adapter = MiniportDriver(bad, "bad").add_adapter("bad0")
        other = MiniportDriver(good, "good").add_adapter("good0")
        block = other.allocate(PAGE)
        block.write(pattern(1, PAGE))
        outcome: list[BaseException] = []

        def ask() -> None:
            with pytest.raises(NdisError) as refused:
                adapter.allocate(PAGE, tag=BOOM)
            outcome.append(refused.value)

        thread = threading.Thread(target=ask)
        thread.start()
        for _ in range(2):
            service.process.wait(DEADLINE)
            service.settle()
            # The second one may be gone before it is ready.
            service.start(wait=False)
        thread.join(DEADLINE)
        assert [(error.status, error.rule) for error in outcome] == [
            (Status.FAILURE, "handlingCrashed")]
        adapter.allocate(PAGE).free()
        assert block.read() == pattern(1, PAGE)
        said(service, "for the second time in a row")
        assert service.log().count("crashed while handling request") == 3
    service.end()


def test_kills_from_outside_are_no_crashes(service: Service) -> None:
    with service.connect() as session:
        adapter = MiniportDriver(session, "killed").add_adapter("killed0")
        for _ in range(4):
            service.again()
            adapter.allocate(PAGE).free()
    assert "died while" not in service.log()


@pytest.mark.parametrize("offset", [0, 8], ids=["magic", "version"])
def test_a_store_of_another_layout_is_kept_aside_and_the_start_is_clean(
    service: Service, offset: int
) -> None:
    session = service.connect("old", resume_timeout=DEADLINE)
    adapter = MiniportDriver(session, "old").add_adapter("old0")
    adapter.allocate(PAGE)
    service.kill()
    service.settle()
    store = next(descriptor for name, descriptor in service.kept if name == "store")
    os.pwrite(store, b"\xEE", offset)
    size = os.fstat(store).st_size
    service.start()
    said(service, "was rejected")
    aside = Path(service.state) / "refused-store"
    assert aside.stat().st_size == size
    with aside.open("rb") as file:
        file.seek(offset)
        assert file.read(1) == b"\xEE"
    with pytest.raises((NdisError, OSError)):
        session.ping()
    with service.connect("new") as new:
        assert new.statistics().blocks == 0 and new.statistics().adapters == 0
        eventually("nothing old is kept", lambda: service.names() == ["store"])
        service.again()
        new.ping()


def test_a_client_that_cannot_go_on_is_ended_by_name(service: Service) -> None:
    with service.connect("plain", resumes=False) as plain:
        assert plain.hello.session_token == 0
        MiniportDriver(plain, "plain").add_adapter("plain0").allocate(PAGE)
        service.again()
        with pytest.raises((NdisError, OSError)):
            plain.ping()
    eventually("it is said", lambda: "of driver plain was closed" in service.log())
    with service.connect() as observer:
        eventually("its block is gone", lambda: observer.statistics().blocks == 0)


def test_a_client_that_owns_nothing_comes_back_on_a_new_connection(service: Service) -> None:
    with service.connect("idle") as idle:
        idle.ping()
        assert service.names() == ["store"]
        service.again()
        idle.ping()
        assert idle.resumptions == 1
        said(service, "on a new connection")
        # And then it owns something, and its connection is kept.
        MiniportDriver(idle, "idle").add_adapter("idle0")
        eventually("it is kept", lambda: "c" in service.names())
        service.again()
        idle.ping()
        assert idle.resumptions == 2 and service.log().count("on a new connection") == 1


def test_a_client_that_died_meanwhile_leaves_nothing(service: Service) -> None:
    code = ("import ndissim, sys\n"
            "session = ndissim.connect(sys.argv[1], 'mortal')\n"
            "adapter = ndissim.MiniportDriver(session, 'mortal').add_adapter('mortal0')\n"
            "adapter.allocate(4096)\nprint('there', flush=True)\nsys.stdin.read()\n")
    client = subprocess.Popen(
        [sys.executable, "-c", code, service.path], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
        env=dict(os.environ, PYTHONPATH=str(ROOT / "Sources/python")))
    assert client.stdout.readline() == "there\n"
    eventually("it is kept", lambda: "c" in service.names())
    service.kill()
    service.settle()
    client.kill()
    client.wait()
    service.start()
    with service.connect() as observer:
        eventually("its block is gone", lambda: observer.statistics().blocks == 0)
        eventually("it is gone", lambda: observer.statistics().sessions == 1)


def test_a_hand_over_is_no_end(service: Service) -> None:
    with service.connect() as session:
        adapter = MiniportDriver(session, "handed").add_adapter("handed0")
        block = adapter.allocate(PAGE)
        block.write(pattern(3, PAGE))
        assert service.kill(signal.SIGUSR2) == 75
        service.settle()
        service.start()
        assert block.read() == pattern(3, PAGE)
        block.free()
    said(service, "Handing over to the next process")


def test_a_stop_ends_sessions_with_a_reason_and_leaves_nothing(service: Service) -> None:
    session = service.connect("stopped")
    adapter = MiniportDriver(session, "stopped").add_adapter("stopped0")
    adapter.allocate(PAGE)
    assert service.kill(signal.SIGTERM) == 0
    service.settle()
    with pytest.raises(Disconnected, match="daemonStopping"):
        session.ping()
    said(service, "did not free a block")
    assert [name for name in service.names() if name != "c"] == []
    service.start()
    with service.connect() as new:
        assert new.statistics().allocations == 0


def test_names_nobody_knows_are_removed(service: Service) -> None:
    service.kill()
    service.settle()
    for name in ("ring", "mzzz"):
        read, write = os.pipe()
        os.close(write)
        service.kept.insert(0, (name, read))
    service.start()
    eventually("they are gone", lambda: service.names() == ["store"])


def test_what_there_is_no_room_for_is_said(program: str) -> None:
    """The manager keeps the store and one thing more."""
    service = Service(program, limit=2)
    with service.connect("many") as session:
        driver = MiniportDriver(session, "many")
        blocks = [driver.add_adapter(f"many{n}").allocate(PAGE) for n in range(3)]
        for number, block in enumerate(blocks):
            block.write(pattern(number, PAGE))
        assert service.dropped == 0, "more was handed over than there is room for"
        said(service, "is not persisted")
        service.again()
        session.ping()
        said(service, "could not be restored")
        for number, block in enumerate(blocks):
            assert block.read() == pattern(number, PAGE)
            block.free()
        assert session.statistics().session_violations == 0
    service.end()


def test_hosted_providers_that_came_by_hand_stay_and_the_configuration_rules_the_others(
    program: str, tmp_path: Path
) -> None:
    configuration = tmp_path / "ndissimd.toml"
    configuration.write_text('[[pool]]\nname = "old"\ncapacity = "1M"\n')
    service = Service(program, "--config", str(configuration))
    service.ask("provider", "add", "name=byhand,capacity=1M")
    with service.connect() as session:
        adapter = MiniportDriver(session, "user").add_adapter("user0")
        block = adapter.allocate(PAGE)
        configuration.write_text('[[pool]]\nname = "new"\ncapacity = "2M"\n')
        service.again()
        names = {p["name"]: p for p in service.ask("list", "providers")["providers"]}
        assert {"byhand", "new", "pool", "hal"} <= set(names)
        block.free()
        eventually("the old one is gone", lambda: "old" not in {
            p["name"] for p in service.ask("list", "providers")["providers"]
            if "ctive" in json.dumps(p)})
    service.end()


def test_without_a_service_manager_nothing_is_kept(
    program: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    service = Service(program, limit=0)
    with service.connect() as session:
        assert session.hello.session_token == 0 and service.names() == []
        assert session.call(Message.PING).body == b""
    service.end()


def test_a_damaged_store_is_refused_with_what_is_wrong(service: Service) -> None:
    with service.connect("victim", resume_timeout=1) as session:
        MiniportDriver(session, "victim").add_adapter("adapter-to-damage").allocate(PAGE)
        service.kill()
        service.settle()
        store = next(descriptor for name, descriptor in service.kept if name == "store")
        place = find(store, b"adapter-to-damage")
        os.pwrite(store, b"\xFF" * 64, place - 64)
        service.start()
    said(service, "the store is damaged: ")
    with service.connect() as new:
        assert new.statistics().adapters == 0


def find(store: int, text: bytes) -> int:
    """Where a text stands in the store; holes are passed over."""
    place, size = 0, os.fstat(store).st_size
    while place < size:
        place = os.lseek(store, place, os.SEEK_DATA)
        end = os.lseek(store, place, os.SEEK_HOLE)
        found = os.pread(store, end - place, place).find(text)
        if found >= 0:
            return place + found
        place = end
    raise AssertionError(f"{text!r} is not in the store")


def test_a_reload_is_told_with_its_time_and_ends(service: Service) -> None:
    service.said = []
    service.process.send_signal(signal.SIGHUP)
    service.wait("the reload is over", lambda: "READY=1" in service.said)
    assert service.said[0] == "RELOADING=1" and service.said[1].startswith("MONOTONIC_USEC=")


def test_the_watchdog_is_fed_by_an_idle_daemon_too(program: str) -> None:
    service = Service(program, environment={"WATCHDOG_USEC": "600000"})
    service.wait("three signs of life", lambda: service.said.count("WATCHDOG=1") >= 3)
    service.end()


def test_a_client_cannot_make_the_next_start_refuse_the_store(service: Service) -> None:
    """Request ids grow by one; the first one is the client's choice, within bounds."""
    with service.connect("other") as other:
        with RawClient(service.path, hello=False) as wraps:
            refusal = wraps.refused(
                Message.HELLO, Hello(name="wraps").pack(), request_id=2**64 - 2)
            assert refusal.rule == "requestIDOutOfOrder"
        service.again()
        other.ping()
        assert "was refused" not in service.log()


def test_a_socket_of_any_name_is_served(program: str, tmp_path: Path) -> None:
    """As `systemd-socket-activate` hands it over, without a name."""
    path = tmp_path / "s"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(path))
    listener.listen(8)
    process = subprocess.Popen(
        ["/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", program, "--config",
         "/dev/null"], preexec_fn=lambda: os.dup2(listener.fileno(), 3), close_fds=False,
        stderr=subprocess.DEVNULL)
    with ndissim.connect(str(path), "nameless") as session:
        session.ping()
    process.terminate()
    assert process.wait(DEADLINE) == 0
    listener.close()


def test_a_changed_capacity_is_in_force_after_a_restart(program: str, tmp_path: Path) -> None:
    configuration = tmp_path / "ndissimd.toml"
    configuration.write_text('[[pool]]\nname = "p"\ncapacity = "1M"\n')
    service = Service(program, "--config", str(configuration))
    with service.connect() as session:
        adapter = MiniportDriver(session, "grows").add_adapter("grows0")
        with pytest.raises(NdisError):
            adapter.allocate(4 << 20)
        configuration.write_text('[[pool]]\nname = "p"\ncapacity = "16M"\n')
        service.again()
        adapter.allocate(4 << 20).free()
    service.end()
