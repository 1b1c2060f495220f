"""Encoding of structures: a dataclass with a `struct` format. Every integer is
little-endian; reserved fields are pad bytes (`x`), so they are zero when sent; a `str` field is
UTF-8, zero-padded to the size of its format."""

import struct
from dataclasses import fields
from typing import ClassVar, Self


def fixed_text(text: str, size: int, keep_end: bool = False) -> bytes:
    """`text` as UTF-8 for a field of `size` bytes, which always ends with a zero byte. What is too
    long is shortened between characters, at its end or, with `keep_end`, at its beginning."""
    data = text.encode()
    room = size - 1
    if len(data) <= room:
        return data
    cut = data[-room:] if keep_end else data[:room]
    # A part of a character at the cut is dropped; the rest was valid.
    return cut.decode(errors="ignore").encode()


class Layout:
    """Base of the structures. A subclass is a dataclass whose fields are, in order, the values of
    `LAYOUT`."""

    LAYOUT: ClassVar[struct.Struct]

    @classmethod
    def size(cls) -> int:
        """Bytes of the whole structure."""
        return cls.LAYOUT.size

    def pack(self) -> bytes:
        """The structure's bytes."""
        values = []
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, str):
                value = fixed_text(value, field.metadata["size"], field.metadata.get("keep_end", False))
            values.append(value)
        return self.LAYOUT.pack(*values)

    @classmethod
    def unpack(cls, data: bytes, offset: int = 0) -> Self:
        """Reads the structure at `offset`. Raises ValueError when `data` is too short."""
        if len(data) - offset < cls.LAYOUT.size:
            raise ValueError(
                f"{cls.__name__} needs {cls.LAYOUT.size} bytes, {len(data) - offset} are available"
            )
        values = []
        for field, value in zip(
            fields(cls), cls.LAYOUT.unpack_from(data, offset), strict=True  # type: ignore[arg-type]
        ):
            if "size" in field.metadata:
                value = value.split(b"\0", 1)[0].decode()
            values.append(value)
        return cls(*values)
