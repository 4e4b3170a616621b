"""What a process holds open to an address, as the kernel tells it."""

from __future__ import annotations

import os
import socket

import pytest

from tui.engine.programs.sockets import connections


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_connections_to_an_address_are_those_that_are_open(family: socket.AddressFamily, host: str) -> None:
    try:
        server = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip("no such family here")
    with server:
        port = str(server.getsockname()[1])
        assert not connections([os.getpid()], host, port)
        with socket.create_connection((host, int(port))) as one, server.accept()[0]:
            found = connections([os.getpid()], host, port)
            assert found == {os.fstat(one.fileno()).st_ino}
            assert not connections([os.getpid()], host, str(int(port) - 1))
            assert not connections([1 << 30], host, port)
        assert not connections([os.getpid()], host, port)


@pytest.mark.parametrize("host", [None, "", "/run/postgresql", "db1"])
def test_where_it_cannot_be_told_there_are_none(host: str | None) -> None:
    assert connections([os.getpid()], host, "5432") == frozenset()
