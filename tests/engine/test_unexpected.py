"""An exception that nobody foresaw ends its step, with an outcome, and neither the engine nor what comes behind it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.engine.attempt import proof, recovery
from tui.engine.drivers.child import ChildDriver
from tui.engine.drivers.query import QueryDriver
from tui.engine.drivers.sql import SqlDriver
from tui.engine.programs.termination import ChildIdentity, members
from tui.journal.codes import Fact, FailReason
from tui.journal.events import Policy
from tui.postgres.evidence import commits, fence
from tui.postgres.session import Session
from tui.run.commands import Retry, Rollback, Skip
from tui.steps.registry import KINDS

pytestmark = pytest.mark.postgres
ERRORS: list[BaseException] = [
    OSError(errno.EIO, os.strerror(errno.EIO), "/a/file"), MemoryError(), ValueError("\udcff"),
]  # fmt: skip
ONE = """
          - {id: one, title: One, sql: {text: "insert into t values (1)"}, undo: {sql: "delete from t where a = 1"}}
          - {id: two, title: Two, sql: {text: "insert into t values (2)"}, undo: {sql: "delete from t where a = 2"}}
"""


def made(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("create table t (a int)")


def raising(original: Callable[..., Any], error: BaseException, times: int, where: Callable[..., bool]) -> Any:
    """`original`, but for the first `times` calls for which `where` holds."""
    left = times

    async def call(*arguments: Any, **options: Any) -> Any:
        nonlocal left
        if left and where(*arguments, **options):
            left -= 1
            raise error
        return await original(*arguments, **options)

    return call


def behind(original: Callable[..., Any], error: BaseException) -> Any:
    """`original`, whose first result is lost."""
    left = 1

    async def call(*arguments: Any, **options: Any) -> Any:
        nonlocal left
        result = await original(*arguments, **options)
        if left:
            left -= 1
            raise error
        return result

    return call


def traces(rig: Rig) -> str:
    return rig.paths.engine_log.read_text()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__ + str(getattr(error, "errno", "")))
@awaited
async def test_it_fails_its_step_and_the_engine_goes_on(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """In the middle of a transaction: nothing of it is there, which the server says, and it can be retried."""
    made(empty_database)
    async with Rig(tmp_path, empty_database, ONE) as rig:
        monkeypatch.setattr(commits, "pin", raising(commits.pin, error, 1, lambda *_: True))
        ended = await rig.execute("one")
        assert ended["type"] == "step.failed" and ended["data"]["reason"] == "not_carried_out"
        found = ended["data"]["evidence"]
        assert found["exception"] == type(error).__name__ and found["fate"] == "not_applied"
        assert found.get("errno") == (errno.errorcode[error.errno or 0] if isinstance(error, OSError) else None)
        assert ended["data"].get("effect", "none") == "none" and empty_database.value("select count(*) from t") == 0
        assert type(error).__name__ in traces(rig) and "Traceback" in traces(rig)
        assert "Traceback" not in rig.paths.journal.read_text()
        assert rig.do(Retry(step="one")) is None
        assert (await rig.ended("one", 2))["type"] == "step.passed"
        assert (await rig.execute("two"))["type"] == "step.passed"
    assert empty_database.value("select count(*) from t") == 2


@awaited
async def test_a_commit_whose_answer_was_lost_to_it_is_no_failure(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(empty_database)
    execute = Session.execute

    async def lost(session: Session, sql: Any, *arguments: Any) -> Any:
        result = await execute(session, sql, *arguments)
        if sql == "commit" and session.purpose == "work":
            monkeypatch.setattr(Session, "execute", execute)
            raise RecursionError("behind the COMMIT")
        return result

    async with Rig(tmp_path, empty_database, ONE) as rig:
        monkeypatch.setattr(Session, "execute", lost)
        ended = await rig.execute("one")
        assert ended["type"] == "step.passed", "it is in the database"
        assert ended["data"]["evidence"]["exception"] == "RecursionError"
        assert [e["data"]["reason"] for e in rig.events("step.fate")] == ["xid_committed"]
        assert (await rig.execute("two"))["type"] == "step.passed"


@awaited
async def test_a_fate_that_cannot_be_asked_either_is_undecided(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not `nothing applied`: it is there."""
    made(empty_database)
    execute = Session.execute

    async def lost(session: Session, sql: Any, *arguments: Any) -> Any:
        result = await execute(session, sql, *arguments)
        if sql == "commit" and session.purpose == "work":
            raise RecursionError("behind the COMMIT")
        return result

    async with Rig(tmp_path, empty_database, ONE) as rig:
        monkeypatch.setattr(Session, "execute", lost)
        monkeypatch.setattr(commits, "judge", raising(commits.judge, KeyError("x"), 1, lambda *_, **__: True))
        ended = await rig.execute("one")
        assert ended["type"] == "step.fate" and ended["data"]["fate"] == "undecided"
        assert ended["data"]["reason"] == "error" and ended["data"]["facts"]["exception"] == "KeyError"
        monkeypatch.setattr(Session, "execute", execute)
        assert rig.do(Skip(step="one", reason="it is there")) is None
        assert (await rig.execute("two"))["type"] == "step.passed"
    assert empty_database.value("select count(*) from t") == 2


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyError("x")], ids=["system", "ours"])
@awaited
async def test_an_exception_while_a_fate_is_asked_is_no_fate(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The next engine asks what became of a commit, and stumbles once."""
    made(empty_database)
    monkeypatch.setattr(recovery, "_AGAIN", 0.01)
    async with Rig(tmp_path, empty_database, ONE) as rig:
        await rig.execute("one")
        monkeypatch.setattr(commits, "judge", raising(commits.judge, error, 1, lambda *_, **__: True))
        await rig.take_up(cut=lambda event: event["type"] == "tx.commit_sent")
        assert (await rig.ended("one"))["type"] == "step.passed"


@awaited
async def test_what_could_not_even_be_asked_rolls_nothing_back(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headless, where a failed step is rolled back: one that changes something is, a question is no answer."""
    made(empty_database)
    asking = (
        ONE
        + """
          - {id: ask, title: Ask, query: {sql: select 1, equals: 1}}
"""
    )
    policy = Policy(drive="headless", on_failure="rollback")
    monkeypatch.setattr(QueryDriver, "query", raising(QueryDriver.query, KeyError("x"), 1, lambda *_: True))
    async with Rig(tmp_path / "a", empty_database, asking, policy=policy) as rig:
        assert (await rig.ended("ask"))["data"]["reason"] == "not_carried_out" and rig.step("ask").unanswered
        assert rig.recorder.state.rollback is None and rig.recorder.state.errors.weighing == 0
    monkeypatch.setattr(commits, "pin", raising(commits.pin, KeyError("x"), 1, lambda _, xid=None: xid is not None))
    async with Rig(tmp_path / "b", empty_database, ONE, policy=policy) as rig:
        await rig.until(lambda: rig.recorder.state.rollback, "it is rolled back")


@pytest.mark.parametrize("call", ["try_lock", "poll_lock", "release"])
@awaited
async def test_no_key_is_left_behind(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """That of the attempt would have its fate wait for good, that of the target keep other runs out."""
    made(empty_database)
    keys = "select count(*) from pg_locks join pg_database d on d.oid = database where locktype = 'advisory'"
    # Not the sign that the run has changes ahead, which it shares with others.
    keys += " and mode = 'ExclusiveLock' and datname = current_database()"
    async with Rig(tmp_path, empty_database, ONE) as rig:
        await rig.measured()
        monkeypatch.setattr(fence, call, behind(getattr(fence, call), KeyError("x")))
        await rig.execute("one")
        await rig.until(lambda: not rig.engine._tasks and empty_database.value(keys) == 0, "the keys are free")
        if rig.step("one").status == "failed":
            assert rig.do(Retry(step="one")) is None
            await rig.ended("one", 2)
        assert rig.step("one").status == "passed"
    assert empty_database.value("select count(*) from t") == 1


@awaited
async def test_a_kind_that_raises_is_a_failure_of_its_step(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind its transaction, which is committed and recorded: that is what its outcome says."""
    made(empty_database)
    kind = KINDS["sql"]

    def broken(context: Any, spec: Any) -> Any:
        yield from kind.execute(context, spec)
        raise KeyError("no such answer")

    monkeypatch.setitem(KINDS, "sql", msgspec.structs.replace(kind, execute=broken))
    async with Rig(tmp_path, empty_database, ONE) as rig:
        ended = await rig.execute("one")
        assert ended["type"] == "step.passed" and ended["data"]["evidence"]["reason"] == "commit_journaled"
    assert empty_database.value("select count(*) from t") == 1


@awaited
async def test_a_proof_that_raises_is_no_answer(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(empty_database)
    steps = ONE.replace('1)"},', '1)"}, prove: {query: select count(*) from t, equals: 1},', 1)
    async with Rig(tmp_path, empty_database, steps) as rig:
        asked = raising(QueryDriver.query, MemoryError(), 4, lambda *_: True)
        monkeypatch.setattr(QueryDriver, "query", asked)
        monkeypatch.setattr(proof, "_FIRST_PAUSE", 0.01)
        ended = await rig.execute("one")
        assert ended["type"] == "step.fate" and ended["data"]["reason"] == "proof_unanswered"
        # The fourth time, and then no more.
        assert rig.do(Retry(step="one", reason="look again")) is None
        assert (await rig.ended("one", 2))["data"]["evidence"]["prove"]["answer"] == "there"
    assert empty_database.value("select count(*) from t") == 1, "it was committed, and is not executed again"


@awaited
async def test_what_a_journal_cannot_hold_is_left_out_and_named(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(empty_database)
    asked = QueryDriver.query

    async def huge(driver: QueryDriver, effect: Any) -> Any:
        rows = await asked(driver, effect)
        return msgspec.structs.replace(rows, rows=tuple(("x" * (1 << 20),) for _ in range(20)), columns=("\udcff",))

    steps = """
          - {id: ask, title: Ask, query: {sql: select 1, equals: "2"}}
          - {id: two, title: Two, sql: {text: "insert into t values (2)"}}
"""
    async with Rig(tmp_path, empty_database, steps) as rig:
        monkeypatch.setattr(QueryDriver, "query", huge)
        ended = await rig.execute("ask")
        assert ended["data"]["reason"] == "not_as_expected" and "rows" in ended["data"]["evidence"]["not_recorded"]
        assert rig.do(Skip(step="ask", reason="no matter")) is None
        assert (await rig.execute("two"))["type"] == "step.passed"


@pytest.mark.unsaid(FailReason.NOT_CARRIED_OUT, Fact.EXCEPTION, Fact.ERRNO, Fact.NOT_RECORDED)
@awaited
async def test_what_the_server_refuses_was_carried_out(empty_database: Database, tmp_path: Path) -> None:
    """It is not virada that failed: the same step, with the table there and without."""
    async with Rig(tmp_path, empty_database, ONE) as rig:
        assert (await rig.execute("one"))["data"]["reason"] == "sql_error"
        made(empty_database)
        assert rig.do(Retry(step="one")) is None
        assert (await rig.ended("one", 2))["type"] == "step.passed"
        assert "not_carried_out" not in rig.said()
        assert not rig.facts() & {Fact.EXCEPTION, Fact.ERRNO, Fact.NOT_RECORDED}


@awaited
async def test_a_rollback_goes_on_behind_an_undo_whose_file_is_gone(empty_database: Database, tmp_path: Path) -> None:
    made(empty_database)
    steps = ONE.replace('undo: {sql: "delete from t where a = 2"}', "undo: {sql: {file: back.sql}}")
    async with Rig(tmp_path, empty_database, steps, {"back.sql": "delete from t where a = 2"}) as rig:
        for step in ("one", "two"):
            await rig.execute(step)
        frozen = rig.paths.plan / "back.sql"
        kept = frozen.read_text()
        frozen.unlink()
        assert rig.do(Rollback(reason="no", confirm="dev")) is None
        await rig.until(lambda: rig.recorder.state.rollback and rig.recorder.state.rollback.status == "failed")
        assert rig.step("undo.two").reason == "plan_changed" and rig.step("undo.one").status == "passed"
        finished = rig.events("rollback.finished")[-1]["data"]
        assert finished["stays"] == ["two"] and finished["step"] == "undo.two"
        assert empty_database.value("select array_agg(a) from t") == [2]
        frozen.write_text(kept)
        assert rig.do(Retry(step="undo.two")) is None
        await rig.until(lambda: rig.recorder.state.rollback and rig.recorder.state.rollback.status == "rolled_back")
    assert empty_database.value("select count(*) from t") == 0


@awaited
async def test_a_cleanup_that_raises_says_why_and_what_stays(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty_database.connect() as connection:
        connection.execute("create table t (a int); insert into t values (1), (1)")
    steps = """
          - id: index
            title: Index
            sql: {text: create unique index concurrently i on t (a), transaction: per_statement}
            prove: {query: select to_regclass('i') is not null, equals: true}
            cleanup: {sql: {text: drop index concurrently if exists i, transaction: per_statement}}
"""
    async with Rig(tmp_path, empty_database, steps) as rig:
        monkeypatch.setattr(SqlDriver, "unwitnessed", raising(SqlDriver.unwitnessed, KeyError("x"), 1, lambda *_: True))
        ended = (await rig.execute("index"))["data"]
        assert ended["evidence"]["cleanup"] == "'x'" and ended["effect"] == "some", "an index that is invalid stays"
        assert empty_database.value("select count(*) from pg_index where not indisvalid") == 1


def _link(path: Path) -> None:
    path.symlink_to(path.parent.parent / "elsewhere")


PLACES: dict[str, Callable[[Path], object]] = {
    "link": _link, "directory": Path.mkdir, "pipe": lambda path: os.mkfifo(path),
}  # fmt: skip
SAYS = """
          - {id: say, title: Say, sql: {text: "do $$ begin raise warning 'heard'; end $$; insert into t values (1)"}}
          - id: run
            title: Run
            command: {run: [sh, -c, "echo heard"]}
"""


@awaited
async def test_a_program_without_a_place_to_work_in_is_not_started(empty_database: Database, tmp_path: Path) -> None:
    made(empty_database)
    async with Rig(tmp_path, empty_database, SAYS) as rig:
        await rig.execute("say")
        (rig.paths.output / ".run.1.private").write_text("in its way")
        ended = await rig.execute("run")
        data = ended["data"]
        assert (data["reason"], data["effect"]) == ("not_started", "none")
        said = data["evidence"]["error"]
        assert said["code"] == "system_says_of" and said["facts"]["errno"] == "EEXIST"
        assert said["facts"]["path"].endswith("/.run.1.private")


@pytest.mark.parametrize("place", PLACES)
@awaited
async def test_an_output_file_that_cannot_be_written_costs_itself(
    empty_database: Database, tmp_path: Path, place: str
) -> None:
    made(empty_database)
    async with Rig(tmp_path, empty_database, SAYS) as rig:
        for step in ("say", "run"):
            PLACES[place](rig.paths.output / f"{step}.1")
            ended = await rig.execute(step)
            trouble = ended["data"]["evidence"]["output_error"]
            assert ended["type"] == "step.passed" and trouble["code"] == "system_says_of"
            assert trouble["facts"]["errno"].startswith("E") and trouble["facts"]["path"].endswith(f"{step}.1")
        assert not (rig.paths.directory / "elsewhere").exists()
        assert [e["data"]["text"] for e in rig.events("step.output")] == ["WARNING:  heard\n"]
        assert rig.recorder.stuck is None
    assert empty_database.value("select count(*) from t") == 1


@awaited
async def test_without_an_output_directory_a_program_is_not_started(empty_database: Database, tmp_path: Path) -> None:
    made(empty_database)
    async with Rig(tmp_path, empty_database, SAYS) as rig:
        rig.paths.output.rename(tmp_path / "away")
        assert (await rig.execute("say"))["type"] == "step.passed"
        assert (await rig.execute("run"))["data"]["reason"] == "not_started"
        (tmp_path / "away").rename(rig.paths.output)
        assert rig.do(Retry(step="run")) is None
        assert (await rig.ended("run", 2))["type"] == "step.passed"


@awaited
async def test_a_program_that_nobody_follows_any_more_is_ended(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(empty_database)
    steps = """
          - {id: run, title: Run, command: {run: [sh, -c, "sleep 600"]}, repeat: always}
"""
    async with Rig(tmp_path, empty_database, steps) as rig:
        monkeypatch.setattr(ChildDriver, "_follow", raising(ChildDriver._follow, KeyError("x"), 1, lambda *_: True))
        ended = await rig.execute("run")
        assert ended["data"]["reason"] == "not_carried_out" and ended["data"]["effect"] == "unknown"
        child = rig.events("step.child")[0]["data"]["child"]
        fields = {name: child[name] for name in ChildIdentity.__struct_encode_fields__}
        assert not members(msgspec.convert(fields, ChildIdentity))
