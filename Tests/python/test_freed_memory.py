"""Freed memory that is watched by the daemon, or guarded in the driver's process: an access to a block after
NdisFreeSharedMemory is found, with its call site."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Daemon, eventually
from ndissim import Block, MiniportAdapter, MiniportDriver, Session

PAGE = 4096


@pytest.fixture
def watching(program: str, tmp_path: Path) -> Iterator[Daemon]:
    running = Daemon(
        program, tmp_path, "--watch-freed-memory", "--log-level", "debug", "--no-default-pool",
        "--pool", "name=small,capacity=256K")
    yield running
    running.stop()


def violations(daemon: Daemon) -> int:
    with daemon.connect("looks") as session:
        return session.statistics().violations


def allocate(session: Session, length: int = 3 * PAGE) -> tuple[MiniportAdapter, Block]:
    adapter = MiniportDriver(session, "stale").add_adapter("stale0")
    return adapter, adapter.allocate(length, site="rx.c:12")


def test_a_write_after_free_is_found_when_the_session_ends(watching: Daemon) -> None:
    with watching.connect("writer") as session:
        _, block = allocate(session)
        view = memoryview(block.view)
        block.free()
        assert bytes(view[:4]) == b"\xee\xfe\xee\xfe"
        view[PAGE + 5] = 0
        view.release()
        assert session.statistics().session_violations == 0
    eventually("the write is found", lambda: violations(watching) == 1)
    output = watching.output()
    assert "writtenAfterFree" in output and "first at byte 4101" in output
    assert "rx.c:12" in output and "stale0" in output


def test_a_write_after_free_is_found_while_the_session_lives(watching: Daemon) -> None:
    with watching.connect("writer") as session:
        _, block = allocate(session)
        view = memoryview(block.view)
        block.free()
        view[0] = 0
        view.release()
        # The memory is kept for a second, by the daemon's clock.
        eventually("the write is found", lambda: session.statistics().session_violations == 1)


def test_memory_that_is_left_alone_is_used_again(watching: Daemon) -> None:
    with watching.connect("honest") as session:
        adapter = MiniportDriver(session, "honest").add_adapter("honest0")
        # More than the pool has: what is kept is given up.
        for _ in range(6):
            block = adapter.allocate(96 << 10)
            block.free()
        small = [adapter.allocate(PAGE) for _ in range(64)]
        for block in small:
            block.write(b"x" * PAGE)
            block.free()
    eventually("the session has ended", lambda: "honest0" in watching.output())
    assert violations(watching) == 0


GUARDED = """
import sys, ndissim
with ndissim.connect(sys.argv[1], "guarded", guards_freed_memory=GUARDS) as session:
    adapter = ndissim.MiniportDriver(session, "guarded").add_adapter("guarded0")
    for _ in range(3):
        block = adapter.allocate(2 * 4096)
        view = memoryview(block.view)
        view[4100] = 1
        block.free()
    print("freed", flush=True)
    view[4100] = 2
"""


@pytest.mark.parametrize("asked", ["by argument", "by environment", "not"])
def test_an_access_to_guarded_memory_ends_the_process(daemon: Daemon, asked: str) -> None:
    source = GUARDED.replace("GUARDS", "True" if asked == "by argument" else "None")
    variables = {"NDISSIM_GUARD_FREED": "1"} if asked == "by environment" else {}
    ended = subprocess.run(
        [sys.executable, "-c", source, daemon.socket], capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables})
    assert ended.stdout == "freed\n"
    if asked == "not":
        assert ended.returncode == 0
        return
    assert ended.returncode == -signal.SIGSEGV
    assert 'File "<string>", line 11' in ended.stderr
