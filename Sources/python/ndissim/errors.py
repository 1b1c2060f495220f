"""What a call raises when its status is not NDIS_STATUS_SUCCESS."""

from dataclasses import dataclass

from .abi import status_name


@dataclass(frozen=True)
class BugCheck:
    """The bug check the violation would have been on Windows; with `is_extension` no page documents a
    code for it, and this one is the daemon's own."""

    code: int
    parameters: tuple[int, int, int, int]
    is_extension: bool = False

    def __str__(self) -> str:
        return f"0x{self.code:X}/0x{self.parameters[0]:02X}"


class NdisError(Exception):
    """A refused call: its status, the rule's name, one sentence, and the bug check if any."""

    def __init__(
        self,
        status: int,
        rule: str = "",
        sentence: str = "",
        bugcheck: BugCheck | None = None,
        reason: int = 0,
    ) -> None:
        self.status = status
        self.rule = rule
        self.sentence = sentence
        self.bugcheck = bugcheck
        self.reason = reason
        text = f"{status_name(status)}: {rule}: {sentence}"
        super().__init__(f"{text} [bug check {bugcheck}]" if bugcheck else text)


class Disconnected(ConnectionError):
    """The connection has ended; `goodbye` is the reason, if the daemon sent one: in a GOODBYE, or by
    refusing to resume the session after a restart."""

    def __init__(self, goodbye: NdisError | None = None, sentence: str = "") -> None:
        self.goodbye = goodbye
        text = sentence or "the daemon closed the connection"
        if goodbye:
            text = f"{sentence}: {goodbye}" if sentence else str(goodbye)
        super().__init__(text)
