"""The simulated IRQL of the calling thread. It is sent with every call; no real level is raised.

    with at_irql(DISPATCH_LEVEL):
        session.ping()
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .abi import PASSIVE_LEVEL


class _Level(threading.local):
    value = PASSIVE_LEVEL


_level = _Level()


def current_irql() -> int:
    """The level of this thread (`KeGetCurrentIrql`)."""
    return _level.value


def set_irql(level: int) -> int:
    """Sets the level of this thread and returns the old one; for handlers that leak a raised
    level."""
    old, _level.value = _level.value, level
    return old


@contextmanager
def at_irql(level: int) -> Iterator[None]:
    """Runs a block at `level`."""
    old = set_irql(level)
    try:
        yield
    finally:
        set_irql(old)
