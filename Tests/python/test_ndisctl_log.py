"""`ndisctl log`: the daemon's own events, and the journal by way of a journalctl that is made up here."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import DEADLINE, Daemon, eventually
from test_ndisctl_view import SOCKET, Command, bed, ctl, ndisctl  # noqa: F401

import ndissim

LEAK = "795198aa64f1405ca39bf8cd60c14c9b"
VIOLATION = "dc1f3a268c64449284ef48e939925f0c"


class Journal:
    """A journalctl on the PATH that writes down what it was asked and answers what it is told to."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.environment = {"PATH": f"{directory}:{os.environ['PATH']}"}
        self.answer()

    def answer(self, *entries: dict[str, Any], end: str = "exit 0", raw: str = "") -> None:
        text = raw + "".join(json.dumps(entry) + "\n" for entry in entries)
        (self.directory / "entries").write_text(text)
        program = self.directory / "journalctl"
        program.write_text(f"#!/bin/sh\necho \"$@\" >>{self.directory}/asked\n"
                           f"echo $$ >{self.directory}/pid\ncat {self.directory}/entries\n{end}\n")
        program.chmod(0o755)

    @property
    def asked(self) -> str:
        return (self.directory / "asked").read_text().splitlines()[-1]


def entry(message: str = "It broke a rule.", message_id: str = VIOLATION, priority: int = 4,
          pid: int = 1, **fields: str) -> dict[str, Any]:
    return {"MESSAGE": message, "MESSAGE_ID": message_id, "PRIORITY": str(priority), "_PID": str(pid),
            "SYSLOG_IDENTIFIER": "ndissimd", "__REALTIME_TIMESTAMP": "1700000000123456", **fields}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    yield Journal(tmp_path)


def log(ctl: Command, journal: Journal, *arguments: str) -> list[str]:  # noqa: F811
    done = ctl.run("log", *arguments, **journal.environment)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()


# ---- From the daemon ----------------------------------------------------------------------------


def test_the_daemons_events_have_names(ctl: Command, bed: ndissim.MiniportAdapter) -> None:  # noqa: F811
    lines = [json.loads(line) for line in ctl("log", "--source", "daemon", "--json").splitlines()]
    registered = [line for line in lines if line["event"]["kind"] == "driverRegistered"][-1]
    assert registered["object"] == "driver vmq"
    states = [line for line in lines if line["event"]["kind"] == "adapterState"
              and line["event"]["fields"]["NDIS_ADAPTER"] == "vmq0"]
    assert states[-1]["object"] == "adapter vmq0"
    people = ctl("log", "--source", "daemon", "-n", "3").splitlines()
    assert len(people) == 3
    assert all(re.match(r"[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{3} \w+ ", line) for line in people)


def test_a_handle_that_is_gone_stays_a_number(ctl: Command, daemon: Daemon) -> None:  # noqa: F811
    with daemon.connect("breaker") as session:
        ndissim.ProtocolDriver(session, "leaky").allocate(4096)
    ctl("wait", "sessions=0", "--timeout", "20s")
    line = ctl("log", "--source", "daemon", "--kind", "leak", "--driver", "leaky").splitlines()[-1]
    assert re.search(r" ms old\. \(0x[0-9A-F]{16}\)$", line), line


def test_what_is_wanted_is_shown(ctl: Command, bed: object) -> None:  # noqa: F811
    def events(*arguments: str) -> list[dict[str, Any]]:
        out = ctl("log", "--source", "daemon", "--json", *arguments)
        return [json.loads(line)["event"] for line in out.splitlines()]

    assert {e["fields"]["NDIS_ADAPTER"] for e in events("--adapter", "idle0")} == {"idle0"}
    assert {e["fields"]["NDIS_DRIVER"] for e in events("--driver", "vmq")} == {"vmq"}
    assert {e["kind"] for e in events("--kind", "ready", "--kind", "started")} == {"ready", "started"}
    assert {e["priority"] for e in events("--priority", "notice")} <= {"notice", "warning", "error"}
    assert events("--since", "-1h") == events("--boot") and events("--since", "@99999999999") == []
    assert len(events("-n", "2")) == 2 and events("-n", "0") == []
    assert events("-n", "2") == events("--boot")[-2:]


def test_without_a_journal_the_daemon_is_asked(ctl: Command, bed: object, journal: Journal) -> None:  # noqa: F811
    """The machine has a journal, in which this daemon has not written."""
    assert any("opened session" in line for line in log(ctl, journal))
    assert "--lines=1" in journal.asked and "_PID=" in journal.asked
    # And there is none at all.
    done = ctl.run("log", PATH="/nowhere")
    assert done.returncode == 0 and "opened session" in done.stdout


def test_the_daemons_events_are_followed(ctl: Command, daemon: Daemon) -> None:  # noqa: F811
    process = ctl.start("log", "--source", "daemon", "-f", "-n", "1", "--kind", "sessionOpened",
                        "--json")
    assert process.stdout is not None
    # Who opens a session before the stream is open sees it as what was: none is lost or shown twice.
    for name in ("first", "second", "third"):
        with daemon.connect(name):
            while name not in (line := process.stdout.readline()):
                assert line, "the log ended"
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE) == -signal.SIGINT
    assert process.stdout.read() == ""


# ---- From the journal ---------------------------------------------------------------------------


def test_the_journal_is_asked_for_just_that(ctl: Command, journal: Journal) -> None:  # noqa: F811
    journal.answer(entry())
    log(ctl, journal)
    assert journal.asked.split() == ["--output=json", "--all", "--no-pager", "--quiet",
                                     "--identifier=ndissimd", "--lines=100"]
    log(ctl, journal, "-b", "--since", "-10min", "--priority", "warning", "--driver", "vmq",
        "--adapter", "vmq0", "--kind", "leak", "--kind", "violation", "-u", "ndissimd")
    assert set(journal.asked.split()) >= {
        "--unit=ndissimd", "--boot", "--since=-10min", "--priority=warning", "--lines=all",
        "NDIS_DRIVER=vmq", "NDIS_ADAPTER=vmq0", f"MESSAGE_ID={LEAK}", f"MESSAGE_ID={VIOLATION}"}
    log(ctl, journal, "-f", "-n", "5", "--source", "journal")
    assert {"--follow", "--lines=5"} <= set(journal.asked.split())


def test_entries_are_lines(ctl: Command, journal: Journal) -> None:  # noqa: F811
    journal.answer(
        entry(), entry("It did not free.", LEAK, NDIS_ADAPTER="vmq0"),
        entry("An old line.", "", 6), entry("From tomorrow.", "0" * 32, 3),
        {"MESSAGE": [104, 105, 255], "__REALTIME_TIMESTAMP": "x"}, {"no": "entry"},
        raw="this is no JSON\n")
    lines = log(ctl, journal)
    assert lines[0] == "Nov 14 22:13:20.123 warning violation          It broke a rule."
    assert [line.split()[4] for line in lines] == ["violation", "leak", "other", "other", "other"]
    assert lines[4].endswith("hi\ufffd")
    documents = [json.loads(line) for line in log(ctl, journal, "--json")]
    assert documents[1]["event"] == {
        "realtimeUs": 1700000000123456, "kind": "leak", "messageId": LEAK, "priority": "warning",
        "message": "It did not free.", "fields": {"NDIS_ADAPTER": "vmq0"}}


def test_only_the_running_daemons_handles_are_resolved(
        ctl: Command, bed: ndissim.MiniportAdapter, journal: Journal) -> None:  # noqa: F811
    """The same number was something else in an earlier daemon."""
    pid = ctl.json("status")["status"]["pid"]
    blocks = ctl.json("list", "blocks")["blocks"]
    handle = blocks[0]["handle"]
    journal.answer(entry(pid=pid, NDIS_HANDLE=handle), entry(pid=pid + 1, NDIS_HANDLE=handle))
    lines = log(ctl, journal)
    assert lines[0].endswith("It broke a rule. (queue 0 of vmq0)")
    assert lines[1].endswith(f"It broke a rule. ({handle})")


def test_what_stands_in_an_entry_does_not_steer_the_terminal(
        ctl: Command, journal: Journal) -> None:  # noqa: F811
    journal.answer(entry("a\x1b[31mb\nc", NDIS_HANDLE="\x1b[2J"))
    text = "\n".join(log(ctl, journal))
    assert "\x1b" not in text and "a\ufffd[31mb" in text


def test_a_journalctl_that_fails_is_told(ctl: Command, journal: Journal) -> None:  # noqa: F811
    journal.answer(entry(), end="echo 'Failed to parse timestamp: x' >&2; exit 1")
    done = ctl.run("log", "--since", "x", **journal.environment)
    assert done.returncode == 1 and "It broke a rule." in done.stdout
    assert "Failed to parse timestamp: x" in done.stderr
    assert "journalctl exited with status 1" in done.stderr
    done = ctl.run("log", "--source", "journal", PATH="/nowhere")
    assert done.returncode == 1 and "--source daemon" in done.stderr


def test_a_follower_ends_with_its_reader(ctl: Command, journal: Journal) -> None:  # noqa: F811
    journal.answer(entry(), end="exec sleep 1000")
    with subprocess.Popen([ctl.program, "log", "-f", "--source", "journal"], text=True,
                          env=ctl.environment | journal.environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and "It broke" in process.stdout.readline()
        child = int((journal.directory / "pid").read_text())
        process.terminate()
        process.wait(DEADLINE)
        eventually("journalctl has ended", lambda: not alive(child))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_nobody_to_ask_is_an_error(ndisctl: str, tmp_path: Path) -> None:  # noqa: F811
    done = Command(ndisctl, str(tmp_path / "none")).run("log", PATH="/nowhere")
    assert done.returncode == 5 and "no running daemon" in done.stderr


@pytest.mark.parametrize(("arguments", "word"), [
    (["--kind", "nonsense"], "violation"), (["--lines=-1"], "--lines"),
    (["--priority", "loud"], "warning"), (["--source", "daemon", "-u", "x"], "--unit"),
    (["--source", "daemon", "--since", "yesterday"], "-10min"),
])
def test_a_wrong_word_is_named(ctl: Command, arguments: list[str], word: str) -> None:  # noqa: F811
    done = ctl.run("log", *arguments)
    assert done.returncode == 64 and word in done.stderr, done.stderr
