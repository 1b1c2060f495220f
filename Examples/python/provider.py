#!/usr/bin/env python3
"""A shared-memory provider in Python.

Registers the protocol driver "py-provider", whose ProtocolSetOptions registers provider handlers,
and serves until SIGTERM or Ctrl-C. When a block is freed it checks that it
holds what miniport.py wrote: the provider and the driver see the same memory.

    PYTHONPATH=Sources/python Examples/python/provider.py

Exits with 1 when a block held anything else, or when a block was still out at the end.
"""

import argparse
import array
import signal
import sys

import ndissim

MARK = 0x5348415245444D45


def expected(length: int) -> bytes:
    """The pattern: 64-bit words, each its index XOR the mark."""
    return array.array("Q", (index ^ MARK for index in range(length // 8))).tobytes()


class Provider:
    """Prints one line a call and counts blocks that came back wrong."""

    def __init__(self) -> None:
        self.wrong = 0
        self.memory: ndissim.SharedMemoryProvider | None = None

    def set_options(self, driver: ndissim.ProtocolDriver) -> None:
        """ProtocolSetOptions: the place where a protocol driver becomes a provider."""
        self.memory = ndissim.SharedMemoryProvider(
            driver, section_size=1 << 20, on_allocate=self.allocated, on_free=self.freed
        )

    def allocated(self, block: ndissim.ProvidedBlock) -> None:
        print(
            f"allocate {block.length} bytes in {len(block.extents)} extent(s) as block "
            f"{block.context}, site {block.site or '-'}",
            flush=True,
        )

    def freed(self, block: ndissim.ProvidedBlock) -> None:
        # The words that lie wholly inside the block; drivers may leave it untouched (all zero).
        pattern = expected(block.length)
        content = block.read()[: len(pattern)]
        if content == pattern:
            verdict = "pattern found"
        elif not any(content):
            verdict = "untouched"
        else:
            verdict = "WRONG CONTENT"
            self.wrong += 1
        print(f"free block {block.context}: {verdict}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--socket", help="the daemon's socket (default: searched)")
    options = parser.parse_args()

    # A signal ends the wait in serve(); leaving the `with` ends the session and all that is in it.
    def end(*_: object) -> None:
        raise SystemExit

    signal.signal(signal.SIGTERM, end)

    provider = Provider()
    with ndissim.connect(options.socket, "py-provider") as session:
        handlers = ndissim.ProtocolHandlers(set_options=provider.set_options)
        ndissim.ProtocolDriver(session, "py-provider", handlers)
        print("ready", flush=True)
        try:
            session.serve()
        except (SystemExit, KeyboardInterrupt):
            pass
        except ndissim.Disconnected as end_of_session:
            print(f"the daemon ended the session: {end_of_session}", flush=True)

    left = len(provider.memory.blocks) if provider.memory else 0
    print(f"end: {left} block(s) out, {provider.wrong} wrong", flush=True)
    return 1 if provider.wrong or left else 0


if __name__ == "__main__":
    sys.exit(main())
