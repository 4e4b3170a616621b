"""The beginning of one of pg_dump's archives: of which database it is, and when it was begun. Pure."""

from __future__ import annotations

from msgspec import Struct

LENGTH = 4096
"""Bytes that are enough to be read."""
_MAGIC = b"PGDMP"
_COMPRESSION_BYTE = (1, 15)
"""The first version of the format that has one byte for the way of compression, in place of a number."""


class Header(Struct, frozen=True, kw_only=True):
    """`begun`: year, month, day, hour, minute, second by the clock and in the zone of the host of pg_dump."""

    database: str
    begun: tuple[int, int, int, int, int, int]


def read(data: bytes) -> Header | None:
    """None for what is no archive, or ends within its beginning."""
    if data[:5] != _MAGIC or len(data) < 11:
        return None
    version, width = (data[5], data[6]), data[8]
    reader = _Reader(data, 11, width)
    try:
        if version >= _COMPRESSION_BYTE:
            reader.at += 1
        else:
            reader.number()
        second, minute, hour, day, month, year, _summer = (reader.number() for _ in range(7))
        database = reader.text()
    except (IndexError, UnicodeDecodeError):
        return None
    return Header(database=database, begun=(1900 + year, 1 + month, day, hour, minute, second))


class _Reader:
    def __init__(self, data: bytes, at: int, width: int) -> None:
        self.data, self.at, self.width = data, at, width

    def number(self) -> int:
        """A sign, and then so many bytes, the least first."""
        sign, value = self.data[self.at], self.data[self.at + 1 : self.at + 1 + self.width]
        if len(value) < self.width:
            raise IndexError
        self.at += 1 + self.width
        return -int.from_bytes(value, "little") if sign else int.from_bytes(value, "little")

    def text(self) -> str:
        length = self.number()
        value = self.data[self.at : self.at + length]
        if len(value) < length:
            raise IndexError
        self.at += length
        return value.decode()
