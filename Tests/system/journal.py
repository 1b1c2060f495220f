"""The journal of the booted systemd: what docs/journal.md promises is read back from a real journald, and
journald is taken away while the daemon works. Each function takes the machine of `run`."""

import json
import pathlib
import re
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEAK = "795198aa64f1405ca39bf8cd60c14c9b"
DROPPED = "84b5b34440f645e5be1385fdfb0dc755"
REPEATED = "0811e5ac7e9a499581614f4f50e102a0"
CLIENT = "1234:ndissim-clients"
PRIORITIES = {"error": "3", "warning": "4", "notice": "5", "info": "6", "debug": "7"}
JOURNALD = ["systemd-journald.socket", "systemd-journald-dev-log.socket",
            "systemd-journald-audit.socket", "systemd-journald.service"]


def page() -> tuple[dict[str, tuple[str, str, list[str]]], dict[str, str]]:
    """The content of docs/journal.md: name, priority and fields by MESSAGE_ID, and the fields' types."""
    text = (ROOT / "docs/journal.md").read_text()
    events = re.findall(r"^\| `(\w+)` \| `([0-9a-f]{32})` \| (\w+) \|$", text, re.M)
    section = text.split("\n## Fields of each event\n")[1].split("\n## ")[0]
    fields = {name: re.findall(r"`(\w+)`", rest)
              for name, rest in re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.M)}
    types = dict(re.findall(r"^\| `(NDIS\w+)` \| ([^|]*) \|",
                            text.split("\n## Fields\n")[1].split("\n## ")[0], re.M))
    return {number: (name, priority, fields[name]) for name, number, priority in events}, types


# By the first words of the column "type".
VALUES = {
    "text": r".+", "word": r"\S+", "path": r"/.+", "number.number": r"\d+\.\d+", "number": r"\d+",
    "bytes": r"\d+", "milliseconds": r"\d+", "handle": r"0x[0-9A-F]{16}", "0x": r"0x[0-9A-F]{16}",
    "hex/hex": r"0x[0-9A-F]+/0x[0-9A-F]+", "four hex": r"0x[0-9A-F]+(, 0x[0-9A-F]+){3}",
    "four characters": r".{4}|0x[0-9A-F]{8}", "32 digits": r"[0-9a-f]{32}",
}


def leak(machine) -> None:
    machine.run("ndisctl", "alloc", "--length", "4K", "--leak", check=False, user=CLIENT)


def entries(machine, *match: str) -> list[dict]:
    return [entry for entry in machine.journal(*match)
            if entry.get("SYSLOG_IDENTIFIER") == "ndissimd"]


def newest(machine) -> str:
    """A place in the journal."""
    return machine.journal("-n", "1")[-1]["__CURSOR"]


def after(machine, cursor: str, number: str) -> list[dict]:
    """Entries of that MESSAGE_ID. journalctl 252 always passes over one entry behind a cursor, also when a
    match has passed over it already, so the choice is made here."""
    return [entry for entry in entries(machine, f"--after-cursor={cursor}")
            if entry.get("MESSAGE_ID") == number]


def explains_its_entries(machine) -> None:
    catalog = machine.run("journalctl", "--update-catalog")
    assert catalog.stderr == "", catalog.stderr
    leak(machine)
    machine.until("the leak is there", lambda: entries(machine, f"MESSAGE_ID={LEAK}"))
    text = machine.run("journalctl", "-x", "--no-pager", "-n", "1", f"MESSAGE_ID={LEAK}").stdout
    entry = entries(machine, f"MESSAGE_ID={LEAK}")[-1]
    assert f"Subject: {entry['NDIS_DRIVER']} did not free a block of 4096 bytes" in text, text
    assert "Documentation: man:ndissimd(8)" in text, text
    words = " ".join(text.replace("░░", " ").split())
    assert f"The block was for queue {entry['NDIS_QUEUE_ID']} ({entry['NDIS_USAGE']})" in words, text
    assert "Find the allocation" in words and "@" not in words.split("Subject:")[1], text


def keeps_what_the_page_promises(machine) -> None:
    events, types = page()
    wanted = {"started", "ready", "sessionOpened", "sessionClosed", "driverRegistered", "leak"}
    seen: set[str] = set()
    # A backtrace comes by way of standard error, a line an entry.
    for entry in (each for each in entries(machine) if each["_TRANSPORT"] == "journal"):
        assert "MESSAGE_ID" in entry, entry
        name, priority, fields = events[entry["MESSAGE_ID"]]
        seen.add(name)
        assert entry["PRIORITY"] == PRIORITIES[priority], (name, entry["PRIORITY"])
        for key in (key for key in entry if key.startswith("NDIS")):
            assert key in fields, f"{name} has {key}, of which the page says nothing"
            form = max((form for form in VALUES if types[key].startswith(form)), key=len)
            assert re.fullmatch(VALUES[form], entry[key]), f"{name}: {key} is {entry[key]!r}"
    assert wanted <= seen, f"not seen: {wanted - seen}"
    full = next(entry for entry in reversed(entries(machine)) if entry.get("MESSAGE_ID") == LEAK)
    promised = set(events[LEAK][2])
    # What the client does not say of itself it cannot have, and an adapter's block is no binding's.
    left = promised - {"NDIS_TAG", "NDIS_SITE", "NDIS_BINDING"} - set(full)
    assert not left, left


def finds_by_fields(machine) -> None:
    """The queries of docs/journal.md; jq need not be there."""
    commands = [command.replace("\\\n", "").strip() for command in re.findall(
        r"^[$#] (journalctl(?:[^\n]*\|\n)*[^\n]*)$", (ROOT / "docs/journal.md").read_text(), re.M)]
    assert len(commands) > 12, commands
    for command in commands:
        command = re.sub(r" -f(?= |$)", "", command)
        if "jq" in command and machine.run("sh", "-c", "command -v jq", check=False).returncode:
            command = command.split("|")[0]
        done = machine.run("sh", "-c", command, check=False)
        # Nothing found is 1 without any output.
        assert done.returncode in (0, 1) and not done.stderr, (command, done.stderr)
    found = machine.run("sh", "-c", next(c for c in commands if "uniq" in c).split("|")[0]).stdout
    assert found.strip(), "no leak is found"
    assert machine.run("journalctl", "-F", "NDIS_DRIVER").stdout.strip()


def works_on_without_a_journal(machine) -> None:
    before = newest(machine)
    pid = machine.show("MainPID")
    machine.run("systemctl", "stop", *JOURNALD)
    leak(machine)
    machine.run("ndisctl", "alloc", "--length", "4K", user=CLIENT)
    machine.run("ndisctl", "wait", "sessions=0", "--timeout", "20s")
    status = json.loads(machine.run("ndisctl", "status", "--json").stdout)["status"]
    assert status["counters"]["leakedBlocks"] > 0 and machine.show("MainPID") == pid
    machine.until("the drops are counted", lambda: dropped(machine) > 0)
    lost = dropped(machine)
    machine.run("systemctl", "start", *JOURNALD)
    # No further event occurs; the count is reported without one.
    machine.until("the journal says what it has not got",
                  lambda: after(machine, before, DROPPED))
    told = after(machine, before, DROPPED)
    assert sum(int(entry["NDISSIM_COUNT"]) for entry in told) == lost, (told, lost)
    assert machine.show("MainPID") == pid


def dropped(machine) -> int:
    return json.loads(machine.run("ndisctl", "status", "--json").stdout)["status"]["droppedEntries"]


def loses_nothing_after_a_restart_of_journald(machine) -> None:
    lost = dropped(machine)
    machine.run("systemctl", "restart", "systemd-journald")
    cursor = newest(machine)
    for _ in range(5):
        leak(machine)
    machine.run("ndisctl", "wait", "sessions=0", "--timeout", "20s")
    machine.until("all five are there",
                  lambda: len(after(machine, cursor, LEAK)) == 5)
    assert dropped(machine) == lost and not after(machine, cursor, DROPPED)


def summarises_a_flood(machine) -> None:
    cursor = newest(machine)
    before = leaked(machine)
    program = textwrap.dedent("""
        import sys
        sys.path.insert(0, "/tmp/python")
        import ndissim
        session = ndissim.connect("/run/ndissim/driver", "flood")
        driver = ndissim.ProtocolDriver(session, "flood")
        for _ in range(200):
            driver.allocate(4096)
        """)
    machine.carry_folder(ROOT / "Sources/python", "/tmp/python")
    machine.write("/tmp/flood.py", program)
    done = machine.run("python3", "/tmp/flood.py", check=False)
    assert leaked(machine) == before + 200, done.stderr
    machine.until("the summary is there",
                  lambda: after(machine, cursor, REPEATED), 30)
    single = after(machine, cursor, LEAK)
    summary = after(machine, cursor, REPEATED)
    assert len(single) == 16 and len(summary) == 1, (len(single), summary)
    assert summary[0]["NDISSIM_COUNT"] == "184" and summary[0]["NDISSIM_REPEATED_ID"] == LEAK
    assert summary[0]["NDISSIM_BYTES"] == str(184 * 4096) and summary[0]["NDIS_DRIVER"] == "flood"


SESSIONS = """
import sys
sys.path.insert(0, "/tmp/python")
import ndissim
for number in range(1500):
    ndissim.connect("/run/ndissim/driver", f"guest{number}").close()
"""


def fill(machine) -> int:
    """Has the daemon say more than journald's socket holds; how many entries it had to drop."""
    before = dropped(machine)
    machine.carry_folder(ROOT / "Sources/python", "/tmp/python")
    machine.write("/tmp/sessions.py", SESSIONS)
    machine.run("python3", "/tmp/sessions.py")
    machine.run("ndisctl", "wait", "sessions=0", "--timeout", "20s")
    machine.until("entries are dropped", lambda: dropped(machine) > before)
    return dropped(machine) - before


def is_not_held_up_by_a_journald_that_hangs(machine) -> None:
    journald = machine.run("systemctl", "show", "-P", "MainPID", "systemd-journald").stdout.strip()
    cursor = newest(machine)
    machine.run("kill", "-STOP", journald)
    try:
        lost = fill(machine)
    finally:
        machine.run("kill", "-CONT", journald)
    machine.until("all that is missing is counted", lambda: sum(
        int(entry["NDISSIM_COUNT"]) for entry in after(machine, cursor, DROPPED)) == lost)


def says_at_its_end_what_a_hanging_journald_has_not_got(machine) -> None:
    """The stream of standard error has its own buffer."""
    journald = machine.run("systemctl", "show", "-P", "MainPID", "systemd-journald").stdout.strip()
    cursor = newest(machine)
    machine.run("kill", "-STOP", journald)
    try:
        fill(machine)
        machine.run("systemctl", "stop", "ndissimd")
    finally:
        machine.run("kill", "-CONT", journald)
    machine.until("the last line is there", lambda: any(
        "could not be delivered" in entry["MESSAGE"] and entry["_TRANSPORT"] == "stdout"
        and entry["PRIORITY"] == "4" for entry in entries(machine, f"--after-cursor={cursor}")))
    machine.run("ndisctl", "status")
    machine.until("the service is active", machine.is_active)


def leaked(machine) -> int:
    status = json.loads(machine.run("ndisctl", "status", "--json").stdout)["status"]
    return status["counters"]["leakedBlocks"]


COMPARE = """
import ctypes, os, socket, subprocess, sys
path = "/run/systemd/journal/socket"
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(path)
os.chmod(path, 0o666)
listener.settimeout(20)
subprocess.run(["ndisctl", "alloc", "--length", "4K", "--leak"], capture_output=True)
library = ctypes.CDLL("libsystemd.so.0")

class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("length", ctypes.c_size_t)]

sent = []
while not sent or b"MESSAGE_ID=795198aa64f1405ca39bf8cd60c14c9b" not in sent[-1]:
    # Somebody else may write to the journal as well.
    if b"SYSLOG_IDENTIFIER=ndissimd" in (packet := listener.recv(1 << 20)):
        sent.append(packet)
for ours in sent:
    fields = ours.split(b"\\n")[:-1]
    pieces = (Piece * len(fields))(*[Piece(field, len(field)) for field in fields])
    assert library.sd_journal_sendv(pieces, len(fields)) == 0
    others = []
    while (packet := listener.recv(1 << 20)) != ours:
        others.append(packet)
        assert len(others) < 100, (ours, others)
print(len(sent))
"""


def writes_what_libsystemd_would(machine) -> None:
    """In the place of journald's socket a socket of our own: what the daemon sends there, field by field
    given to sd_journal_sendv, has to come out as the same bytes."""
    machine.write("/tmp/compare.py", COMPARE)
    machine.run("systemctl", "stop", *JOURNALD)
    machine.run("rm", "-f", "/run/systemd/journal/socket")
    try:
        # The daemon's report of what it could not send comes first, which is an entry, too.
        done = machine.run("python3", "/tmp/compare.py")
        assert int(done.stdout) >= 3, done.stdout
    finally:
        machine.run("rm", "-f", "/run/systemd/journal/socket")
        machine.run("systemctl", "start", *JOURNALD)


NAMED = """
import subprocess, sys
sys.path.insert(0, "/tmp/python")
import ndissim
with ndissim.connect("/run/ndissim/driver", "named") as session:
    driver = ndissim.MiniportDriver(session, "named")
    block = driver.add_adapter("named0").allocate(4096, queue_id=0)
    other = ndissim.MiniportDriver(session, "other")
    try:
        session.free_shared_memory(other.handle, block.allocation_handle)
    except ndissim.NdisError:
        pass
    print(subprocess.run(["ndisctl", "log", "--kind", "violation", "-n", "1"], text=True,
                         capture_output=True, check=True).stdout)
"""


def shows_its_log_with_names(machine) -> None:
    machine.carry_folder(ROOT / "Sources/python", "/tmp/python")
    machine.write("/tmp/named.py", NAMED)
    said = machine.run("python3", "/tmp/named.py").stdout
    assert "use the same handle. (queue 0 of named0)" in said, said
    machine.run("ndisctl", "wait", "sessions=0", "--timeout", "20s")
    machine.run("journalctl", "--sync")
    lines = [json.loads(line) for line in machine.run(
        "ndisctl", "log", "--json", "-n", "20000").stdout.splitlines()]
    kinds = [line["event"]["kind"] for line in lines]
    # The journal's, not the daemon's own: the tests before have killed an earlier daemon.
    assert kinds.count("started") > 1, kinds
    journal = [entry["MESSAGE"] for entry in entries(machine)]
    assert [line["event"]["message"] for line in lines][-20:] == journal[-20:], journal[-20:]
    leaks = machine.run("ndisctl", "log", "-u", "ndissimd", "--boot", "--kind", "leak").stdout
    assert leaks.strip() and all(" leak " in line for line in leaks.splitlines()), leaks


TESTS = [
    explains_its_entries, keeps_what_the_page_promises, finds_by_fields,
    # Before journald is stopped, which ends the streams of all services that run.
    is_not_held_up_by_a_journald_that_hangs, says_at_its_end_what_a_hanging_journald_has_not_got,
    works_on_without_a_journal, loses_nothing_after_a_restart_of_journald, summarises_a_flood,
    writes_what_libsystemd_would, shows_its_log_with_names,
]
