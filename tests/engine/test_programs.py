"""Programs whose end nobody saw, or whose end does not tell what they did: that is asked, and never assumed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from tests import postgres_server
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.engine.test_psql_scripts import programs
from tests.postgres_server import Database
from tui.journal.codes import Fact, FailReason, FateReason
from tui.postgres.queries import query
from tui.run.commands import Cancel, Execute, Retry, Rollback

pytestmark = pytest.mark.postgres

PSQL = "          - {id: a, title: A, psql: {file: s.sql%s}%s}"
SLOW = "create table a (); select pg_sleep(60);"
PROVE: dict[str, Any] = {"prove": {"query": "select count(*) from pg_class where relname = 'a'", "equals": 1}}
UNDO: dict[str, Any] = {"undo": {"sql": "drop table if exists a"}}


def command(text: str, **more: Any) -> str:
    """A step whose program is a shell with this text; `$PSQL` in it is psql on the target."""
    spec = {"run": ["sh", "-c", text], "environment": {"PSQL": "psql -X -q"}}
    return f"          - {msgspec.json.encode({'id': 'a', 'title': 'A', 'command': spec, **more}).decode()}"


def there(database: Database) -> bool:
    return bool(database.value("select to_regclass('a') is not null"))


def outcome(event: Event) -> tuple[str, str | None, str]:
    return event["type"], event["data"].get("reason"), event["data"].get("effect", "")


def fates(rig: Rig) -> list[tuple[str, str]]:
    """What was decided, and by what."""
    found = [(e["data"]["fate"], e["data"]["reason"]) for e in rig.events("step.fate")]
    return [fate for fate in found if fate[0] != "still_running"]


async def begun(rig: Rig, database: Database, condition: str = "wait_event = 'PgSleep'") -> psutil.Process:
    """Start the step; when its work on the server has come so far: the supervisor of its program."""
    assert rig.do(Execute(step="a")) is None
    text = f"select count(*) from pg_stat_activity where datname = current_database() and {condition}"
    # It may be at work before that it was started is written down.
    await rig.until(lambda: database.value(text) and rig.events("step.child"), "it works")
    (child,) = [e["data"]["child"] for e in rig.events("step.child")]
    return psutil.Process(child["pid"])


def kill_keeper(supervisor: psutil.Process) -> None:
    supervisor.send_signal(signal.SIGKILL)


def kill_program(supervisor: psutil.Process) -> None:
    for process in supervisor.children(recursive=True):
        process.send_signal(signal.SIGKILL)


# -- psql -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strike", "reason"),
    [
        pytest.param(kill_keeper, "program_lost", marks=pytest.mark.unsaid(FailReason.PROGRAM_LOST)),
        pytest.param(kill_program, "signalled", marks=pytest.mark.unsaid(FailReason.SIGNALLED)),
    ],
)
@awaited
async def test_psql_struck_in_its_transaction_has_done_nothing(
    each_database: Database, tmp_path: Path, strike: Callable[[psutil.Process], None], reason: str
) -> None:
    path = programs(tmp_path, each_database)
    async with Rig(tmp_path, each_database, PSQL % ("", ""), {"s.sql": SLOW}, PATH=path) as rig:
        strike(await begun(rig, each_database))
        assert outcome(await rig.ended("a")) == ("step.failed", reason, "none")
        assert fates(rig) == [("not_applied", "xid_aborted")]
        assert ({"program_lost", "signalled"} & rig.said()) == {reason}
        assert not there(each_database)


@awaited
async def test_psql_struck_between_its_transactions_is_undecided_and_taken_back(
    empty_database: Database, tmp_path: Path
) -> None:
    """Nobody assumes that nothing is there, and a rollback takes back what is."""
    plan = PSQL % (", single_transaction: false", ', undo: {sql: "drop table if exists a"}')
    async with Rig(tmp_path, empty_database, plan, {"s.sql": SLOW}) as rig:
        kill_keeper(await begun(rig, empty_database))
        assert (await rig.ended("a"))["data"]["fate"] == "undecided"
        assert rig.step("a").effect == "unknown" and there(empty_database)
        assert rig.do(Rollback(reason="look", confirm="dev")) is None
        await rig.until(lambda: rig.events("rollback.finished"), "it is rolled back")
        assert not there(empty_database)


@awaited
async def test_a_cancelled_psql_has_done_nothing(empty_database: Database, tmp_path: Path) -> None:
    async with Rig(tmp_path, empty_database, PSQL % ("", ""), {"s.sql": SLOW}) as rig:
        await begun(rig, empty_database)
        assert rig.do(Cancel(step="a")) is None
        assert outcome(await rig.ended("a")) == ("step.cancelled", "person", "none")
        assert not there(empty_database)


@pytest.mark.parametrize("where", ["psql", "step"])
@awaited
async def test_a_psql_that_took_too_long_has_done_nothing(empty_database: Database, tmp_path: Path, where: str) -> None:
    plan = PSQL % ((", timeout: 500ms", "") if where == "psql" else ("", ", timeout: 500ms"))
    async with Rig(tmp_path, empty_database, plan, {"s.sql": SLOW}) as rig:
        assert outcome(await rig.execute("a")) == ("step.failed", "timeout", "none")
        assert not there(empty_database)


@pytest.mark.parametrize("single", [True, False], ids=["one", "many"])
@awaited
async def test_what_passed_is_there_after_a_crash_of_the_server(tmp_path: Path, single: bool) -> None:
    """Although the database has synchronous_commit off, and a script with transactions of its own sets it off."""
    with postgres_server.own_server() as server:
        database = postgres_server.create_database(server)
        with database.connect() as connection:
            connection.execute(f"alter database {database.name} set synchronous_commit = off".encode())
            # What the log's writer does by itself within a moment would hide what is missing.
            connection.execute("alter system set wal_writer_delay = '10s'")
            connection.execute("select pg_reload_conf()")
        text = "create table a ();" if single else "set synchronous_commit = off; create table a ();"
        plan = PSQL % ("" if single else ", single_transaction: false", "")
        async with Rig(tmp_path, database, plan, {"s.sql": "select 1;"}, past_check={"s.sql": text}) as rig:
            assert outcome(await rig.execute("a")) == ("step.passed", None, "all")
            postgres_server.kill_server(server)
        server.start()
        assert there(database)


class Cut:
    """A way to the server that is cut when the server has answered to a COMMIT, before the client hears of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._server: asyncio.Server
        self._ways: set[asyncio.Task[None]] = set()
        self.cut = 0

    async def __aenter__(self) -> Cut:
        self._server = await asyncio.start_server(self._began, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await asyncio.wait(self._ways)

    def _began(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ways.add(asyncio.create_task(self._connected(reader, writer)))

    @property
    def dsn(self) -> str:
        port = self._server.sockets[0].getsockname()[1]
        return f"host=127.0.0.1 port={port} dbname={self._database.name} user=postgres sslmode=disable"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from psycopg.conninfo import conninfo_to_dict

        found = conninfo_to_dict(self._database.dsn)
        place = f"{found['host']}/.s.PGSQL.{found.get('port', 5432)}"
        there, back = await asyncio.open_unix_connection(place)
        committing = asyncio.Event()

        async def forth() -> None:
            while data := await reader.read(65536):
                if data.rstrip(b"\0").endswith(b"commit;"):
                    committing.set()
                back.write(data)
            back.close()

        async def answers() -> None:
            while data := await there.read(65536):
                if committing.is_set():
                    self.cut += 1
                    break
                writer.write(data)
            writer.close()
            back.close()

        await asyncio.gather(forth(), answers(), return_exceptions=True)
        for end in (writer, back):
            end.close()
            await asyncio.wait({asyncio.ensure_future(end.wait_closed())})


@awaited
async def test_a_connection_lost_behind_a_commit_is_no_failure(empty_database: Database, tmp_path: Path) -> None:
    async with Cut(empty_database) as way:
        text = "create table a ();"
        async with Rig(tmp_path, way.dsn, PSQL % ("", ""), {"s.sql": text}) as rig:
            ended = await rig.execute("a")
            assert way.cut == 1
            assert outcome(ended)[0] == "step.passed" and ended["data"]["evidence"]["exit_status"] == 2
            assert fates(rig) == [("applied", "xid_committed")]
    assert there(empty_database)


@pytest.mark.unsaid(FailReason.OTHER_SERVER)
@pytest.mark.parametrize("same", [True, False])
@awaited
async def test_a_psql_that_reaches_another_server_is_sent_nothing(
    empty_database: Database, database: Database, tmp_path: Path, same: bool
) -> None:
    where = empty_database if same else database
    found = tmp_path / "bin"
    found.mkdir()
    psql = found / "psql"
    psql.write_text(f'#!/bin/sh\nexec "{where.server.binaries.bindir / "psql"}" -d "{where.dsn}" "$@"\n')
    psql.chmod(0o755)
    plan, files = PSQL % ("", ""), {"s.sql": "create table a ();"}
    async with Rig(tmp_path, empty_database, plan, files, PATH=f"{found}:/usr/bin:/bin") as rig:
        ended = outcome(await rig.execute("a"))
    assert ended == (("step.passed", None, "all") if same else ("step.failed", "other_server", "none"))
    assert there(where) is same


# -- psql, and an engine that was killed ------------------------------------------------------------------------------


@pytest.mark.parametrize("ledger", [False, True], ids=["xid", "ledger"])
@pytest.mark.parametrize(
    ("cut", "error", "fate"),
    [
        ("step.started", True, ("not_applied", "nothing_sent")),
        ("step.child", True, ("not_applied", "nothing_sent")),
        ("tx.begin", True, ("not_applied", None)),
        ("tx.commit_sent", False, ("applied", None)),
        ("tx.committed", False, ("applied", "commit_journaled")),
    ],
)
@awaited
async def test_the_next_engine_knows_what_became_of_a_script(
    empty_database: Database, tmp_path: Path, cut: str, error: bool, fate: tuple[str, str | None], ledger: bool
) -> None:
    if ledger:
        with empty_database.connect() as connection:
            connection.execute(query("ledger_create"))
    by = {"applied": ("xid_committed", "ledger_row"), "not_applied": ("xid_aborted", "xid_aborted")}[fate[0]][ledger]
    text = "create table a ();" + ("select 1 / 0;" if error else "")
    async with Rig(tmp_path, empty_database, PSQL % ("", ""), {"s.sql": text}, ledger=ledger) as rig:
        await rig.execute("a")
        await rig.take_up(cut=lambda event: event["type"] == cut)
        ended = await rig.ended("a")
        assert fates(rig) == [(fate[0], fate[1] or by)]
        assert outcome(ended)[0] == ("step.passed" if fate[0] == "applied" else "step.cancelled")
        assert ended["data"]["effect"] == ("all" if there(empty_database) else "none")


@pytest.mark.unsaid(FateReason.TRANSACTION_LEFT)
@pytest.mark.parametrize("left", [True, False])
@awaited
async def test_a_script_that_committed_by_itself_is_not_taken_for_whole(
    empty_database: Database, tmp_path: Path, left: bool
) -> None:
    text = "create table a ();\nselect 'commit' \\gexec\nselect 1 / 0;" if left else "create table a (); select 1 / 0;"
    async with Rig(tmp_path, empty_database, PSQL % ("", ""), {"s.sql": text}) as rig:
        await rig.execute("a")
        await rig.take_up(cut=lambda event: event["type"] == "tx.begin")
        await rig.ended("a")
        assert fates(rig) == [("undecided", "transaction_left") if left else ("not_applied", "xid_aborted")]
        assert there(empty_database) is left


# -- commands ---------------------------------------------------------------------------------------------------------

MADE = '$PSQL -c "create table a ()"; $PSQL -c "select pg_sleep(60)"'
NOT_MADE = '$PSQL -c "select pg_sleep(60)"; $PSQL -c "create table a ()"'


@pytest.mark.parametrize(("strike", "reason"), [(kill_keeper, "program_lost"), (kill_program, "signalled")])
@pytest.mark.parametrize("text", [MADE, NOT_MADE], ids=["done", "not-done"])
@awaited
async def test_a_struck_command_is_judged_by_the_proof(
    empty_database: Database, tmp_path: Path, text: str, strike: Callable[[psutil.Process], None], reason: str
) -> None:
    async with Rig(tmp_path, empty_database, command(text, **PROVE)) as rig:
        strike(await begun(rig, empty_database))
        ended = outcome(await rig.ended("a"))
        if text == MADE:
            assert (ended, fates(rig)) == (("step.passed", None, "all"), [("applied", "proved")])
        else:
            assert (ended, fates(rig)) == (("step.failed", reason, "unknown"), [("not_applied", "disproved")])
        assert there(empty_database) is (text == MADE)
        busy = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
        assert empty_database.value(busy) == 0, "its session has been ended"


@awaited
async def test_what_a_struck_command_left_at_work_under_another_name_is_waited_for(
    empty_database: Database, tmp_path: Path
) -> None:
    """Its session is not found by its name, and would make the table after the proof has said that there is none."""
    text = '$PSQL "application_name=other" -c "select pg_sleep(1.5); create table a ()"'
    async with Rig(tmp_path, empty_database, command(text, **PROVE)) as rig:
        kill_program(await begun(rig, empty_database))
        assert outcome(await rig.ended("a")) == ("step.failed", "signalled", "unknown")
        busy = "select count(*) from pg_stat_activity where application_name = 'other'"
        assert empty_database.value(busy) == 0 and not there(empty_database)


@awaited
async def test_without_a_proof_it_is_undecided_and_a_rollback_takes_it_back(
    empty_database: Database, tmp_path: Path
) -> None:
    async with Rig(tmp_path, empty_database, command(MADE, **UNDO)) as rig:
        kill_keeper(await begun(rig, empty_database))
        await rig.ended("a")
        assert fates(rig) == [("undecided", "no_proof")]
        assert rig.do(Rollback(reason="look", confirm="dev")) is None
        finished: Any = await rig.until(lambda: rig.events("rollback.finished"), "it is rolled back")
        assert finished[0]["data"]["outcome"] == "rolled_back"
        assert not there(empty_database)


@awaited
async def test_a_command_that_failed_with_its_work_done_is_not_run_again(
    empty_database: Database, tmp_path: Path
) -> None:
    text = '$PSQL -c "create table a ()" && exit 1'
    async with Rig(tmp_path, empty_database, command(text, **PROVE)) as rig:
        assert outcome(await rig.execute("a")) == ("step.failed", "exit_status", "all")
        assert rig.do(Retry(step="a")) is None
        ended = await rig.ended("a", attempt=2)
        assert outcome(ended) == ("step.passed", None, "all")
        assert ended["data"]["evidence"]["prove"]["answer"] == "there"
        assert len(rig.events("step.child")) == 1, "it was started again"


@awaited
async def test_one_whose_work_is_not_there_is_run_again(empty_database: Database, tmp_path: Path) -> None:
    text = f'test -e {tmp_path}/second || {{ touch {tmp_path}/second; exit 1; }}; $PSQL -c "create table a ()"'
    async with Rig(tmp_path, empty_database, command(text, **PROVE)) as rig:
        assert outcome(await rig.execute("a")) == ("step.failed", "exit_status", "unknown")
        assert rig.do(Retry(step="a")) is None
        assert outcome(await rig.ended("a", attempt=2))[0] == "step.passed"
        assert len(rig.events("step.child")) == 2


@pytest.mark.parametrize(
    ("content", "reason"), [(b"\x7fELF nonsense", "not_started"), (b"#!/bin/sh\nexit 126", "exit_status")]
)
@awaited
async def test_what_could_not_be_executed_is_not_what_failed(
    empty_database: Database, tmp_path: Path, content: bytes, reason: str
) -> None:
    program = tmp_path / "program"
    program.write_bytes(content)
    program.chmod(0o755)
    plan = f"          - {{id: a, title: A, command: [{program}]}}"
    async with Rig(tmp_path, empty_database, plan) as rig:
        ended = outcome(await rig.execute("a"))
        assert ended == ("step.failed", reason, "none" if reason == "not_started" else "unknown")


@pytest.mark.unsaid(Fact.OUTPUT_ERROR)
@pytest.mark.parametrize("room", [True, False])
@awaited
async def test_output_that_finds_no_room_ends_nothing(empty_database: Database, tmp_path: Path, room: bool) -> None:
    text = '$PSQL -c "create table a ()"; echo done'
    async with Rig(tmp_path, empty_database, command(text)) as rig:
        if not room:
            (rig.paths.output / "a.1").mkdir()
        ended = await rig.execute("a")
        assert outcome(ended)[0] == "step.passed"
        assert (Fact.OUTPUT_ERROR in ended["data"]["evidence"]) is not room
        raw = [p.name for p in rig.paths.output.iterdir() if p.name.endswith(".raw")]
        assert bool(raw) is not room, "what it printed is kept where it could not be copied, and nowhere else"


@pytest.mark.parametrize(
    "spec",
    [
        "command: {run: [psql, -Xqc, 'create table made ()']}",
        "psql: {file: s.sql, single_transaction: false}",
        "sql: {text: 'vacuum', transaction: per_statement}, prove: {query: 'select true', equals: true}",
    ],
)
@awaited
async def test_how_far_the_log_was_is_kept_where_no_transaction_is(
    empty_database: Database, tmp_path: Path, spec: str
) -> None:
    before = empty_database.value("select pg_current_wal_flush_lsn()::text")
    plan = f"          - {{id: a, title: A, {spec}}}"
    async with Rig(tmp_path, empty_database, plan, {"s.sql": "create table made ();"}) as rig:
        assert (await rig.execute("a"))["type"] == "step.passed"
        reached = rig.recorder.state.reached
        assert reached is not None and reached.timeline == 1
    assert empty_database.value(f"select '{reached.lsn}'::pg_lsn > '{before}'::pg_lsn") is True
