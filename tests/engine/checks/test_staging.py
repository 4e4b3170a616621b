"""`staging` and `rollback`: what earlier runs have rehearsed, read from their journals."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.checks.looks import Looked, looked
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.journal.codes import Shortcoming
from tui.journal.events import Policy
from tui.run.commands import Rollback, Skip

PLAN = """
virada: 1
name: staged
targets: {dev: {environment: development, dsn: "${RIG_DSN}", server_log: none}}
phases:
  - title: Change
    sections:
      - title: Change
        estimate: 1m
        steps:
          - {id: add, title: Add, sql: {file: add.sql}, undo: {sql: {file: undo.sql}}}
          - {id: look, title: Look, check: {staging: {max_age: 7d}, rollback: true}}
"""
FILES = {"add.sql": "create table added (id int);\n", "undo.sql": "drop table added;\n"}
HEADLESS = Policy(drive="headless")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where earlier runs lie."""
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path))
    return tmp_path


async def rehearse(home: Path, database: Database, back: bool = False, plan: str = PLAN) -> str:
    policy = Policy() if back else HEADLESS
    async with Rig(home, database, plan, FILES, mode="rehearsal", policy=policy) as rig:
        if back:
            await rig.execute("add")
            assert rig.do(Rollback(reason="tried", confirm="dev")) is None
            await rig.until(lambda: rig.recorder.state.rollback and rig.recorder.state.rollback.ended)
        else:
            await rig.until(lambda: rig.recorder.state.closed is not None, "it is completed")
        return rig.paths.id


async def live(home: Path, database: Database, files: dict[str, str] | None = None, plan: str = PLAN) -> Looked:
    async with Rig(home, database, plan, FILES | (files or {})) as rig:
        await rig.execute("add")
        found = await looked(rig)
        assert rig.do(Rollback(reason="again", confirm="dev")) is None
        await rig.until(lambda: rig.recorder.state.rollback and rig.recorder.state.rollback.ended)
        return found


@pytest.mark.unsaid(
    Shortcoming.NEVER_REHEARSED,
    Shortcoming.NOT_TO_ITS_END,
    Shortcoming.NOT_UNDONE,
    Shortcoming.NOT_AS_SEALED,
    Shortcoming.NO_UNDO,
    Shortcoming.OTHER_FILES,
    Shortcoming.OTHER_STEPS,
    Shortcoming.REHEARSED_LONG_AGO,
    Shortcoming.RUNS_UNREAD,
)
@awaited
async def test_the_same_work_that_was_rehearsed_to_its_end(
    database: Database, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = await live(home, database)
    assert {"never_rehearsed", "not_undone"} <= none.codes
    assert none.row("staging")["found"] == "nothing" and none.row("rollback_rehearsed")["missing"] == ["add"]
    back = await rehearse(home, database, back=True)
    partial = await live(home, database)
    row = partial.row("staging")
    assert (row["found"], row["run"], row["status"]) == ("not_to_its_end", back, "rolled_back")
    assert "staging" in partial.failed and "not_to_its_end" in partial.codes
    rehearsal = await rehearse(home, database)
    with database.connect() as connection:
        connection.execute("drop table added")
    whole = await live(home, database)
    row = whole.row("staging")
    assert (row["holds"], row["run"], row["compress"]) == (True, rehearsal, 1.0) and row["age_s"] < 60
    row = whole.row("rollback_rehearsed")
    assert (row["holds"], row["found"], row["runs"]) == (True, ["add"], [back])
    assert whole.codes == set() and whole.row("rollback_duration")["holds"] is None
    old = await live(home, database, plan=PLAN)
    assert old.row("staging")["holds"] is True


@awaited
async def test_a_script_that_was_changed_since_is_named(database: Database, home: Path) -> None:
    rehearsal = await rehearse(home, database)
    with database.connect() as connection:
        connection.execute("drop table added")
    changed = PLAN.replace("title: Add", "title: Add it") + "          - {id: more, title: More, sql: select 1}\n"
    found = await live(home, database, {"add.sql": "create table added (id bigint);\n", "new.sql": ""}, changed)
    row = found.row("staging")
    assert (row["holds"], row["found"], row["run"]) == (False, "other_work", rehearsal)
    assert (row["files_changed"], row["steps_changed"], row["steps_new"]) == (["add.sql"], ["add"], ["more"])
    assert "steps_gone" not in row and "files_new" not in row, "a file that no step names is no part of the work"
    assert "staging" in found.failed and {"other_files", "other_steps"} <= found.codes and "add.sql" in found.words


@awaited
async def test_one_that_is_too_old_or_cannot_be_read(database: Database, home: Path) -> None:
    plan = PLAN.replace("max_age: 7d", "max_age: 1ms")
    await rehearse(home, database, plan=plan)
    with database.connect() as connection:
        connection.execute("drop table added")
    old = await live(home, database, plan=plan)
    assert old.row("staging")["found"] == "too_old" and "rehearsed_long_ago" in old.codes
    for journal in (home / "runs").glob("*/journal.jsonl"):
        journal.write_text("{}\n")
    unread = await live(home, database, plan=plan)
    assert unread.row("staging")["holds"] is None and unread.row("staging")["unread"] > 0
    assert unread.row("rollback_rehearsed")["holds"] is None and "runs_unread" in unread.codes


@awaited
async def test_a_rehearsal_asks_for_no_other_one(database: Database, home: Path) -> None:
    async with Rig(home, database, PLAN, FILES, mode="rehearsal") as rig:
        await rig.execute("add")
        found = await looked(rig)
    assert found.row("staging")["found"] == found.row("rollback_rehearsed")["found"] == "this_run"
    # That a duration is not known yet is what a rehearsal is for.
    assert found.event["type"] == "step.passed"


@awaited
async def test_what_has_no_way_back_is_named_and_a_changed_script_found(database: Database, home: Path) -> None:
    plan = PLAN.replace(", undo: {sql: {file: undo.sql}}}", "}\n          - {id: run, title: Run, psql: undo.sql}")
    async with Rig(home, database, plan, FILES) as rig:
        for step in ("add", "run"):
            await rig.execute(step)
        (rig.paths.plan / "undo.sql").chmod(0o600)
        (rig.paths.plan / "undo.sql").write_text("drop table other;\n")
        found = await looked(rig)
    present, sealed = found.row("rollback_present"), found.row("rollback_sealed")
    assert (present["holds"], present["without_undo"]) == (False, ["add", "run"])
    assert (sealed["holds"], sealed["files"]) == (False, ["undo.sql"])
    assert found.codes == {"no_undo", "not_as_sealed", "never_rehearsed"}
    # Nobody knows how long a way back takes that is not there.
    assert found.row("rollback_duration")["holds"] is None
    async with Rig(
        home / "2", database, plan.replace("rollback: true", "rollback: {without: [add, run]}"), FILES
    ) as rig:
        await rig.execute("add")
        assert rig.do(Skip(step="run", reason="not today")) is None
        assert (await looked(rig)).row("rollback_present")["holds"] is True
