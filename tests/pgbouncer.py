"""A real PgBouncer before a test's server, where the machine has one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.postgres_server import await_condition

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def pgbouncer(
    directory: Path, server: str, account: str | None, mode: str, size: int, **settings: str
) -> Iterator[str]:
    """Its connection string, without the database. `directory`: the account's own; `server`: where it leads."""
    if PROGRAM is None:
        pytest.skip("no PgBouncer on this machine")
    port = 7000 + os.getpid() % 1000
    place = directory / f".s.PGSQL.{port}"
    place.unlink(missing_ok=True)
    asked = {
        "listen_addr": "", "listen_port": str(port), "unix_socket_dir": str(directory), "auth_type": "any",
        "pool_mode": mode, "default_pool_size": str(size), "ignore_startup_parameters": "extra_float_digits",
        **settings,
    }  # fmt: skip
    lines = ["[databases]", f"* = {server}", "[pgbouncer]", *(f"{name} = {value}" for name, value in asked.items())]
    file = directory / "pgbouncer.ini"
    file.write_text("\n".join(lines) + "\n")
    file.chmod(0o644)
    with (directory / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, str(file)], user=account, stdout=log, stderr=log)
        try:
            await_condition(lambda: _listens(place) or process.poll() is not None, "PgBouncer listens")
            yield f"host={directory} port={port} user=postgres"
        finally:
            process.kill()
            process.wait()


def _listens(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as ours:
        try:
            ours.connect(str(place))
        except OSError:
            return False
        return True
