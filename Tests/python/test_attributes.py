"""What a miniport sets in MiniportInitializeEx: general attributes, capabilities of the hardware and current ones,
and what NDIS answers and shows from them."""

import json
import os
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Daemon
from ndissim import (
    MiniportAdapter,
    MiniportAdapterGeneralAttributes,
    MiniportAdapterRegistrationAttributes,
    MiniportDriver,
    MiniportHandlers,
    NdisError,
    NicSwitchCapabilities,
    Oid,
    OidRequest,
    ProtocolDriver,
    ProtocolHandlers,
    ReceiveFilterCapabilities,
    ReceiveQueueProperties,
    Session,
    Status,
)

ADDRESS = bytes((2, 0, 0, 0, 0, 9))
SHIPPED = ReceiveFilterCapabilities(
    revision=1, header_size=56, num_queues=7, min_lookahead_split_size=64,
    max_lookahead_split_size=128,
    supported_queue_properties=ReceiveQueueProperties.VM_QUEUE | ReceiveQueueProperties.LOOKAHEAD_SPLIT,
)


def started(
    session: Session, name: str, initialize: Callable[[MiniportAdapter], None],
    version: tuple[int, int] = (6, 30),
) -> MiniportAdapter:
    driver = MiniportDriver(session, name, MiniportHandlers(initialize=initialize), version=version)
    return driver.add_adapter(name + "0")


def general(adapter: MiniportAdapter) -> None:
    adapter.set_attributes()
    adapter.set_general_attributes(
        MiniportAdapterGeneralAttributes(mtu_size=9000, current_mac_address=ADDRESS),
        [Oid.GEN_SUPPORTED_LIST, Oid.GEN_STATISTICS],
    )
    adapter.session.set_hardware_capabilities(
        adapter.handle,
        hardware=(ReceiveFilterCapabilities(num_queues=64), NicSwitchCapabilities(max_num_vfs=4)),
        current=(ReceiveFilterCapabilities(), None),
    )
    adapter.register_dma()


def test_general_attributes_answer_oids_and_bind_parameters(daemon: Daemon) -> None:
    with daemon.connect("attributes") as session:
        started(session, "general", general)
        told = []
        handlers = ProtocolHandlers(bind=lambda one: (told.append(one.parameters()), one.open())[1])
        binding = ProtocolDriver(session, "above", handlers).bind_adapter("general0")
        query = binding.query
        assert query(Oid.GEN_SUPPORTED_LIST) == struct.pack("<I", Oid.GEN_SUPPORTED_LIST)
        assert query(Oid.GEN_MAXIMUM_FRAME_SIZE) == struct.pack("<I", 9000)
        assert query(Oid.OID_802_3_CURRENT_ADDRESS) == ADDRESS
        assert query(Oid.GEN_DRIVER_VERSION) == bytes((30, 6))
        assert query(Oid.RECEIVE_FILTER_HARDWARE_CAPABILITIES)[16] == 64
        assert query(Oid.RECEIVE_FILTER_CURRENT_CAPABILITIES)[16] == 8
        answer = binding.issue(
            OidRequest(0, Oid.NIC_SWITCH_CURRENT_CAPABILITIES, output_length=256))
        assert answer.status == Status.NOT_SUPPORTED
        parameters, receive_filter, nic_switch = told[0]
        assert parameters.mtu_size == 9000 and parameters.current_mac_address[:6] == ADDRESS
        assert receive_filter is not None and receive_filter.num_queues == 8 and nic_switch is None
        assert session.statistics().session_violations == 0


def test_attributes_are_shown(daemon: Daemon, program: str) -> None:
    with daemon.connect("attributes") as session:
        started(session, "shown", general)
        command = [str(Path(program).with_name("ndisctl")), "show", "adapter:shown0", "--json"]
        socket = daemon.directory / "org.ndissim.Simulator"
        made = subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=True,
            env={**os.environ, "NDISSIM_MANAGEMENT_SOCKET": str(socket)})
        shown = json.loads(made.stdout)
        shown = shown.get("object", shown)
        assert shown["generalAttributes"]["currentMacAddress"] == "02:00:00:00:00:09"
        assert shown["generalAttributes"]["supportedOids"] == ["0x00010101", "0x00020106"]
        assert [one["numQueues"] for one in shown["capabilities"]] == [64, 8]


@pytest.mark.parametrize("version", [(6, 20), (6, 30)])
def test_shipped_capabilities_are_reported_and_accepted(
    daemon: Daemon, version: tuple[int, int]
) -> None:
    def initialize(adapter: MiniportAdapter) -> None:
        adapter.set_attributes()
        adapter.session.set_hardware_assist_attributes(adapter.handle, SHIPPED)

    with daemon.connect("attributes") as session:
        started(session, f"shipped{version[1]}", initialize, version)
        # MSI_X; from 6.30 also the split, its sizes, DYNAMIC_AFFINITY and VECTOR_COALESCING.
        assert session.statistics().session_violations == (1 if version < (6, 30) else 5)


def test_the_defaults_keep_every_rule(daemon: Daemon) -> None:
    def initialize(adapter: MiniportAdapter) -> None:
        adapter.set_attributes()
        vports = ReceiveFilterCapabilities(num_queues=0, enabled_queue_types=0)
        adapter.session.set_hardware_assist_attributes(
            adapter.handle, vports, NicSwitchCapabilities(max_num_vfs=2))

    with daemon.connect("attributes") as session:
        started(session, "sriov", initialize)
        assert session.statistics().session_violations == 0


def test_unknown_revisions_are_bad_version(daemon: Daemon) -> None:
    def initialize(adapter: MiniportAdapter) -> None:
        for attributes in (
            MiniportAdapterRegistrationAttributes(revision=3),
            MiniportAdapterGeneralAttributes(revision=3),
            MiniportAdapterGeneralAttributes(revision=0),
        ):
            with pytest.raises(NdisError) as refused:
                adapter.session.set_miniport_attributes(adapter.handle, attributes)
            assert refused.value.status == Status.BAD_VERSION
        adapter.set_attributes()

    with daemon.connect("attributes") as session:
        started(session, "revisions", initialize)


def test_the_switch_refuses_capabilities(
    program: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    strict = Daemon(program, tmp_path_factory.mktemp("s"), "--switch", "capabilities")

    def initialize(adapter: MiniportAdapter) -> None:
        adapter.set_attributes()
        adapter.session.set_hardware_assist_attributes(adapter.handle, SHIPPED)

    try:
        with strict.connect("strict") as session, pytest.raises(NdisError) as refused:
            started(session, "strict", initialize, (6, 20))
        assert refused.value.status == Status.INVALID_PARAMETER
    finally:
        strict.stop()
