"""The daemon's life cycle: the place of its socket, activation, flags, termination."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import DEADLINE, NO_CONFIG, ROOT, Daemon, eventually

import ndissim


def test_socket_activation(program: str, tmp_path: Path) -> None:
    """A listening socket that is inherited serves, and the daemon keeps its hands off the path."""
    activate = shutil.which("systemd-socket-activate")
    if activate is None:
        pytest.skip("no systemd-socket-activate")
    path = tmp_path / "activated"
    process = subprocess.Popen(
        [activate, "--seqpacket", "--fdname=driver", "-l", str(path), program, *NO_CONFIG],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        # The path is there before anybody listens on it.
        eventually("the socket listens", lambda: listens(path))
        for name in ("first", "second"):
            with ndissim.connect(str(path), name) as session:
                session.ping()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
    assert path.exists()


def listens(path: Path) -> bool:
    """Whether a connection to a driver socket succeeds."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        return probe.connect_ex(str(path)) == 0


def test_activation_with_a_stream_socket_is_refused(program: str, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wrong:
        wrong.bind(str(tmp_path / "s"))
        wrong.listen()
        done = run_with_descriptor(program, wrong.fileno())
    assert done.returncode != 0
    assert "service manager's socket" in done.stderr


def run_with_descriptor(program: str, descriptor: int) -> subprocess.CompletedProcess[str]:
    """Runs the daemon with `descriptor` as its only inherited one, as a service manager would."""
    script = (
        "import os, sys; os.dup2(int(sys.argv[1]), 3); os.set_inheritable(3, True); "
        "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES='driver'); "
        "os.execv(sys.argv[2], sys.argv[2:])")
    return subprocess.run(
        [sys.executable, "-c", script, str(descriptor), program, *NO_CONFIG],
        pass_fds=[descriptor], capture_output=True, text=True, timeout=DEADLINE)


@pytest.mark.parametrize("flags", [
    ["--deadlines", "never"], ["--pool", "capacity=1M"], ["--pool", "name=x,capacity=0"],
    ["--pool", "name=x,nodes=0"], ["--pool", "name=x,colour=red"], ["--pool", "name=x,fill=snow"],
    ["--switch", "sideways"], ["--session-bytes", "many"],
])
def test_wrong_flags_name_the_value(program: str, flags: list[str]) -> None:
    done = subprocess.run([program, *NO_CONFIG, *flags], capture_output=True, text=True,
                          timeout=DEADLINE)
    assert done.returncode != 0
    value = flags[1].split(",")[-1].split("=")[-1]
    assert value in done.stderr or "name" in done.stderr


def test_second_daemon_on_one_directory_is_refused(program: str, tmp_path: Path) -> None:
    first = Daemon(program, tmp_path)
    second = subprocess.run([program, *NO_CONFIG, "--runtime-directory", str(tmp_path)],
                            capture_output=True, text=True, timeout=DEADLINE)
    assert second.returncode != 0
    assert "another daemon is listening" in second.stderr
    with first.connect() as session:
        session.ping()
    first.stop()


def test_socket_of_a_killed_daemon_is_replaced(program: str, tmp_path: Path) -> None:
    first = Daemon(program, tmp_path)
    first.process.kill()
    first.process.wait()
    first.log.close()
    (tmp_path / "notify").unlink()
    second = Daemon(program, tmp_path)
    with second.connect() as session:
        session.ping()
    second.stop()


def test_same_seed_same_handles_and_addresses(program: str, tmp_path: Path) -> None:
    seen = []
    for run in ("a", "b"):
        directory = tmp_path / run
        directory.mkdir()
        daemon = Daemon(program, directory, "--seed", "99")
        with daemon.connect() as session:
            driver = ndissim.ProtocolDriver(session, "seeded")
            with driver.allocate(12_288) as block:
                seen.append(
                    (driver.handle, block.allocation_handle, block.scatter_gather_list))
        daemon.stop()
    assert seen[0] == seen[1]


def test_runtime_directory_search(program: str, tmp_path: Path) -> None:
    """The flag is tested everywhere; here the environment's turn, in order."""
    for variable, place in (("RUNTIME_DIRECTORY", "r"), ("XDG_RUNTIME_DIR", "x/ndissim"),
                            ("TMPDIR", f"t/ndissim-{os.getuid()}")):
        base = tmp_path / place.split("/")[0]
        base.mkdir()
        environment = {key: value for key, value in os.environ.items()
                       if key not in ("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "TMPDIR")}
        environment[variable] = str(base)
        process = subprocess.Popen([program, *NO_CONFIG], env=environment, stderr=subprocess.DEVNULL)
        try:
            eventually(variable, (tmp_path / place / "driver").exists)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(DEADLINE) == 0


@pytest.mark.parametrize("fill, expected", [
    ("none", b"kept"), ("zero", bytes(4)), ("poison", bytes.fromhex("efbeadde")),
])
def test_fill_of_a_pool(program: str, tmp_path: Path, fill: str, expected: bytes) -> None:
    """A17: a used page holds what was left there, zeros, or the poison pattern."""
    daemon = Daemon(program, tmp_path, "--pool", f"name=filled,capacity=64K,fill={fill}")
    with daemon.connect() as session:
        driver = ndissim.ProtocolDriver(session, "filling")
        with driver.allocate(65_536) as block:
            block.write(b"kept")
        with driver.allocate(65_536) as block:
            assert block.read(0, 4) == expected
            assert block.read(65_532, 4) == (bytes(4) if fill != "poison" else expected)
    daemon.stop()


def test_fragmented_pool_says_what_would_succeed(program: str, tmp_path: Path) -> None:
    """A contiguous request fails where a scattered one succeeds, and the sentence explains it."""
    daemon = Daemon(program, tmp_path, "--pool", "name=tight,capacity=1M,fragment=7")
    with daemon.connect() as session:
        driver = ndissim.ProtocolDriver(session, "fragmented")
        with pytest.raises(ndissim.NdisError) as refused:
            driver.allocate(131_072, contiguous=True)
        assert refused.value.status == ndissim.Status.RESOURCES
        assert refused.value.rule == "fragmented"
        with driver.allocate(131_072) as block:
            assert len(block.scatter_gather_list) > 1
        with pytest.raises(ndissim.NdisError) as node:
            driver.allocate(4096, node=5)
        assert node.value.rule == "nodeUnavailable"
        with pytest.raises(ndissim.NdisError) as full:
            driver.allocate(2 << 20)
        assert full.value.rule == "poolExhausted"
    daemon.stop()


def test_both_spellings_of_the_contiguity_flag() -> None:
    """A5: one value, two names in the header."""
    text = (ROOT / "Sources/CNDIS/include/ndis_abi.h").read_text()
    assert "#define NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS 0x00000001" in text
    assert ("#define NDIS_SHARED_MEM_PARAMETERS_CONTIGOUS NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS"
            in text)
