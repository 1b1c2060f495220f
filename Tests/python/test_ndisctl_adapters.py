"""ndisctl's commands that change adapters, and what it shows of hosted miniports and their queues: the
real program against a real daemon that hosts one."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import DEADLINE, ROOT, Daemon, eventually
from ndissim import (
    MiniportAdapter,
    MiniportDriver,
    MiniportHandlers,
    ProtocolDriver,
    ProtocolHandlers,
    Status,
)
from test_ndisctl_view import SOCKET, Command, ndisctl  # noqa: F401
from test_traffic import served

WALK = """
ALLOCATE_QUEUE --name first --vm guest --field Flags=PER_QUEUE_RECEIVE_INDICATION
QUEUE_ALLOCATION_COMPLETE --queue last
SET_FILTER --queue last --mac 02-00-00-00-00-01 --vlan 7
"""


@pytest.fixture(scope="module")
def daemon(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    running = Daemon(program, tmp_path_factory.mktemp("d"), "--miniport", "name=vmq0")
    yield running
    running.stop()


@pytest.fixture
def ctl(ndisctl: str, daemon: Daemon) -> Command:  # noqa: F811
    return Command(ndisctl, str(daemon.directory / SOCKET))


@pytest.fixture
def guest(ctl: Command) -> Iterator[str]:
    """A hosted miniport of the test's own."""
    ctl("adapter", "add", "name=guest0,queues=2", "queue-memory=64K", "--timeout", "20s")
    yield "guest0"
    ctl.run("adapter", "remove", "guest0", "--timeout", "20s")
    ctl("wait", "adapter:guest0=gone", "--timeout", "20s")


@pytest.fixture
def queue(ctl: Command, daemon: Daemon, guest: str, tmp_path: Path) -> Iterator[str]:
    """A queue that runs, of a driver that `ndisctl oid` is for so long. It leaves it to NDIS, which frees
    it when the adapter goes."""
    script = tmp_path / "walk"
    script.write_text(WALK)
    process = ctl.start("oid", guest, "--driver-socket", daemon.socket, "--script", str(script),
                        "--hold", stdin=subprocess.PIPE)
    try:
        ctl("wait", f"{guest}/1=Running", "--timeout", "20s")
        ctl("wait", "openOids=0", "--timeout", "20s")
        yield f"{guest}/1"
    finally:
        _, errors = process.communicate("\n", timeout=DEADLINE)
    assert process.returncode == 0, errors
    ctl("expect", "queuesLeft")


# ---- Hosted miniports ---------------------------------------------------------------------------


def test_a_miniport_is_added_shown_and_removed(ctl: Command) -> None:
    page = ctl("adapter", "add", "name=vp0,vports=2,queue-memory=64K,rate=1000,pends=never")
    assert page.startswith("ADAPTER vp0\n")
    for line in ("State: Running", "Hosted: NDIS 6.30", "Maximum VPorts: 2", "Frame rate: 1 000/s"):
        assert line in page, page
    assert ctl.json("show", "vp0")["object"]["adapter"]["hosted"] == {
        "name": "vp0", "vports": 2, "queueMemory": 65536, "ndisVersion": "6.30",
        "frameLength": 1514, "framesPerSecond": 1000, "pends": "never"}
    assert ctl("adapter", "remove", "vp0") == "vp0 is gone\n"
    again = ctl.json("adapter", "add", "name=vp0")
    assert again["state"] == "Running" and again["handle"].startswith("0x")
    assert ctl.json("adapter", "remove", "vp0") == {"handle": again["handle"], "state": "gone"}


def test_a_hosted_miniport_goes_with_its_adapter(ctl: Command, guest: str) -> None:
    assert ctl("adapter", "surprise-remove", guest) == "guest0 is gone\n"
    done = ctl.run("adapter", "remove", guest)
    assert done.returncode == 1
    assert 'No hosted miniport is called "guest0".' in done.stderr


@pytest.mark.parametrize(("change", "state"), [("halt", "gone"), ("shutdown", "Shutdown")])
def test_an_action_is_named(ctl: Command, guest: str, change: str, state: str) -> None:
    action = {"halt": "devicePoweredDown", "shutdown": "NdisShutdownBugCheck"}[change]
    assert ctl("adapter", change, guest, "--action", action) == f"guest0 is {state}\n"


def test_pause_and_restart(ctl: Command, guest: str) -> None:
    assert ctl("adapter", "pause", guest, "--reason", "LOW_POWER",
               "--reason", "ATTACH_FILTER") == "guest0 is Paused\n"
    assert "Paused: administratively, until it is restarted" in ctl("show", guest)
    done = ctl.run("adapter", "pause", guest)
    assert done.returncode == 1
    assert "The adapter is Paused: one that is Running" in done.stderr
    assert "(NDIS_STATUS_FAILURE, wrongState)" in done.stderr
    handle = ctl.json("show", guest)["object"]["adapter"]["handle"]
    assert ctl.json("adapter", "restart", handle) == {"handle": handle, "state": "Running"}


# ---- Adapters of processes ----------------------------------------------------------------------


class Slow:
    """A miniport of this process that pends its pauses."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.pausing: list[MiniportAdapter] = []

    def pause(self, adapter: MiniportAdapter) -> Status:
        self.pausing.append(adapter)
        return Status.PENDING


@pytest.fixture
def slow(daemon: Daemon, ctl: Command) -> Iterator[Slow]:
    slow = Slow(daemon)
    with daemon.connect("slow") as session:
        driver = MiniportDriver(session, "slow", MiniportHandlers(pause=slow.pause))
        driver.add_adapter("slow0")
        with served(session):
            yield slow
    ctl("wait", "adapter:slow0=gone", "--timeout", "20s")


def complete(slow: Slow) -> None:
    eventually("MiniportPause is called", lambda: bool(slow.pausing))
    adapter = slow.pausing.pop()
    adapter.session.pause_complete(adapter.handle)


def test_a_command_waits_for_a_process(ctl: Command, slow: Slow) -> None:
    process = ctl.start("adapter", "pause", "slow0")
    eventually("MiniportPause is called", lambda: bool(slow.pausing))
    ctl("wait", "slow0=Pausing", "--timeout", "20s")
    assert process.poll() is None
    complete(slow)
    out, errors = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out, errors) == (0, "slow0 is Paused\n", "")


def test_the_time_is_up_and_the_change_goes_on(ctl: Command, slow: Slow) -> None:
    done = ctl.run("adapter", "pause", "slow0", "--timeout", "100ms")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == 'ndisctl: timed out: "slow0" is Pausing\n'
    complete(slow)
    ctl("wait", "slow0=Paused", "--timeout", "20s")


def test_no_wait_begins_and_returns(ctl: Command, slow: Slow) -> None:
    begun = ctl.json("adapter", "pause", "slow0", "--no-wait")
    assert begun["state"] in ("Running", "Pausing")
    complete(slow)
    ctl("wait", "slow0=Paused", "--timeout", "20s")
    done = ctl.run("adapter", "remove", "slow0")
    assert done.returncode == 1 and "belongs to a process" in done.stderr
    assert ctl("adapter", "halt", "slow0") == "slow0 is gone\n"


# ---- Queues and frames --------------------------------------------------------------------------


def test_a_queue_is_shown_as_ndiskd_shows_it(ctl: Command, queue: str) -> None:
    page = ctl("show", queue)
    assert page.startswith(f"QUEUE {queue}\n")
    for line in (
        "Queue name: first", "VM name: guest", "QueueId: 1", "Miniport: guest0  0x",
        "Type: NdisReceiveQueueTypeVMQueue", "Flags: PER_QUEUE_RECEIVE_INDICATION", "State: Running",
        "Allocated: yes", "References: 0 outstanding lists", "Number of filters: 1", "Suggested buffers: 0",
        "MSI-X entry: ", "Lookahead size: 0", "Affinity: 0x1", "FILTERS",
        "DestinationAddress = 02-00-00-00-00-01, VlanId = 7", "SHARED MEMORY ALLOCATIONS",
        "64 KiB  Receive",
    ):
        assert line in page, page
    shown = ctl.json("show", queue)["object"]
    assert shown["queue"]["blocks"] == len(shown["blocks"]) == 1
    assert [one["name"] for one in shown["filters"]] == ["filter:guest0/1"]


def test_the_state_of_a_queue_is_marked(ctl: Command, queue: str) -> None:
    dot = ctl("state", "queue", queue, "--dot")
    node = {name: line for line in dot.splitlines() if "->" not in line
            for name in ("Running", "Allocated") if f'"{name}"' in line}
    assert len(node) == 2, dot
    # What is beside the names differs: one of the two is marked.
    assert node["Running"].replace("Running", "") != node["Allocated"].replace("Allocated", "")
    assert ctl("state", "queue", "--dot") != dot
    assert "*Running*" in ctl("state", "queue", queue)


@pytest.mark.parametrize(("kind", "count"), [("queues", 1), ("filters", 1), ("oids", 0), ("vports", 0)])
def test_what_an_adapter_has_is_listed(ctl: Command, queue: str, kind: str, count: int) -> None:
    adapter = queue.split("/")[0]
    assert len(ctl.json("list", kind, "--adapter", adapter)[kind]) == count
    lines = ctl("list", kind).splitlines()
    assert lines[-1] == f"{count} {kind if count != 1 else kind[:-1]}.", lines


def test_waiting_for_and_counting_queues(ctl: Command, queue: str) -> None:
    handle = ctl.json("show", "guest0")["object"]["adapter"]["handle"]
    for condition in ("queues=1", "filters=1", "vports=0", "openOids=0", "indicatedLists=0",
                      f"queue:{queue}=Running", f"{handle}/1=Running", "filter:guest0/1=set",
                      f"filter:{handle}/1=set", "vport:guest0/1=gone"):
        ctl("wait", condition, "--timeout", "20s")
    metrics = ctl("metrics")
    for line in ('ndissim_queues{state="Running"} 1', 'ndissim_queues{state="Set"} 0',
                 'ndissim_vports{state="Activated"} 0', "ndissim_filters 1", "ndissim_open_oids 0",
                 "ndissim_indicated_lists 0"):
        assert f"\n{line}\n" in metrics, line
    waiting = ctl.start("wait", f"{queue}=gone")
    ctl("adapter", "remove", "guest0")
    assert waiting.wait(DEADLINE) == 0
    ctl("wait", "queues=0", "--timeout", "20s")


def test_frames_are_generated(ctl: Command, queue: str) -> None:
    assert ctl("adapter", "generate", "guest0", "--queue", "1", "--count", "3") \
        == "3 frames indicated, 0 dropped\n"
    ctl("wait", "indicatedLists=0", "--timeout", "20s")


def test_a_driver_gets_what_is_generated(ctl: Command, daemon: Daemon, guest: str) -> None:
    lengths: list[int] = []

    def receive(binding: object, indication: object) -> None:
        for one in indication.lists:  # type: ignore[attr-defined]
            lengths.extend(buffer.data_length for buffer in one.buffers)

    with daemon.connect("taker") as session, served(session):
        binding = ProtocolDriver(session, "taker", ProtocolHandlers(receive=receive)) \
            .bind_adapter(guest)
        # 64 KiB hold 42 frames of 1514 bytes, and none is returned.
        assert ctl.json("adapter", "generate", guest, "--count", "2", "--length", "64") \
            == {"indicated": 2, "dropped": 0}
        assert ctl.json("adapter", "generate", guest, "--count", "3000") \
            == {"indicated": 40, "dropped": 2960}
        eventually("all frames came", lambda: len(lengths) == 42)
        assert lengths == [64] * 2 + [1514] * 40
        ctl("wait", "indicatedLists=42", "--timeout", "20s")
        del binding
    ctl("wait", "indicatedLists=0", "--timeout", "20s")


def test_without_a_queue_there_are_no_frames(ctl: Command, guest: str) -> None:
    for arguments, words in (
        (["--queue", "9"], "is not a receive queue"), (["--vport", "1"], "has VM queues"),
        (["--length", "2000"], "1514"),
    ):
        done = ctl.run("adapter", "generate", guest, *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert words in done.stderr, done.stderr
    ctl("adapter", "pause", guest)
    done = ctl.run("adapter", "generate", guest)
    assert done.returncode == 1 and "an adapter that is Paused" in done.stderr


# ---- The command line ---------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [
    ["add"], ["add", "queues=2"], ["add", "name=x,colour=red"], ["add", "name=x,queues=many"],
    ["add", "name=x,queue-memory=lots"], ["add", "name"], ["remove"], ["pause"],
    ["pause", "vmq0", "--reason", "BOREDOM"], ["pause", "vmq0", "--timeout", "soon"],
    ["pause", "vmq0", "--timeout", "1s", "--no-wait"], ["halt", "vmq0", "--action", "Explode"],
    ["shutdown", "vmq0", "--action", "DeviceDisabled"], ["generate", "vmq0", "--count", "0"],
    ["generate", "vmq0", "--queue", "1", "--vport", "1"], ["generate", "vmq0", "--queue", "-1"],
    ["generate", "vmq0", "--length", "63"], ["generate", "vmq0", "--vport", "4294967296"],
])
def test_a_wrong_command_line_ends_with_64(ctl: Command, arguments: list[str]) -> None:
    done = ctl.run("adapter", *arguments)
    assert (done.returncode, done.stdout) == (64, ""), done.stdout
    assert done.stderr.strip()
    assert ctl.json("show", "vmq0")["object"]["adapter"]["state"] == "Running"


@pytest.mark.parametrize(("settings", "words"), [
    ("name=x,queues=64", "queues is 64; it must be 1 to 63."),
    ("name=x,ndis=5.1", "6.20, 6.30, 6.40"), ("name=x,pends=sometimes", "never, queues or always"),
    ("name=x,vports=1,ndis=6.20", "VPorts came with NDIS 6.30"), ("name=vmq0", "nameTaken"),
    ("name=x,queue-memory=4K", "12288 is the least"),
])
def test_what_the_daemon_does_not_take_is_said(ctl: Command, settings: str, words: str) -> None:
    done = ctl.run("adapter", "add", settings)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr, done.stderr


COMMANDS = ["add", "remove", "pause", "restart", "halt", "shutdown", "surprise-remove", "generate"]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_has_an_example_and_the_page_has_the_command(ctl: Command, command: str) -> None:
    words = ["adapter", *command.split()]
    text = ctl(*words, "--help")
    assert "Example" in text and "ndisctl " + " ".join(words) in text
    assert "ndisctl " + " ".join(words) in (ROOT / "docs/ndisctl.md").read_text()
    assert not command or f" {command} " in ctl("adapter", "--help")


def test_adapters_complete(ctl: Command, guest: str) -> None:
    bash = subprocess.run(["bash", "--version"], capture_output=True, check=False)
    if bash.returncode:
        pytest.skip("bash is not installed")
    folder = str(Path(ctl.program).parent)
    questions = f"""
      PATH="{folder}:$PATH"; . <(ndisctl completion bash)
      ask() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${{#COMP_LINE}}
        COMPREPLY=(); _ndisctl "$1" "${{!#}}" "${{COMP_WORDS[COMP_CWORD - 1]}}"
        echo "$*: ${{COMPREPLY[*]}}"; }}
      ask ndisctl adapter sur
      ask ndisctl adapter pause gu
      ask ndisctl adapter generate gu
      ask ndisctl adapter halt guest0 --action DeviceSt
      ask ndisctl adapter pause guest0 --reason LOW
    """
    done = subprocess.run(["bash", "-c", questions], env=ctl.environment, capture_output=True,
                          text=True, timeout=2 * DEADLINE, check=False)
    said = dict(re.findall(r"^ndisctl (.*): (.*)$", done.stdout, re.M))
    assert said == {
        "adapter sur": "surprise-remove", "adapter pause gu": "guest0",
        "adapter generate gu": "guest0", "adapter halt guest0 --action DeviceSt": "DeviceStopped",
        "adapter pause guest0 --reason LOW": "LOW_POWER"}, done


def test_nobody_broke_another_rule(ctl: Command) -> None:
    """The last test: with all the others nothing happened that was not said beforehand."""
    lines = ctl.json("list", "violations")["violations"]
    assert all(one["count"] == one.get("expected", 0) for one in lines), json.dumps(lines, indent=1)
