"""Two shipped miniports, replayed call by call for three versions of NDIS: what follows the pages is not reported, and
what breaks a "must" or a "should" of them is reported as just that."""

import struct
from collections.abc import Iterator

import pytest
from conftest import Daemon
from ndissim import AdapterChange, NdisError, Oid, OidRequest, RequestType, Status
from shipped import (
    ADDRESS,
    GROUP,
    MULTICAST_FULL,
    OID_802_3_MULTICAST_LIST,
    OID_GEN_INTERRUPT_MODERATION,
    OID_GEN_LINK_PARAMETERS,
    OID_GEN_NETWORK_LAYER_ADDRESSES,
    OID_GEN_VENDOR_DESCRIPTION,
    OID_OFFLOAD_ENCAPSULATION,
    OID_PM_PARAMETERS,
    OID_PNP_SET_POWER,
    OID_TCP_OFFLOAD_PARAMETERS,
    VERSIONS,
    Above,
    Verdict,
    at_dispatch,
    u32,
)
from shipped_netkvm import NetKvm

ENDS = ["removed", "surprise removed", "shut down"]
# Directed, multicast and broadcast.
TCPIP_FILTER = 0x0B


@pytest.fixture
def own(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon of the test's own: all that it reports is the test's."""
    running = Daemon(program, tmp_path_factory.mktemp("s"))
    yield running
    running.stop()


def frame(number: int, destination: bytes = ADDRESS, length: int = 60) -> bytes:
    return destination + bytes((2, 0, 0, 0, 0, number)) + b"\x08\x00" + bytes([number]) * (length - 14)


def begin_as_tcpip(above: Above) -> None:
    """What TCP/IP sets and asks when it is bound to an Ethernet adapter."""
    assert above.query(Oid.GEN_MAXIMUM_FRAME_SIZE).get() == u32(1500)
    assert above.query(Oid.OID_802_3_CURRENT_ADDRESS).get() == ADDRESS
    assert above.set(Oid.GEN_CURRENT_LOOKAHEAD, u32(128)).status == Status.SUCCESS
    assert above.set(OID_802_3_MULTICAST_LIST, GROUP * 2).status == Status.SUCCESS
    assert above.set(Oid.GEN_CURRENT_PACKET_FILTER, u32(TCPIP_FILTER)).status == Status.SUCCESS


def end(driver: NetKvm, above: Above, how: str) -> None:
    """The adapter goes, and the drivers are unloaded."""
    if how == "removed":
        above.binding.unbind()
        driver.adapter.remove()
    elif how == "surprise removed":
        driver.adapter.change(AdapterChange.SURPRISE_REMOVE)
        driver.session.serve(until=lambda: driver.surprise_removed, timeout=20)
    else:
        driver.adapter.change(AdapterChange.SHUTDOWN, 1)
        driver.adapter.remove()
    above.driver.deregister()
    driver.unload()


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_netkvm(own: Daemon, program: str, version: tuple[int, int], how: str) -> None:
    verdict = Verdict(program, own)
    with own.connect("netkvm") as session:
        driver = NetKvm(session, "netkvm", version)
        driver.add()
        above = Above(session, "tcpip")
        above.bind("netkvm0")
        begin_as_tcpip(above)

        # Those it has no value for, those it refuses, and a buffer that is too short.
        assert above.query(OID_GEN_VENDOR_DESCRIPTION).get().startswith(b"Red Hat")
        short = above.query(OID_GEN_VENDOR_DESCRIPTION, 8)
        assert (short.status, short.bytes_needed) == (Status.BUFFER_TOO_SHORT, 24)
        assert len(above.query(Oid.GEN_STATISTICS, 256).get()) == 152
        assert above.set(Oid.GEN_CURRENT_PACKET_FILTER, u32(0x1000)).status == Status.INVALID_DATA
        assert above.set(OID_802_3_MULTICAST_LIST, GROUP * 33).status == MULTICAST_FULL
        assert above.set(OID_802_3_MULTICAST_LIST, GROUP + b"x").status == Status.INVALID_LENGTH
        assert above.set(OID_GEN_NETWORK_LAYER_ADDRESSES, bytes(12)).status == Status.SUCCESS
        assert above.set(OID_GEN_INTERRUPT_MODERATION, bytes(12)).status == Status.INVALID_DATA
        assert above.set(OID_GEN_LINK_PARAMETERS, bytes(40)).status == Status.NOT_ACCEPTED
        assert above.set(OID_TCP_OFFLOAD_PARAMETERS, bytes(20)).status == Status.SUCCESS
        assert above.set(OID_OFFLOAD_ENCAPSULATION, bytes(28)).status == Status.SUCCESS
        assert above.set(OID_PM_PARAMETERS, bytes(20)).status == Status.NOT_SUPPORTED
        unknown = OidRequest(RequestType.METHOD, OID_GEN_VENDOR_DESCRIPTION, b"x", 8)
        assert above.binding.issue(unknown).status == Status.NOT_SUPPORTED

        # Receive: kept above, returned at once, and lent because buffers are short.
        at_dispatch(driver.receive, [frame(n) for n in range(1, 5)])
        session.serve(until=lambda: len(driver.returned) == 4, timeout=20)
        above.keeps = True
        at_dispatch(driver.receive, [frame(5), frame(6, GROUP, 1514)])
        session.serve(until=lambda: len(above.kept) == 2, timeout=20)
        assert len(driver.outstanding) == 2
        above.give_back_all()
        session.serve(until=lambda: not driver.outstanding, timeout=20)
        at_dispatch(driver.receive, [frame(7), frame(8), frame(9)], True)
        assert above.received == 9 and above.lent == 3

        # The cable is pulled and put back.
        for is_up in (False, True):
            driver.is_up = is_up
            at_dispatch(driver.synchronize_link)
        session.serve(until=lambda: len(above.statuses) == 2, timeout=20)
        assert above.statuses == [Status.LINK_STATE] * 2

        # A filter is attached: pause and restart. Then another receive.
        driver.adapter.change(AdapterChange.PAUSE)
        driver.adapter.change(AdapterChange.RESTART)
        above.keeps = False
        at_dispatch(driver.receive, [frame(10)])
        session.serve(until=lambda: not driver.outstanding, timeout=20)

        end(driver, above, how)
        assert session.statistics().session_violations == 0
    assert verdict() == {}
