"""A client that sends invalid messages: packets built field by field."""

import os
import struct

from ndissim import Connection
from ndissim.abi import FLAG_REPLY, MAGIC, Message
from ndissim.errors import NdisError
from ndissim.messages import Header, Hello, failure_of

HEADER = struct.Struct("<IHHIIQQIBBHQ")
TIMEOUT = 20.0


def packet(type: int, body: bytes = b"", **fields: int) -> bytes:
    """A packet whose header fields can all be set."""
    values = {
        "magic": MAGIC, "version": 1, "type": type, "flags": 0, "length": len(body),
        "request_id": 0, "context": 0, "status": 0, "irql": 0, "descriptors": 0,
        "reserved0": 0, "reserved1": 0,
    }
    assert fields.keys() <= values.keys()
    return HEADER.pack(*(values | fields).values()) + body


class RawClient:
    """One connection; counts request ids, sends anything."""

    def __init__(self, path: str, hello: bool = True) -> None:
        self.connection = Connection(path)
        self.next_id = 1
        if hello:
            header, body = self.request(Message.HELLO, Hello(name="raw").pack())
            assert header.status == 0, failure_of(header.status, body)

    def send(self, data: bytes, fds: list[int] | None = None) -> None:
        self.connection.send_raw(data, fds or [])

    def receive(self) -> tuple[Header, bytes]:
        """The next packet; ConnectionError at the end."""
        data, fds = self.connection.receive_raw(TIMEOUT)
        for fd in fds:
            os.close(fd)
        if not data:
            raise ConnectionError("end")
        return Header.unpack(data), data[48:]

    def request(
        self, type: int, body: bytes = b"", fds: list[int] | None = None, **fields: int
    ) -> tuple[Header, bytes]:
        """Sends a request with the next id and receives its reply."""
        fields.setdefault("request_id", self.next_id)
        self.next_id = fields["request_id"] + 1
        self.send(packet(type, body, **fields), fds)
        header, answer = self.receive()
        assert header.flags == FLAG_REPLY
        return header, answer

    def refused(
        self, type: int, body: bytes = b"", fds: list[int] | None = None, **fields: int
    ) -> NdisError:
        """As `request`; the reply must be a failure with rule and sentence, of the request's type
        and id."""
        header, answer = self.request(type, body, fds, **fields)
        assert header.type == type
        assert header.request_id == self.next_id - 1
        return self.failure(header, answer)

    def failure(self, header: Header, body: bytes) -> NdisError:
        assert header.status != 0, "was not refused"
        error = failure_of(header.status, body)
        assert error.rule and error.sentence and error.reason
        return error

    def lives(self) -> None:
        """The connection still serves. Whether the message before used its id up does not matter
        here: an id that is out of order is refused at no cost."""
        for request_id in (self.next_id, self.next_id - 1):
            header, body = self.request(Message.PING, request_id=request_id)
            if header.status == 0:
                assert header.type == Message.PING
                return
            assert failure_of(header.status, body).rule == "requestIDOutOfOrder"
        raise AssertionError("no id was in order")

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
