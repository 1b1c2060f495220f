#!/usr/bin/env python3
"""A miniport driver in Python that uses shared memory, and calls that the contract refuses.

Registers a miniport driver, adds the adapter "py0", allocates a contiguous and a scattered block,
writes a pattern the provider can check, provokes one refusal of each kind, and frees.

    PYTHONPATH=Sources/python Examples/python/miniport.py [--leak]

With --leak one block stays allocated; the daemon reports it when the adapter is halted. Exits with
1 when a check fails.
"""

import argparse
import array
import sys
from collections.abc import Callable

import ndissim
from ndissim import DISPATCH_LEVEL, NdisError, SharedMemoryUsage, Status, at_irql

MARK = 0x5348415245444D45
failures = 0


def check(what: str, right: bool) -> None:
    """Prints one line for each check."""
    global failures
    failures += not right
    print(f"{'ok  ' if right else 'FAIL'} {what}", flush=True)


def refused(what: str, status: int, rule: str, call: Callable[[], object]) -> NdisError | None:
    """The call must fail with this status, and the daemon must name this rule."""
    try:
        call()
    except NdisError as error:
        check(f"{what}: {error}", error.status == status and error.rule == rule)
        return error
    check(f"{what}: was not refused", False)
    return None


def write_pattern(block: ndissim.Block) -> None:
    """64-bit words, each its index XOR the mark."""
    words = array.array("Q", (index ^ MARK for index in range(block.length // 8)))
    block.write(words.tobytes())


def initialize(adapter: ndissim.MiniportAdapter) -> None:
    """MiniportInitializeEx: attributes, then DMA; after that shared memory may be allocated."""
    adapter.set_attributes()
    adapter.register_dma()


def use(adapter: ndissim.MiniportAdapter, page: int) -> list[ndissim.Block]:
    """The calls that succeed: returns the live blocks."""
    # Contiguous: one element in the scatter-gather list. The last page is partly used.
    ring = adapter.allocate(
        3 * page + 64, contiguous=True, usage=SharedMemoryUsage.RECEIVE, site="miniport.py:ring"
    )
    check("a contiguous block has one element", len(ring.scatter_gather_list) == 1)
    write_pattern(ring)

    # Scattered: as many elements as the memory needs, lengths summing to Length.
    data = adapter.allocate(16 * page, usage=SharedMemoryUsage.XMIT, site="miniport.py:data")
    total = sum(length for _, length in data.scatter_gather_list)
    check("the elements sum to Length", total == 16 * page)
    write_pattern(data)

    words = array.array("Q", data.read(0, 16))
    check("memory keeps what was written", list(words) == [MARK, 1 ^ MARK])
    return [ring, data]


def break_rules(adapter: ndissim.MiniportAdapter, page: int) -> None:
    """The calls that are refused, and how."""
    invalid = Status.INVALID_PARAMETER
    refused("Length 0", invalid, "length", lambda: adapter.allocate(0))
    refused(
        "a scatter-gather buffer too small for its own head",
        invalid,
        "sgListBufferMissing",
        lambda: adapter.allocate(page, sg_list_buffer_length=8),
    )
    refused(
        "an unknown queue", invalid, "queueUnknown", lambda: adapter.allocate(page, queue_id=7)
    )
    refused("an unknown flag", invalid, "unknownFlags", lambda: adapter.allocate(page, flags=0x80))
    with at_irql(DISPATCH_LEVEL):
        error = refused(
            "a call at DISPATCH_LEVEL", Status.FAILURE, "wrongIRQL", lambda: adapter.allocate(page)
        )
    if error:
        code = error.bugcheck and (error.bugcheck.code, error.bugcheck.parameters[0])
        check("would have been bug check 0x7C/0x01", code == (0x7C, 0x01))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--socket", help="the daemon's socket (default: searched)")
    parser.add_argument("--leak", action="store_true", help="do not free one block")
    options = parser.parse_args()

    with ndissim.connect(options.socket, "py-miniport") as session:
        page = session.hello.page_size
        handlers = ndissim.MiniportHandlers(initialize=initialize)
        driver = ndissim.MiniportDriver(session, "py-miniport", handlers)
        adapter = driver.add_adapter("py0")
        check("the adapter runs", adapter.handle != 0)

        blocks = use(adapter, page)
        break_rules(adapter, page)
        check("refusals left no block behind", session.statistics().session_blocks == len(blocks))

        for block in blocks[1:] if options.leak else blocks:
            block.free()
        left = session.statistics().session_blocks
        check(f"{left} block(s) live after the frees", left == (1 if options.leak else 0))

        adapter.remove()
        driver.deregister()
        statistics = session.statistics()
        check("nothing is left", statistics.session_blocks == 0)
        leaked = statistics.session_leaked_blocks
        check(f"{leaked} leaked block(s) reported", leaked == (1 if options.leak else 0))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
