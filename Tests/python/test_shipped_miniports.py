"""Two shipped miniports, replayed call by call for three versions of NDIS: what follows the pages is not reported, and
what breaks a "must" or a "should" of them is reported as just that."""

import threading
from collections.abc import Iterator

import pytest
from conftest import Daemon
from ndissim import (
    AdapterChange,
    Binding,
    NdisError,
    Oid,
    OidRequest,
    ReceiveFilterClearParameters,
    ReceiveFilterParameters,
    ReceiveQueueAllocationComplete,
    ReceiveQueueFreeParameters,
    ReceiveQueueParameters,
    RequestType,
    Status,
)
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
    Shipped,
    Verdict,
    at_dispatch,
    u32,
)
from shipped_netkvm import NetKvm
from shipped_netvmini import LOOKAHEAD_SPLIT_REQUIRED, NetVMini

ENDS = ["removed", "surprise removed", "shut down"]
# Directed, multicast and broadcast.
TCPIP_FILTER = 0x0B
VLAN_UNTAGGED_OR_ZERO = 1
PROCESSOR_AFFINITY_CHANGED = 0x00020000


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


def end(driver: Shipped, above: Above, how: str) -> None:
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
        last = {"removed": Status.SUCCESS, "surprise removed": Status.NOT_ACCEPTED}
        assert above.last == last.get(how, Status.FAILURE)
        assert session.statistics().session_violations == 0
    assert verdict() == {}


class VirtualSwitch(Above):
    """A driver that gives virtual machines queues of their own, as a virtual switch does."""

    def __post_init__(self) -> None:
        super().__post_init__()
        # The queues, and the filter of each.
        self.queues: dict[int, int] = {}

    def unbind(self, binding: Binding) -> None:
        try:
            for queue_id in list(self.queues):
                self.free_queue(queue_id)
        except NdisError as refused:
            # After MiniportShutdownEx nothing reaches the miniport.
            assert refused.rule == "wrongState"
        super().unbind(binding)

    def add_queue(self, address: bytes, lookahead: int = 0) -> int:
        """A queue for the frames to an address without a VLAN tag: its id."""
        split = LOOKAHEAD_SPLIT_REQUIRED if lookahead else 0
        queue = self.binding.method(Oid.RECEIVE_FILTER_ALLOCATE_QUEUE, ReceiveQueueParameters(
            flags=1 | split, lookahead_size=lookahead, num_suggested_receive_buffers=64))
        parameters = ReceiveFilterParameters.destination(queue.queue_id, address)
        parameters.field_flags = VLAN_UNTAGGED_OR_ZERO
        chosen = self.binding.method(Oid.RECEIVE_FILTER_SET_FILTER, parameters)
        ended = self.binding.method(
            Oid.RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE,
            ReceiveQueueAllocationComplete(queue_id=queue.queue_id))
        assert ended.completion_status == Status.SUCCESS
        self.queues[queue.queue_id] = chosen.filter_id
        return queue.queue_id

    def free_queue(self, queue_id: int) -> None:
        self.binding.set(Oid.RECEIVE_FILTER_CLEAR_FILTER, ReceiveFilterClearParameters(
            queue_id=queue_id, filter_id=self.queues.pop(queue_id)))
        self.binding.set(Oid.RECEIVE_FILTER_FREE_QUEUE, ReceiveQueueFreeParameters(queue_id=queue_id))

    def move_queue(self, queue_id: int) -> None:
        """To another processor."""
        self.binding.set(Oid.RECEIVE_FILTER_QUEUE_PARAMETERS, ReceiveQueueParameters(
            flags=PROCESSOR_AFFINITY_CHANGED, queue_id=queue_id, affinity_mask=2))


def returned_later(above: Above) -> threading.Timer:
    """Returns what the driver above keeps, from another thread, while this one waits in a call."""
    timer = threading.Timer(0.1, above.give_back_all)
    timer.start()
    return timer


def broken(version: tuple[int, int]) -> dict[str, int]:
    """What netvmini's capabilities break: MSI-X "is mandatory for miniport drivers that support the VMQ or SR-IOV
    interface"; from NDIS 6.30 they "must not set" the lookahead split, "must set" its sizes to zero, and "must set" the
    flag of interrupt vector coalescing."""
    rules = ["capabilityMSIX"]
    if version >= (6, 30):
        rules += ["capabilityLookahead", "capabilityLookaheadSizes", "capabilityVectorCoalescing"]
    return dict.fromkeys(rules, 1)


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_netvmini(own: Daemon, program: str, version: tuple[int, int], how: str) -> None:
    verdict = Verdict(program, own)
    with own.connect("netvmini") as session:
        driver = NetVMini(session, "netvmini", version)
        driver.add()
        above = VirtualSwitch(session, "switch")
        above.bind("netvmini0")
        begin_as_tcpip(above)

        # The default queue: frames in memory of the driver's own.
        driver.receive(0, [frame(1), frame(2, GROUP)], vlan=5)
        session.serve(until=lambda: not driver.lists, timeout=20)

        # Three queues; below NDIS 6.30 the first splits its frames.
        machines = [bytes((0, 0x15, 0x5D, 0, 0, n)) for n in (1, 2, 3)]
        first = above.add_queue(machines[0], 96 if version < (6, 30) else 0)
        second, third = above.add_queue(machines[1]), above.add_queue(machines[2])
        above.move_queue(second)
        for queue, machine in zip((first, second, third), machines, strict=True):
            data = [frame(n, machine, 1514) for n in (3, 4)]
            driver.receive(queue, data)
            session.serve(until=lambda: not driver.lists, timeout=20)
            assert above.frames[-2:] == data

        # A pause while a list is above, and a restart.
        above.keeps = True
        driver.receive(second, [frame(5, machines[1])])
        session.serve(until=lambda: bool(above.kept), timeout=20)
        timer = returned_later(above)
        driver.adapter.change(AdapterChange.PAUSE)
        timer.join()
        driver.adapter.change(AdapterChange.RESTART)

        # The first queue is freed while a list of it is above, so the request is pended; the second at once. The third
        # is there until the end.
        driver.receive(first, [frame(6, machines[0])])
        session.serve(until=lambda: bool(above.kept), timeout=20)
        timer = returned_later(above)
        above.free_queue(first)
        timer.join()
        above.free_queue(second)
        assert session.statistics().session_blocks == 1

        end(driver, above, how)
        assert above.last == (Status.FAILURE if how == "shut down" else Status.SUCCESS)
        assert session.statistics().session_violations == sum(broken(version).values())
    # SourceHandle "should be the handle that NDIS passed", and DMA that has stopped for another reason than FREE_QUEUE
    # "should not enter the DMA Stopped state". The first queue indicates it twice, the default one in MiniportHaltEx.
    halted = how != "shut down"
    advice = {"advice statusSource": 3 + 2 * halted + (version >= (6, 30)),
              "advice unexpectedDmaStopped": 1 + halted}
    assert verdict() == broken(version) | advice


@pytest.mark.parametrize("version", VERSIONS)
def test_netvmini_without_vmq(own: Daemon, program: str, version: tuple[int, int]) -> None:
    """The keyword *VMQ is 0: the current capabilities have nothing but their headers."""
    verdict = Verdict(program, own)
    with own.connect("netvmini") as session:
        driver = NetVMini(session, "netvmini", version, vmq=False)
        driver.add()
        above = VirtualSwitch(session, "switch")
        above.bind("netvmini0")
        begin_as_tcpip(above)
        with pytest.raises(NdisError) as refused:
            above.add_queue(bytes(6))
        assert refused.value.status == Status.NOT_SUPPORTED
        driver.receive(0, [frame(1), frame(2, GROUP)], vlan=5)
        session.serve(until=lambda: not driver.lists, timeout=20)
        end(driver, above, "removed")
    is_new = version >= (6, 30)
    assert verdict() == broken(version) | ({"advice statusSource": 1} if is_new else {})


def test_netkvm_that_fails_releases_all_in_miniport_initialize_ex(own: Daemon, program: str) -> None:
    verdict = Verdict(program, own)
    with own.connect("netkvm") as session:
        driver = NetKvm(session, "netkvm", (6, 80), fails=True)
        with pytest.raises(NdisError) as failed:
            driver.add()
        assert failed.value.status == Status.RESOURCES
        assert session.statistics().session_blocks == 0
        driver.unload()
    assert verdict() == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_netkvm_goes_to_sleep(own: Daemon, program: str, version: tuple[int, int]) -> None:
    """OID_PNP_SET_POWER is pended, and completed by a work item that has indicated the state of the link."""
    verdict = Verdict(program, own)
    ended: list[int] = []
    with own.connect("netkvm") as session:
        driver = NetKvm(session, "netkvm", version)
        driver.add()
        above = Above(session, "tcpip")
        above.driver.handlers.oid_complete = lambda binding, upcall: ended.append(upcall.status)
        above.bind("netkvm0")
        # NdisDeviceStateD3 and NdisDeviceStateD0.
        for turn, state in enumerate((4, 1), 1):
            request = OidRequest(RequestType.SET_INFORMATION, OID_PNP_SET_POWER, u32(state))
            session.oid_request(above.binding.handle, request, turn)
            session.serve(until=lambda: bool(driver.later), timeout=20)
            assert len(ended) == turn - 1
            driver.run_later()
            session.serve(until=lambda: len(ended) == turn, timeout=20)
        session.serve(until=lambda: len(above.statuses) == 2, timeout=20)
        assert ended == [Status.SUCCESS] * 2
        end(driver, above, "removed")
    assert verdict() == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_netkvm_that_allocates_later(own: Daemon, program: str, version: tuple[int, int]) -> None:
    """nf-ndis-ndismallocatesharedmemory: "can be called only from MiniportInitializeEx". With the keyword FastInit, its
    default, NetKVM goes on allocating in a thread of its own. It gets no memory, and works without."""
    verdict = Verdict(program, own)
    with own.connect("netkvm") as session:
        driver = NetKvm(session, "netkvm", version, fast_init=True)
        driver.add()
        with pytest.raises(NdisError) as refused:
            driver.run_later()
        assert refused.value.rule == "allocatedLate" and refused.value.bugcheck is None
        above = Above(session, "tcpip")
        above.bind("netkvm0")
        at_dispatch(driver.receive, [frame(1)])
        session.serve(until=lambda: not driver.outstanding, timeout=20)
        end(driver, above, "removed")
    assert verdict() == {"allocatedLate": 1}
