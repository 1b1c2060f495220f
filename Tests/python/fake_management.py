"""A management socket whose replies a test chooses: ones a real daemon never sends, or not on demand."""

import itertools
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Parameters = dict[str, Any]
# The replies of a method: the parameters of each reply, an error as ("name", parameters), or bytes as
# they are, after which the connection ends; `...` announces more replies, and ends the connection
# if there is not.
Answer = Any
Handler = Callable[[Parameters], Iterator[Answer]]

NUMBERS = itertools.count()
INTERFACE = "org.ndissim.Simulator."
COUNTERS = ["sessions", "drivers", "adapters", "bindings", "providers", "sections", "blocks", "bytes",
            "openRequests", "openUpcalls", "queues", "vports", "filters", "openOids", "indicatedLists",
            "allocations", "frees", "failedAllocations", "violations",
            "leakedBlocks", "events"]


def status(**counters: int) -> Parameters:
    """A status whose counters are zero but for those given."""
    return {"status": {
        "version": "9.9", "pid": 1, "uid": 0, "state": "running", "ndisVersion": "6.89", "seed": 7,
        "uptimeMs": 192000, "pageSize": 4096, "latencies": [], "droppedEntries": 0,
        "counters": {name: counters.get(name, 0) for name in COUNTERS}}}


def event(sequence: int, message: str = "Something happened.", kind: str = "violation",
          priority: str = "warning", **fields: str) -> Parameters:
    return {"sequence": sequence, "realtimeUs": 1_700_000_000_000_000 + sequence, "kind": kind,
            "messageId": "0" * 32, "priority": priority, "message": message, "fields": fields}


def block(number: int, **members: Any) -> Parameters:
    return {"handle": f"0x{0x0700000000000000 + number:016X}", "state": "live",
            "driverName": "vmq", "provider": "0x0500000000000000", "providerName": "pool",
            "length": 65536, "extentCount": 1, "contiguous": False, "queueId": number % 8,
            "usage": "NdisSharedMemoryUsageReceive", "ageMs": 1000 + number, "indicated": 0, **members}


class FakeManagement:
    """Listens at `path` and answers methods by name, with one thread for each client."""

    def __init__(self, directory: Path, **methods: Handler) -> None:
        self.path = str(directory / f"management{next(NUMBERS)}")
        self.methods = {INTERFACE + name: handler for name, handler in methods.items()}
        self.calls: list[tuple[str, Parameters]] = []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        received = b""
        with client:
            try:
                while data := client.recv(65536):
                    received += data
                    while b"\0" in received:
                        message, received = received.split(b"\0", 1)
                        if not self.answer(client, json.loads(message)):
                            return
            except OSError:
                return

    def answer(self, client: socket.socket, call: Parameters) -> bool:
        """Handles a call; returns whether the connection continues."""
        name, parameters = call["method"], call.get("parameters", {})
        self.calls.append((name, parameters))
        handler = self.methods.get(name)
        if handler is None:
            error = ("org.varlink.service.MethodNotFound", {"method": name})
            client.sendall(encode(error, False))
            return True
        # One behind, to know which is the last; `...` tells what there is without an end.
        waiting: Parameters | tuple[str, Parameters] | None = None
        for answer in handler(parameters):
            if answer is ...:
                if waiting is not None:
                    client.sendall(encode(waiting, True))
                waiting = None
                continue
            if waiting is not None:
                client.sendall(encode(waiting, True))
            if isinstance(answer, bytes):
                client.sendall(answer)
                return False
            waiting = answer
        if waiting is None:
            return False
        client.sendall(encode(waiting, False))
        return True

    def close(self) -> None:
        self.listener.close()


def encode(answer: Parameters | tuple[str, Parameters], continues: bool) -> bytes:
    if isinstance(answer, tuple):
        reply: Parameters = {"error": answer[0], "parameters": answer[1]}
    else:
        reply = {"parameters": answer}
        if continues:
            reply["continues"] = True
    return json.dumps(reply).encode() + b"\0"
