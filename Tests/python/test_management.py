"""The management plane over its real socket, with somebody else's Varlink client, and what a hostile
client can do there: drivers are served throughout."""

import json
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import Daemon, eventually

varlink = pytest.importorskip("varlink", reason="pip install varlink")
text_string_to_metric_families = pytest.importorskip(
    "prometheus_client.openmetrics.parser", reason="pip install prometheus-client"
).text_string_to_metric_families

INTERFACE = "org.ndissim.Simulator"


def path(daemon: Daemon) -> str:
    return str(daemon.directory / INTERFACE)


@contextmanager
def simulator(daemon: Daemon, interface: str = INTERFACE) -> Iterator:
    client = varlink.Client.new_with_address(f"unix:{path(daemon)}")
    with client.open(interface) as connection:
        yield connection


def raw(daemon: Daemon) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    connection.settimeout(20)
    connection.connect(path(daemon))
    return connection


def message(method: str, more: bool = False, **parameters: object) -> bytes:
    call = {"method": f"{INTERFACE}.{method}", "parameters": parameters, "more": more}
    return json.dumps(call).encode() + b"\0"


def reply(connection: socket.socket) -> dict:
    data = b""
    while not data.endswith(b"\0"):
        byte = connection.recv(1)
        if not byte:
            raise EOFError
        data += byte
    return json.loads(data[:-1])


def descriptors(daemon: Daemon) -> int:
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def serves(daemon: Daemon) -> None:
    """A driver is served as ever."""
    with daemon.connect("probe") as session:
        session.ping()


@pytest.fixture
def quiet(daemon: Daemon) -> Iterator[Daemon]:
    """A daemon that must have as many descriptors afterwards as before, and serve drivers."""
    before = descriptors(daemon)
    yield daemon
    serves(daemon)
    eventually("all connections are closed", lambda: descriptors(daemon) <= before)


def test_the_socket_is_open_to_all(daemon: Daemon) -> None:
    assert os.stat(path(daemon)).st_mode & 0o777 == 0o666


def test_somebody_elses_client_reads_every_interface(quiet: Daemon) -> None:
    client = varlink.Client.new_with_address(f"unix:{path(quiet)}")
    with client:
        for name in ["org.varlink.service", "io.systemd.service", INTERFACE]:
            assert client.get_interface(name).name == name


def test_every_reading_method_answers(quiet: Daemon) -> None:
    with simulator(quiet) as s:
        status = s.GetStatus()["status"]
        assert status["pid"] == quiet.process.pid
        assert status["driverSocket"] == quiet.socket
        for method in ["ListSessions", "ListDrivers", "ListAdapters", "ListBindings",
                       "ListProviders", "ListSections", "ListBlocks", "DumpState"]:
            assert list(getattr(s, method)(_more=True)), method
            with pytest.raises(varlink.VarlinkError, match="ExpectedMore"):
                getattr(s, method)()
        assert s.SummarizeBlocks("driver")["groups"] == []
        assert s.ListEvents()["events"][0]["kind"] == "started"
        assert s.ListViolations()["violations"] == []
        assert any(x["key"] == "log.level" for x in s.GetConfiguration()["settings"])
        assert s.WaitFor({"object": "pool", "state": "active"})["found"]
        with pytest.raises(varlink.VarlinkError, match="TimedOut"):
            s.WaitFor({"counter": "blocks", "atLeast": 1}, 20)
    with simulator(quiet, "io.systemd.service") as s:
        assert s.Ping() == {}
        assert s.SetLogLevel(7) == {}
        with pytest.raises(varlink.VarlinkError, match="InvalidParameter"):
            s.SetLogLevel(8)


def test_a_driver_is_seen(quiet: Daemon) -> None:
    with simulator(quiet) as s, quiet.connect("seen"):
        assert s.WaitFor({"object": "session:seen", "state": "open"}, 5000)["found"]
        sessions = [x for r in s.ListSessions(_more=True) for x in r["sessions"]]
        assert [x["name"] for x in sessions] == ["seen"]
        assert sessions[0]["pid"] == os.getpid()
    with simulator(quiet) as s:
        assert s.WaitFor({"object": "session:seen", "state": "gone"}, 5000)["found"]
        assert s.WaitFor({"event": "sessionClosed"}, 5000)["found"]


def test_metrics_are_open_metrics(quiet: Daemon) -> None:
    with quiet.connect("busy") as session:
        for _ in range(400):
            session.ping()
    with simulator(quiet) as s:
        text = s.GetMetrics()["text"]
    assert text.endswith("# EOF\n")
    families = {f.name: f for f in text_string_to_metric_families(text)}
    assert families["ndissim_allocations"].type == "counter"
    assert families["ndissim_block_bytes"].unit == "bytes"
    assert families["ndissim_request_seconds"].type == "histogram"
    count = [x for x in families["ndissim_request_seconds"].samples if x.name.endswith("_count")]
    # One in sixteen, of four hundred and some.
    assert 15 <= count[0].value <= 40
    kinds = {x.labels["kind"]: x.value for x in families["ndissim_events"].samples}
    assert kinds["sessionOpened"] >= 1
    for family in families.values():
        assert family.documentation, family.name


def test_reload_applies_what_it_can_and_refuses_what_is_wrong(
        program: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path / "ndissimd.toml"
    file.write_text("")
    daemon = Daemon(program, tmp_path_factory.mktemp("d"), "--config", str(file))
    try:
        with simulator(daemon) as s:
            assert s.Reload()["changes"] == []
            file.write_text('[log]\nlevel = "debug"\n\n[[pool]]\nname = "late"\ncapacity = "1M"\n')
            changes = {c["key"]: c for c in s.Reload()["changes"]}
            assert changes["log.level"]["applied"] and changes["log.level"]["to"] == '"debug"'
            assert changes["pool.late"]["applied"]
            assert s.Describe("late")["object"]["provider"]["state"] == "active"
            settings = {x["key"]: x for x in s.GetConfiguration()["settings"]}
            assert settings["log.level"]["origin"].startswith(str(file))
            file.write_text('[log]\nlevel = "loud"\n')
            with pytest.raises(varlink.VarlinkError) as error:
                s.Reload()
            assert error.value.error().endswith("InvalidConfiguration")
            problems = error.value.parameters()["problems"]
            assert str(file) in problems[0] and "log.level" in problems[0]
            # SIGHUP does the same, and an event reports it.
            daemon.process.send_signal(signal.SIGHUP)
            assert s.WaitFor({"event": "configurationRefused", "times": 2}, 10000)["found"]
            file.write_text("")
            daemon.process.send_signal(signal.SIGHUP)
            assert s.WaitFor({"event": "configurationReloaded", "times": 3}, 10000)["found"]
        serves(daemon)
    finally:
        daemon.stop()


def test_metrics_over_http(program: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("d")
    metrics = directory / "metrics"
    daemon = Daemon(program, directory, "--metrics-socket", str(metrics))

    def ask(request: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(20)
            connection.connect(str(metrics))
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65536):
                answer += part
            return answer

    head, _, body = ask(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert list(text_string_to_metric_families(body.decode()))
    assert ask(b"DELETE / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 405 ")
    # An incomplete request: closed without a reply, and others are served meanwhile.
    idle = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(40)]
    for connection in idle:
        connection.connect(str(metrics))
    try:
        assert ask(b"x" * 5000) == b""
    except ConnectionError:
        pass
    serves(daemon)
    for connection in idle:
        connection.close()
    eventually("a collector is served again",
               lambda: ask(b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200"))
    daemon.stop()
    assert not metrics.exists()


# ---- Hostile clients ----------------------------------------------------------------------------


def test_a_flood_of_connections(quiet: Daemon) -> None:
    connections = [raw(quiet) for _ in range(300)]
    serves(quiet)
    served = 0
    for connection in connections:
        try:
            connection.sendall(message("GetStatus"))
            if reply(connection)["parameters"]:
                served += 1
        except (EOFError, ConnectionError):
            pass
    assert served == 128
    for connection in connections:
        connection.close()
    # Slots are reused.
    def again() -> bool:
        with raw(quiet) as connection:
            connection.sendall(message("GetStatus"))
            try:
                return bool(reply(connection)["parameters"])
            except (EOFError, ConnectionError):
                return False
    eventually("a new client is served", again)


@pytest.mark.parametrize("bytes_", [
    b"\0", b"{}\0", b"[]\0", b"nonsense\0", b'{"method": 5}\0', b"\xff\xfe\0",
    b'{"method": "a.b", "more": true, "oneway": true}\0', b'{"method": "a.b", "colour": 1}\0',
    b"[" * 60000 + b"\0", b'{"method": "' + b"a" * 60000 + b'"}\0',
    b'{"method": "org.ndissim.Simulator.GetStatus", "parameters": []}\0',
])
def test_what_is_no_varlink_ends_the_connection(quiet: Daemon, bytes_: bytes) -> None:
    with raw(quiet) as connection:
        connection.sendall(bytes_)
        with pytest.raises((EOFError, ConnectionError)):
            reply(connection)


def test_a_message_that_never_ends(quiet: Daemon) -> None:
    with raw(quiet) as connection, pytest.raises((EOFError, ConnectionError)):
        for _ in range(4096):
            connection.sendall(b"x" * 4096)
        reply(connection)


def test_thousands_of_calls_at_once_are_answered_in_order(quiet: Daemon) -> None:
    with raw(quiet) as connection:
        calls = b"".join(message("Describe", object=f"nobody{i}") for i in range(200))
        connection.sendall(calls)
        for number in range(200):
            answer = reply(connection)
            assert answer["error"] == f"{INTERFACE}.NoSuchObject"
            assert answer["parameters"]["object"] == f"nobody{number}"


def test_watchers_that_never_read(quiet: Daemon) -> None:
    watchers = []
    for _ in range(60):
        connection = raw(quiet)
        connection.sendall(message("Monitor", more=True))
        watchers.append(connection)
    before = resident(quiet)
    for _ in range(1500):
        serves(quiet)
    with simulator(quiet) as s:
        assert s.GetStatus()["status"]["counters"]["events"] > 3000
    # Sixty times the limit of a connection, with a margin.
    assert resident(quiet) - before < 60 << 20
    for connection in watchers:
        connection.close()


def resident(daemon: Daemon) -> int:
    with open(f"/proc/{daemon.process.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_clients_that_leave_in_the_middle(quiet: Daemon) -> None:
    for round_ in range(200):
        connection = raw(quiet)
        match round_ % 4:
            case 0: connection.sendall(message("DumpState", more=True))
            case 1: connection.sendall(message("WaitFor", condition={"counter": "blocks", "equals": 7}))
            case 2: connection.sendall(message("Monitor", more=True))
            case _: connection.sendall(message("GetStatus")[:-5])
        connection.close()

    # None of their places is lost: as many can wait as may.
    def all_free() -> bool:
        waiting = []
        try:
            for _ in range(64):
                connection = raw(quiet)
                waiting.append(connection)
                connection.sendall(
                    message("WaitFor", condition={"counter": "sessions", "atLeast": 1}))
            with quiet.connect("last"):
                return all("error" not in reply(c) for c in waiting)
        finally:
            for connection in waiting:
                connection.close()
    eventually("every place is free", all_free)


def test_waiters_are_bounded(quiet: Daemon) -> None:
    connections = [raw(quiet) for _ in range(65)]
    for connection in connections:
        connection.sendall(message("WaitFor", condition={"counter": "blocks", "equals": 7}))
    answer = reply(connections[-1])
    assert answer["error"] == f"{INTERFACE}.TooManyWaiting"
    assert answer["parameters"] == {"limit": 64}
    for connection in connections:
        connection.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_others_may_look_and_not_touch(program: str) -> None:
    # Not among pytest's directories, which nobody else may enter.
    with tempfile.TemporaryDirectory(prefix="ndissim-") as directory:
        os.chmod(directory, 0o755)
        daemon = Daemon(program, Path(directory))
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            outcome = "failed"
            try:
                os.setgid(65534)
                os.setuid(65534)
                with raw(daemon) as connection:
                    connection.sendall(message("GetStatus"))
                    status = reply(connection)
                    connection.sendall(message("Expect", code="leak", times=1))
                    refused = reply(connection)
                outcome = f"{status['parameters']['status']['state']} {refused['error']}"
            finally:
                os.write(write, outcome.encode())
                os._exit(0)
        os.waitpid(child, 0)
        os.close(write)
        assert os.read(read, 100) == b"running org.varlink.service.PermissionDenied"
        os.close(read)
        daemon.stop()
