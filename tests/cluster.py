"""A copied cluster gets a system identifier of its own, as initdb would have given it one.

Two copies with the same identifier would be the same server to whoever asks which one answered. The identifier stands
in the control file, which ends with a CRC-32C of what is before, and in the first page of the only WAL segment of a
cluster that was never started.
"""

from __future__ import annotations

import secrets
import struct
from pathlib import Path

_CONTROL = Path("global", "pg_control")
_SECTOR = 512
# Behind the page's magic, flags, timeline, address and the length of a continued record, padded to eight bytes.
_IN_SEGMENT = 24
_LONG_HEADER = 0x0002


def identifier(data: Path) -> int:
    """The system identifier of the cluster in `data`."""
    told: int = struct.unpack_from("=Q", (data / _CONTROL).read_bytes())[0]
    return told


def give_identity(data: Path, wanted: int | None = None) -> None:
    """Write another system identifier, by default one by chance, into a cluster that was never started."""
    wanted = wanted or (identifier(data) & ~0xFFFFFFFF) | secrets.randbits(32)
    control = bytearray((data / _CONTROL).read_bytes())
    length = _checked(control)
    before = struct.unpack_from("=Q", control)[0]
    struct.pack_into("=Q", control, 0, wanted)
    struct.pack_into("=I", control, length, _crc(control[:length]))
    segments = [path for path in (data / "pg_wal").iterdir() if path.is_file()]
    if len(segments) != 1:
        raise ValueError(f"{data} was started already: it has {len(segments)} WAL segments")
    with segments[0].open("r+b") as segment:
        head = segment.read(_IN_SEGMENT + 8)
        flags, found = struct.unpack_from("=H", head, 2)[0], struct.unpack_from("=Q", head, _IN_SEGMENT)[0]
        if not flags & _LONG_HEADER or found != before:
            raise ValueError(f"{segments[0]} is not the first segment of this cluster")
        segment.seek(_IN_SEGMENT)
        segment.write(struct.pack("=Q", wanted))
    (data / _CONTROL).write_bytes(control)


def _checked(control: bytes | bytearray) -> int:
    """How many bytes the control file's checksum is of: they differ from one major version to the next."""
    for length in range(8, _SECTOR - 4, 4):
        if _crc(control[:length]) == struct.unpack_from("=I", control, length)[0]:
            return length
    raise ValueError("this control file has no checksum")


def _table() -> tuple[int, ...]:
    made = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        made.append(value)
    return tuple(made)


_TABLE = _table()


def _crc(data: bytes | bytearray) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF
