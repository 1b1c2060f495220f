"""Somebody else's Varlink judges ours: the `varlink` package's command and its certification, both ways."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import DEADLINE, eventually

pytest.importorskip("varlink", reason="python3 -m pip install varlink")

INTERFACE = "org.varlink.certification"


@pytest.fixture(scope="module")
def certification(program: str) -> str:
    """Our executable that serves and runs the certification."""
    path = str(Path(program).parent / "ndissim-varlink-certification")
    if not os.access(path, os.X_OK):
        pytest.skip(f"no {path}; build it")
    return path


def run(*arguments: str) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def served(path: Path, *arguments: str) -> Iterator[str]:
    """Starts a server and waits until it takes connections; its address."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    try:
        eventually(f"{arguments[0]} listens", lambda: listens(path) or process.poll() is not None)
        assert process.poll() is None, f"{arguments} ended with {process.returncode}"
        yield f"unix:{path}"
    finally:
        process.kill()
        process.wait(DEADLINE)


@pytest.fixture(scope="module")
def ours(certification: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("v") / "ours"
    yield from served(path, certification, "serve", str(path))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("v") / "theirs"
    yield from served(path, sys.executable, "-m", "varlink.tests.test_certification",
                      f"--varlink=unix:{path}")


def cli(*arguments: str) -> str:
    """Their command. It ends with 0 whatever the answer was, and writes errors to stderr."""
    return run(sys.executable, "-m", "varlink.cli", *arguments)


def test_their_client_certifies_our_server(ours: str) -> None:
    output = run(sys.executable, "-m", "varlink.tests.test_certification", "--client",
                 f"--varlink={ours}")
    assert "Certification passed" in output
    assert "Reply number 10" in output


def test_our_client_is_certified_by_their_server(certification: str, theirs: str) -> None:
    assert run(certification, "run", theirs) == "Certification passed\n"


def test_our_client_is_certified_by_our_server(certification: str, ours: str) -> None:
    assert run(certification, "run", ours) == "Certification passed\n"


def test_their_server_refuses_what_is_wrong_so_that_passing_means_something(theirs: str) -> None:
    parameters = json.dumps({"client_id": "nobody", "bool": True})
    assert "CertificationError" in cli("call", f"{theirs}/{INTERFACE}.Test02", parameters)


def test_our_server_refuses_a_call_out_of_turn(ours: str) -> None:
    client = json.loads(cli("call", f"{ours}/{INTERFACE}.Start"))["client_id"]
    parameters = json.dumps({"client_id": client, "bool": True})
    output = cli("call", f"{ours}/{INTERFACE}.Test02", parameters)
    assert "org.varlink.certification.CertificationError" in output


def test_info_names_the_interfaces(ours: str) -> None:
    lines = [line.strip() for line in cli("info", ours).splitlines()]
    assert "Product: Varlink certification" in lines
    assert lines[-2:] == ["org.varlink.service", INTERFACE]


def test_help_is_the_description_word_for_word(ours: str) -> None:
    root = Path(__file__).resolve().parents[1]
    description = (root / f"VarlinkCertification/{INTERFACE}.varlink").read_text()
    assert cli("help", f"{ours}/{INTERFACE}").strip() == description.strip()


@pytest.mark.parametrize(
    ("method", "parameters", "error"),
    [
        (f"{INTERFACE}.Test01", '{"client_id": 3}', "org.varlink.service.InvalidParameter"),
        (f"{INTERFACE}.Test01", "{}", "org.varlink.service.InvalidParameter"),
        (f"{INTERFACE}.Test99", "{}", "org.varlink.service.MethodNotFound"),
        (f"{INTERFACE}.Test01", '{"client_id": "nobody"}', f"{INTERFACE}.ClientIdError"),
    ])
def test_a_wrong_call_gets_the_error_of_the_standard(
        ours: str, method: str, parameters: str, error: str) -> None:
    assert error in cli("call", f"{ours}/{method}", parameters)


def test_a_client_that_does_not_speak_varlink_is_closed(ours: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(DEADLINE)
        client.connect(ours.removeprefix("unix:"))
        client.sendall(b'{"method":"org.varlink.service.GetInfo"}\0not json\0')
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    assert json.loads(answer.removesuffix(b"\0"))["parameters"]["version"] == "1"


def test_what_is_sent_before_a_half_close_is_answered(ours: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(DEADLINE)
        client.connect(ours.removeprefix("unix:"))
        client.sendall(b'{"method":"org.varlink.service.GetInfo"}\0' * 3)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    assert answer.count(b"\0") == 3
