"""Frames from a miniport to a protocol driver in Python, through shared memory: read in place through a
view that cannot be written, and returned."""

import os
import resource

import pytest
from conftest import Daemon, eventually
from ndissim import (
    Binding,
    MiniportDriver,
    MiniportHandlers,
    NdisError,
    NetBuffer,
    NetBufferList,
    ProtocolDriver,
    ProtocolHandlers,
    ReceiveFlags,
    Segment,
    Session,
    SharedMemoryUsage,
)
from ndissim.receive import UpcallReceive
from test_traffic import served

PAGE = 4096


class Receiver:
    """A miniport with memory of its default queue, and a driver above that records what it receives."""

    def __init__(self, below: Session, above: Session, name: str, keep: bool = False) -> None:
        self.frames: list[bytes] = []
        self.unread = 0
        self.kept: list[UpcallReceive] = []
        self.returned: list[int] = []
        self.keep = keep
        self.above = above
        miniport = MiniportDriver(below, name, MiniportHandlers(
            returned=lambda adapter, numbers, flags: self.returned.extend(numbers)))
        self.adapter = miniport.add_adapter(name + "0")
        self.block = self.adapter.allocate(8 * PAGE, usage=SharedMemoryUsage.RECEIVE)
        protocol = ProtocolDriver(above, name + "p", ProtocolHandlers(receive=self.receive))
        self.binding = protocol.bind_adapter(name + "0")

    def receive(self, binding: Binding, indication: UpcallReceive) -> None:
        for received in indication.lists:
            for buffer in received.buffers:
                parts = [self.above.bytes_of(part) for part in buffer.parts]
                if all(part is not None for part in parts):
                    self.frames.append(b"".join(part for part in parts if part is not None))
                else:
                    self.unread += 1
        if indication.flags & ReceiveFlags.RESOURCES:
            return
        if self.keep:
            self.kept.append(indication)
        else:
            binding.return_lists(indication.lists)

    def frame(self, number: int, offset: int, data: bytes) -> NetBufferList:
        self.block.write(data, offset)
        memory = self.block.shared_memory_handle
        return NetBufferList.one(number, 0, memory, offset, len(data))

    def end(self) -> None:
        self.binding.unbind()
        self.block.free()
        self.adapter.remove()


@pytest.mark.parametrize("processes", ["one session", "two sessions"])
def test_walk_of_an_indication(untouched: Daemon, processes: str) -> None:
    with untouched.connect("below") as below, untouched.connect("above") as other:
        above = below if processes == "one session" else other
        with served(other):
            ends = Receiver(below, above, "walk")
            for turn in range(3):
                # In the middle of a page, over the border of two.
                data = [os.urandom(1514), os.urandom(60)]
                ends.adapter.indicate_receive([
                    ends.frame(100 + turn, 4000, data[0]), ends.frame(200 + turn, 64, data[1])])
                below.serve(until=lambda: len(ends.returned) == 2 * turn + 2, timeout=20)
                assert ends.frames[-2:] == data
                assert sorted(ends.returned[-2:]) == [100 + turn, 200 + turn]
            # The one view serves all turns; who has the section needs none.
            assert len(above.views) == (0 if above is below else 1)
            for view in above.views.values():
                with pytest.raises(OSError):
                    os.pwrite(view.fd, b"x", 0)
            ends.end()
            # With its adapter the section is gone, and every session with a view of it is notified.
            eventually("the view is taken back", lambda: not above.views)
        assert below.statistics().session_violations == 0


def test_a_list_has_exactly_one_buffer(untouched: Daemon) -> None:
    with untouched.connect() as session:
        ends = Receiver(session, session, "parts")
        ends.block.write(bytes(range(256)) * 32)
        memory = ends.block.shared_memory_handle
        with pytest.raises(NdisError) as error:
            ends.adapter.indicate_receive([NetBufferList(1, 0, 0, [
                NetBuffer(200, [Segment(memory, 5000, 200)]),
                NetBuffer(8, [Segment(memory, 8, 8)]),
            ])])
        assert error.value.rule == "netBuffersOfList"
        assert session.statistics().session_violations == 1
        # Without a lookahead split a frame is one piece of memory.
        two = NetBuffer(300, [Segment(memory, 0, 100), Segment(memory, 5000, 200)])
        with pytest.raises(NdisError) as error:
            ends.adapter.indicate_receive([NetBufferList(2, 0, 0, [two])])
        assert error.value.rule == "sharedMemoryChain"
        ends.end()


def test_a_receiver_gets_no_more_than_the_frame(untouched: Daemon) -> None:
    with untouched.connect() as session:
        ends = Receiver(session, session, "long")
        ends.block.write(bytes(range(256)) * 32)
        memory = ends.block.shared_memory_handle
        # A buffer of 2,048 bytes with a frame of 60 in it, and frames shorter than an Ethernet header.
        for length in (60, 13, 0):
            ends.adapter.indicate_receive([
                NetBufferList(1, 0, 0, [NetBuffer(length, [Segment(memory, 256, 2048)])])])
            session.serve(until=lambda: bool(ends.returned), timeout=20)
            ends.returned.clear()
            assert ends.frames[-1] == bytes(range(length))
        ends.end()
        assert session.statistics().session_violations == 0


def test_resources_flag_lends_until_the_call_returns(untouched: Daemon) -> None:
    with untouched.connect() as session:
        ends = Receiver(session, session, "short")
        flags = ReceiveFlags.SHARED_MEMORY_INFO_VALID | ReceiveFlags.RESOURCES
        ends.adapter.indicate_receive([ends.frame(1, 0, b"frame")], flags)
        # The reply comes when the receiver has returned; the lists are not returned to the miniport.
        assert ends.frames == [b"frame"] and not ends.returned
        ends.end()
        assert session.statistics().session_violations == 0


def test_memory_that_is_still_indicated_is_not_freed(untouched: Daemon) -> None:
    with untouched.connect() as session:
        ends = Receiver(session, session, "held", keep=True)
        ends.adapter.indicate_receive([ends.frame(1, 0, b"frame")])
        session.serve(until=lambda: bool(ends.kept), timeout=20)
        with pytest.raises(NdisError) as error:
            ends.block.free()
        assert error.value.rule == "stillIndicated"
        received = ends.kept.pop().lists
        ends.binding.return_lists(received)
        session.serve(until=lambda: bool(ends.returned), timeout=20)
        with pytest.raises(NdisError) as twice:
            ends.binding.return_lists(received)
        assert twice.value.rule == "notIndicated"
        ends.end()


def test_segments_that_lie_elsewhere(untouched: Daemon) -> None:
    with untouched.connect() as session:
        ends = Receiver(session, session, "lies")
        memory = ends.block.shared_memory_handle
        for wrong in (
            Segment(memory, 8 * PAGE, 1), Segment(memory, 8 * PAGE - 1, 2), Segment(memory, 0, 0),
            Segment(memory, 0xFFFFFFFF, 0xFFFFFFFF), Segment(memory + 1, 0, 1), Segment(0, 0, 1),
            Segment(ends.block.allocation_handle, 0, 1), Segment(ends.adapter.handle, 0, 1),
        ):
            one = NetBufferList(1, 0, 0, [NetBuffer(wrong.length, [wrong])])
            with pytest.raises(NdisError) as error:
                ends.adapter.indicate_receive([ends.frame(2, 0, b"good"), one])
            assert error.value.rule in ("sharedMemoryRange", "sharedMemoryUnknown")
        assert not ends.frames
        ends.end()


def test_receiver_that_never_returns(untouched: Daemon) -> None:
    """A miniport may have a limited number of lists outstanding; they are returned when the receiver
    is gone."""
    with untouched.connect("below") as below:
        above = untouched.connect("above")
        with served(above):
            ends = Receiver(below, above, "greedy", keep=True)
            out = 0
            with pytest.raises(NdisError) as error:
                for out in range(0, 1 << 20, 256):
                    ends.adapter.indicate_receive(
                        [ends.frame(out + n, 0, b"frame") for n in range(256)])
            assert error.value.rule == "tooManyIndicated" and out > 0
        above.close()
        below.serve(until=lambda: len(ends.returned) == out, timeout=60)
        assert sorted(ends.returned) == list(range(out))
        ends.block.free()
        ends.adapter.remove()


def test_view_that_cannot_be_opened(untouched: Daemon) -> None:
    """Without a free descriptor the daemon reports that there is no view, and retries."""
    pid = untouched.process.pid
    with untouched.connect("below") as below, untouched.connect("above") as above:
        with served(above):
            ends = Receiver(below, above, "blind")
            soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (1, hard))
            try:
                ends.adapter.indicate_receive([ends.frame(1, 0, b"unseen")])
                below.serve(until=lambda: ends.returned == [1], timeout=20)
            finally:
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
            assert ends.unread == 1 and not above.views and not ends.frames
            ends.adapter.indicate_receive([ends.frame(2, 0, b"seen")])
            below.serve(until=lambda: ends.returned == [1, 2], timeout=20)
            assert ends.frames == [b"seen"]
            ends.end()


def test_vlan_out_of_band(untouched: Daemon) -> None:
    """Ieee8021QNetBufferListInfo travels beside the lists, to receivers that ask for it."""
    with untouched.connect() as session:
        ends = Receiver(session, session, "tags", keep=True)
        tagged, plain = ends.frame(1, 0, bytes(64)), ends.frame(2, 64, bytes(64))
        tagged.ieee_8021q = 5 << 4 | 3
        ends.adapter.indicate_receive([plain, tagged])
        session.serve(until=lambda: bool(ends.kept), timeout=20)
        assert [one.ieee_8021q for one in ends.kept[0].lists] == [0, 5 << 4 | 3]
        assert [one.vlan_id for one in ends.kept[0].lists] == [0, 5]
        assert [one.filter_id for one in ends.kept[0].lists] == [0, 0]
        ends.binding.return_lists(ends.kept[0].lists)
        ends.end()


def test_lists_for_a_client_without_the_feature(untouched: Daemon) -> None:
    with untouched.connect("below") as below, \
            Session(untouched.raw(), "above", features=0) as above, served(above):
        ends = Receiver(below, above, "bare", keep=True)
        tagged = ends.frame(1, 0, bytes(64))
        tagged.ieee_8021q = 5 << 4
        ends.adapter.indicate_receive([tagged])
        eventually("the list is received", lambda: bool(ends.kept))
        assert ends.kept[0].information == 0 and ends.kept[0].lists[0].ieee_8021q == 0
        ends.binding.return_lists(ends.kept[0].lists)
        ends.end()
