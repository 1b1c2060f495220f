"""ndisctl against a management socket that says what no daemon says, or not at will: very much,
nothing sensible, errors, names that control a terminal."""

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_management import Answer, FakeManagement, Handler, block, event, status
from test_ndisctl_view import Command, ndisctl  # noqa: F401

EVIL = "e\x1b]0;owned\x07\x1b[2J\nv\u202eil\x9b31m"


@pytest.fixture
def answering(ndisctl: str, tmp_path: Path) -> Iterator[Any]:  # noqa: F811
    """Makes a command whose daemon answers as told."""
    with contextlib.ExitStack() as stack:
        def make(**methods: Handler) -> Command:
            fake = FakeManagement(tmp_path, **methods)
            stack.callback(fake.close)
            return Command(ndisctl, fake.path)
        yield make


def once(*answers: Answer) -> Handler:
    return lambda _: iter(answers)


def peak(ctl: Command, *arguments: str) -> tuple[int, int]:
    """Lines of output, and the most memory it took, in KiB."""
    process = ctl.start(*arguments)
    assert process.stdout is not None
    lines = sum(1 for _ in process.stdout)
    _, code, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    assert process.returncode == 0
    return lines, usage.ru_maxrss


@pytest.mark.parametrize("arguments", [["list", "blocks"], ["list", "blocks", "--json"], ["state"]],
                         ids=" ".join)
def test_a_long_list_takes_no_more_memory_than_a_short_one(
        answering: Any, arguments: list[str]) -> None:
    sizes = iter([2_000, 24_000])

    def blocks(_: Any) -> Iterator[Answer]:
        count = next(sizes)
        for start in range(0, count, 200):
            yield {"blocks": [block(number) for number in range(start, start + 200)]}

    ctl = answering(ListBlocks=blocks, DumpState=blocks)
    short_lines, short = peak(ctl, *arguments)
    long_lines, long = peak(ctl, *arguments)
    assert long_lines - short_lines == 22_000
    # Each row kept would be some hundred bytes: 24000 of them more than 8 MiB.
    assert long < short + 4096, f"{short} KiB and {long} KiB"


def test_names_cannot_steer_the_terminal(answering: Any) -> None:
    provider = {"handle": "0x1", "name": EVIL, "level": EVIL, "state": EVIL, "sections": 0,
                "blocks": 0, "bytes": 0, "openUpcalls": 0}
    ctl = answering(
        GetStatus=once(status()), ListProviders=once({"providers": [provider]}),
        ListEvents=once({"events": [event(1, EVIL, kind=EVIL, priority=EVIL)]}),
        Monitor=once({"event": event(1, EVIL, kind=EVIL, priority=EVIL)}),
        ListBlocks=once({"blocks": [block(1, site=EVIL, tag=EVIL, driverName=EVIL)]}),
        SummarizeBlocks=once({"groups": [{"key": EVIL, "blocks": 1, "bytes": 1, "oldestMs": 1}]}),
        WaitFor=once({"found": EVIL, "sequence": 1}),
        Describe=once({"object": {"kind": EVIL, "references": [
            {"relation": EVIL, "handle": EVIL, "name": EVIL}]}}),
        GetConfiguration=once({"settings": [{"key": EVIL, "value": EVIL, "origin": EVIL}]}),
        AddProvider=once(("org.ndissim.Simulator.Refused",
                          {"status": EVIL, "rule": EVIL, "message": EVIL})))
    for arguments in (["status"], ["list", "providers"], ["list", "events"], ["list", "blocks"],
                      ["list", "blocks", "--by", "driver"], ["monitor", "--count", "1"],
                      ["wait", "blocks=0"], ["show", "x"], ["config"], ["top", "--once"],
                      ["provider", "add", "name=x"]):
        done = ctl.run(*arguments)
        assert done.stdout or done.stderr, arguments
        bad = [c for c in done.stdout + done.stderr
               if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160 or c == "\u202e")]
        assert not bad, (arguments, done.stdout)


@pytest.mark.parametrize(("error", "sentence"), [
    (("org.varlink.service.PermissionDenied", {}), "only root and the daemon's own user"),
    (("org.varlink.service.InvalidParameter", {"parameter": "condition.counter"}),
     'does not accept condition.counter as "blocks"'),
    (("org.varlink.service.MethodNotFound", {"method": "x.Y"}), "version differs"),
    (("org.ndissim.Simulator.NoSuchObject", {"object": "x", "message": "No x."}), "No x."),
    (("org.ndissim.Simulator.AmbiguousName", {"object": "x", "handles": ["0x1", "0x2"]}),
     "use a handle: 0x1, 0x2"),
    (("org.ndissim.Simulator.Refused",
      {"status": "STATUS_X", "rule": "someRule", "message": "It is full."}),
     "It is full. (STATUS_X, someRule)"),
    (("org.ndissim.Simulator.InvalidConfiguration", {"problems": ["a.toml:1: bad"]}),
     "\n  a.toml:1: bad"),
    (("org.ndissim.Simulator.TooManyWaiting", {"limit": 64}), "at most 64"),
    (("org.example.Unheard", {"a": 1}), 'org.example.Unheard {"a":1}'),
    (b"hello\0", "invalid reply"),
    (b'{"parameters":{}}\0', "invalid reply"),
    (b'{"parameters":{"found":1}}\0', "invalid reply"),
    (b"", "closed the connection"),
    (b'{"para', "invalid reply"),
])
def test_every_error_is_a_sentence(answering: Any, error: Answer, sentence: str) -> None:
    done = answering(WaitFor=once(error)).run("wait", "blocks=0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ndisctl: ") and sentence in done.stderr, done.stderr


def test_lost_events_are_said(answering: Any) -> None:
    ctl = answering(
        Monitor=once(status(), {"dropped": 3}, {"event": event(8)}),
        ListEvents=once({"events": [event(5), event(8)]}))
    assert "3 events dropped" in ctl("monitor", "--count", "1")
    lines = ctl("monitor", "--since", "2", "--count", "2", "--json").splitlines()
    # Events 3 and 4 are not kept any more; 8 came both ways.
    told = [next(iter(json.loads(line).items())) for line in lines]
    assert [(kind, value if kind == "dropped" else value.get("sequence")) for kind, value in told] \
        == [("status", None), ("dropped", 2), ("event", 5), ("event", 8)]


def test_a_stream_that_breaks_is_an_error(answering: Any) -> None:
    ctl = answering(Monitor=once(status(), {"event": event(1)}, ...),
                    ListBlocks=once({"blocks": [block(1)]}, ...))
    done = ctl.run("monitor")
    assert done.returncode == 1 and "Something happened." in done.stdout
    assert "closed the connection" in done.stderr
    assert ctl.run("list", "blocks").returncode == 1


def test_a_state_that_cannot_be_joined_is_given_up(answering: Any) -> None:
    ctl = answering(DumpState=once({"blocks": [block(1)]}, {"adapters": []}, {"blocks": []}))
    done = ctl.run("state")
    assert done.returncode == 1 and "'blocks' twice" in done.stderr


def test_pieces_of_a_state_are_joined(answering: Any) -> None:
    ctl = answering(DumpState=once(
        {**status(), "sessions": []}, {"blocks": [block(1)]}, {"blocks": []},
        {"blocks": [block(2)], "events": []}))
    state = json.loads(ctl("state"))
    assert list(state)[:4] == ["status", "sessions", "blocks", "events"]
    # Lists of which nothing came are empty.
    assert state["adapters"] == [] and len(state) == 16
    assert [b["handle"][-1] for b in state["blocks"]] == ["1", "2"]


def test_a_list_is_shown_while_it_comes(answering: Any) -> None:
    """The first rows are written before the last have come."""
    seen = threading.Event()

    def blocks(_: Any) -> Iterator[Answer]:
        yield {"blocks": [block(number) for number in range(600)]}
        yield ...
        seen.wait(20)
        yield {"blocks": [block(600)]}

    process = answering(ListBlocks=blocks).start("list", "blocks", "--no-legend")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("0x07")
    seen.set()
    assert sum(1 for _ in process.stdout) == 600
    assert process.wait(20) == 0


def test_a_restarted_daemon_gives_no_negative_rates(answering: Any) -> None:
    counts = iter([1000, 5])
    ctl = answering(
        GetStatus=lambda _: iter([status(allocations=next(counts))]),
        ListProviders=once({"providers": []}), SummarizeBlocks=once({"groups": []}))
    assert ctl.json("top", "--interval", "50ms")["ratesPerSecond"]["allocations"] == 0


def test_extreme_numbers_trap_nothing(answering: Any) -> None:
    most, least = 2**63 - 1, -(2**63)
    for number in (most, least):
        answers = status(**{name: number for name in ("blocks", "bytes", "allocations", "events")})
        answers["status"].update(uptimeMs=number, deadlineMs=number, pageSize=number, latencies=[
            {"what": "request", "count": number, "sumUs": number, "maximumUs": number,
             "buckets": [number] * 70}])
        provider = {"handle": "0x1", "name": "p", "level": "pool", "state": "active",
                    "sections": number, "blocks": number, "bytes": number, "openUpcalls": number,
                    "freeBytes": number,
                    "hosted": {"name": "p", "capacity": number}}
        happened = event(1)
        happened.update(sequence=number, realtimeUs=number)
        ctl = answering(
            GetStatus=once(answers), ListProviders=once({"providers": [provider]}),
            ListEvents=once({"events": [happened]}),
            Monitor=once({"dropped": number}, status(), {"event": happened}),
            ListBlocks=once({"blocks": [block(1, length=number, offset=number, ageMs=number,
                                              queueId=number, extentCount=number)]}),
            SummarizeBlocks=once({"groups": [
                {"key": "k", "blocks": number, "bytes": number, "oldestMs": number}]}))
        for arguments in (["status"], ["list", "providers"], ["list", "blocks"], ["list", "events"],
                          ["top", "--once", "--interval", "50ms"], ["top", "--json"],
                          ["monitor", "--since", str(max(0, number)), "--count", "1"]):
            done = ctl.run(*arguments)
            assert done.returncode in {0, 1}, (arguments, number, done.stderr)
