"""The life cycle of a receive queue in Python above the hosted miniport, and the refusals of invalid
queue structures."""

import importlib
import subprocess
from collections.abc import Iterator

import ndissim
import pytest
from conftest import DEADLINE, Daemon
from ndissim import NdisError, NetBuffer, Oid, ProtocolDriver, ReceiveQueueParameters
from test_drivers import EXAMPLES, start


@pytest.fixture(scope="module")
def hosted(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    running = Daemon(program, tmp_path_factory.mktemp("q"), "--miniport", "name=vmq0")
    yield running
    running.stop()


def ended(process: subprocess.Popen) -> str:
    output, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, output
    return output


def test_example_overlying_driver(hosted: Daemon) -> None:
    for _ in range(2):
        output = ended(start(hosted, "overlying_driver.py"))
        assert "FREE_QUEUE has ended when they were back" in output and "FAIL" not in output


def test_example_with_scattered_memory(
    program: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames have several parts when the queue's memory is not contiguous."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    example = importlib.import_module("overlying_driver")
    parts: list[int] = []
    read = example.Overlying.read

    def noting(told: object, buffer: NetBuffer) -> int | None:
        parts.append(len(buffer.parts))
        return read(told, buffer)

    monkeypatch.setattr(example.Overlying, "read", noting)
    daemon = Daemon(
        program, tmp_path_factory.mktemp("s"), "--miniport", "name=vmq0", "--no-default-pool",
        "--no-hal", "--pool", "name=holes,capacity=16M,fragment=7")
    with daemon.connect() as session:
        example.walk(session, "vmq0")
    daemon.stop()
    assert example.failures == 0
    assert len(parts) == 10 and set(parts) == {1, 2}


def test_example_without_its_adapter(hosted: Daemon) -> None:
    process = start(hosted, "overlying_driver.py", "--adapter", "nowhere")
    output, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1 and "ADAPTER_NOT_FOUND" in output


def test_wrong_structures(hosted: Daemon) -> None:
    with hosted.connect() as session:
        driver = ProtocolDriver(session, "wrong")
        binding = driver.bind_adapter("vmq0")
        for rule, parameters in (
            ("processorAffinity", ReceiveQueueParameters(affinity_mask=0)),
            ("queueType", ReceiveQueueParameters(queue_type=0)),
            ("headerSize", ReceiveQueueParameters(header_size=1000)),
        ):
            with pytest.raises(NdisError) as error:
                binding.method(Oid.RECEIVE_FILTER_ALLOCATE_QUEUE, parameters)
            assert error.value.rule == rule
        with pytest.raises(ValueError):
            ndissim.counted("x" * 257)
        binding.unbind()
        driver.deregister()
