"""The Debian package in the booted systemd, from the first installation to a purge: functions that take the
Machine of `run`. Those of FIRST come before the tests of the service, those of LAST after them; each leaves what
the next one needs.
"""
import difflib
import json
import os
import pathlib
import re
import subprocess
import tempfile

import restart

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNITS = ["ndissimd.service", "ndissimd.socket", "ndissimd-varlink.socket"]
INSTANCE = ["ndissimd@lab1.service", "ndissimd@lab1.socket", "ndissimd-varlink@lab1.socket"]
INSTANCE_SOCKET = "/run/ndissim/lab1/driver"

# What others write meanwhile; of dpkg's own folder only what is about this package counts.
PASSING = ["/var/log", "/var/cache", "/var/tmp", "/var/lib/dpkg", "/var/lib/apt",
           "/var/lib/systemd/timers", "/var/lib/systemd/catalog"]

# Tells a restart from a stop and a start: a stop takes along whoever requires the stopped, and a start does not
# bring them back; a restart restarts them.
WITNESS = f"""[Unit]
Requires={UNITS[0]} {INSTANCE[0]}
After={UNITS[0]} {INSTANCE[0]}
[Service]
ExecStart=/usr/bin/sleep infinity
"""


def listing(machine) -> list[str]:
    """Every path of the system, and who is known to it."""
    prune = " -o ".join(f"-path {path}" for path in PASSING)
    paths = machine.run("sh", "-c", rf"find /etc /usr /var \( {prune} \) -prune -o -print; "
                        "ls -d /run/ndissim /var/lib/dpkg/info/ndissim* 2>/dev/null; "
                        "cat /etc/passwd /etc/group /etc/gshadow /etc/shadow").stdout
    # Python's own files come and go with whoever runs it outside.
    return sorted(path for path in paths.splitlines() if "__pycache__" not in path)


def show(machine, unit: str, name: str) -> str:
    return machine.run("systemctl", "show", "-P", name, unit).stdout.strip()


def is_enabled_and_runs_once_installed(machine) -> None:
    # Docker's images have one that starts nothing.
    machine.run("rm", "-f", "/usr/sbin/policy-rc.d")
    machine.before = listing(machine)
    machine.run("dpkg", "-i", machine.carry(machine.package))
    for unit in UNITS:
        assert show(machine, unit, "ActiveState") == "active", unit
        assert machine.run("systemctl", "is-enabled", unit).stdout.strip() == "enabled", unit
    machine.run("ndisctl", "status")
    machine.run("getent", "passwd", "ndissim")
    machine.run("getent", "group", "ndissim", "ndissim-clients")
    machine.run("man", "-w", "ndissimd", "ndisctl", "ndissimd.toml", "ndissim-protocol")


def brings_units_that_are_right(machine) -> None:
    said = machine.run("systemd-analyze", "verify", *UNITS, *INSTANCE, check=False)
    assert said.returncode == 0 and not said.stdout + said.stderr, said.stdout + said.stderr
    for unit in ("ndissimd.service", "ndissimd@.service"):
        # Ten times the exposure.
        machine.run("systemd-analyze", "security", "--offline=true", "--threshold=4",
                    f"/usr/lib/systemd/system/{unit}")


def serves_an_instance_of_its_own(machine) -> None:
    machine.write("/etc/ndissim/ndissimd.toml.d/all.toml", '[log]\nlevel = "debug"\n')
    machine.write("/etc/ndissim/lab1/ndissimd.toml.d/own.toml", '[[pool]]\nname = "only-lab1"\n')
    machine.run("systemctl", "start", *INSTANCE[1:])
    assert show(machine, INSTANCE[0], "ActiveState") == "inactive", "it runs before anybody has asked"

    def of_the_instance(*arguments: str) -> str:
        return machine.run("env", f"NDISSIM_SOCKET={INSTANCE_SOCKET}", "ndisctl", *arguments).stdout

    assert INSTANCE_SOCKET in of_the_instance("status", "--json")
    machine.until("the instance is active", lambda: show(machine, INSTANCE[0], "ActiveState") == "active")
    assert "only-lab1" in of_the_instance("list", "providers", "--json")
    config = of_the_instance("config", "--json")
    assert "all.toml" in config and "own.toml" in config, config
    assert "only-lab1" not in machine.run("ndisctl", "list", "providers", "--json").stdout
    assert show(machine, INSTANCE[0], "MainPID") != machine.show("MainPID")
    of_the_instance("alloc", "--length", "4K")
    machine.run("systemctl", "reload", INSTANCE[0])
    machine.run("rm", "-r", "/etc/ndissim/ndissimd.toml.d", "/etc/ndissim/lab1")


def says_file_and_line_of_a_crash(machine) -> None:
    def frames() -> list[str]:
        # Named from the checkout on, wherever it was.
        return [line for line in (str(entry.get("MESSAGE", "")) for entry in machine.journal())
                if re.search(r" at Sources/\w+/[\w+]+\.swift:\d+", line)]

    # Starts of the tests before this one count, too.
    machine.run("systemctl", "reset-failed", "ndissimd.service")
    # What was there before journald was away has no standard error any more.
    machine.run("systemctl", "restart", "ndissimd.service")
    before = machine.show("MainPID")
    known = len(frames())
    machine.run("systemctl", "kill", "-s", "SEGV", "--kill-who=main", "ndissimd")
    machine.until("file and line of a frame are in the journal", lambda: len(frames()) > known)
    machine.until("another process runs", lambda: machine.is_active()
                  and machine.show("MainPID") != before)
    assert machine.show("NRestarts") != "0"


def keeps_what_runs_over_an_upgrade(machine) -> None:
    drivers = restart.Drivers(machine)
    machine.run("systemctl", "reset-failed", "ndissimd*")
    machine.write("/run/systemd/system/witness.service", WITNESS)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "witness", *INSTANCE)
    asked = ["ndissimd@bed2.service", "ndissimd@bed2.socket"]
    machine.run("systemctl", "start", asked[1])

    def state() -> tuple:
        return ([show(machine, unit, "MainPID") for unit in (UNITS[0], INSTANCE[0])],
                [show(machine, unit, "ActiveEnterTimestampMonotonic")
                 for unit in (*UNITS[1:], *INSTANCE[1:], asked[1])])

    running, sockets = state()
    with tempfile.TemporaryDirectory() as folder:
        built = subprocess.run(
            [str(ROOT / ".ci/deb"), machine.build, folder], check=True, stdout=subprocess.PIPE, text=True,
            cwd=ROOT, env={**os.environ, "REVISION": "2", "COMPRESSION": "-Znone"}).stdout.strip()
        machine.run("dpkg", "-i", machine.carry(built))
    version = machine.run("dpkg-query", "-W", "-f", "${Version}", "ndissim").stdout
    assert version.endswith("-2"), version
    now, same = state()
    assert same == sockets, "a socket was closed meanwhile"
    assert all(new not in ("0", old) for new, old in zip(now, running)), (running, now)
    assert show(machine, "witness", "ActiveState") == "active", "stopped and started, not restarted"
    assert show(machine, asked[0], "ActiveState") == "inactive", "an upgrade has started what did not run"
    machine.run("ndisctl", "status")
    # Drivers were at work all the while.
    assert all(report["resumptions"] for report in drivers.stop(machine))
    machine.run("systemctl", "stop", "witness")
    machine.run("rm", "/run/systemd/system/witness.service")


def is_gone_when_removed(machine) -> None:
    machine.run("systemctl", "enable", *INSTANCE)
    machine.run("install", "-d", "-o", "ndissim", "/var/lib/ndissim/lab1")
    machine.write("/etc/ndissim/ndissimd.toml.d/mine.toml", "")
    machine.run("dpkg", "-r", "ndissim")
    units = machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "ndissimd*").stdout
    running = [line for line in units.splitlines() if " running " in line or " listening " in line]
    assert not running, running
    assert not json.loads(machine.run("systemctl", "list-unit-files", "-o", "json", "ndissimd*",
                                      check=False).stdout or "[]"), "units are known still"
    machine.run("test", "!", "-e", "/run/ndissim")
    # What was set and what was kept stays until the purge.
    machine.run("ls", "-d", "/var/lib/ndissim/lab1", "/etc/ndissim/ndissimd.toml.d/mine.toml")


def leaves_nothing_when_purged(machine) -> None:
    machine.run("dpkg", "-P", "ndissim")
    difference = [line for line in difflib.unified_diff(machine.before, listing(machine), lineterm="", n=0)
                  if re.match(r"[+-][^+-]", line)]
    assert not difference, "\n".join(difference)
    units = machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "ndissimd*").stdout
    assert not units, units


FIRST = [is_enabled_and_runs_once_installed, brings_units_that_are_right]
LAST = [
    serves_an_instance_of_its_own, says_file_and_line_of_a_crash, keeps_what_runs_over_an_upgrade,
    is_gone_when_removed, leaves_nothing_when_purged,
]
