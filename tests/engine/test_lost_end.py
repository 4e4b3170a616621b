"""A journal that lost its end is not gone on from: what it still says is old, and what was done since would be done
again."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.engine.process import main
from tui.engine.process.main import CannotStart
from tui.journal.codes import FateReason, HoldReason
from tui.journal.verify import verify
from tui.postgres.queries import query
from tui.run.commands import Execute, Rollback
from tui.runs.heads import known_head

pytestmark = pytest.mark.postgres
PLAN = """
          - {id: one, title: One, sql: {text: "insert into t values (1)"}}
          - {id: two, title: Two, sql: {text: "insert into t values (2)"}}
"""


def table(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("create table t (n integer primary key)")


async def refused(rig: Rig) -> str:
    """What the engine says that is asked to go on; nothing is written before."""
    before = rig.paths.journal.read_bytes()
    with pytest.raises(CannotStart) as caught:
        await main._take_up(rig.paths, None, rig.environment)
    assert caught.value.exit_code == 5
    assert rig.paths.journal.read_bytes() == before
    return str(caught.value)


def lines(rig: Rig) -> list[bytes]:
    return rig.paths.journal.read_bytes().splitlines(keepends=True)


@awaited
async def test_a_journal_cut_at_any_line_s_end_is_refused(tmp_path: Path, empty_database: Database) -> None:
    table(empty_database)
    async with Rig(tmp_path, empty_database, PLAN) as rig:
        await rig.execute("one")
        await rig.execute("two")
        await rig.stop()
        whole = lines(rig)
        known = known_head(rig.paths, rig.environment)
        assert known is not None
        assert known.end.seq == len(whole) - 1, "an engine that ends keeps the very last line"
        assert verify(rig.paths.journal, known.end).noted == "there"
        for count in range(len(whole)):
            rig.paths.journal.write_bytes(b"".join(whole[:count]))
            told = await refused(rig)
            assert f"line {len(whole) - 1}" in told
            assert verify(rig.paths.journal, known.end).noted == "lost"
        # Torn in the last line, as by a loss of power that came before what is known, is no other case.
        rig.paths.journal.write_bytes(b"".join(whole)[:-1])
        await refused(rig)
        # The whole journal is gone on with, and a torn line behind what is known is cut.
        rig.paths.journal.write_bytes(b"".join(whole) + whole[-1][:-1])
        await rig.take_up()
        assert rig.events("run.recovered")[-1]["data"]["end_known"] is True
    assert empty_database.value("select count(*) from t") == 2


@awaited
async def test_an_older_copy_of_the_directory_is_refused(tmp_path: Path, empty_database: Database) -> None:
    table(empty_database)
    async with Rig(tmp_path, empty_database, PLAN) as rig:
        await rig.execute("one")
        shutil.copytree(rig.paths.directory, tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock"))
        await rig.execute("two")
        await rig.stop()
        rig.paths.directory.rename(tmp_path / "away")
        (tmp_path / "copy").rename(rig.paths.directory)
        told = await refused(rig)
        assert "has lost its end" in told and "virada continue" in told
        assert empty_database.value("select count(*) from t") == 2


@awaited
async def test_another_journal_of_the_run_s_id_is_refused(tmp_path: Path, empty_database: Database) -> None:
    table(empty_database)
    async with Rig(tmp_path, empty_database, PLAN) as rig:
        await rig.execute("one")
        await rig.stop()
        cut = lines(rig)[:-2]
        rig.paths.journal.write_bytes(b"".join(cut))
        # Somebody went on from it without knowing.
        other = rig.environment | {"XDG_STATE_HOME": str(tmp_path / "other")}
        rig.recorder, rig.target = await main._take_up(rig.paths, None, other)
        rig._run()
        await rig.until(lambda: len(rig.events()) > len(cut) + 3)
        await rig.stop()
        assert "is not the one of this run" in await refused(rig)


@awaited
async def test_where_nothing_is_kept_the_run_goes_on_and_that_is_journaled(
    tmp_path: Path, empty_database: Database
) -> None:
    """Another host, another account, a state that was deleted."""
    table(empty_database)
    async with Rig(tmp_path, empty_database, PLAN) as rig:
        await rig.execute("one")
        await rig.stop()
        shutil.rmtree(tmp_path / "state")
        await rig.take_up()
        assert rig.events("run.recovered")[-1]["data"]["end_known"] is False
        await rig.execute("two")
        await rig.stop()
        rig.paths.journal.write_bytes(b"".join(lines(rig)[:-1]))
        await refused(rig)


BATCH = """
          - {id: one, title: One, sql: {text: "insert into t values (1)"}}
          - {id: all, title: All, psql: {file: all.sql}, undo: {sql: "delete from t where n = 20"}}
          - id: many
            title: Many
            sql: {text: "insert into t values (10); insert into t values (11)", transaction: per_statement}
            undo: {sql: "delete from t where n >= 10"}
"""


@awaited
async def test_the_ledger_tells_where_no_head_is_kept(tmp_path: Path, empty_database: Database) -> None:
    """On another host the work itself tells: whatever the journal is cut behind, rows that it does not know are told,
    and of a journal that knows them all nothing is said."""
    table(empty_database)
    with empty_database.connect() as connection:
        connection.execute(query("ledger_create").encode())
    files = {"all.sql": "insert into t values (20);\n"}
    async with Rig(tmp_path, empty_database, BATCH, files, ledger=True) as rig:
        for step in ("one", "all", "many"):
            assert (await rig.execute(step))["type"] == "step.passed"
        await rig.stop()
        shutil.rmtree(tmp_path / "state")
        whole = lines(rig)
        types = [event["type"] for event in rig.events()]
        last = max(n for n, type_ in enumerate(types) if type_ == "tx.begin")
        telling = ("run.opened", "step.started", "tx.begin", "tx.committed", "step.passed")
        for count in (n for n in range(1, last + 1) if types[n - 1] in telling):
            rig.paths.journal.write_bytes(b"".join(whole[:count]))
            told = await refused(rig)
            assert "has work of the run" in told and "virada continue" in told, types[count - 1]
        # Behind it everything that has a row is known: what became of it is asked as always.
        rig.paths.journal.write_bytes(b"".join(whole[: last + 1]))
        await rig.take_up()
        assert (await rig.ended("many"))["type"] == "step.passed"
        await rig.stop()
        shutil.rmtree(tmp_path / "state")
        await rig.take_up()
        assert rig.do(Rollback(reason="x", confirm="dev")) is None
        await rig.until(lambda: rig.events("rollback.finished"), "it is rolled back")
        await rig.stop()
        # Steps that were undone, and those that wait to be begun again, have rows of attempts that are known.
        shutil.rmtree(tmp_path / "state")
        await rig.take_up()
    assert empty_database.value("select count(*) from t where n >= 10") == 0


@pytest.mark.unsaid(HoldReason.JOURNAL_BEHIND, FateReason.JOURNAL_BEHIND)
@pytest.mark.parametrize("cut", [True, False])
@awaited
async def test_a_target_that_does_not_answer_yet_is_asked_when_it_does(
    tmp_path: Path, empty_database: Database, cut: bool
) -> None:
    table(empty_database)
    with empty_database.connect() as connection:
        connection.execute(query("ledger_create").encode())
    async with Rig(tmp_path, empty_database, PLAN, ledger=True) as rig:
        await rig.execute("one")
        await rig.stop()
        shutil.rmtree(tmp_path / "state")
        if cut:
            rig.paths.journal.write_bytes(lines(rig)[0])
        rig.environment["RIG_DSN"] = empty_database.dsn + " port=1"
        await rig.take_up()
        assert rig.do(Execute(step="one" if cut else "two")) is None
        rig.target.environment["RIG_DSN"] = empty_database.dsn
        if not cut:
            assert (await rig.ended("two"))["type"] == "step.passed"
            assert not rig.events("run.held")
            return
        held = await rig.until(lambda: rig.events("run.held"), "it is held")
        assert held[-1]["data"]["code"] == HoldReason.JOURNAL_BEHIND
        assert held[-1]["data"]["facts"]["unknown"] == [["one", 1, 0]]
        assert (await rig.ended("one"))["data"]["reason"] == "other_target"
        assert rig.recorder.state.status == "held"
    assert empty_database.value("select count(*) from t") == 1


@awaited
async def test_what_is_kept_is_never_ahead_of_the_journal(tmp_path: Path, empty_database: Database) -> None:
    table(empty_database)
    async with Rig(tmp_path, empty_database, PLAN) as rig:
        for step in ("one", "two"):
            await rig.execute(step)
            assert known_of(rig) <= rig.recorder.state.seq
            outcome = rig.events("step.passed")[-1]["seq"]
            await rig.until(partial(reached, rig, outcome), "the outcome is kept")


def known_of(rig: Rig) -> int:
    """The number of the line that is kept, which is in the journal."""
    known = known_head(rig.paths, rig.environment)
    assert known is not None and known.end.seq is not None
    assert verify(rig.paths.journal, known.end).noted == "there"
    return known.end.seq


def reached(rig: Rig, seq: int) -> bool:
    return known_of(rig) >= seq


@awaited
async def test_what_is_kept_here_says_nothing_of_what_another_host_wrote_behind_it(
    tmp_path: Path, empty_database: Database
) -> None:
    """The run went on elsewhere; a copy of it that is older than that holds the line that is kept here."""
    table(empty_database)
    async with Rig(tmp_path, empty_database, PLAN) as rig:
        await rig.execute("one")
        await rig.stop()
        here, there = rig.environment, rig.environment | {"XDG_STATE_HOME": str(tmp_path / "there")}
        for environment, known in ((there, False), (there, True), (here, False), (here, True)):
            rig.environment = environment
            await rig.take_up()
            assert rig.events("run.recovered")[-1]["data"]["end_known"] is known
            await rig.stop()
