"""ndisctl's viewing and steering commands: the real program against the real daemon."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import DEADLINE, ROOT, Daemon

import ndissim

SOCKET = "org.ndissim.Simulator"
HANDLE = re.compile(r"^0x[0-9A-F]{16}$")


@pytest.fixture(scope="session")
def ndisctl(program: str) -> str:
    path = os.environ.get("NDISCTL", str(Path(program).parent / "ndisctl"))
    if not os.access(path, os.X_OK):
        pytest.skip(f"no ndisctl at {path}; set NDISCTL")
    return path


class Command:
    """Runs ndisctl for one daemon."""

    def __init__(self, program: str, path: str) -> None:
        self.program = program
        self.environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC",
                            "NDISSIM_MANAGEMENT_SOCKET": path}

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.program, *arguments], env=self.environment | environment,
                              capture_output=True, text=True, timeout=2 * DEADLINE)

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
        return subprocess.Popen([self.program, *arguments], env=self.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def __call__(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert (done.returncode, done.stderr) == (0, ""), f"{arguments}: {done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def ctl(ndisctl: str, daemon: Daemon) -> Command:
    return Command(ndisctl, str(daemon.directory / SOCKET))


@pytest.fixture
def bed(daemon: Daemon, ctl: Command) -> Iterator[ndissim.MiniportAdapter]:
    """A driver `vmq` with an adapter `vmq0` that has three blocks, and `idle0` that has none."""
    with daemon.connect("tester") as session:
        driver = ndissim.MiniportDriver(session, "vmq")
        adapter = driver.add_adapter("vmq0")
        driver.add_adapter("idle0")
        adapter.allocate(4096, queue_id=0, site="Start")
        adapter.allocate(65536, queue_id=0, site="Start", contiguous=True)
        adapter.allocate(8192, queue_id=0, site="Grow")
        yield adapter
    ctl("wait", "sessions=0", "--timeout", "20s")


# ---- Inspection ---------------------------------------------------------------------------------


def test_status_is_a_page_and_the_default(ctl: Command, bed: object, daemon: Daemon) -> None:
    page = ctl("status")
    assert page.startswith("● ndissimd ")
    for line in ("State: running for", f"PID: {daemon.process.pid} (uid {os.getuid()})",
                 f"Driver socket: {daemon.socket}", f"Management socket: {daemon.directory / SOCKET}",
                 "Objects: 1 session, 1 driver, 2 adapters, 0 bindings, 2 providers",
                 "Memory: 3 blocks, 76 KiB in 1 section", "pool"):
        assert line in page, page
    assert "\x1b" not in page
    assert ctl().splitlines()[0] == page.splitlines()[0]
    status = ctl.json("status")["status"]
    assert status["pid"] == daemon.process.pid
    assert status["counters"]["blocks"] == 3


def test_lists_have_titles_rows_and_a_number(ctl: Command, bed: object) -> None:
    lines = ctl("list", "adapters").splitlines()
    assert lines[0].split()[:3] == ["HANDLE", "NAME", "STATE"]
    assert lines[-2:] == ["", "2 adapters."]
    rows = [line.split() for line in lines[1:-2]]
    assert {row[1] for row in rows} == {"vmq0", "idle0"}
    assert all(HANDLE.match(row[0]) and row[2] == "Running" for row in rows)
    bare = ctl("list", "adapters", "--no-legend").splitlines()
    assert bare == lines[1:-2]


@pytest.mark.parametrize("kind", ["sessions", "drivers", "adapters", "bindings", "providers",
                                  "sections", "blocks", "lists", "violations", "events"])
def test_a_list_and_its_json_agree(ctl: Command, bed: object, kind: str) -> None:
    document = ctl.json("list", kind)
    assert list(document) == [kind]
    assert ctl("list", kind).splitlines()[-1] in {
        f"{len(document[kind])} {kind}.", f"1 {kind[:-1]}."}


def test_columns_are_chosen_and_sorted_by(ctl: Command, bed: object) -> None:
    table = ctl("list", "blocks", "--columns", "length,site", "--sort", "length", "--no-legend")
    assert [line.split() for line in table.splitlines()] == [
        ["4", "KiB", "Start"], ["8", "KiB", "Grow"], ["64", "KiB", "Start"]]
    turned = ctl.json("list", "blocks", "--sort", "length", "--reverse")
    assert [block["length"] for block in turned["blocks"]] == [65536, 8192, 4096]


@pytest.mark.parametrize(("filters", "lengths"), [
    ([], [4096, 8192, 65536]),
    (["--owner", "vmq0"], [4096, 8192, 65536]),
    (["--owner", "idle0"], []),
    (["--longer-than", "8K"], [8192, 65536]),
    (["--site", "Start"], [4096, 65536]),
    (["--site", "Start", "--longer-than", "5K"], [65536]),
    (["--provider", "pool"], [4096, 8192, 65536]),
    (["--provider", "hal"], []),
    (["--usage", "Other"], [4096, 8192, 65536]),
    (["--usage", "NdisSharedMemoryUsageReceive"], []),
    (["--older-than", "1h"], []),
    (["--queue", "0"], [4096, 8192, 65536]),
])
def test_blocks_are_filtered(ctl: Command, bed: object, filters: list[str],
                             lengths: list[int]) -> None:
    blocks = ctl.json("list", "blocks", *filters)["blocks"]
    assert sorted(block["length"] for block in blocks) == lengths


def test_blocks_are_counted_by_a_property(ctl: Command, bed: object) -> None:
    groups = ctl.json("list", "blocks", "--by", "site")["groups"]
    assert {group["key"]: (group["blocks"], group["bytes"]) for group in groups} == {
        "Start": (2, 69632), "Grow": (1, 8192)}
    groups = ctl.json("list", "blocks", "--by", "site", "--longer-than", "64K")["groups"]
    assert [group["key"] for group in groups] == ["Start"]
    assert "1 group." in ctl("list", "blocks", "--by", "adapter")


def test_extents_come_if_asked_for(ctl: Command, bed: object) -> None:
    blocks = ctl.json("list", "blocks", "--extents")["blocks"]
    assert all(sum(e["length"] for e in block["extents"]) >= block["length"] for block in blocks)
    assert "extents" not in ctl.json("list", "blocks")["blocks"][0]
    assert re.search(r"^0x[0-9A-F]{16}  0x[0-9A-F]+\+0x1000$",
                     ctl("list", "blocks", "--extents", "--columns", "handle,extents"), re.M)


def test_show_describes_any_object(ctl: Command, bed: ndissim.MiniportAdapter) -> None:
    page = ctl("show", "vmq0")
    assert page.startswith("ADAPTER vmq0\n")
    assert "State: Running" in page and "\nREFERENCES\n" in page
    assert "from Restarting to Running" in page.split("RECENT EVENTS")[1]
    assert ctl("show", f"0x{bed.handle:016X}").splitlines()[0] == "ADAPTER vmq0"
    block = ctl.json("list", "blocks", "--site", "Grow")["blocks"][0]["handle"]
    page = ctl("show", block)
    assert f"AllocationHandle: {block}" in page and "Site: Grow" in page
    for name, title in (("vmq", "DRIVER vmq"), ("pool", "PROVIDER pool"), ("tester", "SESSION ")):
        assert ctl("show", name).startswith(title)
    section = ctl.json("list", "sections")["sections"][0]["handle"]
    assert ctl("show", section).startswith("SECTION ")
    described = ctl.json("show", "vmq0")["object"]
    assert described["kind"] == "adapter" and described["adapter"]["blocks"] == 3


def test_show_says_when_there_is_no_such_object(ctl: Command) -> None:
    done = ctl.run("show", "nobody")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ndisctl: ") and "nobody" in done.stderr


def test_state_is_one_document(ctl: Command, bed: ndissim.MiniportAdapter) -> None:
    for _ in range(600):
        bed.allocate(4096)
    state = json.loads(ctl("state"))
    assert set(state) == {"status", "settings", "sessions", "drivers", "adapters", "bindings",
                          "queues", "vports", "filters", "oids", "lists", "providers", "sections",
                          "blocks",
                          "violations", "events"}
    assert state["bindings"] == []
    assert len({block["handle"] for block in state["blocks"]}) == 603
    assert [adapter["name"] for adapter in state["adapters"]] in (["vmq0", "idle0"],
                                                                  ["idle0", "vmq0"])


def test_lists_and_what_waits_for_them_name_the_holder(ctl: Command, daemon: Daemon) -> None:
    ctl("adapter", "add", "name=held0")
    with daemon.connect("culprit") as session:
        held: list[object] = []
        driver = ndissim.ProtocolDriver(
            session, "culprit",
            ndissim.ProtocolHandlers(receive=lambda _, indication: held.append(indication)))
        binding = driver.bind_adapter("held0")
        binding.set(ndissim.Oid.NDISSIM_GENERATE, ndissim.GenerateParameters(queue_id=0, count=2))
        session.serve(until=lambda: len(held) > 0, timeout=DEADLINE)
        rows = ctl("list", "lists", "--adapter", "held0", "--driver", "culprit").splitlines()
        assert rows[-1] == "2 lists." and all("culprit" in row for row in rows[1:3])
        assert ctl.json("list", "lists", "--driver", "culprit", "--queue", "7") == {"lists": []}
        assert "culprit" in ctl("show", "adapter:held0", "-n", "0").split("WHO HOLDS")[1]
        assert ctl("pending", "--adapter", "held0") == "Nothing is pending.\n"
        ctl("adapter", "pause", "held0", "--no-wait")
        session.serve(until=lambda: "Pausing" in ctl("list", "adapters"), timeout=DEADLINE)
        chain = ctl("pending", "--driver", "culprit").splitlines()
        assert chain[0].startswith("adapter held0 of driver vmq,") and "Pausing" in chain[0]
        assert chain[1].strip().startswith("\u2514\u2500 MiniportPause of driver vmq")
        assert "return of 2 NET_BUFFER_LISTs by driver culprit" in chain[2]
        steps = ctl.json("pending", "--adapter", "held0")["chains"][0]["steps"]
        assert [step["depth"] for step in steps] == [0, 1, 2]
    ctl("wait", "adapter:held0=Paused")
    ctl("adapter", "remove", "held0")


def test_config_and_metrics(ctl: Command) -> None:
    settings = ctl.json("config")["settings"]
    origins = {setting["key"]: setting["origin"] for setting in settings}
    assert origins["runtime-directory"] == "--runtime-directory"
    assert "runtime-directory" in ctl("config", "--columns", "key,origin")
    metrics = ctl("metrics")
    assert metrics.endswith("# EOF\n")
    assert ctl.json("metrics")["text"].splitlines()[0] == metrics.splitlines()[0]


# ---- Events and conditions ----------------------------------------------------------------------


def test_monitor_shows_events_as_they_happen(ctl: Command, daemon: Daemon) -> None:
    process = ctl.start("monitor", "--kind", "sessionOpened", "--json", "--count", "2")
    assert process.stdout is not None
    assert list(json.loads(process.stdout.readline())) == ["status"]
    for name in ("first", "second"):
        with daemon.connect(name):
            reply = json.loads(process.stdout.readline())
            assert reply["event"]["kind"] == "sessionOpened"
            assert name in reply["event"]["message"]
    assert process.wait(DEADLINE) == 0


def test_monitor_starts_where_it_is_told(ctl: Command, bed: object) -> None:
    events = ctl.json("list", "events")["events"]
    middle = events[len(events) // 2]["sequence"]
    left = [event["sequence"] for event in events if event["sequence"] > middle]
    lines = ctl("monitor", "--since", str(middle), "--count", str(len(left)), "--json").splitlines()
    assert [json.loads(line)["event"]["sequence"] for line in lines[1:]] == left
    people = ctl("monitor", "--since", str(middle), "--count", "1")
    assert re.match(r"[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{3} \w+ ", people)


def test_all_events_that_are_kept_are_shown(
        ndisctl: str, program: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A single reply of the daemon has 64; what is newest is in the last one."""
    daemon = Daemon(program, tmp_path_factory.mktemp("d"))
    ctl = Command(ndisctl, str(daemon.directory / SOCKET))
    for number in range(120):
        with daemon.connect(f"many{number}"):
            pass
    with daemon.connect("breaker") as session:
        ndissim.ProtocolDriver(session, "leaky").allocate(4096)
    ctl("wait", "sessions=0", "--timeout", "20s")
    events = ctl.json("list", "events")["events"]
    sequences = [event["sequence"] for event in events]
    assert len(events) > 240 and sequences == list(range(1, len(events) + 1))
    middle = len(events) - 200
    lines = ctl("monitor", "--since", str(middle), "--count", "200", "--json").splitlines()
    assert [json.loads(line)["event"]["sequence"] for line in lines[1:]] == sequences[middle:]
    assert "did not free a block" in ctl("status")
    daemon.stop()


def test_events_are_filtered(ctl: Command, bed: object) -> None:
    events = ctl.json("list", "events", "--kind", "adapterState")["events"]
    assert events and all(event["kind"] == "adapterState" for event in events)
    severe = ctl.json("list", "events", "--priority", "notice")["events"]
    assert severe and all(e["priority"] in {"notice", "warning", "error"} for e in severe)


@pytest.mark.parametrize("condition", [
    "blocks=3", "blocks>=2", "blocks>2", "blocks<=3", "adapters<3", "vmq0=Running",
    "adapter:vmq0=Running", "tester=present", "nobody=gone", "event:adapterState*2",
])
def test_wait_returns_when_the_condition_holds(ctl: Command, bed: object, condition: str) -> None:
    assert ctl("wait", condition, "--timeout", "20s").strip()


def test_wait_says_how_things_stood_when_time_is_up(ctl: Command, bed: object) -> None:
    done = ctl.run("wait", "blocks=0", "--timeout", "50ms")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "ndisctl: timed out: blocks is 3\n"


def test_wait_waits(ctl: Command, daemon: Daemon) -> None:
    process = ctl.start("wait", "adapter:late0=Running", "--timeout", "20s")
    with daemon.connect("late") as session:
        ndissim.MiniportDriver(session, "late").add_adapter("late0")
        assert process.wait(DEADLINE) == 0


# ---- Control ------------------------------------------------------------------------------------


def test_expectations_are_declared_and_taken_back(ctl: Command) -> None:
    assert ctl("expect", "leak", "times", "2") == ""
    ctl("expect", "leak")
    assert ctl.json("list", "violations")["violations"][0]["expected"] == 3
    ctl("expect", "--forget")
    assert all("expected" not in v for v in ctl.json("list", "violations")["violations"])


def test_providers_are_added_and_removed(ctl: Command, bed: ndissim.MiniportAdapter) -> None:
    page = ctl("provider", "add", "name=tight,capacity=1M,fragment=7")
    assert page.startswith("PROVIDER tight\n") and "Fragmentation: seed 7" in page
    with bed.allocate(4096):
        assert ctl.json("show", "tight")["object"]["provider"]["blocks"] == 1
        assert "State: ended" in ctl("provider", "remove", "tight")
    ctl("wait", "provider:tight=gone", "--timeout", "20s")
    done = ctl.run("provider", "remove", "tight")
    assert done.returncode == 1 and "tight" in done.stderr


def test_small_commands_succeed_quietly(ctl: Command) -> None:
    assert ctl("ping") == ""
    assert ctl("log-level", "debug") == ""
    assert ctl("log-level", "6") == ""
    assert ctl.json("ping") == {}
    assert ctl("reload").splitlines()[-1] == "0 changes."


# ---- Ends ---------------------------------------------------------------------------------------


def test_without_a_daemon_it_says_where_it_looked(ndisctl: str, tmp_path: Path) -> None:
    command = Command(ndisctl, str(tmp_path / "nothing"))
    done = command.run()
    assert (done.returncode, done.stdout) == (5, "")
    assert str(tmp_path / "nothing") in done.stderr and "ndissimd" in done.stderr
    del command.environment["NDISSIM_MANAGEMENT_SOCKET"]
    done = command.run("ping", XDG_RUNTIME_DIR=str(tmp_path), TMPDIR=str(tmp_path))
    assert done.returncode == 5
    assert str(tmp_path / "ndissim" / SOCKET) in done.stderr
    # A socket that nobody listens on any more.
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead"))
    assert command.run("ping", "--socket", str(tmp_path / "dead")).returncode == 5


@pytest.mark.parametrize("arguments", [
    ["frobnicate"], ["list"], ["list", "blocks", "--by", "colour"], ["list", "blocks", "--queue", "x"],
    ["list", "adapters", "--sort", "colour"], ["list", "adapters", "--columns", ""],
    ["list", "adapters", "--reverse"], ["list", "events", "--priority", "loud"], ["show"],
    ["wait", "nonsense"], ["wait", "blocks=0", "--timeout", "soon"], ["log-level", "loud"],
    ["expect"], ["expect", "leak", "times", "0"], ["expect", "leak", "--forget"],
    ["provider", "add", "capacity=1M"], ["provider", "add", "name=x,colour=red"],
    ["top", "--interval", "1ms"], ["status", "--color", "red"], ["monitor", "--count", "0"],
])
def test_a_wrong_command_line_ends_with_64(ctl: Command, arguments: list[str]) -> None:
    done = ctl.run(*arguments)
    # A group without a subcommand shows its help, which is no mistake.
    assert done.returncode == (0 if arguments == ["list"] else 64), done.stderr
    assert arguments == ["list"] or done.stderr.strip()


def test_a_reader_that_had_enough_ends_it_quietly(ctl: Command, bed: object) -> None:
    process = ctl.start("monitor", "--since", "0")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    # The next event finds nobody.
    for _ in range(2):
        bed.session.ping()  # type: ignore[attr-defined]
        ctl("provider", "add", "name=unread,capacity=1M")
        ctl("provider", "remove", "unread")
    assert process.wait(DEADLINE) == 0
    assert process.stderr.read() == ""


def test_a_full_disk_is_an_error(ctl: Command) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([ctl.program, "status"], env=ctl.environment, stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=DEADLINE)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr


COMMANDS = [
    ["status"], ["list"], ["show"], ["pending"], ["monitor"], ["log"], ["top"], ["state"],
    ["metrics"], ["config"],
    ["ping"], ["wait"], ["expect"], ["provider"], ["reload"], ["log-level"],
    *(["list", kind] for kind in ("sessions", "drivers", "adapters", "bindings", "providers",
                                  "sections", "blocks", "queues", "vports", "filters", "oids",
                                  "lists", "violations", "events")),
    ["state", "adapter"], ["state", "queue"], ["state", "vport"],
    ["provider", "add"], ["provider", "remove"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example_and_is_documented(
        ctl: Command, command: list[str]) -> None:
    text = ctl(*command, "--help")
    assert "Example" in text and "ndisctl " + " ".join(command) in text
    assert f"ndisctl {' '.join(command)}" in (ROOT / "docs/ndisctl.md").read_text()


def test_the_table_of_exit_statuses_is_the_documented_one(ctl: Command) -> None:
    help_text = ctl("--help").split("EXIT STATUS")[1].split("USAGE")[0]
    known = re.findall(r"^ +(\d+)  (.*)$", help_text, re.M)
    document = (ROOT / "docs/ndisctl.md").read_text()
    assert known == re.findall(r"^\| (\d+) \| (.*?) \|$", document, re.M)


# ---- On a terminal ------------------------------------------------------------------------------


class Terminal:
    """A terminal with ndisctl on it."""

    def __init__(self, ctl: Command, *arguments: str, size: tuple[int, int] = (24, 80),
                 **environment: str) -> None:
        self.master, slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [ctl.program, *arguments], stdin=slave, stdout=slave, stderr=slave,
            env=ctl.environment | {"TERM": "xterm-256color"} | environment, start_new_session=True)
        self.slave = slave
        self.seen = ""

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_until(self, text: str) -> None:
        end = time.monotonic() + DEADLINE
        while text not in self.seen:
            assert time.monotonic() < end, f"{text!r} did not come: {self.seen!r}"
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")

    def end(self) -> int:
        """Reads on to the end; the exit status."""
        while self.process.poll() is None:
            if select.select([self.master], [], [], 0.05)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 65536).decode(errors="replace")
        self.after = termios.tcgetattr(self.slave)
        os.close(self.slave)
        os.close(self.master)
        return self.process.returncode


@pytest.mark.parametrize("how", ["q", "interrupt", "terminate"])
def test_top_gives_the_terminal_back(ctl: Command, bed: object, how: str) -> None:
    terminal = Terminal(ctl, "top", "--interval", "100ms")
    terminal.read_until("\x1b[?1049h")
    terminal.read_until("PROVIDER")
    if how == "q":
        os.write(terminal.master, b"q")
    else:
        terminal.process.send_signal(
            {"interrupt": signal.SIGINT, "terminate": signal.SIGTERM}[how])
    assert terminal.end() == 0
    assert terminal.seen.endswith("\x1b[?1049l") and "\x1b[?25h" in terminal.seen
    assert terminal.after == terminal.before


def test_top_draws_again_at_another_size(ctl: Command, bed: object) -> None:
    terminal = Terminal(ctl, "top", "--interval", "1h", size=(24, 80))
    terminal.read_until("QUEUE")
    # All of the first page, or its rest would be taken for the second.
    terminal.read_until("\x1b[?2026l")
    narrow = frames(terminal.seen)[-1]
    assert all(len(line) <= 80 for line in narrow) and len(narrow) <= 24
    terminal.seen = ""
    terminal.resize(30, 160)
    os.killpg(terminal.process.pid, signal.SIGWINCH)
    terminal.read_until("\x1b[?2026l")
    wide = frames(terminal.seen)[-1]
    assert any("DRIVER" in line and "PROVIDER" in line and "QUEUE" in line for line in wide), wide
    os.write(terminal.master, b"q")
    assert terminal.end() == 0


def frames(seen: str) -> list[list[str]]:
    """The pages that were drawn, without colours."""
    found = re.findall(r"\x1b\[\?2026h\x1b\[H(.*?)\x1b\[J", seen, re.S)
    return [[re.sub(r"\x1b\[[0-9;]*[mK]", "", line).rstrip("\r") for line in page.split("\n")]
            for page in found]


def test_top_gives_the_terminal_back_when_the_daemon_ends(
        ndisctl: str, program: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    daemon = Daemon(program, tmp_path_factory.mktemp("d"))
    terminal = Terminal(Command(ndisctl, str(daemon.directory / SOCKET)), "top", "--interval",
                        "100ms")
    terminal.read_until("PROVIDER")
    daemon.stop()
    assert terminal.end() == 1
    assert "\x1b[?1049l" in terminal.seen and terminal.seen.rstrip().endswith("whether it exited")
    assert terminal.after == terminal.before


def test_top_gives_one_sample_elsewhere(ctl: Command, bed: ndissim.MiniportAdapter) -> None:
    sample = ctl.json("top", "--interval", "100ms")
    assert sample["intervalMs"] >= 100
    assert set(sample["ratesPerSecond"]) == {"allocations", "frees", "failedAllocations", "events"}
    assert [(g["key"], g["blocks"]) for g in sample["byDriver"]] == [("vmq", 3)]
    page = ctl("top", "--once", "--interval", "100ms")
    assert "PROVIDER" in page and "\x1b" not in page


@pytest.mark.parametrize(("arguments", "environment", "coloured"), [
    ([], {}, True), ([], {"NO_COLOR": "1"}, False), ([], {"TERM": "dumb"}, False),
    (["--color", "never"], {}, False), (["--color", "always"], {"NO_COLOR": "1"}, True),
])
def test_colours_are_for_terminals_that_want_them(
        ctl: Command, arguments: list[str], environment: dict[str, str], coloured: bool) -> None:
    terminal = Terminal(ctl, "status", *arguments, **environment)
    assert terminal.end() == 0
    assert ("\x1b[" in terminal.seen) == coloured


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_tables_fit_the_terminal(ctl: Command, bed: object, columns: int) -> None:
    for arguments in (["list", "blocks"], ["list", "providers"], ["status"], ["config"]):
        terminal = Terminal(ctl, *arguments, "--color", "never", size=(24, columns))
        assert terminal.end() == 0
        lines = terminal.seen.replace("\r", "").split("\n")
        assert max(len(line) for line in lines) <= columns, terminal.seen
