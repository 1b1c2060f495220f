"""A protocol driver and its bindings. The handlers are callables; those left out do what the smallest
correct driver does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from .abi import ReceiveFlags, RequestType
from .attributes import BindParameters, NicSwitchCapabilities, ReceiveFilterCapabilities
from .drivers import NdisObject, succeed
from .images import Image, ProtocolDriverCharacteristics
from .oids import OidAnswer, OidRequest, UpcallOidRequestComplete
from .receive import NetBufferList, UpcallReceive
from .upcalls import UpcallBind, UpcallNetPnpEvent, UpcallSetOptions, UpcallStatus, UpcallUnbind

if TYPE_CHECKING:
    from .session import Session

Given = TypeVar("Given", bound=Image)


class Binding(NdisObject):
    """A protocol driver's binding to an adapter."""

    def __init__(self, driver: "ProtocolDriver", bind_context: int, adapter_name: str) -> None:
        super().__init__(driver.session)
        self.driver = driver
        self.bind_context = bind_context
        self.adapter_name = adapter_name

    def open(self) -> None:
        """`NdisOpenAdapterEx`."""
        self.handle = self.session.open_adapter_ex(self.driver.handle, self.bind_context)
        self.driver.bindings[self.handle] = self

    def parameters(
        self,
    ) -> tuple[BindParameters, ReceiveFilterCapabilities | None, NicSwitchCapabilities | None]:
        """The bind parameters of the adapter: `NDIS_BIND_PARAMETERS`, and the current
        receive filter and NIC switch capabilities. In the bind handler, or later."""
        return self.session.get_bind_parameters(self.handle or self.bind_context)

    def close(self) -> None:
        """`NdisCloseAdapterEx`."""
        self.session.close_adapter_ex(self.handle)

    def unbind(self) -> None:
        """UNBIND_ADAPTER."""
        self.session.unbind_adapter(self.handle)

    def issue(self, request: OidRequest) -> OidAnswer:
        """`NdisOidRequest`, and waits for its completion, which is not passed to the handler. Raises an
        immediate refusal."""
        self.driver.last_context += 1
        context = self.driver.last_context
        ended = self.driver.awaited
        ended[context] = None
        try:
            self.session.oid_request(self.handle, request, context)
            self.session.serve(until=lambda: ended[context] is not None)
            answer = ended[context]
            assert answer is not None
            return answer
        finally:
            del ended[context]

    def query(self, oid: int, length: int = 4096) -> bytes:
        """A query that must succeed: its information."""
        return self.issue(
            OidRequest(RequestType.QUERY_INFORMATION, oid, output_length=length)
        ).get()

    def set(self, oid: int, information: Image) -> None:
        """A set request that must succeed."""
        self.issue(OidRequest(RequestType.SET_INFORMATION, oid, information.pack())).get()

    def method(self, oid: int, information: Given) -> Given:
        """A method that must succeed; returns the same type of structure that it was given."""
        data = information.pack()
        request = OidRequest(RequestType.METHOD, oid, data, output_length=len(data))
        return information.from_image(self.issue(request).get())

    def return_lists(self, lists: list[NetBufferList]) -> None:
        """`NdisReturnNetBufferLists`."""
        self.session.return_net_buffer_lists(self.handle, [one.handle for one in lists])


    def give_back(self, lists: list[NetBufferList]) -> None:
        """The same for a handler: it does not wait, so no other handler is called inside it, and an
        error is reported in the journal only."""
        self.session.give_back_net_buffer_lists(self.handle, [one.handle for one in lists])


def _give_back(binding: Binding, indication: UpcallReceive) -> None:
    """The default receive handler: returns the lists unread."""
    if not indication.flags & ReceiveFlags.RESOURCES:
        binding.give_back(indication.lists)


@dataclass
class ProtocolHandlers:
    """A protocol driver's handlers. Each may return a status; None means success."""

    set_options: Callable[["ProtocolDriver"], int | None] | None = None
    bind: Callable[[Binding], int | None] = Binding.open
    unbind: Callable[[Binding], int | None] = Binding.close
    oid_complete: Callable[[Binding, UpcallOidRequestComplete], None] = succeed
    status: Callable[[Binding, UpcallStatus], None] = succeed
    receive: Callable[[Binding, UpcallReceive], None] = _give_back
    net_pnp_event: Callable[[Binding, int], int | None] = succeed


class ProtocolDriver(NdisObject):
    """A driver registered with `NdisRegisterProtocolDriver`."""

    def __init__(
        self,
        session: "Session",
        name: str,
        handlers: ProtocolHandlers | None = None,
        version: tuple[int, int] = (6, 30),
    ) -> None:
        super().__init__(session)
        self.handlers = handlers or ProtocolHandlers()
        self.bindings: dict[int, Binding] = {}
        # OID requests whose completion a thread waits for, by their contexts.
        self.awaited: dict[int, OidAnswer | None] = {}
        self.last_context = 1 << 32
        unused = session.cookie(succeed)
        characteristics = ProtocolDriverCharacteristics(
            major_ndis_version=version[0],
            minor_ndis_version=version[1],
            bind_adapter_handler_ex=session.cookie(self._bind),
            unbind_adapter_handler_ex=session.cookie(self._unbind),
            open_adapter_complete_handler_ex=unused,
            close_adapter_complete_handler_ex=unused,
            net_pnp_event_handler=session.cookie(self._net_pnp_event),
            oid_request_complete_handler=session.cookie(self._oid_complete),
            status_handler_ex=session.cookie(self._status),
            receive_net_buffer_lists_handler=session.cookie(self._receive),
            send_net_buffer_lists_complete_handler=unused,
        )
        if self.handlers.set_options:
            characteristics.set_options_handler = session.cookie(self._set_options)
        self.handle = session.register_protocol_driver(name, characteristics)

    def bind_adapter(self, adapter_name: str) -> Binding:
        """BIND_ADAPTER: NDIS calls the bind handler for the adapter of this name."""
        return self.bindings[self.session.bind_adapter(self.handle, adapter_name)]

    def deregister(self) -> None:
        """`NdisDeregisterProtocolDriver`."""
        self.session.deregister_protocol_driver(self.handle)

    def _set_options(self, upcall: UpcallSetOptions) -> int | None:
        self.handle = upcall.driver_handle
        assert self.handlers.set_options
        return self.handlers.set_options(self)

    def _bind(self, upcall: UpcallBind) -> int | None:
        return self.handlers.bind(Binding(self, upcall.bind_context, upcall.adapter_name))

    def _unbind(self, upcall: UpcallUnbind) -> int | None:
        return self.handlers.unbind(self.bindings[upcall.binding_handle])

    def _oid_complete(self, upcall: UpcallOidRequestComplete) -> None:
        if upcall.request_context in self.awaited:
            self.awaited[upcall.request_context] = upcall.answer
        else:
            self.handlers.oid_complete(self.bindings[upcall.binding_handle], upcall)

    def _status(self, upcall: UpcallStatus) -> None:
        self.handlers.status(self.bindings[upcall.binding_handle], upcall)

    def _receive(self, upcall: UpcallReceive) -> None:
        self.handlers.receive(self.bindings[upcall.binding_handle], upcall)

    def _net_pnp_event(self, upcall: UpcallNetPnpEvent) -> int | None:
        return self.handlers.net_pnp_event(self.bindings[upcall.binding_handle], upcall.event)
