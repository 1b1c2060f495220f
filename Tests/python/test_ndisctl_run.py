"""ndisctl run around Python tests: verdicts, signals from a terminal, and job control."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import DEADLINE, ROOT, eventually

CLIENT = f"""
import sys
sys.path.insert(0, {str(ROOT / "Sources/python")!r})
import ndissim
"""


@pytest.fixture(scope="session")
def ndisctl(program: str) -> str:
    """ndisctl beside the daemon's executable."""
    path = os.environ.get("NDISCTL", str(Path(program).with_name("ndisctl")))
    if not os.access(path, os.X_OK):
        pytest.skip(f"no ndisctl at {path}; set NDISCTL")
    return path


@pytest.fixture
def run(ndisctl: str, program: str, tmp_path: Path):
    """Calls ndisctl run; afterwards the temporary directory must be empty."""
    temporary = tmp_path / "t"
    temporary.mkdir()
    environment = dict(os.environ, TMPDIR=str(temporary), NDISSIMD=program)

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([ndisctl, "run", *arguments], env=environment, capture_output=True,
                              text=True, timeout=DEADLINE, stdin=subprocess.DEVNULL)

    call.environment = environment  # type: ignore[attr-defined]
    yield call
    assert list(temporary.iterdir()) == []


def script(text: str) -> list[str]:
    return ["--", sys.executable, "-c", CLIENT + text]


def test_a_client_finds_the_private_daemon(run) -> None:
    done = run(*script("with ndissim.connect(name='py') as s: s.ping()"))
    assert done.returncode == 0, done.stderr
    assert "ndisctl run: passed" in done.stderr


def test_a_failing_assertion_is_the_status(run) -> None:
    done = run(*script("assert False"))
    assert done.returncode == 1
    assert "AssertionError" in done.stderr


def test_a_timeout_keeps_the_state_with_the_session_that_hangs(run, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    done = run("--timeout", "1s", "--state-file", str(state), "--keep-log", str(tmp_path / "log"),
               *script("s = ndissim.connect(name='hangs'); import time; time.sleep(1000)"))
    assert done.returncode == 124, done.stderr
    document = json.loads(state.read_text())
    assert [session["name"] for session in document["sessions"]] == ["hangs"]
    assert "opened session" in (tmp_path / "log").read_text()


def test_expectations_stand_in_a_file_with_comments(run, tmp_path: Path) -> None:
    (tmp_path / "expected").write_text("# none of it happens\n\nleak times 2 # twice\n")
    done = run("--expect-file", str(tmp_path / "expected"), "--json", "--", "true")
    assert done.returncode == 3
    report = json.loads(done.stderr)
    assert report["verdict"] == "violated"
    assert report["rules"] == [{"code": "leak", "rule": "leak", "count": 0, "expected": 2,
                                "asExpected": False, "message": ""}]


class Terminal:
    """ndisctl run as the foreground job of a terminal."""

    def __init__(self, ndisctl: str, environment: dict[str, str], *command: str) -> None:
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.execve(ndisctl, [ndisctl, "run", "--", *command], environment)
        self.seen = b""

    def read_until(self, text: bytes) -> None:
        end = time.monotonic() + DEADLINE
        while text not in self.seen:
            left = end - time.monotonic()
            assert left > 0, f"no {text!r} in {self.seen!r}"
            if select.select([self.descriptor], [], [], left)[0]:
                try:
                    self.seen += os.read(self.descriptor, 4096)
                except OSError:
                    pytest.fail(f"no {text!r} in {self.seen!r}")

    def type(self, text: bytes) -> None:
        os.write(self.descriptor, text)

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_ctrl_c_reaches_the_command_and_not_the_daemon(run, ndisctl: str) -> None:
    terminal = Terminal(ndisctl, run.environment, "sh", "-c",
                        "trap 'echo caught; exit 5' INT; echo begun; while :; do sleep 0.05; done")
    terminal.read_until(b"begun")
    terminal.type(b"\x03")
    terminal.read_until(b"caught")
    terminal.read_until(b"exited with status 5")
    assert terminal.wait() == 5


def test_the_command_can_read_from_the_terminal(run, ndisctl: str) -> None:
    terminal = Terminal(ndisctl, run.environment, "sh", "-c", "echo begun; read l; echo got $l")
    terminal.read_until(b"begun")
    terminal.type(b"a line\n")
    terminal.read_until(b"got a line")
    terminal.read_until(b"passed")
    assert terminal.wait() == 0


def test_a_command_that_is_stopped_stops_the_job(run, ndisctl: str) -> None:
    terminal = Terminal(ndisctl, run.environment, "sh", "-c",
                        "echo begun; kill -STOP $$; echo continued")
    terminal.read_until(b"begun")
    found = os.waitpid(terminal.pid, os.WUNTRACED)[1]
    assert os.WIFSTOPPED(found)
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.read_until(b"continued")
    terminal.read_until(b"passed")
    assert terminal.wait() == 0


def test_a_daemon_that_is_stopped_is_found_out(run, ndisctl: str, tmp_path: Path) -> None:
    # The command stops its sibling, the daemon; the questions after it have an end.
    done = subprocess.run(
        [ndisctl, "run", "--keep-log", str(tmp_path / "log"), "--", "sh", "-c",
         "for c in $(cat /proc/$PPID/task/$PPID/children); do [ $c = $$ ] || kill -STOP $c; done"],
        env=run.environment, capture_output=True, text=True, timeout=3 * DEADLINE)
    assert done.returncode == 125, done.stderr
    assert "did not answer in time" in done.stderr
    eventually("no daemon", lambda: not [
        p for p in Path("/proc").glob("[0-9]*/environ")
        if f"TMPDIR={run.environment['TMPDIR']}".encode() in read(p)])


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
