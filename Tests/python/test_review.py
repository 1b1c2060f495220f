"""Sequences that once leaked, spun or killed: each was found by reading, and stays here."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from conftest import DEADLINE, NO_CONFIG, Daemon, eventually
from raw import RawClient, packet

import ndissim
from ndissim import NdisError, ProtocolDriver, ProtocolHandlers, SharedMemoryProvider
from ndissim.memory import make_section
from ndissim.abi import Message
from ndissim.messages import OfferSection


def test_blocked_client_that_shuts_down_ends(untouched: Daemon) -> None:
    """Its socket always reports a hang-up and never becomes writable."""
    with untouched.connect() as other:
        client = RawClient(untouched.socket)
        client.connection.socket.setblocking(False)
        try:
            for _ in range(100_000):
                client.send(packet(Message.PING, request_id=0))
        except OSError:
            pass
        client.connection.socket.shutdown(socket.SHUT_RDWR)
        eventually("its session ends", lambda: other.statistics().sessions == 1)
        client.connection.close()
        other.ping()


def test_daemon_outlives_the_reader_of_its_log(program: str, tmp_path: Path) -> None:
    process = subprocess.Popen([program, *NO_CONFIG, "--runtime-directory", str(tmp_path)],
                               stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        eventually("the socket is there", (tmp_path / "driver").exists)
        process.stderr.close()
        for name in ("first", "second", "third"):
            with ndissim.connect(str(tmp_path / "driver"), name) as session:
                session.ping()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0


def test_one_user_cannot_take_all_drivers(untouched: Daemon) -> None:
    with untouched.connect() as session:
        with pytest.raises(NdisError) as full:
            for number in range(20_000):
                ProtocolDriver(session, f"many{number}")
        assert full.value.rule == "quotaObjects"
        assert session.statistics().drivers == 12_000
        session.reset()
        assert session.statistics().drivers == 0


def test_offer_asked_for_again_keeps_no_second_descriptor(untouched: Daemon) -> None:
    """The repeated request is answered from the ring; its descriptor is closed."""

    def set_options(driver: ProtocolDriver) -> None:
        SharedMemoryProvider(driver)

    handlers = ProtocolHandlers(set_options=set_options)
    section = make_section(65536)
    try:
        with untouched.connect() as session:
            driver = ProtocolDriver(session, "offers", handlers)
            offer = session._next_id
            reply = session.offer_section(driver.handle, driver.handle, section, 65536)
            session.withdraw_section(reply.section)
            before = session.statistics().descriptors
            body = OfferSection(driver.handle, driver.handle, 65536).pack()
            again = packet(Message.OFFER_SECTION, body, request_id=offer, descriptors=1)
            for _ in range(5):
                session.send_raw(again, [section])
            assert session.statistics().descriptors == before
    finally:
        os.close(section)
