"""Registration of DMA, and where the memory of an adapter lies, through the Python client."""

import pytest

from conftest import Daemon

import ndissim
from ndissim import DmaDescription, MiniportAdapter, MiniportHandlers

LIMIT = 4 << 30


def channel(adapter: MiniportAdapter) -> None:
    adapter.set_attributes(is_bus_master=False)
    adapter.register_dma_channel(DmaDescription(dma_channel_specified=1, dma_channel=5))


def narrow(adapter: MiniportAdapter) -> None:
    adapter.set_attributes()
    adapter.register_dma(has_64_bit_addresses=False)


@pytest.mark.parametrize(("handlers", "low"), [
    (MiniportHandlers(initialize=channel, halt=MiniportAdapter.deregister_dma_channel), True),
    (MiniportHandlers(initialize=narrow), True),
    (MiniportHandlers(), False),
], ids=["channel", "32-bit", "64-bit"])
def test_memory_lies_where_the_adapter_can_address_it(
        daemon: Daemon, handlers: MiniportHandlers, low: bool) -> None:
    with daemon.connect("nic") as session:
        driver = ndissim.MiniportDriver(session, "nic", handlers)
        adapter = driver.add_adapter("eth0")
        blocks = [adapter.allocate(1 << 20) for _ in range(3)]
        ends = [start + length for block in blocks for start, length in block.scatter_gather_list]
        assert all((end <= LIMIT) == low for end in ends)
        for block in blocks:
            block.free()
        adapter.remove()


def test_a_channel_has_one_owner(daemon: Daemon) -> None:
    ends: list[int] = []

    def claim(adapter: MiniportAdapter) -> None:
        try:
            channel(adapter)
        except ndissim.NdisError as error:
            ends.append(error.status)

    with daemon.connect("nic") as session:
        handlers = MiniportHandlers(
            initialize=claim, halt=MiniportAdapter.deregister_dma_channel)
        driver = ndissim.MiniportDriver(session, "nic", handlers)
        driver.add_adapter("first")
        driver.add_adapter("second")
    assert ends == [ndissim.Status.RESOURCE_CONFLICT]
