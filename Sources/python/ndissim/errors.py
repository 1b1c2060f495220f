"""What a call raises when its status is not NDIS_STATUS_SUCCESS."""

from dataclasses import dataclass

from .abi import status_name


@dataclass(frozen=True)
class BugCheck:
    """The bug check the broken rule would have been on Windows."""

    code: int
    parameters: tuple[int, int, int, int]

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
    """The daemon ended the connection; `goodbye` says why, when it said so."""

    def __init__(self, goodbye: NdisError | None = None) -> None:
        self.goodbye = goodbye
        super().__init__(str(goodbye) if goodbye else "the daemon closed the connection")
