"""Whether a server lets anybody in, by its answer to a login that is none."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest

from tui.postgres.readiness import lets_in


def error(sqlstate: str) -> bytes:
    """An ErrorResponse in a language that nobody expects."""
    fields = f"SFATALE\0VFATAL\0C{sqlstate}\0Mil sistema si sta avviando\0\0".encode()
    return b"E" + struct.pack("!I", len(fields) + 4) + fields


async def asked(answer: bytes, **more: str) -> bool:
    got = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length, protocol = struct.unpack("!II", await reader.readexactly(8))
        assert protocol == 196608 and (await reader.readexactly(length - 8)).endswith(b"\0\0")
        got.set()
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = str(server.sockets[0].getsockname()[1])
        found = await lets_in({"host": "127.0.0.1", "port": port} | {k: v.format(port=port) for k, v in more.items()})
        assert got.is_set()
        return found


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (error("57P03"), False), (error("57P01"), False), (error("57P02"), False), (b"", False), (b"E\0", False),
        (error("28000"), True), (error("3D000"), True), (error("53300"), True),
        (b"R" + struct.pack("!II", 8, 0), True),
    ],
)  # fmt: skip
def test_what_a_server_says(answer: bytes, expected: bool) -> None:
    assert asyncio.run(asked(answer)) is expected


def test_every_server_that_is_named_must_be_there() -> None:
    there = b"R" + struct.pack("!II", 8, 0)
    assert asyncio.run(asked(there, host="127.0.0.1,127.0.0.1", port="{port},{port}"))
    # 1 is nobody's port.
    assert not asyncio.run(asked(there, host="127.0.0.1,127.0.0.1", port="{port},1"))


def test_nobody_is_there(tmp_path: Path) -> None:
    assert not asyncio.run(lets_in({"host": str(tmp_path), "port": "5432"}))
    assert not asyncio.run(lets_in({}))
