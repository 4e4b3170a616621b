"""Whether a server lets anybody in now, learnt without logging in.

libpq tells no SQLSTATE of a session that could not be opened, and the server's text is in any language. So a server
that starts, stops or recovers is asked in the protocol's own words: before it looks at who asks, it says 57P03.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

PATIENCE_S: Final = 5.0
_PROTOCOL: Final = 196608
_CLOSED: Final = ("57P01", "57P02", "57P03")
_LONGEST: Final = 10_000


async def lets_in(parameters: Mapping[str, str]) -> bool:
    """Whether every server that libpq's `parameters` name by a host answers and neither starts nor stops. What it says
    to the login itself is another question. False where none is named."""
    names = (parameters.get("hostaddr") or parameters.get("host") or "").split(",")
    ports = (parameters.get("port") or "5432").split(",")
    places = [(name, ports[at if len(ports) > 1 else 0] or "5432") for at, name in enumerate(names) if name]
    found = await asyncio.gather(*(_one(name, int(port)) for name, port in places))
    return bool(found) and all(found)


async def _one(host: str, port: int) -> bool:
    try:
        return await asyncio.wait_for(_answer(host, port), PATIENCE_S)
    except (OSError, EOFError, TimeoutError, ValueError):
        return False


async def _answer(host: str, port: int) -> bool:
    if host.startswith(("/", "@")):
        path = str(PurePosixPath(host) / f".s.PGSQL.{port}")
        reader, writer = await asyncio.open_unix_connection("\0" + path[1:] if path.startswith("@") else path)
    else:
        reader, writer = await asyncio.open_connection(host, port)
    try:
        # Nobody's name: what is asked comes before the login, and is not encrypted.
        words = b"user\0virada\0database\0virada\0application_name\0virada\0\0"
        writer.write(struct.pack("!II", len(words) + 8, _PROTOCOL) + words)
        kind, length = struct.unpack("!cI", await reader.readexactly(5))
        if kind != b"E":
            return True
        fields = (await reader.readexactly(min(length - 4, _LONGEST))).split(b"\0")
        return not any(field[:1] == b"C" and field[1:].decode("latin-1") in _CLOSED for field in fields)
    finally:
        writer.close()
