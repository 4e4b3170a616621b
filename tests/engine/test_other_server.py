"""Who answers is compared before a result counts: behind one address there may be another server from one moment to
the next. Poolers, certificates and names of several addresses on the way."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.engine.pair import Node, copy_of, primary
from tests.engine.postgres.pgserver import awaited
from tests.engine.relay import Relay
from tests.engine.test_one_way import SAVE, SCRIPT, passed, rig, run, told
from tests.ports import free_port
from tests.postgres_server import MAJORS, await_condition, binaries_of
from tui.journal.codes import CancelReason, Fact, FailReason, HoldReason
from tui.journal.remarks import Remarked
from tui.run.commands import Execute, Resume, Retry
from tui.words import said

pytestmark = pytest.mark.postgres
TABLE = '          - {id: table, title: T, sql: "create table by_session (id int)"}\n'


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with primary() as made:
        yield made


@pytest.fixture(scope="module")
def twin(node: Node) -> Node:
    """A copy of the server with its system identifier, its databases and their numbers, in a life of its own."""
    copy = copy_of(node, "twin")
    copy.start()
    return copy


@pytest.mark.unsaid(CancelReason.OTHER_TARGET, HoldReason.OTHER_SERVER, Remarked.NOT_THE_TARGET, Remarked.OTHER_SERVER)
@pytest.mark.parametrize("step", ["table", "save"])
@awaited
async def test_a_session_that_meets_another_server_does_nothing_there(
    node: Node, twin: Node, tmp_path: Path, step: str
) -> None:
    leads = {"to": node.port}
    async with Relay(lambda first: leads["to"]) as relay:
        dsn = f"host=127.0.0.1 port={relay.port} dbname=postgres user=postgres sslmode=disable gssencmode=disable"
        steps = TABLE if step == "table" else SAVE.replace("FROM", "")
        async with rig(tmp_path, dsn, steps) as found:
            leads["to"] = twin.port
            ended = await found.execute(step)
            assert (ended["type"], ended["data"]["reason"], ended["data"]["effect"]) == (
                "step.cancelled", "other_target", "none",
            )  # fmt: skip
            barrier = found.recorder.state.barrier
            assert barrier is not None and (barrier.code, barrier.acceptable) == (HoldReason.OTHER_SERVER, False)
            # Led to the control session's own server again it is said no longer.
            leads["to"] = node.port
            assert found.do(Resume()) is None
            assert found.do(Execute(step=step)) is None
            again = await found.ended(step, 2)
            assert again["type"] == "step.passed"
            assert not {Remarked.NOT_THE_TARGET, Remarked.OTHER_SERVER} & found.remarks(again)
        assert twin.value("select count(*) from pg_class where relname = 'by_session'") == 0
        node.run("drop table if exists by_session")


@awaited
async def test_a_dump_of_another_server_fails(node: Node, twin: Node, tmp_path: Path) -> None:
    """Its session is led elsewhere by the very same address: the snapshot that it has to import is not there."""
    async with Relay(lambda first: twin.port if b"save.1" in first else node.port) as relay:
        dsn = f"host=127.0.0.1 port={relay.port} dbname=postgres user=postgres sslmode=disable gssencmode=disable"
        async with rig(tmp_path, dsn, SAVE.replace("FROM", "")) as found:
            ended = await found.execute("save")
            assert (ended["type"], ended["data"]["reason"]) == ("step.failed", "exit_status")
            assert "snapshot" in told(found, "save")


@pytest.mark.unsaid(FailReason.OTHER_SERVER)
@awaited
async def test_a_script_that_is_led_to_a_copy_of_the_server_is_not_sent(node: Node, twin: Node, tmp_path: Path) -> None:
    """The copy has the identifier and the database of the one that is meant, but not its sessions."""
    leads = {"to": twin.port}
    async with Relay(lambda first: leads["to"] if b"script." in first else node.port) as relay:
        dsn = f"host=127.0.0.1 port={relay.port} dbname=postgres user=postgres sslmode=disable gssencmode=disable"
        async with rig(tmp_path, dsn, SCRIPT, "create table by_script (id int);\n") as found:
            ended = await found.execute("script")
            assert (ended["type"], ended["data"]["reason"], ended["data"]["effect"]) == (
                "step.failed", "other_server", "none",
            )  # fmt: skip
            leads["to"] = node.port
            assert found.do(Retry(step="script")) is None
            assert (await found.ended("script", 2))["type"] == "step.passed"
    assert twin.value("select count(*) from pg_class where relname = 'by_script'") == 0
    node.run("drop table if exists by_script")


@contextmanager
def pooler(node: Node, path: Path) -> Iterator[int]:
    """PgBouncer in session mode in front of the server: its port."""
    program = shutil.which("pgbouncer")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    port = free_port()
    home = node.server.home / "pooler"
    home.mkdir(exist_ok=True)
    (home / "users").write_text('"postgres" ""\n')
    (home / "ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={node.port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\npool_mode = session\nauth_type = trust\nauth_file = {home}/users\nlogfile = {home}/log\n"
    )
    if node.server.account is not None:
        for path in (home, *home.iterdir()):
            shutil.chown(path, node.server.account)
    pooling = subprocess.Popen([program, home / "ini"], user=node.server.account, cwd=home,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        await_condition(
            lambda: any(c.laddr.port == port for c in psutil.Process(pooling.pid).net_connections()), "it listens"
        )
        yield port
    finally:
        pooling.terminate()
        pooling.wait()


@pytest.mark.unsaid(Fact.SETTINGS_LOST, Remarked.ROLE_NOT_GIVEN)
@awaited
async def test_behind_a_pooler_psql_has_the_settings_and_what_others_lack_is_told(node: Node, tmp_path: Path) -> None:
    query = "select current_setting('synchronous_commit'), current_setting('lock_timeout')"
    node.run("alter database postgres set synchronous_commit = off")
    show = run("psql", "-XAtc", query)
    owner = show.replace("id: show, title: Show", "id: owner, title: Owner, as: postgres")
    steps = SCRIPT + SAVE.replace("FROM", "") + show + owner
    try:
        with pooler(node, tmp_path) as port:
            dsn = f"host=127.0.0.1 port={port} dbname=postgres user=postgres"
            async with rig(tmp_path / "pooled", dsn, steps, f"{query};\n") as found:
                assert found.target.identity is not None and found.target.identity.pooler == "session"
                await passed(found, "script", "save")
                assert "on" in told(found, "script").split() and "500ms" in told(found, "script").split()
                evidence = await passed(found, "show")
                assert told(found, "show") == "off|0\n"
                assert {"synchronous_commit", "lock_timeout"} <= set(evidence["settings_lost"])
                # A role that cannot be had is no reason to act without it.
                ended = await found.execute("owner")
                assert (ended["data"]["reason"], ended["data"]["effect"]) == ("not_started", "none")
                assert ended["data"]["evidence"]["error"]["code"] == Remarked.ROLE_NOT_GIVEN
                assert "role" in said.told(ended["data"]["evidence"]["error"])
        # Where there is none, nothing is lost, and nothing is said to be.
        async with rig(tmp_path / "direct", node.dsn, show + owner) as found:
            assert "settings_lost" not in await passed(found, "show")
            assert told(found, "show") == "on|500ms\n"
            assert "error" not in await passed(found, "owner") and Remarked.ROLE_NOT_GIVEN not in found.remarks()
    finally:
        node.run("alter database postgres reset synchronous_commit")


@pytest.mark.parametrize(("strike", "said"), [(False, "exit_status"), (True, "signalled")])
@awaited
async def test_behind_a_pooler_a_script_is_judged_although_its_backend_lives_on(
    node: Node, tmp_path: Path, strike: bool, said: str
) -> None:
    with pooler(node, tmp_path) as port:
        dsn = f"host=127.0.0.1 port={port} dbname=postgres user=postgres"
        text = "create table by_script ();\n" + ("select pg_sleep(1);" if strike else "select 1 / 0;")
        async with rig(tmp_path / "pooled", dsn, SCRIPT, text) as found:
            assert found.do(Execute(step="script")) is None
            if strike:
                await found.until(lambda: found.events("tx.begin"), "it works")
                (child,) = [e["data"]["child"] for e in found.events("step.child")]
                for process in psutil.Process(child["pid"]).children(recursive=True):
                    process.kill()
            ended = await found.ended("script")
            assert (ended["type"], ended["data"]["reason"], ended["data"]["effect"]) == ("step.failed", said, "none")
        assert node.value("select count(*) from pg_class where relname = 'by_script'") == 0


def has_tls(major: int) -> bool:
    program = MAJORS[major].bindir / "pg_config"
    return program.exists() and b"openssl" in subprocess.run([program, "--configure"], capture_output=True).stdout


def certified(node: Node, path: Path) -> Path:
    """The server has a certificate of `localhost`; the authority's."""
    key, certificate = node.data / "server.key", node.data / "server.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    if node.server.account is not None:
        shutil.chown(key, node.server.account)
        shutil.chown(certificate, node.server.account)
    key.chmod(0o600)
    shutil.copyfile(certificate, path / "ca.crt")
    return path / "ca.crt"


@awaited
async def test_a_certificate_is_compared_with_the_name_beside_the_pinned_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    major = next((major for major in MAJORS if has_tls(major)), None)
    if major is None:
        pytest.skip("no server here is built with TLS")
    # Programs of a carried server are built without it as well.
    monkeypatch.setenv("PATH", f"{binaries_of(major).bindir}:{os.environ['PATH']}")
    with primary(major) as node:
        authority = certified(node, tmp_path)
        node.run("alter system set ssl = on")
        node.run("select pg_reload_conf()")
        dsn = (
            f"host=localhost port={node.port} dbname=postgres user=postgres sslmode=verify-full sslrootcert={authority}"
        )
        seen = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
        steps = SCRIPT + SAVE.replace("FROM", "") + run("psql", "-XAtc", seen)
        async with rig(tmp_path, dsn, steps, f"{seen};\n") as found:
            assert (await found.target.control()).address.hostaddr == "127.0.0.1"
            await passed(found, "script", "save", "show")
            assert told(found, "show") == "t\n"


@awaited
async def test_another_host_in_a_command_is_another_host(node: Node, twin: Node, tmp_path: Path) -> None:
    """`psql -h` of a plan's author is not turned into the target by what pins the target."""
    dsn = f"host=localhost port={node.port} dbname=postgres user=postgres"
    steps = run("psql", "-h", "127.0.0.1", "-p", str(twin.port), "-XAtc", "show port")
    async with rig(tmp_path, dsn, steps) as found:
        await passed(found, "show")
        assert told(found, "show") == f"{twin.port}\n"
    dsn = f"host=127.0.0.1 port={node.port} dbname=postgres user=postgres"
    async with rig(tmp_path / "by_name", dsn, steps.replace('"127.0.0.1"', f'"{twin.socket}"')) as found:
        await passed(found, "show")
        assert told(found, "show") == f"{twin.port}\n"
