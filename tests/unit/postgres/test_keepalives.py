"""How long the other side of a connection may be silent, as the client, the server and the kernel are told."""

from __future__ import annotations

import socket

import pytest

from tui.plan.model import BRIEF, PATIENT, tolerance
from tui.postgres.conninfo.keepalives import endure, keepalives, server_settings, silent_for
from tui.postgres.conninfo.parameters import WorkSettings, session_settings
from tui.postgres.conninfo.programs import KnownConnection, program_connection


def test_where_locks_are_held_it_is_as_measured() -> None:
    probes = {"keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3"}
    assert keepalives() == {"keepalives": "1", **probes, "tcp_user_timeout": "8000"}
    assert server_settings() == {f"tcp_{name}": value for name, value in probes.items()} | {"tcp_user_timeout": "9000"}


@pytest.mark.parametrize("seconds", [1.0, 5.0, 9.0, 45.0, PATIENT, 3600.0])
def test_both_sides_wait_for_as_long_and_the_client_gives_up_first(seconds: float) -> None:
    client, server = keepalives(seconds), server_settings(seconds)
    assert seconds / 2 <= int(client["tcp_user_timeout"]) / 1000 < seconds
    assert int(server["tcp_user_timeout"]) == seconds * 1000
    # Where the kernel goes by probes alone it waits for as long, too.
    idle, interval, count = (int(server[f"tcp_keepalives_{name}"]) for name in ("idle", "interval", "count"))
    assert min(idle, interval, count) >= 1 and seconds <= idle + interval * count <= seconds + 2 * interval + 1


def test_a_step_says_its_own_or_its_statements_do() -> None:
    assert (tolerance(None, False), tolerance(None, True), tolerance(30.0, True)) == (BRIEF, PATIENT, 30.0)
    settings = session_settings("work", WorkSettings(tolerate_s=PATIENT))
    assert settings["tcp_user_timeout"] == "120000"
    assert session_settings("monitor", None)["tcp_user_timeout"] == "9000"
    told = program_connection(
        KnownConnection(parameters={"host": "db1"}, address=None), settings, application="a", program="pg_dump",
        major=17, ours=True, given={}, tolerate=PATIENT,
    )  # fmt: skip
    assert told.service["tcp_user_timeout"] == "119000" and "tcp_user_timeout=120000" in told.service["options"]


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="a kernel without it")
def test_a_connection_that_is_open_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        there, _name = server.accept()
        endure(client, PATIENT)
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 119_000
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5
        heard = silent_for(client)
        assert heard is not None and 0 <= heard < 5
        there.close()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        endure(ours, PATIENT)
        assert silent_for(ours) is None
