"""A session that resumes after a restart of the daemon, against a scripted one."""

import os
import random
import struct
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ndissim import Connection, Disconnected, Session, make_section
from ndissim.abi import (
    FEATURE_8021Q,
    FEATURE_BUG_CHECK_EXTENSION,
    FEATURE_M_SHARED_MEMORY,
    FEATURE_RESUME,
    FLAG_NOTIFICATION,
    Message,
)
from ndissim.stored import REMEMBERED
from scripted import ECHO, TOKEN, Listener, Packet, Peer

ANSWER = Message.UPCALL_FREE_SHARED_MEMORY


@pytest.fixture
def listener() -> Iterator[Listener]:
    # The path of a socket is short.
    with tempfile.TemporaryDirectory(prefix="ndissim-") as directory:
        yield Listener(Path(directory))


def types(packets: list[Packet]) -> list[int]:
    return [packet.type for packet in packets]


class Call(threading.Thread):
    """A call in a separate thread; `end` is its result."""

    def __init__(self, body: Any) -> None:
        super().__init__(daemon=True)
        self.body, self.error = body, None
        self.start()

    def run(self) -> None:
        try:
            self.body()
        except Exception as error:
            self.error = error

    def end(self) -> Exception | None:
        self.join()
        return self.error


def test_hello_asks_for_the_feature(listener: Listener) -> None:
    for resumes in (True, False):
        peer, session = listener.connect(resumes)
        hello = peer.receive()
        assert hello and (hello.number(8), hello.number(16)) == (
            FEATURE_8021Q | FEATURE_M_SHARED_MEMORY | FEATURE_BUG_CHECK_EXTENSION | int(resumes), 0)
        assert session.resumptions == 0


@pytest.mark.parametrize("count", [1, 64])
def test_unanswered_requests_are_sent_again_in_order(listener: Listener, count: int) -> None:
    peer, session = listener.connect()
    peer.receive()
    requests = [session.send(Message.PING) for _ in range(count)]
    first = peer.receive_all()
    peer.resumed(2)
    for request in reversed(requests):
        peer.reply(request)
    for request in requests:
        session.wait(request)
    again = peer.receive_all()
    assert again[0].type == Message.RESUME and again[0].header.flags == FLAG_NOTIFICATION
    assert again[0].body == bytes([2]) * 16
    assert again[1:] == first
    assert session.resumptions == 1 and session.hello.instance == bytes([2]) * 16


def test_what_is_answered_is_not_sent_again(listener: Listener) -> None:
    peer, session = listener.connect()
    requests = [session.send(Message.PING) for _ in range(4)]
    peer.receive_all()
    peer.reply(requests[3])
    peer.reply(requests[1])
    peer.resumed(2)
    peer.resumed(3)
    peer.reply(requests[0])
    session.wait(requests[0])
    assert [packet.id for packet in peer.receive_all()] == [0, 2, 4, 0, 2, 4]
    peer.reply(requests[2])
    for request in requests[1:]:
        session.wait(request)


def test_an_offered_section_travels_again(listener: Listener) -> None:
    peer, session = listener.connect()
    reading, writing = os.pipe()
    peer.resumed(2)
    peer.reply(2, Message.OFFER_SECTION)
    session.call(Message.OFFER_SECTION, b"", [writing])
    os.close(writing)
    offers = [packet for packet in peer.receive_all() if packet.type == Message.OFFER_SECTION]
    assert len(offers) == 2 and offers[0] == offers[1] and len(offers[0].files) == 1
    # Nothing is stored of one that was answered: no thread can write any more.
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_without_the_feature_the_end_is_the_end(listener: Listener) -> None:
    for features, token in ((0, TOKEN), (1, 0)):
        peer, session = listener.connect(features=features, token=token)
        peer.resumed(2)
        peer.reply(2)
        session.ping()
        assert types(peer.receive_all()) == [Message.HELLO, Message.PING]
        peer.close()
        with pytest.raises(ConnectionError):
            session.ping()


class TestUpcalls:
    def start(self, listener: Listener, calls_back: bool = False) -> tuple[Peer, Session, int]:
        peer, session = listener.connect()
        peer.receive()
        self.called: list[int] = []

        def handler(upcall: Any) -> None:
            self.called.append(upcall.shared_memory_provider_context)
            if calls_back:
                session.ping()

        return peer, session, session.cookie(handler)

    def test_lost_answers_are_sent_again_once(self, listener: Listener) -> None:
        peer, session, cookie = self.start(listener)
        peer.upcall(40, cookie, 1)
        peer.upcall(40, cookie, 1)
        peer.resumed(2)
        peer.upcall(40, cookie, 1)
        peer.upcall(40, cookie, 1)
        peer.upcall(41, cookie, 2)
        peer.reply(2)
        session.ping()
        packets = peer.receive_all()
        assert types(packets) == [
            Message.PING, ANSWER, Message.RESUME, Message.PING, ANSWER, ANSWER,
        ]
        assert packets[1] == packets[4] and packets[5].id == 41
        assert self.called == [1, 2]

    def test_one_that_is_running_is_not_called_again(self, listener: Listener) -> None:
        peer, session, cookie = self.start(listener, calls_back=True)
        peer.upcall(40, cookie, 1)
        peer.resumed(2)
        peer.upcall(40, cookie, 1)
        peer.reply(3)
        peer.reply(2)
        session.ping()
        packets = peer.receive_all()
        assert [packet.id for packet in packets] == [2, 3, 0, 2, 3, 40]
        assert packets[4].header.context == 40 and self.called == [1]

    def test_the_last_answers_are_remembered(self, listener: Listener) -> None:
        peer, session, cookie = self.start(listener)
        for id in range(1, REMEMBERED + 2):
            peer.upcall(id, cookie, id)
            if id % 64 == 0 or id > REMEMBERED:
                peer.reply(session._next_id)
                session.ping()
                peer.receive_all()
        peer.resumed(2)
        peer.upcall(2, cookie, 2)
        peer.upcall(1, cookie, 1)
        peer.reply(session._next_id)
        session.ping()
        assert [p.id for p in peer.receive_all() if p.type == ANSWER] == [2, 1]
        assert len(self.called) == REMEMBERED + 2


class TestComingBack:
    def test_with_the_token_the_session_goes_on(self, listener: Listener) -> None:
        first, session = listener.connect()
        requests = [session.send(Message.PING) for _ in range(3)]
        sent = first.receive_all()[1:]
        first.reply(3)
        first.close()
        requests.append(session.send(Message.PING))
        call = Call(lambda: [session.wait(request) for request in requests])
        # One that goes again, and one that stays.
        assert listener.accept().receive(wait=True)
        second = listener.accept()
        hello = second.receive(wait=True)
        assert hello and (hello.number(8), hello.number(16)) == (
            FEATURE_8021Q | FEATURE_M_SHARED_MEMORY | FEATURE_BUG_CHECK_EXTENSION | FEATURE_RESUME,
            TOKEN)
        second.say_hello(2)
        again = [second.receive(wait=True) for _ in range(3)]
        assert again[:2] == [sent[0], sent[2]]
        for id in (2, 4, 5):
            second.reply(id)
        assert call.end() is None
        assert session.resumptions == 1

    @pytest.mark.parametrize("answer", ["refused", "another"])
    def test_a_daemon_that_does_not_know_the_session(
        self, listener: Listener, answer: str
    ) -> None:
        first, session = listener.connect()
        calls = [Call(session.ping), Call(session.serve)]
        first.close()
        second = listener.accept()
        second.receive(wait=True)
        if answer == "refused":
            second.refuse(1, Message.HELLO, "sessionUnknown")
        else:
            second.say_hello(2, token=8)
        for call in calls:
            error = call.end()
            assert isinstance(error, Disconnected)
            assert error.goodbye and error.goodbye.rule == "sessionUnknown"
            assert "does not resume" in str(error)

    @pytest.mark.parametrize("listens", [True, False])
    def test_time_ends_the_session(self, listener: Listener, listens: bool) -> None:
        first, session = listener.connect(resume_timeout=0.03)
        if not listens:
            listener.remove()
        first.close()
        with pytest.raises(Disconnected, match="not back within 0.03 s"):
            session.ping()

    def test_a_call_waits_no_longer_than_it_wants(self, listener: Listener) -> None:
        first, session = listener.connect()
        listener.remove()
        first.close()
        assert session.serve(timeout=0.02) is False

    @pytest.mark.parametrize("listens", [True, False])
    def test_close_ends_the_waiting(self, listener: Listener, listens: bool) -> None:
        first, session = listener.connect()
        if not listens:
            listener.remove()
        call = Call(session.ping)
        first.receive()
        assert first.receive(wait=True)
        first.close()
        if listens:
            assert listener.accept().receive(wait=True)
        session.close()
        assert isinstance(call.end(), OSError)

    def test_a_goodbye_is_the_end(self, listener: Listener) -> None:
        for is_read in (True, False):
            first, session = listener.connect()
            request = session.send(Message.PING)
            if is_read:
                first.receive_all()
            first.goodbye()
            # With unread data it is a reset, which is reported before the GOODBYE.
            first.close()
            with pytest.raises(Disconnected) as info:
                session.wait(request)
            assert info.value.goodbye and info.value.goodbye.rule == "daemonStopping"


class Killed(Exception):
    """The end of a daemon; `args[0]`: whether the connection goes with it."""


class Forgetful:
    """A daemon that is killed at random instants. What it has carried out it remembers; what it has
    read and not carried out is lost."""

    def __init__(self, listener: Listener, peer: Peer, cookie: int, seed: int) -> None:
        self.listener, self.peer, self.cookie = listener, peer, cookie
        self.random = random.Random(seed)
        self.next_id, self.instance, self.deaths = 2, 1, 0
        self.results: set[int] = set()
        self.waiting: dict[int, Packet] = {}
        self.upcalls: dict[int, int] = {}
        self.carried_out: Counter[bytes] = Counter()
        self.answered: Counter[int] = Counter()
        self.problems: list[str] = []
        self.done = False

    def run(self) -> None:
        step = self.life
        while not self.done:
            try:
                step()
            except Killed as killed:
                self.deaths += 1
                self.instance = self.instance % 255 + 1
                step = self.reconnect if killed.args[0] else self.resume

    def risk(self) -> None:
        if self.random.random() < 0.02:
            raise Killed(self.random.random() < 0.3)

    def receive(self) -> Packet:
        packet = self.peer.receive(wait=True)
        if not packet:
            self.done = True
            raise Killed(True)
        return packet

    def resume(self) -> None:
        self.peer.resumed(self.instance)
        while (packet := self.receive()).type != Message.RESUME or (
            packet.body[0] != self.instance
        ):
            self.risk()
        self.call_again()

    def reconnect(self) -> None:
        self.peer.close()
        self.peer = self.listener.accept()
        assert self.receive().number(16) == TOKEN
        self.risk()
        self.peer.say_hello(self.instance)
        self.call_again()

    def call_again(self) -> None:
        for id in sorted(self.upcalls):
            self.peer.upcall(id, self.cookie, id)
            self.risk()
        self.life()

    def life(self) -> None:
        while True:
            packet = self.receive()
            self.risk()
            if packet.type == ANSWER:
                request = self.upcalls.pop(packet.id, 0)
                self.answered[packet.id] += 1
                if request:
                    self.finish(self.waiting.pop(request))
            elif packet.id in self.results:
                self.peer.reply(packet.id, ECHO, packet.body)
            elif packet.id == self.next_id:
                self.next_id += 1
                self.carried_out[packet.body] += 1
                if packet.header.context == 0 and self.random.random() < 0.25:
                    self.waiting[packet.id] = packet
                    self.upcalls[packet.id] = packet.id
                    self.risk()
                    self.peer.upcall(packet.id, self.cookie, packet.id)
                else:
                    self.finish(packet)
            elif packet.id not in self.waiting:
                self.problems.append(f"{packet.id} came before {self.next_id}")

    def finish(self, packet: Packet) -> None:
        self.results.add(packet.id)
        self.risk()
        self.peer.reply(packet.id, ECHO, packet.body)
        self.risk()


@pytest.mark.parametrize("seed", range(4))
def test_every_call_is_carried_out_once(listener: Listener, seed: int) -> None:
    peer, session = listener.connect()
    peer.receive()
    called: Counter[int] = Counter()

    def echo(body: bytes) -> None:
        assert session.call(ECHO, body).body == body

    def handler(upcall: Any) -> None:
        number = upcall.shared_memory_provider_context
        called[number] += 1
        if number % 2:
            echo(b"handler %d" % number)

    daemon = Forgetful(listener, peer, session.cookie(handler), seed)
    running = Call(daemon.run)
    bodies = [[b"%d %d" % (t, i) for i in range(100)] for t in range(8)]

    def call_all(mine: list[bytes]) -> None:
        for body in mine:
            echo(body)

    for call in [Call(lambda mine=mine: call_all(mine)) for mine in bodies]:
        assert call.end() is None
    deaths, resumptions = daemon.deaths, session.resumptions
    # A daemon that waits for its client gets one that sends nothing.
    daemon.done = True
    session.close()
    Connection(listener.path).close()
    running.join()
    assert daemon.problems == []
    assert all(daemon.carried_out[body] == 1 for mine in bodies for body in mine)
    assert set(daemon.carried_out.values()) == {1}
    assert called == daemon.answered and set(called.values()) == {1}
    assert deaths > 10 and resumptions > 10


def test_a_section_that_comes_again_is_closed(listener: Listener) -> None:
    peer, session = listener.connect()
    fd = make_section(8192)
    body = struct.pack("<QQQQQI4xQI4x", 1, 2, 77, 8192, 1 << 40, 1, 0, 4096)
    kept = []
    for request in (2, 3):
        peer.reply(request, Message.ALLOCATE_SHARED_MEMORY, body, (fd,))
        session.call(Message.ALLOCATE_SHARED_MEMORY)
        kept.append(session.sections[77])
    assert kept[0] is kept[1]
    os.close(fd)
