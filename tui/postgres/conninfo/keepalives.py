"""For how long a connection may be silent before either side gives it up, in the words of the client and of the server.

The client must notice a dead server as fast as the server a dead client, or locks outlive their owner. Measured with a
silent partition: without this neither does, with 9 s both do after about 10 s.
"""

from __future__ import annotations

import math
import socket
import struct
from typing import Any

from tui.plan.model import BRIEF

_IDLE, _OFTEN, _SELDOM = 5, 2, 5
_LAST_DATA_RECEIVED = struct.Struct("=I")
_AT = 52
"""Where `tcpi_last_data_recv` stands in Linux's tcp_info: behind 8 bytes and 11 words."""


def _limits(seconds: float) -> tuple[int, int, int]:
    """Idle seconds before the first probe, seconds between probes, and how many of them."""
    idle = max(1, min(_IDLE, int(seconds / 1.5)))
    interval = _OFTEN if seconds < 30 else _SELDOM
    return idle, interval, max(1, math.ceil((seconds - idle) / interval)) + (seconds >= BRIEF)


def keepalives(seconds: float = BRIEF) -> dict[str, str]:
    """libpq's parameters: the client's side. It gives up a second earlier, and says so."""
    idle, interval, count = _limits(seconds)
    return {
        "keepalives": "1", "keepalives_idle": str(idle), "keepalives_interval": str(interval),
        "keepalives_count": str(count), "tcp_user_timeout": str(_client_ms(seconds)),
    }  # fmt: skip


def server_settings(seconds: float = BRIEF) -> dict[str, str]:
    """The session's own settings: the server's side."""
    idle, interval, count = _limits(seconds)
    return {
        "tcp_keepalives_idle": str(idle), "tcp_keepalives_interval": str(interval),
        "tcp_keepalives_count": str(count), "tcp_user_timeout": str(round(seconds * 1000)),
    }  # fmt: skip


def _client_ms(seconds: float) -> int:
    return round(max(seconds / 2, seconds - 1) * 1000)


def endure(connection: socket.socket, seconds: float) -> None:
    """The client's side of a connection that is open already. A Unix socket's peer cannot be lost that way."""
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    idle, interval, count = _limits(seconds)
    wanted: tuple[tuple[str, Any], ...] = (
        ("TCP_KEEPIDLE", idle), ("TCP_KEEPINTVL", interval), ("TCP_KEEPCNT", count),
        ("TCP_USER_TIMEOUT", _client_ms(seconds)),
    )  # fmt: skip
    for name, value in wanted:
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def silent_for(connection: socket.socket) -> float | None:
    """Seconds since the kernel last received anything on a connection; None where that is not known."""
    if connection.family not in (socket.AF_INET, socket.AF_INET6) or not hasattr(socket, "TCP_INFO"):
        return None
    told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    if len(told) < _AT + _LAST_DATA_RECEIVED.size:
        return None
    milliseconds: int = _LAST_DATA_RECEIVED.unpack_from(told, _AT)[0]
    return milliseconds / 1000
