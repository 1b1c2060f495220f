"""Floods of connections: ten thousand at once, and a daemon that has run out of descriptors."""

import resource
from pathlib import Path

import pytest

from conftest import Daemon, eventually

import ndissim


def connections(daemon: Daemon, count: int) -> list[ndissim.Connection]:
    """Idle connections."""
    return [daemon.raw() for _ in range(count)]


def test_ten_thousand_connections(program: str, tmp_path: Path) -> None:
    count = 10_000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 500:
        pytest.skip(f"this process may open {hard} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    daemon = Daemon(program, tmp_path)
    before = daemon.descriptors()
    with daemon.connect("old") as old:
        silent = connections(daemon, count)
        # The daemon has taken them all when its descriptors say so; it serves others meanwhile.
        eventually("all are accepted", lambda: daemon.descriptors() >= before + count)
        old.ping()
        with daemon.connect("new") as new:
            new.ping()
        for connection in silent:
            connection.close()
        eventually("all are gone", lambda: daemon.descriptors() <= before + 1)
        old.ping()
    daemon.stop()


def test_descriptor_exhaustion(program: str, tmp_path: Path) -> None:
    daemon = Daemon(program, tmp_path, descriptor_limit=64)
    with daemon.connect("old") as old:
        silent = connections(daemon, 100)
        eventually("the daemon says so", lambda: "connections" in daemon.output())
        # Who is connected is served, and the daemon does not spin on its full table.
        for _ in range(10):
            old.ping()
        for connection in silent:
            connection.close()
        with daemon.connect("new") as new:
            new.ping()
        old.ping()
    daemon.stop()
    assert "Accepting connections is resumed" in daemon_log(tmp_path)


def daemon_log(directory: Path) -> str:
    return (directory / "log").read_text(errors="replace")
