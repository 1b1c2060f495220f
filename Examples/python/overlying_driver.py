#!/usr/bin/env python3
"""An overlying driver in Python that walks a receive queue from birth to death.

Binds to a miniport with VM queues, the daemon's hosted "vmq0" unless another is named, allocates a
queue, receives frames and checks every byte where it lies, and frees the queue while some of its
lists are still out.

    PYTHONPATH=Sources/python Examples/python/overlying_driver.py [--adapter NAME]

Exits with 1 when anything is not as it should be.
"""

import argparse
import struct
import sys
from dataclasses import dataclass, field

import ndissim
from ndissim import Oid, OidRequest, ReceiveFlags, ReceiveQueueState, RequestType, Status

FREE = 1  # our number for the request that frees the queue
PATTERN = bytes(range(256)) * 40
failures = 0


def check(what: str, right: bool) -> None:
    """Prints one line for each thing that was tried."""
    global failures
    failures += not right
    print(f"{'ok  ' if right else 'FAIL'} {what}", flush=True)


def sequence_of(frame: memoryview, address: bytes, queue: int) -> int | None:
    """The number of a frame of a miniport's own making; None when one byte of it is wrong."""
    to, ether_type, mark, number, sequence = struct.unpack_from("<6s6x2s4sIQ", frame)
    shift = sequence & 0xFF
    right = (to, ether_type, mark, number) == (address, b"\x88\xB5", b"NSIM", queue)
    return sequence if right and frame[30:] == PATTERN[shift + 30:shift + len(frame)] else None


@dataclass
class Overlying:
    """The state of the handlers."""

    session: ndissim.Session
    address: bytes = bytes(6)
    queue: int = 0
    sequences: list[int | None] = field(default_factory=list)
    out: list[list] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)
    # How FREE_QUEUE ended, and the indications that were out then.
    end: tuple[int, int] | None = None

    def receive(self, binding, indication) -> None:
        """ProtocolReceiveNetBufferLists: frames are read in place. Lists are returned outside of
        the handler: a call that waits runs handlers, and would run this one inside itself."""
        for received in indication.lists:
            for buffer in received.buffers:
                self.sequences.append(self.read(buffer))
        if not indication.flags & ReceiveFlags.RESOURCES:  # then they are only lent
            self.out.append(indication.lists)

    def read(self, buffer) -> int | None:
        """A frame lies in several parts when its memory does not hang together."""
        parts = [self.session.bytes_of(part) for part in buffer.parts]
        if not parts or None in parts:
            return None
        frame = parts[0] if len(parts) == 1 else memoryview(b"".join(parts))
        return sequence_of(frame, self.address, self.queue)

    def status(self, binding, upcall) -> None:
        """ProtocolStatusEx: DMA to a queue has stopped."""
        if upcall.indication.status_code == Status.RECEIVE_QUEUE_STATE:
            state = ReceiveQueueState.from_image(upcall.buffer)
            if state.queue_state == ReceiveQueueState.DMA_STOPPED:
                self.stopped.append(state.queue_id)

    def oid_complete(self, binding, upcall) -> None:
        """ProtocolOidRequestComplete, of what `issue` does not wait for."""
        if upcall.request_context == FREE:
            self.end = (upcall.answer.status, len(self.out))


def walk(session: ndissim.Session, adapter: str) -> None:
    state = Overlying(session)
    handlers = ndissim.ProtocolHandlers(
        receive=state.receive, status=state.status, oid_complete=state.oid_complete)
    driver = ndissim.ProtocolDriver(session, "py-overlying", handlers)
    binding = driver.bind_adapter(adapter)

    def take(count: int) -> None:
        before = len(state.sequences)
        binding.set(Oid.NDISSIM_GENERATE,
                    ndissim.GenerateParameters(queue_id=state.queue, count=count))
        session.serve(until=lambda: len(state.sequences) >= before + count)

    def give_back() -> None:
        while state.out:
            binding.return_lists(state.out.pop(0))

    # Birth: the queue exists, then it has memory, then it has a filter and runs.
    state.queue = binding.method(
        Oid.RECEIVE_FILTER_ALLOCATE_QUEUE,
        ndissim.ReceiveQueueParameters(queue_name=ndissim.counted("py queue"))).queue_id
    check(f"queue {state.queue} is allocated", state.queue != 0)
    completed = binding.method(
        Oid.RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE,
        ndissim.ReceiveQueueAllocationComplete(queue_id=state.queue))
    check("the miniport has allocated its memory", completed.completion_status == Status.SUCCESS)
    state.address = bytes([2, 0, 0, 0, 0, state.queue])
    filter_id = binding.method(
        Oid.RECEIVE_FILTER_SET_FILTER,
        ndissim.ReceiveFilterParameters.destination(state.queue, state.address)).filter_id
    check(f"filter {filter_id} is set", filter_id != 0)

    # Life: frames come in order, each where the miniport's DMA has put it.
    take(8)
    check("8 frames, every byte right", state.sequences == list(range(8)))
    give_back()
    take(2)
    check("2 more, whose lists are kept", state.sequences == list(range(10)))

    # Death: no filter, no DMA, no list out, no memory.
    binding.set(
        Oid.RECEIVE_FILTER_CLEAR_FILTER,
        ndissim.ReceiveFilterClearParameters(queue_id=state.queue, filter_id=filter_id))
    free = ndissim.ReceiveQueueFreeParameters(queue_id=state.queue).pack()
    session.oid_request(
        binding.handle,
        OidRequest(RequestType.SET_INFORMATION, Oid.RECEIVE_FILTER_FREE_QUEUE, free), FREE)
    session.serve(until=lambda: bool(state.stopped) or state.end is not None)
    check("DMA has stopped", state.stopped == [state.queue])
    check("FREE_QUEUE waits for the lists", state.end is None)
    give_back()
    session.serve(until=lambda: state.end is not None)
    check("FREE_QUEUE has ended when they were back", state.end == (Status.SUCCESS, 0))

    binding.unbind()
    driver.deregister()
    check("no rule was broken", session.statistics().session_violations == 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--socket", help="the daemon's socket (default: searched)")
    parser.add_argument("--adapter", default="vmq0", help="the adapter to bind to")
    options = parser.parse_args()
    with ndissim.connect(options.socket, "py-overlying") as session:
        walk(session, options.adapter)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
