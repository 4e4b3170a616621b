"""The servers that all workers of a run share: one a version, and nothing is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from tests import cluster, servers, shared, versions
from tests.postgres_server import MAJORS, SUPPORTED, alive, await_condition, binaries_of, own_server, processes
from tui.demo.server import Server

pytestmark = pytest.mark.postgres
# Begins a run, has two workers ask for the same server at once, says what they got, and ends as it is told to.
_OWNER = """
import subprocess, sys
from tests import shared
shared.begin()
command = [sys.executable, "-c", sys.argv[1], shared.told()]
workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
print(shared.directory(), *(worker.communicate()[0].strip() for worker in workers), flush=True)
sys.stdin.readline()
shared.end()
"""
_WORKER = """
import sys
from tests import postgres_server, shared
shared.join(sys.argv[1])
print(postgres_server.shared_server().pid())
"""


@pytest.mark.parametrize("killed", [False, True], ids=["ends", "killed"])
def test_workers_share_a_server_and_nothing_is_left_of_it(killed: bool) -> None:
    binaries_of()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", _OWNER, _WORKER], env=environment, **pipes) as owner:  # type: ignore[call-overload]
        place, first, second = owner.stdout.readline().split()
        assert first == second, "both have the same server"
        run = Path(place)
        guardian = psutil.Process(int((run / "guardian.pid").read_text()))
        left = [guardian, *processes(Server.open(run / str(binaries_of().version)))]
        assert psutil.Process(int(first)) in left
        if killed:
            owner.send_signal(signal.SIGKILL)
        else:
            owner.communicate("\n", timeout=60)
            assert not any(alive(process) for process in left) and not run.exists()
    await_condition(lambda: not any(alive(process) for process in left), "server and guardian end")
    assert not run.exists()


def test_every_supported_version_is_here(major: int) -> None:
    """Elsewhere than on CI's machine a version that is not here is skipped and named."""
    assert binaries_of(major).version == major
    assert major in MAJORS


def test_the_pins_are_exact_and_name_no_address() -> None:
    text = Path(servers.__file__).with_name("servers.json").read_text()
    assert "://" not in text
    for pin in servers.pins():
        assert pin.major in SUPPORTED and pin.version.startswith(f"{pin.major}.")
        assert pin.integrity.startswith("sha512-") and len(pin.integrity) == 95


def test_a_tarball_that_is_not_the_pinned_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    npm = tmp_path / "bin" / "npm"
    npm.write_text("#!/bin/sh\necho something else > it.tgz\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(servers, "cache", lambda: tmp_path / "cache")
    pin = servers.Pin(14, "@some/thing", "14.0.0", "sha512-" + "A" * 88)
    with pytest.raises(ValueError, match="not what is pinned"):
        servers.fetch(pin)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_copied_cluster_has_an_identity_of_its_own() -> None:
    source = shared.template(binaries_of())
    with own_server() as server, psycopg.connect(server.dsn()) as connection:
        told = connection.execute("select system_identifier from pg_control_system()").fetchone()
        assert told == (cluster.identifier(server.data),)
        assert cluster.identifier(server.data) != cluster.identifier(source)
        with pytest.raises(ValueError, match="WAL segments"):
            cluster.give_identity(_switched(server))


def _switched(server: Server) -> Path:
    """The server's data directory, with a second WAL segment in use."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create table t (a int)")
        connection.execute("select pg_switch_wal()")
        connection.execute("insert into t values (1)")
    return server.data


def test_a_report_is_counted() -> None:
    report = '<testsuites><testsuite tests="9" failures="1" errors="2" skipped="3"/></testsuites>'
    assert versions.counts(report) == {"passed": 3, "failed": 3, "skipped": 3}
