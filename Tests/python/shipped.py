"""What replays of shipped miniports share: a driver made of its own handlers and structures, a driver above it that
asks for what TCP/IP asks for, and the verdict: what the daemon has reported at the end."""

import json
import struct
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from conftest import Daemon
from ndissim import (
    DISPATCH_LEVEL,
    Binding,
    MiniportAdapter,
    MiniportDriverCharacteristics,
    NdisError,
    Oid,
    OidAnswer,
    OidRequest,
    ProtocolDriver,
    ProtocolHandlers,
    ReceiveFlags,
    RequestType,
    Session,
    at_irql,
)
from ndissim.receive import UpcallReceive
from ndissim.upcalls import UpcallStatus

VERSIONS = [(6, 20), (6, 30), (6, 80)]

# NDIS_STATUS of OID requests that the kit has no name for.
MULTICAST_FULL = 0xC0010009

# OIDs that neither the daemon nor the kit knows: the miniport answers them.
OID_GEN_HARDWARE_STATUS = 0x00010102
OID_GEN_TRANSMIT_BUFFER_SPACE = 0x00010108
OID_GEN_RECEIVE_BUFFER_SPACE = 0x00010109
OID_GEN_TRANSMIT_BLOCK_SIZE = 0x0001010A
OID_GEN_RECEIVE_BLOCK_SIZE = 0x0001010B
OID_GEN_VENDOR_ID = 0x0001010C
OID_GEN_VENDOR_DESCRIPTION = 0x0001010D
OID_GEN_MAXIMUM_TOTAL_SIZE = 0x00010111
OID_GEN_MAXIMUM_SEND_PACKETS = 0x00010115
OID_GEN_VENDOR_DRIVER_VERSION = 0x00010116
OID_GEN_SUPPORTED_GUIDS = 0x00010117
OID_GEN_NETWORK_LAYER_ADDRESSES = 0x00010118
OID_GEN_LINK_PARAMETERS = 0x00010208
OID_GEN_INTERRUPT_MODERATION = 0x00010209
OID_GEN_VLAN_ID = 0x0001021C
OID_GEN_XMIT_OK = 0x00020101
OID_GEN_RCV_OK = 0x00020102
OID_GEN_XMIT_ERROR = 0x00020103
OID_GEN_RCV_ERROR = 0x00020104
OID_GEN_RCV_NO_BUFFER = 0x00020105
OID_GEN_TRANSMIT_QUEUE_LENGTH = 0x0002020E
OID_802_3_MULTICAST_LIST = 0x01010103
OID_802_3_RCV_ERROR_ALIGNMENT = 0x01020101
OID_802_3_XMIT_ONE_COLLISION = 0x01020102
OID_802_3_XMIT_MORE_COLLISIONS = 0x01020103
OID_OFFLOAD_ENCAPSULATION = 0x0101010A
OID_TCP_OFFLOAD_PARAMETERS = 0xFC01020C
OID_PNP_CAPABILITIES = 0xFD010100
OID_PNP_SET_POWER = 0xFD010101
OID_PNP_QUERY_POWER = 0xFD010102
OID_PM_PARAMETERS = 0xFD010109

ADDRESS = bytes((0x52, 0x54, 0x00, 0x12, 0x34, 0x56))
GROUP = bytes((0x01, 0x00, 0x5E, 0x00, 0x00, 0x01))


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


class Shipped:
    """A miniport driver as its source registers it. `HANDLERS` names the members of the characteristics and the
    methods that are registered as them; a member left out is NULL. `later` holds what the driver has queued for a
    work item or a timer."""

    HANDLERS: ClassVar[dict[str, str]] = {}
    # NdisMAllocateSharedMemoryAsyncEx is not used: the cookie is of a function that is never called.
    allocate_complete_cookie = 0

    def __init__(self, session: Session, name: str, version: tuple[int, int]) -> None:
        self.session, self.name, self.version = session, name, version
        self.adapter: Any = None
        self.later: list[Callable[[], None]] = []
        self.returned: list[int] = []
        self.surprise_removed = False
        characteristics = MiniportDriverCharacteristics(
            major_ndis_version=version[0], minor_ndis_version=version[1], **self.revision())
        for member, method in self.HANDLERS.items():
            setattr(characteristics, member, session.cookie(getattr(self, method)))
        self.handle = 0
        self.driver_entry(characteristics)

    def revision(self) -> dict[str, int]:
        """Revision and size of NDIS_MINIPORT_DRIVER_CHARACTERISTICS, and what else is set there."""
        raise NotImplementedError

    def driver_entry(self, characteristics: MiniportDriverCharacteristics) -> None:
        self.handle = self.session.register_miniport_driver(self.name, characteristics)

    def unload(self) -> None:
        """The unload handler: NdisMDeregisterMiniportDriver."""
        self.session.deregister_miniport_driver(self.handle)

    def initialize_ex(self, upcall: Any) -> int:
        self.adapter = MiniportAdapter(self, upcall.adapter_handle, upcall.name)  # type: ignore[arg-type]
        self.surprise_removed = False
        return self.initialize(self.adapter)

    def initialize(self, adapter: MiniportAdapter) -> int:
        raise NotImplementedError

    def never(self, upcall: Any) -> int:
        """A handler that NDIS has no reason to call here."""
        raise AssertionError(f"{type(upcall).__name__} was not to be called")

    def run_later(self) -> None:
        """Work items and timers run."""
        while self.later:
            self.later.pop(0)()

    def add(self) -> MiniportAdapter:
        """The PnP manager has found the device."""
        self.session.add_adapter(self.handle, self.name + "0")
        return self.adapter


@dataclass
class Above:
    """A protocol driver that asks for what TCP/IP asks for, counts what it receives and notes each status."""

    session: Session
    name: str
    version: tuple[int, int] = (6, 30)
    received: int = 0
    frames: list[bytes] = field(default_factory=list)
    lent: int = 0
    statuses: list[int] = field(default_factory=list)
    kept: list[Any] = field(default_factory=list)
    keeps: bool = False
    # How its last request ended, which it makes when it is unbound.
    last: int | None = None

    def __post_init__(self) -> None:
        handlers = ProtocolHandlers(receive=self.receive, status=self.status, unbind=self.unbind)
        self.driver = ProtocolDriver(self.session, self.name, handlers, version=self.version)

    def receive(self, binding: Binding, indication: UpcallReceive) -> None:
        self.received += len(indication.lists)
        for one in indication.lists:
            for buffer in one.buffers:
                parts = [self.session.bytes_of(part) for part in buffer.parts]
                self.frames.append(b"".join(part for part in parts if part))
        if indication.flags & ReceiveFlags.RESOURCES:
            self.lent += len(indication.lists)
        elif self.keeps:
            self.kept += indication.lists
        else:
            binding.give_back(indication.lists)

    def unbind(self, binding: Binding) -> None:
        """It wants no more packets, whatever the miniport or NDIS says to that."""
        try:
            self.last = self.set(Oid.GEN_CURRENT_PACKET_FILTER, u32(0)).status
        except NdisError as refused:
            self.last = refused.status
        binding.close()

    def status(self, binding: Binding, upcall: UpcallStatus) -> None:
        self.statuses.append(upcall.indication.status_code)

    def bind(self, adapter: str) -> Binding:
        self.binding = self.driver.bind_adapter(adapter)
        return self.binding

    def give_back_all(self) -> None:
        lists, self.kept = self.kept, []
        self.binding.return_lists(lists)

    def query(self, oid: int, length: int = 64) -> OidAnswer:
        return self.binding.issue(OidRequest(RequestType.QUERY_INFORMATION, oid, output_length=length))

    def set(self, oid: int, value: bytes) -> OidAnswer:
        return self.binding.issue(OidRequest(RequestType.SET_INFORMATION, oid, value))


def at_dispatch(call: Callable[..., None], *arguments: Any) -> None:
    """A call from a DPC."""
    with at_irql(DISPATCH_LEVEL):
        call(*arguments)


class Verdict:
    """What a daemon has reported: violations and advice by rule, and leaks."""

    def __init__(self, program: str, daemon: Daemon) -> None:
        self.ndisctl = str(Path(program).with_name("ndisctl"))
        self.socket = str(daemon.directory / "org.ndissim.Simulator")

    def __call__(self) -> dict[str, int]:
        """How often each rule was reported; advice has its name before it, a leak is `leak`."""
        done = subprocess.run(
            [self.ndisctl, "list", "violations", "--socket", self.socket, "--json"],
            capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        counts: Counter[str] = Counter()
        for line in json.loads(done.stdout)["violations"]:
            counts[("advice " if line.get("advice") else "") + line.get("rule", line["code"])] += line["count"]
        return dict(counts)
