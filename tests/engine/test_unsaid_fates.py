"""Fates of interrupted attempts, behind a journal that is cut where an engine would have died: each reason beside the
database, or the place in the journal, in which it would be false.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database, own_server
from tui.journal.codes import Fact, FateReason, WaitReason
from tui.run.commands import Cancel, Execute

pytestmark = pytest.mark.postgres
MAKE = '          - {id: a, title: A, sql: "create table t ()"}'
ASK = '          - {id: a, title: A, query: {sql: "select 1", equals: 1}}'


async def taken_up(path: Path, database: Database, steps: str, cut: str, **files: str) -> set[str]:
    """All reasons in the journal after another engine took the run up behind the last event of this type."""
    async with Rig(path, database, steps, files) as rig:
        await rig.execute("a")
        await rig.take_up(cut=lambda event: event["type"] == cut)
        await rig.ended("a")
        return rig.said()


@pytest.mark.unsaid(FateReason.CHANGES_NOTHING, FateReason.NOTHING_SENT)
@awaited
async def test_what_changes_nothing_and_what_has_not_begun(empty_database: Database, tmp_path: Path) -> None:
    said = await taken_up(tmp_path / "a", empty_database, ASK, "step.started")
    assert FateReason.CHANGES_NOTHING in said and FateReason.NOTHING_SENT not in said
    said = await taken_up(tmp_path / "b", empty_database, MAKE, "step.started")
    assert FateReason.NOTHING_SENT in said and FateReason.CHANGES_NOTHING not in said
    assert FateReason.NOTHING_SENT not in await taken_up(
        tmp_path / "c", empty_database, MAKE.replace("table t", "table u"), "tx.commit_sent"
    )


@pytest.mark.unsaid(FateReason.COMMIT_JOURNALED)
@awaited
async def test_a_commit_that_is_in_the_journal(empty_database: Database, tmp_path: Path) -> None:
    assert FateReason.COMMIT_JOURNALED in await taken_up(tmp_path / "a", empty_database, MAKE, "tx.committed")
    other = MAKE.replace("table t", "table u")
    assert FateReason.COMMIT_JOURNALED not in await taken_up(tmp_path / "b", empty_database, other, "tx.commit_sent")


@pytest.mark.unsaid(WaitReason.SERVER_UNREACHABLE, FateReason.SERVER_UNREACHABLE, Fact.BECAUSE, Fact.GIVEN_UP)
@awaited
async def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    """It is waited for as long as it is away; a person who gives up leaves the fate undecided, and is told as such."""
    with own_server() as server:
        async with Rig(tmp_path, server.dsn("postgres"), MAKE) as rig:
            await rig.execute("a")
            server.stop()
            await rig.take_up(cut=lambda event: event["type"] == "tx.commit_sent")
            facts = await rig.waits("a")
            assert facts["because"] and facts["message"]
            assert rig.do(Cancel(step="a")) is None
            await rig.until(lambda: rig.step("a").status == "undecided", "it is undecided")
            fate = rig.events("step.fate")[-1]["data"]
            assert (fate["reason"], fate["facts"]["given_up"]) == ("server_unreachable", "person")
            server.start()
            await rig.take_up(cut=lambda event: event["type"] == "tx.commit_sent")
            await rig.ended("a")
            assert rig.step("a").status == "passed"
            assert not {"server_unreachable"} & rig.said()


@pytest.mark.unsaid(Fact.OUTPUT)
@awaited
async def test_where_the_output_lies(empty_database: Database, tmp_path: Path) -> None:
    for text in ("one", "twice"):
        steps = f"          - {{id: a, title: A, command: [echo, {text}]}}"
        async with Rig(tmp_path / text, empty_database, steps) as rig:
            await rig.execute("a")
            told: dict[str, Any] = rig.step("a").evidence["output"]
            assert (rig.paths.directory / told["path"]).read_text() == f"{text}\n"
            assert told["bytes"] == len(text) + 1


@pytest.mark.unsaid(FateReason.ERROR)
@awaited
async def test_what_cannot_be_read_is_said_and_nothing_else(empty_database: Database, tmp_path: Path) -> None:
    """The files of the run are there: no fate is undecided for an error of this host."""
    async with Rig(tmp_path, empty_database, MAKE) as rig:
        assert rig.do(Execute(step="a")) is None
        await rig.ended("a")
        await rig.take_up(cut=lambda event: event["type"] == "tx.begin")
        await rig.ended("a")
        assert FateReason.ERROR not in rig.said()


PROGRAM = "          - {id: a, title: A, command: {run: [%s]}, repeat: %s%s}"
THERE = ', prove: {query: "select count(*) from t", equals: 1}'


async def program(path: Path, database: Database, steps: str, status: int | None = None) -> set[str]:
    """A program whose engine died; `status`: how it ended, where that was still written down."""
    async with Rig(path, database, steps) as rig:
        await rig.execute("a")
        await rig.stop()
        for left in rig.paths.output.glob(".*.rc"):
            left.unlink()
        if status is not None:
            raw = rig.paths.output / rig.events("step.child")[0]["data"]["child"]["raw"]
            raw.write_bytes(b"")
            raw.with_name(raw.name + ".rc").write_text(f"{status}\n")
        await rig.take_up(cut=lambda event: event["type"] == "step.child")
        await rig.ended("a")
        return rig.said()


@pytest.mark.unsaid(FateReason.EXIT_STATUS, FateReason.NO_PROOF, FateReason.REPEATABLE)
@awaited
async def test_how_a_program_ended_is_known_or_it_is_not(empty_database: Database, tmp_path: Path) -> None:
    never, always = PROGRAM % ("'true'", "never", ""), PROGRAM % ("'true'", "always", "")
    said = await program(tmp_path / "known", empty_database, never, 0)
    assert FateReason.EXIT_STATUS in said and FateReason.NO_PROOF not in said
    said = await program(tmp_path / "unknown", empty_database, never)
    assert FateReason.EXIT_STATUS not in said and FateReason.NO_PROOF in said and FateReason.REPEATABLE not in said
    said = await program(tmp_path / "again", empty_database, always)
    assert FateReason.REPEATABLE in said and FateReason.NO_PROOF not in said


@pytest.mark.unsaid(FateReason.NOT_REPEATABLE, FateReason.PROVED)
@awaited
async def test_what_may_not_be_run_again_is_asked_for_its_proof(empty_database: Database, tmp_path: Path) -> None:
    steps = PROGRAM % ("'true'", "never", THERE)
    for there in (True, False):
        with empty_database.connect() as connection:
            connection.execute("drop table if exists t")
            connection.execute(f"create table t as select 1 where {there}".encode())
        said = await program(tmp_path / str(there), empty_database, steps)
        assert (FateReason.PROVED in said, FateReason.NOT_REPEATABLE in said) == (there, not there)


@pytest.mark.unsaid(FateReason.CLEANUP_FAILED)
@awaited
async def test_a_half_is_cleaned_up_or_it_is_said_that_it_is_not(empty_database: Database, tmp_path: Path) -> None:
    steps = """
          - id: a
            title: A
            sql: {text: "create index concurrently by_id on t (id)", transaction: per_statement}
            prove: {query: "select count(*) from pg_index where indexrelid::regclass::text = 'by_id' and indisvalid",
                    equals: 1}
            cleanup: {sql: {text: "drop index concurrently if exists by_id", transaction: per_statement}}
"""
    for works in (True, False):
        with empty_database.connect() as connection:
            connection.execute("drop table if exists t")
            connection.execute("create table t as select 1 as id from generate_series(1, 2)")
        async with Rig(tmp_path / str(works), empty_database, steps) as rig:
            await rig.execute("a")
            with empty_database.connect() as connection:
                connection.execute("drop index by_id")
                with pytest.raises(psycopg.errors.UniqueViolation):
                    connection.execute("create unique index concurrently by_id on t (id)")
                if not works:
                    connection.execute(
                        "create function keep() returns event_trigger language plpgsql as "
                        "'begin raise exception ''indexes stay''; end'"
                    )
                    when = "create event trigger keep on ddl_command_start when tag in ('DROP INDEX')"
                    connection.execute(f"{when} execute function keep()".encode())
            await rig.take_up(cut=lambda event: event["type"] == "tx.begin")
            await rig.ended("a")
            left = empty_database.value("select count(*) from pg_class where relname = 'by_id'")
            assert (FateReason.CLEANUP_FAILED in rig.said(), left) == (not works, 0 if works else 1)
