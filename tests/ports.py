"""Ports on loopback for servers that tests start, end and start anew."""

from __future__ import annotations

import random
import socket


def free_port() -> int:
    """None of those from which the kernel takes the other ends of connections: while its server is away for a moment,
    nobody else gets it."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as taken:
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
