"""What the server warned of enters the register: SQLSTATE, file, line; it is no error, and is resolved as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.engine.attempt.warned import MOST
from tui.run.commands import Resolve
from tui.run.errors import RecordedError

pytestmark = pytest.mark.postgres
STEP = """
          - {{id: change, title: Change, {kind}: {{file: change.sql}}}}
"""
SCRIPT = """create table if not exists made (id int);
create table if not exists made (id int);
do $$ begin raise warning 'this is old' using errcode = '01P01'; end $$;
do $$ begin for n in 1..3 loop raise warning 'again'; end loop; end $$;
"""


async def register(database: Database, path: Path, kind: str, script: str = SCRIPT) -> tuple[RecordedError, ...]:
    async with Rig(path, database, STEP.format(kind=kind), files={"change.sql": script}) as rig:
        outcome = await rig.execute("change")
        assert outcome["type"] == "step.passed", outcome
        state = rig.recorder.state
        errors = tuple(state.errors)
        assert state.errors.warnings == state.errors.unresolved == len(errors) and not state.errors.weighing
        assert state.errors.latest() is None and state.errors.latest_open() == (errors[-1] if errors else None)
        for error in errors:
            assert rig.do(Resolve(error=error.id, text="looked at")) is None
        assert not rig.recorder.state.errors.unresolved
        assert rig.recorder.state.status == "completed"
        return errors


@pytest.mark.parametrize("kind", ["sql", "psql"])
@awaited
async def test_each_once_with_its_line(empty_database: Database, tmp_path: Path, kind: str) -> None:
    found = await register(empty_database, tmp_path, kind)
    told = [(error.sqlstate, error.text, error.file, error.line, error.seen["count"]) for error in found]
    # psql names the line on which a statement ends; here it is the same.
    assert told == [
        ("42P07", 'relation "made" already exists, skipping', "change.sql", 2, 1),
        ("01P01", "this is old", "change.sql", 3, 1), ("01000", "again", "change.sql", 4, 3),
    ]  # fmt: skip
    assert all(error.level == "warning" and error.step == "change" for error in found)


@awaited
async def test_many_are_bounded_and_none_is_none(empty_database: Database, tmp_path: Path) -> None:
    many = "do $$ begin for n in 1..100 loop raise notice 'n %', n; end loop; end $$;\n"
    found = await register(empty_database, tmp_path / "many", "sql", many)
    assert len(found) == MOST and found[-1].seen["more"] == 100 - MOST
    quiet = "do $$ begin raise info 'x'; raise log 'y'; end $$;\nselect 1;\n"
    assert await register(empty_database, tmp_path / "none", "sql", quiet) == ()
