"""Restarts of the installed service under the real service manager: drivers that hold blocks and never stop see
a pause and nothing else. Functions that take the Machine of `run`.
"""
import json
import subprocess

DRIVER = "/run/ndissim/driver"
CLIENTS = 4
BLOCKS = 500


class Drivers:
    """Drivers that free, allocate and write blocks all the time, in the machine."""

    def __init__(self, machine) -> None:
        program = machine.carry(f"{machine.build}/release/ndissim-restart-client")
        machine.run("chmod", "755", program)
        self.processes = [
            subprocess.Popen(
                ["nsenter", "-t", str(machine.init), "-m", "-p", "-u", "-i", "-C", program, DRIVER,
                 f"client{n}", str(BLOCKS), str(n)], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True) for n in range(CLIENTS)]
        for process in self.processes:
            assert process.stdout.readline() == "full\n"

    def stop(self, machine) -> list[dict]:
        """They stop and tell; then they go."""
        for process in self.processes:
            process.stdin.write("stop\n")
            process.stdin.flush()
        reports = [json.loads(process.stdout.readline()) for process in self.processes]
        held = {handle for report in reports for handle in report["blocks"]}
        listed = json.loads(machine.run("ndisctl", "list", "blocks", "--json").stdout)["blocks"]
        known = {block["handle"] if isinstance(block["handle"], int) else int(block["handle"], 0)
                 for block in listed}
        for process in self.processes:
            process.stdin.close()
            process.wait()
        assert held == known and len(held) == CLIENTS * BLOCKS, (len(held), len(known))
        for report in reports:
            assert not report["errors"], report["first_error"]
            assert not report["wrong_bytes"] and not report["stray_replies"], report
        return reports


def over(machine, how) -> list[dict]:
    """What drivers see of a daemon that is replaced by another in some way."""
    drivers = Drivers(machine)
    before = machine.show("MainPID")
    how()
    machine.until("another process runs", lambda: machine.is_active()
                  and machine.show("MainPID") not in (before, "0"))
    reports = drivers.stop(machine)
    assert all(report["resumptions"] for report in reports), reports
    return reports


def loses_nothing_when_killed(machine) -> None:
    def kills() -> None:
        for _ in range(3):
            pid = machine.show("MainPID")
            machine.run("systemctl", "kill", "-s", "KILL", "ndissimd")
            machine.until("another process runs", lambda: machine.is_active()
                          and machine.show("MainPID") not in (pid, "0"))
    over(machine, kills)
    assert int(machine.show("NRestarts")) >= 3


def loses_nothing_when_restarted(machine) -> None:
    over(machine, lambda: machine.run("systemctl", "restart", "ndissimd"))
    said = [entry["MESSAGE"] for entry in machine.journal()]
    assert any("Handing over to the next process" in text for text in said)
    assert any("resumed from the previous process's state" in text for text in said)


def loses_nothing_when_it_crashes(machine) -> None:
    over(machine, lambda: machine.run("systemctl", "kill", "-s", "ABRT", "ndissimd"))


def keeps_what_it_must_and_no_more(machine) -> None:
    drivers = Drivers(machine)
    # The store, a connection and a section for each driver; sections of hosted pools are one a driver.
    machine.until("everything is kept", lambda: int(
        machine.show("NFileDescriptorStore")) == 1 + 2 * CLIENTS)
    drivers.stop(machine)
    machine.until("only the store is kept", lambda: int(
        machine.show("NFileDescriptorStore")) == 1)


def is_killed_when_its_reactor_stands_still(machine) -> None:
    machine.write("/etc/systemd/system/ndissimd.service.d/debug.conf",
                  "[Service]\nEnvironment=NDISSIM_DEBUG_REQUESTS=1\nWatchdogSec=2\n"
                  "TimeoutAbortSec=3\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "ndissimd")
    try:
        before = machine.show("MainPID")
        # It blocks the daemon, is carried over, blocks it again, and is refused then.
        refused = machine.run("ndisctl", "alloc", "--length", "4K", "--tag", "HALT", check=False)
        assert refused.returncode != 0 and "crashed twice" in refused.stderr + refused.stdout, (
            refused.stdout + refused.stderr)
        assert machine.is_active() and machine.show("MainPID") != before
        said = machine.run("journalctl", "-u", "ndissimd", "--no-pager", "-o", "cat").stdout
        assert "Watchdog timeout" in said, said[-2000:]
        assert "crashed while handling request" in said
        machine.run("ndisctl", "alloc", "--length", "4K")
    finally:
        machine.run("rm", "-r", "/etc/systemd/system/ndissimd.service.d")
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", "ndissimd")


def ends_sessions_when_stopped_under_load(machine) -> None:
    drivers = Drivers(machine)
    machine.run("systemctl", "stop", "ndissimd.service")
    reports = []
    for process in drivers.processes:
        line = process.stdout.readline()
        reports.append(json.loads(line))
        process.stdin.close()
        process.wait()
    for report in reports:
        assert "stopping" in report["first_error"], report["first_error"]
    assert machine.show("Result") == "success"
    said = [entry["MESSAGE"] for entry in machine.journal()]
    assert any("did not free a block" in text for text in said)
    assert int(machine.show("NFileDescriptorStore")) == 0
    machine.run("systemctl", "start", "ndissimd")
    status = json.loads(machine.run("ndisctl", "list", "blocks", "--json").stdout)
    assert not status["blocks"], "blocks have outlived a stop"


TESTS = [
    loses_nothing_when_killed, loses_nothing_when_restarted, loses_nothing_when_it_crashes,
    keeps_what_it_must_and_no_more, is_killed_when_its_reactor_stands_still,
    ends_sessions_when_stopped_under_load,
]
