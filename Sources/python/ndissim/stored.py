"""What a session stores to resume after a restart of the daemon (docs/protocol.md): the outstanding
requests, and the last answers to upcalls."""

import os
from collections.abc import Iterable
from enum import Enum

REMEMBERED = 1024


class Turn(Enum):
    """What to do with a received upcall."""

    CALL = 1
    # Its answer will be sent, or is in flight.
    IGNORE = 2
    # Its answer was lost.
    ANSWER_AGAIN = 3


class Stored:
    """Packets as they were sent. Not thread-safe: a session uses it with its condition held."""

    def __init__(self) -> None:
        self.resumptions = 0
        self._requests: dict[int, tuple[bytes, list[int]]] = {}
        self._running: set[int] = set()
        # Upcall: the answer, and the number of resumptions when it was last sent.
        self._answers: dict[int, tuple[bytes, int]] = {}

    # Requests

    def keep(self, request: int, packet: bytes, fds: Iterable[int]) -> None:
        """A request that is about to be sent. Its descriptors are duplicated."""
        self._requests[request] = (packet, [os.dup(fd) for fd in fds])

    def drop(self, request: int) -> None:
        """A request that was answered, or could not be sent."""
        for fd in self._requests.pop(request, (b"", []))[1]:
            os.close(fd)

    def unanswered(self) -> list[tuple[bytes, list[int]]]:
        """The requests to resend, in order."""
        return [self._requests[request] for request in sorted(self._requests)]

    def close(self) -> None:
        """Discards everything: nothing will be resent."""
        for request in list(self._requests):
            self.drop(request)

    # Upcalls

    def admit(self, upcall: int) -> Turn:
        """A received upcall: its handler is called once."""
        if upcall in self._running:
            return Turn.IGNORE
        if upcall not in self._answers:
            self._running.add(upcall)
            return Turn.CALL
        sent = self._answers[upcall][1]
        return Turn.IGNORE if sent == self.resumptions else Turn.ANSWER_AGAIN

    def answer(self, upcall: int, packet: bytes) -> None:
        """An answer that is about to be sent."""
        self._running.discard(upcall)
        self._answers.pop(upcall, None)
        self._answers[upcall] = (packet, self.resumptions)
        if len(self._answers) > REMEMBERED:
            del self._answers[next(iter(self._answers))]

    def answer_again(self, upcall: int, resumptions: int) -> bytes | None:
        """The answer to resend, by the result of `admit` at this number of resumptions; None when it
        is no longer to be sent."""
        packet, sent = self._answers.get(upcall, (b"", resumptions))
        if resumptions != self.resumptions or sent == resumptions:
            return None
        self._answers[upcall] = (packet, resumptions)
        return packet


__all__ = ["REMEMBERED", "Stored", "Turn"]
