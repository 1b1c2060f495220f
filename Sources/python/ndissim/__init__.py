"""A client of ndissimd: drivers and shared-memory providers in Python, standard library only.

    import ndissim
    with ndissim.connect() as session:
        driver = ndissim.MiniportDriver(session, "mine")
        adapter = driver.add_adapter("mine0")
        with adapter.allocate(8192, contiguous=True) as block:
            block.view[:5] = b"hello"
"""

from . import abi
from .abi import (
    APC_LEVEL,
    DISPATCH_LEVEL,
    HIGH_LEVEL,
    INVALID_VPORT_ID,
    MM_ANY_NODE_OK,
    PASSIVE_LEVEL,
    AdapterChange,
    Message,
    MiniportAttributes,
    Oid,
    ReceiveFlags,
    ReceiveQueueProperties,
    RequestType,
    SharedMemoryUsage,
    Status,
)
from .attributes import (
    BindParameters,
    HardwareAssistAttributes,
    MiniportAdapterGeneralAttributes,
    NicSwitchCapabilities,
    ReceiveFilterCapabilities,
)
from .drivers import NdisObject
from .errors import BugCheck, Disconnected, NdisError
from .images import (
    DmaDescription,
    FilterDriverCharacteristics,
    MiniportAdapterRegistrationAttributes,
    MiniportDriverCharacteristics,
    ProtocolDriverCharacteristics,
    SgDmaDescription,
    SharedMemoryParameters,
    SharedMemoryProviderCharacteristics,
    StatusIndicationImage,
)
from .irql import at_irql, current_irql, set_irql
from .memory import Block, MiniportBlock, Section, make_section
from .messages import Extent, Header, Statistics, encode
from .miniport import MiniportAdapter, MiniportDriver, MiniportHandlers
from .oids import OidAnswer, OidRequest
from .protocol import Binding, ProtocolDriver, ProtocolHandlers
from .provider import ProvidedBlock, SharedMemoryProvider
from .queues import (
    GenerateParameters,
    ReceiveFilterClearParameters,
    ReceiveFilterParameters,
    ReceiveQueueAllocationComplete,
    ReceiveQueueFreeParameters,
    ReceiveQueueParameters,
    ReceiveQueueState,
    counted,
)
from .receive import NetBuffer, NetBufferList, Segment, ViewSegment
from .session import Reply, Session, connect
from .transport import Connection, find_socket, socket_candidates
from .upcalls import AllocateAnswer

# Everything imported above except the modules it came from.
__all__ = [
    name
    for name, value in list(globals().items())
    if not name.startswith("_") and not isinstance(value, type(abi))
]
