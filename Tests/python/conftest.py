"""Starts the daemon for the tests and checks its state when a test has ended."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Sources/python"))

import ndissim  # noqa: E402

# No test reads the machine's configuration; a daemon gets this, or a file of the test's.
NO_CONFIG = ("--config", "/dev/null")

DEADLINE = float(os.environ.get("NDISSIM_TEST_DEADLINE", "20"))


def eventually(what: str, condition: Callable[[], bool]) -> None:
    """Waits for a state, asking again and again; fails when it does not come."""
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"did not come within {DEADLINE} s: {what}")
        time.sleep(0.005)


class Daemon:
    """A running ndissimd."""

    def __init__(self, program: str, directory: Path, *flags: str,
                 descriptor_limit: int | None = None) -> None:
        self.directory = directory
        self.socket = str(directory / "driver")
        self.log = open(directory / "log", "w+b")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
            notify.bind(str(directory / "notify"))
            notify.settimeout(DEADLINE)
            environment = dict(os.environ, NOTIFY_SOCKET=str(directory / "notify"))
            environment.pop("NDISSIM_SOCKET", None)
            self.process = subprocess.Popen(
                [program, "--runtime-directory", str(directory),
                 *(() if "--config" in flags else NO_CONFIG), *flags],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
                preexec_fn=self.limit(descriptor_limit),
            )
            try:
                while b"READY=1" not in notify.recv(4096):
                    pass
            except TimeoutError:
                self.process.kill()
                pytest.fail("the daemon did not say READY:\n" + self.output())

    @staticmethod
    def limit(descriptors: int | None) -> Callable[[], None] | None:
        """Sets the limit on open descriptors, soft and hard, in the daemon before it starts."""
        if descriptors is None:
            return None
        return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    def output(self) -> str:
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def connect(self, name: str = "pytest") -> ndissim.Session:
        return ndissim.connect(self.socket, name)

    def raw(self) -> ndissim.Connection:
        """A connection on which nothing was sent yet."""
        return ndissim.Connection(self.socket)

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            pytest.fail("the daemon did not end on SIGTERM:\n" + self.output())
        finally:
            output = self.output()
            self.log.close()
        assert code == 0, f"the daemon ended with {code}:\n{output}"


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    """A call that is never answered fails its test instead of holding up all others."""

    def ring(*_: object) -> None:
        pytest.fail("the test hangs")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 3 * DEADLINE)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.fixture(scope="session")
def program() -> str:
    """The daemon's executable."""
    path = os.environ.get("NDISSIMD", str(ROOT / ".build/debug/ndissimd"))
    if not os.access(path, os.X_OK):
        pytest.skip(f"no daemon at {path}; set NDISSIMD")
    return path


@pytest.fixture(scope="module")
def daemon(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """One daemon for a file of tests. A socket path is short, so the directory is in /tmp."""
    running = Daemon(program, tmp_path_factory.mktemp("d"))
    yield running
    running.stop()


@pytest.fixture
def untouched(daemon: Daemon) -> Iterator[Daemon]:
    """After the test the daemon serves another client, holds no block, and has as many
    descriptors open as before."""
    with daemon.connect("before") as observer:
        eventually("one session", lambda: observer.statistics().sessions == 1)
        before = daemon.descriptors()
        sections = observer.statistics().descriptors
    yield daemon
    assert daemon.process.poll() is None, "the daemon ended:\n" + daemon.output()
    with daemon.connect("after") as observer:
        observer.ping()
        eventually("no other session", lambda: observer.statistics().sessions == 1)
        eventually("no block", lambda: observer.statistics().blocks == 0)
        eventually("sections as before", lambda: observer.statistics().descriptors <= sections)
        eventually("descriptors as before", lambda: daemon.descriptors() <= before)
